//! GetDelegatedAccessToken: credentials for what somebody approved (AWS: "IAM temporary delegation").

use api::sts::faults;
use api::sts::types::{GetDelegatedAccessTokenInput, GetDelegatedAccessTokenOutput};
use authz::{Ask, SessionKind, Subject};
use directory::{AccountKey, Approver, DelegationRequest, DelegationRequestKey, Revocations};
use service::{Context, Result, Route, routes};
use types::TagSet;
use wire::Fault;

use crate::session_policies::SessionPolicies;
use crate::{Sts, credentials};

pub(crate) const ROUTES: &[Route<Sts>] = routes![Sts;
    GetDelegatedAccessToken => get_delegated_access_token,
];

impl Sts {
    /// The requestor acts as the approver, within the permissions that were approved, until the time that was approved
    /// is over.
    pub(crate) async fn get_delegated_access_token(
        &self,
        cx: &Context<'_>,
        input: GetDelegatedAccessTokenInput,
    ) -> Result<GetDelegatedAccessTokenOutput> {
        cx.authorize(Ask::on_all("sts:GetDelegatedAccessToken")).await?;

        let invalid = || Fault::validation("The trade-in token is not valid.");
        let id = cx.authorizer().traded_in(&input.trade_in_token).ok_or_else(invalid)?;
        let request = cx.read().get::<DelegationRequest>(&DelegationRequestKey(id)).await?;
        let caller = cx.caller()?.owner;
        let request = request.filter(|request| request.requestor == caller).ok_or_else(invalid)?;
        let (Some(owner), Some(approval), Some(ends)) =
            (request.owner_account, &request.approval, request.session_ends())
        else {
            return Err(invalid().into());
        };
        let seconds = i32::try_from(ends.as_second() - cx.now().as_second()).unwrap_or(0);
        let expired = || faults::expired_trade_in_token("The trade-in token has expired.");
        if seconds <= 0 {
            return Err(expired().into());
        }
        let policies = SessionPolicies { inline: Some(request.policy.clone()), managed: Vec::new() };
        let packed_policy_size = policies.packed_size(&TagSet::default())?;
        let subject = match &approval.approver {
            Approver::Root => Subject::Root,
            Approver::User(id) => Subject::User(id.clone()),
            Approver::Role { id, name, session } => {
                Subject::Role { id: id.clone(), name: name.clone(), session: session.clone() }
            }
        };
        let mut session = credentials::session(cx, owner, subject, seconds)?;
        session.policy = policies.inline;
        session.kind = SessionKind::Delegated;
        session.lineage.extend(approval.lineage.iter().cloned());
        // Who revokes the approver's sessions means those too that the token would go on making.
        let revocations = cx.read().get::<Revocations>(&AccountKey(owner)).await?;
        let released = request.updated;
        if revocations.is_some_and(|known| known.bind(session.principal(), &session.access_key_id, released))
            || cx.authorizer().is_revoked(cx.read(), &session).await?
        {
            return Err(expired().into());
        }
        Ok(GetDelegatedAccessTokenOutput {
            credentials: Some(credentials::seal(cx, &session)?),
            packed_policy_size,
            assumed_principal: Some(approval.arn.to_string()),
        })
    }
}
