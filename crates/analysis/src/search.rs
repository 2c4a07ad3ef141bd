//! Cover queries: whether some request is in every statement of a product and in no blocker.

mod actions;
mod dimensions;
mod realistic;
mod resource;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use policy::{Principal, Values};

use crate::boxes::{Block, Clauses, Resources};
use crate::budget::{Exhausted, Meter};
use crate::facts::{Facts, Target};
use crate::keys::Key;
use crate::mask::Mask;
use crate::split::Branch;

/// What a request is made of.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) principal: Option<Principal>,
    pub(crate) keys: Vec<(String, Values)>,
}

/// What requests there are.
#[derive(Debug, Default)]
pub(crate) struct Universe<'c> {
    /// Who may ask; `None` where one principal is given and statements are known to speak to it.
    pub(crate) principals: Option<Vec<Principal>>,
    /// Whether the principals have permissions boundaries.
    pub(crate) bounded: bool,
    /// Whether what is open to every signed principal, whatever policies say, is left out.
    pub(crate) signed: bool,
    /// What there is, where requests must be such as can happen.
    pub(crate) facts: Option<Facts<'c>>,
}

/// Everything that cover queries of one question share.
pub(crate) struct Search<'p, 'm> {
    clauses: Clauses<'p>,
    /// The key of each clause, by number in `names`.
    key_of: Vec<usize>,
    /// The clauses of each key.
    about: Vec<Vec<usize>>,
    branch: &'m Branch,
    keys: Vec<Option<Key>>,
    symbols: Vec<u16>,
    universe: &'m Universe<'p>,
    /// Whether some answer stood on a key whose cases are not all there are.
    pub(crate) incomplete: bool,
    pub(crate) meter: &'m mut Meter,
}

/// A variable of a query: its cases, and for each which blockers hold.
#[derive(Clone)]
struct Dimension {
    kind: Kind,
    /// Only those that let no other do better.
    cases: Vec<(Mask, usize)>,
    /// The blockers that say anything about it.
    constrained: Mask,
}

#[derive(Clone, Copy)]
enum Kind {
    Principal,
    Key(usize),
    Atom,
}

/// A state of the search: the blockers not yet escaped, and how it came about.
type Layer = Vec<(Mask, usize, usize)>;

impl<'p, 'm> Search<'p, 'm> {
    pub(crate) fn new(
        clauses: Clauses<'p>,
        branch: &'m Branch,
        symbols: &BTreeMap<String, u16>,
        universe: &'m Universe<'p>,
        meter: &'m mut Meter,
    ) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut key_of = Vec::new();
        for (clause, _) in &clauses.all {
            let next = numbers.len();
            key_of.push(*numbers.entry(clause.key().folded()).or_insert(next));
        }
        let keys = (0..numbers.len()).map(|_| None).collect();
        let mut about = vec![Vec::new(); numbers.len()];
        for (clause, key) in key_of.iter().enumerate() {
            if let Some(about) = about.get_mut(*key) {
                about.push(clause);
            }
        }
        let symbols = symbols.values().copied().collect();
        Self { clauses, key_of, about, branch, keys, symbols, universe, incomplete: false, meter }
    }

    /// Something that every part takes and no blocker; `None` proves that there is nothing.
    pub(crate) fn escape(
        &mut self,
        parts: &[&Block<'p>],
        blockers: &[&Block<'p>],
    ) -> Result<Option<Found>, Exhausted> {
        self.meter.spend(blockers.len() + 1)?;
        for (at, part) in parts.iter().enumerate() {
            if parts.iter().skip(at + 1).any(|other| part.avoids(other)) {
                return Ok(None);
            }
        }
        let mut live: Vec<&Block<'p>> = Vec::new();
        for blocker in blockers {
            if parts.iter().any(|part| blocker.contains(part)) {
                return Ok(None);
            }
            if !parts.iter().any(|part| blocker.avoids(part)) {
                live.push(blocker);
            }
        }
        let mut lost = BTreeMap::new();
        if self.universe.facts.is_none() {
            self.leave_unasked(parts, &mut live, &mut lost)?;
        }
        let mut others = Vec::new();
        if self.universe.principals.is_some() {
            others.push(self.principal_dimension(parts, &live)?);
        }
        for atom in parts.iter().chain(&live).flat_map(|block| &block.atoms).collect::<BTreeSet<_>>() {
            others.push(self.atom_dimension(*atom, parts, &live)?);
        }
        let keys = self.keys_of(parts, &live);
        let actions = self.actions(parts, &live)?;
        let mut dimensions = others.clone();
        for key in &keys {
            dimensions.push(self.key_dimension(*key, parts, &live, |_| true)?);
        }
        let found = self.walk(parts, &live, &actions, &mut dimensions, &Target::Any)?;
        if found.is_none() || self.universe.facts.is_none() {
            return Ok(found.map(|found| self.with(found, &lost)));
        }
        self.escape_in_fact(parts, &live, &keys, &others)
    }

    fn walk(
        &mut self,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
        actions: &[(Mask, String)],
        dimensions: &mut [Dimension],
        target: &Target,
    ) -> Result<Option<Found>, Exhausted> {
        if actions.is_empty() || dimensions.iter().any(|dimension| dimension.cases.is_empty()) {
            return Ok(None);
        }
        dimensions.sort_by_key(|dimension| dimension.cases.len());
        let by_resource = Mask::of(live.len(), |at| {
            live.get(at)
                .and_then(|block| block.resources.as_ref())
                .is_some_and(|resources| !resources.is_all())
        });
        let mut layers: Vec<Layer> =
            vec![actions.iter().enumerate().map(|(at, (mask, _))| (mask.clone(), 0, at)).collect()];
        // Behind each dimension: the blockers that something later may still rule out.
        let mut opens = vec![by_resource];
        for dimension in dimensions.iter().skip(1).rev() {
            self.meter.spend(live.len() / 64 + 1)?;
            opens.extend(opens.last().map(|open| open.or(&dimension.constrained)));
        }
        for (dimension, open) in dimensions.iter().zip(opens.iter().rev()) {
            let mut next: HashMap<Mask, (usize, usize)> = HashMap::new();
            for (before, (mask, ..)) in layers.last().into_iter().flatten().enumerate() {
                for (case, (holds, _)) in dimension.cases.iter().enumerate() {
                    self.meter.spend(1)?;
                    let mask = mask.and(holds);
                    if mask.is_within(open) {
                        next.entry(mask).or_insert((before, case));
                    }
                }
            }
            self.meter.hold(next.len())?;
            let next = next.into_iter().map(|(mask, (before, case))| (mask, before, case)).collect();
            layers.push(self.smallest(next, |(mask, ..)| mask)?);
        }
        let last = layers.last().cloned().unwrap_or_default();
        for (number, (mask, ..)) in last.iter().enumerate() {
            let rest: Vec<&Resources> =
                mask.numbers().filter_map(|at| live.get(at)?.resources.as_ref()).collect();
            if mask.numbers().count() > rest.len() {
                continue;
            }
            if let Some(resource) = self.resource(parts, &rest, target)? {
                return Ok(self.spell(number, &layers, actions, dimensions, resource));
            }
        }
        Ok(None)
    }

    fn spell(
        &self,
        mut number: usize,
        layers: &[Layer],
        actions: &[(Mask, String)],
        dimensions: &[Dimension],
        resource: String,
    ) -> Option<Found> {
        let mut keys = Vec::new();
        let mut principal = None;
        for (layer, dimension) in layers.iter().skip(1).zip(dimensions).rev() {
            let (_, before, case) = layer.get(number)?;
            number = *before;
            let (_, value) = dimension.cases.get(*case)?;
            match dimension.kind {
                Kind::Principal => principal = self.universe.principals.as_ref()?.get(*value).cloned(),
                Kind::Key(key) => {
                    let key = self.keys.get(key)?.as_ref()?;
                    if let Some(values) = key.cases.get(*value)?.clone() {
                        keys.push((key.name.clone(), values));
                    }
                }
                Kind::Atom => {}
            }
        }
        let (_, _, action) = layers.first()?.get(number)?;
        Some(Found { action: actions.get(*action)?.1.clone(), resource, principal, keys })
    }

    /// Keeps what no other is within.
    fn smallest<T>(&mut self, mut all: Vec<T>, mask: impl Fn(&T) -> &Mask) -> Result<Vec<T>, Exhausted> {
        all.sort_by_cached_key(|item| (mask(item).count(), mask(item).clone()));
        let mut kept: Vec<T> = Vec::new();
        for item in all {
            self.meter.spend(kept.len() / 8 + 1)?;
            if !kept.iter().any(|smaller| mask(smaller).is_within(mask(&item))) {
                kept.push(item);
            }
        }
        Ok(kept)
    }

    fn keys_of(&self, parts: &[&Block<'p>], live: &[&Block<'p>]) -> Vec<usize> {
        let clauses = parts.iter().chain(live).flat_map(|block| &block.clauses);
        let mut keys: Vec<usize> = clauses.filter_map(|clause| self.key_of.get(*clause).copied()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Goes over the clauses about a key, once.
    fn read(&mut self, key: usize) -> Result<(), Exhausted> {
        let Some(slot @ None) = self.keys.get_mut(key) else { return Ok(()) };
        let numbers = self.about.get(key).into_iter().flatten();
        let about: Vec<_> = numbers
            .filter_map(|number| {
                self.clauses.all.get(*number).map(|(clause, version)| (*number, *clause, *version))
            })
            .collect();
        *slot = Some(Key::new(&about, self.branch, self.meter)?);
        Ok(())
    }

    /// Leaves out the blockers that ask about a key of which no part says anything, where it can be such that none
    /// of its clauses holds, and notes that case.
    fn leave_unasked(
        &mut self,
        parts: &[&Block<'p>],
        live: &mut Vec<&Block<'p>>,
        lost: &mut BTreeMap<usize, usize>,
    ) -> Result<(), Exhausted> {
        let asked: HashSet<usize> = self.keys_of(parts, &[]).into_iter().collect();
        let mut kept = Vec::with_capacity(live.len());
        for block in live.drain(..) {
            let mut case = None;
            for clause in &block.clauses {
                let Some(key) = self.key_of.get(*clause).copied().filter(|key| !asked.contains(key)) else {
                    continue;
                };
                self.read(key)?;
                case = self.keys.get(key).and_then(|read| Some((key, read.as_ref()?.lost?)));
                if case.is_some() {
                    break;
                }
            }
            match case {
                Some((key, case)) => drop(lost.insert(key, case)),
                None => kept.push(block),
            }
        }
        *live = kept;
        Ok(())
    }

    /// What was found, with keys that hold what none of their clauses takes.
    fn with(&self, mut found: Found, lost: &BTreeMap<usize, usize>) -> Found {
        let held = lost.iter().filter_map(|(key, case)| {
            let key = self.keys.get(*key)?.as_ref()?;
            Some((key.name.clone(), key.cases.get(*case)?.clone()?))
        });
        found.keys.extend(held);
        found
    }
}
