//! Percent-encoding as RFC 3986 has it.

use std::borrow::Cow;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends `text` with every byte that is not unreserved written as `%XX`.
pub(crate) fn encode(text: &str, out: &mut String) {
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            continue;
        }
        out.push_str(text.get(plain..at).unwrap_or_default());
        plain = at + 1;
        out.push('%');
        for nibble in [byte >> 4, byte & 15] {
            out.extend(HEX.get(usize::from(nibble)).map(|digit| char::from(*digit)));
        }
    }
    out.push_str(text.get(plain..).unwrap_or_default());
}

/// The text that a form's name or value stands for: `+` is a space, `%XX` a byte, all of it UTF-8.
pub(crate) fn decode_form(raw: &[u8]) -> Option<Cow<'_, str>> {
    if !raw.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return std::str::from_utf8(raw).ok().map(Cow::Borrowed);
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => nibble(*bytes.next()?)? << 4 | nibble(*bytes.next()?)?,
            byte => *byte,
        });
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = String::new();
        encode(text, &mut out);
        out
    }

    #[test]
    fn only_unreserved_bytes_stay() {
        assert_eq!(encoded("aZ0-._~"), "aZ0-._~");
        assert_eq!(encoded("{\"a\": [\"*\"]}\n"), "%7B%22a%22%3A%20%5B%22%2A%22%5D%7D%0A");
        assert_eq!(encoded("é"), "%C3%A9");
    }

    #[test]
    fn forms_decode_to_text_or_nothing() {
        assert_eq!(decode_form(b"a+b%20c%C3%A9").as_deref(), Some("a b cé"));
        assert_eq!(decode_form(b"plain").as_deref(), Some("plain"));
        for bad in [&b"%"[..], b"%4", b"%zz", b"%C3", b"\xff", b"a+%FF", b"%+1"] {
            assert_eq!(decode_form(bad), None, "{bad:?}");
        }
    }
}
