//! A JSON reader that keeps positions, refuses duplicate keys and bounds size and depth.

use compact_str::CompactString;

use crate::span::{Lines, Position, Span};

/// The largest document that is read, in bytes. AWS's largest policies have 32 KB; whitespace
/// does not count there, so a document may be longer than its quota.
pub const MAX_DOCUMENT_BYTES: usize = 512 * 1024;

/// How deeply objects and lists may nest. A policy needs six levels.
const MAX_DEPTH: u32 = 24;

/// Up to so many keys are compared one by one.
const FEW: usize = 16;

/// A JSON value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// From its first byte to behind its last.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// A JSON value. A number is kept as it was written.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(CompactString),
    /// A string, its escapes resolved.
    String(CompactString),
    /// A list.
    Array(Vec<Node>),
    /// An object; its members in their order.
    Object(Vec<Member>),
}

/// One `"key": value` of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The key.
    pub key: CompactString,
    /// Where the key stands, quotes included.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The items of a list, or the value itself as a list of one.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Array(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of an object's member.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_object()?.iter().find(|member| member.key == key).map(|member| &member.value)
    }

    /// The members of an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&[Member]> {
        match &self.value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// What a person calls this kind of value.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        }
    }
}

/// Why a text is not the JSON of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// At which byte.
    pub offset: u32,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a text as JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The text is longer than so many bytes: [`MAX_DOCUMENT_BYTES`] for a document.
    #[error("the text is longer than {0} bytes")]
    TooLarge(usize),
    /// Objects and lists nest too deeply.
    #[error("objects and lists nest deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The text ends too early.
    #[error("the document ends too early")]
    Truncated,
    /// Something stands where something else is needed.
    #[error("expected {0}")]
    Expected(&'static str),
    /// Text follows the document.
    #[error("text follows the document")]
    Trailing,
    /// A string has a bad escape or a control character.
    #[error("a string has {0}")]
    BadString(&'static str),
    /// A number is not JSON.
    #[error("a number is malformed")]
    BadNumber,
    /// An object has a key twice.
    #[error("the key `{0}` stands twice in one object")]
    DuplicateKey(CompactString),
}

/// What to do with a key that stands twice in one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duplicates {
    Refused,
    /// For texts that hold documents: each document is read by itself once more.
    Kept,
}

/// Reads a whole document of at most [`MAX_DOCUMENT_BYTES`]; a key that stands twice in one object is refused.
pub fn read(text: &str) -> Result<Node, Fault> {
    read_up_to(text, MAX_DOCUMENT_BYTES, Duplicates::Refused)
}

/// Reads a whole text of at most so many bytes.
pub(crate) fn read_up_to(text: &str, limit: usize, duplicates: Duplicates) -> Result<Node, Fault> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, duplicates };
    if text.len() > limit {
        return Err(reader.fault(Problem::TooLarge(limit)));
    }
    reader.space();
    let node = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.fault(Problem::Trailing));
    }
    Ok(node)
}

/// The value of a member of a text's object, as far as the text can be read.
pub(crate) fn find_member(text: &str, key: &str) -> Option<Node> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, duplicates: Duplicates::Kept };
    reader.space();
    reader.expect(b'{', "`{`").ok()?;
    loop {
        reader.space();
        let found = reader.string().ok()?;
        reader.space();
        reader.expect(b':', "`:`").ok()?;
        reader.space();
        let value = reader.value(0).ok()?;
        if found == key {
            return Some(value);
        }
        reader.space();
        reader.expect(b',', "`,`").ok()?;
    }
}

/// Tells where a fault stands.
pub(crate) fn locate(text: &str, offset: u32) -> Position {
    Lines::of(text).position(offset)
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    duplicates: Duplicates,
}

impl Reader<'_> {
    fn fault(&self, problem: Problem) -> Fault {
        Fault { offset: u32::try_from(self.at).unwrap_or(u32::MAX), problem }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            self.at += 1;
            if byte == b'\n' {
                // What follows is indentation: it comes in runs.
                while self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) == Some(b"    ") {
                    self.at += 4;
                }
            }
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Fault> {
        if self.take(byte) {
            return Ok(());
        }
        Err(self.unexpected(what))
    }

    fn unexpected(&self, what: &'static str) -> Fault {
        self.fault(if self.peek().is_none() { Problem::Truncated } else { Problem::Expected(what) })
    }

    fn value(&mut self, depth: u32) -> Result<Node, Fault> {
        // Recursion is bounded: `depth` grows with each nested call and stops it.
        if depth > MAX_DEPTH {
            return Err(self.fault(Problem::TooDeep));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Node { span: Span::new(start, self.at), value })
    }

    fn word(&mut self, word: &'static str, value: Value) -> Result<Value, Fault> {
        if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.unexpected("a value"))
    }

    fn object(&mut self, depth: u32) -> Result<Value, Fault> {
        self.expect(b'{', "`{`")?;
        let mut members: Vec<Member> = Vec::new();
        // Most objects have a handful of keys; a set is kept only for one that has many.
        let mut seen = std::collections::HashSet::new();
        self.space();
        if self.take(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a key in double quotes"));
            }
            let key = self.string()?;
            let key_span = Span::new(start, self.at);
            if members.len() == FEW {
                seen.extend(members.iter().map(|member| member.key.clone()));
            }
            let twice = if members.len() < FEW {
                members.iter().any(|member| member.key == key)
            } else {
                !seen.insert(key.clone())
            };
            if twice && self.duplicates == Duplicates::Refused {
                self.at = start;
                return Err(self.fault(Problem::DuplicateKey(key)));
            }
            self.space();
            self.expect(b':', "`:`")?;
            self.space();
            let value = self.value(depth + 1)?;
            members.push(Member { key, key_span, value });
            self.space();
            if self.take(b'}') {
                return Ok(Value::Object(members));
            }
            self.expect(b',', "`,` or `}`")?;
        }
    }

    fn array(&mut self, depth: u32) -> Result<Value, Fault> {
        self.expect(b'[', "`[`")?;
        self.space();
        if self.take(b']') {
            return Ok(Value::Array(Vec::new()));
        }
        let mut items = Vec::with_capacity(8);
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            if self.take(b']') {
                return Ok(Value::Array(items));
            }
            self.expect(b',', "`,` or `]`")?;
        }
    }

    fn string(&mut self) -> Result<CompactString, Fault> {
        self.expect(b'"', "a string")?;
        let mut out = CompactString::default();
        loop {
            let start = self.at;
            self.at += plain_run(self.bytes.get(start..).unwrap_or_default());
            // Both ends stand before or behind an ASCII byte, so they are character boundaries.
            let run = self.text.get(start..self.at).unwrap_or_default();
            if out.is_empty() && self.peek() == Some(b'"') {
                self.at += 1;
                return Ok(run.into());
            }
            out.push_str(run);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                Some(_) => return Err(self.fault(Problem::BadString("a raw control character"))),
                None => return Err(self.fault(Problem::Truncated)),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let simple = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.fault(Problem::BadString("an unknown escape"))),
        };
        self.at += 1;
        Ok(simple)
    }

    fn unicode_escape(&mut self) -> Result<char, Fault> {
        let first = self.hex4()?;
        if !(0xD800..0xE000).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.fault(Problem::BadString("a bad escape")));
        }
        let lone = Problem::BadString("half of a surrogate pair");
        if first >= 0xDC00 || !self.take(b'\\') || self.peek() != Some(b'u') {
            return Err(self.fault(lone));
        }
        let second = self.hex4()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(self.fault(lone));
        }
        let scalar = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        char::from_u32(scalar).ok_or_else(|| self.fault(lone))
    }

    /// Reads `uXXXX`.
    fn hex4(&mut self) -> Result<u32, Fault> {
        let digits = self.bytes.get(self.at + 1..self.at + 5).unwrap_or_default();
        if digits.len() < 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(self.fault(Problem::BadString("an escape without four hexadecimal digits")));
        }
        let value = digits
            .iter()
            .fold(0, |value, digit| value * 16 + char::from(*digit).to_digit(16).unwrap_or_default());
        self.at += 5;
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        self.take(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        let mut good = whole > 0 && !(leading_zero && whole > 1);
        if self.take(b'.') {
            good &= self.digits() > 0;
        }
        if self.take(b'e') || self.take(b'E') {
            let _signed = self.take(b'+') || self.take(b'-');
            good &= self.digits() > 0;
        }
        if !good {
            return Err(self.fault(Problem::BadNumber));
        }
        Ok(Value::Number(self.text.get(start..self.at).unwrap_or_default().into()))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }
}

/// How many bytes there are before a quote, a backslash or a control character.
fn plain_run(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let found = special(u64::from_le_bytes(*word));
        if found != 0 {
            return at * 8 + usize::try_from(found.trailing_zeros() / 8).unwrap_or_default();
        }
    }
    let is_plain = |byte: &&u8| **byte != b'"' && **byte != b'\\' && **byte >= 0x20;
    words.len() * 8 + rest.iter().take_while(is_plain).count()
}

/// Sets the top bit of the first byte that is a quote, a backslash or a control character; what it says of the
/// bytes behind that one means nothing.
fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & (ONES * 0x80);
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    equal(b'"') | equal(b'\\') | below(word, 0x20)
}

#[cfg(test)]
mod tests;
