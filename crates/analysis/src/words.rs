//! Sets of texts: the subset construction over several patterns at once, made as far as it is needed.
//!
//! At each state only the characters that some living pattern names are told apart, and one that none names. Of two
//! states that differ only in that one of them may come to match more of what is unwanted, that one is dropped: no
//! text that goes on from it is better than the same text from the other.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::budget::{Exhausted, Meter};
use crate::pattern::{Pattern, Token, fold, unfold};

/// A character of a text, or a policy variable in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Letter {
    Char(char),
    Variable(u16),
}

/// Patterns of which one is enough.
pub(crate) type Group<'p> = Vec<&'p Pattern>;

/// A place in a pattern: its number and the token that comes next. Behind the last one the pattern has matched.
type Place = (u32, u32);

/// Where each pattern stands, sorted. Those that are wanted come first.
type State = Box<[Place]>;

/// In the place of a token, at a group's first pattern: the group matches, whatever follows.
const FOR_GOOD: u32 = u32::MAX;

struct Machine<'p> {
    patterns: Vec<&'p [Token]>,
    /// The group of each pattern.
    groups: Vec<usize>,
    /// The first pattern of each group.
    firsts: Vec<u32>,
    /// The first pattern of which a match is no gain.
    unwanted: u32,
    /// For each place, how many characters a match still takes at least.
    rest: Vec<Vec<u32>>,
    has_folded: bool,
}

/// The states that were reached, with what it takes to spell the texts that lead there.
struct Walk {
    states: Vec<Reached>,
    /// By what is wanted: all that is unwanted, as far as none has less.
    seen: HashMap<State, Vec<State>>,
    /// Shortest first, as far as the rest is known.
    queue: BinaryHeap<Reverse<(u32, u32, usize)>>,
    places: usize,
}

struct Reached {
    state: State,
    before: Option<(usize, Letter)>,
    depth: u32,
}

/// A text that matches a pattern of each group of `wanted` and none of `unwanted`; `None` if there is none. A text
/// with variables in it is spelled with their marks.
pub(crate) fn find(
    wanted: &[Group<'_>],
    unwanted: &[&Pattern],
    meter: &mut Meter,
) -> Result<Option<String>, Exhausted> {
    let refused = [unwanted.to_vec()];
    let machine = Machine::new(wanted, &refused);
    let is_open = |state: &State| {
        let mut alive = vec![false; wanted.len()];
        for (pattern, at) in state {
            match alive.get_mut(machine.group(*pattern)) {
                Some(alive) => *alive = true,
                // It takes whatever comes.
                None if *at == FOR_GOOD => return false,
                None => {}
            }
        }
        alive.into_iter().all(|alive| alive)
    };
    let mut walk = Walk::new(&machine);
    while let Some((at, state)) = walk.next() {
        let accepted = machine.accepted(&state);
        if accepted.len() == wanted.len() && accepted.last().is_none_or(|last| *last < wanted.len()) {
            return Ok(Some(walk.spell(at)));
        }
        machine.go_on(&state, at, &mut walk, meter, &is_open)?;
    }
    Ok(None)
}

/// Texts that between them match every combination of the groups that one text can match, within `universe`.
pub(crate) fn classes(
    groups: &[Group<'_>],
    universe: &Pattern,
    meter: &mut Meter,
) -> Result<Vec<String>, Exhausted> {
    best(groups, &[], universe, meter)
}

/// The same, but of two combinations of which one has all of `wanted` that the other has and no more of `unwanted`,
/// the other may be left out.
pub(crate) fn best(
    wanted: &[Group<'_>],
    unwanted: &[Group<'_>],
    universe: &Pattern,
    meter: &mut Meter,
) -> Result<Vec<String>, Exhausted> {
    let mut first: Vec<Group<'_>> = vec![vec![universe]];
    first.extend(wanted.iter().cloned());
    let machine = Machine::new(&first, unwanted);
    let mut found: HashSet<Vec<usize>> = HashSet::new();
    let mut texts = Vec::new();
    let is_open = |state: &State| state.first().is_some_and(|(pattern, _)| *pattern == 0);
    let mut walk = Walk::new(&machine);
    while let Some((at, state)) = walk.next() {
        let accepted = machine.accepted(&state);
        if accepted.first() == Some(&0) && found.insert(accepted) {
            texts.push(walk.spell(at));
            meter.hold(texts.len())?;
        }
        machine.go_on(&state, at, &mut walk, meter, &is_open)?;
    }
    Ok(texts)
}

/// How a variable looks in a text that [`find`] spells.
const MARK: char = '\u{10fffd}';

impl Walk {
    fn new(machine: &Machine<'_>) -> Self {
        let mut walk = Self { states: Vec::new(), seen: HashMap::new(), queue: BinaryHeap::new(), places: 0 };
        walk.add(machine, machine.start(), None, 0);
        walk
    }

    fn next(&mut self) -> Option<(usize, State)> {
        let Reverse((_, _, at)) = self.queue.pop()?;
        Some((at, self.states.get(at)?.state.clone()))
    }

    /// Adds a state, unless one that is as good was reached before.
    fn add(&mut self, machine: &Machine<'_>, state: State, before: Option<(usize, Letter)>, depth: u32) {
        let (wanted, unwanted) = machine.split(&state);
        match self.seen.get_mut(wanted) {
            Some(all) => {
                if all.iter().any(|less| is_within(less, unwanted)) {
                    return;
                }
                all.retain(|more| !is_within(unwanted, more));
                all.push(unwanted.into());
            }
            None => {
                self.seen.insert(wanted.into(), vec![unwanted.into()]);
            }
        }
        self.places += state.len() + 1;
        let rest = machine.rest(&state);
        self.queue.push(Reverse((depth.saturating_add(rest.saturating_mul(3)), rest, self.states.len())));
        self.states.push(Reached { state, before, depth });
    }

    fn spell(&self, mut at: usize) -> String {
        let mut letters = Vec::new();
        while let Some(Reached { before: Some((before, letter)), .. }) = self.states.get(at) {
            letters.push(*letter);
            at = *before;
        }
        letters.iter().rev().map(|letter| if let Letter::Char(c) = letter { *c } else { MARK }).collect()
    }
}

/// Whether all of a sorted list is in another.
fn is_within(few: &[Place], many: &[Place]) -> bool {
    let mut many = many.iter();
    few.len() <= many.len() && few.iter().all(|place| many.find(|other| *other >= place) == Some(place))
}

impl<'p> Machine<'p> {
    fn new(wanted: &[Group<'p>], unwanted: &[Group<'p>]) -> Self {
        let mut patterns: Vec<&'p [Token]> = Vec::new();
        let (mut groups, mut firsts) = (Vec::new(), Vec::new());
        let length = |patterns: &[&[Token]]| u32::try_from(patterns.len()).unwrap_or(FOR_GOOD);
        let mut first_unwanted = 0;
        for (number, group) in wanted.iter().chain(unwanted).enumerate() {
            firsts.push(length(&patterns));
            patterns.extend(group.iter().map(|pattern| -> &'p [Token] { pattern }));
            groups.resize(patterns.len(), number);
            if number < wanted.len() {
                first_unwanted = length(&patterns);
            }
        }
        let folds = |token: &Token| matches!(token, Token::Folded(_));
        let has_folded = patterns.iter().any(|pattern| pattern.iter().any(folds));
        let rest = |pattern: &&[Token]| {
            let mut rest = vec![0_u32];
            for token in pattern.iter().rev() {
                let more = u32::from(!matches!(token, Token::Many | Token::ManyInside | Token::ManyName));
                rest.push(rest.last().copied().unwrap_or(0) + more);
            }
            rest.reverse();
            rest
        };
        let wanted = patterns.iter().take(index(first_unwanted));
        let rest = wanted.map(rest).collect();
        Self { patterns, groups, firsts, unwanted: first_unwanted, rest, has_folded }
    }

    fn group(&self, pattern: u32) -> usize {
        self.groups.get(index(pattern)).copied().unwrap_or(usize::MAX)
    }

    fn split<'s>(&self, state: &'s State) -> (&'s [Place], &'s [Place]) {
        let middle = state.partition_point(|(pattern, _)| *pattern < self.unwanted);
        state.split_at_checked(middle).unwrap_or((state, &[]))
    }

    /// How many characters it takes at least until every wanted group matches.
    fn rest(&self, state: &State) -> u32 {
        let mut longest = 0;
        let mut current: Option<(usize, u32)> = None;
        for (pattern, at) in self.split(state).0 {
            let group = self.group(*pattern);
            let rest = if *at == FOR_GOOD {
                0
            } else {
                self.rest.get(index(*pattern)).and_then(|rest| rest.get(index(*at))).copied().unwrap_or(0)
            };
            current = match current {
                Some((same, least)) if same == group => Some((same, least.min(rest))),
                Some((_, least)) => {
                    longest = longest.max(least);
                    Some((group, rest))
                }
                None => Some((group, rest)),
            };
        }
        longest.max(current.map_or(0, |(_, least)| least))
    }

    fn token(&self, pattern: u32, at: u32) -> Option<Token> {
        self.patterns.get(index(pattern))?.get(index(at)).copied()
    }

    fn is_endless(&self, pattern: u32, at: u32) -> bool {
        let length = self.patterns.get(index(pattern)).map_or(0, |pattern| pattern.len());
        at == FOR_GOOD || index(at) + 1 == length && self.token(pattern, at) == Some(Token::Many)
    }

    fn start(&self) -> State {
        self.closed((0..self.patterns.len()).filter_map(|pattern| Some((u32::try_from(pattern).ok()?, 0))))
    }

    /// Adds what stands behind stars, and drops what a later star takes in.
    fn closed(&self, places: impl Iterator<Item = Place>) -> State {
        let mut all = Vec::new();
        for (pattern, mut at) in places {
            all.push((pattern, at));
            while matches!(self.token(pattern, at), Some(Token::Many | Token::ManyInside | Token::ManyName)) {
                at += 1;
                all.push((pattern, at));
            }
        }
        all.sort_unstable();
        all.dedup();
        let mut last_star: Option<u32> = None;
        // The group that matches for good already.
        let mut done: Option<usize> = None;
        let mut kept: Vec<Place> = Vec::with_capacity(all.len());
        for (pattern, at) in all.into_iter().rev() {
            let group = self.group(pattern);
            if done == Some(group) || last_star == Some(pattern) {
                continue;
            }
            if self.is_endless(pattern, at) {
                while kept.last().is_some_and(|(other, _)| self.group(*other) == group) {
                    kept.pop();
                }
                kept.push((self.firsts.get(group).copied().unwrap_or(pattern), FOR_GOOD));
                done = Some(group);
                continue;
            }
            if self.token(pattern, at) == Some(Token::Many) {
                last_star = Some(pattern);
            }
            kept.push((pattern, at));
        }
        kept.reverse();
        kept.into()
    }

    /// The groups that match here, in order.
    fn accepted(&self, state: &State) -> Vec<usize> {
        let ends = |(pattern, at): &Place| {
            let length = self.patterns.get(index(*pattern)).map_or(0, |pattern| pattern.len());
            (*at == FOR_GOOD || index(*at) == length).then(|| self.group(*pattern))
        };
        let mut groups: Vec<usize> = state.iter().filter_map(ends).collect();
        groups.dedup();
        groups
    }

    fn go_on(
        &self,
        state: &State,
        at: usize,
        walk: &mut Walk,
        meter: &mut Meter,
        is_open: &dyn Fn(&State) -> bool,
    ) -> Result<(), Exhausted> {
        let depth = walk.states.get(at).map_or(0, |reached| reached.depth).saturating_add(1);
        for letter in self.letters(state) {
            let places = state
                .iter()
                .filter_map(|(pattern, place)| Some((*pattern, self.step(*pattern, *place, letter)?)));
            let next = self.closed(places);
            let beside = walk.seen.get(self.split(&next).0).map_or(0, Vec::len);
            meter.spend(state.len() + 1 + beside)?;
            if is_open(&next) {
                walk.add(self, next, Some((at, letter)), depth);
            }
            meter.hold(walk.places / PLACES_A_STATE)?;
        }
        Ok(())
    }

    fn step(&self, pattern: u32, at: u32, letter: Letter) -> Option<u32> {
        if at == FOR_GOOD {
            return Some(at);
        }
        let token = self.token(pattern, at)?;
        let moves = match (token, letter) {
            (Token::Many, _) => return Some(at),
            (Token::ManyInside, Letter::Char(c)) if c != ':' => return Some(at),
            (Token::ManyName, Letter::Char(c)) if c != ':' && c != '/' => return Some(at),
            (Token::Char(x), Letter::Char(c)) => x == c,
            (Token::Folded(x), Letter::Char(c)) => x == fold(c),
            (Token::One, Letter::Char(_)) => true,
            (Token::OneInside, Letter::Char(c)) => c != ':',
            (Token::OneName, Letter::Char(c)) => c != ':' && c != '/',
            (Token::Variable(x), Letter::Variable(y)) => x == y,
            _ => false,
        };
        moves.then_some(at + 1)
    }

    /// The letters that can lead to different states.
    fn letters(&self, state: &State) -> Vec<Letter> {
        let mut letters = Vec::new();
        let (mut minds_colon, mut minds_slash) = (false, false);
        let mut takes_other = false;
        for (pattern, at) in state {
            takes_other |= *at == FOR_GOOD;
            match self.token(*pattern, *at) {
                Some(Token::Char(c)) => {
                    letters.push(Letter::Char(c));
                    if self.has_folded {
                        letters.push(Letter::Char(fold(c)));
                    }
                }
                Some(Token::Folded(c)) => letters.extend([Letter::Char(c), Letter::Char(unfold(c))]),
                Some(Token::Variable(variable)) => letters.push(Letter::Variable(variable)),
                Some(Token::OneInside | Token::ManyInside) => {
                    minds_colon = true;
                    takes_other = true;
                }
                Some(Token::OneName | Token::ManyName) => {
                    (minds_colon, minds_slash) = (true, true);
                    takes_other = true;
                }
                Some(Token::One | Token::Many) => takes_other = true,
                None => {}
            }
        }
        if minds_colon {
            letters.push(Letter::Char(':'));
        }
        if minds_slash {
            letters.push(Letter::Char('/'));
        }
        letters.sort_unstable();
        letters.dedup();
        if takes_other {
            let is_free = |c: &char| {
                *c != ':'
                    && *c != '/'
                    && letters.binary_search(&Letter::Char(*c)).is_err()
                    && letters.binary_search(&Letter::Char(fold(*c))).is_err()
            };
            let other = "xzqwkvyjbdefghilmnoprstuac0123456789-_.".chars().find(is_free);
            let other = other.or_else(|| ('\u{4e00}'..'\u{9fff}').find(is_free));
            letters.extend(other.map(Letter::Char));
        }
        letters
    }
}

/// So many places cost what a state is reckoned with.
const PLACES_A_STATE: usize = 256;

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use policy::Version;

    use super::*;
    use crate::budget::Budget;
    use crate::pattern::{Variables, Wildcards, read};

    fn glob(text: &str) -> Pattern {
        let none = policy::Context::new();
        read(text, Wildcards::Active, Version::V2012, &mut Variables::known(&none)).unwrap()
    }

    fn difference(wanted: &str, unwanted: &[&str]) -> Option<String> {
        let wanted = glob(wanted);
        let unwanted: Vec<Pattern> = unwanted.iter().map(|text| glob(text)).collect();
        let unwanted: Vec<&Pattern> = unwanted.iter().collect();
        find(&[vec![&wanted]], &unwanted, &mut Meter::new(Budget::default())).unwrap()
    }

    #[test]
    fn a_difference_of_globs_is_found_or_refuted() {
        assert_eq!(difference("a*", &["a*"]), None);
        assert_eq!(difference("a*", &["a?*", "a"]), None);
        assert_eq!(difference("a*", &["a?*"]).as_deref(), Some("a"));
        assert_eq!(difference("a*b", &["a*", "*b"]), None);
        assert_eq!(difference("*a*b*", &["*ab*", "*b*a*"]).map(|text| text.len()), Some(3));
    }

    #[test]
    fn classes_hold_one_text_for_each_combination() {
        let patterns = [glob("a*"), glob("*b"), glob("ab")];
        let groups: Vec<Group<'_>> = patterns.iter().map(|pattern| vec![pattern]).collect();
        let texts = classes(&groups, &glob("*"), &mut Meter::new(Budget::default())).unwrap();
        assert_eq!(texts.len(), 5, "{texts:?}");
        let one = [patterns.iter().collect()];
        let texts = classes(&one, &glob("*"), &mut Meter::new(Budget::default())).unwrap();
        assert_eq!(texts.len(), 2, "in a group or not: {texts:?}");
    }

    #[test]
    fn many_pieces_blow_up_neither_a_group_nor_what_is_unwanted() {
        let pieces: Vec<Pattern> = ('a'..='z').map(|c| glob(&format!("*{c}{c}x*"))).collect();
        let budget = Budget { steps: 1_000_000, states: 2_000 };
        let one = [pieces.iter().collect()];
        assert_eq!(classes(&one, &glob("*"), &mut Meter::new(budget)).unwrap().len(), 2);
        let apart: Vec<Group<'_>> = pieces.iter().map(|piece| vec![piece]).collect();
        let texts = best(&[], &apart, &glob("*"), &mut Meter::new(budget)).unwrap();
        assert_eq!(texts, [""], "what matches nothing is best");
        let texts = best(&[], &apart, &glob("*aax*"), &mut Meter::new(budget)).unwrap();
        assert_eq!(texts, ["aax"]);
        let listed = glob("ab");
        let texts = best(&[], &[vec![&listed]], &glob("a*"), &mut Meter::new(budget)).unwrap();
        assert!(texts.iter().any(|text| text != "ab"), "{texts:?}");
        assert_eq!(difference("ab*", &["ab"]).map(|text| text.len()), Some(3));
    }

    #[test]
    fn what_is_near_is_found_before_the_breadth_is_searched() {
        let hard = glob(&format!("*a{}", "?".repeat(24)));
        let others = [glob(&format!("*b{}", "?".repeat(20))), glob(&format!("*c{}", "?".repeat(22)))];
        let budget = Budget { steps: 100_000, states: 1_000 };
        let found = find(&[vec![&hard]], &others.iter().collect::<Vec<_>>(), &mut Meter::new(budget));
        assert!(found.unwrap().is_some());
    }

    #[test]
    fn what_blows_up_ends_with_the_budget() {
        let hard: Pattern = glob(&format!("*a{}b", "?".repeat(40)));
        let other: Pattern = glob(&format!("*b{}a", "?".repeat(41)));
        let any = glob("*");
        let budget = Budget { steps: 1_000_000, states: 10_000 };
        let result = find(&[vec![&any]], &[&hard, &other], &mut Meter::new(budget));
        assert!(result.is_ok(), "the first text that matches neither is the empty one");
        let result = classes(&[vec![&hard], vec![&other]], &any, &mut Meter::new(budget));
        assert_eq!(result, Err(Exhausted::Steps));
    }
}
