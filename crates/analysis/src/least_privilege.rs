//! Least privilege from real use: the policy that allows what was done, no more than what it replaces, and what a
//! policy would refuse of what was done.

pub(crate) mod print;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use policy::{Effect, ParseError, Policy, PolicySet, Request, evaluate};

use crate::{Budget, Exhausted, allows, minus};
use print::Printed;

/// A policy made from use.
#[derive(Debug, Clone)]
pub struct LeastPrivilege {
    /// The document, as JSON for people.
    pub document: String,
    /// The same, parsed.
    pub policy: Arc<Policy>,
    /// Whether it allows nothing that the policies that it replaces do not allow.
    pub proof: Proof,
    /// The requests, by their place, that the policies to be replaced do not allow as far as the requests tell: a
    /// resource's own policy did, or a key that nobody recorded.
    pub unexplained: Vec<usize>,
}

/// What is known of a made policy against those that it replaces.
#[derive(Debug, Clone)]
pub enum Proof {
    /// It allows nothing that they do not.
    Subset,
    /// It allows this, which they do not.
    Exceeds(Box<Request>),
    /// It was not decided.
    Unknown(Exhausted),
}

/// Makes the smallest policy of its kind that allows what was requested and what these policies allow.
///
/// Actions with the same resources share a statement. Up to [`MOST_LISTED`] resources of an action are listed as they
/// are; of more, those with the same beginning, up to the last `/` or `:` of the ARN's last part, become that
/// beginning and a star, where the policies to be replaced allow that too. A statement keeps the conditions of the
/// statement that allowed its requests, and where the policies deny something that the new one would allow, it keeps
/// their denies.
///
/// # Errors
///
/// What was made does not parse: a defect.
pub fn generate(
    used: &[Request],
    replaced: &[Arc<Policy>],
    budget: Budget,
) -> Result<LeastPrivilege, ParseError> {
    let whole: Vec<Printed> = replaced.iter().flat_map(|policy| print::statements(policy)).collect();
    let union = parse(&whole)?;
    let mut sources = Vec::new();
    for statement in whole.iter().filter(|statement| statement.effect == Effect::Allow) {
        sources.push((statement, parse(std::slice::from_ref(statement))?));
    }
    // Who is allowed without a condition needs none.
    sources.sort_by_key(|(statement, _)| statement.condition.is_some());

    let mut unexplained = Vec::new();
    let mut groups: BTreeMap<Option<String>, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (place, request) in used.iter().enumerate().filter(|(_, request)| needs_leave(request)) {
        let source = sources.iter().find(|(_, alone)| allows(alone, request, false));
        match source.filter(|_| allows(&union, request, false)) {
            Some((statement, _)) => {
                let resources = groups.entry(statement.condition.clone()).or_default();
                let action = request.action.as_str().to_owned();
                resources.entry(action).or_default().insert(request.resource.as_str().to_owned());
            }
            None => unexplained.push(place),
        }
    }

    let mut statements = Vec::new();
    for (condition, actions) in groups {
        let mut by_resources: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
        for (action, resources) in actions {
            let general = generalised(&action, &resources, condition.as_ref(), &union, budget)?;
            by_resources.entry(general).or_default().push(action);
        }
        statements.extend(
            by_resources
                .into_iter()
                .map(|(resources, actions)| Printed::allow(&actions, &resources, condition.clone())),
        );
    }
    let mut policy = parse(&statements)?;
    let mut rest = minus(&policy, &union, false, budget);
    if !matches!(rest, Ok(None)) {
        let denies = whole.iter().filter(|statement| statement.effect == Effect::Deny).cloned();
        let count = statements.len();
        statements.extend(denies);
        if statements.len() > count {
            policy = parse(&statements)?;
            rest = minus(&policy, &union, false, budget);
        }
    }
    let proof = match rest {
        Ok(None) => Proof::Subset,
        Ok(Some(witness)) => Proof::Exceeds(Box::new(witness)),
        Err(exhausted) => Proof::Unknown(exhausted),
    };
    Ok(LeastPrivilege { document: print::document(&statements), policy, proof, unexplained })
}

/// The requests, by their place, that these policies together do not allow.
///
/// # Errors
///
/// The policies put together do not parse: a defect.
pub fn refused(policies: &[Arc<Policy>], used: &[Request]) -> Result<Vec<usize>, ParseError> {
    let whole: Vec<Printed> = policies.iter().flat_map(|policy| print::statements(policy)).collect();
    let union = parse(&whole)?;
    let refused = |request: &Request| needs_leave(request) && !allows(&union, request, false);
    let places = used.iter().enumerate().filter(|(_, request)| refused(request));
    Ok(places.map(|(place, _)| place).collect())
}

/// So many resources of one action are listed one by one.
pub const MOST_LISTED: usize = 3;

fn parse(statements: &[Printed]) -> Result<Arc<Policy>, ParseError> {
    Policy::parse(&print::document(statements)).map(Arc::new)
}

/// Whether a policy has to allow a request; some actions are everybody's.
fn needs_leave(request: &Request) -> bool {
    !evaluate(&PolicySet::new(), request).is_allowed()
}

/// The resources as a statement names them.
fn generalised(
    action: &str,
    resources: &BTreeSet<String>,
    condition: Option<&String>,
    union: &Arc<Policy>,
    budget: Budget,
) -> Result<Vec<String>, ParseError> {
    let mut out: Vec<String> = Vec::new();
    let mut buckets: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for resource in resources {
        buckets.entry(beginning(resource)).or_default().push(resource);
    }
    for (beginning, members) in buckets {
        let listed = || members.iter().map(|resource| escaped(resource));
        if resources.len() <= MOST_LISTED || members.len() <= MOST_LISTED || beginning.is_empty() {
            out.extend(listed());
            continue;
        }
        let general = format!("{}*", escaped(beginning));
        let candidate = parse(&[Printed::allow(
            &[action.to_owned()],
            std::slice::from_ref(&general),
            condition.cloned(),
        )])?;
        if matches!(minus(&candidate, union, false, budget), Ok(None)) {
            out.push(general);
        } else {
            out.extend(listed());
        }
    }
    out.sort_unstable();
    Ok(out)
}

/// An ARN up to the last `/` or `:` of its last part; empty for what is no ARN, or whose last part has none.
fn beginning(resource: &str) -> &str {
    let last = resource.match_indices(':').nth(4).map_or(resource.len(), |(at, _)| at + 1);
    let end = resource.rfind(['/', ':']).map_or(0, |at| at + 1);
    if end > last { resource.get(..end).unwrap_or_default() } else { "" }
}

/// A resource's ARN as a pattern that matches it alone; `*` is what requests without a resource name.
fn escaped(resource: &str) -> String {
    if resource == "*" {
        return resource.to_owned();
    }
    let mut out = String::with_capacity(resource.len());
    for c in resource.chars() {
        match c {
            '*' | '?' | '$' => out.extend(['$', '{', c, '}']),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
