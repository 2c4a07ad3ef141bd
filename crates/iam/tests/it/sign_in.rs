//! Sign-in with a password.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that finds something else stops")]

use authz::{Held, totp};
use service::testing::{Who, World};
use service::{ConsoleSession, SignIn, SignedIn, sign_in};
use types::{AccessKeyId, Secret};

use crate::asking::allow;

const GOOD: &str = "correct-Horse-1";
const BETTER: &str = "another-Horse-2";

async fn world() -> World {
    let world = World::new(vec![iam::entry()]).await;
    world.user("Alice", &allow("*", "*")).await;
    world.ok(&world.root, "CreateLoginProfile", &[("UserName", "Alice"), ("Password", GOOD)]).await;
    world
}

/// What somebody types.
#[derive(Clone, Copy)]
struct Typed<'a> {
    account: &'a str,
    user: &'a str,
    password: &'a str,
    code: Option<&'a str>,
    new: Option<&'a str>,
}

const ALICE: Typed<'static> =
    Typed { account: "123456789012", user: "alice", password: GOOD, code: None, new: None };

async fn signed_in(world: &World, typed: Typed<'_>) -> SignedIn {
    let origin = world.origin();
    let asked = SignIn {
        account: typed.account,
        user_name: typed.user,
        password: Secret::new(typed.password.into()),
        mfa_code: typed.code,
        mfa_serial: None,
        security_key: None,
        new_password: typed.new.map(|text| Secret::new(text.into())),
        origin: &origin,
        login_to: "http://127.0.0.1:7070/",
    };
    sign_in(&world.core, &asked).await.unwrap()
}

async fn done(world: &World, typed: Typed<'_>) -> (Who, ConsoleSession) {
    match signed_in(world, typed).await {
        SignedIn::Done(session) => {
            let id = AccessKeyId::parse(session.session.access_key_id.as_str()).unwrap();
            (Who { id, token: Some(session.token.clone()) }, *session)
        }
        other => panic!("{other:?}"),
    }
}

/// Gives alice a device; answers its seed.
async fn device(world: &World) -> Vec<u8> {
    let made = world.ok(&world.root, "CreateVirtualMFADevice", &[("VirtualMFADeviceName", "alice")]).await;
    let text = data_encoding::BASE64.decode(made.get("Base32StringSeed").as_bytes()).unwrap();
    let seed = data_encoding::BASE32_NOPAD.decode(&text).unwrap();
    let step = totp::step_of(world.core.clock.now());
    let codes = [totp::code(&seed, step - 2), totp::code(&seed, step - 1)];
    let parameters = [
        ("UserName", "Alice"),
        ("SerialNumber", made.get("SerialNumber")),
        ("AuthenticationCode1", codes[0].as_str()),
        ("AuthenticationCode2", codes[1].as_str()),
    ];
    world.ok(&world.root, "EnableMFADevice", &parameters).await;
    seed
}

fn code_now(world: &World, seed: &[u8]) -> String {
    totp::code(seed, totp::step_of(world.core.clock.now()))
}

fn sign_ins(world: &World) -> Vec<serde_json::Value> {
    world.events().into_iter().filter(|event| event["eventName"] == "ConsoleLogin").collect()
}

#[tokio::test]
async fn a_password_opens_the_console_for_twelve_hours_and_leaves_its_trace() {
    let world = world().await;
    let before = world.ok(&world.root, "GetUser", &[("UserName", "Alice")]).await;
    assert!(!before.has("PasswordLastUsed"));
    let (who, session) = done(&world, ALICE).await;
    assert_eq!(session.arn.as_str(), "arn:aws:iam::123456789012:user/Alice");
    assert_eq!(session.session.expires.to_string(), "2026-01-01T12:00:00Z");
    // Unlike GetSessionToken's without MFA, these credentials may call IAM.
    world.ok(&who, "ListUsers", &[]).await;

    for (operation, parameters) in [("GetUser", vec![("UserName", "Alice")]), ("ListUsers", vec![])] {
        let shown = world.ok(&world.root, operation, &parameters).await;
        assert_eq!(shown.get("PasswordLastUsed"), "2026-01-01T00:00:00Z", "{operation}");
    }
    let listing = world.events().into_iter().find(|event| event["eventName"] == "ListUsers").unwrap();
    assert_eq!(listing["sessionCredentialFromConsole"], "true");
    let event = sign_ins(&world).pop().unwrap();
    for (path, expected) in [
        ("/eventSource", "signin.amazonaws.com"),
        ("/eventType", "AwsConsoleSignIn"),
        ("/responseElements/ConsoleLogin", "Success"),
        ("/additionalEventData/LoginTo", "http://127.0.0.1:7070/"),
        ("/additionalEventData/MobileVersion", "No"),
        ("/additionalEventData/MFAUsed", "No"),
        ("/userIdentity/type", "IAMUser"),
        ("/userIdentity/userName", "Alice"),
        ("/userIdentity/arn", "arn:aws:iam::123456789012:user/Alice"),
        ("/recipientAccountId", "123456789012"),
        ("/sourceIPAddress", "192.0.2.1"),
        ("/awsRegion", "us-east-1"),
    ] {
        assert_eq!(event.pointer(path).unwrap(), expected, "{path}");
    }
    assert!(event["requestParameters"].is_null() && event.get("errorMessage").is_none());
    assert!(!event.to_string().contains(GOOD));
}

#[tokio::test]
async fn the_account_can_be_given_by_its_alias() {
    let world = world().await;
    world.ok(&world.root, "CreateAccountAlias", &[("AccountAlias", "acme")]).await;
    done(&world, Typed { account: "acme", ..ALICE }).await;
    assert!(matches!(signed_in(&world, Typed { account: "other", ..ALICE }).await, SignedIn::Failed));
}

#[tokio::test]
async fn what_is_wrong_is_not_told_and_what_nobody_is_called_is_not_kept() {
    let world = world().await;
    world.user("bob", "").await;
    for typed in [
        Typed { password: "wrong-Horse-1", ..ALICE },
        Typed { password: "", ..ALICE },
        Typed { user: "s3cret-typed-in-the-wrong-place", ..ALICE },
        // Bob has no password.
        Typed { user: "bob", ..ALICE },
        Typed { account: "999999999999", ..ALICE },
        Typed { account: "", user: "", password: "", ..ALICE },
    ] {
        assert!(matches!(signed_in(&world, typed).await, SignedIn::Failed), "{}", typed.user);
    }
    let events = sign_ins(&world);
    assert_eq!(events.len(), 6);
    for event in &events {
        assert_eq!(event["responseElements"]["ConsoleLogin"], "Failure");
        assert!(!event.to_string().contains("s3cret") && !event.to_string().contains("wrong-Horse"));
    }
    assert_eq!(events[0]["errorMessage"], "Failed authentication");
    assert_eq!(events[0]["userIdentity"]["userName"], "Alice");
    assert_eq!(events[2]["errorMessage"], "No username found in supplied account");
    assert_eq!(events[2]["userIdentity"]["userName"], "HIDDEN_DUE_TO_SECURITY_REASONS");
    assert_eq!(events[2]["userIdentity"]["accountId"], "123456789012");
    let uses = world.ok(&world.root, "GetUser", &[("UserName", "Alice")]).await;
    assert!(!uses.has("PasswordLastUsed"));
}

#[tokio::test]
async fn whoever_has_a_device_needs_its_code_once() {
    let world = world().await;
    let seed = device(&world).await;
    let SignedIn::NeedsMfa { devices, challenge: None, is_change_required: false } =
        signed_in(&world, ALICE).await
    else {
        panic!("no code was asked for");
    };
    assert_eq!(devices[0].as_str(), "arn:aws:iam::123456789012:mfa/alice");
    // Whoever knows the password leaves a trace, with or without the code.
    let checks: Vec<_> =
        world.events().into_iter().filter(|event| event["eventName"] == "CheckMfa").collect();
    assert_eq!(checks.len(), 1);
    assert_eq!(checks[0]["responseElements"]["CheckMfa"], "Success");
    assert_eq!(checks[0]["additionalEventData"]["MfaType"], "Virtual MFA");
    assert_eq!(checks[0]["userIdentity"]["userName"], "Alice");
    let right = code_now(&world, &seed);
    let wrong = if right == "123456" { "654321" } else { "123456" };
    assert!(matches!(signed_in(&world, Typed { code: Some(wrong), ..ALICE }).await, SignedIn::Failed));
    // With a wrong password the code is not even looked at.
    let typed = Typed { code: Some(&right), password: "wrong", ..ALICE };
    assert!(matches!(signed_in(&world, typed).await, SignedIn::Failed));
    let (_, session) = done(&world, Typed { code: Some(&right), ..ALICE }).await;
    assert_eq!(session.session.mfa, Some(world.core.clock.now()));
    let again = signed_in(&world, Typed { code: Some(&right), ..ALICE }).await;
    assert!(matches!(again, SignedIn::Failed));
    let events = sign_ins(&world);
    let with_mfa: Vec<_> =
        events.iter().map(|event| event["additionalEventData"]["MFAUsed"].as_str().unwrap()).collect();
    assert_eq!(with_mfa, ["Yes", "No", "Yes", "Yes"]);
    assert_eq!(events[2]["additionalEventData"]["MFAIdentifier"], "arn:aws:iam::123456789012:mfa/alice");
}

#[tokio::test]
async fn the_first_sign_in_can_ask_for_a_new_password() {
    let world = world().await;
    let reset = [("UserName", "Alice"), ("PasswordResetRequired", "true")];
    world.ok(&world.root, "UpdateLoginProfile", &reset).await;
    assert!(matches!(signed_in(&world, ALICE).await, SignedIn::NeedsNewPassword));
    for (new, why) in [
        ("short", "Password should have a minimum length of 8"),
        ("abcdefghij", "Password does not conform to the account password policy."),
    ] {
        match signed_in(&world, Typed { new: Some(new), ..ALICE }).await {
            SignedIn::Unfit(reason) => assert_eq!(reason, why),
            other => panic!("{other:?}"),
        }
    }
    done(&world, Typed { new: Some(BETTER), ..ALICE }).await;
    assert!(matches!(signed_in(&world, ALICE).await, SignedIn::Failed));
    // Where no change is needed, none is made.
    done(&world, Typed { password: BETTER, new: Some(GOOD), ..ALICE }).await;
    done(&world, Typed { password: BETTER, ..ALICE }).await;
    let stored = world.core.store.events(0, 100).await.unwrap();
    assert!(stored.iter().any(|event| event.line.contains("PasswordUpdated")));
}

#[tokio::test]
async fn a_code_is_not_used_up_by_a_sign_in_that_lacks_the_new_password() {
    let world = world().await;
    let seed = device(&world).await;
    let reset = [("UserName", "Alice"), ("PasswordResetRequired", "true")];
    world.ok(&world.root, "UpdateLoginProfile", &reset).await;
    let needs = signed_in(&world, ALICE).await;
    assert!(matches!(needs, SignedIn::NeedsMfa { is_change_required: true, .. }));
    let code = code_now(&world, &seed);
    let needs = signed_in(&world, Typed { code: Some(&code), ..ALICE }).await;
    assert!(matches!(needs, SignedIn::NeedsNewPassword));
    done(&world, Typed { code: Some(&code), new: Some(BETTER), ..ALICE }).await;
}

#[tokio::test]
async fn a_sign_in_that_is_run_again_after_another_change_has_not_lost_its_code() {
    let world = world().await;
    let seed = device(&world).await;
    let reset = [("UserName", "Alice"), ("PasswordResetRequired", "true")];
    world.ok(&world.root, "UpdateLoginProfile", &reset).await;
    let code = code_now(&world, &seed);
    let typed = Typed { code: Some(&code), new: Some(BETTER), ..ALICE };
    // While the password is hashed the user changes: what was read before must be read again.
    let tag = [("UserName", "Alice"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
    let (outcome, _) = tokio::join!(signed_in(&world, typed), world.ok(&world.root, "TagUser", &tag));
    assert!(matches!(outcome, SignedIn::Done(_)), "{outcome:?}");
    assert!(matches!(signed_in(&world, Typed { password: BETTER, ..typed }).await, SignedIn::Failed));
}

#[tokio::test]
async fn who_may_not_change_its_password_cannot_be_asked_to() {
    let world = world().await;
    world.user("bob", "").await;
    let parameters = [("UserName", "bob"), ("Password", GOOD), ("PasswordResetRequired", "true")];
    world.ok(&world.root, "CreateLoginProfile", &parameters).await;
    let bob = Typed { user: "bob", new: Some(BETTER), ..ALICE };
    assert!(matches!(signed_in(&world, bob).await, SignedIn::MayNotChange));
    world.ok(&world.root, "UpdateAccountPasswordPolicy", &[("AllowUsersToChangePassword", "true")]).await;
    done(&world, bob).await;
}

#[tokio::test]
async fn passwords_expire_softly_or_hard() {
    let world = world().await;
    world.ok(&world.root, "UpdateAccountPasswordPolicy", &[("MaxPasswordAge", "30")]).await;
    world.advance(30 * 24 * 3600 - 1);
    done(&world, ALICE).await;
    world.advance(1);
    assert!(matches!(signed_in(&world, ALICE).await, SignedIn::NeedsNewPassword));
    let hard = [("MaxPasswordAge", "30"), ("HardExpiry", "true")];
    world.ok(&world.root, "UpdateAccountPasswordPolicy", &hard).await;
    assert!(matches!(signed_in(&world, Typed { new: Some(BETTER), ..ALICE }).await, SignedIn::Expired));
    world.ok(&world.root, "UpdateLoginProfile", &[("UserName", "Alice"), ("Password", BETTER)]).await;
    done(&world, Typed { password: BETTER, ..ALICE }).await;
}

#[tokio::test]
async fn attempts_are_limited_for_users_who_exist_and_for_those_who_do_not() {
    let world = world().await;
    for user in ["alice", "nobody"] {
        let typed = Typed { user, password: "wrong", ..ALICE };
        for _ in 0..3 {
            assert!(matches!(signed_in(&world, typed).await, SignedIn::Failed), "{user}");
        }
        assert!(matches!(signed_in(&world, typed).await, SignedIn::Held(Held::For(1))), "{user}");
    }
    // Not even the right password helps before the time.
    assert!(matches!(signed_in(&world, ALICE).await, SignedIn::Held(Held::For(1))));
    world.advance(1);
    done(&world, ALICE).await;
}

#[tokio::test]
async fn accounts_that_are_not_there_are_counted_apart_as_those_that_are() {
    let world = world().await;
    for account in ["210987654321", "no-such-company", "another-company"] {
        let typed = Typed { account, password: "wrong", ..ALICE };
        for _ in 0..3 {
            assert!(matches!(signed_in(&world, typed).await, SignedIn::Failed), "{account}");
        }
        assert!(matches!(signed_in(&world, typed).await, SignedIn::Held(Held::For(1))), "{account}");
    }
    done(&world, ALICE).await;
}

#[tokio::test]
async fn names_that_nobody_can_have_are_counted_together() {
    let world = world().await;
    let long = "y".repeat(15_000);
    for user in [long.as_str(), "mfa/AIDAEXAMPLE", ""] {
        let typed = Typed { user, password: "wrong", ..ALICE };
        assert!(matches!(signed_in(&world, typed).await, SignedIn::Failed), "{user}");
    }
    let typed = Typed { user: "no name", password: "wrong", ..ALICE };
    assert!(matches!(signed_in(&world, typed).await, SignedIn::Held(Held::For(1))));
    done(&world, ALICE).await;
}

#[tokio::test]
async fn changing_a_password_with_a_wrong_one_counts_and_an_administrator_lifts_the_lock() {
    let world = world().await;
    let (alice, _) = done(&world, ALICE).await;
    let wrong = [("OldPassword", "wrong-Horse-9"), ("NewPassword", BETTER)];
    let (mut failed, mut held) = (0, 0);
    while failed < 10 {
        match world.refused(&alice, "ChangePassword", &wrong).await.0.as_str() {
            "AccessDenied" => failed += 1,
            "EntityTemporarilyUnmodifiable" => {
                held += 1;
                world.advance(1);
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(held, 1 + 2 + 4 + 8 + 16 + 32 + 64);
    assert!(matches!(signed_in(&world, ALICE).await, SignedIn::Held(Held::Locked)));
    world.ok(&world.root, "UpdateLoginProfile", &[("UserName", "Alice"), ("Password", BETTER)]).await;
    done(&world, Typed { password: BETTER, ..ALICE }).await;
}

#[tokio::test]
async fn the_session_of_a_user_who_is_deleted_is_over() {
    let world = world().await;
    let (who, _) = done(&world, ALICE).await;
    let keys = world.ok(&world.root, "ListAccessKeys", &[("UserName", "Alice")]).await;
    for (operation, parameters) in [
        ("DeleteAccessKey", vec![("UserName", "Alice"), ("AccessKeyId", keys.get("AccessKeyId"))]),
        ("DeleteUserPolicy", vec![("UserName", "Alice"), ("PolicyName", "p")]),
        ("DeleteLoginProfile", vec![("UserName", "Alice")]),
        ("DeleteUser", vec![("UserName", "Alice")]),
    ] {
        world.ok(&world.root, operation, &parameters).await;
    }
    assert_eq!(world.refused(&who, "ListUsers", &[]).await.0, "InvalidClientTokenId");
}
