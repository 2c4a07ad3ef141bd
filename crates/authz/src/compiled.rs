//! Compiled policies, shared by all principals that have the same.

use std::sync::Arc;

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
    /// A managed policy, by its parsed form: it is the same for as long as the policy's default version is.
    Managed(ByAddress),
}

/// A policy as the one that stands at its address; it holds on to it, so that no other can come to stand there.
#[derive(Debug, Clone)]
struct ByAddress(Arc<Policy>);

impl Compiled {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { snapshots: Cache::new(capacity) }
    }

    /// The snapshot of these policies.
    pub(crate) fn share(&self, layers: Layers) -> Arc<Snapshot> {
        let Some(name) = name(&layers) else { return snapshot(layers) };
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

/// A name that other principals' layers may have too; none where one of the policies is this principal's alone.
fn name(layers: &Layers) -> Option<Box<[Part]>> {
    let Layers { identity, boundary, session } = layers;
    let mut parts = Vec::new();
    for (place, layer) in (0..).zip([identity, boundary, session]) {
        let Some(policies) = layer else { continue };
        parts.push(Part::Layer(place));
        for named in policies {
            match named.kind {
                SourceKind::AwsManaged | SourceKind::CustomerManaged => {
                    parts.push(Part::Managed(ByAddress(Arc::clone(&named.policy))));
                }
                _ => return None,
            }
        }
    }
    Some(parts.into())
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
    fn an_inline_policy_is_its_holder_s_alone() {
        let policy = Arc::new(Policy::parse(r#"{"Version":"2012-10-17","Statement":[]}"#).unwrap());
        let inline = || vec![Named::new(SourceKind::User, "inline", Arc::clone(&policy))];
        let compiled = Compiled::new(10);
        let first = compiled.share(layers(inline(), None));
        assert!(!Arc::ptr_eq(&compiled.share(layers(inline(), None)), &first));
    }
}
