//! The oracle's principals, §5.3.

use serde_json::Value;

use crate::oracle::{Ask, Grant, Who, World, hit, strings};

pub(crate) fn principal_applies(world: &World, ask: &Ask, layer: &str, statement: &Value) -> Option<Grant> {
    let deny = statement["Effect"] == "Deny";
    if !["resource", "endpoint", "rcp"].contains(&layer) {
        let none = statement.get("Principal").or_else(|| statement.get("NotPrincipal")).is_none();
        return (none || deny).then_some(Grant::Itself);
    }
    if let Some(listed) = statement.get("Principal") {
        let grants: Vec<Grant> = values_of(listed)
            .iter()
            .filter_map(|(kind, value)| matches_principal(kind, value, &ask.who))
            .collect();
        for best in [Grant::Itself, Grant::Behind, Grant::Account] {
            if grants.contains(&best) {
                return Some(best);
            }
        }
        return None;
    }
    let Some(listed) = statement.get("NotPrincipal") else {
        hit("5.3k");
        return None;
    };
    let can_be_bounded = matches!(ask.who, Who::User { .. } | Who::Role { .. } | Who::FederatedUser { .. });
    if deny && can_be_bounded && world.boundary.is_some() {
        hit("5.3j");
        return Some(Grant::Itself);
    }
    let values = values_of(listed);
    let found: Vec<Grant> =
        values.iter().filter_map(|(kind, value)| matches_principal(kind, value, &ask.who)).collect();
    let everyone = values.iter().any(|(kind, value)| kind == "AWS" && value == "*");
    let excepted = if deny && matches!(ask.who, Who::Role { .. }) {
        hit("5.3i");
        everyone || [Grant::Itself, Grant::Behind, Grant::Account].iter().all(|grant| found.contains(grant))
    } else if deny {
        hit("5.3i");
        found.contains(&Grant::Itself) || found.contains(&Grant::Behind)
    } else {
        hit("2.7");
        !found.is_empty()
    };
    (!excepted).then_some(Grant::Itself)
}

fn values_of(principal: &Value) -> Vec<(String, String)> {
    match principal {
        Value::String(star) => vec![("AWS".into(), star.clone())],
        Value::Object(kinds) => kinds
            .iter()
            .flat_map(|(kind, values)| {
                strings(values).into_iter().map(|value| (kind.clone(), value)).collect::<Vec<_>>()
            })
            .collect(),
        _ => panic!("{principal}"),
    }
}

fn matches_principal(kind: &str, value: &str, who: &Who) -> Option<Grant> {
    match (kind, who) {
        ("AWS", _) if value == "*" => {
            hit("5.3a");
            return Some(Grant::Itself);
        }
        ("Service", Who::Service(name)) | ("Federated", Who::Federated(name)) => {
            hit("5.3g");
            return (name == value).then_some(Grant::Itself);
        }
        ("AWS", _) => {}
        _ => return None,
    }
    let account = who.account()?;
    let partition = who.partition()?;
    if value == account || value == format!("arn:{partition}:iam::{account}:root") {
        hit("5.3c");
        return Some(if matches!(who, Who::Root { .. }) { Grant::Itself } else { Grant::Account });
    }
    match who {
        Who::User { arn, id, .. } => {
            hit("5.3e");
            (value == arn || value == id).then_some(Grant::Itself)
        }
        Who::Role { role, session, id } => {
            if value == session {
                hit("5.3f");
                return Some(Grant::Itself);
            }
            if value == id {
                return Some(Grant::Behind);
            }
            let name = |arn: &str| arn.rsplit('/').next().unwrap().to_lowercase();
            let same = value.starts_with(&format!("arn:{partition}:iam::{account}:role/"))
                && name(value) == name(role);
            if same {
                hit("5.3d");
            }
            same.then_some(Grant::Behind)
        }
        Who::FederatedUser { arn, issuer } => {
            if value == arn {
                return Some(Grant::Itself);
            }
            (value == issuer).then_some(Grant::Behind)
        }
        _ => None,
    }
}
