//! The oracle's conditions, §6.

use serde_json::Value;

use crate::oracle::{Held, Sign, fill, glob, hit, literal_glob, lookup};

/// Moments as the generator writes them, in seconds.
pub(crate) const MOMENTS: [(&str, i64); 6] = [
    ("2020-01-01T00:00:00Z", 1_577_836_800),
    ("2020-01-01", 1_577_836_800),
    ("2020-01-01T01:00:00+01:00", 1_577_836_800),
    ("1577836800", 1_577_836_800),
    ("2020-01-01T00:00:01Z", 1_577_836_801),
    ("2019-12-31T23:59:59Z", 1_577_836_799),
];

enum Pair {
    Same,
    Different,
    Invalid,
}

pub(crate) fn block_holds(block: Option<&Value>, context: &[(String, Held)], variables: bool) -> bool {
    let Some(block) = block else { return true };
    // 6.1a: AND over operators and keys.
    hit("6.1a");
    block.as_object().unwrap().iter().all(|(operator, keys)| {
        keys.as_object()
            .unwrap()
            .iter()
            .all(|(key, values)| clause_holds(operator, key, values, context, variables))
    })
}

fn clause_holds(
    operator: &str,
    key: &str,
    values: &Value,
    context: &[(String, Held)],
    variables: bool,
) -> bool {
    let values: Vec<String> = match values {
        Value::Array(values) => values.iter().map(plain).collect(),
        one => vec![plain(one)],
    };
    let (qualifier, rest) = operator.split_once(':').unwrap_or(("", operator));
    let (base, if_exists) = match rest.strip_suffix("IfExists") {
        Some(base) => (base, true),
        None => (rest, false),
    };
    let negated = base.contains("Not");
    let found = lookup(context, key);
    let all: Vec<String> = match &found {
        None => vec![],
        Some(Held::One(value)) => vec![value.clone()],
        Some(Held::Many(values)) => values.clone(),
    };
    let null = all.iter().all(String::is_empty);
    if base == "Null" {
        hit("6.5");
        let wants = |is_null: bool| values.iter().any(|v| v.to_lowercase() == is_null.to_string());
        return match qualifier {
            "" => wants(null),
            "ForAllValues" => null || all.iter().all(|v| wants(v.is_empty())),
            _ => !null && all.iter().any(|v| wants(v.is_empty())),
        };
    }
    if all.is_empty() {
        // 6.2
        hit("6.2");
        return if_exists || qualifier == "ForAllValues" || (qualifier.is_empty() && negated);
    }
    if qualifier.is_empty() && matches!(found, Some(Held::Many(_))) {
        hit("6.3d");
        return false;
    }
    let satisfied = |value: &String| {
        let pairs: Vec<Pair> =
            values.iter().map(|listed| compare(base, listed, value, context, variables)).collect();
        if negated {
            pairs.iter().all(|pair| matches!(pair, Pair::Different))
        } else {
            pairs.iter().any(|pair| matches!(pair, Pair::Same))
        }
    };
    match qualifier {
        "" => satisfied(&all[0]),
        _ if null => {
            hit("6.3b");
            qualifier == "ForAllValues"
        }
        "ForAllValues" => {
            hit("6.3a all");
            all.iter().all(satisfied)
        }
        _ => {
            hit("6.3a any");
            all.iter().any(satisfied)
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn same(is: bool) -> Pair {
    if is { Pair::Same } else { Pair::Different }
}

/// Compares one value of the policy with one of the request, before any negation.
fn compare(base: &str, listed: &str, value: &str, context: &[(String, Held)], variables: bool) -> Pair {
    let base = base.replace("Not", "");
    match base.as_str() {
        "StringEquals" | "StringEqualsIgnoreCase" | "StringLike" => {
            let Some(signs) = fill(listed, context, base == "StringLike", variables) else {
                hit("6.13e");
                return Pair::Different;
            };
            if base == "StringEqualsIgnoreCase" {
                hit("6.6a");
                let text: String =
                    signs.iter().map(|sign| if let Sign::Is(c) = sign { *c } else { panic!() }).collect();
                return same(text.to_lowercase() == value.to_lowercase());
            }
            hit("6.6b");
            same(glob(&signs, value))
        }
        "ArnEquals" | "ArnLike" => {
            // A value that is no ARN matches nothing, whatever a variable holds.
            let value: Vec<&str> = value.splitn(6, ':').collect();
            if value.len() < 6 {
                hit("6.7c");
                return Pair::Invalid;
            }
            let Some(signs) = fill(listed, context, true, variables) else {
                return Pair::Different;
            };
            let pattern = split_signs(&signs);
            if pattern.len() < 6 {
                hit("6.7c");
                return Pair::Invalid;
            }
            hit("6.7b");
            same(pattern.iter().zip(&value).all(|(signs, text)| glob(signs, text)))
        }
        "NumericEquals" => number(listed, value, |a, b| a == b),
        "NumericLessThan" => number(listed, value, |a, b| a < b),
        "NumericLessThanEquals" => number(listed, value, |a, b| a <= b),
        "NumericGreaterThan" => number(listed, value, |a, b| a > b),
        "NumericGreaterThanEquals" => number(listed, value, |a, b| a >= b),
        "DateEquals" => moment(listed, value, |a, b| a == b),
        "DateLessThan" => moment(listed, value, |a, b| a < b),
        "DateLessThanEquals" => moment(listed, value, |a, b| a <= b),
        "DateGreaterThan" => moment(listed, value, |a, b| a > b),
        "DateGreaterThanEquals" => moment(listed, value, |a, b| a >= b),
        "Bool" => {
            hit("6.10");
            let Some(listed) = fill(listed, context, false, variables) else { return Pair::Different };
            let listed: String =
                listed.iter().map(|sign| if let Sign::Is(c) = sign { *c } else { panic!() }).collect();
            match (listed.to_lowercase().as_str(), value.to_lowercase().as_str()) {
                (a @ ("true" | "false"), b @ ("true" | "false")) => same(a == b),
                _ => Pair::Invalid,
            }
        }
        "IpAddress" => {
            hit("6.12");
            let (network, length) = match listed.split_once('/') {
                Some((network, length)) => (network, length.parse::<usize>().unwrap_or(999)),
                None => (listed, 999),
            };
            let (Some(network), Some(address)) = (bits(network), bits(value)) else { return Pair::Invalid };
            if listed.contains('/') && length > network.len() {
                return Pair::Invalid;
            }
            let length = length.min(network.len());
            same(network.len() == address.len() && network[..length] == address[..length])
        }
        other => panic!("{other}"),
    }
}

fn split_signs(signs: &[Sign]) -> Vec<Vec<Sign>> {
    let mut parts = vec![vec![]];
    for sign in signs {
        if *sign == Sign::Is(':') && parts.len() < 6 {
            parts.push(vec![]);
        } else {
            parts.last_mut().unwrap().push(*sign);
        }
    }
    parts
}

/// Thousandths; the generator writes nothing finer.
fn thousandths(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let good = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_digit());
    if !good(whole) || !good(fraction) {
        return None;
    }
    let padded = format!("{fraction:0<3}");
    Some(sign * (whole.parse::<i64>().ok()? * 1000 + padded.parse::<i64>().ok()?))
}

fn number(listed: &str, value: &str, holds: fn(i64, i64) -> bool) -> Pair {
    hit("6.8");
    match (thousandths(value), thousandths(listed)) {
        (Some(value), Some(listed)) => same(holds(value, listed)),
        _ => Pair::Invalid,
    }
}

fn moment(listed: &str, value: &str, holds: fn(i64, i64) -> bool) -> Pair {
    hit("6.9");
    let find = |text: &str| MOMENTS.iter().find(|(written, _)| *written == text).map(|(_, seconds)| *seconds);
    match (find(value), find(listed)) {
        (Some(value), Some(listed)) => same(holds(value, listed)),
        _ => Pair::Invalid,
    }
}

/// An address as a text of bits.
fn bits(text: &str) -> Option<String> {
    match text.parse::<std::net::IpAddr>().ok()? {
        std::net::IpAddr::V4(v4) => Some(v4.octets().iter().map(|octet| format!("{octet:08b}")).collect()),
        std::net::IpAddr::V6(v6) => Some(v6.octets().iter().map(|octet| format!("{octet:08b}")).collect()),
    }
}

/// Keeps the two readers of patterns together: an oracle that cannot match is no oracle.
#[test]
fn the_oracle_s_glob_matches() {
    assert!(glob(&literal_glob("a*c?"), "abbcd"));
    assert!(!glob(&literal_glob("a*c"), "abbcd"));
}
