//! The credential report.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its answer has failed")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use service::testing::World;

use crate::asking::{allow, denied, fault, world};

async fn report(world: &World) -> Vec<Vec<String>> {
    let answer = world.ok(&world.root, "GetCredentialReport", &[]).await;
    assert_eq!(answer.get("ReportFormat"), "text/csv");
    let text = String::from_utf8(STANDARD.decode(answer.get("Content")).unwrap()).unwrap();
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn a_report_lives_four_hours() {
    let world = world().await;
    let absent = "The credential report does not exist. To generate one, use GenerateCredentialReport.";
    assert_eq!(
        world.refused(&world.root, "GetCredentialReport", &[]).await,
        fault("ReportNotPresent", absent)
    );
    let started = world.ok(&world.root, "GenerateCredentialReport", &[]).await;
    assert_eq!(started.get("State"), "STARTED");
    assert_eq!(started.get("Description"), "No report exists. Starting a new report generation task");
    world.advance(4 * 3_600 - 1);
    let complete = world.ok(&world.root, "GenerateCredentialReport", &[]).await;
    assert_eq!(complete.get("State"), "COMPLETE");
    assert!(!complete.has("Description"));
    let answer = world.ok(&world.root, "GetCredentialReport", &[]).await;
    assert_eq!(answer.get("GeneratedTime"), "2026-01-01T00:00:00Z");
    world.advance(1);
    assert_eq!(world.refused(&world.root, "GetCredentialReport", &[]).await.0, "ReportExpired");
    let again = world.ok(&world.root, "GenerateCredentialReport", &[]).await;
    assert_eq!(again.get("State"), "STARTED");
    assert_eq!(report(&world).await.len(), 2);
}

#[tokio::test]
async fn a_report_shows_what_each_user_has() {
    let world = world().await;
    world.ok(&world.root, "UpdateAccountPasswordPolicy", &[("MaxPasswordAge", "90")]).await;
    world.user("idle", "").await;
    world.advance(60);
    let who = world.user("busy", &allow("iam:ListUsers", "*")).await;
    world
        .ok(&world.root, "CreateLoginProfile", &[("UserName", "busy"), ("Password", "Correct-Horse-7!")])
        .await;
    let second = world.ok(&world.root, "CreateAccessKey", &[("UserName", "busy")]).await;
    let second = second.get("AccessKeyId").to_owned();
    let off = [("UserName", "busy"), ("AccessKeyId", &*second), ("Status", "Inactive")];
    world.ok(&world.root, "UpdateAccessKey", &off).await;
    world.ok(&who, "ListUsers", &[]).await;
    world.ok(&world.root, "GenerateCredentialReport", &[]).await;

    let lines = report(&world).await;
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| line.len() == 22), "{lines:?}");
    assert_eq!(lines[0][..4], ["user", "arn", "user_creation_time", "password_enabled"]);
    assert_eq!(lines[0][21], "cert_2_last_rotated");
    let root = "<root_account>|arn:aws:iam::123456789012:root|2026-01-01T00:00:00+00:00|not_supported|no_information|\
                not_supported|not_supported|false|true|2026-01-01T00:00:00+00:00|2026-01-01T00:01:00+00:00|us-east-1|iam|false|N/A|N/A|N/A|N/A|\
                false|N/A|false|N/A";
    assert_eq!(lines[1].join("|"), root);
    let busy = "busy|arn:aws:iam::123456789012:user/busy|2026-01-01T00:01:00+00:00|true|no_information|\
                2026-01-01T00:01:00+00:00|2026-04-01T00:01:00+00:00|false|true|2026-01-01T00:01:00+00:00|\
                2026-01-01T00:01:00+00:00|us-east-1|iam|false|2026-01-01T00:01:00+00:00|N/A|N/A|N/A|false|N/A|false|N/A";
    let mut keys = lines[2].clone();
    if keys[8] == "false" {
        // Two keys of one instant stand in the order of their ids.
        let (first, rest) = (keys[8..13].to_vec(), keys[13..18].to_vec());
        keys.splice(8..18, rest.into_iter().chain(first));
    }
    assert_eq!(keys.join("|"), busy);
    assert_eq!(lines[3][3..8].join("|"), "false|N/A|N/A|N/A|false");
}

#[tokio::test]
async fn a_name_with_a_comma_is_quoted() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "a,b")]).await;
    world.ok(&world.root, "GenerateCredentialReport", &[]).await;
    let line = report(&world).await[2].join(",");
    assert!(line.starts_with("\"a,b\",\"arn:aws:iam::123456789012:user/a,b\",2026-"), "{line}");
}

#[tokio::test]
async fn both_operations_need_leave() {
    let world = world().await;
    for operation in ["GenerateCredentialReport", "GetCredentialReport"] {
        let (nobody, action) = (format!("no-{operation}"), format!("iam:{operation}"));
        let who = world.user(&nobody, "").await;
        assert_eq!(world.refused(&who, operation, &[]).await, denied(&nobody, &action, "*"));
        let who = world.user(operation, &allow(&action, "*")).await;
        world.ok(&who, operation, &[]).await;
    }
}
