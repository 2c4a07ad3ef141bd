//! Roles.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up or read its answer has failed")]

use directory::{Named as _, Role, RoleUsage};
use service::testing::{Fields, Who, World};
use store::{Authority, SystemActor};
use types::{Owner, Path};

use crate::asking::{all, allow, allow_if, arn, denied, fault, needs_leave, world};
use crate::documents::{EC2, READ, decoded, of_size, trusting};

async fn create(world: &World, name: &str, trust: &str) -> Fields {
    let parameters = [("RoleName", name), ("AssumeRolePolicyDocument", trust)];
    world.ok(&world.root, "CreateRole", &parameters).await
}

async fn get(world: &World, name: &str) -> Fields {
    world.ok(&world.root, "GetRole", &[("RoleName", name)]).await
}

fn trust_of(answer: &Fields) -> String {
    decoded(answer.get("AssumeRolePolicyDocument"))
}

#[tokio::test]
async fn create_role_answers_the_new_role() {
    let world = world().await;
    world.user("alice", "").await;
    let boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let parameters = [
        ("RoleName", "Deploy"),
        ("Path", "/ci/"),
        ("AssumeRolePolicyDocument", EC2),
        ("Description", "deploys"),
        ("MaxSessionDuration", "43200"),
        ("PermissionsBoundary", boundary),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "a"),
    ];
    let role = world.ok(&world.root, "CreateRole", &parameters).await;
    assert_eq!(role.get("Arn"), "arn:aws:iam::123456789012:role/ci/Deploy");
    assert_eq!(role.get("Path"), "/ci/");
    assert_eq!(role.get("RoleName"), "Deploy");
    assert!(role.get("RoleId").starts_with("AROA") && role.get("RoleId").len() == 21);
    assert_eq!(role.get("CreateDate"), "2026-01-01T00:00:00Z");
    assert_eq!(trust_of(&role), EC2);
    assert_eq!(role.get("PermissionsBoundaryArn"), boundary);
    assert_eq!(role.get("Value"), "a");
    assert_eq!(role.get("MaxSessionDuration"), "43200");
    assert!(!role.xml.contains("RoleLastUsed"), "CreateRole does not tell the last use");

    let role = world.ok(&world.root, "GetRole", &[("RoleName", "deploy")]).await;
    assert_eq!(role.get("Description"), "deploys");
    assert_eq!(role.get("MaxSessionDuration"), "43200");
    assert_eq!(role.get("PermissionsBoundaryArn"), boundary);
    assert_eq!(role.get("Key"), "team");
    assert!(role.xml.contains("<RoleLastUsed"), "{}", role.xml);

    let list = world.ok(&world.root, "ListRoles", &[]).await;
    assert_eq!(list.get("Description"), "deploys");
    assert_eq!(trust_of(&list), EC2);
    for left_out in ["PermissionsBoundaryArn", "Tags", "RoleLastUsed"] {
        assert!(!list.xml.contains(left_out), "ListRoles leaves out {left_out}: {}", list.xml);
    }
}

#[tokio::test]
async fn a_role_lasts_an_hour_where_nothing_is_said() {
    let world = world().await;
    let made = create(&world, "r", EC2).await;
    assert!(!made.has("MaxSessionDuration"), "CreateRole tells what was asked for: {}", made.xml);
    assert_eq!(get(&world, "r").await.get("MaxSessionDuration"), "3600");
    for (seconds, is_fine) in [("3599", false), ("3600", true), ("43200", true), ("43201", false)] {
        let parameters = [("RoleName", "r"), ("MaxSessionDuration", seconds)];
        assert_eq!(world.call(&world.root, "UpdateRole", &parameters).await.is_ok(), is_fine, "{seconds}");
    }
}

#[tokio::test]
async fn the_last_use_of_a_role_is_shown() {
    let world = world().await;
    let id = create(&world, "r", EC2).await.get("RoleId").to_owned();
    let usage = RoleUsage { at: "2026-01-02T03:04:05Z".parse().unwrap(), region: "eu-west-1".into() };
    let json = serde_json::to_string(&usage).unwrap();
    world.core.store.note(RoleUsage::KIND, &format!("aws:123456789012/{id}"), json);
    let role = get(&world, "r").await;
    assert_eq!(role.get("LastUsedDate"), "2026-01-02T03:04:05Z");
    assert_eq!(role.get("Region"), "eu-west-1");
}

#[tokio::test]
async fn names_are_unique_without_regard_to_case() {
    let world = world().await;
    create(&world, "Deploy", EC2).await;
    let parameters = [("RoleName", "DEPLOY"), ("AssumeRolePolicyDocument", EC2)];
    assert_eq!(
        world.refused(&world.root, "CreateRole", &parameters).await,
        fault("EntityAlreadyExists", "Role with name DEPLOY already exists.")
    );
}

#[tokio::test]
async fn a_role_that_is_not_there_cannot_be_found() {
    let world = world().await;
    let missing = fault("NoSuchEntity", "The role with name nobody cannot be found.");
    for (operation, more) in [
        ("GetRole", vec![]),
        ("DeleteRole", vec![]),
        ("ListRoleTags", vec![]),
        ("UpdateRole", vec![("Description", "x")]),
        ("UpdateRoleDescription", vec![("Description", "x")]),
        ("UpdateAssumeRolePolicy", vec![("PolicyDocument", EC2)]),
        ("TagRole", vec![("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
        ("UntagRole", vec![("TagKeys.member.1", "k")]),
        ("ListInstanceProfilesForRole", vec![]),
    ] {
        let parameters = [vec![("RoleName", "nobody")], more].concat();
        assert_eq!(world.refused(&world.root, operation, &parameters).await, missing, "{operation}");
    }
}

#[tokio::test]
async fn a_trust_policy_comes_back_byte_for_byte() {
    let world = world().await;
    let text = "{\r\n\t\"Version\" : \"2008-10-17\", \"Statement\":[ {\"Sid\":\"\",\"Effect\":\"Allow\",\n\
        \"Principal\":{\"AWS\":\"*\"},\"Action\":[\"sts:AssumeRole\"],\"Condition\":{\"StringEquals\":\
        {\"sts:ExternalId\":\"a+b %41 \u{fc}&<>\"}}} ] }\n";
    assert_eq!(trust_of(&create(&world, "r", text).await), text);
    assert_eq!(trust_of(&get(&world, "r").await), text);
    let parameters = [("RoleName", "r"), ("PolicyDocument", EC2)];
    world.ok(&world.root, "UpdateAssumeRolePolicy", &parameters).await;
    assert_eq!(trust_of(&get(&world, "r").await), EC2);
}

#[tokio::test]
async fn a_trust_policy_that_is_not_json_is_refused() {
    let world = world().await;
    create(&world, "there", EC2).await;
    for document in ["policy.json", "{", "{\"Version\": \"2012-10-17\",}"] {
        let create = [("RoleName", "r"), ("AssumeRolePolicyDocument", document)];
        let update = [("RoleName", "there"), ("PolicyDocument", document)];
        let by_create = world.refused(&world.root, "CreateRole", &create).await;
        assert_eq!(by_create, ("MalformedPolicyDocument".into(), "This policy contains invalid Json".into()));
        let by_update = world.refused(&world.root, "UpdateAssumeRolePolicy", &update).await;
        assert_eq!(by_update, ("MalformedPolicyDocument".into(), "Syntax errors in policy.".into()));
    }
    assert_eq!(trust_of(&get(&world, "there").await), EC2, "a refused update changes nothing");
}

#[tokio::test]
async fn a_trust_policy_that_is_none_is_refused() {
    let world = world().await;
    create(&world, "there", EC2).await;
    let nobody = trusting("arn:aws:iam::123456789012:user/nobody");
    let no_role = trusting("arn:aws:iam::123456789012:role/nothing");
    let wrong_path = trusting("arn:aws:iam::123456789012:role/x/there");
    let nobodys_id = trusting("AIDA77777777777777777");
    let misspelt = EC2.replace("AssumeRole", "AsumeRole");
    let with_resource = EC2.replace(r#""Effect""#, r#""Resource":"*","Effect""#);
    for (document, by_create, by_update) in [
        ("{}", "Could not parse the policy: Statement is empty!", "Syntax errors in policy."),
        (&with_resource, "Has prohibited field Resource", "Has prohibited field Resource."),
        (
            &misspelt,
            "AssumeRole policy may only specify STS AssumeRole actions.",
            "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and \
             sts:AssumeRoleWithWebIdentity",
        ),
    ] {
        let create = [("RoleName", "r"), ("AssumeRolePolicyDocument", document)];
        let update = [("RoleName", "there"), ("PolicyDocument", document)];
        let malformed = |message| fault("MalformedPolicyDocument", message);
        assert_eq!(world.refused(&world.root, "CreateRole", &create).await, malformed(by_create));
        let refused = world.refused(&world.root, "UpdateAssumeRolePolicy", &update).await;
        assert_eq!(refused, malformed(by_update));
    }
    for (document, message) in [
        (&nobody, r#"Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/nobody""#),
        (&no_role, r#"Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/nothing""#),
        (&wrong_path, r#"Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/x/there""#),
        (&nobodys_id, r#"Invalid principal in policy: "AWS":"AIDA77777777777777777""#),
    ] {
        let create = [("RoleName", "r"), ("AssumeRolePolicyDocument", document)];
        let update = [("RoleName", "there"), ("PolicyDocument", document)];
        let by_create = world.refused(&world.root, "CreateRole", &create).await;
        assert_eq!(by_create, fault("MalformedPolicyDocument", message));
        assert_eq!(world.refused(&world.root, "UpdateAssumeRolePolicy", &update).await, by_create);
    }
    assert_eq!(trust_of(&get(&world, "there").await), EC2, "a refused update changes nothing");
}

#[tokio::test]
async fn one_who_is_made_anew_is_not_the_one_who_was_trusted() {
    let world = world().await;
    let arn = "arn:aws:iam::123456789012:user/alice";
    let first = world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let text = trusting(arn);
    create(&world, "r", &text).await;
    assert_eq!(trust_of(&get(&world, "r").await), text);

    let dead = trusting(first.get("UserId"));
    world.ok(&world.root, "DeleteUser", &[("UserName", "alice")]).await;
    assert_eq!(trust_of(&get(&world, "r").await), dead);
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    assert_eq!(trust_of(&get(&world, "r").await), dead, "the new alice is someone else");
    assert_eq!(trust_of(&world.ok(&world.root, "ListRoles", &[]).await), dead);

    let parameters = [("RoleName", "r"), ("PolicyDocument", text.as_str())];
    world.ok(&world.root, "UpdateAssumeRolePolicy", &parameters).await;
    assert_eq!(trust_of(&get(&world, "r").await), text, "written anew, it means the new one");
}

#[tokio::test]
async fn however_json_spells_an_arn_it_means_the_one_who_was_there() {
    let world = world().await;
    let first = world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let spelled = |principal: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":["*","{principal}"]}},"Action":"sts:AssumeRole","Condition":{{"ArnEquals":{{"aws:PrincipalArn":"arn:aws:iam::123456789012:user/alice"}}}}}}}}"#
        )
    };
    let text = spelled(r"arn:aws:iam::123456789012:user\/\u0061lice");
    create(&world, "r", &text).await;
    assert_eq!(trust_of(&get(&world, "r").await), text);
    world.ok(&world.root, "DeleteUser", &[("UserName", "alice")]).await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let dead = spelled(first.get("UserId"));
    assert_eq!(trust_of(&get(&world, "r").await), dead, "the principal is replaced, the condition is not");
}

#[tokio::test]
async fn who_is_renamed_stays_trusted_under_the_new_name() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    create(&world, "r", &trusting("arn:aws:iam::123456789012:user/alice")).await;
    let renamed = [("UserName", "alice"), ("NewUserName", "bob"), ("NewPath", "/x/")];
    world.ok(&world.root, "UpdateUser", &renamed).await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let now = trusting("arn:aws:iam::123456789012:user/x/bob");
    assert_eq!(trust_of(&get(&world, "r").await), now, "the new alice is someone else");
}

#[tokio::test]
async fn a_trust_policy_has_at_most_2048_characters_without_whitespace() {
    let world = world().await;
    let head = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":""#;
    let (fits, exceeds) = (of_size(2_048, head, "\"}}}}"), of_size(2_049, head, "\"}}}}"));
    create(&world, "r", &fits).await;
    let full = fault("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048");
    let parameters = [("RoleName", "s"), ("AssumeRolePolicyDocument", exceeds.as_str())];
    assert_eq!(world.refused(&world.root, "CreateRole", &parameters).await, full);
    let parameters = [("RoleName", "r"), ("PolicyDocument", exceeds.as_str())];
    assert_eq!(world.refused(&world.root, "UpdateAssumeRolePolicy", &parameters).await, full);
    let parameters = [("RoleName", "r"), ("PolicyDocument", fits.as_str())];
    world.ok(&world.root, "UpdateAssumeRolePolicy", &parameters).await;
}

#[tokio::test]
async fn a_boundary_must_be_a_policy_that_exists() {
    let world = world().await;
    let missing = "arn:aws:iam::123456789012:policy/missing";
    let parameters = [("RoleName", "r"), ("AssumeRolePolicyDocument", EC2), ("PermissionsBoundary", missing)];
    let message = format!("Scope ARN: {missing} does not exist or is not attachable.");
    assert_eq!(world.refused(&world.root, "CreateRole", &parameters).await, fault("NoSuchEntity", &message));
}

#[tokio::test]
async fn update_role_changes_what_it_names() {
    let world = world().await;
    create(&world, "r", EC2).await;
    let description = [("RoleName", "r"), ("Description", "one")];
    world.ok(&world.root, "UpdateRole", &description).await;
    world.ok(&world.root, "UpdateRole", &[("RoleName", "r"), ("MaxSessionDuration", "7200")]).await;
    let role = get(&world, "r").await;
    assert_eq!((role.get("Description"), role.get("MaxSessionDuration")), ("one", "7200"));
    let description = [("RoleName", "r"), ("Description", "two")];
    let role = world.ok(&world.root, "UpdateRoleDescription", &description).await;
    assert_eq!((role.get("Description"), role.get("MaxSessionDuration")), ("two", "7200"));
    assert_eq!(get(&world, "r").await.get("Description"), "two");
}

#[tokio::test]
async fn a_role_in_use_cannot_be_deleted() {
    let world = world().await;
    create(&world, "r", EC2).await;
    let role = ("RoleName", "r");
    let profile = ("InstanceProfileName", "p");
    let policy = ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    world.ok(&world.root, "AttachRolePolicy", &[role, policy]).await;
    let inline = [role, ("PolicyName", "p"), ("PolicyDocument", READ)];
    world.ok(&world.root, "PutRolePolicy", &inline).await;
    world.ok(&world.root, "CreateInstanceProfile", &[profile]).await;
    world.ok(&world.root, "AddRoleToInstanceProfile", &[profile, role]).await;

    let conflict = |what: &str| fault("DeleteConflict", &format!("Cannot delete entity, must {what} first."));
    let refused = world.refused(&world.root, "DeleteRole", &[role]).await;
    assert_eq!(refused, conflict("remove roles from instance profile"));
    world.ok(&world.root, "RemoveRoleFromInstanceProfile", &[profile, role]).await;
    assert_eq!(world.refused(&world.root, "DeleteRole", &[role]).await, conflict("detach all policies"));
    world.ok(&world.root, "DetachRolePolicy", &[role, policy]).await;
    assert_eq!(world.refused(&world.root, "DeleteRole", &[role]).await, conflict("delete policies"));
    world.ok(&world.root, "DeleteRolePolicy", &[role, ("PolicyName", "p")]).await;
    world.ok(&world.root, "DeleteRole", &[role]).await;
    assert_eq!(world.refused(&world.root, "GetRole", &[role]).await.0, "NoSuchEntity");
}

#[tokio::test]
async fn tags_are_added_replaced_removed_and_paged() {
    let world = world().await;
    create(&world, "r", EC2).await;
    let tag = |key: &'static str, value: &'static str| {
        [("RoleName", "r"), ("Tags.member.1.Key", key), ("Tags.member.1.Value", value)]
    };
    for (key, value) in [("a", "1"), ("b", "2"), ("A", "3")] {
        world.ok(&world.root, "TagRole", &tag(key, value)).await;
    }
    let first = world.ok(&world.root, "ListRoleTags", &[("RoleName", "r"), ("MaxItems", "1")]).await;
    assert_eq!((first.get("Key"), first.get("Value")), ("A", "3"));
    assert_eq!(first.get("IsTruncated"), "true");
    let rest = [("RoleName", "r"), ("Marker", first.get("Marker"))];
    let second = world.ok(&world.root, "ListRoleTags", &rest).await;
    assert_eq!((second.get("Key"), second.get("IsTruncated")), ("b", "false"));
    let parameters = [("RoleName", "r"), ("TagKeys.member.1", "B"), ("TagKeys.member.2", "none")];
    world.ok(&world.root, "UntagRole", &parameters).await;
    let left = world.ok(&world.root, "ListRoleTags", &[("RoleName", "r")]).await;
    assert_eq!(all(&left.xml, "Key"), ["A"]);
}

#[tokio::test]
async fn fifty_tags_fit_and_no_more() {
    let world = world().await;
    create(&world, "r", EC2).await;
    for n in 0..50 {
        let key = format!("k{n}");
        let parameters =
            [("RoleName", "r"), ("Tags.member.1.Key", key.as_str()), ("Tags.member.1.Value", "v")];
        world.ok(&world.root, "TagRole", &parameters).await;
    }
    let parameters = [("RoleName", "r"), ("Tags.member.1.Key", "more"), ("Tags.member.1.Value", "v")];
    assert_eq!(world.refused(&world.root, "TagRole", &parameters).await.0, "LimitExceeded");
}

#[tokio::test]
async fn lists_are_paged_and_filtered_by_path_and_not_by_name() {
    let world = world().await;
    for (name, path) in [("a", "/team/"), ("b", "/team/x/"), ("c", "/"), ("teamster", "/"), ("d", "/tea/")] {
        let parameters = [("RoleName", name), ("Path", path), ("AssumeRolePolicyDocument", EC2)];
        world.ok(&world.root, "CreateRole", &parameters).await;
    }
    let list = world.ok(&world.root, "ListRoles", &[("PathPrefix", "/team/")]).await;
    assert_eq!(all(&list.xml, "RoleName"), ["a", "b"]);
    let list = world.ok(&world.root, "ListRoles", &[("PathPrefix", "/tea")]).await;
    assert_eq!(all(&list.xml, "RoleName"), ["d", "a", "b"]);

    let mut seen = Vec::new();
    let mut marker = String::new();
    loop {
        let mut parameters = vec![("PathPrefix", "/tea"), ("MaxItems", "1")];
        if !marker.is_empty() {
            parameters.push(("Marker", &marker));
        }
        let page = world.ok(&world.root, "ListRoles", &parameters).await;
        seen.extend(all(&page.xml, "RoleName"));
        if page.get("IsTruncated") == "false" {
            assert!(!page.has("Marker"));
            break;
        }
        marker = page.get("Marker").to_owned();
    }
    assert_eq!(seen, ["d", "a", "b"]);
}

#[tokio::test]
async fn pages_by_path_meet_where_paths_are_longer_than_a_marker() {
    let world = world().await;
    let path = format!("/p/{}/", "p".repeat(508));
    for name in ["a", "b", "c"] {
        let parameters = [("RoleName", name), ("Path", &path), ("AssumeRolePolicyDocument", EC2)];
        world.ok(&world.root, "CreateRole", &parameters).await;
        let parameters = [("PolicyName", name), ("Path", &path), ("PolicyDocument", READ)];
        world.ok(&world.root, "CreatePolicy", &parameters).await;
    }
    for (operation, element) in [("ListRoles", "RoleName"), ("ListPolicies", "PolicyName")] {
        let mut seen = Vec::new();
        let mut marker = String::new();
        while seen.len() < 4 {
            let mut parameters = vec![("MaxItems", "1"), ("PathPrefix", "/p/")];
            if !marker.is_empty() {
                parameters.push(("Marker", &marker));
            }
            let page = world.ok(&world.root, operation, &parameters).await;
            seen.extend(all(&page.xml, element));
            if page.get("IsTruncated") == "false" {
                break;
            }
            marker = page.get("Marker").to_owned();
            assert!(marker.len() <= 320);
        }
        assert_eq!(seen, ["a", "b", "c"], "{operation}");
    }
}

#[tokio::test]
async fn nobody_makes_a_service_linked_role_with_create_role() {
    let world = world().await;
    for (path, code) in
        [("/aws-service-role/ec2.amazonaws.com/", "InvalidInput"), ("/aws-reserved/x/", "AccessDenied")]
    {
        let parameters = [("RoleName", "r"), ("Path", path), ("AssumeRolePolicyDocument", EC2)];
        assert_eq!(world.refused(&world.root, "CreateRole", &parameters).await.0, code, "{path}");
    }
}

/// Moves a role under a path that no request can choose.
async fn move_to(world: &World, name: &str, path: &str) {
    let owner = Owner::parse("aws:123456789012").unwrap();
    let found = world.core.store.read().find::<Role>(&Role::BY_NAME, &owner.to_string(), name).await;
    let mut role = (*found.unwrap().unwrap()).clone();
    role.path = Path::parse(path).unwrap();
    let mut tx = world.core.store.write(Authority::system(SystemActor::Bootstrap));
    tx.put(role).await.unwrap();
    let at = world.core.clock.now();
    let event = store::audit::AuditEvent::new("moved", at, &serde_json::json!({})).unwrap();
    tx.commit(event).await.unwrap();
}

#[tokio::test]
async fn a_service_linked_role_is_only_modifiable_by_its_service() {
    let world = world().await;
    create(&world, "linked", EC2).await;
    move_to(&world, "linked", "/aws-service-role/ec2.amazonaws.com/").await;
    let message =
        "Cannot perform the operation on the protected role 'linked' - this role is only modifiable by AWS";
    let nobody = world.user("nobody", "").await;
    let resource = arn("role/aws-service-role/ec2.amazonaws.com/linked");
    for (operation, more) in [
        ("DeleteRole", vec![]),
        ("UpdateRole", vec![("MaxSessionDuration", "7200")]),
        ("UpdateAssumeRolePolicy", vec![("PolicyDocument", EC2)]),
    ] {
        let parameters = [vec![("RoleName", "linked")], more].concat();
        let refused = world.refused(&world.root, operation, &parameters).await;
        assert_eq!(refused.0, "UnmodifiableEntity", "{operation}");
        assert_eq!(refused.1 == message, operation != "UpdateRole", "{}", refused.1);
        let refused = world.refused(&nobody, operation, &parameters).await;
        assert_eq!(refused, denied("nobody", &format!("iam:{operation}"), &resource), "{operation}");
    }
    let parameters = [("RoleName", "linked"), ("Description", "mine")];
    world.ok(&world.root, "UpdateRoleDescription", &parameters).await;
    world.ok(&world.root, "CreateInstanceProfile", &[("InstanceProfileName", "p")]).await;
    let parameters = [("RoleName", "linked"), ("InstanceProfileName", "p")];
    let refused = world.refused(&world.root, "AddRoleToInstanceProfile", &parameters).await;
    assert_eq!(refused, fault("UnmodifiableEntity", message));
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_role() {
    let world = world().await;
    for name in ["r", "s"] {
        create(&world, name, EC2).await;
    }
    let (mine, other) = (arn("role/r"), arn("role/s"));
    for (operation, more) in [
        ("GetRole", vec![]),
        ("ListRoleTags", vec![]),
        ("UpdateRole", vec![("Description", "x")]),
        ("UpdateRoleDescription", vec![("Description", "x")]),
        ("UpdateAssumeRolePolicy", vec![("PolicyDocument", EC2)]),
        ("TagRole", vec![("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
        ("UntagRole", vec![("TagKeys.member.1", "k")]),
        ("ListInstanceProfilesForRole", vec![]),
        ("DeleteRole", vec![]),
    ] {
        let with = |name| [vec![("RoleName", name)], more.clone()].concat();
        let action = format!("iam:{operation}");
        needs_leave(&world, &action, (&mine, &with("r")), (&other, &with("s"))).await;
    }
    let with = |name| vec![("RoleName", name), ("Path", "/x/"), ("AssumeRolePolicyDocument", EC2)];
    let (mine, other) = (arn("role/x/new"), arn("role/x/other"));
    needs_leave(&world, "iam:CreateRole", (&mine, &with("new")), (&other, &with("other"))).await;

    let nobody = world.user("nobody", "").await;
    let refused = world.refused(&nobody, "ListRoles", &[]).await;
    assert_eq!(refused, denied("nobody", "iam:ListRoles", &arn("role/")));
    let lister = world.user("lister", &allow("iam:ListRoles", &arn("role/"))).await;
    world.ok(&lister, "ListRoles", &[]).await;
}

async fn may(world: &World, who: &Who, operation: &str, parameters: &[(&str, &str)]) -> bool {
    match world.call(who, operation, parameters).await {
        Ok(_) => true,
        Err(fault) => {
            assert_eq!(fault.code, "AccessDenied", "{operation}: {fault}");
            false
        }
    }
}

#[tokio::test]
async fn the_boundary_is_a_condition_of_making_and_changing_roles() {
    let world = world().await;
    let boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let condition = format!(r#"{{"StringEquals":{{"iam:PermissionsBoundary":"{boundary}"}}}}"#);
    let policy = allow_if("iam:*Role*", "*", &condition);
    let who = world.user("delegate", &policy).await;
    let plain = [("RoleName", "r"), ("AssumeRolePolicyDocument", EC2)];
    let bounded = [plain.to_vec(), vec![("PermissionsBoundary", boundary)]].concat();
    assert!(!may(&world, &who, "CreateRole", &plain).await);
    assert!(may(&world, &who, "CreateRole", &bounded).await);
    create(&world, "unbounded", EC2).await;
    for operation in ["GetRole", "UpdateRole", "DeleteRole"] {
        assert!(!may(&world, &who, operation, &[("RoleName", "unbounded")]).await, "{operation}");
        assert!(may(&world, &who, operation, &[("RoleName", "r")]).await, "{operation}");
    }
}

#[tokio::test]
async fn tags_are_conditions_of_the_request_and_of_the_role() {
    let world = world().await;
    let condition = r#"{"StringEquals":{"aws:RequestTag/team":"a"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}"#;
    let who = world.user("maker", &allow_if("iam:*", "*", condition)).await;
    let plain = [("RoleName", "r"), ("AssumeRolePolicyDocument", EC2)];
    let tagged = |value| {
        [plain.to_vec(), vec![("Tags.member.1.Key", "team"), ("Tags.member.1.Value", value)]].concat()
    };
    assert!(!may(&world, &who, "CreateRole", &plain).await);
    assert!(!may(&world, &who, "CreateRole", &tagged("b")).await);
    assert!(may(&world, &who, "CreateRole", &tagged("a")).await);

    for (key, name) in [("aws:ResourceTag/team", "one"), ("iam:ResourceTag/team", "two")] {
        let condition = format!(r#"{{"StringEquals":{{"{key}":"a"}}}}"#);
        let who = world.user(name, &allow_if("iam:GetRole", "*", &condition)).await;
        create(&world, name, EC2).await;
        assert!(may(&world, &who, "GetRole", &[("RoleName", "r")]).await, "{key}");
        assert!(!may(&world, &who, "GetRole", &[("RoleName", name)]).await, "{key}");
    }
}

#[tokio::test]
async fn tags_on_creation_need_leave_to_tag() {
    let world = world().await;
    let who = world.user("maker", &allow("iam:CreateRole", "*")).await;
    let parameters = [
        ("RoleName", "r"),
        ("AssumeRolePolicyDocument", EC2),
        ("Tags.member.1.Key", "k"),
        ("Tags.member.1.Value", "v"),
    ];
    let refused = world.refused(&who, "CreateRole", &parameters).await;
    assert_eq!(refused, denied("maker", "iam:TagRole", &arn("role/r")));
}

#[tokio::test]
async fn a_stranger_hears_of_no_malformed_document() {
    let world = world().await;
    let nobody = world.user("nobody", "").await;
    let parameters = [("RoleName", "r"), ("AssumeRolePolicyDocument", "{")];
    let refused = world.refused(&nobody, "CreateRole", &parameters).await;
    assert_eq!(refused, denied("nobody", "iam:CreateRole", &arn("role/r")));
}
