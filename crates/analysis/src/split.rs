//! What policy variables hold, split into cases that the statements of a query can tell apart.
//!
//! Variable by variable, the texts that it may hold are cut down to a few by exchanging one text for another. Where
//! a variable is only ever compared whole with keys, one text for each way in which the other clauses take it is
//! enough: to exchange two texts that they take alike, in all keys that are compared with each other, changes no
//! clause. For a variable within longer texts see [`within`]. A variable that neither decides is absent, or one of
//! the texts that are listed for its key, or stays open.

mod within;

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
    /// The keys that hold a list, whichever it is: as a variable such a key has no value.
    pub(crate) lists: HashSet<String>,
}

impl Branch {
    fn with(&self, key: &str, text: &str) -> Self {
        let mut branch = self.without(key);
        branch.known.set(key, Values::from(text));
        branch
    }

    fn without(&self, key: &str) -> Self {
        let mut branch = self.clone();
        branch.settled.insert(key.to_owned());
        branch
    }

    fn with_list(&self, key: &str) -> Self {
        let mut branch = self.without(key);
        // Some list stands for all as far as variables go.
        branch.known.set_list(key, ["witness"]);
        branch.lists.insert(key.to_owned());
        branch
    }

    fn with_other(&self, key: &str, than: Vec<String>) -> Self {
        let mut branch = self.clone();
        branch.present.insert(key.to_owned(), than);
        branch
    }

    /// The variables of which nothing is said yet.
    fn unsaid<'o>(&self, open: &'o [String]) -> Vec<&'o String> {
        open.iter().filter(|key| !self.settled.contains(*key) && !self.present.contains_key(*key)).collect()
    }
}

/// The cases of some variables in a query for what all of `parts` and none of `live` take, all that there are but
/// those that are ruled out before every variable is settled; `None` if they are too many. Resources may be bound to
/// have forms of their own.
pub(crate) fn branches(
    (parts, live): (&[Source<'_>], &[Source<'_>]),
    open: &[String],
    first: &Branch,
    has_forms: bool,
    meter: &mut Meter,
    is_ruled_out: &dyn Fn(&Branch, &mut Meter) -> Result<bool, Exhausted>,
) -> Result<Option<Vec<Branch>>, Exhausted> {
    let spoken = Spoken { has_forms, ..Spoken::of(parts, live) };
    let mut done = Vec::new();
    let mut rest = vec![first.clone()];
    while let Some(branch) = rest.pop() {
        let unsaid = branch.unsaid(open);
        if unsaid.is_empty() {
            done.push(branch);
            continue;
        }
        for case in spoken.cases(&unsaid, &branch, meter)? {
            if case.unsaid(open).is_empty() || !is_ruled_out(&case, meter)? {
                rest.push(case);
            }
        }
        if done.len() + rest.len() > MOST_BRANCHES {
            return Ok(None);
        }
    }
    Ok(Some(done))
}

/// A clause where it stands; the number is nobody's.
type Stated<'s> = (usize, &'s Clause, Version);

/// What the statements of a query say.
struct Spoken<'s, 'p> {
    parts: &'s [Source<'p>],
    live: &'s [Source<'p>],
    clauses: Vec<Stated<'p>>,
    in_resources: HashSet<String>,
    /// Whether resources have forms of which the statements say nothing.
    has_forms: bool,
}

/// Keys that are compared with each other, and the clauses about them.
struct Component<'p> {
    keys: Vec<String>,
    clauses: Vec<Stated<'p>>,
    /// Whether variables are compared without regard to case.
    folds: bool,
}

impl<'s, 'p> Spoken<'s, 'p> {
    fn of(parts: &'s [Source<'p>], live: &'s [Source<'p>]) -> Self {
        let all = || parts.iter().chain(live);
        let clauses = all().flat_map(|source| {
            source.statement.conditions().iter().map(|clause| (0, clause, source.version))
        });
        let in_resources = all().flat_map(boxes::resource_variables).collect();
        Self { parts, live, clauses: clauses.collect(), in_resources, has_forms: false }
    }

    /// The cases of one variable, the first of which all texts are known.
    fn cases(
        &self,
        unsaid: &[&String],
        branch: &Branch,
        meter: &mut Meter,
    ) -> Result<Vec<Branch>, Exhausted> {
        let mut chosen = None;
        for key in unsaid {
            chosen = self.all_texts(key, unsaid, branch, meter)?.map(|texts| (*key, texts));
            if chosen.is_some() {
                break;
            }
        }
        let is_all = chosen.is_some();
        let listed = || unsaid.first().map(|key| (*key, self.listed(key)));
        let Some((key, texts)) = chosen.or_else(listed) else { return Ok(Vec::new()) };
        meter.spend(texts.len() + 1)?;
        let mut cases = vec![branch.without(key)];
        if self.asks_for_lists(key) {
            cases.push(branch.with_list(key));
        }
        cases.extend(texts.iter().map(|text| branch.with(key, text)));
        if !is_all {
            cases.push(branch.with_other(key, texts));
        }
        Ok(cases)
    }

    /// Texts for a variable that stand for all that it may hold; `None` where that is not known.
    fn all_texts(
        &self,
        key: &str,
        unsaid: &[&String],
        branch: &Branch,
        meter: &mut Meter,
    ) -> Result<Option<Vec<String>>, Exhausted> {
        match self.component(key) {
            Some(component) => component.texts(&branch.known, meter).map(Some),
            None => self.within(key, unsaid, branch, meter),
        }
    }

    /// The keys that a variable is compared with, whole; `None` where it is part of something.
    fn component(&self, variable: &str) -> Option<Component<'p>> {
        let mut keys = vec![variable.to_owned()];
        let mut clauses: Vec<Stated<'p>> = Vec::new();
        let mut folds = false;
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
                let values = || clause.values().iter().map(|value| value.as_str());
                let is_plain = match clause.test().family() {
                    Family::String => variables.is_empty() || values().all(|text| is_whole(text, *version)),
                    Family::Arn | Family::Bool => variables.is_empty(),
                    Family::Null => true,
                    _ => false,
                };
                if !is_plain {
                    return None;
                }
                folds |= !variables.is_empty() && clause.test().operator().ends_with("IgnoreCase");
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
        // Which texts differ by case alone is seen of single texts, not of patterns with letters.
        let is_listed = |(_, clause, _): &Stated<'_>| match clause.test().family() {
            Family::String if clause.test().operator().ends_with("Like") => {
                let mut values = clause.values().iter().map(|value| value.as_str());
                values.all(|value| !value.contains(['*', '?']) || !value.contains(char::is_alphabetic))
            }
            family => matches!(family, Family::String | Family::Null),
        };
        (!folds || clauses.iter().all(is_listed)).then_some(Component { keys, clauses, folds })
    }

    /// Whether lists count as what a key may hold.
    fn asks_for_lists(&self, key: &str) -> bool {
        let asks =
            |clause: &Clause| clause.key().folded() == key && clause.test().qualifier() != Qualifier::Single;
        self.clauses.iter().any(|(_, clause, _)| asks(clause))
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
        if self.folds {
            // Text by text, and what differs from it by case alone.
            let each: Vec<Pattern> = groups.into_iter().flatten().collect();
            groups = each.iter().map(|pattern| vec![pattern.clone()]).collect();
            groups.extend(each.iter().map(|pattern| vec![pattern::folded(pattern)]));
        }
        let groups: Vec<words::Group<'_>> = groups.iter().map(|group| group.iter().collect()).collect();
        let any: Pattern = Box::new([Token::One, Token::Many]);
        let mut texts = words::classes(&groups, &any, meter)?;
        if self.folds {
            // Something that nothing names and that can differ from itself by case.
            let mut other = "w".to_owned();
            while groups.iter().flatten().any(|pattern| pattern.len() == other.len()) {
                other.push('w');
            }
            texts.push(other);
        }
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
