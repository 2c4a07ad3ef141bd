//! Witnesses as `policy simulate` reads them.

use std::sync::Arc;

use policy::{Named, Policy, PolicySet, Principal, Request, SourceKind, Values, evaluate};
use serde_json::{Map, Value as Json, json};
use types::AccountId;

/// A request that a document allows, asked so that `policy simulate` allows it with that document as the only policy,
/// and decides as any other document does that is put in its place.
///
/// A role and a KMS key let nobody in by identity policies alone, and a resource's policy that speaks to an account
/// leaves the rest to that account. There the question brings what the other side says.
pub(crate) fn of_document(witness: &Request, document: &Arc<Policy>, is_of_resource: bool) -> Json {
    let mut question = scenario(witness);
    let other = if is_of_resource { caller_s_side(witness, document) } else { resource_s_side(witness) };
    if let (Some(question), Some(other)) = (question.as_object_mut(), other) {
        question.extend(other);
    }
    question
}

/// The policy of the resource without which no identity policy allows the request.
fn resource_s_side(request: &Request) -> Option<Map<String, Json>> {
    let account = request.resource_account?;
    let mut trust = everything();
    trust.as_object_mut()?.insert("Principal".into(), json!({"AWS": account.as_str()}));
    let alone = PolicySet::new().with_identity(vec![named(&everything(), SourceKind::Input)?]);
    if evaluate(&alone, request).is_allowed() {
        return None;
    }
    let with = alone.with_resource(named(&trust, SourceKind::Resource)?);
    let helps = evaluate(&with, request).is_allowed();
    helps.then(|| Map::from_iter([("resourcePolicy".to_owned(), document(&trust))]))
}

/// What the caller's account says where the resource's policy leaves it to that account. The resource is another
/// account's then: within one account, policies that allow everything would do without the resource's.
fn caller_s_side(request: &Request, policy: &Arc<Policy>) -> Option<Map<String, Json>> {
    let alone = PolicySet::new().with_resource(Named::new(SourceKind::Resource, "", Arc::clone(policy)));
    let home = request.principal.owner()?.account;
    // A root user needs nobody's leave at home.
    let is_root = matches!(request.principal, Principal::Root(_));
    if !is_root && evaluate(&alone, request).is_allowed() {
        return None;
    }
    let other = OTHER_ACCOUNTS.into_iter().find(|other| *other != home.as_str())?;
    let elsewhere = request.clone().with_resource_account(AccountId::parse(other).ok()?);
    let mut with = alone.with_identity(vec![named(&everything(), SourceKind::Input)?]);
    let mut side = Map::from_iter([
        ("resourceAccount".to_owned(), json!(other)),
        ("identityPolicies".to_owned(), json!([document(&everything())])),
    ]);
    // Without a session policy such a session may do nothing.
    if matches!(request.principal, Principal::FederatedUser(_)) {
        with = with.with_session(vec![named(&everything(), SourceKind::Session)?]);
        side.insert("sessionPolicies".into(), json!([document(&everything())]));
    }
    evaluate(&with, &elsewhere).is_allowed().then_some(side)
}

fn everything() -> Json {
    json!({"Effect": "Allow", "Action": "*", "Resource": "*"})
}

fn document(statement: &Json) -> Json {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn named(statement: &Json, kind: SourceKind) -> Option<Named> {
    Some(Named::new(kind, "", Arc::new(Policy::parse(&document(statement).to_string()).ok()?)))
}

/// A request as `policy simulate` reads it. The keys are all there are: none is implied.
pub(crate) fn scenario(request: &Request) -> Json {
    let (principal, kind) = match &request.principal {
        Principal::Anonymous => (Json::Null, Some("anonymous")),
        Principal::Service(service) => (service.name().into(), Some("service")),
        Principal::Federated(by) => (by.provider().into(), Some("federated")),
        known => (known.arn().map_or(Json::Null, |arn| arn.as_str().into()), None),
    };
    let context: Map<String, Json> = request
        .context
        .iter()
        .map(|(key, values)| {
            let value = match values {
                Values::One(value) => json!(value.as_str()),
                Values::Many(values) => json!(values.iter().map(|value| value.as_str()).collect::<Vec<_>>()),
            };
            (key.as_str().to_owned(), value)
        })
        .collect();
    let mut scenario = json!({
        "principal": principal,
        "action": request.action.as_str(),
        "resource": request.resource.as_str(),
        "context": context,
        "implied": false,
    });
    if let Some(scenario) = scenario.as_object_mut() {
        if let Some(kind) = kind {
            scenario.insert("principalType".into(), kind.into());
        }
        if let Some(account) = request.resource_account {
            scenario.insert("resourceAccount".into(), account.as_str().into());
        }
    }
    scenario
}

/// Of whom a resource is that is not the caller's.
const OTHER_ACCOUNTS: [&str; 2] = ["999999999999", "888888888888"];

#[cfg(test)]
mod tests {
    use super::*;
    use analysis::{Budget, is_addressed};

    /// Whether `policy simulate` allows the scenario with a document as the policy of one side.
    fn decided(witness: &Json, document: &Json, is_of_resource: bool) -> bool {
        let mut scenario = witness.clone();
        if is_of_resource {
            scenario["resourcePolicy"] = document.clone();
        } else {
            scenario["identityPolicies"] = json!([document]);
        }
        let read = policy::scenario::Scenario::parse(&scenario.to_string(), jiff::Timestamp::UNIX_EPOCH);
        read.unwrap().decide().is_allowed()
    }

    /// The witness of what the first statement allows beyond the second, which simulations must confirm of both.
    fn confirmed(statement: &Json, other: &Json) -> Json {
        let read = |statement: &Json| Arc::new(Policy::parse(&document(statement).to_string()).unwrap());
        let (a, b) = (read(statement), read(other));
        let is_of_resource = is_addressed(&a);
        let found = analysis::minus(&a, &b, is_of_resource, Budget::default()).unwrap().unwrap();
        let witness = of_document(&found, &a, is_of_resource);
        assert!(decided(&witness, &document(statement), is_of_resource), "{witness}");
        assert!(!decided(&witness, &document(other), is_of_resource), "{witness}");
        witness
    }

    #[test]
    fn a_witness_is_a_scenario_that_the_simulator_decides_alike() {
        let tagged = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}});
        let none = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
        assert!(confirmed(&tagged, &none).get("resourcePolicy").is_none());
    }

    #[test]
    fn a_witness_brings_the_policy_of_a_resource_that_must_have_one() {
        for (action, resource) in
            [("kms:Decrypt", "arn:aws:kms:*:*:key/*"), ("sts:AssumeRole", "arn:aws:iam::*:role/*")]
        {
            let allow = json!({"Effect": "Allow", "Action": action, "Resource": resource});
            let none = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
            let witness = confirmed(&allow, &none);
            assert!(witness["resourcePolicy"].is_object(), "{witness}");
        }
    }

    #[test]
    fn a_witness_brings_the_policies_of_a_caller_whose_account_is_let_in() {
        let to = |named: &str, action: &str| json!({"Effect": "Allow", "Principal": {"AWS": named}, "Action": action});
        for action in ["s3:GetObject", "sts:AssumeRole", "kms:Decrypt"] {
            let witness = confirmed(&to("111122223333", action), &to("444455556666", action));
            assert!(witness["identityPolicies"].is_array(), "{witness}");
            assert_ne!(witness["resourceAccount"], "111122223333");
            confirmed(&to("999999999999", action), &to("444455556666", action));
        }
        let user = confirmed(&to("arn:aws:iam::111122223333:user/a", "s3:*"), &to("111122223333", "s3:Get*"));
        assert!(user.get("identityPolicies").is_none(), "{user}");
        let federated = "arn:aws:sts::111122223333:federated-user/f";
        let all = json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:*"});
        let but = json!({"Effect": "Allow", "NotPrincipal": {"AWS": federated}, "Action": "s3:*"});
        let witness = confirmed(&all, &but);
        assert!(witness["sessionPolicies"].is_array(), "{witness}");
    }

    #[test]
    fn a_root_user_is_asked_about_away_from_home_where_it_needs_leave() {
        let root = Principal::parse("arn:aws:iam::111122223333:root").unwrap();
        let mut request = Request::new(root, policy::Action::parse("s3:GetObject").unwrap(), "*");
        request.resource_account = Some(AccountId::parse("111122223333").unwrap());
        let allow = json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:*"});
        let other = json!({"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:*"});
        let read = Arc::new(Policy::parse(&document(&allow).to_string()).unwrap());
        let witness = of_document(&request, &read, true);
        assert!(decided(&witness, &document(&allow), true) && !decided(&witness, &document(&other), true));
    }
}
