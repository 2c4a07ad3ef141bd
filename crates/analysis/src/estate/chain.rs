//! Chains of requests, solved as one: what a call that assumes a role settles of the new session, the requests of that
//! session have, and no other.
//!
//! A session has the name, the tags and the source identity that the call gave it, hands on the tags that were made
//! transitive, keeps a source identity for good, and has no MFA. So a tag that a later step asks for has to be one that
//! an earlier step may pass. What a request brings of its own (an external id, an address) is asked of it alone.

mod settings;

use std::collections::{BTreeMap, HashMap};

use policy::{Request, evaluate};

use super::rights::{Asked, Own};
use super::{ASSUME_ROLE, Answer, Estate, trusts};
use crate::budget::Meter;
use crate::stack::Asker;
use settings::{Settings, Spoken};

/// A request of a chain.
#[derive(Debug, Clone, Copy)]
pub(super) enum Link<'l> {
    /// The role, by place in the estate, is assumed.
    Assume(usize),
    /// Something is done: an action on a resource, to which service a role is passed with it, the resource's own policy.
    Act { action: &'l str, resource: &'l str, service: Option<&'l str>, own: Option<&'l Own> },
    /// By what was done, one acts as somebody else, in a session of which nobody on the way settles anything.
    Become(usize),
}

/// What became of a chain.
#[derive(Debug, Clone)]
pub(super) enum Solved {
    /// For each link the request that does it.
    Together(Vec<Option<Request>>),
    /// No requests go together, whatever they are.
    Never,
    /// None were found that go together.
    Open,
}

/// Who asks.
#[derive(Debug, Clone)]
struct Actor {
    member: usize,
    /// The session, where the chain made it.
    session: Option<Session>,
}

/// What is settled of a session.
#[derive(Debug, Clone, Default)]
struct Session {
    name: String,
    /// By folded key: the key, what it holds, and whether it goes on.
    tags: BTreeMap<String, (String, String, bool)>,
    source_identity: Option<String>,
}

/// What solves the chains of an estate. What it was asked once it knows.
pub(super) struct Solver<'e> {
    estate: &'e Estate,
    known: HashMap<(usize, String), Answer>,
    /// So many requests may still be asked for.
    left: usize,
    /// Whether all that there is was tried.
    is_complete: bool,
}

impl<'e> Solver<'e> {
    pub(super) fn new(estate: &'e Estate) -> Self {
        Self { estate, known: HashMap::new(), left: 0, is_complete: true }
    }

    /// The requests of a chain that starts with a member as it is.
    pub(super) fn solve(&mut self, start: usize, links: &[Link<'_>]) -> Solved {
        (self.left, self.is_complete) = (MOST_ASKED, true);
        match self.go_on(&Actor { member: start, session: None }, links) {
            Some(requests) => Solved::Together(requests),
            None if self.is_complete => Solved::Never,
            None => Solved::Open,
        }
    }

    fn go_on(&mut self, actor: &Actor, links: &[Link<'_>]) -> Option<Vec<Option<Request>>> {
        let Some((link, rest)) = links.split_first() else { return Some(Vec::new()) };
        match *link {
            Link::Become(member) => {
                let is_role = self.estate.members.get(member)?.is_role();
                let session = is_role.then(|| Session { name: ANY_NAME.to_owned(), ..Session::default() });
                prepend(None, self.go_on(&Actor { member, session }, rest)?)
            }
            Link::Act { action, resource, service, own } => {
                let asker = self.asker(actor, resource)?;
                let is_free = actor.session.is_none();
                let asked = Asked { action, resource, service, is_free };
                let request = self.ask(actor.member, &asker, asked, own)?;
                prepend(Some(request), self.go_on(actor, rest)?)
            }
            Link::Assume(role) => self.assume(actor, role, rest),
        }
    }

    /// Assumes a role in such a way that the rest goes on; the plainest way first.
    fn assume(&mut self, actor: &Actor, role: usize, rest: &[Link<'_>]) -> Option<Vec<Option<Request>>> {
        let plain = Settings::default();
        if let Some(found) = self.assume_with(actor, role, &plain, rest) {
            return Some(found);
        }
        let asker = self.asker(actor, self.estate.members.get(role)?.arn.as_str())?;
        let spoken = Spoken::of(self.estate, actor.member, role, rest);
        let mut meter = Meter::new(self.estate.budget);
        let inherited = actor.session.as_ref().and_then(|session| session.source_identity.as_deref());
        let (all, are_all) = spoken.settings(&asker.known(), inherited, &mut meter);
        self.is_complete &= are_all;
        all.iter().find_map(|settings| self.assume_with(actor, role, settings, rest))
    }

    fn assume_with(
        &mut self,
        actor: &Actor,
        role: usize,
        settings: &Settings,
        rest: &[Link<'_>],
    ) -> Option<Vec<Option<Request>>> {
        let whom = self.estate.members.get(role)?;
        let trust = self.estate.rights.trust(role)?;
        let mut session = actor.session.as_ref().map_or_else(Session::default, Session::handed_on);
        // What goes on cannot be set anew.
        if settings.tags.iter().any(|tag| session.tags.contains_key(&tag.key.to_ascii_lowercase())) {
            return None;
        }
        if let Some(source) = &settings.source_identity {
            if session.source_identity.as_ref().is_some_and(|set| set != source) {
                return None;
            }
            session.source_identity = Some(source.clone());
        }
        for tag in &settings.tags {
            let held = (tag.key.clone(), tag.value.clone(), tag.is_transitive);
            session.tags.insert(tag.key.to_ascii_lowercase(), held);
        }
        let arn = whom.arn.as_str();
        let request = self.askers(actor, arn).into_iter().find_map(|mut asker| {
            settings.put(&mut asker, session.source_identity.as_deref());
            let mut more: Vec<&str> = Vec::new();
            more.extend((!settings.tags.is_empty()).then_some("sts:TagSession"));
            more.extend(session.source_identity.is_some().then_some("sts:SetSourceIdentity"));
            let asked =
                Asked { action: ASSUME_ROLE, resource: arn, service: None, is_free: actor.session.is_none() };
            self.ask_all((actor.member, &asker), asked, &more, trust)
        })?;
        let named = request.context.get(SESSION_NAME).and_then(|values| values.as_slice().first());
        session.name = named.map_or_else(|| ANY_NAME.to_owned(), ToString::to_string);
        let next = Actor { member: role, session: Some(session) };
        prepend(Some(request), self.go_on(&next, rest)?)
    }

    /// The request that assumes a role, in circumstances in which what comes along is allowed as well.
    fn ask_all(
        &mut self,
        (member, asker): (usize, &Asker),
        asked: Asked<'_>,
        more: &[&str],
        trust: &Own,
    ) -> Option<Request> {
        let found = self.ask(member, asker, asked, Some(trust))?;
        let set = self.estate.members.get(member)?.policies.clone().with_resource(trust.named().clone());
        let as_action = |request: &Request, action: &str| {
            let mut other = request.clone();
            other.action = policy::Action::parse(action).ok()?;
            Some(other)
        };
        let allows = |request: &Request, action: &str| {
            as_action(request, action).is_some_and(|request| evaluate(&set, &request).is_allowed())
        };
        if more.iter().all(|action| allows(&found, action)) {
            return Some(found);
        }
        // What allows the one may be too little for the other: begin with that.
        for action in more {
            let other = self.ask(member, asker, Asked { action, ..asked }, Some(trust))?;
            if allows(&other, ASSUME_ROLE) && more.iter().all(|action| allows(&other, action)) {
                return as_action(&other, ASSUME_ROLE);
            }
        }
        self.is_complete = false;
        None
    }

    fn ask(&mut self, member: usize, asker: &Asker, asked: Asked<'_>, own: Option<&Own>) -> Option<Request> {
        let Some(left) = self.left.checked_sub(1) else {
            self.is_complete = false;
            return None;
        };
        self.left = left;
        let Asked { action, resource, service, is_free } = asked;
        let (principal, context, lacks) = (&asker.principal, &asker.context, &asker.lacks);
        let has_own = own.is_some();
        let key = format!(
            "{action} {resource} {service:?} {principal:?} {context:?} {lacks:?} {has_own} {is_free}"
        );
        let estate = self.estate;
        let answer = self
            .known
            .entry((member, key))
            .or_insert_with(|| estate.rights.ask_as(member, asker, asked, own, estate.budget));
        answer.clone().unwrap_or_else(|_| {
            self.is_complete = false;
            None
        })
    }

    /// As an actor asks for a resource.
    fn asker(&self, actor: &Actor, resource: &str) -> Option<Asker> {
        let who = self.estate.members.get(actor.member)?;
        let mut asker = who.asker(resource);
        let Some(session) = &actor.session else { return Some(asker) };
        asker.principal = who.in_session(&session.name).unwrap_or(asker.principal);
        for (key, value, _) in session.tags.values() {
            asker.context.set(&format!("aws:PrincipalTag/{key}"), value.as_str());
        }
        if let Some(source) = &session.source_identity {
            asker.context.set("aws:SourceIdentity", source.as_str());
        }
        asker.lacks.extend(["aws:principaltag/", "aws:sourceidentity"].map(str::to_owned));
        asker.lacks.extend(super::OF_FEDERATION.map(str::to_owned));
        Some(asker)
    }

    /// The same, where nobody has named the session under each name that the resource's own policy speaks of as well.
    fn askers(&self, actor: &Actor, role: &str) -> Vec<Asker> {
        let mut askers: Vec<Asker> = self.asker(actor, role).into_iter().collect();
        let (members, at) = (&self.estate.members, actor.member);
        let whom = members.iter().find(|member| member.arn.as_str() == role);
        if let (None, Some(who), Some(whom)) = (&actor.session, members.get(at), whom)
            && who.is_role()
        {
            for principal in trusts::sessions(whom, who).filter_map(|name| who.in_session(name)) {
                askers.extend(self.asker(actor, role).map(|asker| Asker { principal, ..asker }));
            }
        }
        askers
    }
}

impl Session {
    /// What a session hands on to those that it makes.
    fn handed_on(&self) -> Self {
        let tags = self.tags.iter().filter(|(_, (_, _, goes_on))| *goes_on);
        Self {
            name: String::new(),
            tags: tags.map(|(key, held)| (key.clone(), held.clone())).collect(),
            source_identity: self.source_identity.clone(),
        }
    }
}

fn prepend(first: Option<Request>, rest: Vec<Option<Request>>) -> Option<Vec<Option<Request>>> {
    Some(std::iter::once(first).chain(rest).collect())
}

/// So many requests are asked for, for one chain.
const MOST_ASKED: usize = 400;

/// A session's name where nothing is said of it.
const ANY_NAME: &str = "session";

const SESSION_NAME: &str = "sts:RoleSessionName";
