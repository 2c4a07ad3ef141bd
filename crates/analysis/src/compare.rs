//! The relation of two documents.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use policy::{
    Action, Effect, Layer, LayerResult, Named, Policy, PolicySet, Principal, Request, SourceKind, Values,
    evaluate,
};

use crate::boxes::{self, Clauses, Compiler};
use crate::budget::{Budget, Exhausted, Meter};
use crate::principals;
use crate::search::{Found, Search, with_effect};

/// How the requests that a document allows stand to those that another allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// They are the same.
    Equivalent,
    /// The first allows all that the second allows, and more.
    MorePermissive,
    /// The second allows all that the first allows, and more.
    LessPermissive,
    /// Each allows something that the other does not.
    Incomparable,
    /// It was not decided.
    Unknown,
}

impl Relation {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equivalent => "equivalent",
            Self::MorePermissive => "morePermissive",
            Self::LessPermissive => "lessPermissive",
            Self::Incomparable => "incomparable",
            Self::Unknown => "unknown",
        }
    }
}

/// The answer of [`compare`].
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The relation of the first document to the second.
    pub relation: Relation,
    /// A request that the first allows and the second does not.
    pub witness_a_minus_b: Option<Request>,
    /// A request that the second allows and the first does not.
    pub witness_b_minus_a: Option<Request>,
    /// What ran out, where the relation is not known.
    pub exhausted: Option<Exhausted>,
}

/// Compares two documents by the requests that each allows: an allow applies, and no deny of the same document.
///
/// Documents that say whom they speak to are compared as resource policies, others as identity policies. Condition
/// keys hold what their operators read: a key of `Numeric…` holds a number, one of `Arn…` an ARN, and lists are
/// considered where a set operator asks about the key. Every witness was replayed through [`policy::evaluate`].
#[must_use]
pub fn compare(a: &Arc<Policy>, b: &Arc<Policy>, budget: Budget) -> Comparison {
    let addressed = [a, b].iter().any(|p| p.statements().iter().any(|s| s.principals().is_some()));
    let there = minus(a, b, addressed, budget);
    let back = minus(b, a, addressed, budget);
    let relation = match (&there, &back) {
        (Ok(None), Ok(None)) => Relation::Equivalent,
        (Ok(Some(_)), Ok(None)) => Relation::MorePermissive,
        (Ok(None), Ok(Some(_))) => Relation::LessPermissive,
        (Ok(Some(_)), Ok(Some(_))) => Relation::Incomparable,
        _ => Relation::Unknown,
    };
    let exhausted = there.as_ref().err().or(back.as_ref().err()).copied();
    Comparison {
        relation,
        witness_a_minus_b: there.ok().flatten(),
        witness_b_minus_a: back.ok().flatten(),
        exhausted,
    }
}

/// A request that `a` allows and `b` does not; `None` proves that there is none.
pub fn minus(
    a: &Arc<Policy>,
    b: &Arc<Policy>,
    addressed: bool,
    budget: Budget,
) -> Result<Option<Request>, Exhausted> {
    let mut meter = Meter::new(budget);
    let mut open: Vec<String> = boxes::variables(a);
    open.extend(boxes::variables(b));
    open.sort_unstable();
    open.dedup();
    let nothing = BTreeMap::new();
    let bound = open.is_empty().then_some(&nothing);
    let found = difference(a, b, addressed, bound, &HashSet::new(), &mut meter)?;
    let Some(found) = found else { return Ok(None) };
    if open.is_empty() {
        return replayed(a, b, addressed, found).map(Some).ok_or(Exhausted::Method);
    }
    // What was found stands on not knowing what variables hold. Try what they could hold.
    let pinned: HashSet<String> = open.iter().cloned().collect();
    for values in assignments(a, b, &open) {
        if let Some(found) = difference(a, b, addressed, Some(&values), &pinned, &mut meter)?
            && let Some(request) = replayed(a, b, addressed, with_bound(found, &values))
        {
            return Ok(Some(request));
        }
    }
    Err(Exhausted::Method)
}

fn difference(
    a: &Policy,
    b: &Policy,
    addressed: bool,
    values: Option<&BTreeMap<String, String>>,
    pinned: &HashSet<String>,
    meter: &mut Meter,
) -> Result<Option<Found>, Exhausted> {
    let mut clauses = Clauses::default();
    let mut symbols = BTreeMap::new();
    let mut compiler = Compiler { clauses: &mut clauses, values, symbols: &mut symbols, addressed };
    let (ours, theirs) = (compiler.compile(a), compiler.compile(b));
    let (principals, all_there) = if addressed { principals::of([a, b]) } else { (Vec::new(), true) };
    let nothing = BTreeMap::new();
    let bound = (values.unwrap_or(&nothing), pinned);
    let mut search = Search::new(clauses, bound, &symbols, principals, addressed, meter);
    let denies = with_effect(&ours, Effect::Deny);
    let allows = with_effect(&theirs, Effect::Allow);
    let blockers: Vec<_> = denies.iter().chain(&allows).copied().collect();
    let mine = with_effect(&ours, Effect::Allow);
    for allow in &mine {
        if let Some(found) = search.escape(&[allow], &blockers)? {
            return Ok(Some(found));
        }
    }
    for deny in with_effect(&theirs, Effect::Deny) {
        if denies.iter().any(|ours| ours.contains(deny)) {
            continue;
        }
        for allow in &mine {
            if let Some(found) = search.escape(&[allow, deny], &denies)? {
                return Ok(Some(found));
            }
        }
    }
    if search.incomplete || !all_there { Err(Exhausted::Method) } else { Ok(None) }
}

/// What variables could hold: each something of its own, something that a document mentions, nothing.
fn assignments(a: &Policy, b: &Policy, open: &[String]) -> Vec<BTreeMap<String, String>> {
    let mut all = vec![BTreeMap::new()];
    for (number, key) in open.iter().enumerate() {
        let mut values = vec![Some(format!("witness{number}")), None, Some("same".to_owned())];
        let clauses = [a, b].into_iter().flat_map(Policy::statements).flat_map(|s| s.conditions());
        let mentioned = clauses.filter(|clause| clause.key().folded() == key);
        let texts = mentioned.flat_map(|clause| clause.values()).map(|value| value.as_str());
        values.extend(
            texts.filter(|text| !text.contains("${")).take(3).map(|text| Some(text.replace(['*', '?'], "x"))),
        );
        values.extend(segments(a).chain(segments(b)).take(4).map(Some));
        let mut next = Vec::new();
        for value in &values {
            for before in &all {
                let mut with: BTreeMap<String, String> = before.clone();
                if let Some(value) = value {
                    with.insert(key.clone(), value.clone());
                }
                next.push(with);
            }
        }
        next.truncate(MOST_ASSIGNMENTS);
        all = next;
    }
    all
}

/// What stands between the slashes and colons of resources, where it is plain.
fn segments(policy: &Policy) -> impl Iterator<Item = String> {
    let resources = policy.statements().iter().filter_map(|statement| statement.resources());
    let tails = resources
        .flat_map(|element| element.patterns())
        .filter_map(|pattern| pattern.as_str().splitn(6, ':').nth(5))
        .flat_map(|tail| tail.split(['/', ':']).skip(1));
    let is_plain = |text: &&str| !text.is_empty() && !text.contains(['*', '?', '$', '}']);
    tails.filter(is_plain).map(str::to_owned)
}

const MOST_ASSIGNMENTS: usize = 48;

fn with_bound(mut found: Found, values: &BTreeMap<String, String>) -> Found {
    for (key, value) in values {
        if !found.keys.iter().any(|(name, _)| name.eq_ignore_ascii_case(key)) {
            found.keys.push((key.clone(), Values::from(value.as_str())));
        }
    }
    found
}

/// The request, if the engine agrees that `a` allows it and `b` does not.
fn replayed(a: &Arc<Policy>, b: &Arc<Policy>, addressed: bool, found: Found) -> Option<Request> {
    let action = spelled(&found.action);
    let action = Action::parse(&action).ok()?;
    let principal = found.principal.clone().or_else(|| principal(&found))?;
    let owner = principal.owner();
    let mut request = Request::new(principal, action, &found.resource);
    request.resource_account = owner.map(|owner| owner.account);
    for (key, values) in found.keys {
        request.context.set(&key, values);
    }
    let agrees = allows(a, &request, addressed) && !allows(b, &request, addressed);
    agrees.then_some(request)
}

/// Whether a document by itself allows a request: some statement does and none denies.
#[must_use]
pub fn allows(policy: &Arc<Policy>, request: &Request, addressed: bool) -> bool {
    let policy = Arc::clone(policy);
    let (set, layer) = if addressed {
        (PolicySet::new().with_resource(Named::new(SourceKind::Resource, "", policy)), Layer::Resource)
    } else {
        (PolicySet::new().with_identity(vec![Named::new(SourceKind::Input, "", policy)]), Layer::Identity)
    };
    evaluate(&set, request).layer(layer) == LayerResult::Allow
}

/// The action as the catalog writes it, where it knows it.
fn spelled(action: &str) -> String {
    let known = action.split_once(':').and_then(|(service, name)| {
        let service = catalog::service(service)?;
        let known = service.actions().iter().find(|known| known.name().eq_ignore_ascii_case(name))?;
        Some(format!("{}:{}", service.prefix(), known.name()))
    });
    known.unwrap_or_else(|| action.to_owned())
}

/// A user that agrees with what the keys say of the principal, as far as one can.
fn principal(found: &Found) -> Option<Principal> {
    let value = |key: &str| {
        let (_, values) = found.keys.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
        values.as_slice().first().map(|text| text.as_str())
    };
    if let Some(principal) = value("aws:PrincipalArn").and_then(|arn| Principal::parse(arn).ok())
        && matches!(principal, Principal::User(_) | Principal::AssumedRole(_))
    {
        return Some(principal);
    }
    let partition = found.resource.split(':').nth(1).filter(|name| ["aws-cn", "aws-us-gov"].contains(name));
    let partition = partition.unwrap_or("aws");
    let account = value("aws:PrincipalAccount").unwrap_or("123456789012");
    let name = value("aws:username").unwrap_or("witness");
    Principal::parse(&format!("arn:{partition}:iam::{account}:user/{name}"))
        .or_else(|_| Principal::parse(&format!("arn:{partition}:iam::123456789012:user/witness")))
        .ok()
}
