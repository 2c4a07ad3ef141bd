//! Decisions about somebody whom an identity provider vouches for, before a role is assumed.

use policy::{Action, Bundle, Federated, PolicySet, Principal, Request};

use crate::ask::Ask;
use crate::keys::{Origin, fill_request_keys};
use crate::{Authorizer, Failure};

impl Authorizer {
    /// Asks the engine for every ask on behalf of whom a provider vouches for; all must be allowed. Answers the action of
    /// the first that is not.
    ///
    /// Such a principal has no policies of its own: the resource's policy decides alone (AWS: "AWS JSON policy elements:
    /// Principal", federated principals).
    pub fn authorize_federated(
        &self,
        provider: &str,
        origin: &Origin,
        asks: &[Ask],
    ) -> Result<Result<(), String>, Failure> {
        for ask in asks {
            let mut context = ask.keys.clone();
            fill_request_keys(&mut context, origin);
            context.set("aws:PrincipalIsAWSService", "false");
            if let Some(owner) = ask.resource_owner {
                context.set("aws:ResourceAccount", owner.account.as_str());
            }
            let policies =
                PolicySet { resource: ask.resource_policy.clone().map(Bundle::of), ..PolicySet::default() };
            let action =
                Action::parse(&ask.action).map_err(|cause| Failure::Unreadable(cause.to_string()))?;
            let principal = Principal::Federated(Federated::new(provider));
            let mut request = Request::new(principal, action, &ask.resource).with_context(context);
            if let Some(owner) = ask.resource_owner {
                request = request.with_resource_account(owner.account);
            }
            let decision = policy::evaluate(&policies, &request);
            tracing::debug!(target: "decision", caller = provider, action = &*ask.action,
                resource = ask.resource, outcome = decision.outcome().wire_name());
            if !decision.is_allowed() {
                return Ok(Err(ask.action.to_string()));
            }
        }
        Ok(Ok(()))
    }
}
