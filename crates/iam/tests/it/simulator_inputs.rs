//! What a simulation may be given besides policies and actions: an organization, what to leave out, who calls.

use service::testing::{Fields, World};

async fn world() -> World {
    World::new(vec![iam::entry()]).await
}

fn document(effect: &str, action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}]}}"#
    )
}

async fn custom(world: &World, more: &[(&str, &str)]) -> Fields {
    world.ok(&world.root, "SimulateCustomPolicy", more).await
}

async fn refused(world: &World, action: &str, more: &[(&str, &str)]) -> String {
    let (code, message) = world.refused(&world.root, action, more).await;
    assert_eq!(code, "InvalidInput", "{message}");
    message
}

const ORGANIZATION: &str = "OrderedOrganizationPolicyInputList.member";

#[tokio::test]
async fn every_level_of_the_organization_must_allow() {
    let world = world().await;
    let (all, s3) = (document("Allow", "*", "*"), document("Allow", "s3:*", "*"));
    let root = format!("{ORGANIZATION}.1.ServiceControlPolicyInputList.member.1");
    let account = format!("{ORGANIZATION}.2.ServiceControlPolicyInputList.member.1");
    let ask = |action| {
        [
            ("PolicyInputList.member.1", all.as_str()),
            (root.as_str(), all.as_str()),
            (account.as_str(), s3.as_str()),
            ("ActionNames.member.1", action),
            ("ResourceArns.member.1", "arn:aws:s3:::b/k"),
        ]
    };
    let answer = custom(&world, &ask("s3:GetObject")).await;
    assert_eq!(answer.get("EvalDecision"), "allowed");
    assert_eq!(answer.get("AllowedByOrganizations"), "true");
    // What the organization allows grants nothing, so it is no statement that led there.
    assert!(!answer.xml.contains("ServiceControlPolicyInputList"), "{}", answer.xml);
    assert!(answer.xml.contains("<SourcePolicyId>PolicyInputList.1</SourcePolicyId>"), "{}", answer.xml);

    let answer = custom(&world, &ask("ec2:RunInstances")).await;
    assert_eq!(answer.get("EvalDecision"), "implicitDeny");
    assert_eq!(answer.get("AllowedByOrganizations"), "false");
    // The simulation ends at the organization: nobody else is said to have decided anything.
    assert!(!answer.has("SourcePolicyId"), "{}", answer.xml);
}

#[tokio::test]
async fn across_accounts_nobody_says_anything_behind_an_organization_that_refuses() {
    let world = world().await;
    let (all, s3) = (document("Allow", "*", "*"), document("Allow", "s3:*", "*"));
    let level = format!("{ORGANIZATION}.1.ServiceControlPolicyInputList.member.1");
    for (control, is_told) in [(&all, true), (&s3, false)] {
        let parameters = [
            ("PolicyInputList.member.1", all.as_str()),
            (level.as_str(), control.as_str()),
            ("ActionNames.member.1", "sqs:SendMessage"),
            ("ResourceArns.member.1", "arn:aws:sqs:us-east-1:999999999999:q"),
        ];
        let answer = custom(&world, &parameters).await;
        assert_eq!(answer.get("EvalDecision"), "implicitDeny");
        assert_eq!(answer.xml.contains("<key>IAM Policy</key>"), is_told, "{}", answer.xml);
    }
}

#[tokio::test]
async fn an_organization_s_deny_is_told_with_its_place() {
    let world = world().await;
    let (all, deny) = (document("Allow", "*", "*"), document("Deny", "s3:*", "*"));
    let level = format!("{ORGANIZATION}.1.ServiceControlPolicyInputList.member");
    let (first, second) = (format!("{level}.1"), format!("{level}.2"));
    let parameters = [
        ("PolicyInputList.member.1", all.as_str()),
        (first.as_str(), all.as_str()),
        (second.as_str(), deny.as_str()),
        ("ActionNames.member.1", "s3:GetObject"),
    ];
    let answer = custom(&world, &parameters).await;
    assert_eq!(answer.get("EvalDecision"), "explicitDeny");
    assert_eq!(answer.get("AllowedByOrganizations"), "false");
    let source = "OrderedOrganizationPolicyInputList.1.ServiceControlPolicyInputList.2";
    assert_eq!(answer.get("SourcePolicyId"), source);
}

#[tokio::test]
async fn without_an_organization_nothing_is_said_of_one() {
    let world = world().await;
    let all = document("Allow", "*", "*");
    let parameters = [("PolicyInputList.member.1", all.as_str()), ("ActionNames.member.1", "s3:GetObject")];
    assert!(!custom(&world, &parameters).await.has("OrganizationsDecisionDetail"));
}

#[tokio::test]
async fn what_is_no_service_control_policy_is_refused() {
    let world = world().await;
    let all = document("Allow", "*", "*");
    let level = format!("{ORGANIZATION}.1.ServiceControlPolicyInputList.member.1");
    for bad in ["{", &all.replace("2012-10-17", "2008-10-17"), &all.replace("Action", "Principal")] {
        let parameters = [
            ("PolicyInputList.member.1", all.as_str()),
            ("ActionNames.member.1", "s3:GetObject"),
            (level.as_str(), bad),
        ];
        let message = refused(&world, "SimulateCustomPolicy", &parameters).await;
        let list = "Invalid Input for OrderedOrganizationPolicyInputList.1.ServiceControlPolicyInputList.1: ";
        assert!(message.starts_with(list), "{message}");
    }
}

#[tokio::test]
async fn an_entity_has_one_boundary_at_most() {
    let world = world().await;
    let all = document("Allow", "*", "*");
    let parameters = [
        ("PolicyInputList.member.1", all.as_str()),
        ("ActionNames.member.1", "s3:GetObject"),
        ("PermissionsBoundaryPolicyInputList.member.1", all.as_str()),
        ("PermissionsBoundaryPolicyInputList.member.2", all.as_str()),
    ];
    refused(&world, "SimulateCustomPolicy", &parameters).await;
}

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";

/// A user with an inline policy, a group's, a managed one of AWS's and one of the account's, and a boundary; each
/// allows another action.
async fn alice() -> World {
    let world = world().await;
    world.user("alice", &document("Allow", "sqs:*", "*")).await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", "team-a")]).await;
    world.ok(&world.root, "AddUserToGroup", &[("GroupName", "team-a"), ("UserName", "alice")]).await;
    let sns = document("Allow", "sns:*", "*");
    let inline = [("GroupName", "team-a"), ("PolicyName", "p"), ("PolicyDocument", sns.as_str())];
    world.ok(&world.root, "PutGroupPolicy", &inline).await;
    let kms = document("Allow", "kms:*", "*");
    let managed = [("PolicyName", "keys"), ("PolicyDocument", kms.as_str())];
    world.ok(&world.root, "CreatePolicy", &managed).await;
    for arn in ["arn:aws:iam::aws:policy/AmazonS3FullAccess", "arn:aws:iam::123456789012:policy/keys"] {
        world.ok(&world.root, "AttachUserPolicy", &[("UserName", "alice"), ("PolicyArn", arn)]).await;
    }
    let boundary =
        [("UserName", "alice"), ("PermissionsBoundary", "arn:aws:iam::aws:policy/PowerUserAccess")];
    world.ok(&world.root, "PutUserPermissionsBoundary", &boundary).await;
    world
}

/// Which of the four actions are still allowed when these are left out.
async fn left(world: &World, exclusions: &[(&str, &str)]) -> Vec<&'static str> {
    let actions = ["sqs:SendMessage", "sns:Publish", "s3:GetObject", "kms:Decrypt"];
    let mut allowed = Vec::new();
    for action in actions {
        let mut parameters = vec![("PolicySourceArn", ALICE), ("ActionNames.member.1", action)];
        parameters.extend(exclusions);
        let answer = world.ok(&world.root, "SimulatePrincipalPolicy", &parameters).await;
        if answer.get("EvalDecision") == "allowed" {
            allowed.push(action);
        }
    }
    allowed
}

#[tokio::test]
async fn policies_are_left_out_by_kind_arn_or_holder() {
    let world = alice().await;
    const ALL: [&str; 4] = ["sqs:SendMessage", "sns:Publish", "s3:GetObject", "kms:Decrypt"];
    let [sqs, sns, s3, kms] = ALL;
    assert_eq!(left(&world, &[]).await, ALL);
    let one = "PolicyExclusionList.member.1";
    for (member, value, expected) in [
        ("PolicyType", "inline", vec![s3, kms]),
        ("PolicyType", "aws-managed", vec![sqs, sns, kms]),
        ("PolicyType", "user-managed", vec![sqs, sns, s3]),
        ("PolicyType", "scp", ALL.to_vec()),
        ("PolicyType", "rcp", ALL.to_vec()),
        ("PolicyArn", "arn:aws:iam::aws:policy/AmazonS3*", vec![sqs, sns, kms]),
        ("PolicyArn", "arn:aws:iam::123456789012:policy/key?", vec![sqs, sns, s3]),
        ("PolicyArn", "arn:aws:iam::123456789012:policy/other", ALL.to_vec()),
    ] {
        let member = format!("{one}.{member}");
        assert_eq!(left(&world, &[(&member, value)]).await, expected, "{member} {value}");
    }
    for (policy, kind, holder, expected) in [
        ("p", "user", "alice", vec![sns, s3, kms]),
        ("p", "user", "al*", vec![sns, s3, kms]),
        ("p", "group", "team-?", vec![sqs, s3, kms]),
        ("p", "role", "*", ALL.to_vec()),
        ("p", "user", "bob", ALL.to_vec()),
        ("q", "user", "alice", ALL.to_vec()),
    ] {
        let member = |name| format!("{one}.InlinePolicyIdentifier.{name}");
        let (name, of, at) = (member("PolicyName"), member("AttachmentType"), member("AttachmentName"));
        let given = [(name.as_str(), policy), (of.as_str(), kind), (at.as_str(), holder)];
        assert_eq!(left(&world, &given).await, expected, "{policy} {kind} {holder}");
    }
    let both = [
        (format!("{one}.PolicyType"), "inline"),
        ("PolicyExclusionList.member.2.PolicyType".into(), "aws-managed"),
    ];
    let both: Vec<(&str, &str)> = both.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    assert_eq!(left(&world, &both).await, [kms]);
}

#[tokio::test]
async fn a_boundary_that_is_left_out_bounds_nothing() {
    let world = alice().await;
    // The boundary does not allow iam:*, which the supplied policy does.
    let all = document("Allow", "iam:CreateUser", "*");
    let mut parameters = vec![
        ("PolicySourceArn", ALICE),
        ("PolicyInputList.member.1", all.as_str()),
        ("ActionNames.member.1", "iam:CreateUser"),
    ];
    let answer = world.ok(&world.root, "SimulatePrincipalPolicy", &parameters).await;
    assert_eq!(
        (answer.get("EvalDecision"), answer.get("AllowedByPermissionsBoundary")),
        ("implicitDeny", "false")
    );
    parameters.push(("PolicyExclusionList.member.1.PolicyType", "permission-boundary"));
    // What the call supplies is not left out with the inline ones.
    parameters.push(("PolicyExclusionList.member.2.PolicyType", "inline"));
    let answer = world.ok(&world.root, "SimulatePrincipalPolicy", &parameters).await;
    assert_eq!(answer.get("EvalDecision"), "allowed");
    assert!(!answer.has("AllowedByPermissionsBoundary"));
}

#[tokio::test]
async fn identifiers_that_mean_nothing_are_refused() {
    let world = alice().await;
    let one = "PolicyExclusionList.member.1";
    let (kind, arn) = (format!("{one}.PolicyType"), format!("{one}.PolicyArn"));
    for bad in [
        vec![(arn.as_str(), "arn:aws:iam::*:policy/anything")],
        vec![(arn.as_str(), "arn:aws:iam::aws:policy/*a*")],
        vec![(arn.as_str(), "arn:aws:iam::123456789012:user/alice")],
        vec![(arn.as_str(), "not the arn of any policy")],
        vec![(arn.as_str(), "arn:aws:iam::aws:policy/AmazonS3FullAccess"), (kind.as_str(), "inline")],
    ] {
        let mut parameters = vec![("PolicySourceArn", ALICE), ("ActionNames.member.1", "s3:GetObject")];
        parameters.extend(&bad);
        let message = refused(&world, "SimulatePrincipalPolicy", &parameters).await;
        assert!(message.starts_with("Invalid Input for PolicyExclusionList: "), "{message}");
    }
}

#[tokio::test]
async fn a_handling_option_wants_its_resources() {
    let world = world().await;
    let all = document("Allow", "*", "*");
    let base = [("PolicyInputList.member.1", all.as_str()), ("ActionNames.member.1", "ec2:RunInstances")];
    let mut parameters = base.to_vec();
    parameters.push(("ResourceHandlingOption", "EC2-Mars"));
    assert_eq!(
        refused(&world, "SimulateCustomPolicy", &parameters).await,
        "Invalid Resource Handling Option: EC2-Mars."
    );
    let mut parameters = base.to_vec();
    parameters.push(("ResourceHandlingOption", "EC2-VPC-EBS-Subnet"));
    parameters.extend([
        ("ResourceArns.member.1", "arn:aws:ec2:us-east-1:123456789012:instance/*"),
        ("ResourceArns.member.2", "arn:aws:ec2:us-east-1::image/ami-1"),
        ("ResourceArns.member.3", "arn:aws:ec2:us-east-1:123456789012:security-group/sg-1"),
        ("ResourceArns.member.4", "arn:aws:ec2:us-east-1:123456789012:network-interface/*"),
        ("ResourceArns.member.5", "arn:aws:sns:us-east-1:123456789012:subnet/1"),
    ]);
    assert_eq!(
        refused(&world, "SimulateCustomPolicy", &parameters).await,
        "Resource Handling Option EC2-VPC-EBS-Subnet requires resources of type: subnet, volume."
    );
    parameters.extend([
        ("ResourceArns.member.6", "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-1"),
        ("ResourceArns.member.7", "arn:aws:ec2:us-east-1:123456789012:volume/*"),
    ]);
    let answer = custom(&world, &parameters).await;
    assert_eq!(answer.xml.matches("<EvalResourceDecision>allowed</EvalResourceDecision>").count(), 7);
}

#[tokio::test]
async fn a_resource_s_policy_meets_users_and_roles_and_no_sessions() {
    let world = world().await;
    let nothing = document("Deny", "iam:*", "*");
    let queue = |arn: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{arn}"}},"Action":"sqs:*","Resource":"*"}}}}"#
        )
    };
    let (role, user) = ("arn:aws:iam::123456789012:role/r", "arn:aws:iam::123456789012:user/u");
    let group = "arn:aws:iam::123456789012:group/g";
    for (named, caller, expected) in [
        (role, role, "allowed"),
        (user, user, "allowed"),
        (user, role, "implicitDeny"),
        (user, group, "implicitDeny"),
    ] {
        let policy = queue(named);
        let parameters = [
            ("PolicyInputList.member.1", nothing.as_str()),
            ("ResourcePolicy", policy.as_str()),
            ("CallerArn", caller),
            ("ActionNames.member.1", "sqs:SendMessage"),
            ("ResourceArns.member.1", "arn:aws:sqs:us-east-1:123456789012:q"),
        ];
        assert_eq!(custom(&world, &parameters).await.get("EvalDecision"), expected, "{named} {caller}");
    }
    for caller in [
        "arn:aws:sts::123456789012:assumed-role/r/s",
        "arn:aws:sts::123456789012:federated-user/f",
        "arn:aws:iam::123456789012:root",
        "sqs.amazonaws.com",
    ] {
        let parameters = [
            ("PolicyInputList.member.1", nothing.as_str()),
            ("CallerArn", caller),
            ("ActionNames.member.1", "sqs:SendMessage"),
        ];
        assert_eq!(
            refused(&world, "SimulateCustomPolicy", &parameters).await,
            format!("Invalid Entity Arn: {caller} does not clearly define entity type and name.")
        );
    }
}
