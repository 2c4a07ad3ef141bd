//! What needs an organization, in an account outside of one.

use crate::asking::{allow, arn, denied, fault, world};

#[tokio::test]
async fn without_an_organization_there_are_no_features() {
    let world = world().await;
    let none =
        fault("OrganizationNotFoundException", "Account 123456789012 is not a member of an organization.");
    for operation in [
        "ListOrganizationsFeatures",
        "EnableOrganizationsRootCredentialsManagement",
        "DisableOrganizationsRootCredentialsManagement",
        "EnableOrganizationsRootSessions",
        "DisableOrganizationsRootSessions",
    ] {
        let (name, action) = (format!("no-{operation}"), format!("iam:{operation}"));
        let who = world.user(&name, "").await;
        assert_eq!(world.refused(&who, operation, &[]).await, denied(&name, &action, "*"));
        let who = world.user(operation, &allow(&action, "*")).await;
        assert_eq!(world.refused(&who, operation, &[]).await, none);
    }
}

#[tokio::test]
async fn there_is_no_report_about_an_organization() {
    let world = world().await;
    let path = "o-a1b2c3d4e5/r-f6g7h8i9j0example/ou-rge0-awsabcde/123456789012";
    let generate = [("EntityPath", path), ("OrganizationsPolicyId", "p-12345678")];
    let who = world.user("nobody", "").await;
    let action = "iam:GenerateOrganizationsAccessReport";
    let resource = arn(&format!("access-report/{path}"));
    let refusal = world.refused(&who, "GenerateOrganizationsAccessReport", &generate).await;
    assert_eq!(refusal, denied("nobody", action, &resource));
    let who = world
        .user(
            "somebody",
            &crate::asking::allow_if(
                action,
                &resource,
                r#"{"StringEquals":{"iam:OrganizationsPolicyId":"p-12345678"}}"#,
            ),
        )
        .await;
    let refusal = world.refused(&who, "GenerateOrganizationsAccessReport", &generate).await;
    assert_eq!(refusal.0, "InvalidInput");
    assert!(refusal.1.contains(path) && refusal.1.contains("management account"), "{}", refusal.1);

    let job = "00000000-0000-4000-8000-000000000000";
    let get = [("JobId", job)];
    let refusal = world.refused(&who, "GetOrganizationsAccessReport", &get).await;
    assert_eq!(refusal, denied("somebody", "iam:GetOrganizationsAccessReport", "*"));
    let refusal = world.refused(&world.root, "GetOrganizationsAccessReport", &get).await;
    assert_eq!(refusal, fault("NoSuchEntity", &format!("The job with id {job} cannot be found.")));
}
