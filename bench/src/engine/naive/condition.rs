//! Conditions, as the naive scan decides them: an operator's name taken apart once, then text against text.

use std::net::IpAddr;

use anyhow::{Result, bail};
use serde_json::Value as Json;

use super::Prepared;
use crate::engine::glob::glob;
use crate::engine::workload::list;

/// One key of one operator.
pub(super) struct Clause {
    test: Test,
    negated: bool,
    if_exists: bool,
    quantity: Quantity,
    key: String,
    /// Each with whether it has variables.
    values: Vec<(String, bool)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Quantity {
    Single,
    All,
    Any,
}

#[derive(Clone, Copy)]
enum Test {
    Equals,
    EqualsIgnoringCase,
    Like,
    Arn,
    Bool,
    Address,
    Null,
    Number(Order),
    Date(Order),
}

#[derive(Clone, Copy)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Clause {
    pub(super) fn new(operator: &str, key: &str, values: &Json) -> Result<Self> {
        let (quantity, rest) = match operator.split_once(':') {
            Some(("ForAllValues", rest)) => (Quantity::All, rest),
            Some(("ForAnyValue", rest)) => (Quantity::Any, rest),
            Some(_) => bail!("{operator}"),
            None => (Quantity::Single, operator),
        };
        let (rest, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |base| (base, true));
        let negated = rest.contains("Not");
        let base = rest.replacen("Not", "", 1);
        let test = match base.as_str() {
            "StringEquals" => Test::Equals,
            "StringEqualsIgnoreCase" => Test::EqualsIgnoringCase,
            "StringLike" => Test::Like,
            "ArnEquals" | "ArnLike" => Test::Arn,
            "Bool" => Test::Bool,
            "IpAddress" => Test::Address,
            "Null" => Test::Null,
            other => match (other.strip_prefix("Numeric"), other.strip_prefix("Date")) {
                (Some(order), _) => Test::Number(Order::of(order)?),
                (_, Some(order)) => Test::Date(Order::of(order)?),
                _ => bail!("the naive scan has no operator {operator}"),
            },
        };
        let values = list(Some(values))
            .into_iter()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .map(|value| {
                let is_open = value.contains("${");
                (value, is_open)
            })
            .collect();
        Ok(Self { test, negated, if_exists, quantity, key: key.to_ascii_lowercase(), values })
    }

    pub(super) fn holds(&self, request: &Prepared) -> bool {
        let held = request.context.get(&self.key).map(Vec::as_slice).unwrap_or_default();
        let empty = held.iter().all(String::is_empty);
        if let Test::Null = self.test {
            return self.values.iter().any(|(value, _)| value.eq_ignore_ascii_case(&empty.to_string()));
        }
        if held.is_empty() {
            return self.if_exists
                || self.quantity == Quantity::All
                || (self.quantity == Quantity::Single && self.negated);
        }
        match self.quantity {
            Quantity::Single if request.lists.contains(&self.key) => false,
            Quantity::Single => held.first().is_some_and(|value| self.satisfied(value, request)),
            Quantity::All => empty || held.iter().all(|value| self.satisfied(value, request)),
            Quantity::Any => !empty && held.iter().any(|value| self.satisfied(value, request)),
        }
    }

    fn satisfied(&self, value: &str, request: &Prepared) -> bool {
        let mut answers =
            self.values.iter().map(|(listed, is_open)| self.compare(listed, *is_open, value, request));
        if self.negated {
            answers.all(|answer| answer == Some(false))
        } else {
            answers.any(|answer| answer == Some(true))
        }
    }

    /// Whether the two agree; `None` where one of them is not of the operator's type.
    fn compare(&self, listed: &str, is_open: bool, value: &str, request: &Prepared) -> Option<bool> {
        let resolved;
        let listed = if is_open {
            match resolve(listed, request) {
                Some(text) => {
                    resolved = text;
                    resolved.as_str()
                }
                None => return Some(false),
            }
        } else {
            listed
        };
        match self.test {
            Test::Equals => Some(listed == value),
            Test::EqualsIgnoringCase => Some(listed.to_lowercase() == value.to_lowercase()),
            Test::Like => Some(glob(listed, value)),
            Test::Arn => {
                let (mut patterns, mut parts) = (listed.splitn(6, ':'), value.splitn(6, ':'));
                let mut same = true;
                for _ in 0..6 {
                    let (pattern, part) = (patterns.next()?, parts.next()?);
                    same = same && glob(pattern, part);
                }
                Some(same)
            }
            Test::Bool => {
                let truth = |text: &str| text.to_ascii_lowercase().parse::<bool>().ok();
                Some(truth(listed)? == truth(value)?)
            }
            Test::Address => within(listed, value),
            Test::Number(order) => Some(order.holds(value.parse::<f64>().ok()?, listed.parse::<f64>().ok()?)),
            Test::Date(order) => Some(order.holds(moment(value)?, moment(listed)?)),
            Test::Null => None,
        }
    }
}

impl Order {
    fn of(name: &str) -> Result<Self> {
        Ok(match name {
            "Equals" => Self::Equal,
            "LessThan" => Self::Less,
            "LessThanEquals" => Self::LessOrEqual,
            "GreaterThan" => Self::Greater,
            "GreaterThanEquals" => Self::GreaterOrEqual,
            other => bail!("{other}"),
        })
    }

    fn holds<T: PartialOrd>(self, a: T, b: T) -> bool {
        match self {
            Self::Equal => a == b,
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
        }
    }
}

/// A text with its variables resolved; `None` where one has no single value.
pub(super) fn resolve(text: &str, request: &Prepared) -> Option<String> {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (variable, tail) = after.split_once('}')?;
        resolved.push_str(before);
        let key = variable.to_ascii_lowercase();
        match request.context.get(&key)?.as_slice() {
            [value] if !request.lists.contains(&key) => resolved.push_str(value),
            _ => return None,
        }
        rest = tail;
    }
    Some(resolved + rest)
}

fn moment(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

fn within(network: &str, address: &str) -> Option<bool> {
    let address: IpAddr = address.parse().ok()?;
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base.parse::<IpAddr>().ok()?, Some(length.parse::<u32>().ok()?)),
        None => (network.parse().ok()?, None),
    };
    Some(match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            let shift = 32u32.checked_sub(length.unwrap_or(32))?;
            let cut = |address: std::net::Ipv4Addr| u32::from(address).checked_shr(shift).unwrap_or(0);
            cut(base) == cut(address)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => {
            let shift = 128u32.checked_sub(length.unwrap_or(128))?;
            let cut = |address: std::net::Ipv6Addr| u128::from(address).checked_shr(shift).unwrap_or(0);
            cut(base) == cut(address)
        }
        _ => false,
    })
}
