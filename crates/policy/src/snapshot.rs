//! The policies of a principal's side, merged.

use std::sync::Arc;

use crate::decision::{Decision, Layer};
use crate::evaluate::{Scan, Tally};
use crate::plan::{Levels, Plan, Plans, Side};
use crate::prepared::{Prepared, Question, Ready};
use crate::{Action, Bundle, PolicySet};

/// What applies to a principal whatever it asks for, merged into one and indexed by action: the service control
/// policies of its account, its identity policies, its boundary and its session policies.
///
/// Principals for whom all of these are the same share one snapshot: a further principal costs a reference to it.
/// Making one costs next to nothing, so whoever changes a policy makes anew the snapshots that hold it.
///
/// ```
/// # use policy::{Action, Named, Policy, PolicySet, Prepared, Principal, Request, Snapshot, SourceKind};
/// # let policy = Policy::parse(r#"{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}"#)?;
/// let own = PolicySet::new().with_identity(vec![Named::new(SourceKind::User, "home", policy.into())]);
/// let snapshot = Snapshot::new(own);
///
/// let alice = Principal::parse("arn:aws:iam::123456789012:user/alice")?;
/// let request = Prepared::new(Request::new(alice, Action::parse("s3:GetObject")?, "arn:aws:s3:::home/x"));
/// let of_the_resource = PolicySet::new();
/// assert!(snapshot.decide(&of_the_resource, &request).is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Snapshot {
    set: PolicySet,
    plans: Plans<NEAR>,
}

/// Half as many plans are at hand: most principals ask for no more actions.
const NEAR: usize = 32;

/// The layers of a principal's side, in the order in which a denial names them.
const OWN: [Layer; 4] = [Layer::ServiceControl, Layer::Identity, Layer::Boundary, Layer::Session];

/// The layers of the resource's side.
const OTHERS: [Layer; 3] = [Layer::ResourceControl, Layer::Endpoint, Layer::Resource];

impl Snapshot {
    /// Merges the layers of a principal's side; the others are not looked at.
    #[must_use]
    pub fn new(set: PolicySet) -> Arc<Self> {
        let set = PolicySet { resource: None, endpoint: None, resource_control: None, ..set };
        Arc::new(Self { set, plans: Plans::default() })
    }

    /// The layers.
    #[must_use]
    pub fn policies(&self) -> &PolicySet {
        &self.set
    }

    /// Decides as [`decide`](crate::decide) does with the snapshot's layers and, of `others`, the layers of the
    /// resource's side: its own policy, its resource control policies, and the endpoint's.
    #[must_use]
    pub fn decide(&self, others: &PolicySet, request: &Prepared) -> Decision {
        self.decide_ready(others, &request.ready())
    }

    /// Decides as [`evaluate`](crate::evaluate()) does, likewise.
    #[must_use]
    pub fn evaluate<'r>(&self, others: &PolicySet, request: impl Into<Question<'r>>) -> Decision {
        self.decide_ready(others, &Ready::from(request.into()))
    }

    fn decide_ready(&self, others: &PolicySet, request: &Ready<'_>) -> Decision {
        let mut tally = Tally::new(request);
        if request.standing.needs_no_permission {
            return tally.into_allowed();
        }
        let scan = Scan::new(&self.set, request);
        let action = request.question.action;
        self.plans.with(
            Side::Own,
            action,
            || self.plan(action),
            |mut plan| {
                while let Some((layer, denies)) = plan.layer() {
                    if request.facts.may_speak(layer) {
                        tally.note(layer, scan.ask_plan(layer, denies, &mut plan, || self.levels(layer)));
                    } else {
                        while plan.level().is_some() {}
                    }
                }
            },
        );
        for layer in OTHERS.into_iter().filter(|_| others.has_other_side()) {
            if let Some(bundles) = others.bundles(layer)
                && request.facts.may_speak(layer)
            {
                tally.note(layer, scan.ask(layer, bundles));
            }
        }
        tally.close(request, &self.set)
    }

    /// The levels of a layer.
    #[inline]
    fn levels(&self, layer: Layer) -> &[Arc<Bundle>] {
        self.set.bundles(layer).unwrap_or_default()
    }

    fn plan(&self, action: &Action) -> Plan {
        let layers = OWN.into_iter().filter_map(|layer| {
            let levels = self.set.bundles(layer)?.iter().map(|bundle| &**bundle);
            Some((layer, Levels::of(levels, layer, action)))
        });
        Plan::of_layers(layers, action)
    }
}
