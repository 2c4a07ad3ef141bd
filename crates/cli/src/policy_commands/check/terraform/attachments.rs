//! Managed policies that resources attach.

use std::collections::HashMap;
use std::sync::Arc;

use policy::Policy;
use serde_json::Value as Json;

use super::{State, list, text};

/// The managed policies that a resource of a kind attaches, as it is planned: where each stands, and its ARN. One that
/// is known later is made by this plan, which holds its document as well.
pub(super) fn attached(kind: &str, planned: &Json) -> Vec<(String, String)> {
    let rows = ATTACHING.iter().filter(|(attaching, _)| *attaching == kind);
    rows.flat_map(|(_, attribute)| match planned.get(attribute) {
        Some(Json::String(arn)) => vec![((*attribute).to_owned(), arn.clone())],
        Some(Json::Array(arns)) => {
            let texts = arns.iter().enumerate().filter_map(|(at, arn)| Some((at, arn.as_str()?)));
            texts.map(|(at, arn)| (format!("{attribute}[{at}]"), arn.to_owned())).collect()
        }
        _ => Vec::new(),
    })
    .collect()
}

/// Managed policies whose documents are known: AWS's, and what a plan holds.
#[derive(Default)]
pub(super) struct ManagedPolicies<'j>(HashMap<&'j str, &'j str>);

impl<'j> ManagedPolicies<'j> {
    /// Those that a plan makes, changes or looked up, and AWS's.
    pub(super) fn of_plan(plan: &'j Json) -> Self {
        let mut known = HashMap::new();
        let mut add = |kind: &str, values: &'j Json| {
            if kind == "aws_iam_policy"
                && let (Some(arn), Some(document)) = (member(values, "arn"), member(values, "policy"))
            {
                known.insert(arn, document);
            }
        };
        let values = |state: &str| {
            plan.get(state).and_then(|state| state.get("values").unwrap_or(state).get("root_module"))
        };
        let mut modules: Vec<&Json> =
            ["prior_state", "planned_values", "values"].into_iter().filter_map(values).collect();
        while let Some(module) = modules.pop() {
            for resource in list(module, "resources") {
                add(text(resource, "type"), resource.get("values").unwrap_or(&Json::Null));
            }
            modules.extend(list(module, "child_modules"));
        }
        for change in list(plan, "resource_changes") {
            let after = change.get("change").and_then(|states| states.get("after"));
            add(text(change, "type"), after.unwrap_or(&Json::Null));
        }
        Self(known)
    }

    /// What is known of an attached policy.
    pub(super) fn state(&self, arn: &str) -> State {
        match self.document(arn) {
            Some(policy) => State::Known { policy: Arc::new(policy), is_whole_file: false },
            None if is_of_aws(arn) => State::Unknown(format!("AWS has no policy `{arn}` that is known here")),
            None => State::Untold(format!("the plan attaches `{arn}` and does not hold its document")),
        }
    }

    /// The document of a managed policy.
    pub(super) fn document(&self, arn: &str) -> Option<Policy> {
        let text = match self.0.get(arn) {
            Some(held) => held,
            None => {
                let (_, path_and_name) = arn.split_once(":policy").filter(|_| is_of_aws(arn))?;
                catalog::managed_policy(path_and_name)?.document()
            }
        };
        Policy::parse(text).ok()
    }
}

fn member<'j>(values: &'j Json, name: &str) -> Option<&'j str> {
    values.get(name).and_then(Json::as_str)
}

fn is_of_aws(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

/// The resources of the AWS provider that attach managed policies, and where they name them.
const ATTACHING: &[(&str, &str)] = &[
    ("aws_iam_group_policy_attachment", "policy_arn"),
    ("aws_iam_group_policy_attachments_exclusive", "policy_arns"),
    ("aws_iam_policy_attachment", "policy_arn"),
    ("aws_iam_role", "managed_policy_arns"),
    ("aws_iam_role_policy_attachment", "policy_arn"),
    ("aws_iam_role_policy_attachments_exclusive", "policy_arns"),
    ("aws_iam_user_policy_attachment", "policy_arn"),
    ("aws_iam_user_policy_attachments_exclusive", "policy_arns"),
    ("aws_ssoadmin_managed_policy_attachment", "managed_policy_arn"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_policy_is_found_by_its_arn_one_by_one_or_in_a_list() {
        let one = json!({"role": "r", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"});
        let [(place, arn)] = &attached("aws_iam_role_policy_attachment", &one)[..] else { panic!("{one}") };
        assert_eq!((place.as_str(), arn.as_str()), ("policy_arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"));
        let many = json!({"managed_policy_arns": [null, "arn:aws:iam::111122223333:policy/p"]});
        let found = attached("aws_iam_role", &many);
        assert_eq!(found, [("managed_policy_arns[1]".into(), "arn:aws:iam::111122223333:policy/p".into())]);
        assert!(
            attached("aws_iam_role", &json!({})).is_empty() && attached("aws_sqs_queue", &one).is_empty()
        );
    }

    #[test]
    fn documents_are_known_of_aws_s_and_of_those_that_the_plan_holds() {
        let policy = r#"{"Statement": []}"#;
        let arn = |name: &str| format!("arn:aws:iam::111122223333:policy/{name}");
        let resource =
            |name: &str| json!({"type": "aws_iam_policy", "values": {"arn": arn(name), "policy": policy}});
        let inner = json!({"child_modules": [{"resources": [resource("looked-up")]}]});
        let plan = json!({
            "prior_state": {"values": {"root_module": inner}},
            "planned_values": {"root_module": {"resources": [resource("planned")]}},
            "resource_changes": [{"type": "aws_iam_policy", "change": {"after": {"arn": arn("changed"), "policy": policy}}}]});
        let known = ManagedPolicies::of_plan(&plan);
        for name in ["looked-up", "planned", "changed"] {
            assert!(matches!(known.state(&arn(name)), State::Known { .. }), "{name}");
        }
        for arn in [
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws-us-gov:iam::aws:policy/job-function/ViewOnlyAccess",
        ] {
            assert!(matches!(known.state(arn), State::Known { .. }), "{arn}");
        }
        assert!(matches!(known.state("arn:aws:iam::aws:policy/NoSuchPolicy"), State::Unknown(_)));
        assert!(matches!(known.state(&arn("AdministratorAccess")), State::Untold(_)));
        assert!(known.document(&arn("AdministratorAccess")).is_none());
    }
}
