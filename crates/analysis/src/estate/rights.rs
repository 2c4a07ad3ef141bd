//! What members may do, each question to the cheapest that can answer it: what their policies name at all, the engine,
//! and the search where conditions leave it open.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use catalog::Catalog;
use policy::{
    Action, Bundle, Context, Effect, Keys, Layer, Named, Polarity, Policy, PolicySet, Principal, Question,
    Request, Resource, Snapshot, Statement,
};

use super::hopeful::{Caller, hopeful};
use super::likely::{spelled, stack_minus_likely};
use super::trusts::Trusts;
use super::{ASSUME_ROLE, Answer, Member, scope};
use crate::boxes::{self, Source};
use crate::budget::Budget;
use crate::compare::{Requests, absent_keys};
use crate::stack::{Asker, grants};

/// What is known of all members' rights, worked out as it is asked for.
#[derive(Debug, Default)]
pub(super) struct Rights {
    /// Users whose policies are the same share a class, and roles.
    classes: Vec<Class>,
    class_of: Vec<usize>,
    /// What follows from each member.
    known: Vec<Context>,
    /// The trust policies of roles.
    trusts: Vec<Option<Own>>,
    index: OnceCell<Trusts>,
    hopes: RefCell<Hopes>,
    /// The services that there are.
    pub(super) catalog: Catalog,
    /// What a search said.
    searched: RefCell<HashMap<(usize, String), Answer>>,
}

/// What policies allow at most, by where a policy is and who calls.
type Hopes = HashMap<(usize, Caller), Option<Arc<Policy>>>;

/// The policies of some members.
#[derive(Debug)]
struct Class {
    caller: Caller,
    set: PolicySet,
    exact: Arc<Snapshot>,
    hopeful: OnceCell<Option<(Arc<Snapshot>, PolicySet)>>,
    /// By action, whether every layer names it.
    names: RefCell<HashMap<String, bool>>,
    /// How the ARNs of roles begin that may be assumed.
    begins: OnceCell<Vec<String>>,
    /// The condition keys that they ask for, folded.
    keys: OnceCell<HashSet<String>>,
}

/// A resource's own policy.
#[derive(Debug)]
pub(super) struct Own {
    named: Named,
    exact: Arc<Bundle>,
    hopeful: RefCell<HashMap<Caller, Option<Arc<Bundle>>>>,
    /// The condition keys that it asks for, folded.
    keys: OnceCell<HashSet<String>>,
}

/// What is asked of a member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// As statements write it.
    pub(super) action: &'a str,
    /// As statements write it.
    pub(super) resource: &'a str,
    /// To which service a role is passed.
    pub(super) service: Option<&'a str>,
    /// Whether nothing is settled of the session of a role: it may bring other tags than the role has.
    pub(super) is_free: bool,
}

impl Own {
    pub(super) fn new(named: Named) -> Self {
        Self { exact: Bundle::of(named.clone()), named, hopeful: RefCell::default(), keys: OnceCell::new() }
    }

    pub(super) fn named(&self) -> &Named {
        &self.named
    }
}

impl Rights {
    /// Of these members; equal layers become one.
    pub(super) fn of(members: &mut [Member]) -> Self {
        let mut this = Self::default();
        let mut bundles: HashMap<Vec<(String, usize)>, Arc<Bundle>> = HashMap::new();
        let mut shared = |bundle: &mut Arc<Bundle>| {
            let key = bundle.policies().iter().map(|named| (named.name.to_string(), address(&named.policy)));
            *bundle = Arc::clone(bundles.entry(key.collect()).or_insert_with(|| Arc::clone(bundle)));
        };
        let mut classes: HashMap<(Caller, Vec<usize>), usize> = HashMap::new();
        for member in members {
            let set = &mut member.policies;
            let mut key = Vec::new();
            for layer in [&mut set.identity, &mut set.boundary, &mut set.session] {
                layer.iter_mut().for_each(&mut shared);
                key.push(layer.as_ref().map_or(0, address));
            }
            for levels in [&set.service_control, &set.resource_control] {
                key.push(0);
                key.extend(levels.iter().flat_map(|levels| levels.iter()).map(address));
            }
            let caller = Caller::of(&member.principal);
            let class = *classes.entry((caller, key)).or_insert_with(|| {
                this.classes.push(Class {
                    caller,
                    set: member.policies.clone(),
                    exact: Snapshot::new(member.policies.clone()),
                    hopeful: OnceCell::new(),
                    names: RefCell::default(),
                    begins: OnceCell::new(),
                    keys: OnceCell::new(),
                });
                this.classes.len() - 1
            });
            this.class_of.push(class);
            this.known.push(member.asker("*").known());
            this.trusts.push(member.trust.clone().map(Own::new));
        }
        this
    }

    /// The same with other services; what was found without them is forgotten.
    pub(super) fn knowing(self, catalog: Catalog) -> Self {
        Self { catalog, searched: RefCell::default(), ..self }
    }

    /// The trust policy of a role.
    pub(super) fn trust(&self, role: usize) -> Option<&Own> {
        self.trusts.get(role)?.as_ref()
    }

    pub(super) fn index(&self, members: &[Member]) -> &Trusts {
        self.index.get_or_init(|| Trusts::of(members, &|member| self.begins(member).to_vec()))
    }

    /// How the ARNs begin of the roles that a member's policies could let it assume.
    pub(super) fn begins(&self, member: usize) -> &[String] {
        let Some(class) = self.class(member) else { return &[] };
        class.begins.get_or_init(|| match Action::parse(ASSUME_ROLE) {
            Ok(action) if self.names(member, ASSUME_ROLE) => begins(&class.set, &action),
            _ => Vec::new(),
        })
    }

    /// Whether every layer of a member's policies names an action somewhere. What one does not name is not allowed.
    pub(super) fn names(&self, member: usize, action: &str) -> bool {
        let Some(class) = self.class(member) else { return false };
        if let Some(known) = class.names.borrow().get(action) {
            return *known;
        }
        let names = match Action::parse(action) {
            Ok(parsed) if !has_wildcards(action) => {
                layers(&class.set).all(|bundle| does_name(bundle, &parsed))
            }
            _ => true,
        };
        class.names.borrow_mut().insert(action.to_owned(), names);
        names
    }

    /// A request within what is asked that a member's policies allow, together with the resource's own, of which there
    /// is one: answers are kept.
    pub(super) fn ask(
        &self,
        (member, who): (usize, &Member),
        asked: Asked<'_>,
        own: Option<&Own>,
        budget: Budget,
    ) -> Answer {
        // Only a resource's own policy makes up for what is not named.
        if own.is_none() && !self.names(member, asked.action) {
            return Ok(None);
        }
        let asker = || who.asker(asked.resource);
        let known = self.known.get(member);
        let quick = known.and_then(|known| self.quick(member, &who.principal, known, asked, own));
        match quick {
            Some(Quick::Refused) => Ok(None),
            Some(Quick::Allowed) => Ok(self.bare(&asker(), asked)),
            None => {
                let key = (member, format!("{} {} {:?}", asked.action, asked.resource, asked.service));
                if let Some(answer) = self.searched.borrow().get(&key) {
                    return answer.clone();
                }
                let answer = self.search(member, &asker(), asked, own, budget);
                self.searched.borrow_mut().insert(key, answer.clone());
                answer
            }
        }
    }

    /// The same, and nothing is kept: of somebody that the member may be as well, its role in another session, or of a
    /// resource whose policy is given with the question.
    pub(super) fn ask_as(
        &self,
        member: usize,
        asker: &Asker,
        asked: Asked<'_>,
        own: Option<&Own>,
        budget: Budget,
    ) -> Answer {
        match self.quick(member, &asker.principal, &asker.known(), asked, own) {
            Some(Quick::Refused) => Ok(None),
            Some(Quick::Allowed) => Ok(self.bare(asker, asked)),
            // What is refused as it is, and has no further key to be told apart by, is refused.
            None if !asked.is_free && self.is_settled(member, asker, asked, own) => Ok(None),
            None => self.search(member, asker, asked, own, budget),
        }
    }

    /// Whether every key that the policies ask for is known of the asker's requests, so that the engine has decided.
    fn is_settled(&self, member: usize, asker: &Asker, asked: Asked<'_>, own: Option<&Own>) -> bool {
        let Some(class) = self.class(member) else { return false };
        if has_wildcards(asked.action) || has_wildcards(asked.resource) || asked.service.is_some() {
            return false;
        }
        let bundles = layers(&class.set).chain(class.set.resource_control.iter().flat_map(|all| all.iter()));
        let keys = class.keys.get_or_init(|| bundles.flat_map(|bundle| keys_of(bundle)).collect());
        let of_resource = own.map(|own| own.keys.get_or_init(|| keys_of(&own.exact).collect()));
        let known = asker.known();
        let absent = absent_keys(&known);
        let is_known = |key: &String| {
            known.get(key).is_some()
                || absent.contains(key)
                || asker.lacks.iter().any(|prefix| key.starts_with(prefix))
        };
        keys.iter().all(is_known) && of_resource.is_none_or(|keys| keys.iter().all(is_known))
    }

    fn class(&self, member: usize) -> Option<&Class> {
        self.classes.get(*self.class_of.get(member)?)
    }

    /// What the engine alone can say: that a request without further keys is allowed, or that none ever is.
    fn quick(
        &self,
        member: usize,
        principal: &Principal,
        known: &Context,
        asked: Asked<'_>,
        own: Option<&Own>,
    ) -> Option<Quick> {
        if has_wildcards(asked.action) || has_wildcards(asked.resource) {
            return None;
        }
        let class = self.class(member)?;
        let action = Action::parse(asked.action).ok()?;
        let mut with_service;
        let keys = match asked.service {
            None => known,
            Some(service) => {
                with_service = known.clone();
                with_service.set(PASSED_TO, service);
                &with_service
            }
        };
        let resource = Resource::new(asked.resource);
        let account = resource.account().or_else(|| Some(principal.owner()?.account));
        let question = Question {
            principal,
            action: &action,
            resource: &resource,
            resource_account: account,
            management_account: None,
            keys: Keys::Kept(keys),
        };
        let mut others =
            PolicySet { resource_control: class.set.resource_control.clone(), ..PolicySet::default() };
        others.resource = own.map(|own| Arc::clone(&own.exact));
        if class.exact.evaluate(&others, question).is_allowed() {
            return Some(Quick::Allowed);
        }
        let (snapshot, control) =
            class.hopeful.get_or_init(|| self.hopeful_set(&class.set, class.caller)).as_ref()?;
        let mut others = control.clone();
        if let Some(own) = own {
            let mut hopes = own.hopeful.borrow_mut();
            let hopes = hopes.entry(class.caller).or_insert_with(|| {
                let policy = hopeful(&own.named.policy, class.caller)?;
                Some(Bundle::of(Named { policy, ..own.named.clone() }))
            });
            others.resource = Some(hopes.clone()?);
        }
        (!snapshot.evaluate(&others, question).is_allowed()).then_some(Quick::Refused)
    }

    /// The layers at their most hopeful: those of the member's side, and those of the resource's.
    fn hopeful_set(&self, set: &PolicySet, caller: Caller) -> Option<(Arc<Snapshot>, PolicySet)> {
        let of = |bundle: &Arc<Bundle>| -> Option<Arc<Bundle>> {
            let policies = bundle.policies().iter().map(|named| {
                let mut hopes = self.hopes.borrow_mut();
                let key = (address(&named.policy), caller);
                let policy = hopes.entry(key).or_insert_with(|| hopeful(&named.policy, caller));
                Some(Named { policy: policy.clone()?, ..named.clone() })
            });
            Some(Bundle::new(policies.collect::<Option<_>>()?))
        };
        let layer =
            |bundle: &Option<Arc<Bundle>>| bundle.as_ref().map(&of).map_or(Some(None), |of| Some(Some(of?)));
        let levels = |levels: &Option<Arc<[Arc<Bundle>]>>| match levels {
            None => Some(None),
            Some(levels) => Some(Some(levels.iter().map(&of).collect::<Option<Arc<[_]>>>()?)),
        };
        let own = PolicySet {
            identity: layer(&set.identity)?,
            boundary: layer(&set.boundary)?,
            session: layer(&set.session)?,
            service_control: levels(&set.service_control)?,
            ..PolicySet::default()
        };
        let others = PolicySet { resource_control: levels(&set.resource_control)?, ..PolicySet::default() };
        Some((Snapshot::new(own), others))
    }

    fn search(
        &self,
        member: usize,
        asker: &Asker,
        asked: Asked<'_>,
        own: Option<&Own>,
        budget: Budget,
    ) -> Answer {
        let found = self.search_with(member, asker, asked, (&[], own), budget)?;
        let is_role = matches!(asker.principal, Principal::AssumedRole(_));
        if found.is_some() || !is_role || !asked.is_free {
            return Ok(found);
        }
        // A session's tags count for more than its role's: what the role has, it has in any case, be it another text.
        let tags = asker.context.iter().filter(|(key, _)| key.folded().starts_with("aws:principaltag/"));
        let tags: Vec<String> = tags.map(|(key, _)| key.as_str().to_owned()).collect();
        if tags.is_empty() {
            return Ok(None);
        }
        let mut free = asker.clone();
        for tag in &tags {
            free.context.remove(tag);
        }
        self.search_with(member, &free, asked, (&tags, own), budget)
    }

    fn search_with(
        &self,
        member: usize,
        asker: &Asker,
        asked: Asked<'_>,
        (present, own): (&[String], Option<&Own>),
        budget: Budget,
    ) -> Answer {
        let (actions, resources) = ([asked.action.to_owned()], [asked.resource.to_owned()]);
        let Some(scope) = scope(&actions, &resources, asked.service, present) else { return Ok(None) };
        let Some(class) = self.class(member) else { return Ok(None) };
        let mut set = class.set.clone();
        set.resource = own.map(|own| Arc::clone(&own.exact));
        if has_wildcards(asked.action) || has_wildcards(asked.resource) {
            let nothing = PolicySet::new();
            let found = stack_minus_likely(&set, &nothing, asker, Some(&scope), (&self.catalog, budget))?;
            return Ok(found.map(|request| as_asked(request, asked)));
        }
        let found = grants(&set, asker, Some(&scope), Requests::Any, budget)?;
        Ok(found.map(|request| as_asked(spelled(&self.catalog, request), asked)))
    }

    /// The request without further keys.
    fn bare(&self, asker: &Asker, asked: Asked<'_>) -> Option<Request> {
        let mut request = asker.request(Action::parse(asked.action).ok()?, asked.resource);
        if let Some(service) = asked.service {
            request.context.set(PASSED_TO, service);
        }
        Some(spelled(&self.catalog, request))
    }
}

/// What the engine says at once.
enum Quick {
    Allowed,
    Refused,
}

/// The request with its action as it was asked for, where no service says how it is written.
fn as_asked(mut request: Request, asked: Asked<'_>) -> Request {
    let found = request.action.as_str();
    if found.eq_ignore_ascii_case(asked.action)
        && found == request.action.folded()
        && let Ok(action) = Action::parse(asked.action)
    {
        request.action = action;
    }
    request
}

/// The layers that have to allow whatever a member asks for.
fn layers(set: &PolicySet) -> impl Iterator<Item = &Arc<Bundle>> {
    let own = [&set.identity, &set.boundary, &set.session].into_iter().flatten();
    own.chain(set.service_control.iter().flat_map(|levels| levels.iter()))
}

/// The condition keys that policies ask for, in conditions and by variables.
fn keys_of(bundle: &Bundle) -> impl Iterator<Item = String> {
    let sources = bundle.policies().iter().flat_map(|named| Source::of(&named.policy, Layer::Identity));
    sources.flat_map(|source| {
        let keys = source.statement.conditions().iter().map(|clause| clause.key().folded().to_owned());
        keys.chain(boxes::variables(&source)).collect::<Vec<_>>()
    })
}

fn does_name(bundle: &Arc<Bundle>, action: &Action) -> bool {
    let statements = bundle.policies().iter().flat_map(|named| named.policy.statements());
    statements
        .filter(|statement| statement.effect() == Effect::Allow)
        .any(|statement| takes(statement, action))
}

/// How the resources begin that identity policies allow an action on.
fn begins(set: &PolicySet, action: &Action) -> Vec<String> {
    let policies = set.identity.iter().flat_map(|bundle| bundle.policies());
    let mut found: Vec<String> = Vec::new();
    for statement in policies.flat_map(|named| named.policy.statements()) {
        if statement.effect() != Effect::Allow || !takes(statement, action) {
            continue;
        }
        match statement.resources() {
            Some(element) if element.polarity() == Polarity::Listed => {
                let texts = element.patterns().iter().map(|pattern| pattern.as_str());
                found.extend(
                    texts.map(|text| text.split(['*', '?', '$']).next().unwrap_or_default().to_owned()),
                );
            }
            _ => found.push(String::new()),
        }
    }
    found.sort_unstable();
    // What begins as another is in it.
    found.dedup_by(|next, before| next.starts_with(before.as_str()));
    found
}

fn takes(statement: &Statement, action: &Action) -> bool {
    let element = statement.actions();
    element.patterns().iter().any(|pattern| pattern.matches(action))
        == (element.polarity() == Polarity::Listed)
}

fn has_wildcards(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Where something shared stands, for as long as it is held.
fn address<T>(shared: &Arc<T>) -> usize {
    Arc::as_ptr(shared).addr()
}

const PASSED_TO: &str = "iam:PassedToService";
