//! One-time codes by time (RFC 6238 over RFC 4226): HMAC-SHA-1, 30 seconds, six digits, as authenticators take them.

use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

/// The time step of an instant.
pub fn step_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(PERIOD)
}

/// The code of a time step.
pub fn code(seed: &[u8], step: i64) -> String {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(seed) else { return String::new() };
    mac.update(&step.to_be_bytes());
    let digest: [u8; 20] = mac.finalize().into_bytes().into();
    let offset = usize::from(digest.last().map_or(0, |byte| byte & 0x0f));
    let number =
        digest.iter().skip(offset).take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

/// The time step, at most `reach` from `around` and after `behind`, whose code is the first of two and whose
/// successor's is the second.
pub fn find_pair(
    seed: &[u8],
    (first, second): (&str, &str),
    around: i64,
    reach: i64,
    behind: Option<i64>,
) -> Option<i64> {
    let from = around.saturating_sub(reach).max(behind.map_or(i64::MIN, |behind| behind.saturating_add(1)));
    let mut found = None;
    let mut this = code(seed, from);
    for step in from..=around.saturating_add(reach) {
        let next = code(seed, step.saturating_add(1));
        let is_pair = this.as_bytes().ct_eq(first.as_bytes()) & next.as_bytes().ct_eq(second.as_bytes());
        if bool::from(is_pair) {
            found = found.or(Some(step));
        }
        this = next;
    }
    found
}

/// The time step, at most `reach` from `around` and after `behind`, whose code this is.
pub fn find(seed: &[u8], presented: &str, around: i64, reach: i64, behind: Option<i64>) -> Option<i64> {
    let from = around.saturating_sub(reach).max(behind.map_or(i64::MIN, |behind| behind.saturating_add(1)));
    let mut found = None;
    for step in from..=around.saturating_add(reach) {
        if bool::from(code(seed, step).as_bytes().ct_eq(presented.as_bytes())) {
            found = found.or(Some(step));
        }
    }
    found
}

/// Seconds in a time step.
const PERIOD: i64 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        // Its appendix B, the last six of its eight digits.
        for (second, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = step_of(Timestamp::from_second(second).unwrap());
            assert_eq!(code(b"12345678901234567890", step), expected, "{second}");
        }
    }

    #[test]
    fn a_code_is_found_within_reach_and_not_before_the_last_one_used() {
        let seed = b"seed";
        assert_eq!(find(seed, &code(seed, 99), 100, 1, None), Some(99));
        assert_eq!(find(seed, &code(seed, 98), 100, 1, None), None);
        assert_eq!(find(seed, &code(seed, 99), 100, 1, Some(99)), None);
        assert_eq!(find(seed, "", 100, 1, None), None);
    }

    #[test]
    fn two_codes_in_a_row_are_found_within_reach_and_only_once() {
        let seed = b"seed";
        let (a, b) = (code(seed, 95), code(seed, 96));
        let pair = (&*a, &*b);
        assert_eq!(find_pair(seed, pair, 100, 5, None), Some(95));
        assert_eq!(find_pair(seed, pair, 100, 4, None), None);
        assert_eq!(find_pair(seed, pair, 100, 5, Some(94)), Some(95));
        assert_eq!(find_pair(seed, pair, 100, 5, Some(95)), None);
        assert_eq!(find_pair(seed, (&b, &a), 100, 5, None), None);
        assert_eq!(find_pair(seed, (&a, &a), 100, 5, None), None);
    }
}
