//! A variable within longer texts.
//!
//! A request is left with another text for the variable: the new one takes the old one's place in the key or resource
//! in which an entry with the variable had to match. Nothing changes for the other entries if the two texts run alike
//! through every stretch of theirs that can stand where the variable stands, and nothing else comes to match if the
//! new text has a letter of which no entry speaks. So one such text is enough for each way to run through the
//! stretches; a text that listed words leave no choice about stands for itself.

use std::collections::{BTreeMap, HashSet};

use policy::condition::{Clause, Family};
use policy::{Polarity, Values, Version};

use super::{Branch, MOST_BRANCHES, Spoken};
use crate::boxes::{self, Clauses, Compiler, Source};
use crate::budget::{Exhausted, Meter};
use crate::keys;
use crate::pattern::{self, Pattern, Token, Variables};
use crate::words;

/// What one entry of a key or of the resource takes.
struct Entry<'p> {
    /// The key; the resource for `None`.
    place: Option<&'p str>,
    /// Which list it is of.
    list: usize,
    pattern: Pattern,
    /// Whether a request may have to match it to be what is looked for.
    needed: bool,
    folds: bool,
    /// Whether it is not read as a text, or not as one alone.
    strange: bool,
}

impl Entry<'_> {
    /// Whether it folds case, where it makes a difference.
    fn minds_case(&self) -> Option<bool> {
        let has_case = |token: &Token| match token {
            Token::Char(c) | Token::Folded(c) => pattern::fold(*c) != pattern::unfold(*c),
            Token::Variable(_) => true,
            _ => false,
        };
        self.pattern.iter().any(has_case).then_some(self.folds)
    }

    fn variables(&self) -> impl Iterator<Item = u16> {
        let symbol = |token: &Token| if let Token::Variable(symbol) = token { Some(*symbol) } else { None };
        self.pattern.iter().filter_map(symbol)
    }
}

impl<'p> Spoken<'_, 'p> {
    /// Texts for a variable that stand for all that it may hold; `None` where that is not known.
    pub(super) fn within(
        &self,
        key: &str,
        unsaid: &[&String],
        branch: &Branch,
        meter: &mut Meter,
    ) -> Result<Option<Vec<String>>, Exhausted> {
        if self.has_forms && self.in_resources.contains(key) {
            return Ok(None);
        }
        let open = branch.with_other(key, Vec::new());
        let mut symbols = BTreeMap::new();
        let entries = self.entries(&open, &mut symbols);
        let is_name = |name: &str| name.split('\n').next() == Some(key);
        // Where no entry has it for want of other variables, only its own key tells texts apart.
        let mine = symbols.iter().find(|(name, _)| is_name(name)).map_or(u16::MAX, |(_, symbol)| *symbol);
        let site = Site { key, mine, entries: &entries, unsaid, branch };
        let Some((stretches, is_mixed)) = site.stretches(meter)? else { return Ok(None) };
        let groups: Vec<words::Group<'_>> = stretches.iter().map(|stretch| vec![stretch]).collect();
        let any: Pattern = Box::new([Token::One, Token::Many]);
        let texts = words::classes(&groups, &any, meter)?;
        if texts.len() > MOST_BRANCHES {
            return Ok(None);
        }
        let letter = site.unspoken().filter(|c| !is_mixed || pattern::unfold(*c) != *c);
        let Some(letter) = letter else { return Ok(None) };
        let places = site.places();
        let others = entries.iter().any(|entry| {
            places.contains(&entry.place)
                && site.is_free(entry.place)
                && entry.variables().any(|symbol| symbol != mine)
        });
        // Where some entries fold case and some do not, only a letter that nothing speaks of can be of either case.
        let entirely = others || is_mixed;
        let mut fresh = Vec::with_capacity(texts.len() + 1);
        for text in &texts {
            let Some(text) = freshened(text, letter, &stretches, entirely, meter)? else { return Ok(None) };
            fresh.push(text);
        }
        fresh.push(String::new());
        Ok(Some(fresh))
    }

    /// Everything that is asked of texts, with the variables that are open.
    fn entries(&self, open: &Branch, symbols: &mut BTreeMap<String, u16>) -> Vec<Entry<'p>> {
        let mut entries = Vec::new();
        let mut list = 0;
        for (is_part, sources) in [(true, self.parts), (false, self.live)] {
            for source in sources {
                for clause in source.statement.conditions() {
                    list += 1;
                    let needed = is_part != clause.test().is_negated();
                    let about = (list, needed);
                    entries.extend(of_clause(clause, source.version, about, open, symbols));
                }
                list += 1;
                entries.extend(of_resources(source, list, is_part, open, symbols));
            }
        }
        entries
    }
}

fn of_clause<'p>(
    clause: &'p Clause,
    version: Version,
    (list, needed): (usize, bool),
    open: &Branch,
    symbols: &mut BTreeMap<String, u16>,
) -> Vec<Entry<'p>> {
    let family = clause.test().family();
    let folds = family == Family::Bool || clause.test().operator().ends_with("IgnoreCase");
    let entry = |pattern, strange| Entry {
        place: Some(clause.key().folded()),
        list,
        pattern,
        needed,
        folds,
        strange,
    };
    match family {
        Family::Null => return Vec::new(),
        Family::String | Family::Arn | Family::Bool => {}
        _ => return vec![entry(Box::new([]), true)],
    }
    let mut entries = Vec::new();
    for value in clause.values() {
        let before = symbols.len();
        let read = keys::read(clause, value.as_str(), version, &mut Variables::open(open, symbols));
        let is_variable = |token: &Token| matches!(token, Token::Variable(_));
        let strange = match (&read, family) {
            // What stands for the variable may be what makes it an ARN.
            (None, Family::Arn) => symbols.len() > before || pattern::has_variables(value.as_str(), version),
            (Some(pattern), Family::Arn) => {
                let head = pattern.iter().take_while(|token| !is_variable(token));
                let colons = head.filter(|token| **token == Token::Char(':')).count();
                colons < 5 && pattern.iter().any(is_variable)
            }
            (Some(pattern), Family::Bool) => pattern.iter().any(is_variable),
            _ => false,
        };
        entries.extend(read.map(|pattern| entry(pattern, strange)));
        if strange && entries.is_empty() {
            entries.push(entry(Box::new([]), true));
        }
    }
    entries
}

fn of_resources<'p>(
    source: &Source<'p>,
    list: usize,
    is_part: bool,
    open: &Branch,
    symbols: &mut BTreeMap<String, u16>,
) -> Vec<Entry<'p>> {
    let Some(element) = source.statement.resources() else { return Vec::new() };
    let needed = is_part == (element.polarity() == Polarity::Listed);
    let mut clauses = Clauses::default();
    let mut compiler = Compiler { clauses: &mut clauses, branch: open, is_open: true, symbols };
    let texts = element.patterns().iter().map(|pattern| pattern.as_str());
    let globs = texts.filter_map(|text| match compiler.resource(text, source) {
        boxes::Entry::Glob(glob) => Some(glob),
        boxes::Entry::Every | boxes::Entry::Valueless | boxes::Entry::Nothing => None,
    });
    let entry =
        |pattern| Entry { place: None, list, pattern, needed, folds: false, strange: source.by_segment };
    globs.map(entry).collect()
}

/// A variable among the entries.
struct Site<'e, 'p> {
    key: &'e str,
    mine: u16,
    entries: &'e [Entry<'p>],
    unsaid: &'e [&'e String],
    branch: &'e Branch,
}

impl<'e, 'p> Site<'e, 'p> {
    /// Whether what stands there is not said yet, so that another text may come to stand there.
    fn is_free(&self, place: Option<&str>) -> bool {
        place.is_none_or(|key| !self.branch.settled.contains(key) || self.branch.lists.contains(key))
    }

    fn has_mine(&self, entry: &Entry<'_>) -> bool {
        entry.variables().any(|symbol| symbol == self.mine)
    }

    /// Where the variable stands.
    fn places(&self) -> HashSet<Option<&'p str>> {
        self.entries.iter().filter(|entry| self.has_mine(entry)).map(|entry| entry.place).collect()
    }

    /// The stretches of entries that can stand where the variable stands, and what its own key is compared with;
    /// `None` where the argument does not hold. With it, whether some entries fold case and some do not.
    fn stretches(&self, meter: &mut Meter) -> Result<Option<(Vec<Pattern>, bool)>, Exhausted> {
        let mut all: Vec<Pattern> = Vec::new();
        let mut folds = HashSet::new();
        for own in self.entries.iter().filter(|entry| entry.place == Some(self.key)) {
            if own.strange || own.variables().next().is_some() {
                return Ok(None);
            }
            folds.extend(own.minds_case());
            all.push(own.pattern.clone());
        }
        for place in self.places() {
            let here: Vec<&Entry<'_>> = self.entries.iter().filter(|entry| entry.place == place).collect();
            folds.extend(here.iter().filter_map(|entry| entry.minds_case()));
            if here.iter().any(|entry| entry.strange) || !self.is_apt(place, &here) {
                return Ok(None);
            }
            let (with, without): (Vec<&Entry<'_>>, Vec<&Entry<'_>>) =
                here.into_iter().partition(|entry| self.has_mine(entry));
            let mut others: Vec<Pattern> = without.iter().map(|entry| entry.pattern.clone()).collect();
            let is_free = self.is_free(place);
            if !is_free {
                let held = place.and_then(|key| self.branch.known.get(key)).map(Values::as_slice);
                let literal = |text: &str| -> Pattern { text.chars().map(Token::Char).collect() };
                others = held.unwrap_or_default().iter().map(|text| literal(text)).collect();
            }
            for entry in with.iter().filter(|entry| entry.needed || !is_free) {
                for other in &others {
                    meter.spend(entry.pattern.len() * other.len() / 8 + 1)?;
                    all.extend(self.stretches_of(&entry.pattern, other));
                }
            }
        }
        let is_mixed = folds.len() > 1;
        if is_mixed {
            all.extend(all.iter().map(|stretch| pattern::folded(stretch)).collect::<Vec<_>>());
        }
        all.sort_unstable();
        all.dedup();
        Ok((all.len() <= MOST_STRETCHES).then_some((all, is_mixed)))
    }

    /// Whether the variable can be exchanged in what one key holds: where an entry has to match, it is one, or all
    /// have the variable behind the same letters.
    fn is_apt(&self, place: Option<&str>, here: &[&Entry<'_>]) -> bool {
        let is_variable = |key: &str| self.unsaid.iter().any(|open| *open == key);
        if place.is_some_and(|key| is_variable(key) || self.branch.present.contains_key(key)) {
            return false;
        }
        if !self.is_free(place) {
            return true;
        }
        let needed: Vec<&&Entry<'_>> =
            here.iter().filter(|entry| entry.needed && entry.variables().next().is_some()).collect();
        if needed.iter().any(|entry| entry.variables().filter(|symbol| *symbol == self.mine).count() != 1) {
            return false;
        }
        let lists: HashSet<usize> = needed.iter().map(|entry| entry.list).collect();
        let heads: HashSet<&[Token]> = needed.iter().map(|entry| self.halves(&entry.pattern).0).collect();
        let is_plain =
            |head: &&[Token]| head.iter().all(|token| matches!(token, Token::Char(_) | Token::Folded(_)));
        lists.len() < 2 || heads.len() < 2 && heads.iter().all(is_plain)
    }

    /// What stands before the variable and behind it.
    fn halves<'t>(&self, pattern: &'t [Token]) -> (&'t [Token], &'t [Token]) {
        let mut halves = pattern.splitn(2, |token| *token == Token::Variable(self.mine));
        (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
    }

    /// The stretches of an entry that can stand where another has the variable.
    fn stretches_of(&self, with: &[Token], other: &[Token]) -> Vec<Pattern> {
        let (before, after) = self.halves(with);
        let starts = reach(before, other);
        let reversed = |tokens: &[Token]| -> Vec<Token> { tokens.iter().rev().copied().collect() };
        let ends = reach(&reversed(after), &reversed(other));
        let mut all = Vec::new();
        for start in &starts {
            for end in ends.iter().map(|end| other.len() - end).filter(|end| end >= start) {
                let tokens = other.get(*start..end).unwrap_or_default();
                let tokens = tokens.iter().filter(|token| !matches!(token, Token::Variable(_)));
                all.push(tokens.copied().collect());
            }
        }
        all
    }

    /// A letter of which nothing speaks.
    fn unspoken(&self) -> Option<char> {
        let mut spoken: HashSet<char> = HashSet::new();
        for token in self.entries.iter().flat_map(|entry| &entry.pattern) {
            if let Token::Char(c) | Token::Folded(c) = token {
                spoken.extend([*c, pattern::fold(*c)]);
            }
        }
        for (_, values) in self.branch.known.iter() {
            spoken.extend(values.as_slice().iter().flat_map(|text| text.chars()).map(pattern::fold));
        }
        let plain = "xzqwkvyjbdefghilmnoprstuac0123456789".chars();
        plain.chain('\u{4e00}'..'\u{9fff}').find(|c| !spoken.contains(c))
    }
}

/// The places of `other` to which the texts of `tokens` can lead. A variable is taken for any run of letters.
fn reach(tokens: &[Token], other: &[Token]) -> Vec<usize> {
    let is_run = |token: Token| pattern::is_star(token) || matches!(token, Token::Variable(_));
    let mut seen = HashSet::from([(0, 0)]);
    let mut stack = vec![(0, 0)];
    while let Some((at, place)) = stack.pop() {
        let (mine, theirs) = (tokens.get(at).copied(), other.get(place).copied());
        let mut next = Vec::new();
        if mine.is_some_and(is_run) {
            next.push((at + 1, place));
        }
        if theirs.is_some_and(is_run) {
            next.push((at, place + 1));
        }
        if let (Some(mine), Some(theirs)) = (mine, theirs)
            && meet(mine, theirs)
        {
            next.push((at + usize::from(!is_run(mine)), place + usize::from(!is_run(theirs))));
        }
        stack.extend(next.into_iter().filter(|step| seen.insert(*step)));
    }
    (0..=other.len()).filter(|place| seen.contains(&(tokens.len(), *place))).collect()
}

/// Whether some character is of both tokens.
fn meet(a: Token, b: Token) -> bool {
    match (a, b) {
        (Token::Variable(_), _) | (_, Token::Variable(_)) => true,
        (Token::Char(c), other) | (other, Token::Char(c)) => other.takes(c),
        (Token::Folded(c), other) | (other, Token::Folded(c)) => other.takes(c),
        _ => true,
    }
}

/// A text that runs through the stretches as another does and has a new letter, or nothing but it; the text itself
/// where a listed word leaves no choice.
fn freshened(
    text: &str,
    letter: char,
    stretches: &[Pattern],
    entirely: bool,
    meter: &mut Meter,
) -> Result<Option<String>, Exhausted> {
    let chars: Vec<char> = text.chars().collect();
    let taken: Vec<bool> = stretches.iter().map(|stretch| pattern::takes(stretch, &chars)).collect();
    let mut alike = |other: &[char]| -> Result<bool, Exhausted> {
        meter.spend(stretches.len())?;
        Ok(stretches.iter().zip(&taken).all(|(stretch, taken)| pattern::takes(stretch, other) == *taken))
    };
    let all = vec![letter; chars.len()];
    if alike(&all)? {
        return Ok(Some(all.into_iter().collect()));
    }
    // A letter has two cases at most; of longer words there are more ways to write them than those two.
    let has_folded = stretches.iter().flatten().any(|token| matches!(token, Token::Folded(_)));
    let has_exact = stretches.iter().flatten().any(|token| matches!(token, Token::Char(_)));
    let is_choice = |token: &Token| match token {
        Token::Char(_) => true,
        Token::Folded(_) => chars.len() == 1 || !(has_folded && has_exact),
        _ => false,
    };
    let is_word = |(stretch, taken): (&Pattern, &bool)| *taken && stretch.iter().all(is_choice);
    if stretches.iter().zip(&taken).any(is_word) {
        return Ok(Some(text.to_owned()));
    }
    if entirely {
        return Ok(None);
    }
    // Somewhere between a beginning and an end, which may overlap.
    let places = 0..=chars.len().min(MOST_LETTERS);
    for (from, to) in places.clone().flat_map(|from| places.clone().map(move |to| (from, to))) {
        let (head, tail) = (chars.get(..from).unwrap_or_default(), chars.get(to..).unwrap_or_default());
        let joined = [head, &[letter], tail].concat();
        if alike(&joined)? {
            return Ok(Some(joined.into_iter().collect()));
        }
    }
    Ok(None)
}

/// So many letters of a text are tried as neighbours of a new one.
const MOST_LETTERS: usize = 24;

/// So many stretches are told apart.
const MOST_STRETCHES: usize = 100;
