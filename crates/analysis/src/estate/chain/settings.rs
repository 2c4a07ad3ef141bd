//! What a call that assumes a role may set of the new session, as far as policies on the way tell it apart.

use std::collections::{BTreeMap, HashSet};

use policy::condition::{Clause, Family};
use policy::{Bundle, Context, Policy, PolicySet, Values, Version};

use super::super::{Estate, trusts};
use super::{Link, SESSION_NAME};
use crate::boxes::{self, Source};
use crate::budget::Meter;
use crate::keys;
use crate::pattern::{Pattern, Token};
use crate::stack::Asker;
use crate::words;

/// What a call sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// The session's name; any for `None`.
    pub(super) name: Option<String>,
    /// The tags that are passed.
    pub(super) tags: Vec<PassedTag>,
    /// The source identity.
    pub(super) source_identity: Option<String>,
}

/// A tag that is passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PassedTag {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) is_transitive: bool,
}

impl Settings {
    /// Puts what is set into the request; what is not set it does not have. The source identity may be one that is set
    /// already.
    pub(super) fn put(&self, asker: &mut Asker, source_identity: Option<&str>) {
        let context = &mut asker.context;
        for tag in &self.tags {
            context.set(&format!("aws:RequestTag/{}", tag.key), tag.value.as_str());
        }
        if !self.tags.is_empty() {
            context.set_list("aws:TagKeys", self.tags.iter().map(|tag| tag.key.as_str()));
        }
        let mut transitive = self.tags.iter().filter(|tag| tag.is_transitive).peekable();
        if transitive.peek().is_some() {
            context.set_list("sts:TransitiveTagKeys", transitive.map(|tag| tag.key.as_str()));
        }
        if let Some(source) = source_identity {
            context.set("sts:SourceIdentity", source);
        }
        if let Some(name) = &self.name {
            context.set(SESSION_NAME, name.as_str());
        }
        let unset = ["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys", "sts:sourceidentity"];
        asker.lacks.extend(unset.map(str::to_owned));
    }

    fn weight(&self) -> usize {
        let transitive = self.tags.iter().filter(|tag| tag.is_transitive).count();
        self.tags.len()
            + transitive
            + usize::from(self.name.is_some())
            + usize::from(self.source_identity.is_some())
    }
}

/// What policies say of a session that is to be made: those that decide the call, and those of what comes after it.
#[derive(Default)]
pub(super) struct Spoken<'p> {
    now: Vec<Stated<'p>>,
    later: Vec<Stated<'p>>,
    /// The names of the session that later policies speak of.
    names: Vec<String>,
    /// Whether a further role is assumed after this one.
    goes_on: bool,
    /// What stands between the slashes and colons of the resources that are asked for later, and the tags of roles on
    /// the way: what a variable may have to come to.
    touched: Vec<String>,
    /// Whether something of it is told by keys that are not followed.
    is_beyond: bool,
}

/// What is said of a key: a clause, or, for a variable, nothing but its name.
struct Stated<'p> {
    key: String,
    clause: Option<(&'p Clause, Version)>,
}

impl<'p> Spoken<'p> {
    /// Of a role that a member assumes, before the rest of a chain.
    pub(super) fn of(estate: &'p Estate, caller: usize, role: usize, rest: &[Link<'p>]) -> Self {
        let mut this = Self::default();
        let members = &estate.members;
        if let (Some(who), Some(whom)) = (members.get(caller), members.get(role)) {
            policies(&who.policies).for_each(|policy| stated(policy, &mut this.now));
            whom.trust.iter().for_each(|trust| stated(&trust.policy, &mut this.now));
        }
        let mut actor = role;
        for link in rest {
            let Some(who) = members.get(actor) else { break };
            policies(&who.policies).for_each(|policy| stated(policy, &mut this.later));
            this.touched.extend(who.tags.iter().map(|(_, value)| value.clone()));
            match link {
                Link::Assume(next) => {
                    this.goes_on = true;
                    let Some(whom) = members.get(*next) else { break };
                    whom.trust.iter().for_each(|trust| stated(&trust.policy, &mut this.later));
                    if actor == role {
                        this.names.extend(trusts::sessions(whom, who).map(str::to_owned));
                    }
                    actor = *next;
                }
                Link::Act { resource, own, .. } => {
                    own.iter().for_each(|own| stated(&own.named().policy, &mut this.later));
                    let parts = resource.split(['/', ':']).filter(|part| !part.is_empty());
                    this.touched.extend(parts.map(str::to_owned));
                }
                // Nothing of the session goes on from there.
                Link::Become(_) => break,
            }
        }
        this.names.sort_unstable();
        this.names.dedup();
        this.is_beyond |= this.later.iter().any(|stated| stated.key == "aws:userid");
        this
    }

    /// Every way to set something that policies tell apart, the plainest first; the flag says whether these are all.
    /// `known` is what the caller's requests have, `inherited` a source identity that is set already.
    pub(super) fn settings(
        &self,
        known: &Context,
        inherited: Option<&str>,
        meter: &mut Meter,
    ) -> (Vec<Settings>, bool) {
        let mut are_all = !self.is_beyond;
        let mut all = vec![Settings::default()];
        let mut sources: Vec<Option<String>> = vec![None];
        if inherited.is_none() {
            let keys = ["sts:sourceidentity", "aws:sourceidentity"];
            sources.extend(self.texts(&keys, known, &mut are_all, meter).into_iter().map(Some));
        }
        let names = std::iter::once(None).chain(self.names.iter().cloned().map(Some));
        let mut next = Vec::new();
        for name in names {
            for source in &sources {
                next.extend(all.iter().map(|settings| Settings {
                    name: name.clone(),
                    source_identity: source.clone(),
                    ..settings.clone()
                }));
            }
        }
        all = next;
        let about_keys = ["aws:tagkeys", "sts:transitivetagkeys"];
        // Some tag may have to be passed, whichever it is, or one that goes on.
        let mut tags = self.tags();
        for key in self.texts(&about_keys, known, &mut are_all, meter) {
            tags.entry(key.to_ascii_lowercase()).or_insert(key);
        }
        let says = |key: &str| self.now.iter().any(|stated| stated.key == key);
        let goes_on = self.goes_on || says("sts:transitivetagkeys");
        for (folded, key) in tags {
            let (of_request, of_principal) =
                (format!("aws:requesttag/{folded}"), format!("aws:principaltag/{folded}"));
            let mut texts = self.texts(&[&of_request, &of_principal], known, &mut are_all, meter);
            if texts.is_empty() {
                texts.push("x".to_owned());
            }
            let mut next = all.clone();
            for settings in &all {
                for (value, is_transitive) in texts
                    .iter()
                    .flat_map(|text| [(text, false), (text, true)])
                    .filter(|(_, on)| goes_on || !on)
                {
                    let mut with = settings.clone();
                    with.tags.push(PassedTag { key: key.clone(), value: value.clone(), is_transitive });
                    next.push(with);
                }
            }
            if next.len() > MOST_SETTINGS {
                are_all = false;
                next.truncate(MOST_SETTINGS);
            }
            all = next;
        }
        all.retain(|settings| *settings != Settings::default());
        all.sort_by_key(Settings::weight);
        (all, are_all)
    }

    /// The tags that anything is said of: folded, and as they are written.
    fn tags(&self) -> BTreeMap<String, String> {
        let all = self.now.iter().chain(&self.later);
        let tag = |stated: &Stated<'_>| {
            let prefixes = ["aws:requesttag/", "aws:principaltag/"];
            let folded = prefixes.iter().find_map(|prefix| stated.key.strip_prefix(prefix))?;
            let written = stated.clause.and_then(|(clause, _)| clause.key().as_str().split_once('/'));
            Some((folded.to_owned(), written.map_or(folded, |(_, tag)| tag).to_owned()))
        };
        all.filter_map(tag).collect()
    }

    /// Texts that differ in how what is said of some keys takes them.
    fn texts(&self, keys: &[&str], known: &Context, are_all: &mut bool, meter: &mut Meter) -> Vec<String> {
        let all = self.now.iter().chain(&self.later);
        let about: Vec<&Stated<'_>> = all.filter(|stated| keys.contains(&stated.key.as_str())).collect();
        if about.is_empty() {
            return Vec::new();
        }
        let clauses: Vec<(usize, &Clause, Version)> = about
            .iter()
            .filter_map(|stated| stated.clause)
            .map(|(clause, version)| (0, clause, version))
            .collect();
        let is_text = |clause: &Clause| {
            matches!(clause.test().family(), Family::String | Family::Arn | Family::Bool | Family::Null)
        };
        // What variables stand for depends on more than the key.
        let is_open = |clause: &Clause, version| !boxes::clause_variables(clause, version).is_empty();
        *are_all &= clauses.iter().all(|(_, clause, version)| is_text(clause) && !is_open(clause, *version));
        let is_variable = about.iter().any(|stated| stated.clause.is_none());
        *are_all &= !is_variable;
        let universe: Pattern = Box::new([Token::One, Token::Many]);
        let groups = keys::patterns(&clauses, known);
        let groups: Vec<Vec<&Pattern>> = groups.iter().map(|group| group.iter().collect()).collect();
        let mut texts = words::classes(&groups, &universe, meter).unwrap_or_else(|_| {
            *are_all = false;
            Vec::new()
        });
        // What stands there as it is: of other families, and for people a value that somebody wrote.
        let plain = clauses.iter().flat_map(|(_, clause, _)| clause.values()).map(|value| value.as_str());
        texts.extend(plain.filter(|text| !text.contains(['*', '?', '$'])).map(str::to_owned));
        // A tag that one has may be handed on as it is.
        for (key, values) in known.iter().filter(|(key, _)| key.folded().starts_with("aws:principaltag/")) {
            if let Values::One(value) = values
                && keys.iter().any(|asked| asked.rsplit('/').next() == key.folded().rsplit('/').next())
            {
                texts.push(value.to_string());
            }
        }
        if is_variable {
            texts.extend(self.touched.iter().cloned());
        }
        let mut seen = HashSet::new();
        texts.retain(|text| seen.insert(text.clone()));
        if texts.len() > MOST_TEXTS {
            *are_all = false;
            texts.truncate(MOST_TEXTS);
        }
        texts
    }
}

/// Every policy on a principal's side.
fn policies(set: &PolicySet) -> impl Iterator<Item = &Policy> {
    let own = [&set.identity, &set.boundary, &set.session].into_iter().flatten();
    let levels = [&set.service_control, &set.resource_control].into_iter().flatten();
    let bundles = own.chain(levels.flat_map(|levels| levels.iter()));
    bundles.flat_map(|bundle| Bundle::policies(bundle)).map(|named| &*named.policy)
}

fn stated<'p>(policy: &'p Policy, into: &mut Vec<Stated<'p>>) {
    for source in Source::of(policy, policy::Layer::Identity) {
        for clause in source.statement.conditions() {
            let key = clause.key().folded().to_owned();
            into.push(Stated { key, clause: Some((clause, source.version)) });
        }
        let variables = boxes::variables(&source).into_iter();
        into.extend(variables.map(|key| Stated { key, clause: None }));
    }
}

/// So many ways to make a session are tried.
const MOST_SETTINGS: usize = 200;

/// So many texts are tried for one thing.
const MOST_TEXTS: usize = 12;
