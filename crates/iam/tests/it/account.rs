//! The account's alias.

use crate::asking::{all, allow, denied, fault, world};

#[tokio::test]
async fn an_account_has_one_alias_and_a_new_one_takes_its_place() {
    let world = world().await;
    let none = world.ok(&world.root, "ListAccountAliases", &[]).await;
    assert_eq!(all(&none.xml, "member"), Vec::<String>::new());
    assert_eq!(none.get("IsTruncated"), "false");
    world.ok(&world.root, "CreateAccountAlias", &[("AccountAlias", "first")]).await;
    world.ok(&world.root, "CreateAccountAlias", &[("AccountAlias", "second")]).await;
    let one = world.ok(&world.root, "ListAccountAliases", &[]).await;
    assert_eq!(all(&one.xml, "member"), ["second"]);
    // The one before is free again.
    let other = world.account("210987654321").await;
    world.ok(&other, "CreateAccountAlias", &[("AccountAlias", "first")]).await;
}

#[tokio::test]
async fn an_alias_is_taken_once_whoever_has_it() {
    let world = world().await;
    world.ok(&world.root, "CreateAccountAlias", &[("AccountAlias", "acme")]).await;
    let taken = fault("EntityAlreadyExists", "The account alias acme already exists.");
    let other = world.account("210987654321").await;
    for who in [&world.root, &other] {
        let refusal = world.refused(who, "CreateAccountAlias", &[("AccountAlias", "acme")]).await;
        assert_eq!(refusal, taken);
    }
}

#[tokio::test]
async fn only_the_alias_that_is_there_is_deleted() {
    let world = world().await;
    let missing = fault("NoSuchEntity", "The account alias other cannot be found.");
    let refusal = world.refused(&world.root, "DeleteAccountAlias", &[("AccountAlias", "other")]).await;
    assert_eq!(refusal, missing);
    world.ok(&world.root, "CreateAccountAlias", &[("AccountAlias", "acme")]).await;
    let refusal = world.refused(&world.root, "DeleteAccountAlias", &[("AccountAlias", "other")]).await;
    assert_eq!(refusal, missing);
    world.ok(&world.root, "DeleteAccountAlias", &[("AccountAlias", "acme")]).await;
    let none = world.ok(&world.root, "ListAccountAliases", &[]).await;
    assert_eq!(all(&none.xml, "member"), Vec::<String>::new());
}

#[tokio::test]
async fn what_cannot_be_an_alias_is_refused() {
    let world = world().await;
    for bad in ["Ab", "UPPER", "-acme", "acme-", "ac--me", "123456789012", "ac_me"] {
        let refusal = world.refused(&world.root, "CreateAccountAlias", &[("AccountAlias", bad)]).await;
        assert_eq!(refusal.0, "ValidationError", "{bad}");
    }
}

#[tokio::test]
async fn aliases_are_no_resource_of_their_own() {
    let world = world().await;
    world.ok(&world.root, "CreateAccountAlias", &[("AccountAlias", "acme")]).await;
    let calls: [(&str, &[(&str, &str)]); 3] = [
        ("iam:ListAccountAliases", &[]),
        ("iam:DeleteAccountAlias", &[("AccountAlias", "acme")]),
        ("iam:CreateAccountAlias", &[("AccountAlias", "acme")]),
    ];
    for (n, (action, parameters)) in calls.into_iter().enumerate() {
        let operation = action.strip_prefix("iam:").unwrap();
        let name = format!("nobody{n}");
        let who = world.user(&name, "").await;
        assert_eq!(world.refused(&who, operation, parameters).await, denied(&name, action, "*"));
        let who = world.user(&format!("somebody{n}"), &allow(action, "*")).await;
        world.ok(&who, operation, parameters).await;
    }
}
