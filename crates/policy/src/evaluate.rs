//! From policies and a request to a decision (AWS: "How AWS enforcement code logic evaluates
//! requests to allow or deny access").

mod guards;
mod scan;

use crate::decision::{Decision, Layer, LayerResult, Outcome};
use crate::matching::Reach;
use crate::prepared::{Prepared, Question, Ready};
use crate::{PolicySet, Principal};

pub(crate) use guards::Standing;
pub(crate) use scan::{Found, Scan, applies, is_bounded, principal_reach, takes_resource};

/// Decides a request.
///
/// It is a function of its arguments alone: it reads no clock, and of the condition keys only
/// those that the request brings. It takes time in the order of what the policies say about
/// the action, takes no lock, and allocates nothing but for an action that is asked of a bundle for the first
/// time and for patterns with variables that are unusually long.
#[must_use]
pub fn evaluate<'r>(set: &PolicySet, request: impl Into<Question<'r>>) -> Decision {
    decide_ready(set, &Ready::from(request.into()))
}

/// Decides a request that was made ready: [`evaluate`] for whoever decides one more than once.
#[must_use]
pub fn decide(set: &PolicySet, request: &Prepared) -> Decision {
    decide_ready(set, &request.ready())
}

/// What one layer's documents say of a request by themselves, of actions too that AWS allows or refuses whatever
/// policies say: for whoever compares documents. Nothing where the layer has none or does not bear on the request.
#[must_use]
pub fn evaluate_layer<'r>(set: &PolicySet, layer: Layer, request: impl Into<Question<'r>>) -> LayerResult {
    let request = Ready::from(request.into());
    match set.bundles(layer) {
        Some(bundles) if request.facts.may_speak(layer) => {
            Scan::new(set, &request).ask(layer, bundles).result
        }
        _ => LayerResult::NotApplicable,
    }
}

fn decide_ready(set: &PolicySet, request: &Ready<'_>) -> Decision {
    let mut tally = Tally::new(request);
    if request.standing.needs_no_permission {
        return tally.into_allowed();
    }
    let scan = Scan::new(set, request);
    for layer in Layer::ALL {
        if let Some(bundles) = set.bundles(layer)
            && request.facts.may_speak(layer)
        {
            tally.note(layer, scan.ask(layer, bundles));
        }
    }
    tally.close(request, set)
}

/// What the layers have said so far.
pub(crate) struct Tally {
    decision: Decision,
    /// A bit per layer that denies.
    denied: u8,
    /// A bit per layer that neither denies nor allows.
    silent: u8,
    /// How the resource's policy reaches the principal.
    reach: Option<Reach>,
}

impl Tally {
    pub(crate) fn new(request: &Ready<'_>) -> Self {
        let decision = Decision {
            outcome: Outcome::Allowed,
            layers: [LayerResult::NotApplicable; 7],
            blocked: 0,
            guard: None,
            resource_policy: request.standing.resource_policy,
            deciding: [None; 7],
        };
        Self { decision, denied: 0, silent: 0, reach: None }
    }

    /// Notes what a layer says.
    #[inline]
    pub(crate) fn note(&mut self, layer: Layer, found: Found) {
        match found.result {
            LayerResult::Deny => self.denied |= layer.bit(),
            LayerResult::Silent => self.silent |= layer.bit(),
            LayerResult::Allow | LayerResult::NotApplicable => {}
        }
        if layer == Layer::Resource {
            self.reach = found.reach;
        }
        if let Some(result) = self.decision.layers.get_mut(layer.index()) {
            *result = found.result;
        }
        if let Some(deciding) = self.decision.deciding.get_mut(layer.index()) {
            *deciding = found.deciding;
        }
    }

    /// The decision that no policy has a say in.
    pub(crate) fn into_allowed(self) -> Decision {
        self.decision
    }

    /// The decision, once all layers of a set have spoken.
    #[inline]
    pub(crate) fn close(self, request: &Ready<'_>, set: &PolicySet) -> Decision {
        let Self { mut decision, denied, silent, reach } = self;
        let allows_identity = decision.layer(Layer::Identity) == LayerResult::Allow;
        let missing = request.facts.missing(reach, allows_identity, set);
        decision.blocked = denied | (silent & ALWAYS_NEEDED) | missing.absent | (silent & missing.limits);
        decision.guard = request.standing.guard(set);
        decision.outcome = if denied != 0 {
            Outcome::ExplicitDeny
        } else if decision.blocked != 0 || decision.guard.is_some() {
            Outcome::ImplicitDeny
        } else {
            Outcome::Allowed
        };
        decision
    }
}

/// Whether there are session policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Session {
    Absent,
    Present,
}

impl Session {
    pub(crate) fn of(set: &PolicySet) -> Self {
        if set.session.is_some() { Self::Present } else { Self::Absent }
    }
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

    /// Whether a layer bears on the request where there is one.
    #[inline]
    pub(crate) fn may_speak(&self, layer: Layer) -> bool {
        self.may_speak & layer.bit() != 0
    }

    /// Whether a layer is there and bears on the request.
    pub(crate) fn has_say(&self, layer: Layer, set: &PolicySet) -> bool {
        self.may_speak(layer) && set.bundles(layer).is_some()
    }
}

/// What the principal's and the resource's side still lack: layers, a bit each.
struct Missing {
    /// Layers that had to allow and did not.
    absent: u8,
    /// Layers that block if they are silent.
    limits: u8,
}

/// GetFederationToken without a policy gives nothing. (Out of the way of all other requests, which need not look at
/// the set itself.)
#[cold]
#[inline(never)]
fn lacks_session_policy(set: &PolicySet) -> u8 {
    if set.session.is_none() { Layer::Session.bit() } else { 0 }
}

/// Control and endpoint policies, where there are any, must allow every request.
const ALWAYS_NEEDED: u8 = Layer::ResourceControl.bit() | Layer::ServiceControl.bit() | Layer::Endpoint.bit();

impl Facts {
    /// What is missing, given how the resource's policy reaches the principal. A deny that
    /// hides behind an applying allow does not matter here: it blocks by itself.
    fn missing(&self, reach: Option<Reach>, allows_identity: bool, set: &PolicySet) -> Missing {
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
            if self.kind == Kind::FederatedUser {
                absent |= lacks_session_policy(set);
            }
        }
        Missing { absent, limits }
    }
}
