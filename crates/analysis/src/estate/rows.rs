//! What somebody can do, as rows: none that the others make superfluous.

mod trim;

use std::collections::BTreeMap;
use std::sync::Arc;

use policy::condition::Clause;
use policy::{Bundle, Effect, Layer, Named, Polarity, Statement, Version};

use super::Member;
use crate::boxes::{Block, Clauses, Compiler, Source};
use crate::budget::{Budget, Exhausted, Meter};
use crate::compare::absent_keys;
use crate::pattern::{self, Pattern, Variables, Wildcards};
use crate::rules;
use crate::search::{Search, Universe};
use crate::split::Branch;
use crate::stack;

/// A row: requests with one of the actions, on one of the resources, under all of the conditions, except some.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// As `Action` lists them; any for none.
    pub actions: Vec<String>,
    /// As `NotAction` lists them.
    pub not_actions: Vec<String>,
    /// Further lists of actions, in each of which the action must be as well.
    pub actions_within: Vec<Vec<String>>,
    /// As `Resource` lists them; any for none.
    pub resources: Vec<String>,
    /// As `NotResource` lists them.
    pub not_resources: Vec<String>,
    /// Further lists of resources, in each of which the resource must be as well.
    pub resources_within: Vec<Vec<String>>,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// What is denied within the row.
    pub except: Vec<Exception>,
    /// The statements that allow it: policy, and place from 0.
    pub by: Vec<(String, usize)>,
}

/// A condition: an operator with a key and what it is compared with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    /// The operator, as it is written.
    pub operator: String,
    /// The condition key.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
}

/// A statement that denies some of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Exception {
    /// As `Action` lists them; any for none.
    pub actions: Vec<String>,
    /// As `NotAction` lists them.
    pub not_actions: Vec<String>,
    /// As `Resource` lists them; any for none.
    pub resources: Vec<String>,
    /// As `NotResource` lists them.
    pub not_resources: Vec<String>,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// The statement: policy, and place from 0.
    pub by: (String, usize),
}

/// A statement of a layer.
struct Entry<'p> {
    statement: &'p Statement,
    version: Version,
    /// `None` for a rule outside policies.
    policy: Option<&'p str>,
    place: usize,
}

impl Entry<'_> {
    fn by(&self) -> (String, usize) {
        (self.policy.unwrap_or_default().to_owned(), self.place)
    }
}

/// What a user or role can do by its own policies, within boundary and control policies, those of resources included, as
/// rows of which none is covered by the others.
pub fn effective(member: &Member, budget: Budget) -> Result<Vec<Row>, Exhausted> {
    let set = &member.policies;
    let Some(identity) = &set.identity else { return Ok(Vec::new()) };
    let mut bundles = vec![(identity, Layer::Identity)];
    bundles.extend(set.boundary.iter().map(|bundle| (bundle, Layer::Boundary)));
    // Roles of services are bound by no control policies.
    let is_bound = !member.principal.is_service_linked_role();
    let control =
        [(&set.service_control, Layer::ServiceControl), (&set.resource_control, Layer::ResourceControl)];
    for (levels, layer) in control.into_iter().filter(|_| is_bound) {
        bundles.extend(levels.iter().flat_map(|levels| levels.iter()).map(|level| (level, layer)));
    }
    let texts = trim::Texts::of(bundles.iter().flat_map(|(bundle, _)| bundle.policies()));
    let known = member.asker("*").known();
    let mut settled = absent_keys(&known);
    settled.extend(known.iter().map(|(key, _)| key.folded().to_owned()));
    let branch = Branch { known, settled, ..Branch::default() };
    let (mut clauses, mut symbols) = (Clauses::default(), BTreeMap::new());
    let mut compiler =
        Compiler { clauses: &mut clauses, branch: &branch, is_open: true, symbols: &mut symbols };
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let (mut own, mut of_resources): (Vec<Vec<Block<'_>>>, Vec<Vec<Block<'_>>>) = (Vec::new(), Vec::new());
    for (bundle, layer) in bundles {
        if layer == Layer::ResourceControl {
            of_resources.push(resource_control(bundle, member, &mut compiler, &mut entries));
            continue;
        }
        let mut blocks = Vec::new();
        for named in bundle.policies() {
            for source in Source::of(&named.policy, layer) {
                blocks.extend(compile(source, Some(named), &mut compiler, &mut entries));
            }
        }
        own.push(blocks);
    }
    let unbound: Vec<Block<'_>> = match of_resources.as_slice() {
        [] => Vec::new(),
        _ => {
            rules::bound().1.filter_map(|source| compile(source, None, &mut compiler, &mut entries)).collect()
        }
    };
    let single = texts.compile(&mut compiler);
    let mut meter = Meter::new(budget);
    let universe = Universe { signed: true, ..Universe::default() };
    let mut search = Search::new(clauses, &branch, &symbols, &universe, &mut meter);
    let own: Vec<&[Block<'_>]> = own.iter().map(Vec::as_slice).collect();
    let all: Vec<&[Block<'_>]> = own.iter().copied().chain(of_resources.iter().map(Vec::as_slice)).collect();
    let mut rows = rows_of(&all, &entries, &single, &mut search)?;
    // What resource control does not bind in the services that it binds is told apart where it would be denied.
    for apart in &unbound {
        let mut denies = of_resources.iter().flatten().filter(|block| block.effect == Effect::Deny);
        if denies.any(|deny| !deny.avoids(apart)) {
            let layers: Vec<&[Block<'_>]> =
                std::iter::once(std::slice::from_ref(apart)).chain(own.iter().copied()).collect();
            rows.extend(rows_of(&layers, &entries, &single, &mut search)?);
        }
    }
    Ok(merged(rows))
}

/// A level of resource control policies, as it bears on a member's requests: what it does not bind it allows, and it
/// denies nothing of that.
fn resource_control<'p>(
    bundle: &'p Arc<Bundle>,
    member: &'p Member,
    compiler: &mut Compiler<'p, '_>,
    entries: &mut Vec<Entry<'p>>,
) -> Vec<Block<'p>> {
    let mut blocks = Vec::new();
    for named in bundle.policies() {
        let of_one =
            stack::read(std::slice::from_ref(named), Layer::ResourceControl, &member.principal, false);
        for (source, _) in of_one {
            let is_deny = source.statement.effect() == Effect::Deny;
            let within = rules::bound().0.map(|rule| rule.statement).next().filter(|_| is_deny);
            blocks.extend(compile(Source { within, ..source }, Some(named), compiler, entries));
        }
    }
    for source in rules::beyond().chain(rules::bound().1) {
        blocks.extend(compile(source, None, compiler, entries));
    }
    blocks
}

/// A statement as a block, and as an entry that says what it was; rules outside policies are of none.
fn compile<'p>(
    source: Source<'p>,
    named: Option<&'p Named>,
    compiler: &mut Compiler<'p, '_>,
    entries: &mut Vec<Entry<'p>>,
) -> Option<Block<'p>> {
    let policy = named.map(|named| named.name.as_str());
    let (statement, version, place) = (source.statement, source.version, source.number);
    entries.push(Entry { statement, version, policy, place });
    compiler.compile(&[Source { number: entries.len() - 1, ..source }]).pop()
}

/// The rows of what all of these layers allow and none denies.
fn rows_of<'p>(
    layers: &[&[Block<'p>]],
    entries: &[Entry<'p>],
    single: &trim::Entries<'p>,
    search: &mut Search<'p, '_>,
) -> Result<Vec<Row>, Exhausted> {
    let denies: Vec<&Block<'p>> =
        layers.iter().copied().flatten().filter(|block| block.effect == Effect::Deny).collect();
    let mut products = Vec::new();
    multiply(layers, &mut Vec::new(), &mut products, search)?;
    let mut kept: Vec<Vec<&Block<'p>>> = Vec::new();
    for product in products {
        if !proves_none(search, &product, &denies)? {
            kept.push(product);
        }
    }
    for at in (0..kept.len()).rev() {
        if is_covered(&kept, at, &denies, search)? {
            kept.remove(at);
        }
    }
    let mut rows = Vec::new();
    for product in &kept {
        let mut row = Row::default();
        for block in product {
            if let Some(entry) = entries.get(block.source.number) {
                row.narrow(entry);
            }
        }
        for deny in &denies {
            let with: Vec<&Block<'p>> = product.iter().copied().chain([*deny]).collect();
            if !proves_none(search, &with, &[])?
                && let Some(entry) = entries.get(deny.source.number)
            {
                row.except.push(exception(entry));
            }
        }
        rows.push(row);
    }
    let denied: Vec<_> =
        denies.iter().filter_map(|deny| Some((*deny, entries.get(deny.source.number)?.by()))).collect();
    // Beyond the budget, what was not looked at stays: the rows are right, if longer than they need be.
    let _ = trim::trim(&mut rows, &kept, &denied, single, search);
    Ok(rows)
}

/// Whether there is surely no request that all parts take and no blocker.
fn proves_none<'p>(
    search: &mut Search<'p, '_>,
    parts: &[&Block<'p>],
    blockers: &[&Block<'p>],
) -> Result<bool, Exhausted> {
    search.incomplete = false;
    Ok(search.escape(parts, blockers)?.is_none() && !search.incomplete)
}

/// The products of an allow of each layer; a layer that allows all of what is chosen adds nothing.
fn multiply<'s, 'p>(
    layers: &[&'s [Block<'p>]],
    chosen: &mut Vec<&'s Block<'p>>,
    products: &mut Vec<Vec<&'s Block<'p>>>,
    search: &mut Search<'p, '_>,
) -> Result<(), Exhausted> {
    let Some((layer, rest)) = layers.split_first() else {
        products.push(chosen.clone());
        return search.meter.hold(products.len());
    };
    search.meter.spend(layer.len())?;
    let allows = || layer.iter().filter(|block| block.effect == Effect::Allow);
    if allows().any(|allow| chosen.iter().any(|part| allow.contains(part))) {
        return multiply(rest, chosen, products, search);
    }
    for allow in allows() {
        if chosen.iter().any(|part| part.avoids(allow)) {
            continue;
        }
        // What is wider than the new part says nothing beside it.
        let before = chosen.clone();
        chosen.retain(|part| !part.contains(allow));
        chosen.push(allow);
        multiply(rest, chosen, products, search)?;
        *chosen = before;
    }
    Ok(())
}

/// Whether a product is covered by those of the others that are one statement, taken together, or by any other.
fn is_covered<'p>(
    products: &[Vec<&Block<'p>>],
    at: usize,
    denies: &[&Block<'p>],
    search: &mut Search<'p, '_>,
) -> Result<bool, Exhausted> {
    let Some(product) = products.get(at) else { return Ok(false) };
    let others = || products.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other);
    let single = others().filter(|other| other.len() == 1).filter_map(|other| other.first());
    let blockers: Vec<&Block<'p>> = denies.iter().chain(single).copied().collect();
    if proves_none(search, product, &blockers)? {
        return Ok(true);
    }
    for other in others().filter(|other| other.len() > 1) {
        let mut is_in_all = true;
        for block in other {
            let blockers: Vec<&Block<'p>> = denies.iter().copied().chain([*block]).collect();
            if !proves_none(search, product, &blockers)? {
                is_in_all = false;
                break;
            }
        }
        if is_in_all {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Row {
    /// Leaves of the row what a statement allows.
    fn narrow(&mut self, entry: &Entry<'_>) {
        let actions: Vec<String> =
            entry.statement.actions().patterns().iter().map(|pattern| pattern.as_str().to_owned()).collect();
        match entry.statement.actions().polarity() {
            Polarity::Listed => {
                narrow(&mut self.actions, &mut self.actions_within, actions, &|text| {
                    tokens(&text.to_ascii_lowercase())
                });
            }
            Polarity::AllBut => self.not_actions.extend(actions),
        }
        if let Some(element) = entry.statement.resources() {
            let texts = element.patterns().iter().map(|pattern| written(pattern.as_str(), entry.version));
            let texts: Vec<String> = texts.collect();
            match element.polarity() {
                Polarity::Listed => {
                    narrow(&mut self.resources, &mut self.resources_within, texts, &|text| tokens(text));
                }
                Polarity::AllBut => self.not_resources.extend(texts),
            }
        }
        self.conditions.extend(conditions(entry.statement, entry.version));
        self.conditions.sort();
        self.conditions.dedup();
        self.by.extend(entry.policy.map(|_| entry.by()));
    }
}

/// The patterns that are in both lists: the narrower of each pair that meets. Where two meet and neither is the
/// narrower, both lists stand.
fn narrow(
    list: &mut Vec<String>,
    within: &mut Vec<Vec<String>>,
    other: Vec<String>,
    read: &dyn Fn(&str) -> Pattern,
) {
    if list.is_empty() || list.iter().any(|text| text == "*") {
        *list = other;
        return;
    }
    if other.iter().any(|text| text == "*") {
        return;
    }
    let mut both = Vec::new();
    for mine in list.iter() {
        for theirs in &other {
            let (a, b) = (read(mine), read(theirs));
            if pattern::covers(&b, &a) {
                both.push(mine.clone());
            } else if pattern::covers(&a, &b) {
                both.push(theirs.clone());
            } else if !pattern::clash(&a, &b) {
                within.push(other);
                return;
            }
        }
    }
    both.sort();
    both.dedup();
    *list = both;
}

/// A text with wildcards as a pattern.
pub(super) fn tokens(text: &str) -> Pattern {
    let (nothing, mut symbols) = (Branch::default(), BTreeMap::new());
    let mut variables = Variables::open(&nothing, &mut symbols);
    pattern::read(text, Wildcards::Active, Version::V2012, &mut variables).unwrap_or_default()
}

/// A text as the current version of the language writes it.
fn written(text: &str, version: Version) -> String {
    match version {
        Version::V2012 => text.to_owned(),
        Version::V2008 => text.replace("${", "${$}{"),
    }
}

/// The conditions of a statement.
pub(super) fn conditions(statement: &Statement, version: Version) -> impl Iterator<Item = Condition> {
    let condition = move |clause: &Clause| Condition {
        operator: clause.test().name(),
        key: clause.key().as_str().to_owned(),
        values: clause.values().iter().map(|value| written(value.as_str(), version)).collect(),
    };
    statement.conditions().iter().map(condition)
}

fn exception(entry: &Entry<'_>) -> Exception {
    let mut exception = Exception { by: entry.by(), ..Exception::default() };
    let actions = entry.statement.actions();
    let listed = actions.patterns().iter().map(|pattern| pattern.as_str().to_owned()).collect();
    match actions.polarity() {
        Polarity::Listed => exception.actions = listed,
        Polarity::AllBut => exception.not_actions = listed,
    }
    if let Some(resources) = entry.statement.resources() {
        let listed = resources.patterns().iter().map(|p| written(p.as_str(), entry.version)).collect();
        match resources.polarity() {
            Polarity::Listed => exception.resources = listed,
            Polarity::AllBut => exception.not_resources = listed,
        }
    }
    exception.conditions = conditions(entry.statement, entry.version).collect();
    exception
}

/// Rows that differ in their actions only, or in their resources only, become one; of patterns that cover each other
/// the wider stays.
fn merged(rows: Vec<Row>) -> Vec<Row> {
    let mut merged: Vec<Row> = Vec::new();
    for mut row in rows {
        row.except.sort();
        let is_plain = |row: &Row| row.actions_within.is_empty() && row.resources_within.is_empty();
        let same = |known: &&mut Row| {
            let alike = known.conditions == row.conditions
                && known.except == row.except
                && known.not_actions == row.not_actions
                && known.not_resources == row.not_resources;
            let one_differs = known.resources == row.resources && known.not_actions.is_empty()
                || known.actions == row.actions && known.not_resources.is_empty();
            is_plain(known) && is_plain(&row) && alike && one_differs
        };
        match merged.iter_mut().find(same) {
            Some(known) => {
                known.actions.append(&mut row.actions);
                known.resources.append(&mut row.resources);
                known.by.append(&mut row.by);
            }
            None => merged.push(row),
        }
    }
    for row in &mut merged {
        widest(&mut row.actions, &|text| tokens(&text.to_ascii_lowercase()));
        widest(&mut row.resources, &|text| tokens(text));
        row.not_actions.sort();
        row.not_actions.dedup();
        row.by.sort();
        row.by.dedup();
    }
    merged.sort_by(|a, b| (&a.actions, &a.resources).cmp(&(&b.actions, &b.resources)));
    merged
}

/// Drops what another pattern of the list covers.
fn widest(list: &mut Vec<String>, read: &dyn Fn(&str) -> Pattern) {
    list.sort();
    list.dedup();
    let patterns: Vec<Pattern> = list.iter().map(|text| read(text)).collect();
    let covered = |at: usize| {
        patterns.get(at).is_some_and(|mine| {
            patterns.iter().enumerate().any(|(other, theirs)| {
                other != at && pattern::covers(theirs, mine) && (!pattern::covers(mine, theirs) || other < at)
            })
        })
    };
    let keep: Vec<bool> = (0..list.len()).map(|at| !covered(at)).collect();
    let mut keep = keep.into_iter();
    list.retain(|_| keep.next().unwrap_or(true));
}
