use super::*;

fn moment(text: &str) -> Option<(i64, u32)> {
    Instant::parse(text).map(|instant| (instant.seconds, instant.nanoseconds))
}

#[test]
fn every_day_of_many_years_is_where_the_calendar_has_it() {
    for year in [-9998, -401, -400, -1, 0, 1, 1600, 1900, 1970, 1999, 2000, 2023, 2024, 2100, 9997] {
        let first = jiff::civil::date(year, 1, 1);
        for day in first.series(jiff::ToSpan::days(1)).take(367) {
            let sign = if day.year() < 0 { "-" } else { "" };
            let text = format!("{sign}{:04}-{:02}-{:02}", day.year().abs(), day.month(), day.day());
            let expected = day.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
            assert_eq!(moment(&text), Some((expected, 0)), "{text}");
        }
    }
}

#[test]
fn a_month_alone_is_its_first_day_and_takes_no_time() {
    assert_eq!(moment("2020-04"), moment("2020-04-01"));
    assert_eq!(moment("2020-12"), moment("2020-12-01"));
    for bad in [
        "2020-00",
        "2020-13",
        "2020-4",
        "2020-004",
        "2020-04T00:00Z",
        "2020-",
        "-04",
        "2020--04",
        "2020-04-",
        "",
    ] {
        assert_eq!(moment(bad), None, "{bad}");
    }
}

#[test]
fn days_end_with_their_month() {
    for (month, last) in [
        (1, 31),
        (2, 28),
        (3, 31),
        (4, 30),
        (5, 31),
        (6, 30),
        (7, 31),
        (8, 31),
        (9, 30),
        (10, 31),
        (11, 30),
        (12, 31),
    ] {
        let day = |day: i64| moment(&format!("2021-{month:02}-{day:02}"));
        assert!(day(1).is_some() && day(last).is_some(), "{month}");
        assert!(day(0).is_none() && day(last + 1).is_none(), "{month}");
    }
    for (year, leaps) in [(2020, true), (1900, false), (2000, true), (2100, false), (2019, false)] {
        assert_eq!(moment(&format!("{year}-02-29")).is_some(), leaps, "{year}");
    }
    assert_eq!(moment("2020-01-01-01"), None);
}

#[test]
fn years_have_four_to_nine_digits_within_iam_s_range() {
    for good in ["0000-01-01", "10000-01-01", "+2020-01-01", "292278993-12", "-292275054-01"] {
        assert!(moment(good).is_some(), "{good}");
    }
    for bad in [
        "292278994-01",
        "-292275055-12",
        "999-01-01",
        "0292278993-01",
        "+-2020-01-01",
        "--2020-01-01",
        "2o20-01-01",
    ] {
        assert_eq!(moment(bad), None, "{bad}");
    }
    assert!(moment("-0001-01-01") < moment("0000-01-01"));
}

#[test]
fn a_time_has_hours_and_minutes_and_may_have_more() {
    let midnight = moment("2020-04-01").unwrap().0;
    for (clock, second, nanosecond) in [
        ("00:00", 0, 0),
        ("23:59", 86_340, 0),
        ("01:02:03", 3_723, 0),
        ("23:59:59", 86_399, 0),
        ("00:00:00.5", 0, 500_000_000),
        ("00:00:00.000000001", 0, 1),
        ("00:00:00.123456789", 0, 123_456_789),
        ("00:00:00.12", 0, 120_000_000),
    ] {
        for between in ["T", "t"] {
            for end in ["", "Z", "z", "+00:00", "-00:00", "+00"] {
                let text = format!("2020-04-01{between}{clock}{end}");
                assert_eq!(moment(&text), Some((midnight + second, nanosecond)), "{text}");
            }
        }
    }
    for bad in [
        "24:00",
        "00:60",
        "00:00:60",
        "0:00",
        "00:0",
        "00",
        "",
        "00:00:00:00",
        "00:00.5",
        "00:00:00.+5",
        "00:00:00.",
        "00:00:00.1234567890",
        "00:00:00.x",
        "00:00:0",
        "-1:00",
        "00:00:00 ",
    ] {
        assert_eq!(moment(&format!("2020-04-01T{bad}Z")), None, "{bad}");
    }
    assert_eq!(moment("2020-04-01 00:00Z"), None);
}

#[test]
fn zones_shift_and_end_with_the_day() {
    let noon = moment("2020-04-01T12:00Z").unwrap().0;
    for (zone, shift) in [
        ("+01:00", -3_600),
        ("-01:00", 3_600),
        ("+05:30", -19_800),
        ("-05", 18_000),
        ("+23:59", -86_340),
        ("-23:59", 86_340),
    ] {
        assert_eq!(moment(&format!("2020-04-01T12:00{zone}")), Some((noon + shift, 0)), "{zone}");
    }
    for bad in [
        "+24:00",
        "-24:00",
        "+00:60",
        "+1",
        "+1:00",
        "+01:0",
        "+01:00:00",
        "+",
        "-",
        "+0100",
        "ZZ",
        "+01:00Z",
    ] {
        assert_eq!(moment(&format!("2020-04-01T12:00{bad}")), None, "{bad}");
    }
}

#[test]
fn digits_are_seconds_with_or_without_a_fraction() {
    assert_eq!(moment("0"), Some((0, 0)));
    assert_eq!(moment("1533859200"), Some((1_533_859_200, 0)));
    assert_eq!(moment("1533859200.25"), Some((1_533_859_200, 250_000_000)));
    assert_eq!(moment("9223372036854775807"), Some((i64::MAX, 0)));
    for bad in ["9223372036854775808", "1.", ".1", "1.1.1", "1.0000000001", "-1", "+1", "1e3", " 1"] {
        assert_eq!(moment(bad), None, "{bad}");
    }
}

#[test]
fn iam_writes_what_it_does_not_compare() {
    for good in [
        "2020",
        "0",
        "2020-02-31",
        "2020-02",
        "2020-02-31T10:00Z",
        "2020-02-31T23",
        "2020-02-31T",
        "-2020-02-31",
        "-292275054-12-31",
        "292278993-01-31",
        "292278993-02-31",
        "2020-04-01T05+01:00",
        "12-1-1",
        "9223372036854775807",
    ] {
        assert!(is_writable(good), "{good}");
    }
    for bad in [
        "",
        "x",
        "2020-13-01",
        "2020-00-01",
        "2020-01-32",
        "2020-01-00",
        "2020-01-01-01",
        "-292275055-01-01",
        "292278994-01-01",
        "-292278993-02-31",
        "2020-02-31T24",
        "2020-02-31T5",
        "2020-02-31T10:60",
        "2020-02-31T10:00+24:00",
        "--1-01-01",
        "2020-x-01",
        "9223372036854775808",
        "-5x",
        "2020-01-01T00:00:00.",
    ] {
        assert!(!is_writable(bad), "{bad}");
    }
}
