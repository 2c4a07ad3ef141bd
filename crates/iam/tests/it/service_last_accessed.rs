//! Service last accessed: generate, get, get with entities.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

use service::testing::{Who, World};

use crate::asking::{all, allow, arn, denied, fault, needs_leave, world};

const GENERATE: &str = "GenerateServiceLastAccessedDetails";
const GET: &str = "GetServiceLastAccessedDetails";
const ENTITIES: &str = "GetServiceLastAccessedDetailsWithEntities";

async fn job(world: &World, about: &str, granularity: &str) -> String {
    let parameters = [("Arn", about), ("Granularity", granularity)];
    world.ok(&world.root, GENERATE, &parameters).await.get("JobId").to_owned()
}

async fn services(world: &World, job: &str) -> String {
    world.ok(&world.root, GET, &[("JobId", job)]).await.xml
}

async fn entities(world: &World, job: &str, namespace: &str) -> String {
    world.ok(&world.root, ENTITIES, &[("JobId", job), ("ServiceNamespace", namespace)]).await.xml
}

/// What the answer says of the service with that namespace.
fn service<'x>(xml: &'x str, namespace: &str) -> &'x str {
    let mark = format!("<ServiceNamespace>{namespace}<");
    xml.split("<ServiceName>").find(|part| part.contains(&mark)).unwrap()
}

fn policy(actions: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":{actions},"Resource":"*"}}}}"#
    )
}

async fn two_users(world: &World) -> (Who, Who) {
    let document = policy(r#"["iam:ListUsers","iam:ListGroups","iam:PassRole","s3:GetObject"]"#);
    (world.user("one", &document).await, world.user("two", &document).await)
}

#[tokio::test]
async fn a_user_report_lists_what_it_may_access_and_when_it_did() {
    let world = world().await;
    let (one, _) = two_users(&world).await;
    world.advance(90);
    world.ok(&one, "ListUsers", &[]).await;
    world.advance(3600);
    let job = job(&world, &arn("user/one"), "SERVICE_LEVEL").await;
    let xml = services(&world, &job).await;
    assert_eq!(all(&xml, "ServiceNamespace"), ["iam", "s3"]);
    assert_eq!(all(&xml, "JobStatus"), ["COMPLETED"]);
    assert_eq!(all(&xml, "JobType"), ["SERVICE_LEVEL"]);
    assert_eq!(all(&xml, "JobCreationDate"), ["2026-01-01T01:01:30Z"]);
    assert_eq!(all(&xml, "JobCompletionDate"), ["2026-01-01T01:01:30Z"]);
    assert_eq!(all(&xml, "IsTruncated"), ["false"]);
    let iam = service(&xml, "iam");
    assert_eq!(all(iam, "LastAuthenticated"), ["2026-01-01T00:01:00Z"]);
    assert_eq!(all(iam, "LastAuthenticatedEntity"), [arn("user/one")]);
    assert_eq!(all(iam, "LastAuthenticatedRegion"), ["us-east-1"]);
    assert_eq!(all(iam, "TotalAuthenticatedEntities"), ["1"]);
    let s3 = service(&xml, "s3");
    assert_eq!(all(s3, "TotalAuthenticatedEntities"), ["0"]);
    assert!(!s3.contains("<LastAuthenticated") && !xml.contains("<TrackedActionsLastAccessed>"));
}

#[tokio::test]
async fn a_refused_attempt_counts_as_one() {
    let world = world().await;
    let (one, _) = two_users(&world).await;
    world.refused(&one, "CreateUser", &[("UserName", "x")]).await;
    let job = job(&world, &arn("user/one"), "ACTION_LEVEL").await;
    let xml = services(&world, &job).await;
    let iam = service(&xml, "iam");
    assert_eq!(all(iam, "TotalAuthenticatedEntities"), ["1"]);
    // The action is not one that the policies grant, so there is no word of it.
    assert!(!iam.contains("<TrackedActionsLastAccessed>"), "{iam}");
}

#[tokio::test]
async fn actions_are_told_where_the_report_goes_down_to_them() {
    let world = world().await;
    let (one, _) = two_users(&world).await;
    world.ok(&one, "ListUsers", &[]).await;
    let job = job(&world, &arn("user/one"), "ACTION_LEVEL").await;
    let xml = services(&world, &job).await;
    assert_eq!(all(&xml, "JobType"), ["ACTION_LEVEL"]);
    let iam = service(&xml, "iam");
    // PassRole is not tracked.
    assert_eq!(all(iam, "ActionName"), ["ListGroups", "ListUsers"]);
    assert_eq!(all(iam, "LastAccessedEntity"), [arn("user/one")]);
    assert_eq!(all(iam, "LastAccessedTime"), ["2026-01-01T00:00:00Z"]);
    assert_eq!(all(iam, "LastAccessedRegion"), ["us-east-1"]);
    assert!(!service(&xml, "s3").contains("TrackedActions"));
}

#[tokio::test]
async fn an_attempt_is_noted_once_a_minute_and_the_latest_one_counts() {
    let world = world().await;
    let (one, _) = two_users(&world).await;
    for _ in 0..3 {
        world.ok(&one, "ListUsers", &[]).await;
        world.advance(30);
    }
    let noted = world.core.store.notes(directory::ActionUsage::KIND, "").await.unwrap();
    assert_eq!(noted.len(), 1, "{noted:?}");
    assert!(noted[0].0.ends_with("/iam:ListUsers") && noted[0].1.contains("00:01:00"), "{noted:?}");
}

#[tokio::test]
async fn a_group_report_is_about_its_members() {
    let world = world().await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", "team")]).await;
    let inline = [("GroupName", "team"), ("PolicyName", "p"), ("PolicyDocument", &*policy(r#""iam:List*""#))];
    world.ok(&world.root, "PutGroupPolicy", &inline).await;
    let (one, two) = two_users(&world).await;
    for name in ["one", "two"] {
        world.ok(&world.root, "AddUserToGroup", &[("GroupName", "team"), ("UserName", name)]).await;
    }
    world.ok(&one, "ListUsers", &[]).await;
    world.advance(120);
    world.ok(&two, "ListUsers", &[]).await;
    let job = job(&world, &arn("group/team"), "SERVICE_LEVEL").await;
    let xml = services(&world, &job).await;
    assert_eq!(all(&xml, "ServiceNamespace"), ["iam"], "the members' own policies do not count");
    assert_eq!(all(&xml, "TotalAuthenticatedEntities"), ["2"]);
    assert_eq!(all(&xml, "LastAuthenticatedEntity"), [arn("user/two")]);
    let xml = entities(&world, &job, "iam").await;
    assert_eq!(all(&xml, "Name"), ["two", "one"], "the latest first");
    assert_eq!(all(&xml, "Arn"), [arn("user/two"), arn("user/one")]);
    assert_eq!(all(&xml, "Type"), ["USER", "USER"]);
    assert_eq!(all(&xml, "Path"), ["/", "/"]);
    assert!(all(&xml, "Id").iter().all(|id| id.starts_with("AIDA")));
    assert_eq!(all(&xml, "LastAuthenticated"), ["2026-01-01T00:02:00Z", "2026-01-01T00:00:00Z"]);
    let xml = entities(&world, &job, "ec2").await;
    assert!(all(&xml, "Name").is_empty(), "who has no access through the group is not listed");
}

#[tokio::test]
async fn a_policy_report_is_about_everybody_who_has_the_policy() {
    let world = world().await;
    let create = [("PolicyName", "shared"), ("PolicyDocument", &*policy(r#""iam:Get*""#))];
    world.ok(&world.root, "CreatePolicy", &create).await;
    let shared = arn("policy/shared");
    let (one, _) = two_users(&world).await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", "team")]).await;
    world.ok(&world.root, "AttachGroupPolicy", &[("GroupName", "team"), ("PolicyArn", &shared)]).await;
    world.ok(&world.root, "AttachUserPolicy", &[("UserName", "one"), ("PolicyArn", &shared)]).await;
    for name in ["one", "two"] {
        world.ok(&world.root, "AddUserToGroup", &[("GroupName", "team"), ("UserName", name)]).await;
    }
    let role = [("RoleName", "r"), ("AssumeRolePolicyDocument", crate::documents::EC2)];
    world.ok(&world.root, "CreateRole", &role).await;
    world.ok(&world.root, "AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &shared)]).await;
    world.ok(&one, "GetUser", &[]).await;
    let job = job(&world, &shared, "SERVICE_LEVEL").await;
    let xml = services(&world, &job).await;
    assert_eq!(all(&xml, "ServiceNamespace"), ["iam"]);
    assert_eq!(all(&xml, "LastAuthenticatedEntity"), [arn("user/one")]);
    assert_eq!(all(&xml, "TotalAuthenticatedEntities"), ["1"]);
    let xml = entities(&world, &job, "IAM").await;
    let names = all(&xml, "Name");
    assert_eq!((names.len(), names[0].as_str()), (3, "one"), "{names:?}");
    assert_eq!(all(&xml, "Type").iter().filter(|kind| *kind == "ROLE").count(), 1);
    assert_eq!(all(&xml, "LastAuthenticated").len(), 1);
}

#[tokio::test]
async fn a_policy_of_awss_may_be_asked_about() {
    let world = world().await;
    let who = world.user("admin", "").await;
    let everything = "arn:aws:iam::aws:policy/AdministratorAccess";
    world.ok(&world.root, "AttachUserPolicy", &[("UserName", "admin"), ("PolicyArn", everything)]).await;
    world.ok(&who, "ListUsers", &[]).await;
    let job = job(&world, everything, "ACTION_LEVEL").await;
    let first = world.ok(&world.root, GET, &[("JobId", &job)]).await;
    assert_eq!(first.get("IsTruncated"), "true");
    assert_eq!(all(&first.xml, "ServiceNamespace").len(), 100);
    let mut seen = all(&first.xml, "ServiceNamespace");
    let mut marker = first.get("Marker").to_owned();
    loop {
        let next =
            world.ok(&world.root, GET, &[("JobId", &job), ("Marker", &marker), ("MaxItems", "1000")]).await;
        seen.extend(all(&next.xml, "ServiceNamespace"));
        if next.get("IsTruncated") == "false" {
            break;
        }
        marker = next.get("Marker").to_owned();
    }
    assert_eq!(seen.len(), catalog::services().len());
    assert!(seen.is_sorted());
}

#[tokio::test]
async fn a_report_is_its_requesters_and_lives_a_day() {
    let world = world().await;
    let other = world.user("other", &policy(r#""iam:*""#)).await;
    let job = job(&world, &arn("user/other"), "SERVICE_LEVEL").await;
    let gone = fault("NoSuchEntity", &format!("The job with id {job} cannot be found."));
    assert_eq!(world.refused(&other, GET, &[("JobId", &job)]).await, gone);
    let stranger = world.account("999999999999").await;
    assert_eq!(world.refused(&stranger, GET, &[("JobId", &job)]).await, gone);
    let about_iam = [("JobId", &*job), ("ServiceNamespace", "iam")];
    assert_eq!(world.refused(&stranger, ENTITIES, &about_iam).await, gone);
    world.ok(&other, ENTITIES, &about_iam).await;

    world.advance(24 * 3_600 - 1);
    services(&world, &job).await;
    world.advance(1);
    assert_eq!(world.refused(&world.root, GET, &[("JobId", &job)]).await, gone);
    assert_eq!(world.refused(&world.root, ENTITIES, &about_iam).await, gone);
    // The next one sweeps it out.
    let key = directory::AccessReportKey { owner: types::Owner::parse("aws:123456789012").unwrap(), job };
    let kept = || async { world.core.store.read().get::<directory::AccessReport>(&key).await.unwrap() };
    assert!(kept().await.is_some());
    self::job(&world, &arn("user/other"), "SERVICE_LEVEL").await;
    assert!(kept().await.is_none());
}

#[tokio::test]
async fn an_attempt_of_long_ago_is_forgotten() {
    let world = world().await;
    let (one, _) = two_users(&world).await;
    world.ok(&one, "ListUsers", &[]).await;
    world.advance(400 * 24 * 3_600);
    let before = job(&world, &arn("user/one"), "ACTION_LEVEL").await;
    assert!(services(&world, &before).await.contains("<LastAuthenticated>"));
    world.advance(1);
    let after = job(&world, &arn("user/one"), "ACTION_LEVEL").await;
    let xml = services(&world, &after).await;
    assert!(!xml.contains("<LastAuthenticated>") && xml.contains("<ServiceNamespace>iam<"), "{xml}");
}

#[tokio::test]
async fn what_does_not_exist_has_no_report() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "deep"), ("Path", "/a/")]).await;
    for (about, code) in [
        (arn("user/nobody"), "NoSuchEntity"),
        (arn("group/nobody"), "NoSuchEntity"),
        (arn("role/nobody"), "NoSuchEntity"),
        (arn("policy/nothing"), "NoSuchEntity"),
        (arn("user/deep"), "NoSuchEntity"),
        ("arn:aws:iam::999999999999:user/one".into(), "NoSuchEntity"),
        ("arn:aws:iam::aws:policy/NoSuchPolicy".into(), "NoSuchEntity"),
        (arn("instance-profile/x"), "InvalidInput"),
        ("arn:aws:s3:::a-bucket-of-mine".into(), "InvalidInput"),
        ("not-an-arn-but-long-enough".into(), "InvalidInput"),
    ] {
        assert_eq!(world.refused(&world.root, GENERATE, &[("Arn", &about)]).await.0, code, "{about}");
    }
    let unknown = [("JobId", "00000000-0000-4000-8000-000000000000")];
    assert_eq!(world.refused(&world.root, GET, &unknown).await.0, "NoSuchEntity");
    world.ok(&world.root, GENERATE, &[("Arn", &arn("user/a/deep"))]).await;
    let job = job(&world, &arn("user/a/deep"), "SERVICE_LEVEL").await;
    let refused = [("JobId", &*job), ("ServiceNamespace", "no-such-service")];
    assert_eq!(
        world.refused(&world.root, ENTITIES, &refused).await,
        fault("InvalidInput", "Invalid service namespace: no-such-service")
    );
}

#[tokio::test]
async fn each_operation_needs_leave() {
    let world = world().await;
    for name in ["a", "b"] {
        world.ok(&world.root, "CreateUser", &[("UserName", name)]).await;
    }
    let (a, b) = (arn("user/a"), arn("user/b"));
    let action = format!("iam:{GENERATE}");
    needs_leave(&world, &action, (&a, &[("Arn", &*a)]), (&b, &[("Arn", &*b)])).await;
    let job = job(&world, &a, "SERVICE_LEVEL").await;
    for operation in [GET, ENTITIES] {
        let parameters: &[_] = &[("JobId", &*job), ("ServiceNamespace", "iam")];
        let (nobody, action) = (format!("no-{operation}"), format!("iam:{operation}"));
        let parameters = if operation == GET { &parameters[..1] } else { parameters };
        let who = world.user(&nobody, "").await;
        assert_eq!(world.refused(&who, operation, parameters).await, denied(&nobody, &action, "*"));
    }
    let who = world.user("entities", &allow(&format!("iam:{ENTITIES}"), "*")).await;
    world.ok(&who, ENTITIES, &[("JobId", &job), ("ServiceNamespace", "iam")]).await;
}
