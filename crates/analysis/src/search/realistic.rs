//! Cover queries over the requests that can happen.

use std::collections::HashSet;

use policy::Values;

use super::actions::is_open_to_all;
use super::{Dimension, Found, Search};
use crate::boxes::Block;
use crate::budget::Exhausted;
use crate::facts;
use crate::mask::Mask;

impl<'p> Search<'p, '_> {
    /// The same among the requests that can happen.
    pub(super) fn escape_in_fact(
        &mut self,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
        keys: &[usize],
        others: &[Dimension],
    ) -> Result<Option<Found>, Exhausted> {
        let universe = self.universe;
        let Some(facts) = &universe.facts else { return Ok(None) };
        let Some(sometimes) = self.settled_in_fact() else { return Ok(None) };
        let names: Vec<String> =
            keys.iter().filter_map(|key| Some(self.keys.get(*key)?.as_ref()?.name.clone())).collect();
        // Key by key: what the dimension is where the request carries it, and where it does not.
        let mut carried = Vec::new();
        for (key, name) in keys.iter().zip(&names) {
            let is_settled = self.branch.settled.contains(&name.to_ascii_lowercase());
            let many = facts.condition_key(name).is_some_and(|key| key.is_multivalued());
            let fits = |case: &Option<Values>| match case {
                None => is_settled || !is_always_carried(name),
                Some(Values::One(_)) => is_settled || !many,
                Some(Values::Many(_)) => is_settled || many,
            };
            let with = self.key_dimension(*key, parts, live, fits)?;
            let without = self.key_dimension(*key, parts, live, |case| is_settled || case.is_none())?;
            carried.push((with, without));
        }
        let mut tried = HashSet::new();
        for known in facts.actions() {
            let action = &known.action;
            self.meter.spend(1)?;
            if self.universe.signed && is_open_to_all(action.folded())
                || !parts.iter().all(|part| part.takes(action))
            {
                continue;
            }
            let mask = Mask::of(live.len(), |at| live.get(at).is_some_and(|block| block.takes(action)));
            for target in known.targets() {
                if !sometimes.iter().all(|name| known.carries(&target, name)) {
                    continue;
                }
                let carries: Vec<bool> = names.iter().map(|name| known.carries(&target, name)).collect();
                if !tried.insert((mask.clone(), target.clone(), carries.clone())) {
                    continue;
                }
                let mut dimensions = others.to_vec();
                dimensions.extend(
                    carried.iter().zip(&carries).map(
                        |((with, without), carries)| {
                            if *carries { with.clone() } else { without.clone() }
                        },
                    ),
                );
                let target = facts.target(&target);
                let actions = [(mask.clone(), action.as_str().to_owned())];
                if let Some(found) = self.walk(parts, live, &actions, &mut dimensions, &target)? {
                    return Ok(Some(found));
                }
            }
        }
        self.incomplete |= !facts.is_complete();
        Ok(None)
    }

    /// The keys that hold something by now and that only some requests carry; `None` where a key is settled to be
    /// missing that every request carries.
    fn settled_in_fact(&self) -> Option<Vec<String>> {
        let (mut held, missing): (Vec<&String>, Vec<&String>) =
            self.branch.settled.iter().partition(|name| self.branch.known.get(name).is_some());
        held.extend(self.branch.present.keys());
        let sometimes = held.into_iter().filter(|name| !facts::is_carried_anywhere(name)).cloned().collect();
        (!missing.into_iter().any(|name| is_always_carried(name))).then_some(sometimes)
    }
}

fn is_always_carried(name: &str) -> bool {
    ALWAYS_CARRIED.iter().any(|key| key.eq_ignore_ascii_case(name))
}

/// Keys without which no request comes (AWS: "AWS global condition context keys", availability).
const ALWAYS_CARRIED: [&str; 6] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:ViaAWSService",
    "aws:userid",
];
