//! Permissions boundaries of users and roles.

use crate::asking::{allow, allow_if, arn, denied, fault, needs_leave, world};
use service::testing::World;

const KINDS: [(&str, &str); 2] = [("User", "user"), ("Role", "role")];
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}}"#;
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// A world with a user and a role, each called `Holder`.
async fn with_holders() -> World {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "Holder")]).await;
    let parameters = [("RoleName", "Holder"), ("AssumeRolePolicyDocument", TRUST)];
    world.ok(&world.root, "CreateRole", &parameters).await;
    world
}

#[tokio::test]
async fn a_boundary_is_shown_replaced_and_removed() {
    let world = with_holders().await;
    for (kind, _) in KINDS {
        let holder = format!("{kind}Name");
        for boundary in [READ_ONLY, ADMIN] {
            let parameters = [(&*holder, "hOLDER"), ("PermissionsBoundary", boundary)];
            world.ok(&world.root, &format!("Put{kind}PermissionsBoundary"), &parameters).await;
            let got = world.ok(&world.root, &format!("Get{kind}"), &parameters[..1]).await;
            let expected = format!(
                "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
                 <PermissionsBoundaryArn>{boundary}</PermissionsBoundaryArn></PermissionsBoundary>"
            );
            assert!(got.xml.contains(&expected), "{}", got.xml);
        }
        let (delete, parameters) = (format!("Delete{kind}PermissionsBoundary"), [(&*holder, "Holder")]);
        world.ok(&world.root, &delete, &parameters).await;
        assert_eq!(world.refused(&world.root, &delete, &parameters).await.0, "NoSuchEntity");
        let got = world.ok(&world.root, &format!("Get{kind}"), &[(&*holder, "Holder")]).await;
        assert!(!got.xml.contains("PermissionsBoundary"), "{}", got.xml);
    }
}

#[tokio::test]
async fn only_a_managed_policy_that_exists_bounds() {
    let world = with_holders().await;
    for (kind, noun) in KINDS {
        let holder = format!("{kind}Name");
        let put = format!("Put{kind}PermissionsBoundary");
        let boundary = |arn| [(&*holder, "Holder"), ("PermissionsBoundary", arn)];
        let gone = "arn:aws:iam::123456789012:policy/none";
        let message = format!("Scope ARN: {gone} does not exist or is not attachable.");
        let refusal = world.refused(&world.root, &put, &boundary(gone)).await;
        assert_eq!(refusal, fault("NoSuchEntity", &message));
        let bad = "this is not an ARN at all";
        let refusal = world.refused(&world.root, &put, &boundary(bad)).await;
        assert_eq!(refusal, fault("InvalidInput", &format!("ARN {bad} is not valid.")));
        let kept = "arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy";
        assert_eq!(world.refused(&world.root, &put, &boundary(kept)).await.0, "PolicyNotAttachable");
        let missing = fault("NoSuchEntity", &format!("The {noun} with name none cannot be found."));
        let nobody = [(&*holder, "none"), ("PermissionsBoundary", READ_ONLY)];
        assert_eq!(world.refused(&world.root, &put, &nobody).await, missing);
        let delete = format!("Delete{kind}PermissionsBoundary");
        assert_eq!(world.refused(&world.root, &delete, &nobody[..1]).await, missing);
    }
}

#[tokio::test]
async fn a_boundary_bounds_at_the_next_request() {
    let world = world().await;
    let alice = world.user("alice", &allow("iam:*", "*")).await;
    world.ok(&alice, "CreateUser", &[("UserName", "one")]).await;
    let parameters = [("UserName", "alice"), ("PermissionsBoundary", READ_ONLY)];
    world.ok(&world.root, "PutUserPermissionsBoundary", &parameters).await;
    world.ok(&alice, "GetUser", &[("UserName", "one")]).await;
    let refusal = world.refused(&alice, "CreateUser", &[("UserName", "two")]).await;
    let sentence = format!(
        "User: {} is not authorized to perform: iam:CreateUser on resource: {} because no permissions boundary allows \
         the iam:CreateUser action",
        arn("user/alice"),
        arn("user/two")
    );
    assert_eq!(refusal, fault("AccessDenied", &sentence));
    world.ok(&world.root, "DeleteUserPermissionsBoundary", &[("UserName", "alice")]).await;
    world.ok(&alice, "CreateUser", &[("UserName", "two")]).await;
}

#[tokio::test]
async fn each_operation_needs_leave_on_the_principal() {
    let world = with_holders().await;
    for (kind, noun) in KINDS {
        let holder = format!("{kind}Name");
        let ours = [(&*holder, "Holder"), ("PermissionsBoundary", READ_ONLY)];
        let other = [(&*holder, "Other"), ("PermissionsBoundary", READ_ONLY)];
        let (here, there) = (arn(&format!("{noun}/Holder")), arn(&format!("{noun}/Other")));
        for (verb, take) in [("Put", 2), ("Delete", 1)] {
            let action = format!("iam:{verb}{kind}PermissionsBoundary");
            needs_leave(&world, &action, (&here, &ours[..take]), (&there, &other[..take])).await;
        }
    }
}

#[tokio::test]
async fn the_condition_key_is_the_boundary_asked_for_or_the_one_removed() {
    let world = with_holders().await;
    let condition = format!(r#"{{"StringEquals":{{"iam:PermissionsBoundary":"{READ_ONLY}"}}}}"#);
    for (kind, noun) in KINDS {
        let holder = format!("{kind}Name");
        let resource = arn(&format!("{noun}/Holder"));
        let boundary = |arn| [(&*holder, "Holder"), ("PermissionsBoundary", arn)];
        let (put, delete) =
            (format!("Put{kind}PermissionsBoundary"), format!("Delete{kind}PermissionsBoundary"));

        let action = format!("iam:{put}");
        let name = format!("put-{noun}");
        let who = world.user(&name, &allow_if(&action, "*", &condition)).await;
        let refusal = world.refused(&who, &put, &boundary(ADMIN)).await;
        assert_eq!(refusal, denied(&name, &action, &resource));
        world.ok(&world.root, &put, &boundary(ADMIN)).await;
        world.ok(&who, &put, &boundary(READ_ONLY)).await;

        let action = format!("iam:{delete}");
        let name = format!("delete-{noun}");
        let who = world.user(&name, &allow_if(&action, "*", &condition)).await;
        world.ok(&world.root, &put, &boundary(ADMIN)).await;
        let refusal = world.refused(&who, &delete, &boundary(ADMIN)[..1]).await;
        assert_eq!(refusal, denied(&name, &action, &resource));
        world.ok(&world.root, &put, &boundary(READ_ONLY)).await;
        world.ok(&who, &delete, &boundary(READ_ONLY)[..1]).await;
    }
}

#[tokio::test]
async fn a_new_user_can_be_made_only_with_the_boundary_that_is_demanded() {
    let world = world().await;
    let condition = format!(r#"{{"StringEquals":{{"iam:PermissionsBoundary":"{READ_ONLY}"}}}}"#);
    let who = world.user("admin", &allow_if("iam:CreateUser", "*", &condition)).await;
    let refusal = world.refused(&who, "CreateUser", &[("UserName", "a")]).await;
    assert_eq!(refusal, denied("admin", "iam:CreateUser", &arn("user/a")));
    let parameters = [("UserName", "a"), ("PermissionsBoundary", ADMIN)];
    assert_eq!(world.refused(&who, "CreateUser", &parameters).await.0, "AccessDenied");
    let parameters = [("UserName", "a"), ("PermissionsBoundary", READ_ONLY)];
    let made = world.ok(&who, "CreateUser", &parameters).await;
    assert_eq!(made.get("PermissionsBoundaryArn"), READ_ONLY);
    let gone = "arn:aws:iam::123456789012:policy/none";
    let parameters = [("UserName", "b"), ("PermissionsBoundary", gone)];
    let refusal = world.refused(&world.root, "CreateUser", &parameters).await;
    let message = format!("Scope ARN: {gone} does not exist or is not attachable.");
    assert_eq!(refusal, fault("NoSuchEntity", &message));
}
