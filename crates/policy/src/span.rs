//! Where in a document something stands.

/// A run of bytes of a document: `start` is inside, `end` is the first byte behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, serde::Serialize)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        // INVARIANT: documents are bounded far below 4 GiB by the reader.
        Self { start: u32::try_from(start).unwrap_or(u32::MAX), end: u32::try_from(end).unwrap_or(u32::MAX) }
    }
}

/// A place in a document, as people count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, serde::Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The offset in bytes, from 0.
    pub offset: u32,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Where the lines of a document begin, so that an offset can be told as line and column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lines {
    /// The offset at which each line but the first begins.
    starts: Box<[u32]>,
    /// The offset of each byte that continues a character; empty for ASCII.
    continuations: Box<[u32]>,
}

impl Lines {
    /// Notes the lines of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let newlines = memchr::memchr_iter(b'\n', text.as_bytes());
        let mut starts = Vec::with_capacity(newlines.clone().count());
        starts.extend(newlines.map(|at| offset(at + 1)));
        let starts = starts.into();
        if text.is_ascii() {
            return Self { starts, continuations: Box::default() };
        }
        let continuations = text.bytes().enumerate().filter(|(_, byte)| byte & 0xC0 == 0x80);
        Self { starts, continuations: continuations.map(|(at, _)| offset(at)).collect() }
    }

    /// Line and column of a byte offset.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or(0);
        let inside = |at: u32| self.continuations.partition_point(|byte| *byte < at);
        let continued = inside(offset) - inside(start);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: count(line + 1), column: offset - start - count(continued) + 1, offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        let lines = Lines::of("ab\nä¡c\n");
        assert_eq!(lines.position(0), Position { line: 1, column: 1, offset: 0 });
        assert_eq!(lines.position(3), Position { line: 2, column: 1, offset: 3 });
        assert_eq!(lines.position(7), Position { line: 2, column: 3, offset: 7 });
        assert_eq!(lines.position(9), Position { line: 3, column: 1, offset: 9 });
    }
}
