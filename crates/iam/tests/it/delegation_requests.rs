//! Delegation requests: who may see and change which, in which states, and what they tell.

use service::testing::{Fields, Who, World};

use crate::asking::{allow, arn, world};

const TEMPLATE: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["s3:GetObject","s3:List*"],"Resource":["arn:aws:s3:::@{bucket}","arn:aws:s3:::@{bucket}/*"]},
    {"Effect":"Allow","Action":"iam:CreateRole","Resource":"*",
     "Condition":{"StringEquals":{"iam:PermissionsBoundary":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}}]}"#;
const ID: &str = "DelegationRequestId";

/// A world with a partner's account that has a template.
async fn partnered() -> (World, Who) {
    let world = world().await;
    let partner = world.account("210987654321").await;
    let parameters = [("PolicyName", "template"), ("PolicyDocument", TEMPLATE)];
    world.ok(&partner, "CreatePolicy", &parameters).await;
    (world, partner)
}

const ASKED: [(&str, &str); 10] = [
    ("Description", "Sets up backups"),
    ("Permissions.PolicyTemplateArn", "arn:aws:iam::210987654321:policy/template"),
    ("Permissions.Parameters.member.1.Name", "bucket"),
    ("Permissions.Parameters.member.1.Values.member.1", "backups"),
    ("Permissions.Parameters.member.1.Type", "string"),
    ("RequestorWorkflowId", "workflow-1"),
    ("NotificationChannel", "arn:aws:sns:us-east-1:210987654321:delegations"),
    ("SessionDuration", "3600"),
    ("RequestMessage", "As agreed"),
    ("OwnerAccountId", "123456789012"),
];

fn with<'p>(name: &'p str, value: &'p str) -> Vec<(&'p str, &'p str)> {
    let mut parameters: Vec<_> = ASKED.into_iter().filter(|(known, _)| *known != name).collect();
    parameters.push((name, value));
    parameters
}

fn without(name: &str) -> Vec<(&'static str, &'static str)> {
    ASKED.into_iter().filter(|(known, _)| *known != name).collect()
}

async fn asked(world: &World, partner: &Who) -> String {
    world.ok(partner, "CreateDelegationRequest", &ASKED).await.get(ID).to_owned()
}

async fn got(world: &World, who: &Who, id: &str) -> Fields {
    world.ok(who, "GetDelegationRequest", &[(ID, id)]).await
}

async fn state(world: &World, id: &str) -> String {
    got(world, &world.root, id).await.get("State").to_owned()
}

#[tokio::test]
async fn a_request_goes_from_asking_to_release_and_tells_all_of_it() {
    let (world, partner) = partnered().await;
    let made = world.ok(&partner, "CreateDelegationRequest", &ASKED).await;
    let id = made.get(ID).to_owned();
    let link = format!("https://iam.example.com/console/delegation-requests/{id}");
    assert_eq!(made.get("ConsoleDeepLink"), link);

    let request = got(&world, &world.root, &id).await;
    for (name, value) in [
        ("State", "UNASSIGNED"),
        ("OwnerAccountId", "123456789012"),
        ("RequestorId", "210987654321"),
        ("RequestorName", "another"),
        ("Description", "Sets up backups"),
        ("RequestMessage", "As agreed"),
        ("SessionDuration", "3600"),
        ("OnlySendByOwner", "false"),
        ("CreateDate", "2026-01-01T00:00:00Z"),
        ("ExpirationTime", "2026-01-02T00:00:00Z"),
    ] {
        assert_eq!(request.get(name), value, "{name}");
    }
    let policy: serde_json::Value = serde_json::from_str(request.get("PermissionPolicy")).unwrap();
    assert_eq!(policy["Statement"][0]["Resource"][1], "arn:aws:s3:::backups/*");
    assert!(
        request
            .xml
            .contains("<RolePermissionRestrictionArns><member>arn:aws:iam::aws:policy/ReadOnlyAccess<")
    );
    assert!(!request.has("OwnerId") && !request.has("ApproverId"));

    let alice = world.user("alice", &allow("iam:AssociateDelegationRequest", "*")).await;
    world.ok(&alice, "AssociateDelegationRequest", &[(ID, &id)]).await;
    let request = got(&world, &alice, &id).await;
    assert_eq!((request.get("State"), request.get("OwnerId")), ("ASSIGNED", &*arn("user/alice")));
    assert_eq!(request.get("ExpirationTime"), "2026-01-08T00:00:00Z");

    world.ok(&alice, "UpdateDelegationRequest", &[(ID, &id), ("Notes", "please")]).await;
    let request = got(&world, &alice, &id).await;
    assert_eq!((request.get("State"), request.get("Notes")), ("PENDING_APPROVAL", "please"));
    assert_eq!(world.refused(&alice, "AcceptDelegationRequest", &[(ID, &id)]).await.0, "AccessDenied");

    let accept = arn(&format!("delegation-request/{id}"));
    let boss = world.user("boss", &allow("iam:AcceptDelegationRequest", &accept)).await;
    world.ok(&boss, "AcceptDelegationRequest", &[(ID, &id)]).await;
    let request = got(&world, &alice, &id).await;
    assert_eq!((request.get("State"), request.get("ApproverId")), ("ACCEPTED", &*arn("user/boss")));
    world.ok(&world.root, "SendDelegationToken", &[(ID, &id)]).await;
    assert_eq!(state(&world, &id).await, "FINALIZED");
}

#[tokio::test]
async fn who_asks_is_held_to_what_the_model_and_the_template_allow() {
    let (world, partner) = partnered().await;
    const CREATE: &str = "CreateDelegationRequest";
    for required in ["Description", "RequestorWorkflowId", "NotificationChannel", "SessionDuration"] {
        assert_eq!(
            world.refused(&partner, CREATE, &without(required)).await.0,
            "ValidationError",
            "{required}"
        );
    }
    for (name, value, code) in [
        ("SessionDuration", "299", "ValidationError"),
        ("SessionDuration", "43201", "ValidationError"),
        ("RequestorWorkflowId", "four", "ValidationError"),
        ("OwnerAccountId", "12345", "ValidationError"),
        ("RedirectUrl", "ftp://x", "ValidationError"),
        ("NotificationChannel", "arn:aws:sqs:us-east-1:210987654321:queue", "InvalidInput"),
        ("NotificationChannel", "topic", "InvalidInput"),
        ("Permissions.PolicyTemplateArn", "arn:aws:iam::210987654321:policy/nothing", "InvalidInput"),
        ("Permissions.PolicyTemplateArn", "arn:aws:iam::123456789012:policy/template", "InvalidInput"),
        ("Permissions.Parameters.member.1.Name", "other", "InvalidInput"),
        ("Permissions.Parameters.member.1.Type", "number", "ValidationError"),
        ("Permissions.Parameters.member.1.Values.member.2", "second", "InvalidInput"),
    ] {
        assert_eq!(world.refused(&partner, CREATE, &with(name, value)).await.0, code, "{name}={value}");
    }
    let unnamed = without("Permissions.PolicyTemplateArn");
    assert_eq!(world.refused(&partner, CREATE, &unnamed).await.0, "InvalidInput");

    asked(&world, &partner).await;
    assert_eq!(world.refused(&partner, CREATE, &ASKED).await.0, "EntityAlreadyExists");
    let nobody = world.user("nobody", "").await;
    let (code, message) = world.refused(&nobody, CREATE, &ASKED).await;
    assert_eq!(code, "AccessDenied");
    assert!(message.contains("on resource: arn:aws:iam::123456789012:delegation-request/*"), "{message}");
}

#[tokio::test]
async fn only_the_account_that_is_asked_knows_of_a_request_and_anybody_of_one_for_anybody() {
    let (world, partner) = partnered().await;
    let third = world.account("333333333333").await;
    let id = asked(&world, &partner).await;
    for who in [&third, &partner] {
        for operation in ["GetDelegationRequest", "AssociateDelegationRequest", "SendDelegationToken"] {
            let (code, message) = world.refused(who, operation, &[(ID, &id)]).await;
            assert_eq!(code, "NoSuchEntity");
            assert_eq!(message, format!("The delegation request with id {id} cannot be found."));
        }
    }
    let open = with("RequestorWorkflowId", "workflow-2");
    let open: Vec<_> = open.into_iter().filter(|(name, _)| *name != "OwnerAccountId").collect();
    let id = world.ok(&partner, "CreateDelegationRequest", &open).await.get(ID).to_owned();
    assert!(!got(&world, &third, &id).await.has("OwnerAccountId"));
    world.ok(&third, "AssociateDelegationRequest", &[(ID, &id)]).await;
    assert_eq!(got(&world, &third, &id).await.get("OwnerAccountId"), "333333333333");
    assert_eq!(world.refused(&world.root, "GetDelegationRequest", &[(ID, &id)]).await.0, "NoSuchEntity");
}

#[tokio::test]
async fn each_step_needs_its_state_and_time_runs_out() {
    let (world, partner) = partnered().await;
    let id = asked(&world, &partner).await;
    let root = &world.root;
    for operation in [
        "UpdateDelegationRequest",
        "AcceptDelegationRequest",
        "RejectDelegationRequest",
        "SendDelegationToken",
    ] {
        assert_eq!(world.refused(root, operation, &[(ID, &id)]).await.0, "InvalidInput", "{operation}");
    }
    world.ok(root, "AssociateDelegationRequest", &[(ID, &id)]).await;
    assert_eq!(world.refused(root, "AssociateDelegationRequest", &[(ID, &id)]).await.0, "InvalidInput");
    world.ok(root, "AcceptDelegationRequest", &[(ID, &id)]).await;
    world.ok(root, "RejectDelegationRequest", &[(ID, &id), ("Notes", "no")]).await;
    let request = got(&world, root, &id).await;
    assert_eq!((request.get("State"), request.get("RejectionReason")), ("REJECTED", "no"));
    for operation in ["AcceptDelegationRequest", "UpdateDelegationRequest", "SendDelegationToken"] {
        assert_eq!(world.refused(root, operation, &[(ID, &id)]).await.0, "InvalidInput", "{operation}");
    }
    world.advance(7 * 86_400);
    assert_eq!(state(&world, &id).await, "EXPIRED");

    let later =
        world.ok(&partner, "CreateDelegationRequest", &with("RequestorWorkflowId", "workflow-2")).await;
    let id = later.get(ID).to_owned();
    world.advance(86_400);
    assert_eq!(world.refused(root, "AssociateDelegationRequest", &[(ID, &id)]).await.0, "InvalidInput");
}

#[tokio::test]
async fn a_token_may_be_the_owner_s_alone_to_send() {
    let (world, partner) = partnered().await;
    let id = world.ok(&partner, "CreateDelegationRequest", &with("OnlySendByOwner", "true")).await;
    let id = id.get(ID).to_owned();
    let alice = world.user("alice", &allow("iam:*", "*")).await;
    world.ok(&alice, "AssociateDelegationRequest", &[(ID, &id)]).await;
    world.ok(&world.root, "AcceptDelegationRequest", &[(ID, &id)]).await;
    assert_eq!(world.refused(&world.root, "SendDelegationToken", &[(ID, &id)]).await.0, "InvalidInput");
    world.ok(&alice, "SendDelegationToken", &[(ID, &id)]).await;
}

#[tokio::test]
async fn lists_have_what_was_taken_up_in_the_account_by_owner() {
    let (world, partner) = partnered().await;
    let alice = world.user("alice", &allow("iam:*", "*")).await;
    let mut ids = Vec::new();
    for (number, who) in [("workflow-1", &alice), ("workflow-2", &world.root), ("workflow-3", &alice)] {
        let made = world.ok(&partner, "CreateDelegationRequest", &with("RequestorWorkflowId", number)).await;
        let id = made.get(ID).to_owned();
        assert!(!world.ok(who, "ListDelegationRequests", &[]).await.xml.contains(&id), "not yet taken up");
        world.ok(who, "AssociateDelegationRequest", &[(ID, &id)]).await;
        world.advance(1);
        ids.push(id);
    }
    let listed = async |parameters: &[(&str, &str)]| {
        let answer = world.ok(&alice, "ListDelegationRequests", parameters).await;
        ids.iter().map(|id| u8::from(answer.xml.contains(id))).collect::<Vec<_>>()
    };
    assert_eq!(listed(&[]).await, [1, 1, 1]);
    assert_eq!(listed(&[("OwnerId", &arn("user/alice"))]).await, [1, 0, 1]);
    let first = world.ok(&alice, "ListDelegationRequests", &[("MaxItems", "2")]).await;
    assert_eq!(first.get("isTruncated"), "true");
    assert_eq!(listed(&[("Marker", first.get("Marker"))]).await, [0, 0, 1]);
    let foreign = [("OwnerId", "arn:aws:iam::210987654321:user/alice")];
    assert_eq!(world.refused(&alice, "ListDelegationRequests", &foreign).await.0, "InvalidInput");
    assert!(!world.ok(&partner, "ListDelegationRequests", &[]).await.xml.contains(&ids[0]));
}

#[tokio::test]
async fn the_owner_needs_no_policy_to_look_and_nobody_else_goes_without() {
    let (world, partner) = partnered().await;
    let id = asked(&world, &partner).await;
    let alice = world.user("alice", &allow("iam:AssociateDelegationRequest", "*")).await;
    let bob = world.user("bob", "").await;
    assert_eq!(world.refused(&alice, "GetDelegationRequest", &[(ID, &id)]).await.0, "AccessDenied");
    world.ok(&alice, "AssociateDelegationRequest", &[(ID, &id)]).await;
    let entity = arn(&format!("delegation-request/{id}"));
    world.ok(&alice, "GetDelegationRequest", &[(ID, &id)]).await;
    world.ok(&alice, "GetHumanReadableSummary", &[("EntityArn", &entity)]).await;
    world.ok(&alice, "UpdateDelegationRequest", &[(ID, &id)]).await;
    for operation in ["GetDelegationRequest", "UpdateDelegationRequest"] {
        assert_eq!(world.refused(&bob, operation, &[(ID, &id)]).await.0, "AccessDenied", "{operation}");
    }
    let condition = format!(r#"{{"ArnEquals":{{"iam:DelegationRequestOwner":"{}"}}}}"#, arn("user/alice"));
    let policy = crate::asking::allow_if("iam:AcceptDelegationRequest", "*", &condition);
    let boss = world.user("boss", &policy).await;
    world.ok(&boss, "AcceptDelegationRequest", &[(ID, &id)]).await;
}

#[tokio::test]
async fn a_check_tells_whether_the_caller_could_do_what_is_asked() {
    let (world, partner) = partnered().await;
    let template = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::@{bucket}/*"}]}"#;
    world.ok(&partner, "CreatePolicy", &[("PolicyName", "simple"), ("PolicyDocument", template)]).await;
    let simple = with("Permissions.PolicyTemplateArn", "arn:aws:iam::210987654321:policy/simple");
    let id = world.ok(&partner, "CreateDelegationRequest", &simple).await.get(ID).to_owned();
    let look = r#"{"Effect":"Allow","Action":"iam:GetDelegationRequest","Resource":"*"}"#;
    let policy = |more: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{look}{more}]}}"#);
    for (name, more, expected) in [
        ("able", r#",{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::backups/*"}"#, "ALLOWED"),
        ("unable", "", "DENIED"),
        (
            "barred",
            r#",{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:Get*","Resource":"*"}"#,
            "DENIED",
        ),
        (
            "maybe",
            r#",{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
            "UNSURE",
        ),
    ] {
        let who = world.user(name, &policy(more)).await;
        let checked =
            world.ok(&who, "GetDelegationRequest", &[(ID, &id), ("DelegationPermissionCheck", "true")]).await;
        assert_eq!(checked.get("PermissionCheckStatus"), "COMPLETE");
        assert_eq!(checked.get("PermissionCheckResult"), expected, "{name}");
        assert!(!got(&world, &who, &id).await.has("PermissionCheckStatus"));
    }
}

#[tokio::test]
async fn a_summary_says_in_english_what_is_asked() {
    let (world, partner) = partnered().await;
    let id = asked(&world, &partner).await;
    let entity = arn(&format!("delegation-request/{id}"));
    let summary = world.ok(&world.root, "GetHumanReadableSummary", &[("EntityArn", &entity)]).await;
    assert_eq!((summary.get("SummaryState"), summary.get("Locale")), ("AVAILABLE", "en"));
    assert_eq!(
        summary.get("SummaryContent"),
        "Account another (210987654321) asks to act in your account for 1 hour, with no more permissions than those \
         below and no more than whoever approves has.\n\
         - It may do s3:GetObject, s3:List* on arn:aws:s3:::backups, arn:aws:s3:::backups/*.\n\
         - It may do iam:CreateRole on every resource, if iam:PermissionsBoundary passes StringEquals with \
         arn:aws:iam::aws:policy/ReadOnlyAccess.\n\
         Roles that it makes must have the permissions boundary arn:aws:iam::aws:policy/ReadOnlyAccess.\n"
    );
    let german = world
        .ok(&world.root, "GetHumanReadableSummary", &[("EntityArn", &entity), ("Locale", "de-DE")])
        .await;
    assert_eq!((german.get("SummaryState"), german.get("Locale")), ("NOT_SUPPORTED", "de-DE"));
    assert!(!german.has("SummaryContent"));
    for (bad, code) in [
        (arn("user/alice"), "InvalidInput"),
        (arn("delegation-request/0123456789abcdef"), "NoSuchEntity"),
        ("arn:aws:s3:::delegation-request".to_owned(), "InvalidInput"),
    ] {
        assert_eq!(
            world.refused(&world.root, "GetHumanReadableSummary", &[("EntityArn", &bad)]).await.0,
            code
        );
    }
}
