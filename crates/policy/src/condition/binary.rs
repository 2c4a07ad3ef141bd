//! The binary operator: bytes, written in base64 on either side.

use super::{Comparison, Family, Operand, Operator, Subject};
use crate::document::Version;
use crate::prepared::Keys;

pub(super) const OPERATORS: &[Operator] = &[Operator {
    name: "BinaryEquals",
    family: Family::Binary,
    negated: false,
    read,
    hear: Some(hear),
    compare,
}];

fn read(text: &str, _: Version) -> Operand {
    Operand::Bytes(bytes(text).into())
}

fn hear(value: &str) -> Subject<'_> {
    Subject::Bytes(bytes(value))
}

fn compare(operand: &Operand, value: &Subject<'_>, _: Keys<'_>) -> Comparison {
    let (Operand::Bytes(listed), Subject::Bytes(value)) = (operand, value) else {
        return Comparison::Invalid;
    };
    (**listed == **value).into()
}

/// The bytes that a text stands for: what it decodes to, or else its own.
fn bytes(text: &str) -> Vec<u8> {
    decode(text).unwrap_or_else(|| text.as_bytes().to_vec())
}

/// Decodes standard base64 with its padding.
fn decode(text: &str) -> Option<Vec<u8>> {
    let (groups, []) = text.as_bytes().as_chunks::<4>() else { return None };
    let mut bytes = Vec::with_capacity(groups.len() * 3);
    for (at, group) in groups.iter().enumerate() {
        let padding = group.iter().rev().take_while(|byte| **byte == b'=').count();
        if padding > 2 || (padding > 0 && at + 1 < groups.len()) {
            return None;
        }
        let (digits, _) = group.split_at_checked(4 - padding)?;
        let word = digits.iter().try_fold(0u32, |word, digit| Some(word << 6 | digit_value(*digit)?))?;
        let word = word << (6 * padding);
        let [_, first, second, third] = word.to_be_bytes();
        bytes.extend([first, second, third].into_iter().take(3 - padding));
    }
    Some(bytes)
}

fn digit_value(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::decode;

    #[test]
    fn all_bytes_at_all_places_are_decoded() {
        for length in 0..7 {
            for byte in 0..=u8::MAX {
                let bytes: Vec<u8> = (0..length).map(|at| byte.wrapping_mul(at + 1)).collect();
                assert_eq!(decode(&STANDARD.encode(&bytes)), Some(bytes));
            }
        }
    }

    #[test]
    fn what_is_not_base64_stands_for_itself() {
        for bad in ["a", "ab", "abc", "a===", "====", "ab==abcd", "ab=c", "ab!d", "ab-_", "abcde", "abc\n"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
        assert_eq!(decode(""), Some(vec![]));
    }
}
