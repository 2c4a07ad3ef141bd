//! Cedar: each Allow a `permit`, each Deny a `forbid`, each layer that must allow a `forbid … unless`.

use std::str::FromStr as _;

use anyhow::{Context as _, Result};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, Policy, PolicyId, PolicySet, Request,
    RestrictedExpression,
};

use crate::clock::Measured;
use crate::workload::{Ask, Clause, Held, Statement, Workload, number};

/// Policies that bear on one request, and it.
struct Case<'w> {
    policies: PolicySet,
    request: Request,
    ask: &'w Ask,
}

pub fn measure(workload: &Workload) -> Result<Measured> {
    let authorizer = Authorizer::new();
    let entities = Entities::empty();
    let mut cases = workload.asks.iter().map(|ask| case(workload, ask)).collect::<Result<Vec<_>>>()?;
    let renew = |case: &mut Case<'_>| {
        if let Ok(fresh) = request(workload, case.ask) {
            case.request = fresh;
        }
    };
    Ok(Measured::of(&mut cases, renew, |case| {
        let response = authorizer.is_authorized(&case.request, &case.policies, &entities);
        match response.decision() {
            Decision::Allow => 'a',
            Decision::Deny => {
                let explicit = |id: &PolicyId| !AsRef::<str>::as_ref(id).starts_with("limit");
                if response.diagnostics().reason().any(explicit) { 'e' } else { 'i' }
            }
        }
    }))
}

fn case<'w>(workload: &'w Workload, ask: &'w Ask) -> Result<Option<Case<'w>>> {
    let Some(texts) = translate(workload, ask) else { return Ok(None) };
    let mut policies = PolicySet::new();
    for (id, text) in texts {
        let policy = Policy::parse(Some(PolicyId::new(&id)), &text).with_context(|| text.clone())?;
        policies.add(policy)?;
    }
    Ok(Some(Case { policies, request: request(workload, ask)?, ask }))
}

fn request(workload: &Workload, ask: &Ask) -> Result<Request> {
    let uid = |kind: &str, name: &str| EntityUid::from_str(&format!("{kind}::{name:?}")).context("an entity");
    let principal = workload.principal(ask);
    let mut pairs: Vec<(String, RestrictedExpression)> = ask
        .context
        .iter()
        .map(|(key, held)| {
            let text = |value: &String| RestrictedExpression::new_string(value.clone());
            let value = match held {
                Held::One(value) => text(value),
                Held::Many(values) => RestrictedExpression::new_set(values.iter().map(text)),
            };
            (key.to_lowercase(), value)
        })
        .collect();
    for (key, held) in &ask.context {
        if let Held::One(text) = held
            && let Some(number) = number(text)
        {
            pairs.push((numbered(&key.to_lowercase()), RestrictedExpression::new_long(number)));
        }
    }
    if let Some(Held::One(address)) = ask.context.get("aws:SourceIp") {
        pairs.push(("ip".to_owned(), RestrictedExpression::new_ip(address.clone())));
    }
    pairs.push(("action".to_owned(), RestrictedExpression::new_string(ask.action.to_lowercase())));
    pairs.push(("resource".to_owned(), RestrictedExpression::new_string(ask.resource.clone())));
    Ok(Request::new(
        uid("Principal", &principal.arn)?,
        uid("Action", "ask")?,
        uid("Resource", "it")?,
        Context::from_pairs(pairs)?,
        None,
    )?)
}

/// The policies as Cedar, each with its id; `None` where something cannot be said.
fn translate(workload: &Workload, ask: &Ask) -> Option<Vec<(String, String)>> {
    let principal = workload.principal(ask);
    let of = |indices: &[usize]| -> Vec<Statement> {
        indices.iter().flat_map(|index| workload.statements(*index, ask)).collect()
    };
    let mut texts: Vec<(String, String)> = Vec::new();
    let mut say = |kind: &str, effect: &str, word: &str, text: String| {
        let number = texts.len();
        texts.push((
            format!("{kind}{number}"),
            format!("{effect}(principal, action, resource) {word} {{ {text} }};"),
        ));
    };
    let mut direct = Vec::new();
    for statement in of(ask.resource_policy.as_slice()).iter().filter(|statement| statement.names(principal))
    {
        let text = applies(statement)?;
        if statement.is_deny() {
            say("deny", "forbid", "when", text);
        } else {
            say("allow", "permit", "when", text.clone());
            if principal.session.is_none() {
                direct.push(text);
            }
        }
    }
    for statement in of(&principal.identity) {
        let (kind, effect) = if statement.is_deny() { ("deny", "forbid") } else { ("allow", "permit") };
        say(kind, effect, "when", applies(&statement)?);
    }
    let mut limits: Vec<(Vec<Statement>, &[String])> = Vec::new();
    limits.extend(principal.boundary.map(|index| (of(&[index]), direct.as_slice())));
    limits.extend(workload.levels.iter().map(|level| (of(level), [].as_slice())));
    for (statements, beside) in limits {
        let mut within = beside.to_vec();
        for statement in statements {
            let text = applies(&statement)?;
            if statement.is_deny() {
                say("deny", "forbid", "when", text);
            } else {
                within.push(text);
            }
        }
        if !within.iter().any(|text| text == "true") {
            say("limit", "forbid", "unless", or(&within));
        }
    }
    Some(texts)
}

fn applies(statement: &Statement) -> Option<String> {
    let (actions, not_actions) = statement.element("Action");
    let (resources, not_resources) = statement.element("Resource");
    let element = |names: &[String], complement: bool, field: &str, lower: bool| -> Option<String> {
        let one = |pattern: &String| {
            let pattern = if lower { pattern.to_lowercase() } else { pattern.clone() };
            like(&format!("context.{field}"), &pattern)
        };
        let text = or(&names.iter().map(one).collect::<Option<Vec<_>>>()?);
        Some(if complement { format!("!({text})") } else { text })
    };
    let mut parts = vec![
        element(&actions, not_actions, "action", true)?,
        element(&resources, not_resources, "resource", false)?,
    ];
    for condition in statement.clauses() {
        parts.push(clause(&condition)?);
    }
    parts.retain(|part| part != "true");
    Some(if parts.is_empty() {
        "true".to_owned()
    } else {
        parts.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(" && ")
    })
}

/// Under what name a key's value stands as a number.
fn numbered(key: &str) -> String {
    format!("#{key}")
}

/// Whether a text is like a pattern. Cedar knows no `?`; a variable that is left has no value, so nothing is like it.
fn like(text: &str, pattern: &str) -> Option<String> {
    if pattern.contains('?') {
        return None;
    }
    Some(match pattern {
        pattern if pattern.contains("${") => "false".to_owned(),
        "*" => "true".to_owned(),
        pattern if pattern.contains('*') => format!("{text} like {pattern:?}"),
        pattern => format!("{text} == {pattern:?}"),
    })
}

fn clause(clause: &Clause) -> Option<String> {
    let has = format!("context has {:?}", clause.key);
    let value = format!("context[{:?}]", clause.key);
    if clause.operator == "Null" {
        let absent = clause.values.first()? == "true";
        return Some(if absent { format!("!({has})") } else { has });
    }
    let held = match (clause.quantity.as_str(), clause.operator.as_str()) {
        ("", "StringEquals" | "Bool") => {
            let same = |listed: &String| format!("{value} == {listed:?}");
            or(&clause.values.iter().filter(|listed| !listed.contains("${")).map(same).collect::<Vec<_>>())
        }
        ("", _) if clause.order().is_some() => {
            let sign = match clause.order()? {
                "Equals" => "==",
                "LessThan" => "<",
                "LessThanEquals" => "<=",
                "GreaterThan" => ">",
                "GreaterThanEquals" => ">=",
                _ => return None,
            };
            let key = numbered(&clause.key);
            let one = |listed: &String| {
                Some(format!("(context has {key:?} && context[{key:?}] {sign} {})", number(listed)?))
            };
            or(&clause.values.iter().map(one).collect::<Option<Vec<_>>>()?)
        }
        ("", "StringLike" | "ArnLike" | "ArnEquals") => {
            or(&clause.values.iter().map(|listed| like(&value, listed)).collect::<Option<Vec<_>>>()?)
        }
        ("", "IpAddress") if clause.key == "aws:sourceip" => {
            let within = |listed: &String| format!("context.ip.isInRange(ip({listed:?}))");
            or(&clause.values.iter().map(within).collect::<Vec<_>>())
        }
        ("ForAllValues", "StringEquals") if !clause.negated => {
            format!("{:?}.containsAll({value})", clause.values)
        }
        ("ForAnyValue", "StringEquals") if !clause.negated => {
            format!("{:?}.containsAny({value})", clause.values)
        }
        _ => return None,
    };
    let held = if clause.negated { format!("!({held})") } else { held };
    let absent_is_true = clause.if_exists
        || clause.quantity == "ForAllValues"
        || (clause.quantity.is_empty() && clause.negated);
    Some(if absent_is_true { format!("!({has}) || ({held})") } else { format!("{has} && ({held})") })
}

fn or(texts: &[String]) -> String {
    if texts.iter().any(|text| text == "true") {
        return "true".to_owned();
    }
    if texts.is_empty() {
        return "false".to_owned();
    }
    texts.iter().map(|text| format!("({text})")).collect::<Vec<_>>().join(" || ")
}
