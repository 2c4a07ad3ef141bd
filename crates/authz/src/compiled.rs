//! Compiled policies, shared by all principals that have the same.

use std::sync::Arc;

use compact_str::CompactString;
use policy::{Bundle, Named, Policy, PolicySet, Snapshot, SourceKind};
use quick_cache::sync::Cache;

/// The policies of a principal's side; what is `None` is not there.
pub(crate) struct Layers {
    pub(crate) identity: Option<Vec<Named>>,
    pub(crate) boundary: Option<Vec<Named>>,
    pub(crate) session: Option<Vec<Named>>,
}

/// Snapshots by the policies that they are made of. A further principal with known policies costs a reference to
/// what the first one had compiled, plans included.
#[derive(Debug)]
pub(crate) struct Compiled {
    snapshots: Cache<Box<[Part]>, Arc<Snapshot>>,
}

/// A part of a snapshot's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    /// The layer at that place begins.
    Layer(u8),
    /// A policy: what a decision calls it, and what it says. An inline policy's name does not say whose it is (a
    /// group's says the group's), so those that a template gave many roles under one name are the same here.
    Policy(SourceKind, CompactString, ByAddress),
}

/// A policy as the one that stands at its address; it holds on to it, so that no other can come to stand there.
/// Equal texts stand at one address ([`crate::parsed::Parsed`]).
#[derive(Debug, Clone)]
struct ByAddress(Arc<Policy>);

impl Compiled {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { snapshots: Cache::new(capacity) }
    }

    /// The snapshot of these policies.
    pub(crate) fn share(&self, layers: Layers) -> Arc<Snapshot> {
        let name = name(&layers);
        if let Some(known) = self.snapshots.get(&name) {
            return known;
        }
        let fresh = snapshot(layers);
        self.snapshots.insert(name, Arc::clone(&fresh));
        fresh
    }
}

fn snapshot(layers: Layers) -> Arc<Snapshot> {
    let Layers { identity, boundary, session } = layers;
    Snapshot::new(PolicySet {
        identity: identity.map(Bundle::new),
        boundary: boundary.map(Bundle::new),
        session: session.map(Bundle::new),
        ..PolicySet::new()
    })
}

/// The name of the layers' snapshot, which other principals' layers may have too.
fn name(layers: &Layers) -> Box<[Part]> {
    let Layers { identity, boundary, session } = layers;
    let mut parts = Vec::new();
    for (place, layer) in (0..).zip([identity, boundary, session]) {
        let Some(policies) = layer else { continue };
        parts.push(Part::Layer(place));
        for Named { kind, name, policy } in policies {
            parts.push(Part::Policy(*kind, name.clone(), ByAddress(Arc::clone(policy))));
        }
    }
    parts.into()
}

impl PartialEq for ByAddress {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for ByAddress {}

impl std::hash::Hash for ByAddress {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn managed(policy: &Arc<Policy>) -> Vec<Named> {
        vec![Named::new(
            SourceKind::CustomerManaged,
            "arn:aws:iam::123456789012:policy/p",
            Arc::clone(policy),
        )]
    }

    fn layers(identity: Vec<Named>, boundary: Option<Vec<Named>>) -> Layers {
        Layers { identity: Some(identity), boundary, session: None }
    }

    #[test]
    fn who_has_the_same_managed_policies_in_the_same_layers_shares_a_snapshot() {
        let parsed = || Arc::new(Policy::parse(r#"{"Version":"2012-10-17","Statement":[]}"#).unwrap());
        let (one, other) = (parsed(), parsed());
        let compiled = Compiled::new(10);
        let first = compiled.share(layers(managed(&one), None));
        let same = |layers| Arc::ptr_eq(&compiled.share(layers), &first);
        assert!(same(layers(managed(&one), None)));
        assert!(!same(layers(managed(&other), None)));
        assert!(!same(layers(managed(&one), Some(managed(&one)))));
        assert!(!same(layers(vec![], Some(managed(&one)))));
        assert!(!same(Layers { identity: None, boundary: Some(managed(&one)), session: None }));
    }

    #[test]
    fn equal_inline_policies_share_a_snapshot_where_they_are_called_the_same() {
        let policy = Arc::new(Policy::parse(r#"{"Version":"2012-10-17","Statement":[]}"#).unwrap());
        let inline = |kind, name| layers(vec![Named::new(kind, name, Arc::clone(&policy))], None);
        let compiled = Compiled::new(10);
        let first = compiled.share(inline(SourceKind::User, "inline"));
        let same = |layers| Arc::ptr_eq(&compiled.share(layers), &first);
        assert!(same(inline(SourceKind::User, "inline")));
        // A decision tells the statement by these, so they must not be another policy's.
        assert!(!same(inline(SourceKind::User, "other")));
        assert!(!same(inline(SourceKind::Role, "inline")));
        let managed = inline(SourceKind::CustomerManaged, "arn:aws:iam::123456789012:policy/p");
        let other = inline(SourceKind::CustomerManaged, "arn:aws:iam::123456789012:policy/q");
        assert!(!Arc::ptr_eq(&compiled.share(managed), &compiled.share(other)));
    }

    #[test]
    fn the_order_of_policies_counts_for_it_numbers_them() {
        let parsed = |text| Arc::new(Policy::parse(text).unwrap());
        let one = managed(&parsed(r#"{"Version":"2012-10-17","Statement":[]}"#));
        let other = managed(&parsed(r#"{"Version":"2008-10-17","Statement":[]}"#));
        let compiled = Compiled::new(10);
        let first = compiled.share(layers([one.clone(), other.clone()].concat(), None));
        assert!(!Arc::ptr_eq(&compiled.share(layers([other, one].concat(), None)), &first));
    }
}
