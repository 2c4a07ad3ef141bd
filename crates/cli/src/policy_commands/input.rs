//! Reading files and lines, bounded.

use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

use anyhow::Context as _;

/// A line of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Its text, without the line break.
    Text(String),
    /// It is not UTF-8, or longer than [`LONGEST_LINE`]; the reason.
    Unusable(String),
}

/// A file, or standard input for `-`, behind the byte order mark that some editors put before the first line.
pub(crate) fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    let doing = || format!("cannot read `{}`", path.display());
    if path == Path::new("-") {
        return without_mark(BufReader::new(std::io::stdin())).with_context(doing);
    }
    let file = std::fs::File::open(path).with_context(doing)?;
    without_mark(BufReader::with_capacity(1 << 16, file)).with_context(doing)
}

/// What is no part of the text: JSON has no place for a mark (RFC 8259, 8.1), nor has a line of a batch.
pub(crate) fn without_mark(mut input: impl BufRead + 'static) -> std::io::Result<Box<dyn BufRead>> {
    let mut head = Vec::with_capacity(MARK.len());
    input.by_ref().take(MARK.len() as u64).read_to_end(&mut head)?;
    if head == MARK {
        return Ok(Box::new(input));
    }
    Ok(Box::new(Cursor::new(head).chain(input)))
}

/// All of a file, or of standard input for `-`.
pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let doing = || format!("cannot read `{}`", path.display());
    let read = open(path)?.take(LONGEST_FILE + 1).read_to_string(&mut text).with_context(doing)?;
    anyhow::ensure!(read as u64 <= LONGEST_FILE, "`{}` is longer than {LONGEST_FILE} bytes", path.display());
    Ok(text)
}

/// The next line that is not blank; none at the end.
pub(crate) fn next_line(input: &mut dyn BufRead) -> std::io::Result<Option<Line>> {
    loop {
        let mut bytes = Vec::new();
        let read = input.take(LONGEST_LINE + 1).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        if bytes.len() as u64 > LONGEST_LINE && !bytes.ends_with(b"\n") {
            skip_line(input)?;
            return Ok(Some(Line::Unusable(format!("the line is longer than {LONGEST_LINE} bytes"))));
        }
        match String::from_utf8(bytes) {
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => return Ok(Some(Line::Text(text))),
            Err(_) => return Ok(Some(Line::Unusable("the line is not UTF-8".into()))),
        }
    }
}

fn skip_line(input: &mut dyn BufRead) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// The byte order mark, in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
const LONGEST_LINE: u64 = 16 << 20;
const LONGEST_FILE: u64 = 256 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_one_by_one_and_blank_ones_are_passed_over() {
        let mut input: &[u8] = b"a\n\n  \nb";
        assert_eq!(next_line(&mut input).unwrap(), Some(Line::Text("a\n".into())));
        assert_eq!(next_line(&mut input).unwrap(), Some(Line::Text("b".into())));
        assert_eq!(next_line(&mut input).unwrap(), None);
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_at_the_beginning_and_nowhere_else() {
        let read = |bytes: &'static [u8]| {
            let mut text = String::new();
            without_mark(bytes).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!(read(b"\xef\xbb\xbf{}\n"), "{}\n");
        assert_eq!(read(b"\xef\xbb\xbf"), "");
        assert_eq!(read(b"\xef\xbb\xbf\xef\xbb\xbfa"), "\u{feff}a");
        for plain in ["", "a", "ab", "abc", "abcd", "a\u{feff}"] {
            assert_eq!(read(plain.as_bytes()), plain);
        }
    }

    #[test]
    fn a_line_without_end_costs_bounded_memory_and_the_next_one_is_read() {
        let endless = std::io::repeat(b'x').take(LONGEST_LINE + 1000);
        let mut input = BufReader::new(endless.chain(&b"\nb\n"[..]));
        assert!(matches!(next_line(&mut input).unwrap(), Some(Line::Unusable(_))));
        assert_eq!(next_line(&mut input).unwrap(), Some(Line::Text("b\n".into())));
    }

    #[test]
    fn a_line_that_is_not_utf_8_is_said_to_be_so() {
        let mut input: &[u8] = b"\xff\nb";
        assert!(matches!(next_line(&mut input).unwrap(), Some(Line::Unusable(_))));
        assert_eq!(next_line(&mut input).unwrap(), Some(Line::Text("b".into())));
    }
}
