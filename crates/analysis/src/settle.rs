//! What was found with policy variables left open, settled: whether some values of them make it true.

use std::collections::BTreeMap;

use policy::{Context, Element, Request, Values};

use crate::boxes::{self, Block, Clauses, Compiler, Source};
use crate::budget::{Exhausted, Meter};
use crate::search::{Found, Search, Universe};
use crate::split::{self, Branch};

/// What a cover query of some question stands on.
pub(crate) struct Settle<'q, 'p> {
    pub(crate) universe: &'q Universe<'p>,
    /// What is known before any variable is looked at.
    pub(crate) first: &'q Branch,
    pub(crate) replay: &'q dyn Fn(&Found, &Context) -> Option<Request>,
}

impl<'p> Settle<'_, 'p> {
    /// A request that confirms what was found in all of `parts` and none of `blockers`; `None` proves that there is
    /// none. Only the variables count of statements that can meet.
    pub(crate) fn request(
        &self,
        found: &Found,
        parts: &[&Block<'p>],
        blockers: &[&Block<'p>],
        meter: &mut Meter,
    ) -> Result<Option<Request>, Exhausted> {
        let (parts, live) = meeting(parts, blockers);
        let mut open: Vec<String> = parts.iter().chain(&live).flat_map(boxes::variables).collect();
        open.retain(|key| !self.first.settled.contains(key));
        open.sort_unstable();
        open.dedup();
        if open.is_empty() {
            if let Some(request) = (self.replay)(found, &self.first.known) {
                return Ok(Some(request));
            }
            // It may be spelled with a variable that none of these statements has.
            let Some(found) = self.within(self.first, &parts, &live, meter)? else { return Ok(None) };
            return (self.replay)(&found, &self.first.known).map(Some).ok_or(Exhausted::Method);
        }
        let mut guesses = self.guesses(&open, &parts, &live).into_iter();
        if let Some(request) = self.guessed(guesses.next(), &parts, &live, meter)? {
            return Ok(Some(request));
        }
        let mut is_proven = false;
        let has_forms = self.universe.facts.is_some();
        let is_ruled_out =
            |branch: &Branch, meter: &mut Meter| match self.within(branch, &parts, &live, meter) {
                Ok(found) => Ok(found.is_none()),
                Err(Exhausted::Method) => Ok(false),
                Err(exhausted) => Err(exhausted),
            };
        let sources = (parts.as_slice(), live.as_slice());
        if let Some(branches) = split::branches(sources, &open, self.first, has_forms, meter, &is_ruled_out)?
        {
            is_proven = true;
            for branch in branches {
                match self.within(&branch, &parts, &live, meter) {
                    Ok(None) => {}
                    Ok(Some(found)) => match (self.replay)(&found, &branch.known) {
                        Some(request) if branch.present.is_empty() => return Ok(Some(request)),
                        _ => is_proven = false,
                    },
                    Err(Exhausted::Method) => is_proven = false,
                    Err(exhausted) => return Err(exhausted),
                }
            }
        }
        if is_proven {
            return Ok(None);
        }
        for guess in guesses {
            if let Some(request) = self.guessed(Some(guess), &parts, &live, meter)? {
                return Ok(Some(request));
            }
        }
        Err(Exhausted::Method)
    }

    /// The same query among no other statements than those of it that can meet.
    pub(crate) fn alone(
        &self,
        parts: &[&Block<'p>],
        blockers: &[&Block<'p>],
        meter: &mut Meter,
    ) -> Result<Option<Request>, Exhausted> {
        let (of_parts, live) = meeting(parts, blockers);
        match self.within(self.first, &of_parts, &live, meter)? {
            Some(found) => self.request(&found, parts, blockers, meter),
            None => Ok(None),
        }
    }

    /// The same query where variables hold what a branch says.
    fn within(
        &self,
        branch: &Branch,
        parts: &[Source<'p>],
        live: &[Source<'p>],
        meter: &mut Meter,
    ) -> Result<Option<Found>, Exhausted> {
        let (mut clauses, mut symbols) = (Clauses::default(), BTreeMap::new());
        let mut variables = parts.iter().chain(live).flat_map(boxes::variables);
        let is_open = variables.any(|key| !branch.settled.contains(&key));
        let mut compiler = Compiler { clauses: &mut clauses, branch, is_open, symbols: &mut symbols };
        let [chosen, blockers] = [parts, live].map(|sources| compiler.compile(sources));
        if chosen.len() < parts.len() {
            return Ok(None);
        }
        let mut search = Search::new(clauses, branch, &symbols, self.universe, meter);
        let [chosen, blockers] =
            [&chosen, &blockers].map(|blocks| -> Vec<&Block<'p>> { blocks.iter().collect() });
        let found = search.escape(&chosen, &blockers)?;
        if found.is_none() && search.incomplete { Err(Exhausted::Method) } else { Ok(found) }
    }

    fn guessed(
        &self,
        guess: Option<Branch>,
        parts: &[Source<'p>],
        live: &[Source<'p>],
        meter: &mut Meter,
    ) -> Result<Option<Request>, Exhausted> {
        let Some(branch) = guess else { return Ok(None) };
        match self.within(&branch, parts, live, meter) {
            Ok(found) => Ok(found.and_then(|found| (self.replay)(&found, &branch.known))),
            Err(Exhausted::Method) => Ok(None),
            Err(exhausted) => Err(exhausted),
        }
    }

    /// What variables could hold: each something of its own, something that a document mentions, nothing. What is
    /// likelier to serve comes first.
    fn guesses(&self, open: &[String], parts: &[Source<'p>], live: &[Source<'p>]) -> Vec<Branch> {
        let sources = || parts.iter().chain(live);
        let mut all = vec![(0, self.first.clone())];
        for (number, key) in open.iter().enumerate() {
            let mut values = vec![Some(format!("witness{number}")), Some("same".to_owned()), None];
            let clauses = sources().flat_map(|source| source.statement.conditions());
            let mentioned = clauses.filter(|clause| clause.key().folded() == key);
            let texts = mentioned.flat_map(|clause| clause.values()).map(|value| value.as_str());
            let plain = texts.filter(|text| !text.contains("${")).take(3);
            values.extend(plain.map(|text| Some(text.replace(['*', '?'], "x"))));
            values.extend(sources().flat_map(segments).take(8).map(Some));
            let mut next = Vec::with_capacity(all.len() * values.len());
            for (rank, value) in values.iter().enumerate() {
                for (before, branch) in &all {
                    let mut with = branch.clone();
                    with.settled.insert(key.clone());
                    if let Some(value) = value {
                        with.known.set(key, Values::from(value.as_str()));
                    }
                    next.push((before + rank, with));
                }
            }
            next.sort_by_key(|(rank, _)| *rank);
            next.truncate(MOST_GUESSES);
            all = next;
        }
        all.into_iter().map(|(_, branch)| branch).collect()
    }
}

/// What the parts of a query were compiled from, and those of its blockers that can meet them.
fn meeting<'p>(parts: &[&Block<'p>], blockers: &[&Block<'p>]) -> (Vec<Source<'p>>, Vec<Source<'p>>) {
    let meets = |blocker: &&&Block<'p>| !parts.iter().any(|part| blocker.avoids(part));
    let live = blockers.iter().filter(meets).map(|blocker| blocker.source).collect();
    (parts.iter().map(|part| part.source).collect(), live)
}

/// What stands between the slashes and colons of resources, where it is plain.
fn segments<'s>(source: &Source<'s>) -> impl Iterator<Item = String> + use<'s> {
    let patterns = source.statement.resources().map(Element::patterns).unwrap_or_default();
    let tails = patterns.iter().filter_map(|pattern| boxes::tail(pattern.as_str()));
    let names = tails.flat_map(|tail| tail.split(['/', ':']).skip(1));
    let is_plain = |text: &&str| !text.is_empty() && !text.contains(['*', '?', '$', '}']);
    names.filter(is_plain).map(str::to_owned)
}

const MOST_GUESSES: usize = 48;
