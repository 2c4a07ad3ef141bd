//! Questions: whether one side allows a request that another does not.
//!
//! A side is a set of layers, each with its allows and denies, and the *ways* to be allowed: sets of layers that all
//! have to allow. A request is allowed where every layer of some way allows it and nothing denies it.

use std::collections::{BTreeMap, HashSet};

use policy::{Context, Effect, Request};

use crate::boxes::{self, Block, Clauses, Compiler, Source};
use crate::budget::{Exhausted, Meter};
use crate::search::{Found, Search, Universe};
use crate::settle::Settle;
use crate::split::Branch;

/// The statements of one side, layer by layer.
#[derive(Debug, Default, Clone)]
pub(crate) struct Side<'p> {
    pub(crate) layers: Vec<Vec<Source<'p>>>,
}

/// How a side's layers come to a decision.
#[derive(Debug, Default, Clone)]
pub(crate) struct Formula {
    /// Sets of layers that all have to allow; any of them will do.
    pub(crate) ways: Vec<Vec<usize>>,
    /// The layers whose denies count.
    pub(crate) denies: Vec<usize>,
}

/// A part of all requests, in which both sides have one formula each.
#[derive(Debug, Default, Clone)]
pub(crate) struct Case<'p> {
    /// What requests must be in.
    pub(crate) parts: Vec<Source<'p>>,
    /// What they must not be in.
    pub(crate) blockers: Vec<Source<'p>>,
    pub(crate) a: Formula,
    pub(crate) b: Formula,
}

/// A question: is there a request that `a` allows and `b` does not?
#[derive(Debug)]
pub(crate) struct Question<'p> {
    pub(crate) a: Side<'p>,
    pub(crate) b: Side<'p>,
    pub(crate) cases: Vec<Case<'p>>,
    pub(crate) universe: Universe<'p>,
    /// Whether the principals of the universe are all that matter.
    pub(crate) is_complete: bool,
    /// What keys hold.
    pub(crate) known: Context,
    /// Further keys that are absent.
    pub(crate) absent: HashSet<String>,
    /// Only these statements of `a`'s first layer are asked about.
    pub(crate) only: Option<usize>,
}

impl<'p> Question<'p> {
    /// Between two sides of one layer each.
    pub(crate) fn between(a: Vec<Source<'p>>, b: Vec<Source<'p>>, universe: Universe<'p>) -> Self {
        let formula = Formula { ways: vec![vec![0]], denies: vec![0] };
        Self {
            a: Side { layers: vec![a] },
            b: Side { layers: vec![b] },
            cases: vec![Case { a: formula.clone(), b: formula, ..Case::default() }],
            universe,
            is_complete: true,
            known: Context::new(),
            absent: HashSet::new(),
            only: None,
        }
    }

    /// A request that `a` allows and `b` does not, which `replay` has to confirm; `None` proves that there is none.
    pub(crate) fn solve(
        &self,
        replay: &dyn Fn(&Found, &Context) -> Option<Request>,
        meter: &mut Meter,
    ) -> Result<Option<Request>, Exhausted> {
        let mut settled = self.absent.clone();
        settled.extend(self.known.iter().map(|(key, _)| key.folded().to_owned()));
        let is_open = self.sources().flat_map(boxes::variables).any(|key| !settled.contains(&key));
        let first = Branch { known: self.known.clone(), settled, ..Branch::default() };
        let (mut clauses, mut symbols) = (Clauses::default(), BTreeMap::new());
        let mut compiler = Compiler { clauses: &mut clauses, branch: &first, is_open, symbols: &mut symbols };
        let mut layers = |side: &Side<'p>| -> Vec<Layer<'p>> {
            side.layers.iter().map(|sources| Layer::of(compiler.compile(sources))).collect()
        };
        let (a, b) = (layers(&self.a), layers(&self.b));
        let cases: Vec<_> = self
            .cases
            .iter()
            .map(|case| (compiler.compile(&case.parts), compiler.compile(&case.blockers), case))
            .collect();
        let mut search = Search::new(clauses, &first, &symbols, &self.universe, meter);
        let settle = Settle { universe: &self.universe, first: &first, replay };
        for (parts, blockers, case) in &cases {
            // A scope that can hold nothing.
            if parts.len() < case.parts.len() {
                continue;
            }
            let sides = Sides { a: &a, b: &b, case, parts, blockers, only: self.only, settle: &settle };
            if let Some(request) = sides.difference(&mut search)? {
                return Ok(Some(request));
            }
        }
        if search.incomplete || !self.is_complete { Err(Exhausted::Method) } else { Ok(None) }
    }

    fn sources(&self) -> impl Iterator<Item = &Source<'p>> {
        let of_cases = self.cases.iter().flat_map(|case| case.parts.iter().chain(&case.blockers));
        self.a.layers.iter().chain(&self.b.layers).flatten().chain(of_cases)
    }
}

/// The statements of a layer, compiled.
struct Layer<'p> {
    allows: Vec<Block<'p>>,
    denies: Vec<Block<'p>>,
}

impl<'p> Layer<'p> {
    fn of(blocks: Vec<Block<'p>>) -> Self {
        let (allows, denies) = blocks.into_iter().partition(|block| block.effect == Effect::Allow);
        Self { allows, denies }
    }
}

/// Both sides in one case.
struct Sides<'s, 'q, 'p> {
    a: &'s [Layer<'p>],
    b: &'s [Layer<'p>],
    case: &'s Case<'p>,
    parts: &'s [Block<'p>],
    blockers: &'s [Block<'p>],
    only: Option<usize>,
    settle: &'s Settle<'q, 'p>,
}

/// What is done with each product.
type Visit<'v, 's, 'p> =
    dyn FnMut(&mut Search<'p, '_>, &[&'s Block<'p>]) -> Result<Option<Request>, Exhausted> + 'v;

impl<'s, 'p> Sides<'s, '_, 'p> {
    fn difference(&self, search: &mut Search<'p, '_>) -> Result<Option<Request>, Exhausted> {
        let denies = |layers: &'s [Layer<'p>], formula: &Formula| -> Vec<&'s Block<'p>> {
            formula.denies.iter().filter_map(|at| layers.get(*at)).flat_map(|layer| &layer.denies).collect()
        };
        let ours: Vec<&Block<'p>> = denies(self.a, &self.case.a).into_iter().chain(self.blockers).collect();
        let theirs: Vec<&Block<'p>> = denies(self.b, &self.case.b)
            .into_iter()
            .filter(|deny| !ours.iter().any(|ours| ours.contains(deny)))
            .collect();
        // What `b` needs fails where one layer of each way is silent: a set of blockers for each choice of layers.
        let silences: Vec<Vec<&Block<'p>>> = choices(&self.case.b.ways)
            .iter()
            .map(|choice| {
                let silent = choice.iter().filter_map(|at| self.b.get(*at)).flat_map(|layer| &layer.allows);
                ours.iter().copied().chain(silent).collect()
            })
            .collect();
        for way in &self.case.a.ways {
            let mut chosen: Vec<&Block<'p>> = self.parts.iter().collect();
            let found = self.each(way, &mut chosen, search, &mut |search, chosen| {
                for silence in &silences {
                    if let Some(found) = self.ask(search, chosen, silence)? {
                        return Ok(Some(found));
                    }
                }
                for deny in &theirs {
                    let with: Vec<&Block<'p>> = chosen.iter().copied().chain([*deny]).collect();
                    if let Some(found) = self.ask(search, &with, &ours)? {
                        return Ok(Some(found));
                    }
                }
                Ok(None)
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// A request in all of `parts` and none of `blockers`. What is not decided is noted, and others may still be found.
    fn ask(
        &self,
        search: &mut Search<'p, '_>,
        parts: &[&Block<'p>],
        blockers: &[&Block<'p>],
    ) -> Result<Option<Request>, Exhausted> {
        let was_incomplete = std::mem::take(&mut search.incomplete);
        let found = search.escape(parts, blockers)?;
        let settled = match found {
            // Among few statements a key may have no more cases than can be gone over.
            None if search.incomplete => self.settle.alone(parts, blockers, search.meter),
            None => Ok(None),
            Some(found) => self.settle.request(&found, parts, blockers, search.meter),
        };
        let is_open = matches!(settled, Err(Exhausted::Method));
        search.incomplete = was_incomplete || is_open;
        if is_open { Ok(None) } else { settled }
    }

    /// Goes over the products of an allow of each layer of a way.
    fn each(
        &self,
        way: &[usize],
        chosen: &mut Vec<&'s Block<'p>>,
        search: &mut Search<'p, '_>,
        visit: &mut Visit<'_, 's, 'p>,
    ) -> Result<Option<Request>, Exhausted> {
        let Some((at, rest)) = way.split_first() else { return visit(search, chosen) };
        let Some(layer) = self.a.get(*at) else { return Ok(None) };
        search.meter.spend(layer.allows.len())?;
        let is_asked =
            |block: &Block<'p>| *at != 0 || self.only.is_none_or(|only| only == block.source.number);
        // Where a layer allows all that is chosen already, it has no more to say.
        if self.only.is_none()
            && layer.allows.iter().any(|allow| chosen.iter().any(|part| allow.contains(part)))
        {
            return self.each(rest, chosen, search, visit);
        }
        for allow in layer.allows.iter().filter(|allow| is_asked(allow)) {
            if chosen.iter().any(|part| part.avoids(allow)) {
                continue;
            }
            chosen.push(allow);
            let found = self.each(rest, chosen, search, visit)?;
            chosen.pop();
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// The smallest sets with a layer of each way.
fn choices(ways: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
    for way in ways {
        let mut next: Vec<Vec<usize>> = Vec::new();
        for set in sets {
            if way.iter().any(|layer| set.contains(layer)) {
                next.push(set);
            } else {
                next.extend(way.iter().map(|layer| set.iter().copied().chain([*layer]).collect()));
            }
        }
        sets = next;
    }
    sets.iter_mut().for_each(|set| set.sort_unstable());
    sets.sort_by_key(Vec::len);
    let mut kept: Vec<Vec<usize>> = Vec::new();
    for set in sets {
        if !kept.iter().any(|smaller| smaller.iter().all(|layer| set.contains(layer))) {
            kept.push(set);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_has_a_layer_of_each_way_and_none_too_many() {
        assert_eq!(choices(&[]), vec![Vec::<usize>::new()]);
        assert_eq!(choices(&[vec![]]), Vec::<Vec<usize>>::new(), "what is allowed anyhow cannot fail");
        assert_eq!(choices(&[vec![0, 1], vec![0, 2]]), vec![vec![0], vec![1, 2]]);
    }
}
