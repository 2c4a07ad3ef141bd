//! AssumeRoot, outside an organization.

use crate::support::{allow, world};

const TASK: &str = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";

#[tokio::test]
async fn an_account_outside_an_organization_manages_no_other() {
    let world = world().await;
    let who = world.user("alice", &allow("sts:AssumeRoot", "arn:aws:iam::210987654321:root")).await;
    world.account("210987654321").await;
    for target in ["210987654321", "arn:aws:iam::210987654321:root"] {
        let asked = [("TargetPrincipal", target), ("TaskPolicyArn.arn", TASK)];
        let (code, message) = world.refused(&who, "AssumeRoot", &asked).await;
        assert_eq!(code, "AccessDenied");
        assert!(message.contains("organization"), "{message}");
    }
    let other = [("TargetPrincipal", "333333333333"), ("TaskPolicyArn.arn", TASK)];
    let (_, message) = world.refused(&who, "AssumeRoot", &other).await;
    assert!(message.contains("is not authorized to perform: sts:AssumeRoot"), "{message}");
    assert_eq!(world.refused(&world.root, "AssumeRoot", &other).await.0, "AccessDenied");
}

#[tokio::test]
async fn a_policy_may_bind_the_task_and_only_five_policies_are_tasks() {
    let world = world().await;
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRoot","Resource":"*",
            "Condition":{{"ArnEquals":{{"sts:TaskPolicyArn":"{TASK}"}}}}}}]}}"#
    );
    let who = world.user("alice", &policy).await;
    let asked = |task| [("TargetPrincipal", "210987654321"), ("TaskPolicyArn.arn", task)];
    let (_, message) = world.refused(&who, "AssumeRoot", &asked(TASK)).await;
    assert!(message.contains("organization"), "{message}");
    let other = "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy";
    let (_, message) = world.refused(&who, "AssumeRoot", &asked(other)).await;
    assert!(message.contains("is not authorized"), "{message}");
    for bad in [
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "arn:aws:iam::aws:policy/root-task/Other",
        "arn:aws:iam::aws:policy/root-task/iamauditrootusercredentials",
    ] {
        assert_eq!(world.refused(&who, "AssumeRoot", &asked(bad)).await.0, "ValidationError", "{bad}");
    }
    for target in
        ["12345678901a", "arn:aws:iam::210987654321:user/x", "arn:aws-cn:iam::210987654321:root", "short"]
    {
        let asked = [("TargetPrincipal", target), ("TaskPolicyArn.arn", TASK)];
        assert_eq!(world.refused(&who, "AssumeRoot", &asked).await.0, "ValidationError", "{target}");
    }
    let mut long = asked(TASK).to_vec();
    long.push(("DurationSeconds", "901"));
    assert_eq!(world.refused(&who, "AssumeRoot", &long).await.0, "ValidationError");
    assert_eq!(world.refused(&who, "AssumeRoot", &long[..1]).await.0, "ValidationError");
}
