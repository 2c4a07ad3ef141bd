//! Patterns as runs of tokens, which is what the subset construction walks over.

use std::collections::BTreeMap;

use policy::{Context, Key, Values, Version};

use crate::split::Branch;

/// A token of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Token {
    /// This character.
    Char(char),
    /// This character in either case; held in lower case.
    Folded(char),
    /// Any one character.
    One,
    /// Any one character but a colon.
    OneInside,
    /// Any run of characters.
    Many,
    /// Any run of characters without a colon.
    ManyInside,
    /// Any one character but a colon or a slash.
    OneName,
    /// Any run of characters without a colon or a slash.
    ManyName,
    /// Whatever a policy variable stands for.
    Variable(u16),
}

/// How `*` and `?` are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wildcards {
    Active,
    Literal,
}

/// A pattern.
pub(crate) type Pattern = Box<[Token]>;

/// What policy variables stand for while a pattern is read.
#[derive(Debug)]
pub(crate) struct Variables<'v> {
    /// What keys hold.
    known: &'v Context,
    /// Keys that hold what is known of them, be it nothing. Any other is a letter of its own, where there are
    /// symbols; without them it has no value.
    open: Option<(&'v Branch, &'v mut BTreeMap<String, u16>)>,
}

impl<'v> Variables<'v> {
    /// Everything is known.
    pub(crate) fn known(known: &'v Context) -> Self {
        Self { known, open: None }
    }

    /// What is not settled is left open.
    pub(crate) fn open(branch: &'v Branch, symbols: &'v mut BTreeMap<String, u16>) -> Self {
        Self { known: &branch.known, open: Some((branch, symbols)) }
    }
}

/// A part of a text with variables.
pub(crate) enum Part<'t> {
    Text(&'t str),
    /// An escaped `*`, `?` or `$`.
    Escaped(&'t str),
    Variable {
        key: String,
        default: Option<&'t str>,
    },
}

/// Splits a text at its variables.
pub(crate) fn parts(text: &str, version: Version) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${").filter(|_| version == Version::V2012) {
        let Some((inside, after)) = behind.split_once('}') else { break };
        parts.push(Part::Text(before));
        parts.push(match inside {
            "*" | "?" | "$" => Part::Escaped(inside),
            _ => variable(inside),
        });
        rest = after;
    }
    parts.push(Part::Text(rest));
    parts
}

fn variable(inside: &str) -> Part<'_> {
    let split = inside.split_once(", '").and_then(|(key, rest)| Some((key, rest.strip_suffix('\'')?)));
    let (key, default) = match split {
        Some((key, default)) => (key, Some(default)),
        None => (inside, None),
    };
    Part::Variable { key: policy::Key::new(key).folded().to_owned(), default }
}

/// Whether a text has variables.
pub(crate) fn has_variables(text: &str, version: Version) -> bool {
    parts(text, version).iter().any(|part| matches!(part, Part::Variable { .. }))
}

/// Reads a text; `None` where a variable in it has no value.
pub(crate) fn read(
    text: &str,
    wildcards: Wildcards,
    version: Version,
    variables: &mut Variables<'_>,
) -> Option<Pattern> {
    let mut tokens = Vec::with_capacity(text.len());
    for part in parts(text, version) {
        match part {
            Part::Text(text) => tokens.extend(text.chars().map(|c| match (c, wildcards) {
                ('*', Wildcards::Active) => Token::Many,
                ('?', Wildcards::Active) => Token::One,
                (c, _) => Token::Char(c),
            })),
            Part::Escaped(text) => tokens.extend(text.chars().map(Token::Char)),
            Part::Variable { key, default } => {
                // A list is no value, and a default is for keys that are absent.
                if matches!(variables.known.get(&key), Some(Values::Many(list)) if !list.is_empty()) {
                    return None;
                }
                let value = variables.known.single(&Key::new(&key));
                match (value, &mut variables.open) {
                    (None, Some((branch, symbols))) if !branch.settled.contains(&key) => {
                        let default = default.filter(|_| !branch.present.contains_key(&key));
                        let name = format!("{key}\n{}", default.unwrap_or("\n"));
                        let next = u16::try_from(symbols.len()).ok()?;
                        tokens.push(Token::Variable(*symbols.entry(name).or_insert(next)));
                    }
                    _ => tokens.extend(value.or(default)?.chars().map(Token::Char)),
                }
            }
        }
    }
    Some(squeezed(tokens))
}

/// The pattern of an `Arn…` operator: what stands before the fifth colon keeps to its segment. `None` for what
/// is no ARN.
pub(crate) fn by_segment(pattern: &[Token]) -> Option<Pattern> {
    let mut colons = 0;
    let tokens = pattern.iter().map(|token| {
        if *token == Token::Char(':') {
            colons += 1;
        }
        match token {
            Token::Many if colons < 5 => Token::ManyInside,
            Token::One if colons < 5 => Token::OneInside,
            token => *token,
        }
    });
    let tokens: Pattern = tokens.collect();
    (colons >= 5).then_some(tokens)
}

/// Every text with at least five colons.
pub(crate) fn any_arn() -> Pattern {
    let segment = [Token::ManyInside, Token::Char(':')];
    std::iter::repeat_n(segment, 5).flatten().chain([Token::Many]).collect()
}

/// The same without regard to case.
pub(crate) fn folded(pattern: &[Token]) -> Pattern {
    pattern
        .iter()
        .map(|token| match token {
            Token::Char(c) => Token::Folded(fold(*c)),
            token => *token,
        })
        .collect()
}

/// Lower case within ASCII and Latin-1, as the engine folds.
pub(crate) fn fold(c: char) -> char {
    match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        'À'..='Þ' if c != '×' => char::from_u32(u32::from(c) + 0x20).unwrap_or(c),
        _ => c,
    }
}

/// Upper case within ASCII and Latin-1.
pub(crate) fn unfold(c: char) -> char {
    match c {
        'a'..='z' => c.to_ascii_uppercase(),
        'à'..='þ' if c != '÷' => char::from_u32(u32::from(c) - 0x20).unwrap_or(c),
        _ => c,
    }
}

/// Whether a text is one of a pattern's; a variable stands for nothing.
pub(crate) fn takes(pattern: &[Token], text: &[char]) -> bool {
    let mut places = vec![false; pattern.len() + 1];
    let close = |places: &mut Vec<bool>| {
        for (at, token) in pattern.iter().enumerate() {
            let is_passed = is_star(*token) || matches!(token, Token::Variable(_));
            if is_passed
                && places.get(at) == Some(&true)
                && let Some(next) = places.get_mut(at + 1)
            {
                *next = true;
            }
        }
    };
    if let Some(first) = places.first_mut() {
        *first = true;
    }
    close(&mut places);
    for c in text {
        let mut next = vec![false; pattern.len() + 1];
        for (at, token) in pattern.iter().enumerate().filter(|(at, _)| places.get(*at) == Some(&true)) {
            let to = if is_star(*token) { at } else { at + 1 };
            if token.takes(*c)
                && let Some(place) = next.get_mut(to)
            {
                *place = true;
            }
        }
        close(&mut next);
        places = next;
    }
    places.last() == Some(&true)
}

/// Whether a token stands for any run of something.
pub(crate) fn is_star(token: Token) -> bool {
    matches!(token, Token::Many | Token::ManyInside | Token::ManyName)
}

impl Token {
    /// Whether a character is one that it stands for.
    pub(crate) fn takes(self, c: char) -> bool {
        match self {
            Self::Char(x) => x == c,
            Self::Folded(x) => x == fold(c),
            Self::One | Self::Many => true,
            Self::OneInside | Self::ManyInside => c != ':',
            Self::OneName | Self::ManyName => c != ':' && c != '/',
            Self::Variable(_) => false,
        }
    }
}

/// Whether two patterns can share no text, as far as a look at their ends tells.
pub(crate) fn clash(a: &[Token], b: &[Token]) -> bool {
    let differ = |(x, y): (&Token, &Token)| match (x, y) {
        (Token::Char(x), Token::Char(y)) => Some(x != y),
        (Token::Char(_) | Token::One, Token::Char(_) | Token::One) => Some(false),
        _ => None,
    };
    let ends = |mut pairs: &mut dyn Iterator<Item = (&Token, &Token)>| {
        (&mut pairs).map_while(differ).any(|differs| differs)
    };
    ends(&mut a.iter().zip(b.iter())) || ends(&mut a.iter().rev().zip(b.iter().rev()))
}

/// Whether every text of `inner` is one of `outer`: sound, not complete (a star of `inner` is only taken by one of
/// `outer`).
pub(crate) fn covers(outer: &[Token], inner: &[Token]) -> bool {
    // Greedy: the leftmost fit of each piece between stars leaves most for the rest.
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    let mut steps = 0_usize;
    loop {
        steps += 1;
        if steps > 20_000 {
            return false;
        }
        let takes = match (outer.get(at), inner.get(from)) {
            (None, None) => return true,
            (Some(Token::Many), _) => {
                star = Some((at, from));
                at += 1;
                continue;
            }
            (_, None) => return false,
            (Some(Token::Char(x)), Some(Token::Char(y))) => x == y,
            (Some(Token::Variable(x)), Some(Token::Variable(y))) => x == y,
            (Some(Token::One), Some(Token::Char(_) | Token::One)) => true,
            _ => false,
        };
        if takes {
            at += 1;
            from += 1;
        } else if let Some((place, taken)) = star {
            star = Some((place, taken + 1));
            at = place + 1;
            from = taken + 1;
        } else {
            return false;
        }
    }
}

fn squeezed(mut tokens: Vec<Token>) -> Pattern {
    tokens.dedup_by(|second, first| *second == Token::Many && *first == Token::Many);
    tokens.into()
}
