//! GetSessionToken.

use crate::support::{ROLE, allow, holder, may, role, trust, world};

#[tokio::test]
async fn a_user_needs_no_permission_and_has_twelve_hours() {
    let world = world().await;
    let user = world.user("alice", "").await;
    let answer = world.ok(&user, "GetSessionToken", &[]).await;
    assert_eq!(answer.get("Expiration"), "2026-01-01T12:00:00Z");
    let identity = world.ok(&holder(&answer), "GetCallerIdentity", &[]).await;
    assert_eq!(identity.get("Arn"), "arn:aws:iam::123456789012:user/alice");
}

#[tokio::test]
async fn the_root_user_has_an_hour_whatever_it_asks_for() {
    let world = world().await;
    let answer = world.ok(&world.root, "GetSessionToken", &[("DurationSeconds", "43200")]).await;
    assert_eq!(answer.get("Expiration"), "2026-01-01T01:00:00Z");
}

#[tokio::test]
async fn without_mfa_its_credentials_call_no_iam() {
    let world = world().await;
    let user = world.user("alice", &allow("*", "*")).await;
    let session = holder(&world.ok(&user, "GetSessionToken", &[]).await);
    assert_eq!(world.refused(&session, "ListUsers", &[]).await.0, "InvalidClientTokenId");
}

#[tokio::test]
async fn of_sts_its_credentials_call_assume_role_and_get_caller_identity() {
    let world = world().await;
    let user = world.user("alice", &allow("sts:*", "*")).await;
    role(&world, &trust("arn:aws:iam::123456789012:user/alice", r#""sts:AssumeRole""#, "")).await;
    let session = holder(&world.ok(&user, "GetSessionToken", &[]).await);
    world.ok(&session, "AssumeRole", &[("RoleArn", ROLE), ("RoleSessionName", "ci")]).await;
    let refusal = world.refused(&session, "GetSessionToken", &[]).await;
    assert_eq!(
        refusal,
        ("AccessDenied".into(), "Cannot call GetSessionToken with session credentials".into())
    );
    let key = [("AccessKeyId", session.id.as_str())];
    assert_eq!(world.refused(&session, "GetAccessKeyInfo", &key).await.0, "AccessDenied");
}

#[tokio::test]
async fn a_code_of_a_device_that_is_not_the_caller_s_is_wrong() {
    let world = world().await;
    let user = world.user("alice", "").await;
    world.user("bob", "").await;
    let both = [("SerialNumber", "arn:aws:iam::123456789012:mfa/alice"), ("TokenCode", "123456")];
    let unknown = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is \
                   valid and associated with this user.";
    let refusal = ("AccessDenied".to_owned(), unknown.to_owned());
    assert_eq!(world.refused(&user, "GetSessionToken", &both).await, refusal);
    assert_eq!(world.refused(&world.root, "GetSessionToken", &both).await, refusal);
    let (serial, _) = device(&world, "bob").await;
    let foreign = [("SerialNumber", serial.as_str()), ("TokenCode", "123456")];
    assert_eq!(world.refused(&user, "GetSessionToken", &foreign).await, refusal);
    assert_eq!(world.refused(&user, "GetSessionToken", &both[..1]).await.0, "AccessDenied");
}

/// Gives a user an MFA device, and answers its serial number and seed.
async fn device(world: &service::testing::World, user: &str) -> (String, Vec<u8>) {
    let made = world.ok(&world.root, "CreateVirtualMFADevice", &[("VirtualMFADeviceName", user)]).await;
    let serial = made.get("SerialNumber").to_owned();
    let text = base64(made.get("Base32StringSeed"));
    let seed = data_encoding::BASE32_NOPAD.decode(&text).unwrap();
    let step = authz::totp::step_of(world.core.clock.now());
    let codes = [authz::totp::code(&seed, step - 2), authz::totp::code(&seed, step - 1)];
    let parameters = [
        ("UserName", user),
        ("SerialNumber", serial.as_str()),
        ("AuthenticationCode1", codes[0].as_str()),
        ("AuthenticationCode2", codes[1].as_str()),
    ];
    world.ok(&world.root, "EnableMFADevice", &parameters).await;
    (serial, seed)
}

fn base64(text: &str) -> Vec<u8> {
    data_encoding::BASE64.decode(text.as_bytes()).unwrap()
}

#[tokio::test]
async fn a_code_of_one_s_own_device_opens_iam_and_works_once() {
    let world = world().await;
    let user = world.user("alice", &allow("*", "*")).await;
    let (serial, seed) = device(&world, "alice").await;
    let code = authz::totp::code(&seed, authz::totp::step_of(world.core.clock.now()));
    let proof = [("SerialNumber", serial.as_str()), ("TokenCode", code.as_str())];
    let session = holder(&world.ok(&user, "GetSessionToken", &proof).await);
    world.ok(&session, "ListUsers", &[]).await;
    assert_eq!(world.refused(&user, "GetSessionToken", &proof).await.0, "AccessDenied");

    let other = world.user("bob", &allow("*", "*")).await;
    world.advance(30);
    let code = authz::totp::code(&seed, authz::totp::step_of(world.core.clock.now()));
    let proof = [("SerialNumber", serial.as_str()), ("TokenCode", code.as_str())];
    assert_eq!(world.refused(&other, "GetSessionToken", &proof).await.0, "AccessDenied");
}

#[tokio::test]
async fn wrong_codes_lock_the_device_until_it_is_synchronised() {
    let world = world().await;
    let user = world.user("alice", "").await;
    let (serial, seed) = device(&world, "alice").await;
    let code_of = |steps: i64| {
        let step = authz::totp::step_of(world.core.clock.now());
        authz::totp::code(&seed, step + steps)
    };
    let try_code = async |code: &str| {
        let proof = [("SerialNumber", serial.as_str()), ("TokenCode", code)];
        world.call(&user, "GetSessionToken", &proof).await.map_err(|fault| fault.message)
    };
    let wrong = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
    for _ in 0..3 {
        assert_eq!(try_code(&code_of(5)).await.unwrap_err(), wrong);
    }
    assert_eq!(try_code(&code_of(0)).await.unwrap_err(), wrong, "too soon after three wrong ones");
    world.advance(30);
    try_code(&code_of(0)).await.unwrap();

    for _ in 0..10 {
        world.advance(900);
        assert_eq!(try_code(&code_of(5)).await.unwrap_err(), wrong);
    }
    world.advance(900);
    assert_eq!(try_code(&code_of(0)).await.unwrap_err(), wrong, "locked");
    let (first, second) = (code_of(0), code_of(1));
    let parameters = [
        ("UserName", "alice"),
        ("SerialNumber", serial.as_str()),
        ("AuthenticationCode1", first.as_str()),
        ("AuthenticationCode2", second.as_str()),
    ];
    world.ok(&world.root, "ResyncMFADevice", &parameters).await;
    world.advance(60);
    try_code(&code_of(1)).await.unwrap();
}

#[tokio::test]
async fn a_trust_policy_can_ask_for_mfa() {
    let world = world().await;
    let user = world.user("alice", "").await;
    let condition = r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;
    role(&world, &trust("arn:aws:iam::123456789012:user/alice", r#""sts:AssumeRole""#, condition)).await;
    let (serial, seed) = device(&world, "alice").await;
    let code = authz::totp::code(&seed, authz::totp::step_of(world.core.clock.now()));
    let mut parameters = vec![("RoleArn", ROLE), ("RoleSessionName", "ci")];
    assert_eq!(world.refused(&user, "AssumeRole", &parameters).await.0, "AccessDenied");
    parameters.extend([("SerialNumber", serial.as_str()), ("TokenCode", code.as_str())]);
    let session = holder(&world.ok(&user, "AssumeRole", &parameters).await);

    // The code was for the trust policy: the role's session has no MFA.
    let bound = allow_under("iam:ListUsers", r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#);
    may(&world, &bound).await;
    assert_eq!(world.refused(&session, "ListUsers", &[]).await.0, "AccessDenied");
}

#[tokio::test]
async fn a_session_without_mfa_may_bring_a_code_to_assume_role() {
    let world = world().await;
    let user = world.user("alice", "").await;
    let condition =
        r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"60"}}"#;
    role(&world, &trust("arn:aws:iam::123456789012:user/alice", r#""sts:AssumeRole""#, condition)).await;
    let (serial, seed) = device(&world, "alice").await;
    let code = |steps| authz::totp::code(&seed, authz::totp::step_of(world.core.clock.now()) + steps);
    let session = holder(&world.ok(&user, "GetSessionToken", &[]).await);
    let assume = [("RoleArn", ROLE), ("RoleSessionName", "ci")];
    assert_eq!(world.refused(&session, "AssumeRole", &assume).await.0, "AccessDenied");
    let proof = code(0);
    let mut proved = assume.to_vec();
    proved.extend([("SerialNumber", serial.as_str()), ("TokenCode", proof.as_str())]);
    world.ok(&session, "AssumeRole", &proved).await;

    // One that has MFA needs no other code while it is young.
    world.advance(60);
    let proof = code(0);
    let proof = [("SerialNumber", serial.as_str()), ("TokenCode", proof.as_str())];
    let session = holder(&world.ok(&user, "GetSessionToken", &proof).await);
    world.advance(59);
    world.ok(&session, "AssumeRole", &assume).await;
    world.advance(1);
    assert_eq!(world.refused(&session, "AssumeRole", &assume).await.0, "AccessDenied");
}

/// A policy that allows an action under a condition.
fn allow_under(action: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*","Condition":{condition}}}]}}"#
    )
}
