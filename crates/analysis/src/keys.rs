//! What a condition key can hold, as far as the clauses of two documents tell values apart.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use policy::condition::{Clause, Family, Qualifier};
use policy::{Context, Values, Version};

use crate::budget::{Exhausted, Meter};
use crate::pattern::{self, Pattern, Token, Variables, Wildcards};
use crate::split::Branch;
use crate::words;

/// A key: what it may hold, one case for each way in which the clauses can come out.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: String,
    /// `None` is an absent key.
    pub(crate) cases: Vec<Option<Values>>,
    /// By clause: for which cases it holds.
    pub(crate) holds: HashMap<usize, Vec<bool>>,
    /// A case in which no clause holds.
    pub(crate) lost: Option<usize>,
    /// Whether the cases are all there are.
    pub(crate) exhaustive: bool,
}

/// The most lists that a multivalued key is tried with.
const MOST_LISTS: usize = 2_000;

impl Key {
    /// Goes over the clauses about one key.
    pub(crate) fn new(
        clauses: &[(usize, &Clause, Version)],
        branch: &Branch,
        meter: &mut Meter,
    ) -> Result<Self, Exhausted> {
        let key = clauses.first().map(|(_, clause, _)| clause.key());
        let (name, folded) = key.map_or(("", ""), |key| (key.as_str(), key.folded()));
        let (bound, apart) = (&branch.known, branch.present.get(folded));
        let is_list = branch.lists.contains(folded);
        let mut exhaustive = true;
        let mut cases: Vec<Option<Values>> = Vec::new();
        if branch.settled.contains(folded) && !is_list {
            cases.push(bound.get(folded).cloned());
        } else {
            let apart = apart.map(Vec::as_slice).unwrap_or_default();
            let texts = texts(clauses, bound, apart, &mut exhaustive, meter)?;
            cases.push(None);
            cases.extend(texts.iter().map(|text| Some(Values::from(text.as_str()))));
            if is_list || clauses.iter().any(|(_, clause, _)| clause.test().qualifier() != Qualifier::Single)
            {
                let lists = lists(clauses, &texts, bound, &mut exhaustive, meter)?;
                cases.extend(lists.into_iter().map(|list| {
                    Some(Values::Many(list.into_iter().map(|text| text.as_str().into()).collect()))
                }));
            }
        }
        if is_list {
            cases.retain(|case| matches!(case, Some(Values::Many(_))));
        }
        if let Some(apart) = apart {
            cases.retain(|case| match case {
                None => false,
                Some(Values::One(held)) => !apart.iter().any(|text| text == held.as_str()),
                Some(Values::Many(_)) => true,
            });
        }
        let cost = clauses.iter().map(|(_, clause, _)| cost(clause)).sum();
        let mut seen = std::collections::HashSet::new();
        let mut kept = Vec::new();
        let mut holds: HashMap<usize, Vec<bool>> = HashMap::new();
        for case in cases {
            let mut context = bound.clone();
            match &case {
                Some(values) => context.set(name, values.clone()),
                None => {
                    context.remove(name);
                }
            }
            meter.spend(cost)?;
            let verdicts: Vec<bool> = clauses.iter().map(|(_, clause, _)| clause.holds(&context)).collect();
            // A list does not stand for a single value, nor the other way about: a key may have but one of them. What
            // holds without the key stands for both.
            let is_list = matches!(case, Some(Values::Many(_)));
            let is_new = seen.insert((is_list, verdicts.clone()));
            if case.is_none() {
                seen.insert((true, verdicts.clone()));
            }
            if is_new {
                for ((number, ..), verdict) in clauses.iter().zip(verdicts) {
                    holds.entry(*number).or_default().push(verdict);
                }
                kept.push(case);
            }
        }
        let fails = |case: &usize| holds.values().all(|verdicts| verdicts.get(*case) == Some(&false));
        let lost = (0..kept.len()).find(fails);
        Ok(Self { name: name.to_owned(), cases: kept, holds, lost, exhaustive })
    }

    /// Whether a clause holds in a case.
    pub(crate) fn holds_in(&self, clause: usize, case: usize) -> bool {
        self.holds.get(&clause).and_then(|verdicts| verdicts.get(case)).copied().unwrap_or(false)
    }
}

/// The steps that it counts to ask whether a clause holds.
fn cost(clause: &Clause) -> usize {
    let read = match clause.test().family() {
        Family::Date => 6,
        Family::Numeric | Family::IpAddress => 3,
        _ => 1,
    };
    read + clause.values().len() / 32
}

/// Single values, one for each way in which the clauses take them.
fn texts(
    clauses: &[(usize, &Clause, Version)],
    bound: &Context,
    apart: &[String],
    exhaustive: &mut bool,
    meter: &mut Meter,
) -> Result<Vec<String>, Exhausted> {
    let has = |family: Family| clauses.iter().any(|(_, clause, _)| clause.test().family() == family);
    let of = |family: Family| {
        clauses
            .iter()
            .filter(move |(_, clause, _)| clause.test().family() == family)
            .flat_map(|(_, clause, _)| clause.values())
            // What is no value of the type tells none from another.
            .filter(|value| value.is_valid())
            .map(|value| value.as_str())
    };
    let ordered = [Family::Numeric, Family::Date, Family::IpAddress, Family::Binary];
    let kinds = ordered.iter().filter(|family| has(**family)).count();
    let worded = has(Family::String) || has(Family::Arn);
    *exhaustive = kinds == 0 || kinds == 1 && !worded && !has(Family::Bool);
    let mut texts = Vec::new();
    if has(Family::Numeric) {
        numbers(of(Family::Numeric), &mut texts, exhaustive);
    }
    if has(Family::Date) {
        moments(of(Family::Date), &mut texts, exhaustive);
    }
    if has(Family::IpAddress) {
        addresses(of(Family::IpAddress), &mut texts);
    }
    if has(Family::Binary) {
        texts.extend(of(Family::Binary).map(str::to_owned));
        texts.push("d2l0bmVzcw==".to_owned());
    }
    if has(Family::Bool) && !worded {
        texts.extend(["true".to_owned(), "false".to_owned()]);
    }
    if kinds == 0 && !has(Family::Bool) || worded {
        // INVARIANT: the empty text stands for no other, since set operators and `Null` take it for no value.
        let only_arns = has(Family::Arn) && !has(Family::String);
        let universe: Pattern =
            if only_arns { pattern::any_arn() } else { Box::new([Token::One, Token::Many]) };
        let mut groups = patterns(clauses, bound);
        // What the key does not hold is told from all else.
        groups.extend(apart.iter().map(|text| vec![text.chars().map(Token::Char).collect()]));
        let groups: Vec<Vec<&Pattern>> = groups.iter().map(|group| group.iter().collect()).collect();
        texts.extend(words::classes(&groups, &universe, meter)?);
        if !only_arns {
            texts.push(String::new());
        }
    }
    Ok(texts)
}

/// What the clauses about texts compare with, a group for each.
pub(crate) fn patterns(clauses: &[(usize, &Clause, Version)], bound: &Context) -> Vec<Vec<Pattern>> {
    let mut groups: Vec<Vec<Pattern>> = Vec::new();
    if clauses.iter().any(|(_, clause, _)| clause.test().family() == Family::Arn) {
        groups.push(vec![pattern::any_arn()]);
    }
    for (_, clause, version) in clauses {
        let mut group: Vec<Pattern> = Vec::new();
        for value in clause.values() {
            let mut variables = Variables::known(bound);
            group.extend(read(clause, value.as_str(), *version, &mut variables));
        }
        let mut seen = std::collections::HashSet::new();
        group.retain(|pattern| seen.insert(pattern.clone()));
        if !group.is_empty() && !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups
}

/// What a value of a clause about texts takes; nothing where a variable has no value, or where texts are not asked
/// about.
pub(crate) fn read(
    clause: &Clause,
    text: &str,
    version: Version,
    variables: &mut Variables<'_>,
) -> Option<Pattern> {
    let (family, operator) = (clause.test().family(), clause.test().operator());
    let has_wildcards = family == Family::Arn || operator.ends_with("Like");
    let wildcards = if has_wildcards { Wildcards::Active } else { Wildcards::Literal };
    let read = |variables| pattern::read(text, wildcards, version, variables);
    match family {
        Family::Null => None,
        Family::Arn => pattern::by_segment(&read(variables)?),
        Family::Bool => Some(pattern::folded(&read(variables)?)),
        Family::String if operator.ends_with("IgnoreCase") => Some(pattern::folded(&read(variables)?)),
        _ => read(variables),
    }
}

/// By clause, whether it takes some value of a list and whether it takes every one.
type Quantified = Vec<(bool, bool)>;

/// Lists of values, one for each (some value, every value) that lists can come to.
fn lists<'t>(
    clauses: &[(usize, &Clause, Version)],
    texts: &'t [String],
    context: &Context,
    exhaustive: &mut bool,
    meter: &mut Meter,
) -> Result<Vec<Vec<&'t String>>, Exhausted> {
    let mut singles: Vec<(Vec<bool>, &String)> = Vec::new();
    for text in texts {
        let taken = clauses.iter().map(|(_, clause, _)| clause.accepts(text, context));
        // Only a list of nothing but empty texts is null, so that being empty is told apart.
        let taken: Vec<bool> = taken.chain([text.is_empty()]).collect();
        if singles.iter().all(|(known, _)| *known != taken) {
            singles.push((taken, text));
        }
    }
    let mut seen = std::collections::HashSet::new();
    let mut found: Vec<(Quantified, Vec<&String>)> = Vec::new();
    for (taken, text) in &singles {
        let both: Quantified = taken.iter().map(|taken| (*taken, *taken)).collect();
        seen.insert(both.clone());
        found.push((both, vec![text]));
    }
    let mut at = 0;
    while let Some((both, list)) = found.get(at).cloned() {
        at += 1;
        for (taken, text) in &singles {
            meter.spend(taken.len())?;
            let more: Quantified =
                both.iter().zip(taken).map(|((any, all), taken)| (any | taken, all & taken)).collect();
            if seen.insert(more.clone()) {
                let mut list = list.clone();
                list.push(text);
                found.push((more, list));
            }
        }
        if found.len() > MOST_LISTS {
            *exhaustive = false;
            break;
        }
    }
    Ok(found.into_iter().map(|(_, list)| list).collect())
}

/// Each number, what is just below it and just above it.
fn numbers<'t>(values: impl Iterator<Item = &'t str>, texts: &mut Vec<String>, exhaustive: &mut bool) {
    const SCALE: u32 = 12;
    let mut near = vec!["0".to_owned()];
    for value in values {
        let (negative, digits) = value.strip_prefix('-').map_or((false, value), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let scaled = (fraction.len() < 12 && whole.len() < 20 && !whole.is_empty())
            .then(|| format!("{whole}{fraction:0<12}").parse::<i128>().ok())
            .flatten();
        let Some(scaled) = scaled else {
            // Something larger than any quantity that a key holds, with an exponent, or no number at all.
            *exhaustive &= value.parse::<f64>().is_err();
            continue;
        };
        let scaled = if negative { -scaled } else { scaled };
        let unit = 10_i128.pow(SCALE);
        texts.push(value.to_owned());
        texts.extend([scaled - unit, scaled + unit].map(decimal));
        near.extend([scaled - 1, scaled + 1].map(decimal));
    }
    texts.append(&mut near);
}

fn decimal(scaled: i128) -> String {
    let sign = if scaled < 0 { "-" } else { "" };
    let (whole, fraction) =
        (scaled.unsigned_abs() / 10_u128.pow(12), scaled.unsigned_abs() % 10_u128.pow(12));
    let text = format!("{sign}{whole}.{fraction:012}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Each moment, what is just before it and just behind it.
fn moments<'t>(values: impl Iterator<Item = &'t str>, texts: &mut Vec<String>, exhaustive: &mut bool) {
    let mut near = vec!["2030-01-01T00:00:00Z".to_owned()];
    for value in values {
        let Some(moment) = moment(value) else {
            *exhaustive = false;
            continue;
        };
        texts.push(value.to_owned());
        for (shift, texts) in [
            (jiff::SignedDuration::from_secs(1), &mut *texts),
            (jiff::SignedDuration::from_nanos(1), &mut near),
        ] {
            let both = [moment.checked_sub(shift), moment.checked_add(shift)];
            texts.extend(both.into_iter().flatten().map(|moment| moment.to_string()));
        }
    }
    texts.append(&mut near);
}

fn moment(text: &str) -> Option<jiff::Timestamp> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return jiff::Timestamp::from_second(text.parse().ok()?).ok();
    }
    let utc = |civil: jiff::civil::DateTime| jiff::tz::TimeZone::UTC.to_timestamp(civil).ok();
    let day = format!("{text}-01");
    let text = if text.len() == "2030-01".len() { &day } else { text };
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    if text.ends_with(['z', 'Z']) {
        return None;
    }
    text.parse::<jiff::civil::DateTime>().ok().and_then(utc)
}

/// The first address of each stretch that all networks take alike.
fn addresses<'t>(values: impl Iterator<Item = &'t str>, texts: &mut Vec<String>) {
    let mut v4 = vec![Ipv4Addr::new(203, 0, 113, 77).to_bits(), 0];
    // What stands behind the IPv4 addresses that are written as IPv6.
    let mut v6 = vec![0x2001_0db8_u128 << 96 | 0x77, 0, 0x1_0000_0000_0000];
    for value in values {
        let (address, length) =
            value.split_once('/').map_or((value, None), |(a, l)| (a, l.parse::<u32>().ok()));
        match address.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => ends_v4(address.to_bits(), length.unwrap_or(32), &mut v4),
            Ok(IpAddr::V6(address)) => {
                let length = length.unwrap_or(128);
                if let (Some(mapped), 96..) = (address.to_ipv4_mapped(), length) {
                    ends_v4(mapped.to_bits(), length - 96, &mut v4);
                }
                let mask = u128::MAX.checked_shl(128_u32.saturating_sub(length)).unwrap_or(0);
                let first = address.to_bits() & mask;
                v6.push(first);
                v6.extend((first | !mask).checked_add(1));
            }
            Err(_) => {}
        }
    }
    texts.extend(v4.into_iter().map(|bits| Ipv4Addr::from_bits(bits).to_string()));
    texts.extend(v6.into_iter().map(|bits| Ipv6Addr::from_bits(bits).to_string()));
}

fn ends_v4(bits: u32, length: u32, v4: &mut Vec<u32>) {
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(length)).unwrap_or(0);
    v4.push(bits & mask);
    v4.extend((bits | !mask).checked_add(1));
}
