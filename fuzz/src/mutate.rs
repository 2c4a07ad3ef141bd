//! Inputs out of inputs, the same ones for the same start.

/// A small random generator (xorshift64*): good enough to choose mutations.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that roll the same for the same start.
    pub fn new(start: u64) -> Self {
        Self(start.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`, or 0 if there is none.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let roll = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16;
        if end == 0 { 0 } else { (roll % end as u64) as usize }
    }

    fn of<'t, T>(&mut self, choices: &'t [T]) -> Option<&'t T> {
        choices.get(self.below(choices.len()))
    }
}

/// Changes `input` in one place, or in up to six. `others` and `words` are what it may borrow from.
pub fn mutate(input: &mut Vec<u8>, others: &[Vec<u8>], words: &[&str], dice: &mut Dice) {
    let more = if dice.below(2) == 0 { 0 } else { dice.below(6) };
    for _ in 0..=more {
        once(input, others, words, dice);
    }
    input.truncate(LONGEST);
}

fn once(input: &mut Vec<u8>, others: &[Vec<u8>], words: &[&str], dice: &mut Dice) {
    let at = dice.below(input.len() + 1);
    let range = at..input.len().min(at + 1 + dice.below(16));
    match dice.below(12) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = dice.below(256) as u8;
            }
        }
        2 => {
            let odd = dice.of(ODD_BYTES).copied().unwrap_or_default();
            input.insert(at, odd);
        }
        3 => drop(input.drain(range)),
        4 => input.truncate(at),
        5 | 6 => {
            let word = dice.of(words).copied().unwrap_or_default();
            input.splice(at..at, word.bytes());
        }
        7 => {
            let word = dice.of(words).copied().unwrap_or_default();
            input.splice(range, word.bytes());
        }
        // A piece many times over: deep nesting, long lists.
        8 => {
            let piece = input.get(range).unwrap_or_default().to_vec();
            let times = if dice.below(50) == 0 { 1 + dice.below(2000) } else { 1 + dice.below(4) };
            input.splice(at..at, piece.repeat(times));
        }
        // The beginning of this and the end of another.
        9 => {
            let other = dice.of(others).cloned().unwrap_or_default();
            let from = dice.below(other.len() + 1);
            input.truncate(at);
            input.extend_from_slice(other.get(from..).unwrap_or_default());
        }
        10 => {
            let odd = dice.of(ODD_TEXTS).copied().unwrap_or_default();
            input.splice(range, odd.bytes());
        }
        _ => {
            let other = dice.below(input.len() + 1);
            if at < input.len() && other < input.len() {
                input.swap(at, other);
            }
        }
    }
}

/// No mutation makes an input longer than this.
pub const LONGEST: usize = 64 * 1024;

const ODD_BYTES: &[u8] = b"\0\t\n\r \"#$%&'()*+,-./0:;<=>?@A[\\]^_`a{|}~\x7f\x80\xc0\xff";

const ODD_TEXTS: &[&str] = &[
    "%00",
    "%",
    "%f",
    "%ff%fe",
    "%2F",
    "%252F",
    "+",
    "&",
    "&&",
    "=",
    "0",
    "-1",
    "00",
    "2147483648",
    "9223372036854775808",
    "1e999",
    "NaN",
    "null",
    "true",
    "[]",
    "{}",
    "[[[[",
    "{\"a\":",
    "\\u0000",
    "\\ud800",
    "\u{feff}",
    "\u{0}",
    "ä",
    "ſ",
    "K",
    "İ",
    "\u{202e}",
    "\u{10ffff}",
    "]]>",
    "<!--",
    "&amp;",
    "\r\n",
    "*",
    "?",
    "${",
    "}",
    "..",
    "/../",
    "//",
    ":",
    ":::::",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_start_makes_the_same_inputs() {
        let run = || {
            let (mut dice, mut input) = (Dice::new(7), b"Action=ListUsers&Version=2010-05-08".to_vec());
            let others = [b"another".to_vec()];
            for _ in 0..500 {
                mutate(&mut input, &others, &["word"], &mut dice);
                assert!(input.len() <= LONGEST);
            }
            input
        };
        assert_eq!(run(), run());
    }
}
