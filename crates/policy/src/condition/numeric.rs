//! Numeric operators, exact at any size.

use std::cmp::Ordering;

use compact_str::CompactString;

use super::{Comparison, Family, Operand, Operator, Subject};
use crate::document::Version;
use crate::prepared::Keys;

pub(super) const OPERATORS: &[Operator] = &[
    row("NumericEquals", false, |operand, value, _| compare(operand, value, Ordering::is_eq)),
    row("NumericNotEquals", true, |operand, value, _| compare(operand, value, Ordering::is_eq)),
    row("NumericLessThan", false, |operand, value, _| compare(operand, value, Ordering::is_lt)),
    row("NumericLessThanEquals", false, |operand, value, _| compare(operand, value, Ordering::is_le)),
    row("NumericGreaterThan", false, |operand, value, _| compare(operand, value, Ordering::is_gt)),
    row("NumericGreaterThanEquals", false, |operand, value, _| compare(operand, value, Ordering::is_ge)),
];

const fn row(
    name: &'static str,
    negated: bool,
    compare: fn(&Operand, &Subject<'_>, Keys<'_>) -> Comparison,
) -> Operator {
    Operator { name, family: Family::Numeric, negated, read, hear: Some(hear), compare }
}

fn read(text: &str, _: Version) -> Operand {
    Decimal::parse(text).map_or(Operand::Invalid, Operand::Number)
}

/// How the request's value stands to the policy's.
fn hear(value: &str) -> Subject<'_> {
    Decimal::parse(value).map_or(Subject::Invalid, Subject::Number)
}

fn compare(operand: &Operand, value: &Subject<'_>, holds: fn(Ordering) -> bool) -> Comparison {
    let (Operand::Number(listed), Subject::Number(value)) = (operand, value) else {
        return Comparison::Invalid;
    };
    holds(value.cmp(listed)).into()
}

/// A decimal number: `0.digits × 10^point`, without leading or trailing zeros in `digits`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    point: i64,
    digits: CompactString,
}

impl Decimal {
    /// Parses `-?digits(.digits)?` with an exponent as JSON has it; the whole text counts.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some(halves) => halves,
            None => (mantissa, ""),
        };
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let mut digits = CompactString::with_capacity(whole.len() + fraction.len());
        digits.push_str(whole);
        digits.push_str(fraction);
        let leading = digits.bytes().take_while(|byte| *byte == b'0').count();
        let significant = digits.trim_matches('0');
        if significant.is_empty() {
            return Some(Self { negative: false, point: 0, digits: CompactString::default() });
        }
        let point = i64::try_from(whole.len()).ok()? - i64::try_from(leading).ok()? + exponent;
        Some(Self { negative, point, digits: significant.into() })
    }
}

/// A signed run of digits; more than any sane exponent is refused.
fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |decimal: &Self| match (decimal.digits.is_empty(), decimal.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        // Digits without trailing zeros compare like text: `12` stands before `123`.
        let magnitude = || self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits));
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            0 => Ordering::Equal,
            1 => magnitude(),
            _ => magnitude().reverse(),
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ordered_by_value_whatever_their_digits() {
        let ordered = [
            "-1e999999999",
            "-100",
            "-99.9",
            "-12.3",
            "-12",
            "-1",
            "-0.5",
            "-0.05",
            "-1e-999999999",
            "0",
            "1e-999999999",
            "0.009",
            "0.05",
            "0.5",
            "0.50001",
            "1",
            "1.5",
            "2",
            "10",
            "12",
            "123",
            "1e3",
            "1e999999999",
        ];
        let numbers: Vec<Decimal> = ordered.iter().map(|text| Decimal::parse(text).unwrap()).collect();
        for (at, one) in numbers.iter().enumerate() {
            for (place, other) in numbers.iter().enumerate() {
                assert_eq!(one.cmp(other), at.cmp(&place), "{} and {}", ordered[at], ordered[place]);
                assert_eq!(one.partial_cmp(other), Some(at.cmp(&place)));
            }
        }
    }

    #[test]
    fn one_number_has_many_spellings() {
        for spellings in [
            ["0", "-0", "0.0", "000", "0e5"],
            ["10", "010", "10.0", "1e1", "1E+1"],
            ["0.5", "00.50", "5e-1", "0.05e1", "50e-2"],
            ["-120", "-0120.00", "-1.2e2", "-12e1", "-1200e-1"],
        ] {
            let first = Decimal::parse(spellings[0]);
            assert!(first.is_some());
            assert!(spellings.iter().all(|text| Decimal::parse(text) == first), "{spellings:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for bad in [
            "",
            "-",
            "+1",
            "--1",
            ".5",
            "5.",
            "1.2.3",
            "1e",
            "1e+",
            "1e1000000000",
            "1e1.5",
            "e5",
            "0x10",
            "1_000",
            " 1",
            "1 ",
            "NaN",
            "١",
            "1.٢",
            "1ex",
            "1e-",
            "1e+-5",
        ] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
        assert!(Decimal::parse("1e999999999").is_some());
        assert!(Decimal::parse("1e-99999999").is_some());
    }
}
