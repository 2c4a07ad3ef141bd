//! AssumeRole: trust, consent of both sides, external ids, session tags, source identity, chains.

use service::testing::World;

use crate::support::{ROLE, allow, assume, holder, may, refused, role, trust, world};

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
const ACCOUNT_ROOT: &str = "arn:aws:iam::123456789012:root";
const ASSUME: &str = r#""sts:AssumeRole""#;

fn denial(who: &str, action: &str, why: &str) -> (String, String) {
    (
        "AccessDenied".into(),
        format!("User: {who} is not authorized to perform: {action} on resource: {ROLE} {why}"),
    )
}

#[tokio::test]
async fn a_context_of_a_provider_that_nobody_knows_is_refused_and_not_dropped() {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust("arn:aws:iam::123456789012:user/alice", r#""sts:AssumeRole""#, "")).await;
    let provider = "arn:aws:iam::aws:contextProvider/IdentityCenter";
    let context = [
        ("ProvidedContexts.member.1.ProviderArn", provider),
        ("ProvidedContexts.member.1.ContextAssertion", "assertion"),
    ];
    let refusal = refused(&world, &user, ROLE, &context).await;
    assert_eq!(refusal, ("ValidationError".into(), format!("The context provider {provider} is not known.")));
}

#[tokio::test]
async fn a_user_whom_the_role_trusts_by_name_needs_no_policy() {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust(ALICE, ASSUME, "")).await;
    let answer = assume(&world, &user, ROLE, &[]).await;
    assert_eq!(answer.get("Arn"), "arn:aws:sts::123456789012:assumed-role/deploy/ci");
    assert!(answer.get("AccessKeyId").starts_with("ASIA"));
    assert_eq!(answer.get("SecretAccessKey").len(), 40);
    assert_eq!(answer.get("Expiration"), "2026-01-01T01:00:00Z");
    assert!(!answer.has("PackedPolicySize"));
    assert!(!answer.has("SourceIdentity"));
}

#[tokio::test]
async fn a_trusted_account_leaves_it_to_its_policies() {
    let world = world().await;
    role(&world, &trust(ACCOUNT_ROOT, ASSUME, "")).await;
    let without = world.user("alice", "").await;
    let why = "because no identity-based policy allows the sts:AssumeRole action";
    assert_eq!(refused(&world, &without, ROLE, &[]).await, denial(ALICE, "sts:AssumeRole", why));
    let with = world.user("bob", &allow("sts:AssumeRole", ROLE)).await;
    assume(&world, &with, ROLE, &[]).await;
}

#[tokio::test]
async fn an_identity_policy_alone_never_suffices() {
    let world = world().await;
    role(&world, &trust("arn:aws:iam::123456789012:root", r#""sts:TagSession""#, "")).await;
    let user = world.user("alice", &allow("sts:*", "*")).await;
    let (code, message) = refused(&world, &user, ROLE, &[]).await;
    assert_eq!(code, "AccessDenied");
    assert!(
        message.starts_with(&format!(
            "User: {ALICE} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
        )),
        "{message}"
    );
}

#[tokio::test]
async fn the_root_user_assumes_no_role() {
    let world = world().await;
    role(&world, &trust(ACCOUNT_ROOT, ASSUME, "")).await;
    let refusal = refused(&world, &world.root, ROLE, &[]).await;
    assert_eq!(refusal, ("AccessDenied".into(), "Roles may not be assumed by root accounts.".into()));
}

#[tokio::test]
async fn what_is_no_role_s_arn_is_bad_input() {
    let world = world().await;
    let user = world.user("alice", &allow("sts:AssumeRole", "*")).await;
    let saying = |message: &str| ("ValidationError".to_owned(), message.to_owned());
    let text = "neither an ARN nor a name";
    assert_eq!(refused(&world, &user, text, &[]).await, saying(&format!("{text} is invalid")));
    for arn in [
        "arn:aws:iam::123456789012:oidc-provider/idp.example",
        "arn:aws:iam::123456789012:user/alice",
        "arn:aws:iam::123456789012:group/deploy",
        "arn:aws:iam::123456:role/deploy",
        "arn:aws:iam:eu-west-1:123456789012:role/deploy",
        "arn:aws:sts::123456789012:assumed-role/deploy/ci",
    ] {
        assert_eq!(refused(&world, &user, arn, &[]).await, saying("Request ARN is invalid"), "{arn}");
        let federated = [("RoleArn", arn), ("RoleSessionName", "ci"), ("WebIdentityToken", "a.b.c")];
        let refusal = world.unsigned("AssumeRoleWithWebIdentity", &federated).await.unwrap_err();
        assert_eq!(refusal.message, "Request ARN is invalid", "{arn}");
    }
}

#[tokio::test]
async fn a_role_that_is_not_there_is_refused_like_any_other() {
    let world = world().await;
    let user = world.user("alice", &allow("sts:AssumeRole", "*")).await;
    assert_eq!(refused(&world, &user, ROLE, &[]).await.0, "AccessDenied");
    let foreign = "arn:aws:iam::999999999999:role/deploy";
    assert_eq!(refused(&world, &user, foreign, &[]).await.0, "AccessDenied");
}

#[tokio::test]
async fn another_account_s_role_needs_the_consent_of_both_sides() {
    for (ours, theirs) in [(false, false), (false, true), (true, false), (true, true)] {
        let world = world().await;
        let other = world.account("444455556666").await;
        let role = "arn:aws:iam::444455556666:role/deploy";
        let trusted = if theirs { ACCOUNT_ROOT } else { "arn:aws:iam::444455556666:root" };
        let document = trust(trusted, ASSUME, "");
        let parameters = [("RoleName", "deploy"), ("AssumeRolePolicyDocument", document.as_str())];
        world.ok(&other, "CreateRole", &parameters).await;
        let user = world.user("alice", if ours { r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}"# } else { "" }).await;
        let outcome = world.call(&user, "AssumeRole", &[("RoleArn", role), ("RoleSessionName", "ci")]).await;
        assert_eq!(outcome.is_ok(), ours && theirs, "ours {ours}, theirs {theirs}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_trusted_user_who_was_made_anew_is_someone_else() {
    let world = world().await;
    world.user("alice", "").await;
    role(&world, &trust(ALICE, ASSUME, "")).await;
    let keys = world.ok(&world.root, "ListAccessKeys", &[("UserName", "alice")]).await;
    let parameters = [("UserName", "alice"), ("AccessKeyId", keys.get("AccessKeyId"))];
    world.ok(&world.root, "DeleteAccessKey", &parameters).await;
    world.ok(&world.root, "DeleteUser", &[("UserName", "alice")]).await;
    let again = world.user("alice", "").await;
    assert_eq!(refused(&world, &again, ROLE, &[]).await.0, "AccessDenied");
}

#[tokio::test]
async fn an_external_id_must_be_the_one_that_the_role_asks_for() {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust(ALICE, ASSUME, r#"{"StringEquals":{"sts:ExternalId":"s3cret"}}"#)).await;
    assert_eq!(refused(&world, &user, ROLE, &[]).await.0, "AccessDenied");
    assert_eq!(refused(&world, &user, ROLE, &[("ExternalId", "other")]).await.0, "AccessDenied");
    assume(&world, &user, ROLE, &[("ExternalId", "s3cret")]).await;
}

#[tokio::test]
async fn what_the_session_may_is_what_the_role_may() {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust(ALICE, ASSUME, "")).await;
    may(&world, &allow("iam:GetUser", "*")).await;
    let session = holder(&assume(&world, &user, ROLE, &[]).await);
    world.ok(&session, "GetUser", &[("UserName", "alice")]).await;
    let (_, message) = world.refused(&session, "ListUsers", &[]).await;
    assert_eq!(
        message,
        "User: arn:aws:sts::123456789012:assumed-role/deploy/ci is not authorized to perform: iam:ListUsers on \
         resource: arn:aws:iam::123456789012:user/ because no identity-based policy allows the iam:ListUsers action"
    );
    world.ok(&world.root, "DeleteRolePolicy", &[("RoleName", "deploy"), ("PolicyName", "p")]).await;
    assert_eq!(world.refused(&session, "GetUser", &[("UserName", "alice")]).await.0, "AccessDenied");
}

#[tokio::test]
async fn a_session_policy_limits_the_role() {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust(ALICE, ASSUME, "")).await;
    may(&world, &allow("iam:*", "*")).await;
    let policy = allow("iam:GetUser", "*");
    let answer = assume(&world, &user, ROLE, &[("Policy", &policy)]).await;
    assert!(answer.has("PackedPolicySize"));
    let session = holder(&answer);
    world.ok(&session, "GetUser", &[("UserName", "alice")]).await;
    let (_, message) = world.refused(&session, "ListUsers", &[]).await;
    assert!(message.ends_with("because no session policy allows the iam:ListUsers action"), "{message}");
}

#[tokio::test]
async fn a_managed_session_policy_limits_the_role_as_it_stands() {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust(ALICE, ASSUME, "")).await;
    may(&world, &allow("iam:*", "*")).await;
    let arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
    let session = holder(&assume(&world, &user, ROLE, &[("PolicyArns.member.1.arn", arn)]).await);
    world.ok(&session, "ListUsers", &[]).await;
    assert_eq!(world.refused(&session, "CreateUser", &[("UserName", "x")]).await.0, "AccessDenied");
    let unknown = [("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/NoSuchPolicy")];
    assert_eq!(refused(&world, &user, ROLE, &unknown).await.0, "MalformedPolicyDocument");
}

#[tokio::test]
async fn a_session_policy_that_does_not_parse_is_malformed() {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust(ALICE, ASSUME, "")).await;
    assert_eq!(refused(&world, &user, ROLE, &[("Policy", "{")]).await.0, "MalformedPolicyDocument");
}

async fn tagged_world(actions: &str) -> (World, service::testing::Who) {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust(ALICE, actions, "")).await;
    (world, user)
}

const TAG: [(&str, &str); 2] = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];

#[tokio::test]
async fn session_tags_need_leave_to_tag_the_session() {
    let (world, user) = tagged_world(ASSUME).await;
    let (code, message) = refused(&world, &user, ROLE, &TAG).await;
    assert_eq!(code, "AccessDenied");
    assert!(message.contains("is not authorized to perform: sts:TagSession"), "{message}");
    let (world, user) = tagged_world(r#"["sts:AssumeRole","sts:TagSession"]"#).await;
    assume(&world, &user, ROLE, &TAG).await;
}

#[tokio::test]
async fn a_session_tag_is_a_tag_of_the_principal() {
    let (world, user) = tagged_world(r#"["sts:AssumeRole","sts:TagSession"]"#).await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*",
        "Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"}}}]}"#;
    may(&world, policy).await;
    let plain = holder(&assume(&world, &user, ROLE, &[]).await);
    assert_eq!(world.refused(&plain, "ListUsers", &[]).await.0, "AccessDenied");
    let tagged = holder(&assume(&world, &user, ROLE, &TAG).await);
    world.ok(&tagged, "ListUsers", &[]).await;
}

#[tokio::test]
async fn transitive_tags_go_on_along_the_chain_and_cannot_be_set_again() {
    let (world, user) = tagged_world(r#"["sts:AssumeRole","sts:TagSession"]"#).await;
    may(&world, &allow("sts:*", "*")).await;
    let document =
        trust("arn:aws:iam::123456789012:role/deploy", r#"["sts:AssumeRole","sts:TagSession"]"#, "");
    let parameters = [("RoleName", "second"), ("AssumeRolePolicyDocument", document.as_str())];
    world.ok(&world.root, "CreateRole", &parameters).await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*",
        "Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"}}}]}"#;
    let parameters = [("RoleName", "second"), ("PolicyName", "p"), ("PolicyDocument", policy)];
    world.ok(&world.root, "PutRolePolicy", &parameters).await;

    let second = "arn:aws:iam::123456789012:role/second";
    let first = holder(&assume(&world, &user, ROLE, &TAG).await);
    let lost = holder(&assume(&world, &first, second, &[]).await);
    assert_eq!(world.refused(&lost, "ListUsers", &[]).await.0, "AccessDenied");

    let transitive = [TAG[0], TAG[1], ("TransitiveTagKeys.member.1", "team")];
    let first = holder(&assume(&world, &user, ROLE, &transitive).await);
    let kept = holder(&assume(&world, &first, second, &[]).await);
    world.ok(&kept, "ListUsers", &[]).await;
    let again = [("Tags.member.1.Key", "TEAM"), ("Tags.member.1.Value", "red")];
    assert_eq!(refused(&world, &first, second, &again).await.0, "InvalidParameterValue");
}

#[tokio::test]
async fn a_source_identity_needs_leave_and_stays() {
    let (world, user) = tagged_world(ASSUME).await;
    let source = [("SourceIdentity", "alice")];
    let (_, message) = refused(&world, &user, ROLE, &source).await;
    assert!(message.contains("is not authorized to perform: sts:SetSourceIdentity"), "{message}");

    let (world, user) = tagged_world(r#"["sts:AssumeRole","sts:SetSourceIdentity"]"#).await;
    may(&world, &allow("sts:*", "*")).await;
    let document =
        trust("arn:aws:iam::123456789012:role/deploy", r#"["sts:AssumeRole","sts:SetSourceIdentity"]"#, "");
    let parameters = [("RoleName", "second"), ("AssumeRolePolicyDocument", document.as_str())];
    world.ok(&world.root, "CreateRole", &parameters).await;
    let answer = assume(&world, &user, ROLE, &source).await;
    assert_eq!(answer.get("SourceIdentity"), "alice");
    let second = "arn:aws:iam::123456789012:role/second";
    assert_eq!(assume(&world, &holder(&answer), second, &[]).await.get("SourceIdentity"), "alice");
    let other = [("SourceIdentity", "mallory")];
    assert_eq!(refused(&world, &holder(&answer), second, &other).await.0, "AccessDenied");
}

#[tokio::test]
async fn the_event_shows_the_session_and_neither_secret_nor_token() {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust(ALICE, ASSUME, "")).await;
    let answer = assume(&world, &user, ROLE, &[]).await;
    let events = world.events();
    let event = events.iter().find(|event| event["eventName"] == "AssumeRole").unwrap();
    assert_eq!(event["requestParameters"]["roleArn"], ROLE);
    assert_eq!(event["responseElements"]["assumedRoleUser"]["arn"], answer.get("Arn"));
    assert_eq!(event["responseElements"]["credentials"]["accessKeyId"], answer.get("AccessKeyId"));
    let text = event.to_string();
    assert!(!text.contains(answer.get("SecretAccessKey")) && !text.contains(answer.get("SessionToken")));
}
