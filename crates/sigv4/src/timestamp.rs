//! The time of signing, in ISO 8601 basic format: `20150830T123600Z`.

use jiff::{Timestamp, civil::DateTime, fmt::rfc2822, tz::TimeZone};

/// A moment, to the second, together with its text `YYYYMMDDTHHMMSSZ`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SigningTime {
    text: [u8; 16],
    seconds: i64,
}

impl SigningTime {
    /// Parses the basic format and nothing else.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let bytes: [u8; 16] = text.try_into().ok()?;
        let [y1, y2, y3, y4, m1, m2, d1, d2, b'T', h1, h2, i1, i2, s1, s2, b'Z'] = bytes else {
            return None;
        };
        let year = i16::from(two(y1, y2)?) * 100 + i16::from(two(y3, y4)?);
        let civil =
            DateTime::new(year, two(m1, m2)?, two(d1, d2)?, two(h1, h2)?, two(i1, i2)?, two(s1, s2)?, 0)
                .ok()?;
        let seconds = TimeZone::UTC.to_timestamp(civil).ok()?.as_second();
        Some(Self { text: bytes, seconds })
    }

    /// Parses the value of a `Date` header: the basic format, or the date of a mail or of HTTP.
    #[must_use]
    pub fn parse_date_header(text: &[u8]) -> Option<Self> {
        if let Some(time) = Self::parse(text) {
            return Some(time);
        }
        let zoned = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(Self::from_timestamp(zoned))
    }

    /// The moment, cut to the second.
    #[must_use]
    pub fn from_timestamp(moment: Timestamp) -> Self {
        Self::from_second(moment.as_second())
    }

    /// The moment that many seconds after 1970.
    #[must_use]
    pub(crate) fn from_second(seconds: i64) -> Self {
        // Signing times are parsed from four-digit years, so the extremes cannot be reached
        // by adding a skew; a moment that jiff cannot represent becomes 1970.
        let moment = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        let civil = TimeZone::UTC.to_datetime(moment);
        let mut text = *b"00000000T000000Z";
        let year = civil.year().max(0).unsigned_abs();
        let parts = [
            (0, year / 100),
            (2, year % 100),
            (4, u16::from(civil.month().unsigned_abs())),
            (6, u16::from(civil.day().unsigned_abs())),
            (9, u16::from(civil.hour().unsigned_abs())),
            (11, u16::from(civil.minute().unsigned_abs())),
            (13, u16::from(civil.second().unsigned_abs())),
        ];
        for (at, value) in parts {
            if let Some([tens, units]) = text.get_mut(at..at + 2) {
                *tens = digit(value / 10);
                *units = digit(value % 10);
            }
        }
        Self { text, seconds }
    }

    /// `YYYYMMDDTHHMMSSZ`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// `YYYYMMDD`.
    #[must_use]
    pub fn date(&self) -> &str {
        self.as_str().get(..8).unwrap_or_default()
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn as_second(&self) -> i64 {
        self.seconds
    }
}

impl std::fmt::Debug for SigningTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

fn two(tens: u8, units: u8) -> Option<i8> {
    if !tens.is_ascii_digit() || !units.is_ascii_digit() {
        return None;
    }
    i8::try_from((tens - b'0') * 10 + (units - b'0')).ok()
}

fn digit(value: u16) -> u8 {
    b'0' + u8::try_from(value % 10).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_basic_format_is_read_and_written() {
        let time = SigningTime::parse(b"20150830T123600Z").unwrap();
        assert_eq!(time.as_second(), 1_440_938_160);
        assert_eq!(SigningTime::from_second(time.as_second()), time);
        assert_eq!((time.as_str(), time.date()), ("20150830T123600Z", "20150830"));
    }

    #[test]
    fn the_date_of_http_is_read() {
        let time = SigningTime::parse_date_header(b"Sun, 30 Aug 2015 12:36:00 GMT").unwrap();
        assert_eq!(time.as_str(), "20150830T123600Z");
    }

    #[test]
    fn other_forms_and_impossible_dates_are_refused() {
        for text in ["2015-08-30T12:36:00Z", "20151330T123600Z", "20150830T243600Z", "20150830T1236+0Z", ""] {
            assert!(SigningTime::parse(text.as_bytes()).is_none(), "{text}");
        }
    }
}
