//! Condition keys: what a request may hold under them, and what a clause says of that.
//!
//! Of key `n`, `p` says that it is there and no empty list, `l` that it is a list. Place 0 holds its value or the first
//! of the list; `i` says of each further place that the list has it. A list needs no more places than there are
//! clauses with set operators, which each have one value that decides them, and one for a value that is not empty.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use policy::condition::{Clause, Family, Qualifier};
use policy::{Policy, Version};

use super::glob::{Piece, literal, pieces};
use super::values::{Place, Sort};
use super::{LeftOut, all, any, not, values};

pub(super) struct Keys(BTreeMap<String, Key>);

pub(super) struct Key {
    number: usize,
    sort: Sort,
    places: usize,
}

/// How two policies ask about a key.
#[derive(Default)]
struct Asked {
    families: BTreeSet<&'static str>,
    sets: BTreeSet<String>,
}

impl Keys {
    pub(super) fn of(policies: [&Policy; 2]) -> Result<Self, LeftOut> {
        let mut asked = BTreeMap::<String, Asked>::new();
        for policy in policies {
            let has_variables = policy.version() == Version::V2012;
            for statement in policy.statements() {
                let resources = statement.resources().map(|element| element.patterns()).unwrap_or_default();
                let mut texts: Vec<&str> = resources.iter().map(|entry| entry.as_str()).collect();
                for clause in statement.conditions() {
                    let values: Vec<&str> = clause.values().iter().map(|value| value.as_str()).collect();
                    let test = clause.test();
                    let key = asked.entry(clause.key().folded().to_owned()).or_default();
                    key.families.insert(family(test.family()));
                    if test.qualifier() != Qualifier::Single {
                        key.sets.insert(format!("{} {values:?}", test.name()));
                    }
                    if matches!(test.family(), Family::String | Family::Arn | Family::Bool) {
                        texts.extend(values);
                    }
                }
                for text in texts.into_iter().filter(|text| has_variables && text.contains("${")) {
                    for piece in pieces(text, true, true)? {
                        if let Piece::Variable { key, .. } = piece {
                            let key = asked.entry(key.to_lowercase()).or_default();
                            key.families.insert(family(Family::String));
                        }
                    }
                }
            }
        }
        let keys = asked.into_iter().enumerate().map(|(number, (name, asked))| {
            if asked.sets.len() > 4 {
                return Err(LeftOut::ManySets);
            }
            let places = if asked.sets.is_empty() { 1 } else { asked.sets.len() + 1 };
            Ok((name, Key { number, sort: Sort::of(&asked.families)?, places }))
        });
        Ok(Self(keys.collect::<Result<_, LeftOut>>()?))
    }

    pub(super) fn declarations(&self) -> String {
        let mut out = String::new();
        for key in self.0.values() {
            let number = key.number;
            let _ = writeln!(out, "(declare-const p{number} Bool)\n(declare-const l{number} Bool)");
            for place in key.places() {
                out.push_str(&place.declaration(key.sort));
                if place.at > 0 {
                    let name = key.has(&place);
                    let _ = writeln!(out, "(declare-const {name} Bool)\n(assert (=> {name} l{number}))");
                }
            }
            // Only a key that set operators read holds lists.
            if key.places == 1 {
                let _ = writeln!(out, "(assert (not l{number}))");
            }
        }
        out
    }

    /// The term of a policy variable, and that it has a value.
    pub(super) fn variable(&self, key: &str, default: Option<&str>) -> Result<(String, String), LeftOut> {
        let key = self.0.get(&key.to_lowercase()).ok_or(LeftOut::OddVariable)?;
        if key.sort != Sort::Text {
            return Err(LeftOut::TypesOfOneKey);
        }
        let (number, value) = (key.number, key.first().value());
        Ok(match default {
            None => (value, format!("(and p{number} (not l{number}))")),
            Some(default) => (
                format!("(ite p{number} {value} {})", literal(default)),
                format!("(or (not p{number}) (not l{number}))"),
            ),
        })
    }

    /// The formula that a clause holds.
    pub(super) fn clause(&self, clause: &Clause, version: Version) -> Result<String, LeftOut> {
        let key = self.0.get(clause.key().folded()).ok_or(LeftOut::Unreadable)?;
        let test = clause.test();
        if clause.values().is_empty() {
            return Err(LeftOut::NoValues);
        }
        if test.family() == Family::Null {
            return null(key, clause);
        }
        let holds = |place: &Place| values::satisfies(self, key.sort, place, clause, version);
        let number = key.number;
        let first = holds(&key.first())?;
        Ok(match test.qualifier() {
            Qualifier::Single => {
                let one = all(vec![format!("p{number}"), format!("(not l{number})"), first]);
                if test.is_negated() || test.is_if_exists() {
                    any(vec![format!("(not p{number})"), one])
                } else {
                    one
                }
            }
            Qualifier::All => {
                let mut every = vec![first];
                for place in key.places().skip(1) {
                    every.push(any(vec![not(&key.has(&place)), holds(&place)?]));
                }
                any(vec![key.is_null(), all(every)])
            }
            Qualifier::Any => {
                let mut some = vec![first];
                for place in key.places().skip(1) {
                    some.push(all(vec![key.has(&place), holds(&place)?]));
                }
                let found = all(vec![not(&key.is_null()), any(some)]);
                if test.is_if_exists() { any(vec![format!("(not p{number})"), found]) } else { found }
            }
        })
    }
}

impl Key {
    fn first(&self) -> Place {
        Place { key: self.number, at: 0 }
    }

    fn places(&self) -> impl Iterator<Item = Place> {
        let key = self.number;
        (0..self.places).map(move |at| Place { key, at })
    }

    /// That the list has a further place.
    fn has(&self, place: &Place) -> String {
        format!("i{}_{}", place.key, place.at)
    }

    /// That it is absent or holds nothing but empty texts.
    fn is_null(&self) -> String {
        let mut empty = vec![self.first().is_empty(self.sort)];
        for place in self.places().skip(1) {
            empty.push(any(vec![not(&self.has(&place)), place.is_empty(self.sort)]));
        }
        any(vec![format!("(not p{})", self.number), all(empty)])
    }
}

fn null(key: &Key, clause: &Clause) -> Result<String, LeftOut> {
    if clause.test().qualifier() != Qualifier::Single {
        return Err(LeftOut::SetOfNulls);
    }
    let wanted = clause.values().iter().map(|value| match value.as_str().to_ascii_lowercase().as_str() {
        "true" => Ok(key.is_null()),
        "false" => Ok(not(&key.is_null())),
        _ => Err(LeftOut::Unreadable),
    });
    Ok(any(wanted.collect::<Result<_, _>>()?))
}

fn family(family: Family) -> &'static str {
    match family {
        Family::String => "text",
        Family::Arn => "arn",
        Family::Numeric => "number",
        Family::Date => "moment",
        Family::Bool => "truth",
        Family::Binary => "bytes",
        Family::IpAddress => "address",
        Family::Null => "null",
    }
}
