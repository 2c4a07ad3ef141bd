//! What policy variables hold, split into cases that the statements can tell apart.
//!
//! Where a variable is only ever compared whole with keys, one text for each way in which the other clauses take it
//! is enough: to exchange two texts that they take alike, in all keys that are compared with each other, changes no
//! clause. A variable within a longer text is either absent, or one of the texts that are listed for its key, or stays
//! open.

use std::collections::{HashMap, HashSet};

use policy::condition::{Clause, Family, Qualifier};
use policy::{Context, Values, Version};

use crate::boxes::{self, Source};
use crate::budget::{Exhausted, Meter};
use crate::keys;
use crate::pattern::{self, Part, Pattern, Token};
use crate::words;

/// A case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Branch {
    /// What keys hold.
    pub(crate) known: Context,
    /// The keys that hold what is known of them, be it nothing.
    pub(crate) settled: HashSet<String>,
    /// The keys that hold something, but none of these texts.
    pub(crate) present: HashMap<String, Vec<String>>,
}

/// The cases of some variables, all that there are; `None` if they are too many.
pub(crate) fn branches(
    sources: &[&Source<'_>],
    open: &[String],
    first: Branch,
    meter: &mut Meter,
) -> Result<Option<Vec<Branch>>, Exhausted> {
    let spoken = Spoken::of(sources, open);
    let mut all = vec![first];
    for key in open {
        let mut next = Vec::new();
        let component = spoken.component(key);
        for branch in all {
            let mut absent = branch.clone();
            absent.settled.insert(key.clone());
            let texts = match &component {
                Some(component) => component.texts(&branch.known, meter)?,
                None => spoken.listed(key),
            };
            next.extend(texts.iter().map(|text| {
                let mut held = absent.clone();
                held.known.set(key, Values::from(text.as_str()));
                held
            }));
            next.push(absent);
            if component.is_none() {
                let mut other = branch;
                other.present.insert(key.clone(), texts);
                next.push(other);
            }
            if next.len() > MOST_BRANCHES {
                return Ok(None);
            }
        }
        all = next;
    }
    Ok(Some(all))
}

/// A clause where it stands; the number is nobody's.
type Stated<'s> = (usize, &'s Clause, Version);

/// What the statements say of variables.
struct Spoken<'s> {
    clauses: Vec<Stated<'s>>,
    in_resources: HashSet<String>,
    open: &'s [String],
}

/// Keys that are compared with each other, and the clauses about them.
struct Component<'s> {
    keys: Vec<String>,
    clauses: Vec<Stated<'s>>,
}

impl<'s> Spoken<'s> {
    fn of(sources: &[&Source<'s>], open: &'s [String]) -> Self {
        let clauses = sources.iter().flat_map(|source| {
            source.statement.conditions().iter().map(|clause| (0, clause, source.version))
        });
        let in_resources = sources.iter().flat_map(|source| boxes::resource_variables(source)).collect();
        Self { clauses: clauses.collect(), in_resources, open }
    }

    /// The keys that a variable is compared with, whole; `None` where it is part of something.
    fn component(&self, variable: &str) -> Option<Component<'s>> {
        let mut keys = vec![variable.to_owned()];
        let mut clauses: Vec<Stated<'s>> = Vec::new();
        let mut at = 0;
        while let Some(key) = keys.get(at).cloned() {
            at += 1;
            if self.in_resources.contains(&key) {
                return None;
            }
            for stated @ (_, clause, version) in &self.clauses {
                let variables = boxes::clause_variables(clause, *version);
                let about = clause.key().folded();
                if about != key && !variables.contains(&key) {
                    continue;
                }
                let is_variable = self.open.iter().any(|open| open == about);
                let is_plain = match clause.test().family() {
                    Family::String => {
                        variables.is_empty()
                            || !clause.test().operator().ends_with("IgnoreCase")
                                && clause.values().iter().all(|value| is_whole(value.as_str(), *version))
                    }
                    Family::Arn | Family::Bool => variables.is_empty(),
                    Family::Null => true,
                    _ => false,
                };
                if !is_plain || is_variable && clause.test().qualifier() != Qualifier::Single {
                    return None;
                }
                if about == key {
                    clauses.push(*stated);
                }
                for other in variables.into_iter().chain([about.to_owned()]) {
                    if !keys.contains(&other) {
                        keys.push(other);
                    }
                }
            }
        }
        Some(Component { keys, clauses })
    }

    /// Texts that clauses list for a key, one by one.
    fn listed(&self, key: &str) -> Vec<String> {
        let lists = |clause: &Clause| {
            clause.key().folded() == key
                && clause.test().qualifier() == Qualifier::Single
                && matches!(clause.test().operator(), "StringEquals" | "StringNotEquals")
        };
        let mut texts: Vec<String> = Vec::new();
        for (_, clause, version) in self.clauses.iter().filter(|(_, clause, _)| lists(clause)) {
            let values = clause.values().iter().map(|value| value.as_str());
            texts.extend(values.filter(|text| is_text(text, *version)).map(str::to_owned));
        }
        texts.sort_unstable();
        texts.dedup();
        texts.truncate(MOST_LISTED);
        texts
    }
}

impl Component<'_> {
    /// A text for each way in which the clauses take texts.
    fn texts(&self, known: &Context, meter: &mut Meter) -> Result<Vec<String>, Exhausted> {
        let mut groups = keys::patterns(&self.clauses, &Context::new());
        for key in &self.keys {
            let values = known.get(key).map(Values::as_slice).unwrap_or_default();
            groups.extend(values.iter().map(|text| vec![text.chars().map(Token::Char).collect()]));
        }
        let groups: Vec<words::Group<'_>> = groups.iter().map(|group| group.iter().collect()).collect();
        let any: Pattern = Box::new([Token::One, Token::Many]);
        let mut texts = words::classes(&groups, &any, meter)?;
        texts.push(String::new());
        Ok(texts)
    }
}

/// Whether a value is one variable and nothing else, or has none.
fn is_whole(text: &str, version: Version) -> bool {
    let parts = pattern::parts(text, version);
    let variables = parts.iter().filter(|part| matches!(part, Part::Variable { .. })).count();
    let is_empty = |part: &Part<'_>| matches!(part, Part::Text("") | Part::Variable { .. });
    variables == 0 || variables == 1 && parts.iter().all(is_empty)
}

fn is_text(text: &str, version: Version) -> bool {
    !text.is_empty() && pattern::parts(text, version).iter().all(|part| matches!(part, Part::Text(_)))
}

const MOST_BRANCHES: usize = 400;

/// So many texts are split off from what stays open.
const MOST_LISTED: usize = 6;
