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
    assert_eq!(answer.get("SourcePolicyType"), "IAM Policy");
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
    let found = (answer.get("SourcePolicyId"), answer.get("SourcePolicyType"));
    assert_eq!(found, ("user_alice_p", "IAM Policy"));
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
async fn a_policy_is_told_by_its_name_and_whose_it_is() {
    let world = world().await;
    world.user("alice", "").await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", "g")]).await;
    world.ok(&world.root, "AddUserToGroup", &[("GroupName", "g"), ("UserName", "alice")]).await;
    let own = document("Allow", "s3:*", "*");
    let inline = [("GroupName", "g"), ("PolicyName", "p"), ("PolicyDocument", own.as_str())];
    world.ok(&world.root, "PutGroupPolicy", &inline).await;
    let managed = [("UserName", "alice"), ("PolicyArn", "arn:aws:iam::aws:policy/AmazonS3FullAccess")];
    world.ok(&world.root, "AttachUserPolicy", &managed).await;
    let source = |arn| [("PolicySourceArn", arn), ("ActionNames.member.1", "s3:GetObject")];
    let user = source("arn:aws:iam::123456789012:user/alice");
    let answer = world.ok(&world.root, "SimulatePrincipalPolicy", &user).await;
    for id in ["group_g_p", "AmazonS3FullAccess"] {
        assert!(answer.xml.contains(&format!("<SourcePolicyId>{id}</SourcePolicyId>")), "{}", answer.xml);
    }
    let group = source("arn:aws:iam::123456789012:group/g");
    let answer = world.ok(&world.root, "SimulatePrincipalPolicy", &group).await;
    assert_eq!(answer.get("SourcePolicyId"), "group_g_p");
}

#[tokio::test]
async fn an_action_has_one_result_over_all_its_resources() {
    let world = world().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:*","Resource":"*"},
        {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::bad/*","Condition":{"Null":{"s3:prefix":"true"}}}]}"#;
    let mut parameters = vec![
        ("PolicyInputList.member.1", policy),
        ("ActionNames.member.1", "s3:GetObject"),
        ("ActionNames.member.2", "s3:PutObject"),
        ("ResourceArns.member.1", "arn:aws:s3:::good/k"),
        ("ResourceArns.member.2", "arn:aws:s3:::bad/k"),
    ];
    let answer = custom(&world, &parameters).await;
    assert_eq!(answer.xml.matches("<EvalActionName>").count(), 2);
    assert_eq!(answer.xml.matches("<EvalResourceDecision>").count(), 4);
    assert_eq!(answer.xml.matches("<EvalDecision>explicitDeny</EvalDecision>").count(), 2);
    let good = answer.xml.find("<EvalResourceDecision>allowed</EvalResourceDecision>").unwrap();
    let bad = answer.xml.find("<EvalResourceDecision>explicitDeny</EvalResourceDecision>").unwrap();
    assert!(good < bad, "in the order of the resources");
    // The strictest decision, by the one statement that made it, which begins behind the statement before it.
    let decided = answer.xml.split("<ResourceSpecificResults>").next().unwrap();
    assert_eq!(decided.matches("<SourcePolicyId>").count(), 1, "{decided}");
    let begins = "<StartPosition><Line>2</Line><Column>58</Column></StartPosition>";
    assert!(decided.contains(begins), "{decided}");
    // Keys that are missing are told with the resource, where there is one.
    assert!(!decided.contains("s3:prefix"), "{decided}");
    assert_eq!(answer.xml.matches("<member>s3:prefix</member>").count(), 4);
    let common = "<EvalResourceName>arn:${Partition}:s3:::${BucketName}/${ObjectName}</EvalResourceName>";
    assert!(decided.contains(common), "{decided}");
    parameters.truncate(2);
    let answer = custom(&world, &parameters).await;
    assert_eq!(answer.get("EvalResourceName"), "*");
    assert!(answer.xml.contains("<member>s3:prefix</member>"));
}

#[tokio::test]
async fn accounts_and_boundaries_are_told_over_all_resources() {
    let world = world().await;
    let (policy, boundary) = (document("Allow", "*", "*"), document("Allow", "*", "arn:aws:sqs:*:*:a"));
    let queue = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*",
        "Resource":"arn:aws:sqs:us-east-1:999999999999:a"}}"#;
    let parameters = [
        ("PolicyInputList.member.1", policy.as_str()),
        ("PermissionsBoundaryPolicyInputList.member.1", boundary.as_str()),
        ("ResourcePolicy", queue),
        ("CallerArn", "arn:aws:iam::123456789012:user/alice"),
        ("ActionNames.member.1", "sqs:SendMessage"),
        ("ResourceArns.member.1", "arn:aws:sqs:us-east-1:999999999999:a"),
        ("ResourceArns.member.2", "arn:aws:sqs:us-east-1:999999999999:b"),
    ];
    let answer = custom(&world, &parameters).await;
    let over_all = answer.xml.split("<ResourceSpecificResults>").next().unwrap();
    for (part, expected) in [
        (over_all, "<key>IAM Policy</key><value>allowed</value>"),
        (over_all, "<key>Resource Policy</key><value>implicitDeny</value>"),
        (over_all, "<AllowedByPermissionsBoundary>false</AllowedByPermissionsBoundary>"),
        (&answer.xml, "<key>Resource Policy</key><value>allowed</value>"),
        (&answer.xml, "<AllowedByPermissionsBoundary>true</AllowedByPermissionsBoundary>"),
        (&answer.xml, "<SourcePolicyType>Resource Policy</SourcePolicyType>"),
    ] {
        assert!(part.contains(expected), "{expected} in {}", answer.xml);
    }
    assert_eq!(answer.get("EvalDecision"), "implicitDeny");
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
    for (parameter, value, message) in [
        ("ResourceOwner", "123456789012", "'123456789012' is not a valid as a Resource Owner."),
        ("ResourceArns.member.1", "k", "ResourceNames are not in a valid ARN format: k."),
        ("ResourcePolicy", &policy, "Invalid caller - Caller cannot be null or empty."),
        ("CallerArn", "me", "Invalid Entity Arn: me does not clearly define entity type and name."),
        ("ActionNames.member.2", "s3:Get*", "Invalid Action: s3:Get* is not service:Action"),
    ] {
        let action = ("ActionNames.member.1", "s3:GetObject");
        let bad = [("PolicyInputList.member.1", policy.as_str()), action, (parameter, value)];
        let refusal = world.refused(&world.root, "SimulateCustomPolicy", &bad).await;
        assert_eq!((refusal.0.as_str(), refusal.1.as_str()), ("InvalidInput", message));
    }
    let source = |arn| [("PolicySourceArn", arn), ("ActionNames.member.1", "s3:GetObject")];
    let nobody = source("arn:aws:iam::123456789012:user/nobody");
    assert_eq!(world.refused(&world.root, "SimulatePrincipalPolicy", &nobody).await.0, "NoSuchEntity");
    let foreign = source("arn:aws:iam::999999999999:user/alice");
    assert_eq!(world.refused(&world.root, "SimulatePrincipalPolicy", &foreign).await.0, "InvalidInput");
    assert_eq!(
        world.refused(&world.root, "GetContextKeysForPrincipalPolicy", &foreign[..1]).await.0,
        "InvalidInput"
    );
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
