//! Sessions that are over before their time: the very next request is refused.

use directory::Revoked;
use service::revoke_sessions;
use service::testing::{Who, World};
use types::{Owner, UniqueId};

use crate::support::{ROLE, allow, assume, holder, may, refused, role, trust, world};

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";

/// Alice, who may assume the role `deploy`, which may list users; and a session of hers.
async fn deployed(world: &World) -> (Who, Who) {
    let alice = world.user("alice", &allow("*", "*")).await;
    role(world, &trust(ALICE, r#""sts:AssumeRole""#, "")).await;
    may(world, &allow("*", "*")).await;
    let session = holder(&assume(world, &alice, ROLE, &[]).await);
    world.ok(&session, "ListUsers", &[]).await;
    (alice, session)
}

async fn revoke(world: &World, of: Revoked) {
    let owner = Owner::parse("aws:123456789012").unwrap();
    revoke_sessions(&world.core, owner, &of).await.unwrap();
}

async fn is_over(world: &World, session: &Who) -> bool {
    match world.call(session, "GetCallerIdentity", &[]).await {
        Ok(_) => false,
        Err(fault) => {
            assert_eq!(fault.code, "InvalidClientTokenId");
            true
        }
    }
}

async fn id_of(world: &World, operation: &str, member: (&str, &str), element: &str) -> UniqueId {
    UniqueId::parse(world.ok(&world.root, operation, &[member]).await.get(element)).unwrap()
}

/// The inline policy that the console of AWS writes.
fn older_sessions(before: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{{"DateLessThan":{{"aws:TokenIssueTime":"{before}"}}}}}}]}}"#
    )
}

#[tokio::test]
async fn the_console_s_policy_denies_the_sessions_that_were_issued_before() {
    let world = world().await;
    let (alice, older) = deployed(&world).await;
    world.advance(60);
    let document = older_sessions("2026-01-01T00:01:00.000Z");
    let parameters =
        [("RoleName", "deploy"), ("PolicyName", "AWSRevokeOlderSessions"), ("PolicyDocument", &*document)];
    world.ok(&world.root, "PutRolePolicy", &parameters).await;
    let (code, message) = world.refused(&older, "ListUsers", &[]).await;
    assert_eq!(code, "AccessDenied");
    assert!(message.ends_with("with an explicit deny in an identity-based policy"), "{message}");
    let newer = holder(&assume(&world, &alice, ROLE, &[]).await);
    world.ok(&newer, "ListUsers", &[]).await;
}

#[tokio::test]
async fn the_issue_time_is_a_key_of_sessions_and_not_of_long_term_keys() {
    let world = world().await;
    // Denied to whoever brings the key at all.
    let barred = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:ListUsers","Resource":"*","Condition":{"Null":{"aws:TokenIssueTime":"false"}}}]}"#;
    let alice = world.user("alice", barred).await;
    world.ok(&alice, "ListUsers", &[]).await;
    role(&world, &trust(ALICE, r#""sts:AssumeRole""#, "")).await;
    may(&world, barred).await;
    let session = holder(&assume(&world, &alice, ROLE, &[]).await);
    assert_eq!(world.refused(&session, "ListUsers", &[]).await.0, "AccessDenied");
}

#[tokio::test]
async fn one_session_can_be_revoked_alone() {
    let world = world().await;
    let (alice, one) = deployed(&world).await;
    let other = holder(&assume(&world, &alice, ROLE, &[]).await);
    revoke(&world, Revoked::Key(one.id.clone())).await;
    assert!(is_over(&world, &one).await);
    assert!(!is_over(&world, &other).await);
    assert!(!is_over(&world, &alice).await);
}

#[tokio::test]
async fn sessions_that_a_revoked_session_made_are_over_too() {
    let world = world().await;
    let (_, first) = deployed(&world).await;
    let trusted = trust("arn:aws:iam::123456789012:role/deploy", r#""sts:AssumeRole""#, "");
    let parameters = [("RoleName", "second"), ("AssumeRolePolicyDocument", &*trusted)];
    world.ok(&world.root, "CreateRole", &parameters).await;
    let second = "arn:aws:iam::123456789012:role/second";
    let chained = holder(&assume(&world, &first, second, &[]).await);
    assert!(!is_over(&world, &chained).await);
    revoke(&world, Revoked::Key(first.id.clone())).await;
    assert!(is_over(&world, &chained).await);
}

#[tokio::test]
async fn the_ends_of_a_long_chain_are_known() {
    let world = world().await;
    let alice = world.user("alice", &allow("*", "*")).await;
    let both = r#"["arn:aws:iam::123456789012:user/alice","arn:aws:iam::123456789012:root"]"#;
    let trusted = trust("PLACE", r#""sts:AssumeRole""#, "").replace(r#""PLACE""#, both);
    role(&world, &trusted).await;
    may(&world, &allow("*", "*")).await;
    let mut chain = vec![alice.clone()];
    for _ in 0..12 {
        let last = chain.last().unwrap().clone();
        chain.push(holder(&assume(&world, &last, ROLE, &[]).await));
    }
    let last = chain.last().unwrap().clone();
    revoke(&world, Revoked::Key(chain[10].id.clone())).await;
    assert!(is_over(&world, &last).await && !is_over(&world, &chain[9]).await);
    revoke(&world, Revoked::Key(alice.id.clone())).await;
    assert!(is_over(&world, &chain[9]).await && is_over(&world, &chain[1]).await);
}

#[tokio::test]
async fn sessions_can_be_revoked_by_the_key_that_made_them() {
    let world = world().await;
    let (alice, session) = deployed(&world).await;
    let made = world.ok(&world.root, "CreateAccessKey", &[("UserName", "alice")]).await;
    let other_key = Who { id: types::AccessKeyId::parse(made.get("AccessKeyId")).unwrap(), token: None };
    let other = holder(&assume(&world, &other_key, ROLE, &[]).await);
    revoke(&world, Revoked::Key(alice.id.clone())).await;
    assert!(is_over(&world, &session).await);
    assert!(!is_over(&world, &other).await);
    // The key itself is for its status to end; sessions that it makes from now on are new ones.
    world.advance(1);
    let newer = holder(&assume(&world, &alice, ROLE, &[]).await);
    assert!(!is_over(&world, &newer).await);
}

#[tokio::test]
async fn sessions_can_be_revoked_by_their_role_and_by_the_user_behind_them() {
    let world = world().await;
    let (alice, of_role) = deployed(&world).await;
    let of_user = holder(&world.ok(&alice, "GetSessionToken", &[]).await);
    let role = id_of(&world, "GetRole", ("RoleName", "deploy"), "RoleId").await;
    revoke(&world, Revoked::Principal(role)).await;
    assert!(is_over(&world, &of_role).await);
    assert!(!is_over(&world, &of_user).await);

    world.advance(1);
    let again = holder(&assume(&world, &alice, ROLE, &[]).await);
    assert!(!is_over(&world, &again).await);
    let user = id_of(&world, "GetUser", ("UserName", "alice"), "UserId").await;
    revoke(&world, Revoked::Principal(user)).await;
    assert!(is_over(&world, &again).await);
    assert!(is_over(&world, &of_user).await);
    assert!(!is_over(&world, &alice).await);
}

#[tokio::test]
async fn everybody_s_and_the_root_user_s_sessions_can_be_revoked_and_other_accounts_keep_theirs() {
    let world = world().await;
    let (_, session) = deployed(&world).await;
    let of_root = holder(&world.ok(&world.root, "GetSessionToken", &[]).await);
    let stranger = world.account("999999999999").await;
    let theirs = holder(&world.ok(&stranger, "GetSessionToken", &[]).await);
    revoke(&world, Revoked::Root).await;
    assert!(is_over(&world, &of_root).await);
    assert!(!is_over(&world, &session).await);
    revoke(&world, Revoked::Everyone).await;
    assert!(is_over(&world, &session).await);
    assert!(!is_over(&world, &theirs).await);
}

#[tokio::test]
async fn a_revocation_in_the_account_of_whoever_assumed_binds_across_accounts() {
    let world = world().await;
    let stranger = world.account("999999999999").await;
    let policy = allow("sts:AssumeRole", "*");
    for (operation, parameters) in [
        ("CreateUser", vec![("UserName", "guest")]),
        ("PutUserPolicy", vec![("UserName", "guest"), ("PolicyName", "p"), ("PolicyDocument", &*policy)]),
    ] {
        world.ok(&stranger, operation, &parameters).await;
    }
    let key = world.ok(&stranger, "CreateAccessKey", &[("UserName", "guest")]).await;
    let guest = Who { id: types::AccessKeyId::parse(key.get("AccessKeyId")).unwrap(), token: None };
    role(&world, &trust("arn:aws:iam::999999999999:root", r#""sts:AssumeRole""#, "")).await;
    let session = holder(&assume(&world, &guest, ROLE, &[]).await);
    let theirs = Owner::parse("aws:999999999999").unwrap();
    revoke_sessions(&world.core, theirs, &Revoked::Key(guest.id.clone())).await.unwrap();
    assert!(is_over(&world, &session).await);
}

#[tokio::test]
async fn a_user_who_leaves_a_group_leaves_its_rights_with_the_next_request() {
    let world = world().await;
    let alice = world.user("alice", "").await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", "staff")]).await;
    let document = allow("iam:ListUsers", "*");
    let parameters = [("GroupName", "staff"), ("PolicyName", "p"), ("PolicyDocument", &*document)];
    world.ok(&world.root, "PutGroupPolicy", &parameters).await;
    let member = [("GroupName", "staff"), ("UserName", "alice")];
    world.ok(&world.root, "AddUserToGroup", &member).await;
    let federated = world.ok(&alice, "GetSessionToken", &[]).await;
    world.ok(&alice, "ListUsers", &[]).await;
    world.ok(&world.root, "RemoveUserFromGroup", &member).await;
    assert_eq!(world.refused(&alice, "ListUsers", &[]).await.0, "AccessDenied");
    assert!(!is_over(&world, &holder(&federated)).await);
}

#[tokio::test]
async fn a_changed_trust_policy_binds_the_next_assume_role() {
    let world = world().await;
    let (alice, _) = deployed(&world).await;
    let nobody = trust("arn:aws:iam::123456789012:root", r#""sts:TagSession""#, "");
    let parameters = [("RoleName", "deploy"), ("PolicyDocument", &*nobody)];
    world.ok(&world.root, "UpdateAssumeRolePolicy", &parameters).await;
    assert_eq!(refused(&world, &alice, ROLE, &[]).await.0, "AccessDenied");
}

#[tokio::test]
async fn sessions_of_a_deleted_role_or_user_are_over_also_when_one_of_that_name_is_made_anew() {
    let world = world().await;
    let (alice, session) = deployed(&world).await;
    let of_user = holder(&world.ok(&alice, "GetSessionToken", &[]).await);
    let named = [("RoleName", "deploy"), ("PolicyName", "p")];
    world.ok(&world.root, "DeleteRolePolicy", &named).await;
    world.ok(&world.root, "DeleteRole", &named[..1]).await;
    assert!(is_over(&world, &session).await);
    role(&world, &trust(ALICE, r#""sts:AssumeRole""#, "")).await;
    assert!(is_over(&world, &session).await);

    let key = [("UserName", "alice"), ("AccessKeyId", alice.id.as_str())];
    world.ok(&world.root, "DeleteAccessKey", &key).await;
    world.ok(&world.root, "DeleteUserPolicy", &[("UserName", "alice"), ("PolicyName", "p")]).await;
    world.ok(&world.root, "DeleteUser", &key[..1]).await;
    assert!(is_over(&world, &of_user).await);
    world.ok(&world.root, "CreateUser", &key[..1]).await;
    assert!(is_over(&world, &of_user).await);
}

#[tokio::test]
async fn a_change_that_was_allowed_to_a_session_does_not_commit_after_its_revocation() {
    let world = world().await;
    let (_, session) = deployed(&world).await;
    let (made, ()) = tokio::join!(
        world.call(&session, "CreateUser", &[("UserName", "bob")]),
        revoke(&world, Revoked::Key(session.id.clone())),
    );
    // Whichever came first: nothing of the session's doing is left that came after its end.
    let there = world.call(&world.root, "GetUser", &[("UserName", "bob")]).await.is_ok();
    assert_eq!(made.is_ok(), there);
    assert!(is_over(&world, &session).await);
}
