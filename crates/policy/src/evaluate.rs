//! From policies and a request to a decision (AWS: "How AWS enforcement code logic evaluates
//! requests to allow or deny access").

mod guards;
mod scan;

use crate::decision::{Decision, Layer, LayerResult, Outcome};
use crate::matching::Reach;
use crate::prepared::{Prepared, Question};
use crate::{PolicySet, Principal, Request};

pub(crate) use guards::Standing;
use scan::Scan;
pub(crate) use scan::{applies, is_bounded, principal_reach, takes_resource};

/// Decides a request.
///
/// It is a function of its arguments alone: it reads no clock, and of the condition keys only
/// those that the request brings. It takes time in the order of what the policies say about
/// the action.
#[must_use]
pub fn evaluate(set: &PolicySet, request: &Request) -> Decision {
    decide(set, &Prepared::new(request))
}

/// Decides a request that was made ready: [`evaluate`] for whoever decides one more than once.
///
/// It takes no lock and allocates nothing, but for an action that is asked of a bundle for the first time and
/// for patterns with variables that are unusually long.
#[must_use]
pub fn decide(set: &PolicySet, request: &Prepared<'_>) -> Decision {
    let Prepared { facts, standing, .. } = request;
    let mut decision = Decision {
        outcome: Outcome::Allowed,
        layers: [LayerResult::NotApplicable; 7],
        blocked: 0,
        guard: None,
        resource_policy: standing.resource_policy,
        deciding: [None; 7],
    };
    if standing.needs_no_permission {
        return decision;
    }
    let scan = Scan::new(set, request);
    let mut denied = 0;
    let mut silent = 0;
    let mut resource_reach = None;
    for layer in Layer::ALL {
        let Some(bundles) = set.bundles(layer).filter(|_| facts.may_speak & layer.bit() != 0) else {
            continue;
        };
        let found = scan.ask(layer, bundles);
        match found.result {
            LayerResult::Deny => denied |= layer.bit(),
            LayerResult::Silent => silent |= layer.bit(),
            LayerResult::Allow | LayerResult::NotApplicable => {}
        }
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
    let allows_identity = decision.layer(Layer::Identity) == LayerResult::Allow;
    let missing = facts.missing(resource_reach, allows_identity, set.session.is_some());
    decision.blocked = denied | (silent & ALWAYS_NEEDED) | missing.absent | (silent & missing.limits);
    decision.guard = if set.session.is_some() { standing.guard_in_session } else { standing.guard };
    decision.outcome = if denied != 0 {
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
    /// A bit per layer that bears on the request where there is one.
    may_speak: u8,
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
    pub(crate) fn of(request: &Question<'_>) -> Self {
        let owner = request.principal.owner();
        let kind = match request.principal {
            Principal::Root(_) => Kind::Root,
            Principal::User(_) | Principal::AssumedRole(_) => Kind::Entity,
            Principal::FederatedUser(_) => Kind::FederatedUser,
            Principal::Federated(_) | Principal::Service(_) | Principal::Anonymous => Kind::Outsider,
        };
        let resource_owner = request.resource_owner();
        let service_linked = request.principal.is_service_linked_role();
        let managed = |account| request.management_account.is_some() && request.management_account == account;
        let bound_by_service_control =
            owner.is_some() && !service_linked && !managed(owner.map(|owner| owner.account));
        let bound_by_resource_control =
            !service_linked && guards::is_bound_by_resource_control(request) && !managed(resource_owner);
        let own = match kind {
            Kind::Outsider => 0,
            Kind::Root => Layer::Session.bit(),
            Kind::Entity | Kind::FederatedUser => {
                Layer::Identity.bit() | Layer::Boundary.bit() | Layer::Session.bit()
            }
        };
        let bit = |layer: Layer, bound: bool| if bound { layer.bit() } else { 0 };
        Self {
            kind,
            cross_account: owner
                .is_some_and(|owner| resource_owner.is_some_and(|account| account != owner.account)),
            needs_resource_policy: guards::needs_resource_policy(request),
            may_speak: Layer::Endpoint.bit()
                | Layer::Resource.bit()
                | bit(Layer::ServiceControl, bound_by_service_control)
                | bit(Layer::ResourceControl, bound_by_resource_control)
                | own,
        }
    }

    /// Whether a layer is there and bears on the request.
    pub(crate) fn has_say(&self, layer: Layer, set: &PolicySet) -> bool {
        self.may_speak & layer.bit() != 0 && set.bundles(layer).is_some()
    }
}

/// What the principal's and the resource's side still lack: layers, a bit each.
struct Missing {
    /// Layers that had to allow and did not.
    absent: u8,
    /// Layers that block if they are silent.
    limits: u8,
}

/// Control and endpoint policies, where there are any, must allow every request.
const ALWAYS_NEEDED: u8 = Layer::ResourceControl.bit() | Layer::ServiceControl.bit() | Layer::Endpoint.bit();

impl Facts {
    /// What is missing, given how the resource's policy reaches the principal. A deny that
    /// hides behind an applying allow does not matter here: it blocks by itself.
    fn missing(&self, reach: Option<Reach>, allows_identity: bool, has_session: bool) -> Missing {
        let limits = Layer::Boundary.bit() | Layer::Session.bit();
        let (needs_resource, needs_identity, limits) = match (self.kind, self.cross_account, reach) {
            (Kind::Outsider, _, _) => (true, false, 0),
            (_, true, _) => (true, true, limits),
            (_, false, Some(Reach::Direct)) => (false, false, 0),
            (_, false, Some(Reach::Entity)) => (false, false, limits),
            (_, false, Some(Reach::Account)) => (false, true, limits),
            (_, false, None) => (self.needs_resource_policy, true, limits),
        };
        let mut absent = 0;
        if needs_resource && reach.is_none() {
            absent |= Layer::Resource.bit();
        }
        if needs_identity && matches!(self.kind, Kind::Entity | Kind::FederatedUser) {
            if !allows_identity {
                absent |= Layer::Identity.bit();
            }
            // GetFederationToken without a policy gives nothing.
            if self.kind == Kind::FederatedUser && !has_session {
                absent |= Layer::Session.bit();
            }
        }
        Missing { absent, limits }
    }
}
