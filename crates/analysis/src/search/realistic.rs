//! Cover queries over the requests that can happen.

use std::collections::HashSet;

use policy::Values;

use super::actions::is_open_to_all;
use super::{Dimension, Found, Search};
use crate::boxes::Block;
use crate::budget::Exhausted;
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
        let names: Vec<String> =
            keys.iter().filter_map(|key| Some(self.keys.get(*key)?.as_ref()?.name.clone())).collect();
        // Key by key: what the dimension is where the request carries it, and where it does not.
        let mut carried = Vec::new();
        for (key, name) in keys.iter().zip(&names) {
            let is_settled = self.branch.settled.contains(&name.to_ascii_lowercase());
            let many = facts.condition_key(name).is_some_and(|key| key.is_multivalued());
            let always = ALWAYS_CARRIED.iter().any(|key| key.eq_ignore_ascii_case(name));
            let fits = |case: &Option<Values>| match case {
                None => is_settled || !always,
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
