//! From policies and a request to a decision (AWS: "How AWS enforcement code logic evaluates
//! requests to allow or deny access").

mod guards;
mod scan;

use crate::decision::{Decision, Layer, LayerResult, Outcome, ResourcePolicyKind};
use crate::matching::Reach;
use crate::{Credentials, PolicySet, Principal, Request};

use scan::Scan;
pub(crate) use scan::{applies, is_bounded, principal_reach, takes_resource};

/// Decides a request.
///
/// It is a function of its arguments alone: it reads no clock, and of the condition keys only
/// those that the request brings. It takes time in the order of what the policies say about
/// the action, and allocates nothing unless a pattern with variables is unusually long.
#[must_use]
pub fn evaluate(set: &PolicySet, request: &Request) -> Decision {
    let mut decision = Decision {
        outcome: Outcome::Allowed,
        layers: [LayerResult::NotApplicable; 7],
        blocked: 0,
        guard: None,
        resource_policy: resource_policy_kind(request),
        deciding: [None; 7],
    };
    if guards::needs_no_permission(request) {
        return decision;
    }
    let facts = Facts::of(request);
    let mut resource_reach = None;
    for layer in Layer::ALL {
        if !facts.has_say(layer, set) {
            continue;
        }
        let found = Scan { set, request, layer }.run();
        if layer == Layer::Resource {
            resource_reach = found.reach;
        }
        if let Some(result) = decision.layers.get_mut(layer.index()) {
            *result = found.result;
        }
        if let Some(deciding) = decision.deciding.get_mut(layer.index()) {
            *deciding = found.deciding;
        }
    }
    decision.blocked = blockers(set, &facts, &decision, resource_reach);
    decision.guard = guards::refuses(set, request);
    decision.outcome = if decision.layers.contains(&LayerResult::Deny) {
        Outcome::ExplicitDeny
    } else if decision.blocked != 0 || decision.guard.is_some() {
        Outcome::ImplicitDeny
    } else {
        Outcome::Allowed
    };
    decision
}

/// What of a request decides which layers have a say and how they combine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    kind: Kind,
    /// Principal and resource belong to different accounts.
    cross_account: bool,
    /// The resource's own policy must trust; identity policies alone never suffice.
    needs_resource_policy: bool,
    bound_by_service_control: bool,
    bound_by_resource_control: bool,
}

/// How a principal comes by its permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It has no account: only the resource's policy can allow it.
    Outsider,
    /// It may do everything in its account.
    Root,
    /// By its identity policies, within boundary and session policies.
    Entity,
    /// The same, but without a session policy it has none.
    FederatedUser,
}

impl Facts {
    pub(crate) fn of(request: &Request) -> Self {
        let owner = request.principal.owner();
        let kind = match &request.principal {
            Principal::Root(_) => Kind::Root,
            Principal::User(_) | Principal::AssumedRole(_) => Kind::Entity,
            Principal::FederatedUser(_) => Kind::FederatedUser,
            Principal::Federated(_) | Principal::Service(_) | Principal::Anonymous => Kind::Outsider,
        };
        let resource_owner = request.resource_owner();
        let service_linked = request.principal.is_service_linked_role();
        let managed = |account| request.management_account.is_some() && request.management_account == account;
        Self {
            kind,
            cross_account: owner
                .is_some_and(|owner| resource_owner.is_some_and(|account| account != owner.account)),
            needs_resource_policy: guards::needs_resource_policy(request),
            bound_by_service_control: owner.is_some()
                && !service_linked
                && !managed(owner.map(|owner| owner.account)),
            bound_by_resource_control: !service_linked
                && guards::is_bound_by_resource_control(request)
                && !managed(resource_owner),
        }
    }

    /// Whether a layer is there and bears on the request.
    pub(crate) fn has_say(&self, layer: Layer, set: &PolicySet) -> bool {
        match layer {
            Layer::ResourceControl => set.resource_control.is_some() && self.bound_by_resource_control,
            Layer::ServiceControl => set.service_control.is_some() && self.bound_by_service_control,
            Layer::Endpoint => set.endpoint.is_some(),
            Layer::Resource => set.resource.is_some(),
            Layer::Identity => {
                set.identity.is_some() && matches!(self.kind, Kind::Entity | Kind::FederatedUser)
            }
            Layer::Boundary => {
                set.boundary.is_some() && matches!(self.kind, Kind::Entity | Kind::FederatedUser)
            }
            Layer::Session => set.session.is_some() && self.kind != Kind::Outsider,
        }
    }
}

/// The layers that block a request, a bit each.
fn blockers(set: &PolicySet, facts: &Facts, decision: &Decision, reach: Option<Reach>) -> u8 {
    let mut blocked = 0;
    let mut block = |layer: Layer| blocked |= 1u8 << layer.index();
    for layer in Layer::ALL {
        if decision.layer(layer) == LayerResult::Deny {
            block(layer);
        }
    }
    for layer in [Layer::ResourceControl, Layer::ServiceControl, Layer::Endpoint] {
        if decision.layer(layer) == LayerResult::Silent {
            block(layer);
        }
    }
    // What a deny hides does not matter any more: an applying Allow of the resource's policy
    // still tells which of the principal's layers would have to allow.
    let grant = match (facts.kind, facts.cross_account, reach) {
        (Kind::Outsider, _, _) => Need { resource: reach.is_none(), principal: None },
        (_, true, _) => Need { resource: reach.is_none(), principal: Some(Reach::Account) },
        (_, false, Some(Reach::Direct)) => Need { resource: false, principal: None },
        (_, false, Some(Reach::Entity)) => Need { resource: false, principal: Some(Reach::Entity) },
        (_, false, Some(Reach::Account)) => Need { resource: false, principal: Some(Reach::Account) },
        (_, false, None) => Need { resource: facts.needs_resource_policy, principal: Some(Reach::Account) },
    };
    if grant.resource {
        block(Layer::Resource);
    }
    let Some(need) = grant.principal else { return blocked };
    let silent = |layer| decision.layer(layer) == LayerResult::Silent;
    let entity = matches!(facts.kind, Kind::Entity | Kind::FederatedUser);
    if entity && need == Reach::Account {
        if !matches!(decision.layer(Layer::Identity), LayerResult::Allow | LayerResult::Deny) {
            block(Layer::Identity);
        }
        // GetFederationToken without a policy gives nothing.
        if facts.kind == Kind::FederatedUser && set.session.is_none() {
            block(Layer::Session);
        }
    }
    for layer in [Layer::Boundary, Layer::Session] {
        if silent(layer) {
            block(layer);
        }
    }
    blocked
}

/// What a request still needs, given how the resource's policy reaches the principal.
struct Need {
    /// An allow of the resource's policy.
    resource: bool,
    /// Boundary and session policies; with [`Reach::Account`] identity policies too.
    principal: Option<Reach>,
}

fn resource_policy_kind(request: &Request) -> ResourcePolicyKind {
    if guards::is_role_assumption(request) { ResourcePolicyKind::Trust } else { ResourcePolicyKind::Ordinary }
}

/// Whether credentials are those of GetSessionToken.
fn is_session_token(request: &Request) -> bool {
    request.principal.credentials() == Some(Credentials::Session)
}
