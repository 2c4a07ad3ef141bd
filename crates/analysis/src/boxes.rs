//! Statements as products of predicates, one for each variable of a request.

use std::collections::{BTreeMap, HashMap, HashSet};

use policy::condition::{Clause, Family};
use policy::{ActionPattern, Effect, Element, Polarity, Policy, PrincipalPattern, Statement, Version};

use crate::pattern::{self, Pattern, Token, Variables, Wildcards};

/// A statement, compiled.
#[derive(Debug)]
pub(crate) struct Block<'p> {
    pub(crate) effect: Effect,
    pub(crate) actions: Actions<'p>,
    /// `None` where any resource is meant.
    pub(crate) resources: Option<Resources>,
    /// The clauses by their numbers; which key they speak of is in [`Clauses`].
    pub(crate) clauses: Vec<usize>,
    /// Conditions that are only compared with themselves: true or false, nothing else is known of them.
    pub(crate) atoms: Vec<usize>,
    pub(crate) principals: Option<&'p Element<PrincipalPattern>>,
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
}

/// `Resource` or `NotResource`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resources {
    pub(crate) polarity: Polarity,
    pub(crate) every: bool,
    pub(crate) globs: Vec<Pattern>,
}

/// Every clause of both documents once.
#[derive(Debug, Default)]
pub(crate) struct Clauses<'p> {
    numbers: HashMap<String, usize>,
    pub(crate) all: Vec<(&'p Clause, Version)>,
    atoms: HashMap<String, usize>,
}

/// What compiling needs to know.
pub(crate) struct Compiler<'p, 'c> {
    pub(crate) clauses: &'c mut Clauses<'p>,
    /// What variables stand for; `None` if that is left open.
    pub(crate) values: Option<&'c BTreeMap<String, String>>,
    pub(crate) symbols: &'c mut BTreeMap<String, u16>,
    /// The documents belong to resources: they say whom they speak to.
    pub(crate) addressed: bool,
}

impl<'p> Compiler<'p, '_> {
    /// The statements that can apply to anything.
    pub(crate) fn compile(&mut self, policy: &'p Policy) -> Vec<Block<'p>> {
        policy.statements().iter().filter_map(|statement| self.block(statement, policy.version())).collect()
    }

    fn block(&mut self, statement: &'p Statement, version: Version) -> Option<Block<'p>> {
        if self.addressed && statement.principals().is_none() {
            return None;
        }
        let mut atoms = Vec::new();
        let resources = match statement.resources() {
            None if self.addressed => None,
            None => return None,
            Some(element) => {
                let texts: Vec<&str> = element.patterns().iter().map(|pattern| pattern.as_str()).collect();
                let open = self.values.is_none() && texts.iter().any(|text| is_open_resource(text, version));
                if element.polarity() == Polarity::AllBut && open {
                    atoms.push(self.clauses.atom(format!("NotResource {texts:?}")));
                    None
                } else {
                    Some(self.resources(element.polarity(), &texts, version)?)
                }
            }
        };
        let mut clauses = Vec::new();
        for clause in statement.conditions() {
            let text = spelled(clause, version);
            let is_open = self.values.is_none() && has_variables(clause, version);
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
            resources,
            clauses,
            atoms,
            principals: statement.principals(),
        })
    }

    /// `None` for a statement that never applies.
    fn resources(&mut self, polarity: Polarity, texts: &[&str], version: Version) -> Option<Resources> {
        let mut globs = Vec::new();
        let mut every = false;
        for text in texts {
            let colons = text.bytes().filter(|byte| *byte == b':').count();
            if !text.is_empty() && text.bytes().all(|byte| byte == b'*') {
                every = true;
            } else if colons < 5 {
                if self.addressed && !text.contains(['*', '?']) {
                    continue;
                }
                let padded = format!("{text}{}", ":*".repeat(5 - colons));
                globs.extend(self.read(&padded, Version::V2008));
            } else {
                let fifth = text.match_indices(':').nth(4).map_or(text.len(), |(at, _)| at + 1);
                let (head, tail) = text.split_at_checked(fifth)?;
                match (self.read(head, Version::V2008), self.read(tail, version)) {
                    (Some(head), Some(tail)) => globs.push([head, tail].concat().into()),
                    // The entry of a variable without a value takes nothing, and a `NotResource` with it.
                    _ if polarity == Polarity::AllBut => return None,
                    _ => {}
                }
            }
        }
        Some(Resources { polarity, every, globs })
    }

    fn read(&mut self, text: &str, version: Version) -> Option<Pattern> {
        let mut variables = match self.values {
            Some(values) => Variables::Values(values),
            None => Variables::Symbols(self.symbols),
        };
        pattern::read(text, Wildcards::Active, version, &mut variables)
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

/// Whether variables count in a resource's text: they do behind its fifth colon.
fn is_open_resource(text: &str, version: Version) -> bool {
    text.match_indices(':')
        .nth(4)
        .and_then(|(at, _)| text.get(at + 1..))
        .is_some_and(|tail| pattern::has_variables(tail, version))
}

/// The keys that the variables of a policy ask for, folded.
pub(crate) fn variables(policy: &Policy) -> Vec<String> {
    let mut keys = Vec::new();
    let mut add = |text: &str| {
        for part in pattern::parts(text, policy.version()) {
            if let pattern::Part::Variable { key, .. } = part {
                keys.push(key);
            }
        }
    };
    for statement in policy.statements() {
        for resource in statement.resources().map(Element::patterns).unwrap_or_default() {
            if is_open_resource(resource.as_str(), policy.version()) {
                add(resource.as_str());
            }
        }
        for clause in statement.conditions() {
            if has_variables(clause, policy.version()) {
                clause.values().iter().for_each(|value| add(value.as_str()));
            }
        }
    }
    keys
}

fn has_variables(clause: &Clause, version: Version) -> bool {
    matches!(clause.test().family(), Family::String | Family::Arn | Family::Bool)
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
            '*' => Token::ManyInside,
            '?' => Token::OneInside,
            c => Token::Char(c),
        });
        let mut tokens: Vec<Token> = tokens.collect();
        if name.bytes().all(|byte| byte == b'*') {
            // No action is without a name.
            tokens.push(Token::OneInside);
        }
        tokens.dedup_by(|second, first| *second == Token::ManyInside && *first == Token::ManyInside);
        globs.push((service.to_owned(), tokens.into(), entry));
    }
    Actions { polarity: element.polarity(), every, exact, globs }
}

impl Actions<'_> {
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

impl Block<'_> {
    /// Whether the statement surely applies wherever another does.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        let is_in = |part: &[usize], whole: &[usize]| part.iter().all(|number| whole.contains(number));
        is_in(&self.clauses, &other.clauses)
            && is_in(&self.atoms, &other.atoms)
            && same_principals(self, other)
            && self.resources.as_ref().is_none_or(|mine| mine.contains(other.resources.as_ref()))
            && self.actions.contains(&other.actions)
    }

    /// Whether the two surely never apply together.
    pub(crate) fn avoids(&self, other: &Self) -> bool {
        let resources = match (&self.resources, &other.resources) {
            (Some(mine), Some(theirs)) => mine.avoids(theirs),
            _ => false,
        };
        resources || self.actions.avoids(&other.actions)
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
