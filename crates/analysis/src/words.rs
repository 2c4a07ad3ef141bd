//! Sets of texts: the subset construction over several patterns at once, made as far as it is needed.
//!
//! At each state only the characters that some living pattern names are told apart, and one that none names.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::budget::{Exhausted, Meter};
use crate::pattern::{Pattern, Token, fold, unfold};

/// A character of a text, or a policy variable in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Letter {
    Char(char),
    Variable(u16),
}

/// Where each pattern stands: `(pattern, token)`, sorted.
type State = Box<[(u32, u32)]>;

struct Machine<'p> {
    patterns: Vec<&'p [Token]>,
    has_folded: bool,
}

/// A text of the search, with what the search needs to spell it.
struct Walk {
    states: Vec<(State, Option<(usize, Letter)>)>,
    seen: HashSet<State>,
    queue: VecDeque<usize>,
}

/// A text that matches a pattern of each group of `wanted` and none of `unwanted`; `None` if there is none. A text
/// with variables in it is spelled with their marks.
pub(crate) fn find(
    wanted: &[Vec<&Pattern>],
    unwanted: &[&Pattern],
    meter: &mut Meter,
) -> Result<Option<String>, Exhausted> {
    let mut patterns: Vec<&[Token]> = Vec::new();
    let mut groups = Vec::new();
    for (number, group) in wanted.iter().enumerate() {
        patterns.extend(group.iter().map(|pattern| pattern.as_ref()));
        groups.resize(patterns.len(), number);
    }
    let first_unwanted = patterns.len();
    patterns.extend(unwanted.iter().map(|pattern| pattern.as_ref()));
    let machine = Machine::new(patterns);
    let is_open = |state: &State| {
        let mut alive = vec![false; wanted.len()];
        for (pattern, at) in state {
            match groups.get(index(*pattern)) {
                Some(group) => {
                    if let Some(alive) = alive.get_mut(*group) {
                        *alive = true;
                    }
                }
                // It takes whatever comes.
                None if machine.is_endless(*pattern, *at) => return false,
                None => {}
            }
        }
        alive.into_iter().all(|alive| alive)
    };
    let is_found = |state: &State| {
        let mut ends = vec![false; wanted.len()];
        for pattern in machine.accepted(state) {
            if index(pattern) >= first_unwanted {
                return false;
            }
            if let Some(end) = groups.get(index(pattern)).and_then(|group| ends.get_mut(*group)) {
                *end = true;
            }
        }
        ends.into_iter().all(|end| end)
    };
    let mut walk = Walk::new(machine.start());
    while let Some(at) = walk.queue.pop_front() {
        let Some((state, _)) = walk.states.get(at) else { break };
        let state = state.clone();
        if is_found(&state) {
            return Ok(Some(walk.spell(at)));
        }
        machine.go_on(&state, at, &mut walk, meter, &is_open)?;
    }
    Ok(None)
}

/// Texts that between them match every combination of the patterns that one text can match, within `universe`.
pub(crate) fn classes(
    patterns: &[&Pattern],
    universe: &Pattern,
    meter: &mut Meter,
) -> Result<Vec<String>, Exhausted> {
    let mut all: Vec<&[Token]> = vec![universe.as_ref()];
    all.extend(patterns.iter().map(|pattern| pattern.as_ref()));
    let machine = Machine::new(all);
    let mut found: HashMap<Vec<u32>, String> = HashMap::new();
    let mut order = Vec::new();
    let is_open = |state: &State| state.iter().any(|(pattern, _)| *pattern == 0);
    let mut walk = Walk::new(machine.start());
    while let Some(at) = walk.queue.pop_front() {
        let Some((state, _)) = walk.states.get(at) else { break };
        let state = state.clone();
        let accepted: Vec<u32> = machine.accepted(&state).collect();
        if accepted.first() == Some(&0) && !found.contains_key(&accepted) {
            let text = walk.spell(at);
            order.push(text.clone());
            found.insert(accepted, text);
            meter.hold(order.len())?;
        }
        machine.go_on(&state, at, &mut walk, meter, &is_open)?;
    }
    Ok(order)
}

/// How a variable looks in a text that [`find`] spells.
const MARK: char = '\u{10fffd}';

impl Walk {
    fn new(start: State) -> Self {
        Self { seen: HashSet::from([start.clone()]), states: vec![(start, None)], queue: VecDeque::from([0]) }
    }

    fn spell(&self, mut at: usize) -> String {
        let mut letters = Vec::new();
        while let Some((_, Some((before, letter)))) = self.states.get(at) {
            letters.push(*letter);
            at = *before;
        }
        letters.iter().rev().map(|letter| if let Letter::Char(c) = letter { *c } else { MARK }).collect()
    }
}

impl<'p> Machine<'p> {
    fn new(patterns: Vec<&'p [Token]>) -> Self {
        let folds = |token: &Token| matches!(token, Token::Folded(_));
        let has_folded = patterns.iter().any(|pattern| pattern.iter().any(folds));
        Self { patterns, has_folded }
    }

    fn token(&self, pattern: u32, at: u32) -> Option<Token> {
        self.patterns.get(index(pattern))?.get(index(at)).copied()
    }

    fn is_endless(&self, pattern: u32, at: u32) -> bool {
        let length = self.patterns.get(index(pattern)).map_or(0, |pattern| pattern.len());
        index(at) + 1 == length && self.token(pattern, at) == Some(Token::Many)
    }

    fn start(&self) -> State {
        self.closed((0..self.patterns.len()).filter_map(|pattern| Some((u32::try_from(pattern).ok()?, 0))))
    }

    /// Adds what stands behind stars, and drops what a later star takes in.
    fn closed(&self, places: impl Iterator<Item = (u32, u32)>) -> State {
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
        let mut last_star: Option<(u32, u32)> = None;
        let mut kept: Vec<(u32, u32)> = Vec::with_capacity(all.len());
        for (pattern, at) in all.into_iter().rev() {
            if last_star.is_some_and(|(same, _)| same == pattern) {
                continue;
            }
            if self.token(pattern, at) == Some(Token::Many) {
                last_star = Some((pattern, at));
            }
            kept.push((pattern, at));
        }
        kept.reverse();
        kept.into()
    }

    fn accepted(&self, state: &State) -> impl Iterator<Item = u32> {
        let ends = |(pattern, at): &(u32, u32)| {
            let length = self.patterns.get(index(*pattern)).map_or(0, |pattern| pattern.len());
            (index(*at) == length).then_some(*pattern)
        };
        state.iter().filter_map(ends)
    }

    fn go_on(
        &self,
        state: &State,
        at: usize,
        walk: &mut Walk,
        meter: &mut Meter,
        is_open: &dyn Fn(&State) -> bool,
    ) -> Result<(), Exhausted> {
        for letter in self.letters(state) {
            meter.spend(state.len() + 1)?;
            let places = state
                .iter()
                .filter_map(|(pattern, place)| Some((*pattern, self.step(*pattern, *place, letter)?)));
            let next = self.closed(places);
            if walk.seen.contains(&next) || !is_open(&next) {
                continue;
            }
            walk.seen.insert(next.clone());
            walk.queue.push_back(walk.states.len());
            walk.states.push((next, Some((at, letter))));
            meter.hold(walk.states.len() / 64)?;
        }
        Ok(())
    }

    fn step(&self, pattern: u32, at: u32, letter: Letter) -> Option<u32> {
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
        let patterns: Vec<&Pattern> = patterns.iter().collect();
        let texts = classes(&patterns, &glob("*"), &mut Meter::new(Budget::default())).unwrap();
        assert_eq!(texts.len(), 5, "{texts:?}");
    }

    #[test]
    fn what_blows_up_ends_with_the_budget() {
        let hard: Pattern = glob(&format!("*a{}b", "?".repeat(40)));
        let other: Pattern = glob(&format!("*b{}a", "?".repeat(41)));
        let any = glob("*");
        let budget = Budget { steps: 1_000_000, states: 10_000 };
        let result = find(&[vec![&any]], &[&hard, &other], &mut Meter::new(budget));
        assert!(result.is_ok(), "the first text that matches neither is the empty one");
        let result = classes(&[&hard, &other], &any, &mut Meter::new(budget));
        assert_eq!(result, Err(Exhausted::Steps));
    }
}
