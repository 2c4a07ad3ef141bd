//! The actions that a query tells apart.

use std::collections::{HashMap, HashSet};

use policy::{Action, Polarity};

use super::Search;
use crate::boxes::Block;
use crate::budget::Exhausted;
use crate::mask::Mask;
use crate::pattern::{self, Pattern, Token};
use crate::words;

impl<'p> Search<'p, '_> {
    /// The actions that every part takes, a smallest set of blockers for each.
    pub(super) fn actions(
        &mut self,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
    ) -> Result<Vec<(Mask, String)>, Exhausted> {
        let is_listed =
            |block: &&&Block<'p>| block.actions.polarity == Polarity::Listed && !block.actions.every;
        let base = parts.iter().filter(is_listed).min_by_key(|block| block.actions.globs.len());
        let mut texts: Vec<String> = Vec::new();
        match base {
            Some(base) => {
                texts.extend(base.actions.exact.iter().cloned());
                for (service, glob, _) in &base.actions.globs {
                    texts.extend(self.action_classes(parts, live, Some(service), glob)?);
                }
            }
            None => {
                let half = [Token::OneInside, Token::ManyInside];
                let universe: Pattern = [&half[..], &[Token::Char(':')], &half[..]].concat().into();
                texts.extend(self.action_classes(parts, live, None, &universe)?);
            }
        }
        texts.sort_unstable();
        let mut cases = HashMap::new();
        for text in texts {
            // Open to every signed principal, whatever policies say.
            if self.universe.signed && is_open_to_all(&text) {
                continue;
            }
            let Ok(action) = Action::parse(&text) else { continue };
            self.meter.spend(live.len() + 1)?;
            if parts.iter().all(|part| part.takes(&action)) {
                let mask = Mask::of(live.len(), |at| live.get(at).is_some_and(|block| block.takes(&action)));
                cases.entry(mask).or_insert(text);
            }
        }
        self.smallest(cases.into_iter().collect(), |(mask, _)| mask)
    }

    /// Actions within a pattern, those that few blockers take. Only entries of the service tell them apart.
    fn action_classes(
        &mut self,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
        service: Option<&String>,
        universe: &Pattern,
    ) -> Result<Vec<String>, Exhausted> {
        let service = service.map(String::as_str);
        let mut seen: HashSet<(bool, words::Group<'_>)> = HashSet::new();
        let mut groups: [Vec<words::Group<'_>>; 2] = [Vec::new(), Vec::new()];
        for (blocks, gains) in [(parts, Polarity::Listed), (live, Polarity::AllBut)] {
            for actions in blocks.iter().flat_map(|block| block.every_actions()) {
                let patterns = actions.patterns(service);
                self.meter.spend(patterns.len() / 8 + 1)?;
                // A group that takes everything here tells nothing apart, and neither does what takes nothing here.
                if patterns.binary_search(universe).is_ok() {
                    continue;
                }
                let group: words::Group<'_> =
                    patterns.iter().filter(|pattern| !pattern::clash(universe, pattern)).collect();
                let is_loss = actions.polarity != gains;
                let [gained, lost] = &mut groups;
                if !group.is_empty() && seen.insert((is_loss, group.clone())) {
                    if is_loss { lost } else { gained }.push(group);
                }
            }
        }
        let [gained, lost] = &groups;
        words::best(gained, lost, universe, self.meter)
    }
}

/// Whether an action is open to every signed principal, whatever policies say.
pub(super) fn is_open_to_all(action: &str) -> bool {
    matches!(action, "sts:getcalleridentity" | "sts:getsessiontoken")
}
