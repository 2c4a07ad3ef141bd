//! The variables of a query: what they can be, as far as the blockers tell it apart.

use std::collections::HashMap;

use policy::{Polarity, Principal, Values};

use super::{Dimension, Kind, Search};
use crate::boxes::Block;
use crate::budget::Exhausted;
use crate::mask::Mask;

impl<'p> Search<'p, '_> {
    pub(super) fn key_dimension(
        &mut self,
        key: usize,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
        fits: impl Fn(&Option<Values>) -> bool,
    ) -> Result<Dimension, Exhausted> {
        self.read(key)?;
        let Some(Some(read)) = self.keys.get(key) else { return Err(Exhausted::Method) };
        self.incomplete |= !read.exhaustive;
        let mine = |block: &Block<'p>| -> Vec<usize> {
            block.clauses.iter().copied().filter(|clause| self.key_of.get(*clause) == Some(&key)).collect()
        };
        let of_parts: Vec<usize> = parts.iter().flat_map(|part| mine(part)).collect();
        let of_live: Vec<Vec<usize>> = live.iter().map(|block| mine(block)).collect();
        let constrained =
            Mask::of(live.len(), |at| of_live.get(at).is_some_and(|clauses| !clauses.is_empty()));
        let mut cases: HashMap<Mask, usize> = HashMap::new();
        for (case, values) in read.cases.iter().enumerate() {
            self.meter.spend(live.len() / 8 + 1)?;
            if fits(values) && of_parts.iter().all(|clause| read.holds_in(*clause, case)) {
                let mask = Mask::of(live.len(), |at| {
                    of_live
                        .get(at)
                        .is_some_and(|clauses| clauses.iter().all(|clause| read.holds_in(*clause, case)))
                });
                cases.entry(mask).or_insert(case);
            }
        }
        let cases = self.smallest(cases.into_iter().collect(), |(mask, _)| mask)?;
        Ok(Dimension { kind: Kind::Key(key), cases, constrained })
    }

    pub(super) fn atom_dimension(
        &mut self,
        atom: usize,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
    ) -> Result<Dimension, Exhausted> {
        let constrained =
            Mask::of(live.len(), |at| live.get(at).is_some_and(|block| block.atoms.contains(&atom)));
        let holds = (Mask::of(live.len(), |_| true), 1);
        let fails =
            (Mask::of(live.len(), |at| live.get(at).is_some_and(|block| !block.atoms.contains(&atom))), 0);
        let is_needed = parts.iter().any(|part| part.atoms.contains(&atom));
        let cases = if is_needed { vec![holds] } else { vec![fails] };
        Ok(Dimension { kind: Kind::Atom, cases, constrained })
    }

    pub(super) fn principal_dimension(
        &mut self,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
    ) -> Result<Dimension, Exhausted> {
        let bounded = self.universe.bounded;
        let speaks = |block: &Block<'p>, principal: &Principal| {
            let reaches = |element: &policy::Element<policy::PrincipalPattern>| {
                element.reach(principal, block.effect, bounded).is_some()
            };
            block.principals.is_none_or(reaches)
        };
        let blocks = || parts.iter().chain(live);
        let patterns = blocks().filter_map(|block| block.principals).map(|element| element.patterns().len());
        let cost = blocks().count() + patterns.sum::<usize>() / 2;
        let mut cases: HashMap<Mask, usize> = HashMap::new();
        for (number, principal) in self.universe.principals.iter().flatten().enumerate() {
            self.meter.spend(cost)?;
            if parts.iter().all(|part| speaks(part, principal)) {
                let mask =
                    Mask::of(live.len(), |at| live.get(at).is_some_and(|block| speaks(block, principal)));
                cases.entry(mask).or_insert(number);
            }
        }
        let cases = self.smallest(cases.into_iter().collect(), |(mask, _)| mask)?;
        let constrained = Mask::of(live.len(), |at| {
            live.get(at).and_then(|block| block.principals).is_some_and(|element| {
                element.polarity() == Polarity::AllBut || !element.patterns().iter().any(|p| p.is_everyone())
            })
        });
        Ok(Dimension { kind: Kind::Principal, cases, constrained })
    }
}
