//! Statements as products of predicates, one for each variable of a request.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use policy::condition::{Clause, Family};
use policy::{ActionPattern, Effect, Element, Layer, Polarity, Policy, PrincipalPattern, Statement, Version};

use crate::pattern::{self, Pattern, Token, Variables, Wildcards};
use crate::split::Branch;

/// A statement, compiled.
#[derive(Debug)]
pub(crate) struct Block<'p> {
    pub(crate) effect: Effect,
    pub(crate) actions: Actions<'p>,
    /// What the action must be in as well.
    pub(crate) within: Option<Actions<'p>>,
    /// `None` where any resource is meant.
    pub(crate) resources: Option<Resources>,
    /// The clauses by their numbers; which key they speak of is in [`Clauses`].
    pub(crate) clauses: Vec<usize>,
    /// Conditions that are only compared with themselves: true or false, nothing else is known of them.
    pub(crate) atoms: Vec<usize>,
    /// `None` where anyone is meant.
    pub(crate) principals: Option<&'p Element<PrincipalPattern>>,
    /// What it was compiled from.
    pub(crate) source: Source<'p>,
}

/// `Action` or `NotAction`.
#[derive(Debug)]
pub(crate) struct Actions<'p> {
    pub(crate) polarity: Polarity,
    pub(crate) every: bool,
    /// Without wildcards, in lower case.
    pub(crate) exact: HashSet<String>,
    /// With wildcards: the service, what it looks like, and the engine's own.
    pub(crate) globs: Vec<(String, Pattern, &'p ActionPattern)>,
    /// All of them by service, sorted.
    by_service: OnceCell<BTreeMap<String, Vec<Pattern>>>,
    /// All of them, sorted.
    together: OnceCell<Vec<Pattern>>,
}

/// `Resource` or `NotResource`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resources {
    pub(crate) polarity: Polarity,
    pub(crate) every: bool,
    pub(crate) globs: Vec<Pattern>,
}

/// What an entry of a resource element takes.
pub(crate) enum Entry {
    Every,
    Glob(Pattern),
    /// Nothing, for want of a value of a variable.
    Valueless,
    Nothing,
}

/// Every clause of both documents once.
#[derive(Debug, Default)]
pub(crate) struct Clauses<'p> {
    numbers: HashMap<String, usize>,
    pub(crate) all: Vec<(&'p Clause, Version)>,
    atoms: HashMap<String, usize>,
}

/// A statement where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'p> {
    pub(crate) statement: &'p Statement,
    pub(crate) version: Version,
    pub(crate) layer: Layer,
    /// Where it stands among the statements of its layer.
    pub(crate) number: usize,
    /// Whether it is known already that it speaks to the principal.
    pub(crate) speaks: bool,
    /// The action must be one of this statement's as well.
    pub(crate) within: Option<&'p Statement>,
    /// Whether stars keep to the segments of ARNs, as in no policy, but in rules about ARNs.
    pub(crate) by_segment: bool,
}

impl<'p> Source<'p> {
    /// All statements of a document, as they stand.
    pub(crate) fn of(policy: &'p Policy, layer: Layer) -> impl Iterator<Item = Self> {
        policy.statements().iter().enumerate().map(move |(number, statement)| Self {
            statement,
            version: policy.version(),
            layer,
            number,
            speaks: false,
            within: None,
            by_segment: false,
        })
    }

    /// Whether policies of its layer say whom they speak to.
    pub(crate) fn is_addressed(&self) -> bool {
        matches!(self.layer, Layer::Resource | Layer::Endpoint | Layer::ResourceControl)
    }
}

/// What compiling needs to know.
pub(crate) struct Compiler<'p, 'c> {
    pub(crate) clauses: &'c mut Clauses<'p>,
    /// What keys hold.
    pub(crate) branch: &'c Branch,
    /// Whether variables of other keys are left open; else they have no value.
    pub(crate) is_open: bool,
    pub(crate) symbols: &'c mut BTreeMap<String, u16>,
}

impl<'p> Compiler<'p, '_> {
    /// The statements that can apply to anything.
    pub(crate) fn compile(&mut self, sources: &[Source<'p>]) -> Vec<Block<'p>> {
        sources.iter().filter_map(|source| self.block(source)).collect()
    }

    fn block(&mut self, source: &Source<'p>) -> Option<Block<'p>> {
        let (statement, version) = (source.statement, source.version);
        let principals = match (source.is_addressed(), statement.principals()) {
            _ if source.speaks => None,
            (true, None) => return None,
            (true, principals) => principals,
            // No such policy can be stored. Should one come all the same, it can only take away.
            (false, Some(_)) if statement.effect() == Effect::Allow => return None,
            (false, _) => None,
        };
        let mut atoms = Vec::new();
        let resources = match statement.resources() {
            None if source.layer == Layer::Resource => None,
            None => return None,
            Some(element) => {
                let texts: Vec<&str> = element.patterns().iter().map(|pattern| pattern.as_str()).collect();
                if element.polarity() == Polarity::AllBut && texts.iter().any(|text| is_every(text)) {
                    return None;
                }
                let open = texts.iter().any(|text| self.is_open_resource(text, version));
                if element.polarity() == Polarity::AllBut && open {
                    atoms.push(self.clauses.atom(format!("NotResource {texts:?}")));
                    None
                } else {
                    Some(self.resources(element.polarity(), &texts, source)?)
                }
            }
        };
        let mut clauses = Vec::new();
        for clause in statement.conditions() {
            let text = spelled(clause, version);
            let values = clause.values().iter();
            let is_open = takes_variables(clause)
                && values
                    .flat_map(|value| keys_in(value.as_str(), version))
                    .any(|key| self.leaves_open(&key));
            if is_open {
                atoms.push(self.clauses.atom(text));
            } else {
                clauses.push(self.clauses.number(text, clause, version));
            }
        }
        clauses.sort_unstable();
        clauses.dedup();
        Some(Block {
            effect: statement.effect(),
            actions: actions(statement.actions()),
            within: source.within.map(|within| actions(within.actions())),
            resources,
            clauses,
            atoms,
            principals,
            source: *source,
        })
    }

    /// `None` for a statement that never applies.
    fn resources(&mut self, polarity: Polarity, texts: &[&str], source: &Source<'p>) -> Option<Resources> {
        let mut globs = Vec::new();
        let mut every = false;
        for text in texts {
            match self.resource(text, source) {
                Entry::Every => every = true,
                Entry::Glob(glob) => globs.push(glob),
                // The entry of a variable without a value takes nothing, and a `NotResource` with it.
                Entry::Valueless if polarity == Polarity::AllBut => return None,
                Entry::Valueless | Entry::Nothing => {}
            }
        }
        Some(Resources { polarity, every, globs })
    }

    /// Reads one entry of a resource element.
    pub(crate) fn resource(&mut self, text: &str, source: &Source<'p>) -> Entry {
        let colons = text.bytes().filter(|byte| *byte == b':').count();
        if is_every(text) {
            return Entry::Every;
        }
        let glob: Pattern = if colons < 5 {
            let counts = match source.layer {
                Layer::Identity | Layer::Boundary | Layer::Session => true,
                Layer::Resource | Layer::Endpoint | Layer::ServiceControl => text.contains(['*', '?']),
                Layer::ResourceControl => false,
            };
            let padded = format!("{text}{}", ":*".repeat(5 - colons));
            match self.read(&padded, Version::V2008).filter(|_| counts) {
                Some(glob) => glob,
                None => return Entry::Nothing,
            }
        } else {
            let fifth = text.match_indices(':').nth(4).map_or(text.len(), |(at, _)| at + 1);
            let (head, tail) = text.split_at_checked(fifth).unwrap_or((text, ""));
            match (self.read(head, Version::V2008), self.read(tail, source.version)) {
                (Some(head), Some(tail)) => [head, tail].concat().into(),
                _ => return Entry::Valueless,
            }
        };
        if !source.by_segment {
            return Entry::Glob(glob);
        }
        pattern::by_segment(&glob).map_or(Entry::Nothing, Entry::Glob)
    }

    fn read(&mut self, text: &str, version: Version) -> Option<Pattern> {
        let mut variables = if self.is_open {
            Variables::open(self.branch, self.symbols)
        } else {
            Variables::known(&self.branch.known)
        };
        pattern::read(text, Wildcards::Active, version, &mut variables)
    }

    fn leaves_open(&self, key: &str) -> bool {
        self.is_open && !self.branch.settled.contains(key)
    }

    /// Whether a resource's text has variables that are left open: they count behind its fifth colon.
    fn is_open_resource(&self, text: &str, version: Version) -> bool {
        tail(text).is_some_and(|tail| keys_in(tail, version).any(|key| self.leaves_open(&key)))
    }
}

impl<'p> Clauses<'p> {
    fn number(&mut self, text: String, clause: &'p Clause, version: Version) -> usize {
        *self.numbers.entry(text).or_insert_with(|| {
            self.all.push((clause, version));
            self.all.len() - 1
        })
    }

    fn atom(&mut self, text: String) -> usize {
        let next = self.atoms.len();
        *self.atoms.entry(text).or_insert(next)
    }
}

/// What stands behind an ARN's fifth colon.
pub(crate) fn tail(text: &str) -> Option<&str> {
    text.match_indices(':').nth(4).and_then(|(at, _)| text.get(at + 1..))
}

/// The keys that the variables of a text ask for, folded.
fn keys_in(text: &str, version: Version) -> impl Iterator<Item = String> {
    pattern::parts(text, version).into_iter().filter_map(|part| match part {
        pattern::Part::Variable { key, .. } => Some(key),
        _ => None,
    })
}

/// The keys that the variables of a statement ask for, folded.
pub(crate) fn variables(source: &Source<'_>) -> Vec<String> {
    let mut keys = resource_variables(source);
    for clause in source.statement.conditions() {
        keys.extend(clause_variables(clause, source.version));
    }
    keys
}

/// The keys that the variables of a statement's resources ask for, folded.
pub(crate) fn resource_variables(source: &Source<'_>) -> Vec<String> {
    let resources = source.statement.resources().map(Element::patterns).unwrap_or_default();
    let tails = resources.iter().filter_map(|resource| tail(resource.as_str()));
    tails.flat_map(|tail| keys_in(tail, source.version)).collect()
}

/// The keys that the variables of a clause ask for, folded.
pub(crate) fn clause_variables(clause: &Clause, version: Version) -> Vec<String> {
    if !takes_variables(clause) {
        return Vec::new();
    }
    clause.values().iter().flat_map(|value| keys_in(value.as_str(), version)).collect()
}

fn takes_variables(clause: &Clause) -> bool {
    matches!(clause.test().family(), Family::String | Family::Arn | Family::Bool)
}

fn has_variables(clause: &Clause, version: Version) -> bool {
    takes_variables(clause)
        && clause.values().iter().any(|value| pattern::has_variables(value.as_str(), version))
}

/// A clause as a text that is the same for clauses that mean the same.
fn spelled(clause: &Clause, version: Version) -> String {
    let mut values: Vec<&str> = clause.values().iter().map(|value| value.as_str()).collect();
    values.sort_unstable();
    values.dedup();
    let version = if has_variables(clause, version) { version } else { Version::V2008 };
    let escapes = values.iter().any(|value| value.contains("${"));
    format!("{}\n{}\n{version:?}{escapes}{values:?}", clause.test().name(), clause.key().folded())
}

/// Whether an entry of a resource element takes every resource.
fn is_every(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'*')
}

fn actions(element: &Element<ActionPattern>) -> Actions<'_> {
    let mut exact = HashSet::new();
    let mut globs = Vec::new();
    let mut every = false;
    for entry in element.patterns() {
        let text = entry.as_str().to_ascii_lowercase();
        if text == "*" {
            every = true;
            continue;
        }
        let Some((service, name)) = text.split_once(':') else { continue };
        if service.is_empty() || name.is_empty() || name.contains(':') || service.contains(['*', '?']) {
            continue;
        }
        if !name.contains(['*', '?']) {
            exact.insert(text);
            continue;
        }
        let tokens = text.chars().map(|c| match c {
            '*' => Token::Many,
            '?' => Token::One,
            c => Token::Char(c),
        });
        let mut tokens: Vec<Token> = tokens.collect();
        if name.bytes().all(|byte| byte == b'*') {
            // No action is without a name.
            tokens.truncate(service.len() + 1);
            tokens.extend([Token::One, Token::Many]);
        }
        tokens.dedup_by(|second, first| *second == Token::Many && *first == Token::Many);
        globs.push((service.to_owned(), tokens.into(), entry));
    }
    Actions {
        polarity: element.polarity(),
        every,
        exact,
        globs,
        by_service: OnceCell::new(),
        together: OnceCell::new(),
    }
}

impl Actions<'_> {
    /// What its entries look like, those of one service or all, sorted.
    pub(crate) fn patterns(&self, service: Option<&str>) -> &[Pattern] {
        let by_service = self.by_service.get_or_init(|| {
            let mut all: BTreeMap<String, Vec<Pattern>> = BTreeMap::new();
            for action in &self.exact {
                let Some((service, _)) = action.split_once(':') else { continue };
                all.entry(service.to_owned()).or_default().push(action.chars().map(Token::Char).collect());
            }
            for (service, glob, _) in &self.globs {
                all.entry(service.clone()).or_default().push(glob.clone());
            }
            all.values_mut().for_each(|patterns| patterns.sort_unstable());
            all
        });
        let Some(service) = service else {
            return self.together.get_or_init(|| {
                let mut all: Vec<Pattern> = by_service.values().flatten().cloned().collect();
                all.sort_unstable();
                all
            });
        };
        by_service.get(service).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether it takes an action, given in lower case.
    pub(crate) fn takes(&self, action: &policy::Action) -> bool {
        let listed = self.every
            || self.exact.contains(action.folded())
            || self
                .globs
                .iter()
                .any(|(service, _, glob)| service == action.service() && glob.matches(action));
        listed == (self.polarity == Polarity::Listed)
    }

    /// Whether it surely takes all that another takes.
    fn contains(&self, other: &Self) -> bool {
        match (self.polarity, other.polarity) {
            (Polarity::Listed, _) if self.every => true,
            (Polarity::Listed, Polarity::Listed) => {
                let has_glob = |glob: &Pattern| self.globs.iter().any(|(_, mine, _)| mine == glob);
                !other.every
                    && other.globs.iter().all(|(_, glob, _)| has_glob(glob))
                    && other.exact.iter().all(|action| {
                        self.exact.contains(action)
                            || !self.globs.is_empty()
                                && policy::Action::parse(action).is_ok_and(|action| self.takes(&action))
                    })
            }
            (Polarity::AllBut, Polarity::AllBut) => {
                !self.every
                    && self.exact.iter().all(|action| other.exact.contains(action))
                    && self
                        .globs
                        .iter()
                        .all(|(_, glob, _)| other.globs.iter().any(|(_, theirs, _)| theirs == glob))
            }
            (Polarity::Listed, Polarity::AllBut) | (Polarity::AllBut, Polarity::Listed) => false,
        }
    }

    /// Whether it surely takes nothing that another takes.
    fn avoids(&self, other: &Self) -> bool {
        if self.polarity != Polarity::Listed
            || other.polarity != Polarity::Listed
            || self.every
            || other.every
        {
            return false;
        }
        let (few, many) = if self.exact.len() < other.exact.len() { (self, other) } else { (other, self) };
        if few.exact.iter().any(|action| many.exact.contains(action)) {
            return false;
        }
        let meets = |globs: &Self, exact: &Self| {
            globs.globs.iter().any(|(service, glob, _)| {
                let prefix: String = glob
                    .iter()
                    .map_while(|token| if let Token::Char(c) = token { Some(*c) } else { None })
                    .collect();
                exact.exact.iter().any(|action| action.starts_with(&prefix))
                    || exact
                        .globs
                        .iter()
                        .any(|(theirs, other, _)| theirs == service && !pattern::clash(glob, other))
            })
        };
        !meets(self, other) && !meets(other, self)
    }
}

impl Resources {
    /// Whether any resource is meant.
    pub(crate) fn is_all(&self) -> bool {
        self.polarity == Polarity::Listed && self.every
    }

    fn contains(&self, other: Option<&Self>) -> bool {
        if self.polarity == Polarity::Listed && self.every {
            return true;
        }
        let Some(other) = other else { return false };
        let all_covered = |outer: &Self, inner: &Self| {
            let is_covered = |glob: &Pattern| outer.globs.iter().any(|mine| pattern::covers(mine, glob));
            outer.every || !inner.every && inner.globs.iter().all(is_covered)
        };
        match (self.polarity, other.polarity) {
            (Polarity::Listed, Polarity::Listed) => all_covered(self, other),
            (Polarity::AllBut, Polarity::AllBut) => all_covered(other, self),
            (Polarity::Listed, Polarity::AllBut) | (Polarity::AllBut, Polarity::Listed) => false,
        }
    }

    fn avoids(&self, other: &Self) -> bool {
        // What stands for a variable is not known, so that only texts without one tell.
        self.polarity == Polarity::Listed
            && other.polarity == Polarity::Listed
            && !self.every
            && !other.every
            && self.globs.iter().all(|mine| other.globs.iter().all(|theirs| pattern::clash(mine, theirs)))
    }
}

impl<'p> Block<'p> {
    /// Whether the statement surely applies wherever another does.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        let is_in = |part: &[usize], whole: &[usize]| part.iter().all(|number| whole.contains(number));
        is_in(&self.clauses, &other.clauses)
            && is_in(&self.atoms, &other.atoms)
            && same_principals(self, other)
            && self.resources.as_ref().is_none_or(|mine| mine.contains(other.resources.as_ref()))
            && self.actions.contains(&other.actions)
            && self.within.as_ref().is_none_or(|mine| {
                mine.contains(&other.actions)
                    || other.within.as_ref().is_some_and(|theirs| mine.contains(theirs))
            })
    }

    /// Whether it takes an action.
    pub(crate) fn takes(&self, action: &policy::Action) -> bool {
        self.every_actions().all(|actions| actions.takes(action))
    }

    /// Everything that the action must be in.
    pub(crate) fn every_actions(&self) -> impl Iterator<Item = &Actions<'p>> {
        [Some(&self.actions), self.within.as_ref()].into_iter().flatten()
    }

    /// Whether the two surely never apply together.
    pub(crate) fn avoids(&self, other: &Self) -> bool {
        let resources = match (&self.resources, &other.resources) {
            (Some(mine), Some(theirs)) => mine.avoids(theirs),
            _ => false,
        };
        resources || self.every_actions().any(|mine| other.every_actions().any(|theirs| mine.avoids(theirs)))
    }
}

fn same_principals(a: &Block<'_>, b: &Block<'_>) -> bool {
    let (Some(mine), Some(theirs)) = (a.principals, b.principals) else { return a.principals.is_none() };
    let texts = |element: &Element<PrincipalPattern>| {
        let mut texts: Vec<(&'static str, String)> =
            element.patterns().iter().map(|p| (p.kind().as_str(), p.as_str().to_owned())).collect();
        texts.sort_unstable();
        texts
    };
    a.effect == b.effect && mine.polarity() == theirs.polarity() && texts(mine) == texts(theirs)
}
