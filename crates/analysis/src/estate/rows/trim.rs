//! What is superfluous within a row: actions and resources that other rows have as well, or that are denied whole.

use std::collections::BTreeMap;

use policy::{Effect, Element, Layer, Named, Polarity, Policy, Statement, Version};

use super::{Row, proves_none, written};
use crate::boxes::{Block, Compiler, Source};
use crate::budget::Exhausted;
use crate::least_privilege::print::quoted;
use crate::search::Search;

/// Which list of a row an entry stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum List {
    Actions,
    Resources,
}

/// Each entry of allowing statements as a policy of its own.
#[derive(Debug, Default)]
pub(super) struct Texts {
    policies: BTreeMap<(List, String), Policy>,
}

/// The entries, compiled.
#[derive(Debug)]
pub(super) struct Entries<'p> {
    blocks: BTreeMap<(List, &'p str), Block<'p>>,
}

impl Texts {
    /// The entries of all statements that allow.
    pub(super) fn of<'n>(policies: impl Iterator<Item = &'n Named>) -> Self {
        let mut this = Self::default();
        for named in policies {
            let allows = named.policy.statements().iter().filter(|it| it.effect() == Effect::Allow);
            for statement in allows {
                this.add(statement, named.policy.version());
            }
        }
        this
    }

    fn add(&mut self, statement: &Statement, version: Version) {
        if statement.actions().polarity() == Polarity::Listed {
            for pattern in statement.actions().patterns() {
                self.entry(List::Actions, pattern.as_str().to_owned());
            }
        }
        let listed = statement.resources().filter(|element| element.polarity() == Polarity::Listed);
        for pattern in listed.map(Element::patterns).unwrap_or_default() {
            self.entry(List::Resources, written(pattern.as_str(), version));
        }
    }

    fn entry(&mut self, list: List, text: String) {
        let (action, resource) = match list {
            List::Actions => (text.as_str(), "*"),
            List::Resources => ("*", text.as_str()),
        };
        let document = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": {}, "Resource": {}}}}}"#,
            quoted(action),
            quoted(resource)
        );
        if let Ok(policy) = Policy::parse(&document) {
            self.policies.insert((list, text), policy);
        }
    }

    /// Compiles them.
    pub(super) fn compile<'p>(&'p self, compiler: &mut Compiler<'p, '_>) -> Entries<'p> {
        let mut blocks = BTreeMap::new();
        for ((list, text), policy) in &self.policies {
            let sources: Vec<Source<'p>> = Source::of(policy, Layer::Identity).collect();
            if let Some(mut block) = compiler.compile(&sources).pop() {
                if *list == List::Actions {
                    block.resources = None;
                }
                blocks.insert((*list, text.as_str()), block);
            }
        }
        Entries { blocks }
    }
}

/// Takes out of each row what other rows have as well, and what is denied. On the way only rows of which nothing was
/// taken stand for what they cover: so nothing is lost by two rows that each leave something to the other.
pub(super) fn trim<'p>(
    rows: &mut [Row],
    products: &[Vec<&Block<'p>>],
    denies: &[(&Block<'p>, (String, usize))],
    entries: &Entries<'p>,
    search: &mut Search<'p, '_>,
) -> Result<(), Exhausted> {
    let mut touched = vec![false; rows.len()];
    for (at, (row, product)) in rows.iter_mut().zip(products).enumerate() {
        let others = products.iter().zip(&touched).enumerate().filter(|(other, _)| *other != at);
        let whole = others.filter(|(_, (product, touched))| product.len() == 1 && !**touched);
        let whole = whole.filter_map(|(_, (product, _))| product.first().copied());
        let blockers: Vec<&Block<'p>> = denies.iter().map(|(deny, _)| *deny).chain(whole).collect();
        for list in [List::Actions, List::Resources] {
            let texts = match list {
                List::Actions => &mut row.actions,
                List::Resources => &mut row.resources,
            };
            // What stands alone is the row, and the row is not superfluous.
            if texts.len() < 2 {
                continue;
            }
            let mut kept = Vec::new();
            for text in texts.iter() {
                let needed = match entries.blocks.get(&(list, text.as_str())) {
                    Some(entry) => !proves_none(search, &with(product, &[entry]), &blockers)?,
                    None => true,
                };
                if needed {
                    kept.push(text.clone());
                }
            }
            if !kept.is_empty() && kept.len() < texts.len() {
                *texts = kept;
                if let Some(touched) = touched.get_mut(at) {
                    *touched = true;
                }
            }
        }
        if touched.get(at).copied().unwrap_or(false) {
            spare(row, product, denies, entries, search)?;
        }
    }
    Ok(())
}

/// Takes out the exceptions that concern nothing of what is left.
fn spare<'p>(
    row: &mut Row,
    product: &[&Block<'p>],
    denies: &[(&Block<'p>, (String, usize))],
    entries: &Entries<'p>,
    search: &mut Search<'p, '_>,
) -> Result<(), Exhausted> {
    let mut kept = Vec::new();
    for exception in std::mem::take(&mut row.except) {
        let deny = denies.iter().find(|(_, by)| *by == exception.by);
        let mut concerns = true;
        for (list, texts) in [(List::Actions, &row.actions), (List::Resources, &row.resources)] {
            let left: Vec<_> =
                texts.iter().filter_map(|text| entries.blocks.get(&(list, text.as_str()))).collect();
            let mut meets = left.is_empty() || left.len() < texts.len();
            for entry in left {
                meets = meets
                    || match deny {
                        Some((deny, _)) => !proves_none(search, &with(product, &[entry, deny]), &[])?,
                        None => true,
                    };
            }
            concerns &= meets;
        }
        if concerns {
            kept.push(exception);
        }
    }
    row.except = kept;
    Ok(())
}

fn with<'s, 'p>(product: &[&'s Block<'p>], more: &[&'s Block<'p>]) -> Vec<&'s Block<'p>> {
    product.iter().chain(more).copied().collect()
}
