//! Rego, by regorus: the statements as data, their meaning as rules.

use anyhow::Result;
use regorus::{CompiledPolicy, Engine, Value};
use serde_json::{Value as Json, json};

use crate::clock::Measured;
use crate::workload::{Ask, Held, Statement, Workload, number};

/// It is three orders of magnitude slower: fewer requests say as much.
const ASKED: usize = 400;

const RULES: &str = include_str!("rego/iam.rego");

struct Case {
    policy: CompiledPolicy,
    input: Value,
    text: String,
}

pub fn measure(workload: &Workload) -> Result<Measured> {
    let mut cases =
        workload.asks.iter().take(ASKED).map(|ask| case(workload, ask)).collect::<Result<Vec<_>>>()?;
    let renew = |case: &mut Case| {
        if let Ok(fresh) = Value::from_json_str(&case.text) {
            case.input = fresh;
        }
    };
    Ok(Measured::of(&mut cases, renew, |case| {
        let end = case.policy.eval_with_input(case.input.clone());
        match end.as_ref().ok().and_then(|end| end.as_string().ok()).map(|end| end.to_string()).as_deref() {
            Some("allowed") => 'a',
            Some("explicit") => 'e',
            Some("implicit") => 'i',
            _ => '?',
        }
    }))
}

fn case(workload: &Workload, ask: &Ask) -> Result<Option<Case>> {
    let Some(data) = translate(workload, ask) else { return Ok(None) };
    let mut engine = Engine::new();
    engine.add_policy("iam.rego".to_owned(), RULES.to_owned())?;
    engine.add_data_json(&data.to_string())?;
    let policy = engine.compile_with_entrypoint(&"data.iam.end".into())?;
    let context: serde_json::Map<String, Json> = ask
        .context
        .iter()
        .map(|(key, held)| {
            let values = match held {
                Held::One(value) => json!([value]),
                Held::Many(values) => json!(values),
            };
            (key.to_lowercase(), values)
        })
        .collect();
    let numbers: serde_json::Map<String, Json> = ask
        .context
        .iter()
        .filter_map(|(key, held)| match held {
            Held::One(text) => Some((key.to_lowercase(), json!(number(text)?))),
            Held::Many(_) => None,
        })
        .collect();
    let input = json!({"action": ask.action.to_lowercase(), "resource": ask.resource, "context": context, "numbers": numbers});
    let text = input.to_string();
    Ok(Some(Case { policy, input: Value::from_json_str(&text)?, text }))
}

fn translate(workload: &Workload, ask: &Ask) -> Option<Json> {
    let principal = workload.principal(ask);
    let mut denies = Vec::new();
    let mut allows = |indices: &[usize], only_named: bool| -> Option<Vec<Json>> {
        let mut allows = Vec::new();
        for statement in indices.iter().flat_map(|index| workload.statements(*index, ask)) {
            if only_named && !statement.names(principal) {
                continue;
            }
            let data = statement_data(&statement)?;
            if statement.is_deny() { denies.push(data) } else { allows.push(data) }
        }
        Some(allows)
    };
    let resource = allows(ask.resource_policy.as_slice(), true)?;
    let identity = allows(&principal.identity, false)?;
    let boundary = match principal.boundary {
        Some(index) => vec![allows(&[index], false)?],
        None => Vec::new(),
    };
    let levels = workload.levels.iter().map(|level| allows(level, false)).collect::<Option<Vec<_>>>()?;
    // What the resource's policy grants a user itself, no boundary limits.
    let (direct, bounded) =
        if principal.session.is_none() { (resource, Vec::new()) } else { (Vec::new(), resource) };
    let granted = [identity, bounded].concat();
    Some(
        json!({"denies": denies, "direct": direct, "granted": granted, "boundaries": boundary, "levels": levels}),
    )
}

fn statement_data(statement: &Statement) -> Option<Json> {
    let (actions, not_actions) = statement.element("Action");
    let (resources, not_resources) = statement.element("Resource");
    // A variable that is left has no value, so nothing is like it.
    let glob = |patterns: &[String]| {
        let resolved = patterns.iter().filter(|pattern| !pattern.contains("${"));
        resolved.map(|pattern| escaped(pattern)).collect::<Option<Vec<_>>>()
    };
    let mut clauses = Vec::new();
    for clause in statement.clauses() {
        let ordered = clause.order().is_some();
        if !ordered
            && !["StringEquals", "StringLike", "ArnLike", "ArnEquals", "Bool", "Null", "IpAddress"]
                .contains(&clause.operator.as_str())
        {
            return None;
        }
        let like = clause.operator.ends_with("Like") || clause.operator.starts_with("Arn");
        clauses.push(json!({
            "operator": if like { "like" } else { clause.order().unwrap_or(&clause.operator) }, "negated": clause.negated,
            "quantity": clause.quantity, "key": clause.key, "absent": clause.if_exists
                || clause.quantity == "ForAllValues" || (clause.quantity.is_empty() && clause.negated),
            "values": if like {
                json!(glob(&clause.values)?)
            } else if ordered {
                json!(clause.values.iter().map(|text| number(text)).collect::<Option<Vec<_>>>()?)
            } else {
                json!(clause.values)
            },
        }));
    }
    let lower: Vec<String> = actions.iter().map(|action| action.to_lowercase()).collect();
    Some(json!({
        "actions": glob(&lower)?, "not_actions": not_actions, "resources": glob(&resources)?,
        "not_resources": not_resources, "clauses": clauses,
    }))
}

/// A pattern; `None` where some of it means something else to a Rego glob.
fn escaped(pattern: &str) -> Option<String> {
    (!pattern.contains(['{', '[', '\\'])).then(|| pattern.to_owned())
}
