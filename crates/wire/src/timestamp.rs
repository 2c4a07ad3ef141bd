//! Moments as AWS's protocols write them.

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
        match self {
            Self::Iso8601 => print(moment, "%Y-%m-%dT%H:%M:%SZ"),
            Self::Epoch => whole(moment).as_second().to_string(),
            Self::Rfc822 => print(moment, "%a, %d %b %Y %H:%M:%S GMT"),
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
pub(crate) fn print_for_trail(moment: Timestamp) -> String {
    print(moment, "%b %-d, %Y %-I:%M:%S %p")
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
