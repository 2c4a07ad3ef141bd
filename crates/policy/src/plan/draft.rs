//! How a plan is written.

use super::read::{
    ACCOUNT, ALL, END, EVERYTHING, EXACT, EXACTLY, EXCEPTS_PRINCIPALS, EXCEPTS_RESOURCES, GUARD_KINDS,
    HAS_CONDITIONS, IF_ABSENT, LISTS_PRINCIPALS, ODD, OTHER_KEY, PREFIX, PROVIDER, ROLE, ROOT, SERVICE, SOME,
    SPLIT, WIDE,
};
use super::{Place, Side};
use crate::Action;
use crate::condition::Clause;
use crate::decision::Layer;
use crate::document::{Effect, Polarity, Statement};
use crate::matching::{PrincipalPattern, ResourceForm, ResourcePattern, Whom};
use crate::set::Bundle;

/// What the levels of a layer say about an action.
#[derive(Default)]
pub(crate) struct Levels {
    /// The rules that deny, of all levels.
    denies: Vec<u8>,
    levels: Vec<Draft>,
}

/// What allows on one level.
#[derive(Default)]
struct Draft {
    /// The statement that allows everything.
    pass: Option<Place>,
    allows: Vec<u8>,
}

/// The number of no side.
const NOBODY: u8 = u8::MAX - 1;

/// The beginning of a plan.
pub(super) fn begin(side: Side, action: &Action) -> Vec<u8> {
    let mut plan = Vec::with_capacity(256);
    let name = action.folded().as_bytes();
    // What has too long a name is nobody's: such a plan is never found again.
    plan.push(if name.len() > usize::from(u16::MAX) { NOBODY } else { side.number() });
    push_short(&mut plan, name);
    plan
}

pub(super) fn add_group(plan: &mut Vec<u8>, layer: Layer, said: Levels) {
    plan.push(layer as u8);
    push_long(plan, &said.denies);
    for level in said.levels {
        match level.pass {
            Some(place) => {
                plan.push(ALL);
                push_long(plan, &wide(place));
            }
            None => {
                plan.push(SOME);
                push_long(plan, &level.allows);
            }
        }
    }
    plan.push(END);
    push_long(plan, &[]);
}

impl Levels {
    /// What policies say, level by level from the root.
    pub(crate) fn of<'p>(levels: impl Iterator<Item = &'p Bundle>, layer: Layer, action: &Action) -> Self {
        let mut this = Self::default();
        for (level, bundle) in (0u32..).zip(levels) {
            this.add(level, bundle, layer, action);
        }
        // Where everything is allowed on all levels, the last one speaks for them; where there is no level, none
        // allows anything.
        if this.levels.iter().all(|level| level.pass.is_some()) {
            this.levels = vec![this.levels.pop().unwrap_or_default()];
        }
        this
    }

    fn add(&mut self, level: u32, bundle: &Bundle, layer: Layer, action: &Action) {
        if let Some(pass) = bundle.pass(layer) {
            self.levels.push(Draft { pass: Some(Place { level, ..pass }), allows: Vec::new() });
            return;
        }
        let mut draft = Draft::default();
        let mut numbers = Vec::with_capacity(8);
        for (policy, named) in (0u32..).zip(bundle.policies()) {
            let statements = named.policy.statements();
            numbers.clear();
            named.policy.index.visit(statements, action, |number| numbers.push(number));
            numbers.sort_unstable();
            numbers.dedup();
            for statement in &numbers {
                let place = Place { level, policy, statement: *statement };
                let Some(statement) = usize::try_from(*statement).ok().and_then(|at| statements.get(at))
                else {
                    continue;
                };
                match statement.effect {
                    Effect::Deny => {
                        push_rule(&mut self.denies, statement, place, layer);
                    }
                    Effect::Allow if draft.pass.is_some() => {}
                    Effect::Allow => {
                        if push_rule(&mut draft.allows, statement, place, layer) {
                            draft.pass = Some(place);
                        }
                    }
                }
            }
        }
        self.levels.push(draft);
    }
}

/// Writes a rule, of a statement that can ever apply in its layer, and tells whether it always does.
fn push_rule(rules: &mut Vec<u8>, statement: &Statement, place: Place, layer: Layer) -> bool {
    let mut needs = Vec::new();
    let Some(mut marks) = push_principals(&mut needs, statement, layer) else { return false };
    // All of them must hold: the cheap ones are asked first.
    for clause in statement.ordered_conditions() {
        if !push_guard(&mut needs, clause) {
            marks |= HAS_CONDITIONS;
        }
    }
    let mut patterns = Vec::new();
    match &statement.resources {
        _ if statement.takes_everything() => marks |= EVERYTHING,
        // Only a resource's own policy may leave it out: it means that resource.
        None if layer == Layer::Resource => marks |= EVERYTHING,
        None => return false,
        Some(resources) if resources.polarity == Polarity::AllBut => marks |= EVERYTHING | EXCEPTS_RESOURCES,
        Some(resources) => {
            for (index, pattern) in (0u32..).zip(&resources.patterns) {
                push_pattern(&mut patterns, pattern, index, layer);
            }
            if patterns.is_empty() {
                return false;
            }
        }
    }
    let always = marks == EVERYTHING && needs.is_empty();
    match narrow_head(place, &needs, &patterns) {
        Some(head) => {
            rules.push(marks);
            rules.extend(head);
        }
        None => {
            marks |= WIDE;
            rules.push(marks);
            rules.extend([0; NARROW]);
            rules.extend(wide(place));
            rules.extend(long(&needs));
            rules.extend(long(&patterns));
        }
    }
    rules.extend(needs);
    rules.extend(patterns);
    always
}

/// Where a statement stands and how long its needs and patterns are, if all that is little.
fn narrow_head(place: Place, needs: &[u8], patterns: &[u8]) -> Option<[u8; NARROW]> {
    let Place { level, policy, statement } = place;
    let [n0, n1] = u16::try_from(needs.len()).ok()?.to_le_bytes();
    let [p0, p1] = u16::try_from(patterns.len()).ok()?.to_le_bytes();
    Some([level.try_into().ok()?, policy.try_into().ok()?, statement.try_into().ok()?, n0, n1, p0, p1])
}

/// The bytes of a rule's head behind its marks.
const NARROW: usize = 7;

/// Writes whom a statement lists, where it stands in a policy that names principals, and tells the marks of that;
/// `None` where it speaks to nobody.
fn push_principals(needs: &mut Vec<u8>, statement: &Statement, layer: Layer) -> Option<u8> {
    let element = match &statement.principals {
        Some(element) if layer.is_addressed() => element,
        None if layer.is_addressed() => return None,
        None => return Some(0),
        // No such policy can be stored. Should one come all the same, it can only take away.
        Some(_) => return (statement.effect == Effect::Deny).then_some(0),
    };
    if element.polarity == Polarity::AllBut {
        return Some(EXCEPTS_PRINCIPALS);
    }
    if element.patterns.iter().any(PrincipalPattern::is_everyone) {
        return Some(0);
    }
    let mut listed = Vec::new();
    for whom in element.patterns.iter().filter_map(PrincipalPattern::whom) {
        push_whom(&mut listed, whom);
    }
    push_long(needs, &listed);
    Some(LISTS_PRINCIPALS)
}

fn push_whom(listed: &mut Vec<u8>, whom: Whom<'_>) {
    let mut pieces = Vec::new();
    let (kind, text) = match whom {
        Whom::Account { partition: None, account } => (ACCOUNT, account),
        Whom::Account { partition: Some(partition), account } => {
            push_short(&mut pieces, partition);
            push_short(&mut pieces, account);
            (ROOT, pieces.as_slice())
        }
        Whom::Role { partition, account, name } => {
            for piece in [partition, account, name] {
                push_short(&mut pieces, piece);
            }
            (ROLE, pieces.as_slice())
        }
        Whom::Exactly(text) => (EXACTLY, text),
        Whom::Service(name) => (SERVICE, name),
        Whom::Provider(name) => (PROVIDER, name),
    };
    // Nobody has so long a name.
    if text.len() <= usize::from(u16::MAX) {
        listed.push(kind);
        push_short(listed, text);
    }
}

/// Writes what a clause needs at least, if that is simple, and tells whether that is all.
fn push_guard(guards: &mut Vec<u8>, clause: &Clause) -> bool {
    let Some(guard) = clause.guard() else { return false };
    let kind =
        GUARD_KINDS.iter().position(|kind| *kind == guard.kind).and_then(|kind| u8::try_from(kind).ok());
    let Some(kind) = kind else { return false };
    let mut texts = Vec::new();
    for text in guard.texts {
        push_short(&mut texts, text.as_bytes());
    }
    // A long list is better left where it is.
    if texts.len() > MAX_GUARD {
        return false;
    }
    match guard.key.number().and_then(|number| u8::try_from(number).ok()) {
        Some(number) => guards.push(number),
        None if guard.key.folded().len() > MAX_GUARD => return false,
        None => {
            guards.push(OTHER_KEY);
            guards.extend(guard.key.hash().to_le_bytes());
            guards.extend(guard.key.mark().to_le_bytes());
            push_short(guards, guard.key.folded().as_bytes());
        }
    }
    guards.push(kind | if guard.holds_if_absent { IF_ABSENT } else { 0 });
    push_short(guards, &texts);
    guard.is_all
}

/// Writes a pattern; nothing of one that matches nothing in its layer.
fn push_pattern(patterns: &mut Vec<u8>, pattern: &ResourcePattern, index: u32, layer: Layer) {
    let pieces = match pattern.form(layer) {
        ResourceForm::Nothing => return,
        ResourceForm::Glob(glob) => glob.pieces(),
        ResourceForm::Open => None,
    };
    let (kind, text) = match pieces.as_deref() {
        Some([text]) => (EXACT, text.as_bytes().to_vec()),
        Some([text, ""]) => (PREFIX, text.as_bytes().to_vec()),
        Some([first, middle @ .., last]) => {
            let mut pieces = Vec::new();
            for piece in [first, last].into_iter().chain(middle) {
                push_short(&mut pieces, piece.as_bytes());
            }
            (SPLIT, pieces)
        }
        Some([]) | None => (ODD, Vec::new()),
    };
    if kind == ODD || text.len() > usize::from(u16::MAX) {
        patterns.push(ODD);
        // What begins with all of it begins with its beginning.
        push_short(patterns, pattern.literal_prefix().as_bytes());
        patterns.extend(index.to_le_bytes());
    } else {
        patterns.push(kind);
        push_short(patterns, &text);
    }
}

/// More bytes than this are not copied for one clause.
const MAX_GUARD: usize = 128;

/// A place in bytes.
fn wide(place: Place) -> Vec<u8> {
    [place.level, place.policy, place.statement].into_iter().flat_map(u32::to_le_bytes).collect()
}

/// The length of a run in four bytes. No document is large enough for more.
fn long(run: &[u8]) -> [u8; 4] {
    u32::try_from(run.len()).unwrap_or(u32::MAX).to_le_bytes()
}

fn push_long(bytes: &mut Vec<u8>, run: &[u8]) {
    bytes.extend(long(run));
    bytes.extend(run);
}

/// Writes a run with its length in two bytes. Of a longer one it writes the beginning: that is for the caller to
/// rule out, or to put up with.
fn push_short(bytes: &mut Vec<u8>, run: &[u8]) {
    let run = run.get(..usize::from(u16::MAX)).unwrap_or(run);
    bytes.extend(u16::try_from(run.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend(run);
}

#[cfg(test)]
pub(super) fn is_narrow(place: Place, needs: &[u8], patterns: &[u8]) -> bool {
    narrow_head(place, needs, patterns).is_some()
}
