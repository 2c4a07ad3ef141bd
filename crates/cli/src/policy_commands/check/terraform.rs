//! Policies in Terraform plans (`terraform show -json`).

mod attachments;
mod grants;
mod holders;
mod unread;

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use policy::Policy;
use serde_json::Value as Json;

use super::documents::{Document, State};
use attachments::ManagedPolicies;
use holders::HOLDERS;
pub(crate) use holders::{resource_types, services_of};

/// Whether a value is a plan, or a state, as Terraform shows it.
pub(crate) fn is_plan(json: &Json) -> bool {
    json.get("format_version").is_some()
        && ["planned_values", "resource_changes", "values"].iter().any(|name| json.get(name).is_some())
}

/// Every policy document in a plan, as it is to be.
pub(crate) fn documents(file: &str, plan: &Json) -> anyhow::Result<Vec<Document>> {
    let mut found = Vec::new();
    let managed = &ManagedPolicies::of_plan(plan);
    match plan.get("resource_changes") {
        Some(Json::Array(changes)) => {
            for change in changes.iter().filter(|change| text(change, "mode") != "data") {
                let (address, kind) = (text(change, "address"), text(change, "type"));
                let states = change.get("change").with_context(|| format!("`{address}` says no `change`"))?;
                let state = |name: &str| states.get(name).unwrap_or(&Json::Null);
                let (before, after, unknown) = (state("before"), state("after"), state("after_unknown"));
                let written = configured(plan, change);
                let resource = Resource { file, address, kind, before, after, unknown, written, managed };
                collect(&resource, &mut found);
            }
        }
        Some(_) => anyhow::bail!("`resource_changes` of `{file}` is no list"),
        None => {
            let values = plan.get("planned_values").or_else(|| plan.get("values")).unwrap_or(&Json::Null);
            let root = values.get("root_module").unwrap_or(&Json::Null);
            modules(file, root, managed, 0, &mut found)?;
        }
    }
    Ok(found)
}

fn modules(
    file: &str,
    module: &Json,
    managed: &ManagedPolicies<'_>,
    depth: usize,
    found: &mut Vec<Document>,
) -> anyhow::Result<()> {
    ensure!(depth < DEEPEST, "the modules of `{file}` are nested too deep");
    for resource in list(module, "resources").filter(|resource| text(resource, "mode") != "data") {
        let values = resource.get("values").unwrap_or(&Json::Null);
        let (address, kind) = (text(resource, "address"), text(resource, "type"));
        let (before, unknown) = (&Json::Null, &Json::Null);
        collect(
            &Resource { file, address, kind, before, after: values, unknown, written: None, managed },
            found,
        );
    }
    for child in list(module, "child_modules") {
        modules(file, child, managed, depth + 1, found)?;
    }
    Ok(())
}

/// A resource in a plan.
struct Resource<'j> {
    file: &'j str,
    address: &'j str,
    kind: &'j str,
    before: &'j Json,
    after: &'j Json,
    unknown: &'j Json,
    /// What its configuration sets, where the plan shows that.
    written: Option<&'j Json>,
    managed: &'j ManagedPolicies<'j>,
}

/// What the configuration sets of a resource that changes.
fn configured<'j>(plan: &'j Json, change: &Json) -> Option<&'j Json> {
    let mut module = plan.get("configuration")?.get("root_module")?;
    for name in module_names(text(change, "module_address")) {
        module = module.get("module_calls")?.get(name)?.get("module")?;
    }
    let (kind, name) = (text(change, "type"), text(change, "name"));
    let is_it = |resource: &&Json| {
        text(resource, "mode") == "managed"
            && text(resource, "type") == kind
            && text(resource, "name") == name
    };
    let resource = list(module, "resources").find(is_it)?;
    Some(resource.get("expressions").unwrap_or(&Json::Null))
}

/// The names of the modules in an address such as `module.a["x.y"].module.b[0]`.
fn module_names(address: &str) -> Vec<String> {
    let (mut plain, mut is_in_key, mut is_quoted) = (String::new(), false, false);
    for c in address.chars() {
        match c {
            '"' if is_in_key => is_quoted = !is_quoted,
            '[' if !is_quoted => is_in_key = true,
            ']' if !is_quoted => is_in_key = false,
            c if !is_in_key => plain.push(c),
            _ => {}
        }
    }
    plain.split('.').skip(1).step_by(2).map(str::to_owned).collect()
}

fn collect(resource: &Resource<'_>, found: &mut Vec<Document>) {
    let &Resource { file, address, kind, before, after, unknown, written, managed } = resource;
    // What is to be destroyed has no policies any more.
    if after.is_null() {
        return;
    }
    for holder in HOLDERS.iter().filter(|holder| holder.kind == kind) {
        let (place, attribute) = match holder.attribute.split_once('.') {
            Some((block, attribute)) => (Some(block), attribute),
            None => (None, holder.attribute),
        };
        // What nobody wrote is what AWS makes of it by default: known to AWS alone, and nothing that the plan does.
        let is_written = written.is_none_or(|written| written.get(place.unwrap_or(attribute)).is_some());
        // Blocks of which not even the number is known.
        if let Some(block) = place.filter(|block| unknown.get(block) == Some(&Json::Bool(true))) {
            // What nobody wrote stays as it is where there is something, and plans do not show `dynamic` blocks.
            let is_new = before.is_null();
            let is_somebody_s = written.is_some() && is_written || !is_new;
            let state = if is_somebody_s {
                State::Unknown(LATER.to_owned())
            } else {
                State::Untold(format!("{UNTOLD} `{block}`"))
            };
            found.push(Document {
                file: file.to_owned(),
                address: Some(address.to_owned()),
                attribute: Some(holder.attribute.to_owned()),
                resource_type: holder.resource_type,
                state,
                before: None,
            });
            continue;
        }
        // A block may stand there several times.
        let blocks = |value: &'_ Json| -> Vec<Json> {
            match place {
                None => vec![value.clone()],
                Some(block) => list(value, block).cloned().collect(),
            }
        };
        let (befores, afters, unknowns) = (blocks(before), blocks(after), blocks(unknown));
        for (number, block) in afters.iter().enumerate() {
            let is_unknown =
                unknowns.get(number).and_then(|block| block.get(attribute)) == Some(&Json::Bool(true));
            let state = match (block.get(attribute), is_unknown) {
                (_, true) if place.is_none() && !is_written => continue,
                (_, true) => State::Unknown(LATER.to_owned()),
                (None | Some(Json::Null), false) => continue,
                (Some(Json::String(text)), false) if text.is_empty() => continue,
                (Some(Json::String(text)), false) => match Policy::parse(text) {
                    Ok(policy) => State::Known { policy: Arc::new(policy), is_whole_file: false },
                    Err(error) => State::Unknown(format!("the document is no policy: {error}")),
                },
                (Some(_), false) => State::Unknown("the document is no text".to_owned()),
            };
            let same_name =
                |other: &&Json| block.get("name").is_none() || other.get("name") == block.get("name");
            let before = befores.iter().find(same_name).and_then(|block| block.get(attribute)?.as_str());
            let attribute = match place {
                None => attribute.to_owned(),
                Some(block) => format!("{block}[{number}].{attribute}"),
            };
            found.push(Document {
                file: file.to_owned(),
                address: Some(address.to_owned()),
                attribute: Some(attribute),
                resource_type: holder.resource_type,
                state,
                before: before.and_then(|text| Policy::parse(text).ok()).map(Arc::new),
            });
        }
    }
    let mut add = |attribute: Option<String>, resource_type, state, before: Option<Policy>| {
        found.push(Document {
            file: file.to_owned(),
            address: Some(address.to_owned()),
            attribute,
            resource_type,
            state,
            before: before.map(Arc::new),
        });
    };
    let attached_before = attachments::attached(kind, before);
    for (attribute, arn) in attachments::attached(kind, after) {
        // What stands in a list is held against itself; the one of an attachment against what it replaces.
        let was = attached_before.iter().find(|(_, was)| *was == arn);
        let was =
            was.or(attached_before.iter().find(|(place, _)| *place == attribute && !place.ends_with(']')));
        let before = was.and_then(|(_, was)| managed.document(was));
        add(Some(attribute), None, managed.state(&arn), before);
    }
    if let Some(grant) = grants::grant(kind, after, unknown) {
        let known = |policy| State::Known { policy: Arc::new(policy), is_whole_file: false };
        let before = grants::grant(kind, before, &Json::Null).and_then(|was| was.policy.ok());
        add(None, Some(grant.resource_type), grant.policy.map_or_else(State::Unknown, known), before);
    }
    if let Some(unread) = unread::unread(kind, after, unknown) {
        add(None, Some(unread.resource_type), State::Untold(unread.why()), None);
    }
}

fn text<'j>(value: &'j Json, name: &str) -> &'j str {
    value.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn list<'j>(value: &'j Json, name: &str) -> impl Iterator<Item = &'j Json> {
    value.get(name).and_then(Json::as_array).into_iter().flatten()
}

const LATER: &str = "the document is known only when the plan has been carried out";

/// What is said of blocks that nobody may have written.
const UNTOLD: &str = "the plan does not tell whether a `dynamic` block makes any";

/// Modules are not nested deeper than this.
const DEEPEST: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_s_policies_are_found_by_address() {
        let policy = r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#;
        let plan = serde_json::json!({"format_version": "1.2", "resource_changes": [
            {"address": "module.a.aws_iam_role.r", "mode": "managed", "type": "aws_iam_role", "change": {
                "before": {"inline_policy": [{"name": "p", "policy": policy}]},
                "after": {"inline_policy": [{"name": "p", "policy": policy}, {"name": "q", "policy": "nonsense"}]},
                "after_unknown": {"assume_role_policy": true}}},
            {"address": "aws_iam_policy.gone", "mode": "managed", "type": "aws_iam_policy", "change": {
                "before": {"policy": policy}, "after": null}},
            {"address": "data.aws_iam_policy.d", "mode": "data", "type": "aws_iam_policy", "change": {
                "before": null, "after": {"policy": policy}}}]});
        assert!(is_plan(&plan) && !is_plan(&serde_json::json!({"Statement": []})));
        let found = documents("plan.json", &plan).unwrap();
        let names: Vec<String> = found.iter().map(Document::name).collect();
        assert_eq!(
            names,
            [
                "module.a.aws_iam_role.r (assume_role_policy)",
                "module.a.aws_iam_role.r (inline_policy[0].policy)",
                "module.a.aws_iam_role.r (inline_policy[1].policy)",
            ]
        );
        assert!(matches!(found[0].state, State::Unknown(_)) && matches!(found[2].state, State::Unknown(_)));
        assert!(found[1].before.is_some() && found[2].before.is_none());
    }

    #[test]
    fn what_is_known_later_is_said_where_somebody_wrote_it_and_not_where_aws_makes_it() {
        let change = |module: &str, kind: &str, unknown: Json| {
            serde_json::json!({"address": format!("{module}.{kind}.x[0]"), "module_address": module, "mode": "managed",
                "type": kind, "name": "x", "change": {"before": null, "after": {}, "after_unknown": unknown}})
        };
        let resources = serde_json::json!([
            {"mode": "managed", "type": "aws_kms_key", "name": "x", "expressions": {"policy": {"references": ["y"]}}},
            {"mode": "managed", "type": "aws_s3_bucket", "name": "x"},
            {"mode": "managed", "type": "aws_iam_role", "name": "x", "expressions": {"inline_policy": [{}]}}]);
        let module = serde_json::json!({"resources": resources});
        let inner = serde_json::json!({"module_calls": {"b": {"module": module}}});
        let within = r#"module.a["x.]y"].module.b[0]"#;
        let policy = || serde_json::json!({"policy": true});
        let inline = || serde_json::json!({"inline_policy": true});
        let plan = serde_json::json!({"format_version": "1.2",
            "configuration": {"root_module": {"module_calls": {"a": {"module": inner}}}},
            "resource_changes": [
                change(within, "aws_kms_key", policy()),
                change(within, "aws_s3_bucket", policy()),
                change(within, "aws_iam_role", inline()),
                change("module.elsewhere", "aws_s3_bucket", policy()),
                change("module.elsewhere", "aws_iam_role", inline())]});
        let found = documents("plan.json", &plan).unwrap();
        let told: Vec<(String, bool)> =
            found.iter().map(|one| (one.name(), matches!(one.state, State::Untold(_)))).collect();
        let here = |rest: &str| format!("{within}.{rest}");
        assert_eq!(
            told,
            [
                (here("aws_kms_key.x[0] (policy)"), false),
                (here("aws_iam_role.x[0] (inline_policy.policy)"), false),
                // Where the plan does not show what was written, it may have been.
                ("module.elsewhere.aws_s3_bucket.x[0] (policy)".to_owned(), false),
                ("module.elsewhere.aws_iam_role.x[0] (inline_policy.policy)".to_owned(), true),
            ]
        );
    }

    #[test]
    fn blocks_that_nobody_is_seen_to_write_are_not_told_of_what_is_new_and_somebody_s_of_what_is_there() {
        let role = |before: Json| {
            serde_json::json!({"format_version": "1.2",
                "configuration": {"root_module": {"resources": [
                    {"mode": "managed", "type": "aws_iam_role", "name": "x", "expressions": {}}]}},
                "resource_changes": [{"address": "aws_iam_role.x", "mode": "managed", "type": "aws_iam_role",
                    "name": "x", "change": {"before": before, "after": {}, "after_unknown": {"inline_policy": true}}}]})
        };
        let state = |before: Json| documents("plan.json", &role(before)).unwrap().remove(0).state;
        assert!(matches!(state(Json::Null), State::Untold(_)));
        // What nobody writes stays as it is: that it changes shows a `dynamic` block.
        let there = serde_json::json!({"inline_policy": [{"name": "p", "policy": "{}"}]});
        assert!(matches!(state(there), State::Unknown(_)));
    }

    #[test]
    fn what_grants_without_a_document_is_found_as_well() {
        let change = |name: &str, before: Json, after: Json, unknown: Json| {
            serde_json::json!({"address": format!("aws_lambda_permission.{name}"), "mode": "managed",
                "type": "aws_lambda_permission", "name": name,
                "change": {"before": before, "after": after, "after_unknown": unknown}})
        };
        let open =
            serde_json::json!({"function_name": "f", "action": "lambda:InvokeFunction", "principal": "*"});
        let plan = serde_json::json!({"format_version": "1.2", "resource_changes": [
            change("a", open.clone(), open.clone(), Json::Null),
            change("b", Json::Null, serde_json::json!({"action": "lambda:InvokeFunction"}), serde_json::json!({"principal": true})),
            change("c", open, Json::Null, Json::Null)]});
        let found = documents("plan.json", &plan).unwrap();
        let names: Vec<String> = found.iter().map(Document::name).collect();
        assert_eq!(names, ["aws_lambda_permission.a", "aws_lambda_permission.b"]);
        assert!(matches!(found[0].state, State::Known { .. }) && found[0].before.is_some());
        assert!(matches!(&found[1].state, State::Unknown(why) if why.contains("`principal`")));
        assert_eq!(found[0].resource_type, Some("AWS::Lambda::Function"));
    }

    #[test]
    fn attached_policies_are_held_against_those_that_they_replace() {
        let change = |kind: &str, before: Json, after: Json| {
            serde_json::json!({"address": format!("{kind}.x"), "mode": "managed", "type": kind, "name": "x",
                "change": {"before": before, "after": after, "after_unknown": {}}})
        };
        let arn = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
        let one = |name: &str| serde_json::json!({"policy_arn": arn(name)});
        let list = |names: &[&str]| serde_json::json!({"managed_policy_arns": names.iter().map(|name| arn(name)).collect::<Vec<_>>()});
        let plan = serde_json::json!({"format_version": "1.2", "resource_changes": [
            change("aws_iam_user_policy_attachment", Json::Null, one("AdministratorAccess")),
            change("aws_iam_role_policy_attachment", one("ReadOnlyAccess"), one("AdministratorAccess")),
            change("aws_iam_role", list(&["ReadOnlyAccess"]), list(&["AdministratorAccess", "ReadOnlyAccess"])),
            change("aws_kms_grant", Json::Null, serde_json::json!({"grantee_principal": "arn:aws:iam::1:root"}))]});
        let found = documents("plan.json", &plan).unwrap();
        let told: Vec<(String, bool)> = found.iter().map(|one| (one.name(), one.before.is_some())).collect();
        assert_eq!(
            told,
            [
                ("aws_iam_user_policy_attachment.x (policy_arn)".to_owned(), false),
                ("aws_iam_role_policy_attachment.x (policy_arn)".to_owned(), true),
                ("aws_iam_role.x (managed_policy_arns[0])".to_owned(), false),
                ("aws_iam_role.x (managed_policy_arns[1])".to_owned(), true),
                ("aws_kms_grant.x".to_owned(), false),
            ]
        );
        assert!(matches!(found[4].state, State::Untold(_)));
    }

    #[test]
    fn planned_values_do_where_there_are_no_changes() {
        let policy = r#"{"Statement": []}"#;
        let state = serde_json::json!({"format_version": "1.0", "values": {"root_module": {"child_modules": [
            {"resources": [{"address": "module.m.aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue",
                "values": {"policy": policy}}]}]}}});
        let found = documents("state.json", &state).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].name().as_str(), found[0].resource_type),
            ("module.m.aws_sqs_queue.q (policy)", Some("AWS::SQS::Queue"))
        );
    }
}
