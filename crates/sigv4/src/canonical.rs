//! The canonical request and the string to sign (AWS: "Create a signed AWS API request").

mod encoding;
mod output;

use hmac::Mac;
use sha2::{Digest, Sha256};

pub(crate) use encoding::{decode_query, encode_into};
pub(crate) use output::{Buffered, Output};

use crate::{ALGORITHM, Headers, PathEncoding, PathRule, Scope, SigningKey, SigningTime, TERMINATOR};

/// Everything that the canonical request is made of.
pub(crate) struct Canonical<'a, H> {
    pub(crate) method: &'a str,
    /// The path as on the wire.
    pub(crate) path: &'a str,
    /// The query as on the wire, without the question mark.
    pub(crate) query: &'a str,
    /// Parameters that are no part of what is signed, by decoded name.
    pub(crate) left_out: &'a [&'a str],
    pub(crate) headers: &'a H,
    /// Names in lower case, joined by semicolons.
    pub(crate) signed_headers: &'a str,
    /// The hash of the payload in hexadecimal, or what stands for it.
    pub(crate) payload: &'a str,
    pub(crate) rule: PathRule,
}

impl<H: Headers> Canonical<'_, H> {
    /// Writes the canonical request.
    pub(crate) fn write(&self, out: &mut impl Output) {
        out.push(self.method.as_bytes());
        out.push(b"\n");
        write_path(self.path, self.rule, out);
        out.push(b"\n");
        if !self.query.is_empty() {
            write_query(self.query, self.left_out, out);
        }
        out.push(b"\n");
        for name in self.signed_headers.split(';') {
            out.push(name.as_bytes());
            out.push(b":");
            for (at, value) in self.headers.values(name).enumerate() {
                if at > 0 {
                    out.push(b",");
                }
                write_header_value(value, out);
            }
            out.push(b"\n");
        }
        out.push(b"\n");
        out.push(self.signed_headers.as_bytes());
        out.push(b"\n");
        out.push(self.payload.as_bytes());
    }

    /// The SHA-256 of the canonical request, without building it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        let mut out = Buffered::new(Sha256::new());
        self.write(&mut out);
        out.finish().finalize().into()
    }

    /// The canonical request as text, for the hint that AWS gives.
    pub(crate) fn text(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// Writes the string to sign.
pub(crate) fn write_string_to_sign(
    time: &SigningTime,
    scope: &Scope<'_>,
    canonical: &[u8; 32],
    out: &mut impl Output,
) {
    out.push(ALGORITHM.as_bytes());
    out.push(b"\n");
    out.push(time.as_str().as_bytes());
    out.push(b"\n");
    for part in [scope.date(), scope.region(), scope.service()] {
        out.push(part.as_bytes());
        out.push(b"/");
    }
    out.push(TERMINATOR.as_bytes());
    out.push(b"\n");
    out.push(&hex(canonical));
}

/// The signature of a string to sign.
pub(crate) fn signature(
    key: &SigningKey,
    time: &SigningTime,
    scope: &Scope<'_>,
    canonical: &[u8; 32],
) -> [u8; 32] {
    let mut out = Buffered::new(key.mac());
    write_string_to_sign(time, scope, canonical, &mut out);
    out.finish().finalize().into_bytes().into()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        if let [high, low] = pair {
            *high = digit(byte >> 4);
            *low = digit(byte & 15);
        }
    }
    text
}

/// Hexadecimal as a string.
pub(crate) fn hex_string(bytes: &[u8; 32]) -> String {
    hex(bytes).iter().copied().map(char::from).collect()
}

/// Reads 64 hexadecimal digits.
pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    let text: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Some(bytes)
}

fn write_path(path: &str, rule: PathRule, out: &mut impl Output) {
    if path.len() <= 1 {
        out.push(b"/");
        return;
    }
    if rule.normalize {
        let mut segments = Vec::new();
        for segment in path.split('/') {
            match segment {
                "" | "." => {}
                ".." => {
                    segments.pop();
                }
                _ => segments.push(segment),
            }
        }
        for segment in &segments {
            out.push(b"/");
            write_segment(segment, rule.encoding, out);
        }
        let ends_in_directory = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
        if segments.is_empty() || ends_in_directory {
            out.push(b"/");
        }
    } else {
        for (at, segment) in path.split('/').enumerate() {
            if at > 0 {
                out.push(b"/");
            }
            write_segment(segment, rule.encoding, out);
        }
    }
}

fn write_segment(segment: &str, encoding: PathEncoding, out: &mut impl Output) {
    match encoding {
        PathEncoding::Twice => encode_into(segment.as_bytes(), out),
        PathEncoding::Once => encode_into(&encoding::decode_path(segment), out),
    }
}

fn write_query(query: &str, left_out: &[&str], out: &mut impl Output) {
    let encode = |text: &str| {
        let mut encoded = Vec::with_capacity(text.len() + 8);
        encode_into(&decode_query(text), &mut encoded);
        encoded
    };
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| !left_out.iter().any(|skip| decode_query(name) == skip.as_bytes()))
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort_unstable();
    for (at, (name, value)) in pairs.iter().enumerate() {
        if at > 0 {
            out.push(b"&");
        }
        out.push(name);
        out.push(b"=");
        out.push(value);
    }
}

/// Outer white space goes, inner white space becomes one space.
fn write_header_value(value: &[u8], out: &mut impl Output) {
    let mut first = true;
    for word in value.split(u8::is_ascii_whitespace) {
        if word.is_empty() {
            continue;
        }
        if !first {
            out.push(b" ");
        }
        first = false;
        out.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str, normalize: bool, encoding: PathEncoding) -> String {
        let mut out = Vec::new();
        write_path(text, PathRule { normalize, encoding }, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn paths_are_normalised_and_encoded_as_the_profile_says() {
        let cases = [
            ("", true, PathEncoding::Twice, "/"),
            ("//a//b/", true, PathEncoding::Twice, "/a/b/"),
            ("//a//b/", false, PathEncoding::Once, "//a//b/"),
            ("/a/../../b/.", true, PathEncoding::Twice, "/b/"),
            ("/a%20b/%c3%a9", true, PathEncoding::Twice, "/a%2520b/%25c3%25a9"),
            ("/a%20b/%c3%a9", false, PathEncoding::Once, "/a%20b/%C3%A9"),
            ("/100%", false, PathEncoding::Once, "/100%25"),
        ];
        for (given, normalize, encoding, want) in cases {
            assert_eq!(path(given, normalize, encoding), want, "{given}");
        }
    }

    #[test]
    fn query_parameters_are_sorted_after_encoding_and_plus_is_a_space() {
        let mut out = Vec::new();
        write_query("b=2&a=x+y&a=%7e&a-=1&c&X=%zz", &["b"], &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "X=%25zz&a=x%20y&a=~&a-=1&c=");
    }

    #[test]
    fn hexadecimal_goes_both_ways() {
        let bytes = std::array::from_fn(|at| u8::try_from(at * 8).unwrap());
        assert_eq!(unhex(&hex_string(&bytes)), Some(bytes));
        assert_eq!(unhex("0g"), None);
        assert_eq!(unhex(&"g".repeat(64)), None);
    }
}
