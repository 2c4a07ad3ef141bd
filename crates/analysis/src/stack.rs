//! Stacks of permissions: every layer of policies that bears on a principal's request, compared as a whole.

use std::sync::Arc;

use policy::{
    Action, Bundle, Context, Effect, Layer, Named, Polarity, Policy, PolicySet, Principal, Reach, Request,
    evaluate, implied,
};
use types::AccountId;

use crate::boxes::{self, Source};
use crate::budget::{Budget, Exhausted, Meter};
use crate::compare::{Comparison, Requests, absent_keys, spelled};
use crate::facts::Facts;
use crate::question::{Case, Formula, Question, Side};
use crate::rules;
use crate::search::{Found, Universe};

/// Who asks, and what is known of its requests.
#[derive(Debug, Clone)]
pub struct Asker {
    /// The principal.
    pub principal: Principal,
    /// The account that owns the resources; the principal's own for `None`.
    pub resource_account: Option<AccountId>,
    /// The management account of the organization, where there is one.
    pub management_account: Option<AccountId>,
    /// Condition keys that every request has, such as the principal's tags. What follows from the principal is added.
    pub context: Context,
    /// What the names of keys begin with, in lower case, that no request has unless it is in the context.
    pub lacks: Vec<String>,
}

impl Asker {
    /// A principal, asking for resources of its own account.
    #[must_use]
    pub fn new(principal: Principal) -> Self {
        Self {
            principal,
            resource_account: None,
            management_account: None,
            context: Context::new(),
            lacks: Vec::new(),
        }
    }

    /// The same with resources of this account.
    #[must_use]
    pub fn of_resources_in(mut self, account: AccountId) -> Self {
        self.resource_account = Some(account);
        self
    }

    pub(crate) fn known(&self) -> Context {
        let mut known = self.context.clone();
        implied::add_principal(&mut known, &self.principal);
        known
    }

    fn owner(&self) -> Option<AccountId> {
        self.resource_account.or_else(|| Some(self.principal.owner()?.account))
    }

    /// A request of its own.
    #[must_use]
    pub fn request(&self, action: policy::Action, resource: &str) -> Request {
        let mut request = Request::new(self.principal.clone(), action, resource).with_context(self.known());
        request.resource_account = self.owner();
        request.management_account = self.management_account;
        request
    }
}

/// Compares what two stacks of policies let the same principal do: identity policies within boundary, session and
/// control policies, together with the resource's own policy where there is one.
///
/// A layer that is missing is not an empty one. Every witness was replayed through [`policy::evaluate`].
#[must_use]
pub fn compare_stacks(
    a: &PolicySet,
    b: &PolicySet,
    asker: &Asker,
    requests: Requests<'_>,
    budget: Budget,
) -> Comparison {
    let relate = |a, b| stack_minus(a, b, asker, None, requests, budget);
    Comparison::of(relate(a, b), relate(b, a))
}

/// A request that one stack allows the principal and another does not; `None` proves that there is none. A `scope`
/// limits the question to requests that one of its statements allows.
pub fn stack_minus(
    a: &PolicySet,
    b: &PolicySet,
    asker: &Asker,
    scope: Option<&Policy>,
    requests: Requests<'_>,
    budget: Budget,
) -> Result<Option<Request>, Exhausted> {
    // Most of a large stack says nothing about a single action.
    let asked = scope.and_then(listed_actions);
    let asked = asked.as_deref();
    let (ours, theirs) = (Stack::of(a, asker, asked), Stack::of(b, asker, asked));
    let mut question = Question {
        cases: cases(&ours, &theirs, asker, scope),
        known: asker.known(),
        ..Question::between(Vec::new(), Vec::new(), Universe::default())
    };
    question.absent = absent_keys(&question.known);
    if !asker.lacks.is_empty() {
        let sources = ours.side.layers.iter().chain(&theirs.side.layers).flatten();
        let named = sources.flat_map(|source| {
            let keys = source.statement.conditions().iter().map(|clause| clause.key().folded().to_owned());
            keys.chain(boxes::variables(source)).collect::<Vec<_>>()
        });
        let lacks = |key: &String| asker.lacks.iter().any(|prefix| key.starts_with(prefix));
        let missing = |key: &String| lacks(key) && question.known.get(key).is_none();
        question.absent.extend(named.filter(missing).collect::<Vec<_>>());
    }
    if let Requests::Realistic(catalog) = requests {
        let all = ours.side.layers.iter().chain(&theirs.side.layers).flatten();
        let scoped = question.cases.iter().flat_map(|case| &case.parts);
        let sources: Vec<Source<'_>> = all.chain(scoped).copied().collect();
        let owner = asker.principal.owner();
        let account = asker.owner().map_or_else(|| "123456789012".to_owned(), |id| id.as_str().to_owned());
        let partition = owner.as_ref().map_or("aws", |owner| owner.partition.as_str());
        question.universe.facts = Some(Facts::of(catalog, &sources, &account, partition));
    }
    question.universe.signed = asker.principal.owner().is_some();
    (question.a, question.b) = (ours.side, theirs.side);
    let replay = |found: &Found, known: &Context| {
        let mut request =
            asker.request(policy::Action::parse(&spelled(&found.action)).ok()?, &found.resource);
        for (key, values) in known.iter() {
            request.context.set(key.as_str(), values.clone());
        }
        for (key, values) in &found.keys {
            request.context.set(key, values.clone());
        }
        (evaluate(a, &request).is_allowed() && !evaluate(b, &request).is_allowed()).then_some(request)
    };
    question.solve(&replay, &mut Meter::new(budget))
}

/// A request within `scope` that a stack allows the principal; `None` proves that it allows none.
pub fn grants(
    set: &PolicySet,
    asker: &Asker,
    scope: Option<&Policy>,
    requests: Requests<'_>,
    budget: Budget,
) -> Result<Option<Request>, Exhausted> {
    // Nothing is allowed where an identity policy is asked for and says nothing.
    let nothing = PolicySet::new();
    if matches!(asker.principal, Principal::Root(_)) {
        let denied = PolicySet::new().with_session(Vec::new());
        return stack_minus(set, &denied, asker, scope, requests, budget);
    }
    stack_minus(set, &nothing, asker, scope, requests, budget)
}

/// A set of policies as a side, with its layers by what they are.
struct Stack<'p> {
    side: Side<'p>,
    kind: Kind,
    cross_account: bool,
    /// Layers that always have to allow, resource control apart.
    always: Vec<usize>,
    resource_control: Vec<usize>,
    /// The resource's allows by how they reach the principal.
    resource: Option<[usize; 3]>,
    identity: Option<usize>,
    /// Boundary and session.
    limits: Vec<usize>,
    has_session: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Outsider,
    Root,
    Entity,
    FederatedUser,
}

impl<'p> Stack<'p> {
    fn of(set: &'p PolicySet, asker: &Asker, asked: Option<&[Action]>) -> Self {
        let principal = &asker.principal;
        let kind = match principal {
            Principal::Root(_) => Kind::Root,
            Principal::User(_) | Principal::AssumedRole(_) => Kind::Entity,
            Principal::FederatedUser(_) => Kind::FederatedUser,
            Principal::Federated(_) | Principal::Service(_) | Principal::Anonymous => Kind::Outsider,
        };
        let is_entity = matches!(kind, Kind::Entity | Kind::FederatedUser);
        let own = principal.owner().map(|owner| owner.account);
        let is_managed = |account| asker.management_account.is_some() && asker.management_account == account;
        let linked = principal.is_service_linked_role();
        let mut stack = Self {
            side: Side::default(),
            kind,
            cross_account: own.is_some() && own != asker.owner(),
            always: Vec::new(),
            resource_control: Vec::new(),
            resource: None,
            identity: None,
            limits: Vec::new(),
            has_session: set.session.is_some(),
        };
        let bounded = set.boundary.is_some() && is_entity;
        let read = |bundle: &'p Arc<Bundle>, layer| {
            read(bundle.policies(), layer, principal, bounded)
                .filter(|(source, _)| is_about(source.statement, asked))
        };
        if !linked && !is_managed(asker.owner()) {
            for level in set.resource_control.iter().flat_map(|levels| levels.iter()) {
                let at = stack.add(read(level, Layer::ResourceControl).map(|(source, _)| source).collect());
                stack.resource_control.push(at);
            }
        }
        if own.is_some() && !linked && !is_managed(own) {
            for level in set.service_control.iter().flat_map(|levels| levels.iter()) {
                let at = stack.add(read(level, Layer::ServiceControl).map(|(source, _)| source).collect());
                stack.always.push(at);
            }
        }
        if let Some(bundle) = &set.endpoint {
            let at = stack.add(read(bundle, Layer::Endpoint).map(|(source, _)| source).collect());
            stack.always.push(at);
        }
        if let Some(bundle) = &set.resource {
            let of = |wanted: Reach| -> Vec<Source<'p>> {
                // What denies does so however it reaches the principal: it stands with the first.
                let is_in = |(source, reach): &(Source<'p>, Reach)| {
                    if source.statement.effect() == Effect::Allow {
                        *reach == wanted
                    } else {
                        wanted == Reach::Direct
                    }
                };
                read(bundle, Layer::Resource).filter(is_in).map(|(source, _)| source).collect()
            };
            let layers = [Reach::Direct, Reach::Entity, Reach::Account].map(of);
            stack.resource = Some(layers.map(|layer| stack.add(layer)));
        }
        if is_entity {
            if let Some(bundle) = &set.identity {
                stack.identity =
                    Some(stack.add(read(bundle, Layer::Identity).map(|(source, _)| source).collect()));
            }
            if let Some(bundle) = &set.boundary {
                let at = stack.add(read(bundle, Layer::Boundary).map(|(source, _)| source).collect());
                stack.limits.push(at);
            }
        }
        if let Some(bundle) = set.session.as_ref().filter(|_| kind != Kind::Outsider) {
            let at = stack.add(read(bundle, Layer::Session).map(|(source, _)| source).collect());
            stack.limits.push(at);
        }
        let refused = rules::of_session_token(principal, stack.has_session);
        if !refused.is_empty() {
            stack.add(refused);
        }
        stack
    }

    fn add(&mut self, layer: Vec<Source<'p>>) -> usize {
        self.side.layers.push(layer);
        self.side.layers.len() - 1
    }

    /// How the layers decide: as [`policy::evaluate`] combines them.
    fn formula(&self, needs_trust: bool, is_bound: bool) -> Formula {
        let mut always = self.always.clone();
        if is_bound {
            always.extend(&self.resource_control);
        }
        let mut ways: Vec<Vec<usize>> = Vec::new();
        let mut way = |more: &[usize]| ways.push(always.iter().chain(more).copied().collect());
        // GetFederationToken without a policy gives nothing.
        let own: Option<Vec<usize>> = match self.kind {
            Kind::Outsider => None,
            Kind::Root => Some(self.limits.clone()),
            Kind::FederatedUser if !self.has_session => None,
            Kind::Entity | Kind::FederatedUser => {
                self.identity.map(|identity| [identity].iter().chain(&self.limits).copied().collect())
            }
        };
        match (self.kind, self.cross_account, self.resource) {
            (Kind::Outsider, _, Some(reaches)) => reaches.iter().for_each(|reach| way(&[*reach])),
            (Kind::Outsider, _, None) | (_, true, None) => {}
            (_, true, Some(reaches)) => {
                if let Some(own) = &own {
                    for reach in reaches {
                        way(&[&[reach], own.as_slice()].concat());
                    }
                }
            }
            (_, false, resource) => {
                if let Some([direct, entity, account]) = resource {
                    way(&[direct]);
                    way(&[&[entity], self.limits.as_slice()].concat());
                    for own in own.iter().filter(|_| needs_trust) {
                        way(&[&[account], own.as_slice()].concat());
                    }
                }
                for own in own.iter().filter(|_| !needs_trust) {
                    way(own);
                }
            }
        }
        let unbound = |at: &usize| is_bound || !self.resource_control.contains(at);
        Formula { ways, denies: (0..self.side.layers.len()).filter(unbound).collect() }
    }
}

/// The actions that a scope is about, where it lists them without wildcards.
fn listed_actions(scope: &Policy) -> Option<Vec<Action>> {
    let mut actions = Vec::new();
    for element in scope.statements().iter().map(policy::Statement::actions) {
        for pattern in element.patterns() {
            let is_plain = element.polarity() == Polarity::Listed && !pattern.as_str().contains(['*', '?']);
            actions.push(Action::parse(pattern.as_str()).ok().filter(|_| is_plain)?);
        }
    }
    Some(actions)
}

/// Whether a statement speaks of one of the actions that are asked about.
fn is_about(statement: &policy::Statement, asked: Option<&[Action]>) -> bool {
    let element = statement.actions();
    let takes = |action: &Action| {
        element.patterns().iter().any(|pattern| pattern.matches(action))
            == (element.polarity() == Polarity::Listed)
    };
    asked.is_none_or(|asked| asked.iter().any(takes))
}

/// The statements of policies that speak to a principal, with how they reach it.
pub(crate) fn read<'p>(
    policies: &'p [Named],
    layer: Layer,
    principal: &Principal,
    bounded: bool,
) -> impl Iterator<Item = (Source<'p>, Reach)> {
    let sources = policies.iter().flat_map(move |named| Source::of(&named.policy, layer));
    sources.filter_map(move |source| {
        if !source.is_addressed() {
            return Some((source, Reach::Direct));
        }
        let reach = source.statement.principals()?.reach(principal, source.statement.effect(), bounded)?;
        Some((Source { speaks: true, ..source }, reach))
    })
}

/// The cases in which both sides have one formula each.
fn cases<'p>(
    ours: &Stack<'p>,
    theirs: &Stack<'p>,
    asker: &Asker,
    scope: Option<&'p Policy>,
) -> Vec<Case<'p>> {
    let guards = rules::guards(&asker.principal);
    let trusted: Vec<Source<'static>> = rules::trusted().collect();
    // Parts, blockers, and what holds there.
    let mut by_trust = vec![(Vec::new(), trusted.clone(), false)];
    by_trust.extend(trusted.into_iter().map(|scope| (vec![scope], Vec::new(), true)));
    let mut by_control = vec![(Vec::new(), Vec::new(), false)];
    if !ours.resource_control.is_empty() || !theirs.resource_control.is_empty() {
        let (bound, unbound) = rules::bound();
        let (bound, unbound): (Vec<_>, Vec<_>) = (bound.collect(), unbound.collect());
        by_control = vec![(bound.clone(), unbound.clone(), true), (Vec::new(), bound, false)];
        by_control.extend(unbound.into_iter().map(|scope| (vec![scope], Vec::new(), false)));
    }
    let scopes: Vec<Vec<Source<'p>>> = match scope {
        None => vec![Vec::new()],
        Some(scope) => Source::of(scope, Layer::Identity).map(|source| vec![source]).collect(),
    };
    let mut cases = Vec::new();
    for (trust, untrusted, needs_trust) in &by_trust {
        for (control, uncontrolled, is_bound) in &by_control {
            let a = ours.formula(*needs_trust, *is_bound);
            if a.ways.is_empty() {
                continue;
            }
            let b = theirs.formula(*needs_trust, *is_bound);
            for scope in &scopes {
                cases.push(Case {
                    parts: scope.iter().chain(trust).chain(control).copied().collect(),
                    blockers: guards.iter().chain(untrusted).chain(uncontrolled).copied().collect(),
                    a: a.clone(),
                    b: b.clone(),
                });
            }
        }
    }
    cases
}
