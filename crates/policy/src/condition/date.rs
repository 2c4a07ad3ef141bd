//! Date operators (AWS: "Supported data types", W3C's profile of ISO 8601).

use std::cmp::Ordering;

use super::{Comparison, Family, Operand, Operator, Subject};
use crate::document::Version;
use crate::prepared::Keys;

pub(super) const OPERATORS: &[Operator] = &[
    row("DateEquals", false, |operand, value, _| compare(operand, value, Ordering::is_eq)),
    row("DateNotEquals", true, |operand, value, _| compare(operand, value, Ordering::is_eq)),
    row("DateLessThan", false, |operand, value, _| compare(operand, value, Ordering::is_lt)),
    row("DateLessThanEquals", false, |operand, value, _| compare(operand, value, Ordering::is_le)),
    row("DateGreaterThan", false, |operand, value, _| compare(operand, value, Ordering::is_gt)),
    row("DateGreaterThanEquals", false, |operand, value, _| compare(operand, value, Ordering::is_ge)),
];

const fn row(
    name: &'static str,
    negated: bool,
    compare: fn(&Operand, &Subject<'_>, Keys<'_>) -> Comparison,
) -> Operator {
    Operator { name, family: Family::Date, negated, read, hear: Some(hear), compare }
}

fn read(text: &str, _: Version) -> Operand {
    Instant::parse(text).map_or(Operand::Invalid, Operand::Instant)
}

fn hear(value: &str) -> Subject<'_> {
    Instant::parse(value).map_or(Subject::Invalid, Subject::Instant)
}

fn compare(operand: &Operand, value: &Subject<'_>, holds: fn(Ordering) -> bool) -> Comparison {
    let (Operand::Instant(listed), Subject::Instant(value)) = (operand, value) else {
        return Comparison::Invalid;
    };
    holds(value.cmp(listed)).into()
}

/// A moment: seconds since 1970 and nanoseconds of the second. Reaches further than any
/// calendar type, as IAM does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant {
    seconds: i64,
    nanoseconds: u32,
}

/// The years that IAM takes.
const YEARS: std::ops::RangeInclusive<i64> = -292_275_054..=292_278_993;

/// Whether IAM stores a text as a date: it looks at the parts one by one and not at whether
/// the month has that day, and takes a year, an hour or nothing behind the `T` too.
#[must_use]
pub fn is_writable(text: &str) -> bool {
    if is_digits(text) {
        return text.parse::<i64>().is_ok();
    }
    if Instant::parse(text).is_some() {
        return true;
    }
    let (date, time) = text.split_once(['T', 't']).unwrap_or((text, ""));
    let unsigned = date.strip_prefix('-').unwrap_or(date);
    let mut parts = unsigned.split('-');
    let year = parts.next().filter(|year| is_digits(year)).and_then(|year| year.parse::<i64>().ok());
    let year = year.map(|year| if unsigned.len() < date.len() { -year } else { year });
    let within = |part: Option<&str>, range: std::ops::RangeInclusive<i64>| {
        part.is_none_or(|part| is_digits(part) && part.parse().is_ok_and(|value| range.contains(&value)))
    };
    let date_is_good = year.is_some_and(|year| YEARS.contains(&year))
        && within(parts.next(), 1..=12)
        && within(parts.next(), 1..=31)
        && parts.next().is_none();
    date_is_good && (time.is_empty() || zone(time).is_some_and(|(clock, _)| is_writable_clock(clock)))
}

fn is_writable_clock(clock: &str) -> bool {
    let whole_hour = number(clock, 2).is_some_and(|hour| hour <= 23);
    whole_hour || clock_time(clock).is_some()
}

impl Instant {
    /// Parses a date of the W3C's profile or a number of seconds since 1970. Digits alone are
    /// seconds: a bare year cannot be told from them.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once('.') {
            Some((whole, fraction)) if is_digits(whole) && is_digits(fraction) => {
                return Some(Self { seconds: whole.parse().ok()?, nanoseconds: nanoseconds(fraction)? });
            }
            None if is_digits(text) => return Some(Self { seconds: text.parse().ok()?, nanoseconds: 0 }),
            _ => {}
        }
        let (date, time) = match text.split_once(['T', 't']) {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let (days, has_day) = days(date)?;
        let Some(time) = time else {
            return Some(Self { seconds: days.checked_mul(DAY)?, nanoseconds: 0 });
        };
        if !has_day {
            return None;
        }
        let (clock, offset) = zone(time)?;
        let (second_of_day, nanoseconds) = clock_time(clock)?;
        let seconds = days.checked_mul(DAY)?.checked_add(second_of_day)?.checked_sub(offset)?;
        Some(Self { seconds, nanoseconds })
    }
}

const DAY: i64 = 86_400;

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The value of exactly so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && is_digits(text)).then(|| text.parse().ok()).flatten()
}

fn nanoseconds(fraction: &str) -> Option<u32> {
    if !is_digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let value: u32 = fraction.parse().ok()?;
    let missing = 9u32.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    Some(value * 10u32.pow(missing))
}

/// Days since 1970 of `YYYY-MM` or `YYYY-MM-DD`, and whether the day stood there.
fn days(date: &str) -> Option<(i64, bool)> {
    let (sign, unsigned) = match date.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, date.strip_prefix('+').unwrap_or(date)),
    };
    let mut parts = unsigned.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() || !(4..=9).contains(&year.len()) {
        return None;
    }
    let year = sign * number(year, year.len())?;
    let month = number(month, 2)?;
    let day_of_month = day.map_or(Some(1), |day| number(day, 2))?;
    let in_range = YEARS.contains(&year) && (1..=12).contains(&month);
    if !in_range || !(1..=days_in_month(year, month)).contains(&day_of_month) {
        return None;
    }
    Some((days_from_civil(year, month, day_of_month), day.is_some()))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March,
/// so that the leap day is the last of its year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Splits off the zone: the clock's text and the offset in seconds. No zone is UTC.
fn zone(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (clock, offset) = time.split_at_checked(at)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let digits = offset.get(1..)?;
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "00"));
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    (hours <= 23 && minutes <= 59).then_some((clock, sign * (hours * 3600 + minutes * 60)))
}

/// The second of the day and the nanosecond of `hh:mm`, `hh:mm:ss` or `hh:mm:ss.s`.
fn clock_time(clock: &str) -> Option<(i64, u32)> {
    let (whole, fraction) = match clock.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (clock, None),
    };
    let mut parts = whole.split(':');
    let (hour, minute, second) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?, parts.next());
    if parts.next().is_some() || (fraction.is_some() && second.is_none()) {
        return None;
    }
    let second = second.map_or(Some(0), |second| number(second, 2))?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some((hour * 3600 + minute * 60 + second, fraction.map_or(Some(0), nanoseconds)?))
}

#[cfg(test)]
mod tests;
