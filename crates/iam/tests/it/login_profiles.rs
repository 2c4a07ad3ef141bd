//! Login profiles.

use crate::asking::{all, allow, arn, denied, fault, needs_leave};
use directory::LoginProfile;
use service::testing::{Who, World};

const GOOD: &str = "correct-Horse-1";

async fn world() -> World {
    World::new(vec![iam::entry()]).await
}

/// A user with a password.
async fn with_password(world: &World, name: &str, policy: &str) -> Who {
    let who = world.user(name, policy).await;
    world.ok(&world.root, "CreateLoginProfile", &[("UserName", name), ("Password", GOOD)]).await;
    who
}

fn not_there(user: &str) -> (String, String) {
    fault("NoSuchEntity", &format!("Login Profile for User {user} cannot be found."))
}

async fn policy(world: &World, parameters: &[(&str, &str)]) {
    world.ok(&world.root, "UpdateAccountPasswordPolicy", parameters).await;
}

#[tokio::test]
async fn a_profile_is_made_read_changed_and_deleted() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "Alice")]).await;
    let parameters = [("UserName", "aLICE"), ("Password", GOOD), ("PasswordResetRequired", "true")];
    let made = world.ok(&world.root, "CreateLoginProfile", &parameters).await;
    let expected = "<LoginProfile><UserName>Alice</UserName><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
                    <PasswordResetRequired>true</PasswordResetRequired></LoginProfile>";
    assert!(made.xml.contains(expected), "{}", made.xml);
    let refusal = world.refused(&world.root, "CreateLoginProfile", &parameters).await;
    assert_eq!(refusal, fault("EntityAlreadyExists", "Login Profile for user Alice already exists."));

    world.advance(60);
    let update = [("UserName", "alice"), ("PasswordResetRequired", "false")];
    world.ok(&world.root, "UpdateLoginProfile", &update).await;
    let read = world.ok(&world.root, "GetLoginProfile", &update[..1]).await;
    assert!(read.xml.contains(&expected.replace("true", "false")), "{}", read.xml);
    // Nobody has signed in yet.
    assert!(!world.ok(&world.root, "GetUser", &update[..1]).await.has("PasswordLastUsed"));

    world.ok(&world.root, "DeleteLoginProfile", &update[..1]).await;
    for operation in ["GetLoginProfile", "DeleteLoginProfile"] {
        assert_eq!(world.refused(&world.root, operation, &update[..1]).await, not_there("Alice"));
    }
    assert_eq!(world.refused(&world.root, "UpdateLoginProfile", &update).await, not_there("Alice"));
}

#[tokio::test]
async fn a_password_is_kept_as_a_sealed_hash_and_shredded() {
    let world = world().await;
    with_password(&world, "alice", "").await;
    let user = world.ok(&world.root, "GetUser", &[("UserName", "alice")]).await;
    let key = format!("aws:123456789012/{}", user.get("UserId"));
    let sealed = world.core.store.read().secret(LoginProfile::SECRET, &key).await.unwrap().unwrap();
    assert!(!sealed.contains(GOOD) && !sealed.contains("argon2"));
    let opened = world.core.authorizer.keyring().unseal(
        LoginProfile::PURPOSE,
        key.as_bytes(),
        &sealed.parse().unwrap(),
    );
    let hashes: Vec<String> = serde_json::from_slice(&opened.unwrap()).unwrap();
    assert!(hashes.len() == 1 && hashes[0].starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hashes:?}");
    let events = world.core.store.events(0, 100).await.unwrap();
    assert!(!format!("{events:?}").contains(GOOD), "a password is in the audit trail");

    world.ok(&world.root, "DeleteLoginProfile", &[("UserName", "alice")]).await;
    assert!(world.core.store.read().secret(LoginProfile::SECRET, &key).await.unwrap().is_none());
}

#[tokio::test]
async fn only_a_session_of_root_may_leave_the_password_out() {
    let world = world().await;
    world.user("alice", "").await;
    let refusal = world.refused(&world.root, "CreateLoginProfile", &[("UserName", "alice")]).await;
    assert_eq!(refusal.0, "ValidationError");
    let refusal = world.refused(&world.root, "CreateLoginProfile", &[("Password", GOOD)]).await;
    assert_eq!(
        refusal,
        fault("ValidationError", "Must specify userName when calling with non-User credentials")
    );
    let missing = fault("NoSuchEntity", "The user with name none cannot be found.");
    let none = [("UserName", "none"), ("Password", GOOD)];
    assert_eq!(world.refused(&world.root, "CreateLoginProfile", &none).await, missing);
    assert_eq!(world.refused(&world.root, "UpdateLoginProfile", &none).await, missing);
    assert_eq!(world.refused(&world.root, "GetLoginProfile", &none[..1]).await, missing);
    assert_eq!(world.refused(&world.root, "DeleteLoginProfile", &none[..1]).await, missing);
}

#[tokio::test]
async fn without_a_policy_of_its_own_an_account_has_aws_s_default() {
    let world = world().await;
    world.user("alice", "").await;
    let unfit = fault("PasswordPolicyViolation", "Password does not conform to the account password policy.");
    let short = fault("PasswordPolicyViolation", "Password should have a minimum length of 8");
    for (password, refusal) in
        [("Aa1!567", &short), ("abcdefgh1", &unfit), ("ABCDEFGH1", &unfit), ("abcdefgh", &unfit)]
    {
        let parameters = [("UserName", "alice"), ("Password", password)];
        assert_eq!(
            world.refused(&world.root, "CreateLoginProfile", &parameters).await,
            *refusal,
            "{password}"
        );
    }
    world.ok(&world.root, "CreateLoginProfile", &[("UserName", "alice"), ("Password", "abcdefg1!")]).await;
}

#[tokio::test]
async fn each_rule_of_the_account_s_policy_is_held() {
    let world = world().await;
    with_password(&world, "alice", "").await;
    for (rule, value, bad, good, sentence) in [
        (
            "MinimumPasswordLength",
            "10",
            "abcdefghi",
            "abcdefghij",
            "Password should have a minimum length of 10",
        ),
        (
            "RequireUppercaseCharacters",
            "true",
            "abc1!\u{c4}",
            "abc1!A",
            "Password should have at least one uppercase letter",
        ),
        (
            "RequireLowercaseCharacters",
            "true",
            "ABC1!\u{e4}",
            "ABC1!a",
            "Password should have at least one lowercase letter",
        ),
        ("RequireNumbers", "true", "abcdef!", "abcdef1", "Password should have at least one number"),
        ("RequireSymbols", "true", "abc 1A\"", "abc1A'", "Password should have at least one symbol"),
    ] {
        policy(&world, &[(rule, value)]).await;
        let parameters = [("UserName", "alice"), ("Password", bad)];
        let refusal = world.refused(&world.root, "UpdateLoginProfile", &parameters).await;
        assert_eq!(refusal, fault("PasswordPolicyViolation", sentence));
        world.ok(&world.root, "UpdateLoginProfile", &[("UserName", "alice"), ("Password", good)]).await;
    }
}

#[tokio::test]
async fn a_user_changes_its_password_with_the_old_one() {
    let world = world().await;
    let alice =
        with_password(&world, "alice", &allow("iam:ChangePassword", &arn("user/${aws:username}"))).await;
    let wrong = [("OldPassword", "not-Horse-1"), ("NewPassword", "another-Horse-2")];
    let refusal = world.refused(&alice, "ChangePassword", &wrong).await;
    assert_eq!(refusal, fault("AccessDenied", "The old password was incorrect."));
    let right = [("OldPassword", GOOD), ("NewPassword", "another-Horse-2")];
    world.ok(&alice, "ChangePassword", &right).await;
    assert_eq!(world.refused(&alice, "ChangePassword", &right).await, refusal);
    world.ok(&alice, "ChangePassword", &[("OldPassword", "another-Horse-2"), ("NewPassword", GOOD)]).await;
    let short = [("OldPassword", GOOD), ("NewPassword", "Aa1!")];
    assert_eq!(world.refused(&alice, "ChangePassword", &short).await.0, "PasswordPolicyViolation");
}

#[tokio::test]
async fn a_change_of_one_s_own_fulfils_the_demand_for_a_reset() {
    let world = world().await;
    let alice = with_password(&world, "alice", &allow("iam:*", "*")).await;
    world
        .ok(&world.root, "UpdateLoginProfile", &[("UserName", "alice"), ("PasswordResetRequired", "true")])
        .await;
    world.ok(&alice, "ChangePassword", &[("OldPassword", GOOD), ("NewPassword", "another-Horse-2")]).await;
    assert_eq!(world.ok(&alice, "GetLoginProfile", &[]).await.get("PasswordResetRequired"), "false");
}

#[tokio::test]
async fn only_users_change_their_own_password() {
    let world = world().await;
    let parameters = [("OldPassword", GOOD), ("NewPassword", "another-Horse-2")];
    let refusal = world.refused(&world.root, "ChangePassword", &parameters).await;
    assert_eq!(refusal, fault("InvalidUserType", "Only IAM Users can change their own password"));
    let alice = world.user("alice", &allow("iam:ChangePassword", "*")).await;
    assert_eq!(world.refused(&alice, "ChangePassword", &parameters).await, not_there("alice"));
}

#[tokio::test]
async fn the_policy_may_let_every_user_change_its_password() {
    let world = world().await;
    let alice = with_password(&world, "alice", "").await;
    let parameters = [("OldPassword", GOOD), ("NewPassword", "another-Horse-2")];
    let refusal = world.refused(&alice, "ChangePassword", &parameters).await;
    assert_eq!(refusal, denied("alice", "iam:ChangePassword", &arn("user/alice")));
    policy(&world, &[("AllowUsersToChangePassword", "true")]).await;
    world.ok(&alice, "ChangePassword", &parameters).await;
    let deny = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:ChangePassword","Resource":"*"}}"#;
    let bob = with_password(&world, "bob", deny).await;
    assert_eq!(world.refused(&bob, "ChangePassword", &parameters).await.0, "AccessDenied");
}

#[tokio::test]
async fn remembered_passwords_are_not_used_again() {
    let world = world().await;
    with_password(&world, "alice", "").await;
    let set = async |password: &str| {
        let parameters = [("UserName", "alice"), ("Password", password)];
        world
            .call(&world.root, "UpdateLoginProfile", &parameters)
            .await
            .map_err(|fault| (fault.code, fault.message))
    };
    policy(&world, &[("PasswordReusePrevention", "2")]).await;
    let reused = Err((
        "PasswordPolicyViolation".into(),
        "Policy constraint violation with password reuse prevention policy".to_owned(),
    ));
    assert_eq!(set(GOOD).await, reused);
    assert!(set("second-Horse-2").await.is_ok());
    assert_eq!(set(GOOD).await, reused);
    assert!(set("third-Horse-3").await.is_ok());
    assert!(set(GOOD).await.is_ok());
    assert_eq!(set("third-Horse-3").await, reused);
    // What was used is known although the policy asks for more only now.
    policy(&world, &[("PasswordReusePrevention", "24")]).await;
    assert_eq!(set("second-Horse-2").await, reused);
}

#[tokio::test]
async fn a_user_with_a_password_is_not_deleted() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let parameters = [("UserName", "alice"), ("Password", GOOD)];
    world.ok(&world.root, "CreateLoginProfile", &parameters).await;
    let refusal = world.refused(&world.root, "DeleteUser", &parameters[..1]).await;
    assert_eq!(refusal, fault("DeleteConflict", "Cannot delete entity, must delete login profile first."));
    world.ok(&world.root, "DeleteLoginProfile", &parameters[..1]).await;
    world.ok(&world.root, "DeleteUser", &parameters[..1]).await;
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_user() {
    let world = world().await;
    for name in ["a", "b"] {
        world.ok(&world.root, "CreateUser", &[("UserName", name)]).await;
    }
    let ours = [("UserName", "a"), ("Password", GOOD)];
    let other = [("UserName", "b"), ("Password", GOOD)];
    let (here, there) = (&*arn("user/a"), &*arn("user/b"));
    for (action, take) in [
        ("iam:CreateLoginProfile", 2),
        ("iam:GetLoginProfile", 1),
        ("iam:UpdateLoginProfile", 2),
        ("iam:DeleteLoginProfile", 1),
    ] {
        needs_leave(&world, action, (here, &ours[..take]), (there, &other[..take])).await;
    }
    let created = all(&world.ok(&world.root, "ListUsers", &[]).await.xml, "UserName");
    assert!(created.contains(&"a".to_owned()));
}
