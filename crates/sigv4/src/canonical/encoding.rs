//! Percent-encoding as signatures want it.

use std::borrow::Cow;

use super::Output;

/// Writes the bytes; all but the unreserved characters become `%XX`.
pub(crate) fn encode_into(bytes: &[u8], out: &mut impl Output) {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| !is_unreserved(*byte)) {
        let (plain, tail) = rest.split_at(at);
        out.push(plain);
        let Some((byte, tail)) = tail.split_first() else { return };
        out.push(&[b'%', digit(byte >> 4), digit(byte & 15)]);
        rest = tail;
    }
    out.push(rest);
}

/// Undoes the encoding of a query: `%XX`, and `+` for a space, as the form decoder reads it;
/// were the two to differ, one signature would cover two meanings. What is no valid escape
/// stays as it is.
pub(crate) fn decode_query(text: &str) -> Cow<'_, [u8]> {
    decode(text.as_bytes(), true)
}

/// Undoes the encoding of a path.
pub(crate) fn decode_path(text: &str) -> Cow<'_, [u8]> {
    decode(text.as_bytes(), false)
}

fn decode(bytes: &[u8], plus_is_space: bool) -> Cow<'_, [u8]> {
    if !bytes.iter().any(|byte| *byte == b'%' || *byte == b'+') {
        return Cow::Borrowed(bytes);
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return Cow::Owned(decoded),
            [b'%', high, low, tail @ ..] if value(*high).is_some() && value(*low).is_some() => {
                decoded.push(value(*high).unwrap_or(0) << 4 | value(*low).unwrap_or(0));
                tail
            }
            [b'+', tail @ ..] if plus_is_space => {
                decoded.push(b' ');
                tail
            }
            [byte, tail @ ..] => {
                decoded.push(*byte);
                tail
            }
        };
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'A' + value - 10 }
}

fn value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
