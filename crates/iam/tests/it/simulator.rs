//! The simulators and the context keys of policies.

use service::testing::{Fields, World};

async fn world() -> World {
    World::new(vec![iam::entry()]).await
}

fn document(effect: &str, action: &str, resource: &str) -> String {
    format!(
        "{{\"Version\":\"2012-10-17\",\n\"Statement\":[{{\"Effect\":\"{effect}\",\"Action\":\"{action}\",\"Resource\":\"{resource}\"}}]}}"
    )
}

async fn custom(world: &World, more: &[(&str, &str)]) -> Fields {
    world.ok(&world.root, "SimulateCustomPolicy", more).await
}

#[tokio::test]
async fn a_custom_policy_allows_and_says_which_statement_did() {
    let world = world().await;
    let policy = document("Allow", "s3:GetObject", "arn:aws:s3:::b/*");
    let answer = custom(
        &world,
        &[
            ("PolicyInputList.member.1", &policy),
            ("ActionNames.member.1", "s3:GetObject"),
            ("ResourceArns.member.1", "arn:aws:s3:::b/k"),
        ],
    )
    .await;
    assert_eq!(answer.get("EvalActionName"), "s3:GetObject");
    assert_eq!(answer.get("EvalResourceName"), "arn:aws:s3:::b/k");
    assert_eq!(answer.get("EvalDecision"), "allowed");
    assert_eq!(answer.get("SourcePolicyId"), "PolicyInputList.1");
    assert_eq!(answer.get("SourcePolicyType"), "none");
    assert!(
        answer.xml.contains("<StartPosition><Line>2</Line><Column>14</Column></StartPosition>"),
        "{}",
        answer.xml
    );
    assert_eq!(answer.get("EvalResourceDecision"), "allowed");
    assert_eq!(answer.get("IsTruncated"), "false");
}

#[tokio::test]
async fn denials_tell_explicit_from_implicit() {
    let world = world().await;
    let policy = document("Deny", "s3:Get*", "*");
    let parameters = [
        ("PolicyInputList.member.1", policy.as_str()),
        ("ActionNames.member.1", "s3:GetObject"),
        ("ActionNames.member.2", "s3:PutObject"),
    ];
    let answer = custom(&world, &parameters).await;
    let explicit = answer.xml.find("<EvalDecision>explicitDeny</EvalDecision>").unwrap();
    let implicit = answer.xml.find("<EvalDecision>implicitDeny</EvalDecision>").unwrap();
    assert!(explicit < implicit, "in the order of the actions");
    assert!(!answer.has("EvalResourceDecision"), "`*` is no resource in particular");
}

#[tokio::test]
async fn a_boundary_has_its_own_say() {
    let world = world().await;
    let (policy, boundary) = (document("Allow", "*", "*"), document("Allow", "s3:*", "*"));
    let parameters = [
        ("PolicyInputList.member.1", policy.as_str()),
        ("PermissionsBoundaryPolicyInputList.member.1", boundary.as_str()),
        ("ActionNames.member.1", "ec2:RunInstances"),
    ];
    let answer = custom(&world, &parameters).await;
    assert_eq!(answer.get("EvalDecision"), "implicitDeny");
    assert_eq!(answer.get("AllowedByPermissionsBoundary"), "false");
}

#[tokio::test]
async fn keys_that_the_call_lacks_are_missing_until_it_supplies_them() {
    let world = world().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*",
        "Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}"#;
    let mut parameters = vec![("PolicyInputList.member.1", policy), ("ActionNames.member.1", "s3:GetObject")];
    let answer = custom(&world, &parameters).await;
    assert_eq!(answer.get("EvalDecision"), "implicitDeny");
    assert!(
        answer.xml.contains("<MissingContextValues><member>aws:SourceIp</member></MissingContextValues>")
    );
    parameters.extend([
        ("ContextEntries.member.1.ContextKeyName", "aws:SourceIp"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "10.1.2.3"),
        ("ContextEntries.member.1.ContextKeyType", "ip"),
    ]);
    assert_eq!(custom(&world, &parameters).await.get("EvalDecision"), "allowed");
}

#[tokio::test]
async fn a_principal_s_simulation_agrees_with_enforcement() {
    let world = world().await;
    let alice = world.user("alice", &document("Allow", "iam:GetUser", "*")).await;
    let source = ("PolicySourceArn", "arn:aws:iam::123456789012:user/alice");
    for (action, resource, expected) in [
        ("GetUser", "arn:aws:iam::123456789012:user/alice", "allowed"),
        ("ListUsers", "arn:aws:iam::123456789012:user/", "implicitDeny"),
    ] {
        let name = format!("iam:{action}");
        let parameters =
            [source, ("ActionNames.member.1", name.as_str()), ("ResourceArns.member.1", resource)];
        let answer = world.ok(&world.root, "SimulatePrincipalPolicy", &parameters).await;
        assert_eq!(answer.get("EvalDecision"), expected, "{action}");
        assert_eq!(world.call(&alice, action, &[]).await.is_ok(), expected == "allowed", "{action}");
    }
    let parameters = [source, ("ActionNames.member.1", "iam:GetUser")];
    let answer = world.ok(&world.root, "SimulatePrincipalPolicy", &parameters).await;
    assert_eq!((answer.get("SourcePolicyId"), answer.get("SourcePolicyType")), ("p", "user"));
}

#[tokio::test]
async fn a_group_s_policies_and_supplied_ones_count_together() {
    let world = world().await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", "g")]).await;
    let own = document("Allow", "s3:*", "*");
    let parameters = [("GroupName", "g"), ("PolicyName", "p"), ("PolicyDocument", own.as_str())];
    world.ok(&world.root, "PutGroupPolicy", &parameters).await;
    let supplied = document("Deny", "s3:DeleteBucket", "*");
    let parameters = [
        ("PolicySourceArn", "arn:aws:iam::123456789012:group/g"),
        ("PolicyInputList.member.1", supplied.as_str()),
        ("ActionNames.member.1", "s3:DeleteBucket"),
    ];
    let answer = world.ok(&world.root, "SimulatePrincipalPolicy", &parameters).await;
    assert_eq!(answer.get("EvalDecision"), "explicitDeny");
    assert_eq!(answer.get("SourcePolicyId"), "PolicyInputList.1");
}

#[tokio::test]
async fn pages_of_results_follow_each_other() {
    let world = world().await;
    let policy = document("Allow", "*", "*");
    let mut parameters = vec![("PolicyInputList.member.1", policy.as_str()), ("MaxItems", "2")];
    let actions = ["s3:A", "s3:B", "s3:C"];
    parameters.extend(
        ["ActionNames.member.1", "ActionNames.member.2", "ActionNames.member.3"].into_iter().zip(actions),
    );
    let first = custom(&world, &parameters).await;
    assert_eq!(first.get("IsTruncated"), "true");
    parameters.push(("Marker", first.get("Marker")));
    let second = custom(&world, &parameters).await;
    assert_eq!(second.get("EvalActionName"), "s3:C");
    assert_eq!(second.get("IsTruncated"), "false");
}

#[tokio::test]
async fn what_cannot_be_simulated_is_refused() {
    let world = world().await;
    let policy = document("Allow", "*", "*");
    let bad = [("PolicyInputList.member.1", "{"), ("ActionNames.member.1", "s3:GetObject")];
    assert_eq!(world.refused(&world.root, "SimulateCustomPolicy", &bad).await.0, "InvalidInput");
    let bad = [("PolicyInputList.member.1", policy.as_str()), ("ActionNames.member.1", "GetObject")];
    assert_eq!(world.refused(&world.root, "SimulateCustomPolicy", &bad).await.0, "InvalidInput");
    let source = |arn| [("PolicySourceArn", arn), ("ActionNames.member.1", "s3:GetObject")];
    let nobody = source("arn:aws:iam::123456789012:user/nobody");
    assert_eq!(world.refused(&world.root, "SimulatePrincipalPolicy", &nobody).await.0, "NoSuchEntity");
    let foreign = source("arn:aws:iam::999999999999:user/alice");
    assert_eq!(world.refused(&world.root, "SimulatePrincipalPolicy", &foreign).await.0, "NoSuchEntity");
    let other = source("arn:aws:iam::123456789012:policy/p");
    assert_eq!(world.refused(&world.root, "SimulatePrincipalPolicy", &other).await.0, "InvalidInput");
}

#[tokio::test]
async fn simulating_needs_leave_on_whose_policies_are_shown() {
    let world = world().await;
    let own = "arn:aws:iam::123456789012:user/alice";
    let alice = world.user("alice", &document("Allow", "iam:SimulatePrincipalPolicy", own)).await;
    world.user("bob", "").await;
    let ask = |arn| [("PolicySourceArn", arn), ("ActionNames.member.1", "s3:GetObject")];
    world.ok(&alice, "SimulatePrincipalPolicy", &ask(own)).await;
    let other = "arn:aws:iam::123456789012:user/bob";
    assert_eq!(world.refused(&alice, "SimulatePrincipalPolicy", &ask(other)).await.0, "AccessDenied");
}

#[tokio::test]
async fn context_keys_are_listed_once_in_order() {
    let world = world().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}",
        "Condition":{"StringEquals":{"aws:RequestedRegion":"x","AWS:Username":"y"}}}]}"#;
    let custom =
        world.ok(&world.root, "GetContextKeysForCustomPolicy", &[("PolicyInputList.member.1", policy)]).await;
    let keys = "<ContextKeyNames><member>aws:username</member><member>aws:RequestedRegion</member></ContextKeyNames>";
    assert!(custom.xml.contains(keys), "{}", custom.xml);
    world.user("alice", policy).await;
    let source = [("PolicySourceArn", "arn:aws:iam::123456789012:user/alice")];
    let principal = world.ok(&world.root, "GetContextKeysForPrincipalPolicy", &source).await;
    assert!(principal.xml.contains(keys), "{}", principal.xml);
}
