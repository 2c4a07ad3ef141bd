//! The relation of two documents.

use std::collections::HashSet;
use std::sync::Arc;

use catalog::Catalog;
use policy::{
    Action, Context, Layer, LayerResult, Named, Policy, PolicySet, Principal, Request, SourceKind,
    evaluate_layer, implied,
};

use crate::boxes::Source;
use crate::budget::{Budget, Exhausted, Meter};
use crate::facts::Facts;
use crate::principals;
use crate::question::Question;
use crate::search::{Found, Universe};

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

/// Which requests count.
#[derive(Debug, Clone, Copy, Default)]
pub enum Requests<'c> {
    /// Any that can be written down.
    #[default]
    Any,
    /// Those that can happen: the action exists, the resource is of a type that it takes, the keys are such as it
    /// carries, and what follows from the principal fits the principal. Which those are, the catalog says.
    Realistic(&'c Catalog),
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

impl Comparison {
    /// From what each side allows beyond the other.
    pub(crate) fn of(
        there: Result<Option<Request>, Exhausted>,
        back: Result<Option<Request>, Exhausted>,
    ) -> Self {
        let relation = match (&there, &back) {
            (Ok(None), Ok(None)) => Relation::Equivalent,
            (Ok(Some(_)), Ok(None)) => Relation::MorePermissive,
            (Ok(None), Ok(Some(_))) => Relation::LessPermissive,
            (Ok(Some(_)), Ok(Some(_))) => Relation::Incomparable,
            _ => Relation::Unknown,
        };
        let exhausted = there.as_ref().err().or(back.as_ref().err()).copied();
        Self {
            relation,
            witness_a_minus_b: there.ok().flatten(),
            witness_b_minus_a: back.ok().flatten(),
            exhausted,
        }
    }
}

/// Compares two documents by the requests that each allows: an allow applies, and no deny of the same document.
///
/// Documents that say whom they speak to are compared as resource policies, others as identity policies. Condition
/// keys hold what their operators read: a key of `Numeric…` holds a number, one of `Arn…` an ARN, and lists are
/// considered where a set operator asks about the key. Every witness was replayed through
/// [`policy::evaluate_layer`].
#[must_use]
pub fn compare(a: &Arc<Policy>, b: &Arc<Policy>, budget: Budget) -> Comparison {
    compare_over(a, b, Requests::Any, budget)
}

/// The same over some requests.
#[must_use]
pub fn compare_over(a: &Arc<Policy>, b: &Arc<Policy>, requests: Requests<'_>, budget: Budget) -> Comparison {
    let addressed = is_addressed(a) || is_addressed(b);
    let relate = |a, b| minus_over(a, b, addressed, requests, budget);
    Comparison::of(relate(a, b), relate(b, a))
}

/// Whether a document says whom it speaks to.
#[must_use]
pub fn is_addressed(policy: &Policy) -> bool {
    policy.statements().iter().any(|statement| statement.principals().is_some())
}

/// A request that `a` allows and `b` does not; `None` proves that there is none.
pub fn minus(
    a: &Arc<Policy>,
    b: &Arc<Policy>,
    addressed: bool,
    budget: Budget,
) -> Result<Option<Request>, Exhausted> {
    minus_over(a, b, addressed, Requests::Any, budget)
}

/// The same over some requests.
pub fn minus_over(
    a: &Arc<Policy>,
    b: &Arc<Policy>,
    addressed: bool,
    requests: Requests<'_>,
    budget: Budget,
) -> Result<Option<Request>, Exhausted> {
    let mut meter = Meter::new(budget);
    statement_minus(a, b, None, addressed, requests, &mut meter)
}

/// A request that one statement of `a` allows, within `a`, and `b` does not; any statement for `None`.
pub(crate) fn statement_minus(
    a: &Arc<Policy>,
    b: &Arc<Policy>,
    only: Option<usize>,
    addressed: bool,
    requests: Requests<'_>,
    meter: &mut Meter,
) -> Result<Option<Request>, Exhausted> {
    if only.is_none() && a.version() == b.version() && is_written_alike(a, b) {
        return Ok(None);
    }
    let layer = layer(addressed);
    let (ours, theirs): (Vec<_>, Vec<_>) = (Source::of(a, layer).collect(), Source::of(b, layer).collect());
    let replay = |found: &Found, known: &Context| {
        let request = spell(found, known)?;
        (allows(a, &request, addressed) && !allows(b, &request, addressed)).then_some(request)
    };
    let Requests::Realistic(catalog) = requests else {
        let (universe, is_complete) = whatever_can_be_written([&ours, &theirs], addressed);
        let question = Question { is_complete, only, ..Question::between(ours, theirs, universe) };
        return question.solve(&replay, meter);
    };
    let (askers, are_all) = principals::realistic(&[&ours, &theirs], addressed, meter)?;
    let mut undecided = if are_all { None } else { Some(Exhausted::Method) };
    for asker in askers {
        let question =
            Question { only, ..asker_question(catalog, ours.clone(), theirs.clone(), &asker, addressed) };
        match question.solve(&replay, meter) {
            Ok(Some(request)) => return Ok(Some(request)),
            Ok(None) => {}
            Err(exhausted) => undecided = Some(exhausted),
        }
    }
    undecided.map_or(Ok(None), Err)
}

/// All requests that can be written down, and whether the principals among them stand for everybody.
pub(crate) fn whatever_can_be_written<'c>(
    sources: [&[Source<'_>]; 2],
    addressed: bool,
) -> (Universe<'c>, bool) {
    if !addressed {
        return (Universe::default(), true);
    }
    let (principals, is_complete) = principals::told_apart(sources);
    (Universe { principals: Some(principals), ..Universe::default() }, is_complete)
}

/// Whether two documents have the same statements at the same places.
fn is_written_alike(a: &Policy, b: &Policy) -> bool {
    let (a, b) = (a.statements(), b.statements());
    let alike = |(a, b): (&policy::Statement, &policy::Statement)| {
        a.span() == b.span() && format!("{a:?}") == format!("{b:?}")
    };
    a.len() == b.len() && a.iter().zip(b).all(alike)
}

/// A question about what one principal can really ask for.
fn asker_question<'p>(
    catalog: &'p Catalog,
    ours: Vec<Source<'p>>,
    theirs: Vec<Source<'p>>,
    asker: &Principal,
    addressed: bool,
) -> Question<'p> {
    let sources: Vec<Source<'p>> = ours.iter().chain(&theirs).copied().collect();
    let owner = asker.owner();
    let account = owner.as_ref().map_or("123456789012", |owner| owner.account.as_str());
    let partition = owner.as_ref().map_or("aws", |owner| owner.partition.as_str());
    let universe = Universe {
        principals: addressed.then(|| vec![asker.clone()]),
        bounded: false,
        signed: !addressed,
        facts: Some(Facts::of(catalog, &sources, account, partition)),
    };
    let mut known = Context::new();
    implied::add_principal(&mut known, asker);
    let absent = absent_keys(&known);
    Question { known, absent, ..Question::between(ours, theirs, universe) }
}

/// The keys that follow from the principal and that it does not have.
pub(crate) fn absent_keys(known: &Context) -> HashSet<String> {
    let dependent = DEPENDENT.iter().filter(|key| known.get(key).is_none());
    dependent.map(|key| (*key).to_owned()).collect()
}

/// What follows from the principal (AWS: "AWS global condition context keys"), folded. `aws:userid` follows only
/// where the unique id is known.
pub(crate) const DEPENDENT: [&str; 6] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principaltype",
    "aws:username",
];

pub(crate) fn layer(addressed: bool) -> Layer {
    if addressed { Layer::Resource } else { Layer::Identity }
}

/// The request that was found.
pub(crate) fn spell(found: &Found, known: &Context) -> Option<Request> {
    let action = Action::parse(&spelled(&found.action)).ok()?;
    let mut context = known.clone();
    for (key, values) in &found.keys {
        context.set(key, values.clone());
    }
    let principal = found.principal.clone().or_else(|| principal(&found.resource, &context))?;
    let owner = principal.owner();
    let mut request = Request::new(principal, action, &found.resource).with_context(context);
    request.resource_account = owner.map(|owner| owner.account);
    Some(request)
}

/// Whether a document by itself allows a request: some statement does and none denies.
#[must_use]
pub fn allows(policy: &Arc<Policy>, request: &Request, addressed: bool) -> bool {
    let policy = Arc::clone(policy);
    let set = if addressed {
        PolicySet::new().with_resource(Named::new(SourceKind::Resource, "", policy))
    } else {
        PolicySet::new().with_identity(vec![Named::new(SourceKind::Input, "", policy)])
    };
    evaluate_layer(&set, layer(addressed), request) == LayerResult::Allow
}

/// The action as the catalog writes it, where it knows it.
pub(crate) fn spelled(action: &str) -> String {
    let known = action.split_once(':').and_then(|(service, name)| {
        let service = catalog::service(service)?;
        Some(format!("{}:{}", service.prefix(), service.action(name)?.name()))
    });
    known.unwrap_or_else(|| action.to_owned())
}

/// A user that agrees with what the keys say of the principal, as far as one can.
fn principal(resource: &str, context: &Context) -> Option<Principal> {
    let value =
        |key: &str| context.get(key).and_then(|values| values.as_slice().first()).map(|text| text.as_str());
    if let Some(principal) = value("aws:PrincipalArn").and_then(|arn| Principal::parse(arn).ok())
        && matches!(principal, Principal::User(_) | Principal::AssumedRole(_))
    {
        return Some(principal);
    }
    let partition = resource.split(':').nth(1).filter(|name| ["aws-cn", "aws-us-gov"].contains(name));
    let partition = partition.unwrap_or("aws");
    let account = value("aws:PrincipalAccount").unwrap_or("123456789012");
    let name = value("aws:username").unwrap_or("witness");
    Principal::parse(&format!("arn:{partition}:iam::{account}:user/{name}"))
        .or_else(|_| Principal::parse(&format!("arn:{partition}:iam::123456789012:user/witness")))
        .ok()
}
