//! Moments as AWS's protocols write them.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

/// How a protocol writes a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `2026-11-22T15:04:05Z`, in whole seconds.
    Iso8601,
    /// Seconds since 1970.
    Epoch,
    /// `Sun, 22 Nov 2026 15:04:05 GMT`.
    Rfc822,
}

impl TimestampFormat {
    /// The text of a moment, in whole seconds.
    pub fn print(self, moment: Timestamp) -> String {
        let mut out = String::with_capacity(32);
        self.print_to(moment, &mut out);
        out
    }

    /// Appends the text of a moment, in whole seconds.
    pub(crate) fn print_to(self, moment: Timestamp, out: &mut String) {
        match self {
            // By hand: a page of users has a hundred of them, and a format string costs more than the rest of a user.
            Self::Iso8601 => {
                let at = TimeZone::UTC.to_datetime(whole(moment));
                // Writing into a string does not fail.
                _ = write!(out, "{:04}-", at.year());
                for (part, end) in [
                    (at.month(), '-'),
                    (at.day(), 'T'),
                    (at.hour(), ':'),
                    (at.minute(), ':'),
                    (at.second(), 'Z'),
                ] {
                    let part = part.unsigned_abs();
                    out.push(char::from(b'0' + part / 10));
                    out.push(char::from(b'0' + part % 10));
                    out.push(end);
                }
            }
            Self::Epoch => _ = write!(out, "{}", whole(moment).as_second()),
            Self::Rfc822 => out.push_str(&print(moment, "%a, %d %b %Y %H:%M:%S GMT")),
        }
    }
}

/// The moment that a client wrote: ISO 8601 with an offset, RFC 822, or seconds since 1970.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    // A date without an offset is in UTC, as AWS reads it.
    if let Ok(moment) = text.parse::<jiff::civil::DateTime>() {
        let zoned = moment.to_zoned(TimeZone::UTC).ok()?;
        return Some(zoned.timestamp());
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return from_seconds(seconds);
    }
    let moment = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(moment.timestamp())
}

/// The moment so many seconds after 1970, to the millisecond.
pub fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let milliseconds = (seconds * 1000.0).round();
    // 2^53: beyond it a double is no longer exact, and no moment of jiff's is that far.
    if milliseconds.is_finite() && milliseconds.abs() < 9_007_199_254_740_992.0 {
        Timestamp::from_millisecond(milliseconds as i64).ok()
    } else {
        None
    }
}

/// The text of a moment in CloudTrail's response elements: `Nov 22, 2026 3:04:05 PM`.
pub fn print_for_trail(moment: Timestamp) -> String {
    let at = TimeZone::UTC.to_datetime(whole(moment));
    let month = MONTHS.get(usize::from(at.month().unsigned_abs()).wrapping_sub(1)).unwrap_or(&"");
    let (half, hour) = (if at.hour() < 12 { "AM" } else { "PM" }, (at.hour() + 11) % 12 + 1);
    format!("{month} {}, {} {hour}:{:02}:{:02} {half}", at.day(), at.year(), at.minute(), at.second())
}

fn print(moment: Timestamp, format: &str) -> String {
    strtime::format(format, &whole(moment).to_zoned(TimeZone::UTC)).unwrap_or_default()
}

/// The second that the moment is in; the wire knows no fractions.
fn whole(moment: Timestamp) -> Timestamp {
    let nanoseconds = moment.as_nanosecond();
    i64::try_from(nanoseconds.div_euclid(1_000_000_000))
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or(moment)
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_print_in_whole_seconds_of_their_format() {
        let moment: Timestamp = "2026-01-02T03:04:05.999Z".parse().unwrap();
        assert_eq!(TimestampFormat::Iso8601.print(moment), "2026-01-02T03:04:05Z");
        assert_eq!(TimestampFormat::Epoch.print(moment), "1767323045");
        assert_eq!(TimestampFormat::Rfc822.print(moment), "Fri, 02 Jan 2026 03:04:05 GMT");
        assert_eq!(print_for_trail(moment), "Jan 2, 2026 3:04:05 AM");
        for (moment, shown) in [
            ("2026-12-31T00:59:59Z", "Dec 31, 2026 12:59:59 AM"),
            ("2026-11-22T11:59:59Z", "Nov 22, 2026 11:59:59 AM"),
            ("2026-11-22T12:00:00Z", "Nov 22, 2026 12:00:00 PM"),
            ("2026-11-22T23:04:05Z", "Nov 22, 2026 11:04:05 PM"),
        ] {
            assert_eq!(print_for_trail(moment.parse().unwrap()), shown);
        }
        let before: Timestamp = "1969-12-31T23:59:59.5Z".parse().unwrap();
        assert_eq!(TimestampFormat::Iso8601.print(before), "1969-12-31T23:59:59Z");
        assert_eq!(TimestampFormat::Epoch.print(before), "-1");
    }
}
