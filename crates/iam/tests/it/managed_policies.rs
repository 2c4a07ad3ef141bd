//! Managed policies.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up or read its answer has failed")]

use service::testing::{Fields, World};

use crate::asking::{all, arn, denied, fault, needs_leave, world};
use crate::documents::{AWKWARD, EC2, READ, decoded, of_size};

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

async fn create(world: &World, name: &str) -> String {
    let parameters = [("PolicyName", name), ("PolicyDocument", READ)];
    world.ok(&world.root, "CreatePolicy", &parameters).await.get("Arn").to_owned()
}

async fn get(world: &World, arn: &str) -> Fields {
    world.ok(&world.root, "GetPolicy", &[("PolicyArn", arn)]).await
}

#[tokio::test]
async fn create_policy_answers_the_new_policy() {
    let world = world().await;
    let parameters = [
        ("PolicyName", "Read"),
        ("Path", "/s3/"),
        ("PolicyDocument", AWKWARD),
        ("Description", "reads"),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "a"),
    ];
    let made = world.ok(&world.root, "CreatePolicy", &parameters).await;
    let arn = arn("policy/s3/Read");
    assert!(made.get("PolicyId").starts_with("ANPA") && made.get("PolicyId").len() == 21);
    world.advance(60);
    let got = get(&world, &arn).await;
    for answer in [&made, &got] {
        assert_eq!(answer.get("Arn"), arn);
        assert_eq!(answer.get("PolicyName"), "Read");
        assert_eq!(answer.get("Path"), "/s3/");
        assert_eq!(answer.get("DefaultVersionId"), "v1");
        assert_eq!(answer.get("AttachmentCount"), "0");
        assert_eq!(answer.get("PermissionsBoundaryUsageCount"), "0");
        assert_eq!(answer.get("IsAttachable"), "true");
        assert_eq!(answer.get("Description"), "reads");
        assert_eq!(answer.get("CreateDate"), "2026-01-01T00:00:00Z");
        assert_eq!(answer.get("UpdateDate"), "2026-01-01T00:00:00Z");
        assert_eq!(answer.get("Value"), "a");
    }
    let parameters = [("PolicyArn", arn.as_str()), ("VersionId", "v1")];
    let version = world.ok(&world.root, "GetPolicyVersion", &parameters).await;
    assert_eq!(decoded(version.get("Document")), AWKWARD, "byte for byte");

    let list = world.ok(&world.root, "ListPolicies", &[("Scope", "Local")]).await;
    assert_eq!(list.get("Arn"), arn);
    for left_out in ["Description", "Tags"] {
        assert!(!list.xml.contains(left_out), "ListPolicies leaves out {left_out}: {}", list.xml);
    }
}

#[tokio::test]
async fn names_are_unique_without_regard_to_case_and_path() {
    let world = world().await;
    create(&world, "read").await;
    let parameters = [("PolicyName", "READ"), ("Path", "/x/"), ("PolicyDocument", READ)];
    let message = "A policy called READ already exists. Duplicate names are not allowed.";
    let refused = world.refused(&world.root, "CreatePolicy", &parameters).await;
    assert_eq!(refused, fault("EntityAlreadyExists", message));
}

#[tokio::test]
async fn a_document_is_checked_and_has_at_most_6144_characters_without_whitespace() {
    let world = world().await;
    let head =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::"#;
    let (fits, exceeds) = (of_size(6_144, head, "\"}}"), of_size(6_145, head, "\"}}"));
    world.ok(&world.root, "CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", &fits)]).await;
    let parameters = [("PolicyName", "q"), ("PolicyDocument", exceeds.as_str())];
    let refused = world.refused(&world.root, "CreatePolicy", &parameters).await;
    assert_eq!(refused, fault("LimitExceeded", "Cannot exceed quota for PolicySize: 6144"));

    for (document, message) in [
        ("{}", "Syntax errors in policy."),
        (EC2, "Policy document should not specify a principal."),
        (
            r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
            "Policy document must be version 2012-10-17 or greater.",
        ),
    ] {
        let parameters = [("PolicyName", "q"), ("PolicyDocument", document)];
        let refused = world.refused(&world.root, "CreatePolicy", &parameters).await;
        assert_eq!(refused, fault("MalformedPolicyDocument", message));
    }
}

#[tokio::test]
async fn a_policy_that_is_not_there_cannot_be_found() {
    let world = world().await;
    create(&world, "there").await;
    for policy in [arn("policy/x"), arn("policy/path/there"), "arn:aws:iam::aws:policy/Nothing".to_owned()] {
        let missing = fault("NoSuchEntity", &format!("Policy {policy} was not found."));
        for operation in ["GetPolicy", "ListPolicyVersions", "ListPolicyTags", "ListEntitiesForPolicy"] {
            let parameters = [("PolicyArn", policy.as_str())];
            assert_eq!(world.refused(&world.root, operation, &parameters).await, missing, "{operation}");
        }
    }
    let own = arn("policy/x");
    let missing = fault("NoSuchEntity", &format!("Policy {own} was not found."));
    for (operation, more) in [
        ("DeletePolicy", vec![]),
        ("CreatePolicyVersion", vec![("PolicyDocument", READ)]),
        ("DeletePolicyVersion", vec![("VersionId", "v1")]),
        ("SetDefaultPolicyVersion", vec![("VersionId", "v1")]),
        ("GetPolicyVersion", vec![("VersionId", "v1")]),
        ("TagPolicy", vec![("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
        ("UntagPolicy", vec![("TagKeys.member.1", "k")]),
    ] {
        let parameters = [vec![("PolicyArn", own.as_str())], more].concat();
        assert_eq!(world.refused(&world.root, operation, &parameters).await, missing, "{operation}");
    }
}

#[tokio::test]
async fn an_arn_of_something_else_is_not_valid() {
    let world = world().await;
    for bad in [arn("user/alice"), "arn:aws:s3:::policy/some-policy".into(), "twenty-characters-or-so".into()]
    {
        let message = format!("ARN {bad} is not valid.");
        let refused = world.refused(&world.root, "GetPolicy", &[("PolicyArn", &bad)]).await;
        assert_eq!(refused, fault("InvalidInput", &message));
    }
    let china = [("PolicyArn", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess")];
    let refused = world.refused(&world.root, "GetPolicy", &china).await;
    assert_eq!(refused, fault("ValidationError", "Invalid ARN partition"));
}

#[tokio::test]
async fn a_policy_of_another_account_is_out_of_reach() {
    let world = world().await;
    let other = world.account("999999999999").await;
    let theirs = world.ok(&other, "CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", READ)]).await;
    let parameters = [("PolicyArn", theirs.get("Arn"))];
    assert_eq!(world.refused(&world.root, "GetPolicy", &parameters).await.0, "AccessDenied");
    assert_eq!(world.refused(&world.root, "DeletePolicy", &parameters).await.0, "AccessDenied");
    world.ok(&other, "GetPolicy", &parameters).await;
}

#[tokio::test]
async fn a_policy_of_aws_is_there_and_cannot_be_changed() {
    let world = world().await;
    let got = get(&world, READ_ONLY).await;
    assert_eq!(got.get("PolicyName"), "ReadOnlyAccess");
    assert_eq!(got.get("Path"), "/");
    assert_eq!(got.get("AttachmentCount"), "0");
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let attach = [("UserName", "alice"), ("PolicyArn", READ_ONLY)];
    world.ok(&world.root, "AttachUserPolicy", &attach).await;
    assert_eq!(get(&world, READ_ONLY).await.get("AttachmentCount"), "1");
    let other = world.account("999999999999").await;
    let theirs = world.ok(&other, "GetPolicy", &[("PolicyArn", READ_ONLY)]).await;
    assert_eq!(theirs.get("AttachmentCount"), "0", "each account counts its own");

    let version = got.get("DefaultVersionId");
    for (operation, more) in [
        ("DeletePolicy", vec![]),
        ("CreatePolicyVersion", vec![("PolicyDocument", READ)]),
        ("DeletePolicyVersion", vec![("VersionId", version)]),
        ("SetDefaultPolicyVersion", vec![("VersionId", version)]),
        ("TagPolicy", vec![("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
        ("UntagPolicy", vec![("TagKeys.member.1", "k")]),
    ] {
        let parameters = [vec![("PolicyArn", READ_ONLY)], more].concat();
        let (code, message) = world.refused(&world.root, operation, &parameters).await;
        assert_eq!(code, "AccessDenied", "{operation}");
        assert!(message.contains(&format!("iam:{operation} on resource: {READ_ONLY}")), "{message}");
    }
}

#[tokio::test]
async fn a_policy_in_use_or_with_versions_cannot_be_deleted() {
    let world = world().await;
    let policy = create(&world, "p").await;
    let arn = ("PolicyArn", policy.as_str());
    let version = [arn, ("PolicyDocument", READ)];
    world.ok(&world.root, "CreatePolicyVersion", &version).await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let alice = ("UserName", "alice");
    let used = fault("DeleteConflict", "Cannot delete a policy attached to entities.");

    world.ok(&world.root, "AttachUserPolicy", &[alice, arn]).await;
    assert_eq!(world.refused(&world.root, "DeletePolicy", &[arn]).await, used);
    world.ok(&world.root, "DetachUserPolicy", &[alice, arn]).await;
    let boundary = [alice, ("PermissionsBoundary", policy.as_str())];
    world.ok(&world.root, "PutUserPermissionsBoundary", &boundary).await;
    assert_eq!(get(&world, &policy).await.get("PermissionsBoundaryUsageCount"), "1");
    assert_eq!(world.refused(&world.root, "DeletePolicy", &[arn]).await, used);
    world.ok(&world.root, "DeleteUserPermissionsBoundary", &[alice]).await;

    let message = "This policy has more than one version. Before you delete a policy, you must delete the \
                   policy's versions. The default version is deleted with the policy.";
    assert_eq!(world.refused(&world.root, "DeletePolicy", &[arn]).await, fault("DeleteConflict", message));
    world.ok(&world.root, "DeletePolicyVersion", &[arn, ("VersionId", "v2")]).await;
    world.ok(&world.root, "DeletePolicy", &[arn]).await;
    assert_eq!(world.refused(&world.root, "GetPolicy", &[arn]).await.0, "NoSuchEntity");
    let again = create(&world, "p").await;
    assert_eq!(get(&world, &again).await.get("DefaultVersionId"), "v1");
}

#[tokio::test]
async fn tags_are_added_listed_and_removed() {
    let world = world().await;
    let policy = create(&world, "p").await;
    let arn = ("PolicyArn", policy.as_str());
    let two = [
        arn,
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", "1"),
        ("Tags.member.2.Key", "b"),
        ("Tags.member.2.Value", "2"),
    ];
    world.ok(&world.root, "TagPolicy", &two).await;
    let first = world.ok(&world.root, "ListPolicyTags", &[arn, ("MaxItems", "1")]).await;
    assert_eq!((first.get("Key"), first.get("IsTruncated")), ("a", "true"));
    let second = world.ok(&world.root, "ListPolicyTags", &[arn, ("Marker", first.get("Marker"))]).await;
    assert_eq!((second.get("Key"), second.get("IsTruncated")), ("b", "false"));
    world.ok(&world.root, "UntagPolicy", &[arn, ("TagKeys.member.1", "a")]).await;
    let left = world.ok(&world.root, "ListPolicyTags", &[arn]).await;
    assert_eq!(all(&left.xml, "Key"), ["b"]);
}

/// All pages of a list, as the texts of one element.
async fn pages(
    world: &World,
    operation: &str,
    parameters: &[(&str, &str)],
    size: &str,
    element: &str,
) -> Vec<String> {
    let mut seen = Vec::new();
    let mut marker = String::new();
    loop {
        let mut all_parameters = [parameters, &[("MaxItems", size)]].concat();
        if !marker.is_empty() {
            all_parameters.push(("Marker", &marker));
        }
        let page = world.ok(&world.root, operation, &all_parameters).await;
        let found = all(&page.xml, element);
        assert!(!found.is_empty() && found.len() <= size.parse().unwrap(), "{}", page.xml);
        seen.extend(found);
        if page.get("IsTruncated") == "false" {
            assert!(!page.has("Marker"));
            return seen;
        }
        marker = page.get("Marker").to_owned();
    }
}

#[tokio::test]
async fn pages_of_policies_go_through_the_accounts_own_and_then_aws() {
    let world = world().await;
    create(&world, "b").await;
    for (name, path) in [("a", "/z/"), ("c", "/a/")] {
        let parameters = [("PolicyName", name), ("Path", path), ("PolicyDocument", READ)];
        world.ok(&world.root, "CreatePolicy", &parameters).await;
    }
    let everything = pages(&world, "ListPolicies", &[], "1000", "Arn").await;
    let aws = catalog::managed_policies().len();
    assert_eq!(everything.len(), aws + 3);
    assert_eq!(everything[..3], [arn("policy/z/a"), arn("policy/b"), arn("policy/a/c")]);
    let unique: std::collections::HashSet<_> = everything.iter().collect();
    assert_eq!(unique.len(), everything.len());
    assert_eq!(pages(&world, "ListPolicies", &[("Scope", "AWS")], "1000", "Arn").await, everything[3..]);
    let local = pages(&world, "ListPolicies", &[("Scope", "Local")], "2", "Arn").await;
    assert_eq!(local, everything[..3]);
    let first = world.ok(&world.root, "ListPolicies", &[]).await;
    assert_eq!(all(&first.xml, "Arn"), everything[..100], "a page has 100 where nothing is said");
}

#[tokio::test]
async fn lists_of_policies_are_filtered_by_path_and_use() {
    let world = world().await;
    for (name, path) in [("one", "/x/"), ("two", "/x/y/"), ("xylophone", "/")] {
        let parameters = [("PolicyName", name), ("Path", path), ("PolicyDocument", READ)];
        world.ok(&world.root, "CreatePolicy", &parameters).await;
    }
    let names = |parameters: Vec<(&'static str, &'static str)>| {
        let world = &world;
        async move { all(&world.ok(&world.root, "ListPolicies", &parameters).await.xml, "PolicyName") }
    };
    assert_eq!(names(vec![("PathPrefix", "/x/")]).await, ["one", "two"]);
    assert_eq!(names(vec![("PathPrefix", "/x/y/")]).await, ["two"]);
    let jobs = names(vec![("PathPrefix", "/job-function/"), ("MaxItems", "1000")]).await;
    assert!(jobs.contains(&"Billing".to_owned()) && !jobs.contains(&"ReadOnlyAccess".to_owned()));

    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let two = arn("policy/x/y/two");
    world.ok(&world.root, "AttachUserPolicy", &[("UserName", "alice"), ("PolicyArn", &two)]).await;
    world.ok(&world.root, "AttachUserPolicy", &[("UserName", "alice"), ("PolicyArn", READ_ONLY)]).await;
    let boundary = arn("policy/xylophone");
    let parameters = [("UserName", "alice"), ("PermissionsBoundary", boundary.as_str())];
    world.ok(&world.root, "PutUserPermissionsBoundary", &parameters).await;
    assert_eq!(names(vec![("OnlyAttached", "true")]).await, ["two", "xylophone", "ReadOnlyAccess"]);
    assert_eq!(names(vec![("OnlyAttached", "true"), ("Scope", "Local")]).await, ["two", "xylophone"]);
    assert_eq!(names(vec![("OnlyAttached", "true"), ("Scope", "AWS")]).await, ["ReadOnlyAccess"]);
    for (usage, used) in
        [("PermissionsBoundary", &["xylophone"][..]), ("PermissionsPolicy", &["two", "ReadOnlyAccess"])]
    {
        assert_eq!(names(vec![("OnlyAttached", "true"), ("PolicyUsageFilter", usage)]).await, used);
        // Where attached policies are not asked for, their use is not either.
        let all = names(vec![("Scope", "Local"), ("PolicyUsageFilter", usage)]).await;
        assert!(all.contains(&"one".to_owned()) && all.contains(&"xylophone".to_owned()), "{all:?}");
    }
}

#[tokio::test]
async fn the_entities_that_use_a_policy_are_listed_by_kind_path_and_use() {
    let world = world().await;
    let policy = create(&world, "p").await;
    let arn = ("PolicyArn", policy.as_str());
    for name in ["alice", "bob"] {
        world.ok(&world.root, "CreateUser", &[("UserName", name), ("Path", "/team/")]).await;
        world.ok(&world.root, "AttachUserPolicy", &[("UserName", name), arn]).await;
    }
    world.ok(&world.root, "CreateGroup", &[("GroupName", "Group")]).await;
    world.ok(&world.root, "AttachGroupPolicy", &[("GroupName", "group"), arn]).await;
    let role = [("RoleName", "r"), ("AssumeRolePolicyDocument", EC2), ("PermissionsBoundary", &policy)];
    world.ok(&world.root, "CreateRole", &role).await;

    let list = world.ok(&world.root, "ListEntitiesForPolicy", &[arn]).await;
    assert_eq!(all(&list.xml, "UserName"), ["alice", "bob"]);
    assert_eq!(all(&list.xml, "GroupName"), ["Group"]);
    assert_eq!(all(&list.xml, "RoleName"), ["r"]);
    assert!(list.get("GroupId").starts_with("AGPA") && list.get("RoleId").starts_with("AROA"));
    assert!(list.get("UserId").starts_with("AIDA"));
    let got = get(&world, &policy).await;
    assert_eq!((got.get("AttachmentCount"), got.get("PermissionsBoundaryUsageCount")), ("3", "1"));

    let found = |parameters: Vec<(&'static str, &'static str)>| {
        let (world, parameters) = (&world, [vec![arn], parameters].concat());
        async move {
            let xml = world.ok(&world.root, "ListEntitiesForPolicy", &parameters).await.xml;
            ["GroupName", "RoleName", "UserName"].map(|name| all(&xml, name)).concat()
        }
    };
    assert_eq!(found(vec![("EntityFilter", "User")]).await, ["alice", "bob"]);
    assert_eq!(found(vec![("EntityFilter", "Role")]).await, ["r"]);
    assert_eq!(found(vec![("EntityFilter", "Group")]).await, ["Group"]);
    assert!(found(vec![("EntityFilter", "LocalManagedPolicy")]).await.is_empty());
    assert_eq!(found(vec![("PathPrefix", "/team/")]).await, ["alice", "bob"]);
    assert_eq!(found(vec![("PolicyUsageFilter", "PermissionsBoundary")]).await, ["r"]);
    assert_eq!(found(vec![("PolicyUsageFilter", "PermissionsPolicy")]).await, ["Group", "alice", "bob"]);

    let first = world.ok(&world.root, "ListEntitiesForPolicy", &[arn, ("MaxItems", "3")]).await;
    assert_eq!(first.get("IsTruncated"), "true");
    let rest = [arn, ("MaxItems", "3"), ("Marker", first.get("Marker"))];
    let second = world.ok(&world.root, "ListEntitiesForPolicy", &rest).await;
    let ids =
        |answer: &Fields| ["GroupId", "RoleId", "UserId"].map(|name| all(&answer.xml, name)).concat().len();
    assert_eq!((ids(&first), ids(&second)), (3, 1));
    assert_eq!(second.get("IsTruncated"), "false");
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_policy() {
    let world = world().await;
    let (mine, other) = (create(&world, "p").await, create(&world, "q").await);
    for (operation, more) in [
        ("GetPolicy", vec![]),
        ("ListPolicyTags", vec![]),
        ("ListPolicyVersions", vec![]),
        ("ListEntitiesForPolicy", vec![]),
        ("GetPolicyVersion", vec![("VersionId", "v1")]),
        ("TagPolicy", vec![("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
        ("UntagPolicy", vec![("TagKeys.member.1", "k")]),
        ("CreatePolicyVersion", vec![("PolicyDocument", READ)]),
        ("SetDefaultPolicyVersion", vec![("VersionId", "v1")]),
        ("DeletePolicyVersion", vec![("VersionId", "v2")]),
        ("DeletePolicy", vec![]),
    ] {
        let with = |arn| [vec![("PolicyArn", arn)], more.clone()].concat();
        let action = format!("iam:{operation}");
        needs_leave(&world, &action, (&mine, &with(mine.as_str())), (&other, &with(other.as_str()))).await;
    }
    let with = |name| vec![("PolicyName", name), ("Path", "/x/"), ("PolicyDocument", READ)];
    let (mine, other) = (arn("policy/x/new"), arn("policy/x/other"));
    needs_leave(&world, "iam:CreatePolicy", (&mine, &with("new")), (&other, &with("other"))).await;

    let nobody = world.user("nobody", "").await;
    let refused = world.refused(&nobody, "ListPolicies", &[]).await;
    assert_eq!(refused, denied("nobody", "iam:ListPolicies", &arn("policy/")));
    let refused = world.refused(&nobody, "GetPolicy", &[("PolicyArn", READ_ONLY)]).await;
    assert_eq!(refused, denied("nobody", "iam:GetPolicy", READ_ONLY));
}
