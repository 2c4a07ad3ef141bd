//! Managed policies attached to users, groups and roles.

use crate::asking::{all, allow, allow_if, arn, denied, fault, needs_leave, world};
use service::testing::World;

const KINDS: [(&str, &str); 3] = [("User", "user"), ("Group", "group"), ("Role", "role")];
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}}"#;
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const LAMBDA: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

/// A world with a user, a group and a role, each called `Holder`.
async fn with_holders() -> World {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "Holder")]).await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", "Holder")]).await;
    let parameters = [("RoleName", "Holder"), ("AssumeRolePolicyDocument", TRUST)];
    world.ok(&world.root, "CreateRole", &parameters).await;
    world
}

async fn policy(world: &World, name: &str, path: &str) -> String {
    let document = allow("s3:GetObject", "*");
    let parameters = [("PolicyName", name), ("Path", path), ("PolicyDocument", &*document)];
    world.ok(&world.root, "CreatePolicy", &parameters).await.get("Arn").to_owned()
}

async fn attached(world: &World, kind: &str, more: &[(&str, &str)]) -> Vec<String> {
    let holder = format!("{kind}Name");
    let parameters = [&[(&*holder, "Holder")], more].concat();
    let listed = world.ok(&world.root, &format!("ListAttached{kind}Policies"), &parameters).await;
    all(&listed.xml, "PolicyArn")
}

#[tokio::test]
async fn what_is_attached_is_listed_with_name_and_arn() {
    let world = with_holders().await;
    for (kind, _) in KINDS {
        let holder = format!("{kind}Name");
        assert_eq!(attached(&world, kind, &[]).await, Vec::<String>::new());
        let parameters = [(&*holder, "hOLDER"), ("PolicyArn", LAMBDA)];
        world.ok(&world.root, &format!("Attach{kind}Policy"), &parameters).await;
        let operation = format!("ListAttached{kind}Policies");
        let listed = world.ok(&world.root, &operation, &[(&*holder, "Holder")]).await;
        let expected = format!(
            "<AttachedPolicies><member><PolicyName>AWSLambdaBasicExecutionRole</PolicyName>\
             <PolicyArn>{LAMBDA}</PolicyArn></member></AttachedPolicies><IsTruncated>false</IsTruncated>"
        );
        assert!(listed.xml.contains(&expected), "{}", listed.xml);
    }
}

#[tokio::test]
async fn attaching_twice_is_as_once_and_detaching_twice_is_an_error() {
    let world = with_holders().await;
    for (kind, _) in KINDS {
        let holder = format!("{kind}Name");
        let parameters = [(&*holder, "Holder"), ("PolicyArn", READ_ONLY)];
        for _ in 0..2 {
            world.ok(&world.root, &format!("Attach{kind}Policy"), &parameters).await;
        }
        assert_eq!(attached(&world, kind, &[]).await, [READ_ONLY]);
        world.ok(&world.root, &format!("Detach{kind}Policy"), &parameters).await;
        let refusal = world.refused(&world.root, &format!("Detach{kind}Policy"), &parameters).await;
        assert_eq!(refusal, fault("NoSuchEntity", &format!("Policy {READ_ONLY} was not found.")));
        assert_eq!(attached(&world, kind, &[]).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn only_policies_that_exist_and_are_for_customers_are_attached() {
    let world = with_holders().await;
    let own = policy(&world, "Own", "/team/").await;
    for (kind, noun) in KINDS {
        let holder = format!("{kind}Name");
        let attach = format!("Attach{kind}Policy");
        for gone in [
            "arn:aws:iam::aws:policy/readonlyaccess",
            "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole",
            "arn:aws:iam::123456789012:policy/Own",
            "arn:aws:iam::123456789012:policy/team/OWN",
            "arn:aws:iam::210987654321:policy/team/Own",
        ] {
            let refusal =
                world.refused(&world.root, &attach, &[(&*holder, "Holder"), ("PolicyArn", gone)]).await;
            let message = format!("Policy {gone} does not exist or is not attachable.");
            assert_eq!(refusal, fault("NoSuchEntity", &message));
        }
        for bad in
            ["this is not an ARN at all", "arn:aws:s3:::bucket/key", "arn:aws:iam::aws:role/ReadOnlyAccess"]
        {
            let refusal =
                world.refused(&world.root, &attach, &[(&*holder, "Holder"), ("PolicyArn", bad)]).await;
            assert_eq!(refusal, fault("InvalidInput", &format!("ARN {bad} is not valid.")));
        }
        let kept = "arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy";
        let refusal = world.refused(&world.root, &attach, &[(&*holder, "Holder"), ("PolicyArn", kept)]).await;
        let message = format!("Cannot attach a Service Role Policy to a Customer {kind}.");
        assert_eq!(refusal, fault("PolicyNotAttachable", &message));
        let nobody = [(&*holder, "none"), ("PolicyArn", &*own)];
        let missing = fault("NoSuchEntity", &format!("The {noun} with name none cannot be found."));
        assert_eq!(world.refused(&world.root, &attach, &nobody).await, missing);
        assert_eq!(world.refused(&world.root, &format!("Detach{kind}Policy"), &nobody).await, missing);
        let list = format!("ListAttached{kind}Policies");
        assert_eq!(world.refused(&world.root, &list, &nobody[..1]).await, missing);
        world.ok(&world.root, &attach, &[(&*holder, "Holder"), ("PolicyArn", &*own)]).await;
    }
}

#[tokio::test]
async fn the_list_is_cut_by_path_and_by_page() {
    let world = with_holders().await;
    let (a, b) = (policy(&world, "a", "/team/").await, policy(&world, "b", "/team/x/").await);
    let c = policy(&world, "c", "/teamwork/").await;
    for (kind, _) in KINDS {
        let holder = format!("{kind}Name");
        for policy in [&*c, &*a, LAMBDA, &*b] {
            let parameters = [(&*holder, "Holder"), ("PolicyArn", policy)];
            world.ok(&world.root, &format!("Attach{kind}Policy"), &parameters).await;
        }
        assert_eq!(attached(&world, kind, &[("PathPrefix", "/team/")]).await, [&*a, &*b]);
        assert_eq!(attached(&world, kind, &[("PathPrefix", "/service-role/")]).await, [LAMBDA]);
        assert_eq!(attached(&world, kind, &[("PathPrefix", "/")]).await, [&*a, LAMBDA, &*b, &*c]);
        let first = [(&*holder, "Holder"), ("PathPrefix", "/team/"), ("MaxItems", "1")];
        let operation = format!("ListAttached{kind}Policies");
        let first = world.ok(&world.root, &operation, &first).await;
        assert_eq!(all(&first.xml, "PolicyArn"), [&*a]);
        assert_eq!(first.get("IsTruncated"), "true");
        let rest = attached(&world, kind, &[("PathPrefix", "/team/"), ("Marker", first.get("Marker"))]).await;
        assert_eq!(rest, [&*b]);
    }
}

#[tokio::test]
async fn ten_policies_are_attached_at_most() {
    let world = with_holders().await;
    let mut policies = Vec::new();
    for n in 0..11 {
        policies.push(policy(&world, &format!("p{n}"), "/").await);
    }
    for (kind, _) in KINDS {
        let holder = format!("{kind}Name");
        let attach = format!("Attach{kind}Policy");
        for policy in &policies[..10] {
            world.ok(&world.root, &attach, &[(&*holder, "Holder"), ("PolicyArn", policy)]).await;
        }
        let refusal =
            world.refused(&world.root, &attach, &[(&*holder, "Holder"), ("PolicyArn", &policies[10])]).await;
        let message = format!("Cannot exceed quota for PoliciesPer{kind}: 10");
        assert_eq!(refusal, fault("LimitExceeded", &message));
        world.ok(&world.root, &attach, &[(&*holder, "Holder"), ("PolicyArn", &policies[3])]).await;
    }
}

#[tokio::test]
async fn each_operation_needs_leave_on_the_holder() {
    let world = with_holders().await;
    for (kind, noun) in KINDS {
        let holder = format!("{kind}Name");
        let ours = [(&*holder, "Holder"), ("PolicyArn", READ_ONLY)];
        let other = [(&*holder, "Other"), ("PolicyArn", READ_ONLY)];
        let (here, there) = (arn(&format!("{noun}/Holder")), arn(&format!("{noun}/Other")));
        for verb in ["Attach", "Detach"] {
            let action = format!("iam:{verb}{kind}Policy");
            needs_leave(&world, &action, (&here, &ours), (&there, &other)).await;
        }
        let action = format!("iam:ListAttached{kind}Policies");
        needs_leave(&world, &action, (&here, &ours[..1]), (&there, &other[..1])).await;
    }
}

#[tokio::test]
async fn the_policy_s_arn_is_a_condition_key() {
    let world = with_holders().await;
    let condition = format!(r#"{{"ArnEquals":{{"iam:PolicyARN":"{READ_ONLY}"}}}}"#);
    for (kind, noun) in KINDS {
        let holder = format!("{kind}Name");
        for verb in ["Attach", "Detach"] {
            let operation = format!("{verb}{kind}Policy");
            let action = format!("iam:{operation}");
            let admin = format!("{verb}-{noun}");
            let who = world.user(&admin, &allow_if(&action, "*", &condition)).await;
            let other = [(&*holder, "Holder"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")];
            let refusal = world.refused(&who, &operation, &other).await;
            assert_eq!(refusal, denied(&admin, &action, &arn(&format!("{noun}/Holder"))));
            world.ok(&who, &operation, &[(&*holder, "Holder"), ("PolicyArn", READ_ONLY)]).await;
        }
    }
}

#[tokio::test]
async fn the_holder_s_boundary_is_a_condition_key() {
    let world = with_holders().await;
    let condition = format!(r#"{{"StringEquals":{{"iam:PermissionsBoundary":"{READ_ONLY}"}}}}"#);
    for (kind, noun) in [("User", "user"), ("Role", "role")] {
        let holder = format!("{kind}Name");
        let parameters = [(&*holder, "Holder"), ("PolicyArn", READ_ONLY)];
        for verb in ["Attach", "Detach"] {
            let operation = format!("{verb}{kind}Policy");
            let action = format!("iam:{operation}");
            let admin = format!("{verb}-{noun}");
            let who = world.user(&admin, &allow_if(&action, "*", &condition)).await;
            if verb == "Detach" {
                let unbound = [(&*holder, "Holder")];
                world.ok(&world.root, &format!("Delete{kind}PermissionsBoundary"), &unbound).await;
            }
            let refusal = world.refused(&who, &operation, &parameters).await;
            assert_eq!(refusal, denied(&admin, &action, &arn(&format!("{noun}/Holder"))));
            let bound = [(&*holder, "Holder"), ("PermissionsBoundary", READ_ONLY)];
            world.ok(&world.root, &format!("Put{kind}PermissionsBoundary"), &bound).await;
            world.ok(&who, &operation, &parameters).await;
        }
    }
}

#[tokio::test]
async fn what_is_attached_binds_at_the_next_request() {
    let world = world().await;
    let alice = world.user("alice", "").await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", "g")]).await;
    world.ok(&world.root, "AddUserToGroup", &[("GroupName", "g"), ("UserName", "alice")]).await;
    for (kind, name) in [("User", "alice"), ("Group", "g")] {
        let holder = format!("{kind}Name");
        assert_eq!(world.refused(&alice, "ListUsers", &[]).await.0, "AccessDenied");
        let parameters = [(&*holder, name), ("PolicyArn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess")];
        world.ok(&world.root, &format!("Attach{kind}Policy"), &parameters).await;
        world.ok(&alice, "ListUsers", &[]).await;
        world.ok(&world.root, &format!("Detach{kind}Policy"), &parameters).await;
    }
    assert_eq!(world.refused(&alice, "ListUsers", &[]).await.0, "AccessDenied");
}
