//! GetFederationToken.

use api::sts::types::{FederatedUser, GetFederationTokenInput, GetFederationTokenOutput};
use authz::{Ask, Identity, Subject};
use service::{Context, Result, Route, routes};
use types::FederatedUserName;
use wire::Fault;

use crate::{Sts, credentials, duration, session_policies, session_tags};

pub(crate) const ROUTES: &[Route<Sts>] = routes![Sts;
    GetFederationToken => get_federation_token,
];

impl Sts {
    /// For users and the root user with long-term credentials. Without session policies the credentials can do
    /// nothing but what a resource's own policy grants them.
    pub(crate) async fn get_federation_token(
        &self,
        cx: &Context<'_>,
        input: GetFederationTokenInput,
    ) -> Result<GetFederationTokenOutput> {
        let name = FederatedUserName::parse(&input.name)?;
        let caller = cx.caller()?;
        let tags = session_tags::parse(input.tags.as_deref(), None, None)?;
        let issuer = match &caller.identity {
            Identity::User(user) if caller.session().is_none() => Some(user.id.clone()),
            Identity::Root if caller.session().is_none() => None,
            _ => {
                let message = "Cannot call GetFederationToken with session credentials";
                return Err(Fault::sender("AccessDenied", 403, message).into());
            }
        };
        let arn = caller.owner.sts_arn(&format!("federated-user/{name}"));
        let ask = |action: &'static str| Ask::new(action, &arn).with_request_tags(&tags.passed);
        let mut asks = vec![ask("sts:GetFederationToken")];
        if !tags.passed.is_empty() {
            asks.push(ask("sts:TagSession"));
        }
        cx.authorize_all(&asks).await?;

        let policies =
            session_policies::parse(cx, caller.owner, input.policy, input.policy_arns.as_deref()).await?;
        let packed_policy_size = policies.packed_size(&tags.passed)?;
        let seconds = duration::of_user_session(input.duration_seconds, caller);
        let subject = Subject::Federated { issuer, name: name.clone() };
        let mut session = credentials::session(cx, caller.owner, subject, seconds)?;
        session.policy = policies.inline;
        session.policy_arns = policies.managed;
        session.tags = tags.all;
        let made = credentials::seal_to_size(cx, &session, input.minimum_session_token_size)?;
        Ok(GetFederationTokenOutput {
            session_token_utilization: credentials::token_utilization(&made),
            session_token_size: credentials::token_size(&made),
            credentials: Some(made),
            federated_user: Some(FederatedUser {
                federated_user_id: format!("{}:{name}", caller.owner.account),
                arn: arn.to_string(),
            }),
            packed_policy_size,
        })
    }
}
