//! The account's password policy.

use crate::asking::{allow, denied, fault, world};

const NOT_THERE: &str = "The Password Policy with domain name 123456789012 cannot be found.";

#[tokio::test]
async fn an_account_has_no_policy_of_its_own_at_first() {
    let world = world().await;
    let missing = fault("NoSuchEntity", NOT_THERE);
    assert_eq!(world.refused(&world.root, "GetAccountPasswordPolicy", &[]).await, missing);
    assert_eq!(world.refused(&world.root, "DeleteAccountPasswordPolicy", &[]).await, missing);
}

#[tokio::test]
async fn what_is_left_out_falls_back_to_its_default() {
    let world = world().await;
    let everything = [
        ("MinimumPasswordLength", "14"),
        ("RequireSymbols", "true"),
        ("RequireNumbers", "true"),
        ("RequireUppercaseCharacters", "true"),
        ("RequireLowercaseCharacters", "true"),
        ("AllowUsersToChangePassword", "true"),
        ("MaxPasswordAge", "1095"),
        ("PasswordReusePrevention", "24"),
        ("HardExpiry", "true"),
    ];
    world.ok(&world.root, "UpdateAccountPasswordPolicy", &everything).await;
    let set = world.ok(&world.root, "GetAccountPasswordPolicy", &[]).await;
    let expected = "<PasswordPolicy><MinimumPasswordLength>14</MinimumPasswordLength>\
                    <RequireSymbols>true</RequireSymbols><RequireNumbers>true</RequireNumbers>\
                    <RequireUppercaseCharacters>true</RequireUppercaseCharacters>\
                    <RequireLowercaseCharacters>true</RequireLowercaseCharacters>\
                    <AllowUsersToChangePassword>true</AllowUsersToChangePassword>\
                    <ExpirePasswords>true</ExpirePasswords><MaxPasswordAge>1095</MaxPasswordAge>\
                    <PasswordReusePrevention>24</PasswordReusePrevention><HardExpiry>true</HardExpiry></PasswordPolicy>";
    assert!(set.xml.contains(expected), "{}", set.xml);

    world.ok(&world.root, "UpdateAccountPasswordPolicy", &[]).await;
    let set = world.ok(&world.root, "GetAccountPasswordPolicy", &[]).await;
    let expected = "<PasswordPolicy><MinimumPasswordLength>6</MinimumPasswordLength>\
                    <RequireSymbols>false</RequireSymbols><RequireNumbers>false</RequireNumbers>\
                    <RequireUppercaseCharacters>false</RequireUppercaseCharacters>\
                    <RequireLowercaseCharacters>false</RequireLowercaseCharacters>\
                    <AllowUsersToChangePassword>false</AllowUsersToChangePassword>\
                    <ExpirePasswords>false</ExpirePasswords><HardExpiry>false</HardExpiry></PasswordPolicy>";
    assert!(set.xml.contains(expected), "{}", set.xml);

    world.ok(&world.root, "DeleteAccountPasswordPolicy", &[]).await;
    let missing = fault("NoSuchEntity", NOT_THERE);
    assert_eq!(world.refused(&world.root, "GetAccountPasswordPolicy", &[]).await, missing);
}

#[tokio::test]
async fn numbers_have_their_ranges() {
    let world = world().await;
    for (name, good, bad) in [
        ("MinimumPasswordLength", ["6", "128"], ["5", "129"]),
        ("MaxPasswordAge", ["1", "1095"], ["0", "1096"]),
        ("PasswordReusePrevention", ["1", "24"], ["0", "25"]),
    ] {
        for value in good {
            world.ok(&world.root, "UpdateAccountPasswordPolicy", &[(name, value)]).await;
            assert_eq!(world.ok(&world.root, "GetAccountPasswordPolicy", &[]).await.get(name), value);
        }
        for value in bad {
            let refusal = world.refused(&world.root, "UpdateAccountPasswordPolicy", &[(name, value)]).await;
            assert_eq!(refusal.0, "ValidationError", "{name} {value}");
        }
    }
}

#[tokio::test]
async fn an_account_s_policy_is_its_own() {
    let world = world().await;
    let other = world.account("210987654321").await;
    world.ok(&world.root, "UpdateAccountPasswordPolicy", &[]).await;
    let refusal = world.refused(&other, "GetAccountPasswordPolicy", &[]).await;
    let message = "The Password Policy with domain name 210987654321 cannot be found.";
    assert_eq!(refusal, fault("NoSuchEntity", message));
}

#[tokio::test]
async fn each_operation_needs_leave() {
    let world = world().await;
    for operation in
        ["UpdateAccountPasswordPolicy", "GetAccountPasswordPolicy", "DeleteAccountPasswordPolicy"]
    {
        let action = format!("iam:{operation}");
        let name = format!("nobody-{operation}");
        let nobody = world.user(&name, "").await;
        assert_eq!(world.refused(&nobody, operation, &[]).await, denied(&name, &action, "*"));
        let somebody = world.user(&format!("some-{operation}"), &allow(&action, "*")).await;
        world.ok(&somebody, operation, &[]).await;
    }
}

#[tokio::test]
async fn users_who_may_change_their_passwords_may_read_the_policy() {
    let world = world().await;
    let alice = world.user("alice", "").await;
    world.ok(&world.root, "UpdateAccountPasswordPolicy", &[("AllowUsersToChangePassword", "true")]).await;
    world.ok(&alice, "GetAccountPasswordPolicy", &[]).await;
    let deny = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:*","Resource":"*"}}"#;
    let bob = world.user("bob", deny).await;
    assert_eq!(world.refused(&bob, "GetAccountPasswordPolicy", &[]).await.0, "AccessDenied");
    // Reading is all that it opens.
    assert_eq!(world.refused(&alice, "UpdateAccountPasswordPolicy", &[]).await.0, "AccessDenied");
}
