//! The policies of a principal's side, merged.

use std::sync::Arc;

use crate::decision::{Decision, Layer, LayerResult, StatementRef};
use crate::document::Statement;
use crate::evaluate::{Found, Scan, Session, Tally};
use crate::plan::{ByAction, Plan, Slot};
use crate::prepared::{Prepared, Question, Ready};
use crate::set::Bundle;
use crate::{Action, Policy, PolicySet};

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
    plans: ByAction<Merged>,
}

/// What all layers of a snapshot say about one action.
#[derive(Debug)]
struct Merged {
    denies: Box<[Rule]>,
    allows: Box<[Rule]>,
    levels: Box<[Level]>,
}

/// A statement and where it stands.
#[derive(Debug)]
struct Rule {
    place: StatementRef,
    policy: Arc<Policy>,
}

/// A level of a layer, or all of them: something on it must allow.
#[derive(Debug)]
struct Level {
    layer: Layer,
    /// The statement that allows everything, where there is one.
    pass: Option<StatementRef>,
    /// Where its allows end among those of all levels, which stand in order.
    end: usize,
}

/// The layers of a principal's side, in the order in which a denial names them.
const OWN: [Layer; 4] = [Layer::ServiceControl, Layer::Identity, Layer::Boundary, Layer::Session];

/// The layers of the resource's side.
const OTHERS: [Layer; 3] = [Layer::ResourceControl, Layer::Endpoint, Layer::Resource];

impl Snapshot {
    /// Merges the layers of a principal's side; the others are not looked at.
    #[must_use]
    pub fn new(set: PolicySet) -> Arc<Self> {
        let set = PolicySet { resource: None, endpoint: None, resource_control: None, ..set };
        Arc::new(Self { set, plans: ByAction::default() })
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

    /// Decides as [`evaluate`](crate::evaluate) does, likewise.
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
            action,
            || Merged::of(&self.set, action),
            |merged| {
                merged.ask(&scan, request, &mut tally);
            },
        );
        for layer in OTHERS {
            if let Some(bundles) = others.bundles(layer)
                && request.facts.may_speak(layer)
            {
                tally.note(layer, scan.ask(layer, bundles));
            }
        }
        tally.close(request, Session::of(&self.set))
    }
}

impl Merged {
    fn of(set: &PolicySet, action: &Action) -> Self {
        let mut merged = Drafted::default();
        for layer in OWN {
            let Some(bundles) = set.bundles(layer) else { continue };
            let own = merged.levels.len();
            for (level, bundle) in (0u32..).zip(bundles) {
                match layer {
                    // These are a principal's own: what the snapshot keeps of them need not be kept twice.
                    Layer::Identity | Layer::Session => {
                        merged.add(layer, level, bundle, &Plan::of(bundle.policies(), action));
                    }
                    // Those are shared by snapshots that differ elsewhere.
                    _ => bundle.with_plan(action, |plan| merged.add(layer, level, bundle, plan)),
                }
            }
            // Where everything is allowed on all levels, the last one speaks for them.
            if merged.levels.iter().skip(own).all(|level| level.pass.is_some()) {
                merged.levels.drain(own..merged.levels.len().saturating_sub(1).max(own));
            }
            if bundles.is_empty() {
                merged.levels.push(Level { layer, pass: None, end: merged.allows.len() });
            }
        }
        let Drafted { denies, allows, levels } = merged;
        Self { denies: denies.into(), allows: allows.into(), levels: levels.into() }
    }

    #[inline]
    fn ask(&self, scan: &Scan<'_>, request: &Ready<'_>, tally: &mut Tally) {
        let mut denied = 0;
        for rule in &self.denies {
            let layer = rule.place.layer;
            // The first deny of a layer is the one that a decision shows.
            if denied & layer.bit() == 0 && request.facts.may_speak(layer) && rule.applies(scan) {
                denied |= layer.bit();
                tally.note(layer, Found::of(LayerResult::Deny, Some(rule.place)));
            }
        }
        let mut silent = denied;
        let mut start = 0;
        for level in &self.levels {
            let allows = self.allows.get(start..level.end).unwrap_or_default();
            start = level.end;
            // One silent level silences its layer.
            if silent & level.layer.bit() != 0 || !request.facts.may_speak(level.layer) {
                continue;
            }
            let found =
                level.pass.or_else(|| allows.iter().find(|rule| rule.applies(scan)).map(|rule| rule.place));
            if found.is_none() {
                silent |= level.layer.bit();
            }
            let result = if found.is_some() { LayerResult::Allow } else { LayerResult::Silent };
            tally.note(level.layer, Found::of(result, found));
        }
    }
}

/// A [`Merged`] that grows.
#[derive(Default)]
struct Drafted {
    denies: Vec<Rule>,
    allows: Vec<Rule>,
    levels: Vec<Level>,
}

impl Drafted {
    fn add(&mut self, layer: Layer, level: u32, bundle: &Bundle, plan: &Plan) {
        let rule = |slot: &Slot| Rule::new(layer, level, bundle, *slot);
        self.denies.extend(plan.denies().iter().filter_map(rule));
        let pass = bundle.passes().unaddressed.or(plan.passes().unaddressed);
        if pass.is_none() {
            self.allows.extend(plan.allows().iter().filter_map(rule));
        }
        let pass = pass.map(|slot| slot.place(layer, level));
        self.levels.push(Level { layer, pass, end: self.allows.len() });
    }
}

impl Rule {
    fn new(layer: Layer, level: u32, bundle: &Bundle, slot: Slot) -> Option<Self> {
        let named = bundle.policies().get(usize::try_from(slot.policy).ok()?)?;
        Some(Self { place: slot.place(layer, level), policy: Arc::clone(&named.policy) })
    }

    #[inline]
    fn applies(&self, scan: &Scan<'_>) -> bool {
        self.statement().is_some_and(|statement| scan.applies(statement, self.place.layer).is_some())
    }

    #[inline]
    fn statement(&self) -> Option<&Statement> {
        self.policy.statements.get(usize::try_from(self.place.statement).ok()?)
    }
}
