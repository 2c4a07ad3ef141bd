//! Moments as people give them on the command line.

use anyhow::Context as _;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, civil};

/// The moment that a text means: a timestamp, a day (its beginning, in UTC), or how long ago.
pub(crate) fn parse(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    if let Ok(day) = text.parse::<civil::Date>() {
        return Ok(day.to_zoned(TimeZone::UTC)?.timestamp());
    }
    // What the parser says is of its own format of spans, one of three that are taken here.
    let span: Option<Span> = text.trim_end_matches("ago").trim().parse().ok();
    let span = span.with_context(|| {
        format!("`{text}` is no moment: try `2026-03-03T12:00:00Z`, `2026-03-03`, or `2h` for two hours ago")
    })?;
    let zoned = now.to_zoned(TimeZone::UTC);
    let moment =
        zoned.checked_sub(span).with_context(|| format!("`{text}` reaches before the beginning of time"))?;
    Ok(moment.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_timestamp_a_day_or_how_long_ago() {
        let now: Timestamp = "2026-03-03T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05+01:00", "2026-01-02T02:04:05Z"),
            ("2026-01-02", "2026-01-02T00:00:00Z"),
            ("2h", "2026-03-03T10:00:00Z"),
            ("1 day ago", "2026-03-02T12:00:00Z"),
            ("1mo", "2026-02-03T12:00:00Z"),
        ] {
            assert_eq!(parse(text, now).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "yesterday", "2026-13-01", "12:00"] {
            parse(text, now).unwrap_err();
        }
    }
}
