//! Service-linked roles.

use service::testing::World;

use crate::asking::{allow, allow_if, arn, decoded, denied, fault, needs_leave, world};

const ECS: &str = "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";

async fn create(world: &World, service: &str) {
    world.ok(&world.root, "CreateServiceLinkedRole", &[("AWSServiceName", service)]).await;
}

#[tokio::test]
async fn a_service_gets_its_role_with_its_policy_and_its_trust() {
    let world = world().await;
    let parameters = [("AWSServiceName", "ecs.amazonaws.com"), ("Description", "for tasks")];
    let made = world.ok(&world.root, "CreateServiceLinkedRole", &parameters).await;
    assert_eq!(made.get("Arn"), arn(ECS));
    assert_eq!(made.get("Path"), "/aws-service-role/ecs.amazonaws.com/");
    assert_eq!(made.get("RoleName"), "AWSServiceRoleForECS");
    assert_eq!(made.get("Description"), "for tasks");
    assert!(made.get("RoleId").starts_with("AROA"));
    let trust = decoded(made.get("AssumeRolePolicyDocument"));
    assert_eq!(
        trust,
        r#"{"Version":"2012-10-17","Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":["ecs.amazonaws.com"]}}]}"#
    );
    let name = [("RoleName", "AWSServiceRoleForECS")];
    assert_eq!(world.ok(&world.root, "GetRole", &name).await.get("Arn"), arn(ECS));
    let attached = world.ok(&world.root, "ListAttachedRolePolicies", &name).await;
    let policy = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy";
    assert_eq!(attached.get("PolicyArn"), policy);

    let taken = "Service role name AWSServiceRoleForECS has been taken in this account, please try a different \
                 suffix.";
    let refused = world.refused(&world.root, "CreateServiceLinkedRole", &parameters).await;
    assert_eq!(refused, fault("InvalidInput", taken));
}

#[tokio::test]
async fn some_services_have_several_roles() {
    let world = world().await;
    create(&world, "autoscaling.amazonaws.com").await;
    let own = [("AWSServiceName", "autoscaling.amazonaws.com"), ("CustomSuffix", "team-a")];
    let made = world.ok(&world.root, "CreateServiceLinkedRole", &own).await;
    assert_eq!(made.get("RoleName"), "AWSServiceRoleForAutoScaling_team-a");
    let other = [("AWSServiceName", "es.amazonaws.com"), ("CustomSuffix", "a")];
    let no = fault("InvalidInput", "Custom suffix is not allowed for es.amazonaws.com");
    assert_eq!(world.refused(&world.root, "CreateServiceLinkedRole", &other).await, no);
}

#[tokio::test]
async fn what_is_no_service_has_no_role() {
    let world = world().await;
    for service in ["ecs", "ecs.example.com", "nosuch.amazonaws.com"] {
        let refused =
            world.refused(&world.root, "CreateServiceLinkedRole", &[("AWSServiceName", service)]).await;
        let message = format!("{service} is not a valid service name for a service-linked role.");
        assert_eq!(refused, fault("InvalidInput", &message));
    }
}

#[tokio::test]
async fn a_role_is_deleted_by_a_task_that_succeeds() {
    let world = world().await;
    create(&world, "ecs.amazonaws.com").await;
    let name = [("RoleName", "AWSServiceRoleForECS")];
    let direct = world.refused(&world.root, "DeleteRole", &name).await;
    assert_eq!(direct.0, "UnmodifiableEntity");
    let deleted = world.ok(&world.root, "DeleteServiceLinkedRole", &name).await;
    let id = deleted.get("DeletionTaskId");
    assert!(id.starts_with("task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/"), "{id}");
    let missing = fault("NoSuchEntity", "The role with name AWSServiceRoleForECS cannot be found.");
    for operation in ["GetRole", "DeleteServiceLinkedRole"] {
        assert_eq!(world.refused(&world.root, operation, &name).await, missing, "{operation}");
    }
    let task = [("DeletionTaskId", id)];
    let status = world.ok(&world.root, "GetServiceLinkedRoleDeletionStatus", &task).await;
    assert_eq!(status.get("Status"), "SUCCEEDED");
    create(&world, "ecs.amazonaws.com").await;

    let unknown = id.replace(|c: char| c.is_ascii_digit(), "0");
    let refused = world
        .refused(&world.root, "GetServiceLinkedRoleDeletionStatus", &[("DeletionTaskId", &unknown)])
        .await;
    assert_eq!(refused, fault("NoSuchEntity", "Cannot find deletion status for given id."));
    for bad in ["x", "task/x/y/z", "task/aws-service-role/x/y", "task/aws-service-role/a/b/c/d"] {
        let refused = world
            .refused(&world.root, "GetServiceLinkedRoleDeletionStatus", &[("DeletionTaskId", bad)])
            .await;
        assert_eq!(refused, fault("InvalidInput", "Invalid task id"));
    }
}

#[tokio::test]
async fn a_role_of_ones_own_is_not_deleted_so() {
    let world = world().await;
    let parameters = [("RoleName", "r"), ("AssumeRolePolicyDocument", crate::documents::EC2)];
    world.ok(&world.root, "CreateRole", &parameters).await;
    let refused = world.refused(&world.root, "DeleteServiceLinkedRole", &[("RoleName", "r")]).await;
    assert_eq!(refused, fault("NoSuchEntity", "The role with name r cannot be found."));
    world.ok(&world.root, "GetRole", &[("RoleName", "r")]).await;
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_role() {
    let world = world().await;
    let rds = "role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS";
    let (mine, other) = (arn(ECS), arn(rds));
    let new = |service| [("AWSServiceName", service)];
    let (ecs, next) = (new("ecs.amazonaws.com"), new("rds.amazonaws.com"));
    needs_leave(&world, "iam:CreateServiceLinkedRole", (&mine, &ecs), (&other, &next)).await;
    create(&world, "rds.amazonaws.com").await;
    let (name, second) = ([("RoleName", "AWSServiceRoleForECS")], [("RoleName", "AWSServiceRoleForRDS")]);
    needs_leave(&world, "iam:DeleteServiceLinkedRole", (&mine, &name), (&other, &second)).await;
    create(&world, "ecs.amazonaws.com").await;
    let one = world.ok(&world.root, "DeleteServiceLinkedRole", &name).await;
    let two = world.ok(&world.root, "DeleteServiceLinkedRole", &second).await;
    let task = [("DeletionTaskId", one.get("DeletionTaskId"))];
    let neighbour = [("DeletionTaskId", two.get("DeletionTaskId"))];
    let action = "iam:GetServiceLinkedRoleDeletionStatus";
    needs_leave(&world, action, (&mine, &task), (&other, &neighbour)).await;
}

#[tokio::test]
async fn leave_may_be_for_one_service() {
    let world = world().await;
    let condition = r#"{"StringLike":{"iam:AWSServiceName":"ecs.amazonaws.com"}}"#;
    let who = world.user("ecs", &allow_if("iam:CreateServiceLinkedRole", "*", condition)).await;
    let refused =
        world.refused(&who, "CreateServiceLinkedRole", &[("AWSServiceName", "rds.amazonaws.com")]).await;
    let rds = arn("role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS");
    assert_eq!(refused, denied("ecs", "iam:CreateServiceLinkedRole", &rds));
    world.ok(&who, "CreateServiceLinkedRole", &[("AWSServiceName", "ecs.amazonaws.com")]).await;
    let any = world.user("any", &allow("iam:CreateServiceLinkedRole", "*")).await;
    world.ok(&any, "CreateServiceLinkedRole", &[("AWSServiceName", "rds.amazonaws.com")]).await;
}
