//! Values of the types that operators read, and how they compare.

use std::collections::BTreeSet;
use std::net::IpAddr;

use policy::Version;
use policy::condition::{Clause, Family};

use super::glob::{concatenated, expression, literal, matches, pieces};
use super::keys::Keys;
use super::{LeftOut, all, any, not};

/// What the values of a key are to the solver: of the type that the clauses read, as they are for the analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Text,
    /// A text of six parts.
    Arn,
    Truth,
    /// Real.
    Number,
    /// Nanoseconds since 1970.
    Moment,
    /// A number, and whether it is of the sixth version.
    Address,
}

impl Sort {
    /// The sort of a key by the types that its clauses read; by texts one can say ARNs and truths too.
    pub(super) fn of(families: &BTreeSet<&'static str>) -> Result<Self, LeftOut> {
        let read: Vec<&str> = families.iter().copied().filter(|family| *family != "null").collect();
        match read.as_slice() {
            ["arn"] => Ok(Self::Arn),
            ["truth"] => Ok(Self::Truth),
            ["number"] => Ok(Self::Number),
            ["moment"] => Ok(Self::Moment),
            ["address"] => Ok(Self::Address),
            read if read.contains(&"bytes") => Err(LeftOut::Bytes),
            read if read.iter().all(|family| ["text", "arn", "truth"].contains(family)) => Ok(Self::Text),
            _ => Err(LeftOut::TypesOfOneKey),
        }
    }
}

/// A place for a value of a key.
pub(super) struct Place {
    pub(super) key: usize,
    pub(super) at: usize,
}

impl Place {
    /// The value itself.
    pub(super) fn value(&self) -> String {
        format!("k{}_{}", self.key, self.at)
    }

    fn is_sixth(&self) -> String {
        format!("s{}_{}", self.key, self.at)
    }

    pub(super) fn is_empty(&self, sort: Sort) -> String {
        match sort {
            Sort::Text => format!("(= {} \"\")", self.value()),
            _ => "false".into(),
        }
    }

    pub(super) fn declaration(&self, sort: Sort) -> String {
        let (value, sixth) = (self.value(), self.is_sixth());
        let (name, bounds) = match sort {
            Sort::Text => ("String", String::new()),
            Sort::Arn => ("String", format!("(assert (str.in_re {value} {ARN}))\n")),
            Sort::Truth => ("Bool", String::new()),
            Sort::Number => ("Real", String::new()),
            Sort::Moment => ("Int", String::new()),
            Sort::Address => (
                "Int",
                format!(
                    "(declare-const {sixth} Bool)\n(assert (and (<= 0 {value}) (ite {sixth} \
                     (and (< {value} {}) (not (<= {} {value} {}))) (< {value} {}))))\n",
                    "340282366920938463463374607431768211456",
                    MAPPED,
                    MAPPED + u128::from(u32::MAX),
                    u64::from(u32::MAX) + 1,
                ),
            ),
        };
        format!("(declare-const {value} {name})\n{bounds}")
    }
}

/// The first of the addresses of the sixth version that are written for those of the fourth.
const MAPPED: u128 = 0xffff_0000_0000;

/// The formula that one value satisfies a clause's operator against the whole list of the policy.
pub(super) fn satisfies(
    keys: &Keys,
    sort: Sort,
    place: &Place,
    clause: &Clause,
    version: Version,
) -> Result<String, LeftOut> {
    let test = clause.test();
    let mut same = Vec::new();
    for listed in clause.values() {
        let text = listed.as_str();
        same.push(match test.family() {
            Family::String => string(keys, place, test.operator(), text, version)?,
            Family::Arn => arn(place, text, version)?,
            Family::Bool => truth(sort, place, text)?,
            Family::Numeric => ordered(place, test.operator(), &decimal(text)?),
            Family::Date => ordered(place, test.operator(), &moment(text)?),
            Family::IpAddress => network(place, text)?,
            Family::Binary | Family::Null => return Err(LeftOut::Bytes),
        });
    }
    let same = any(same);
    // What is no value of the type is not the same and not different.
    let valid = match (test.family(), sort) {
        (Family::Arn, Sort::Text) => format!("(str.in_re {} {ARN})", place.value()),
        (Family::Bool, Sort::Text) => any(vec![boolean(place, "true"), boolean(place, "false")]),
        _ => "true".to_owned(),
    };
    Ok(all(vec![valid, if test.is_negated() { not(&same) } else { same }]))
}

fn string(
    keys: &Keys,
    place: &Place,
    operator: &str,
    text: &str,
    version: Version,
) -> Result<String, LeftOut> {
    let has_variables = version == Version::V2012;
    let pattern = pieces(text, has_variables, operator.ends_with("Like"))?;
    if operator.ends_with("IgnoreCase") {
        if has_variables && text.contains("${") {
            return Err(LeftOut::VariableWithoutCase);
        }
        return folded(place, text);
    }
    let mut parts = Vec::new();
    let formula = matches(&place.value(), &pattern, |key, default| {
        let (term, has_value) = keys.variable(key, default)?;
        parts.push(has_value);
        Ok(term)
    })?;
    parts.push(formula);
    Ok(all(parts))
}

/// The text in whatever case.
fn folded(place: &Place, text: &str) -> Result<String, LeftOut> {
    if !text.is_ascii() {
        return Err(LeftOut::OddCase);
    }
    let letters = text.chars().map(|c| {
        let (lower, upper) = (c.to_ascii_lowercase().to_string(), c.to_ascii_uppercase().to_string());
        match lower == upper {
            true => format!("(str.to_re {})", literal(&lower)),
            false => format!("(re.union (str.to_re {}) (str.to_re {}))", literal(&lower), literal(&upper)),
        }
    });
    Ok(format!("(str.in_re {} {})", place.value(), concatenated(letters.collect())))
}

/// The six parts of an ARN, each by itself.
fn arn(place: &Place, text: &str, version: Version) -> Result<String, LeftOut> {
    if version == Version::V2012 && text.contains("${") {
        return Err(LeftOut::VariableInArn);
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [first @ .., last] = parts.as_slice() else { return Err(LeftOut::Unreadable) };
    if first.len() != 5 {
        return Err(LeftOut::Unreadable);
    }
    let mut expressions = Vec::new();
    for part in first {
        expressions.push(expression(&pieces(part, false, true)?, "plain", "(re.* plain)"));
        expressions.push("(str.to_re \":\")".into());
    }
    expressions.push(expression(&pieces(last, false, true)?, "re.allchar", "re.all"));
    Ok(format!("(str.in_re {} {})", place.value(), concatenated(expressions)))
}

const ARN: &str = "(re.++ ((_ re.^ 5) (re.++ (re.* plain) (str.to_re \":\"))) re.all)";

fn truth(sort: Sort, place: &Place, text: &str) -> Result<String, LeftOut> {
    let text = text.to_ascii_lowercase();
    match (sort, text.as_str()) {
        (Sort::Truth, "true") => Ok(place.value()),
        (Sort::Truth, "false") => Ok(not(&place.value())),
        (_, "true" | "false") => Ok(boolean(place, &text)),
        _ => Err(LeftOut::Unreadable),
    }
}

fn boolean(place: &Place, text: &str) -> String {
    folded(place, text).unwrap_or_else(|_| "false".into())
}

fn ordered(place: &Place, operator: &str, listed: &str) -> String {
    let sign = if operator.ends_with("LessThan") {
        "<"
    } else if operator.ends_with("LessThanEquals") {
        "<="
    } else if operator.ends_with("GreaterThan") {
        ">"
    } else if operator.ends_with("GreaterThanEquals") {
        ">="
    } else {
        "="
    };
    format!("({sign} {} {listed})", place.value())
}

fn decimal(text: &str) -> Result<String, LeftOut> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) {
        return Err(LeftOut::Unreadable);
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    Ok(if negative { format!("(- {whole}.{fraction})") } else { format!("{whole}.{fraction}") })
}

fn moment(text: &str) -> Result<String, LeftOut> {
    let since = if let Ok(seconds) = text.parse::<u64>() {
        i128::from(seconds) * 1_000_000_000
    } else if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        moment.as_nanosecond()
    } else {
        let date = text.parse::<jiff::civil::Date>().map_err(|_| LeftOut::Unreadable)?;
        let start = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| LeftOut::Unreadable)?;
        start.timestamp().as_nanosecond()
    };
    Ok(if since < 0 { format!("(- {})", since.unsigned_abs()) } else { since.to_string() })
}

fn network(place: &Place, text: &str) -> Result<String, LeftOut> {
    let (address, length) = text.split_once('/').map_or((text, None), |(text, length)| (text, Some(length)));
    let address: IpAddr = address.parse().map_err(|_| LeftOut::Unreadable)?;
    let (bits, all_bits, sixth) = match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32, false),
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => return Err(LeftOut::Unreadable),
        IpAddr::V6(v6) => (v6.to_bits(), 128, true),
    };
    let length = length.map_or(Ok(all_bits), str::parse::<u32>).map_err(|_| LeftOut::Unreadable)?;
    let free = all_bits.checked_sub(length).ok_or(LeftOut::Unreadable)?;
    let span = 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
    let family = if sixth { place.is_sixth() } else { not(&place.is_sixth()) };
    let first = bits & !span;
    Ok(all(vec![family, format!("(<= {first} {} {})", place.value(), first | span)]))
}
