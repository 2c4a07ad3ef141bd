//! GetSessionToken.

use api::sts::types::{GetSessionTokenInput, GetSessionTokenOutput};
use authz::{Ask, Identity, Subject};
use service::{Context, Result, Route, routes};
use wire::Fault;

use crate::{Sts, credentials, duration, mfa};

pub(crate) const ROUTES: &[Route<Sts>] = routes![Sts;
    GetSessionToken => get_session_token,
];

impl Sts {
    /// Needs no permission; a user or the root user asks with long-term credentials.
    pub(crate) async fn get_session_token(
        &self,
        cx: &Context<'_>,
        input: GetSessionTokenInput,
    ) -> Result<GetSessionTokenOutput> {
        let mfa = mfa::prove(cx, input.serial_number.as_deref(), input.token_code.as_deref()).await?;
        cx.authorize(Ask::on_all("sts:GetSessionToken")).await?;

        let caller = cx.caller()?;
        // The engine knows sessions of GetSessionToken; neither one of the console nor a delegated one hands on more.
        if caller.session().is_some() {
            let message = "Cannot call GetSessionToken with session credentials";
            return Err(Fault::sender("AccessDenied", 403, message).into());
        }
        let subject = match &caller.identity {
            Identity::Root => Subject::Root,
            Identity::User(user) => Subject::User(user.id.clone()),
            Identity::Federated { issuer, name } => {
                Subject::Federated { issuer: issuer.as_ref().map(|user| user.id.clone()), name: name.clone() }
            }
            Identity::Role { role, session } => {
                Subject::Role { id: role.id.clone(), name: role.name.clone(), session: session.clone() }
            }
        };
        let seconds = duration::of_user_session(input.duration_seconds, caller);
        let mut session = credentials::session(cx, caller.owner, subject, seconds)?;
        session.mfa = mfa;
        let made = credentials::seal_to_size(cx, &session, input.minimum_session_token_size)?;
        Ok(GetSessionTokenOutput {
            session_token_utilization: credentials::token_utilization(&made),
            session_token_size: credentials::token_size(&made),
            credentials: Some(made),
        })
    }
}
