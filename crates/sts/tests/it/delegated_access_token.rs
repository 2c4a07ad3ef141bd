//! GetDelegatedAccessToken: the requestor acts as the approver, within what was approved, for the time that was approved.

#![expect(clippy::string_slice, reason = "tokens are ASCII")]

use directory::Revoked;
use service::revoke_sessions;
use service::testing::{Who, World};
use types::{Owner, UniqueId};

use crate::support::{allow, holder, world};

const TEMPLATE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ListUsers","iam:GetUser","sts:*"],"Resource":"*"}]}"#;
const GET: &str = "GetDelegatedAccessToken";

/// A partner whose request was approved by the user `boss`, and its token.
async fn approved(world: &World) -> (Who, Who, String) {
    let partner = world.account("210987654321").await;
    let policy = [("PolicyName", "template"), ("PolicyDocument", TEMPLATE)];
    world.ok(&partner, "CreatePolicy", &policy).await;
    let boss = world.user("boss", &allow("iam:*", "*")).await;
    let asked = [
        ("Description", "d"),
        ("Permissions.PolicyTemplateArn", "arn:aws:iam::210987654321:policy/template"),
        ("RequestorWorkflowId", "workflow-1"),
        ("NotificationChannel", "arn:aws:sns:us-east-1:210987654321:topic"),
        ("SessionDuration", "3600"),
    ];
    let made = world.ok(&partner, "CreateDelegationRequest", &asked).await;
    let id = made.get("DelegationRequestId").to_owned();
    for operation in ["AssociateDelegationRequest", "AcceptDelegationRequest"] {
        world.ok(&boss, operation, &[("DelegationRequestId", &id)]).await;
    }
    let token = world.core.authorizer.trade_in_token(&id).unwrap();
    let early = world.refused(&partner, GET, &[("TradeInToken", &token)]).await;
    assert_eq!(early.0, "ValidationError", "the token is not released");
    world.ok(&boss, "SendDelegationToken", &[("DelegationRequestId", &id)]).await;
    (partner, boss, token)
}

#[tokio::test]
async fn the_requestor_acts_as_the_approver_within_both_their_permissions() {
    let world = world().await;
    let (partner, _, token) = approved(&world).await;
    world.advance(600);
    let answer = world.ok(&partner, GET, &[("TradeInToken", &token)]).await;
    assert_eq!(answer.get("AssumedPrincipal"), "arn:aws:iam::123456789012:user/boss");
    assert_eq!(answer.get("Expiration"), "2026-01-01T01:00:00Z", "an hour from the release");
    assert_eq!(answer.get("PackedPolicySize"), "3");
    let delegated = holder(&answer);
    let who = world.ok(&delegated, "GetCallerIdentity", &[]).await;
    assert_eq!(who.get("Arn"), "arn:aws:iam::123456789012:user/boss");
    world.ok(&delegated, "ListUsers", &[]).await;
    assert_eq!(world.refused(&delegated, "CreateUser", &[("UserName", "x")]).await.0, "AccessDenied");
    assert_eq!(
        world.refused(&delegated, "GetAccessKeyInfo", &[("AccessKeyId", partner.id.as_str())]).await.0,
        "AccessDenied"
    );

    let nothing = [("UserName", "boss"), ("PolicyName", "p")];
    world.ok(&world.root, "DeleteUserPolicy", &nothing).await;
    assert_eq!(world.refused(&delegated, "ListUsers", &[]).await.0, "AccessDenied");
}

#[tokio::test]
async fn a_delegated_session_makes_no_session_of_more() {
    let world = world().await;
    let (partner, _, token) = approved(&world).await;
    let delegated = holder(&world.ok(&partner, GET, &[("TradeInToken", &token)]).await);
    assert_eq!(world.refused(&delegated, "GetSessionToken", &[]).await.0, "AccessDenied");
    assert_eq!(world.refused(&delegated, "GetFederationToken", &[("Name", "more")]).await.0, "AccessDenied");
    let asked = [("DelegationRequestId", "0123456789abcdef")];
    assert_eq!(world.refused(&delegated, "AcceptDelegationRequest", &asked).await.0, "AccessDenied");
}

#[tokio::test]
async fn who_revokes_the_approver_s_sessions_revokes_the_token_that_makes_them() {
    let world = world().await;
    let (partner, _, token) = approved(&world).await;
    let delegated = holder(&world.ok(&partner, GET, &[("TradeInToken", &token)]).await);
    world.advance(1);
    let boss = world.ok(&world.root, "GetUser", &[("UserName", "boss")]).await;
    let boss = UniqueId::parse(boss.get("UserId")).unwrap();
    let owner = Owner::parse("aws:123456789012").unwrap();
    revoke_sessions(&world.core, owner, &Revoked::Principal(boss)).await.unwrap();
    world.advance(1);
    assert_eq!(world.refused(&delegated, "ListUsers", &[]).await.0, "InvalidClientTokenId");
    assert_eq!(
        world.refused(&partner, GET, &[("TradeInToken", &token)]).await.0,
        "ExpiredTradeInTokenException"
    );
}

#[tokio::test]
async fn who_revokes_the_key_that_approved_revokes_what_was_approved() {
    let world = world().await;
    let (partner, boss, token) = approved(&world).await;
    let delegated = holder(&world.ok(&partner, GET, &[("TradeInToken", &token)]).await);
    world.ok(&delegated, "ListUsers", &[]).await;
    world.advance(1);
    let owner = Owner::parse("aws:123456789012").unwrap();
    revoke_sessions(&world.core, owner, &Revoked::Key(boss.id.clone())).await.unwrap();
    assert_eq!(world.refused(&delegated, "ListUsers", &[]).await.0, "InvalidClientTokenId");
    assert_eq!(
        world.refused(&partner, GET, &[("TradeInToken", &token)]).await.0,
        "ExpiredTradeInTokenException"
    );
}

#[tokio::test]
async fn permissions_that_no_session_can_hold_are_refused_when_they_are_asked_for() {
    let world = world().await;
    let partner = world.account("210987654321").await;
    let statement = |number| {
        let resources: Vec<_> =
            (0..30).map(|at| format!(r#""arn:aws:s3:::bucket-{number}-{at}/*""#)).collect();
        format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":[{}]}}"#, resources.join(","))
    };
    let statements: Vec<_> = (0..5).map(statement).collect();
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    assert!((4097..6144).contains(&document.len()), "{}", document.len());
    let policy = [("PolicyName", "template"), ("PolicyDocument", document.as_str())];
    world.ok(&partner, "CreatePolicy", &policy).await;
    let asked = [
        ("Description", "d"),
        ("Permissions.PolicyTemplateArn", "arn:aws:iam::210987654321:policy/template"),
        ("RequestorWorkflowId", "workflow-1"),
        ("NotificationChannel", "arn:aws:sns:us-east-1:210987654321:topic"),
        ("SessionDuration", "3600"),
    ];
    let (code, message) = world.refused(&partner, "CreateDelegationRequest", &asked).await;
    assert_eq!(code, "InvalidInput");
    assert!(message.ends_with("more than 4096 characters"), "{message}");
}

#[tokio::test]
async fn a_token_is_its_requestor_s_alone_and_ends_with_the_time() {
    let world = world().await;
    let (partner, boss, token) = approved(&world).await;
    let invalid = ("ValidationError".to_owned(), "The trade-in token is not valid.".to_owned());
    assert_eq!(world.refused(&world.root, GET, &[("TradeInToken", &token)]).await, invalid);
    for spoilt in ["", "x", &token[1..], &token[..token.len() - 1], &token.repeat(9)] {
        assert_eq!(
            world.refused(&partner, GET, &[("TradeInToken", spoilt)]).await.0,
            "ValidationError",
            "{spoilt}"
        );
    }
    assert_eq!(world.refused(&boss, GET, &[("TradeInToken", &token)]).await.0, "AccessDenied");
    world.advance(3599);
    world.ok(&partner, GET, &[("TradeInToken", &token)]).await;
    world.advance(1);
    assert_eq!(
        world.refused(&partner, GET, &[("TradeInToken", &token)]).await.0,
        "ExpiredTradeInTokenException"
    );
}
