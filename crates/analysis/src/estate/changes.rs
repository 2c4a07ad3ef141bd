//! What a change of the estate brings: who gains what, and who loses what.

use std::collections::HashMap;
use std::sync::Arc;

use policy::{Bundle, Named, Policy, PolicySet, Request};

use super::likely::{stack_minus_likely, trust_minus_likely};
use super::why::{Decider, deciders};
use super::{Estate, Member};
use crate::budget::Exhausted;

/// What changes for one user or role.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Whose, by ARN.
    pub arn: String,
    /// Whether it comes, goes or stays.
    pub change: Change,
    /// A request that is allowed after and not before, with the statements that allow it.
    pub gains: Option<(Request, Vec<Decider>)>,
    /// A request that was allowed before and is not after, with the statements that allowed it.
    pub loses: Option<(Request, Vec<Decider>)>,
    /// A request with which somebody can assume the role after and not before.
    pub newly_trusted: Option<Request>,
    /// A request with which somebody could assume the role before and not after.
    pub no_longer_trusted: Option<Request>,
    /// What ran out, where something was not decided.
    pub exhausted: Option<Exhausted>,
}

/// Whether somebody comes, goes or stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It was there and is there.
    Kept,
}

/// Everybody for whom something changes, by ARN. `progress` hears how many were looked at.
pub fn differences(
    before: &Estate,
    after: &Estate,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<Difference> {
    let mut arns: Vec<&str> = before.members.iter().chain(&after.members).map(|m| m.arn.as_str()).collect();
    arns.sort_unstable();
    arns.dedup();
    let total = arns.len();
    let places = |estate: &Estate| -> HashMap<String, usize> {
        estate.members.iter().zip(0..).map(|(member, at)| (member.arn.to_string(), at)).collect()
    };
    let (of_before, of_after) = (places(before), places(after));
    let mut found = Vec::new();
    for (at, arn) in arns.into_iter().enumerate() {
        progress(at, total);
        let was = of_before.get(arn).and_then(|at| before.members.get(*at));
        let is = of_after.get(arn).and_then(|at| after.members.get(*at));
        if was.zip(is).is_some_and(|(was, is)| is_unchanged(was, is)) {
            continue;
        }
        found.extend(difference(arn, was, is, after));
    }
    progress(total, total);
    found
}

/// Whether somebody has the very same policies and tags: there is nothing to compare then.
fn is_unchanged(was: &Member, is: &Member) -> bool {
    let same_policy = |a: &Named, b: &Named| a.name == b.name && Arc::ptr_eq(&a.policy, &b.policy);
    let same_bundle = |a: &Arc<Bundle>, b: &Arc<Bundle>| {
        let (a, b) = (a.policies(), b.policies());
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_policy(a, b))
    };
    let same = |a: &Option<Arc<Bundle>>, b: &Option<Arc<Bundle>>| match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => same_bundle(a, b),
        _ => false,
    };
    let same_levels = |a: &Option<Arc<[Arc<Bundle>]>>, b: &Option<Arc<[Arc<Bundle>]>>| match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same_bundle(a, b)),
        _ => false,
    };
    let same_trust = match (&was.trust, &is.trust) {
        (None, None) => true,
        (Some(a), Some(b)) => same_policy(a, b),
        _ => false,
    };
    let (a, b) = (&was.policies, &is.policies);
    same(&a.identity, &b.identity)
        && same(&a.boundary, &b.boundary)
        && same(&a.session, &b.session)
        && same_levels(&a.service_control, &b.service_control)
        && same_levels(&a.resource_control, &b.resource_control)
        && same_trust
        && was.tags == is.tags
        && was.principal == is.principal
}

fn difference(arn: &str, was: Option<&Member>, is: Option<&Member>, estate: &Estate) -> Option<Difference> {
    let member = is.or(was)?;
    let nothing = PolicySet::new();
    let (before, after) = (was.map_or(&nothing, |m| &m.policies), is.map_or(&nothing, |m| &m.policies));
    let mut exhausted = None;
    let with = (&estate.rights.catalog, estate.budget);
    let mut relate = |a: &PolicySet, b: &PolicySet, who: &Member| match stack_minus_likely(
        a,
        b,
        &who.asker("*"),
        None,
        with,
    ) {
        Ok(found) => found.map(|request| {
            let by = deciders(a, &request);
            (request, by)
        }),
        Err(what) => {
            exhausted = Some(what);
            None
        }
    };
    let gains = relate(after, before, member);
    let loses = relate(before, after, was.unwrap_or(member));
    let trust = |member: Option<&Member>| -> Option<Arc<Policy>> {
        Some(Arc::clone(&member?.trust.as_ref()?.policy))
    };
    let (trusted, trusts) = (trust(was), trust(is));
    let mut relate = |a: &Option<Arc<Policy>>, b: &Option<Arc<Policy>>| {
        let a = a.as_ref()?;
        let silent = Policy::parse(r#"{"Statement": []}"#).ok().map(Arc::new);
        match trust_minus_likely(a, b.as_ref().or(silent.as_ref())?, &member.arn, with) {
            Ok(found) => found,
            Err(what) => {
                exhausted = Some(what);
                None
            }
        }
    };
    let newly_trusted = relate(&trusts, &trusted);
    let no_longer_trusted = relate(&trusted, &trusts);
    let change = match (was, is) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        _ => Change::Kept,
    };
    let is_same = change == Change::Kept
        && gains.is_none()
        && loses.is_none()
        && newly_trusted.is_none()
        && no_longer_trusted.is_none()
        && exhausted.is_none();
    (!is_same).then(|| Difference {
        arn: arn.to_owned(),
        change,
        gains,
        loses,
        newly_trusted,
        no_longer_trusted,
        exhausted,
    })
}
