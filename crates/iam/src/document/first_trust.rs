//! What CreateRole says of a trust policy that it does not take. It reads the document with a parser of its own, whose
//! words are not those of UpdateAssumeRolePolicy. See docs/decisions/0163-trust-policies-of-new-roles.md.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// CreateRole's text for an action that is none of a trust policy.
pub(super) const ACTIONS: &str = "AssumeRole policy may only specify STS AssumeRole actions.";

/// The first thing that CreateRole finds wrong with a document, if it finds anything. What is left is for the validation
/// that all trust policies go through.
pub(super) fn complaint(text: &str) -> Option<Cow<'static, str>> {
    let Ok(Value::Object(document)) = serde_json::from_str(text) else {
        return Some("This policy contains invalid Json".into());
    };
    let is_version = |version: &Value| matches!(version.as_str(), Some("2008-10-17" | "2012-10-17"));
    if document.get("Version").is_some_and(|version| !is_version(version)) {
        return Some("The policy must contain a valid version string".into());
    }
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(statement) => std::slice::from_ref(statement),
        None => &[],
    };
    if statements.is_empty() {
        return Some("Could not parse the policy: Statement is empty!".into());
    }
    let mut sids = BTreeSet::new();
    for statement in statements.iter().filter_map(Value::as_object) {
        if let Some(wrong) = of_statement(statement) {
            return Some(wrong);
        }
        let sid = statement.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty());
        if sid.is_some_and(|sid| !sids.insert(sid)) {
            return Some("The Statement Ids in the policy are not unique".into());
        }
    }
    None
}

fn of_statement(statement: &Map<String, Value>) -> Option<Cow<'static, str>> {
    let effect = statement.get("Effect");
    match effect.map(Value::as_str) {
        None => return Some("Missing required field Effect".into()),
        Some(Some(effect)) if !["Allow", "Deny"].contains(&effect) => {
            return Some(format!("Invalid effect: {effect}").into());
        }
        _ => {}
    }
    if statement.contains_key("NotPrincipal") {
        return Some(match effect.and_then(Value::as_str) {
            Some("Allow") => "Allow with NotPrincipal is not allowed.".into(),
            _ => "AssumeRole policy must not contain NotPrincipal field.".into(),
        });
    }
    match statement.get("Principal") {
        None => return Some("Missing required field Principal".into()),
        Some(Value::Object(kinds)) if kinds.is_empty() => {
            return Some("Missing required field Principal cannot be empty!".into());
        }
        Some(Value::String(everybody)) if everybody != "*" => {
            return Some("Principal must be a JSON object.".into());
        }
        _ => {}
    }
    match (statement.get("Action"), statement.get("NotAction")) {
        (None, None) => return Some("Missing required field Action".into()),
        (None, Some(_)) => return Some(ACTIONS.into()),
        (Some(actions), _) => {
            let actions = actions.as_array().map_or(std::slice::from_ref(actions), Vec::as_slice);
            let is_of_sts =
                |action: &str| action.get(..4).is_some_and(|service| service.eq_ignore_ascii_case("sts:"));
            if !actions.iter().filter_map(Value::as_str).all(is_of_sts) {
                return Some(ACTIONS.into());
            }
        }
    }
    if statement.contains_key("Resource") {
        return Some("Has prohibited field Resource".into());
    }
    statement.contains_key("NotResource").then(|| "AssumeRole policy must not contain resources.".into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is said of a good document with one member of its statement exchanged, or taken out by null.
    fn with(member: &str, value: Value) -> Option<Cow<'static, str>> {
        let mut statement = json!({
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": ["sts:AssumeRole", "STS:TagSession"]
        });
        let members = statement.as_object_mut().unwrap();
        match value {
            Value::Null => _ = members.remove(member),
            value => _ = members.insert(member.to_owned(), value),
        }
        complaint(&json!({"Version": "2012-10-17", "Statement": statement}).to_string())
    }

    #[test]
    fn each_thing_that_is_wrong_has_its_text() {
        assert_eq!(with("Sid", json!("a")), None);
        assert_eq!(with("Principal", json!("*")), None);
        for (member, value, text) in [
            ("Effect", Value::Null, "Missing required field Effect"),
            ("Effect", json!("allow"), "Invalid effect: allow"),
            ("Principal", Value::Null, "Missing required field Principal"),
            ("Principal", json!({}), "Missing required field Principal cannot be empty!"),
            ("Principal", json!("ec2.amazonaws.com"), "Principal must be a JSON object."),
            ("NotPrincipal", json!({"AWS": "*"}), "Allow with NotPrincipal is not allowed."),
            ("Action", Value::Null, "Missing required field Action"),
            ("Action", json!("s3:GetObject"), ACTIONS),
            ("Action", json!(["sts:AssumeRole", "*"]), ACTIONS),
            ("Resource", json!("*"), "Has prohibited field Resource"),
            ("NotResource", json!("*"), "AssumeRole policy must not contain resources."),
        ] {
            assert_eq!(with(member, value.clone()).as_deref(), Some(text), "{member} {value}");
        }
    }

    #[test]
    fn so_has_a_document_as_a_whole() {
        let statement = json!({"Sid": "a", "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"});
        let denied_to_others =
            json!({"Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "Action": "sts:AssumeRole"});
        for (text, expected) in [
            ("some policy".to_owned(), "This policy contains invalid Json"),
            ("[]".to_owned(), "This policy contains invalid Json"),
            (
                json!({"Version": "2013-01-01", "Statement": statement}).to_string(),
                "The policy must contain a valid version string",
            ),
            ("{}".to_owned(), "Could not parse the policy: Statement is empty!"),
            (json!({"Statement": []}).to_string(), "Could not parse the policy: Statement is empty!"),
            (
                json!({"Statement": [statement, statement]}).to_string(),
                "The Statement Ids in the policy are not unique",
            ),
            (
                json!({"Statement": denied_to_others}).to_string(),
                "AssumeRole policy must not contain NotPrincipal field.",
            ),
        ] {
            assert_eq!(complaint(&text).as_deref(), Some(expected), "{text}");
        }
    }
}
