//! Outbound web identity federation: on, off, and what it tells.

use crate::asking::{allow, denied, world};

const ENABLE: &str = "EnableOutboundWebIdentityFederation";
const DISABLE: &str = "DisableOutboundWebIdentityFederation";
const INFO: &str = "GetOutboundWebIdentityFederationInfo";

#[tokio::test]
async fn an_account_keeps_its_issuer_while_the_feature_goes_off_and_on() {
    let world = world().await;
    assert_eq!(world.refused(&world.root, INFO, &[]).await.0, "FeatureDisabled");
    assert_eq!(world.refused(&world.root, DISABLE, &[]).await.0, "FeatureDisabled");

    let issuer = world.ok(&world.root, ENABLE, &[]).await.get("IssuerIdentifier").to_owned();
    assert!(issuer.starts_with("https://iam.example.com/oidc/"), "{issuer}");
    let told = world.ok(&world.root, INFO, &[]).await;
    assert_eq!((told.get("IssuerIdentifier"), told.get("JwtVendingEnabled")), (&*issuer, "true"));
    assert_eq!(world.refused(&world.root, ENABLE, &[]).await.0, "FeatureEnabled");

    world.ok(&world.root, DISABLE, &[]).await;
    assert_eq!(world.refused(&world.root, INFO, &[]).await.0, "FeatureDisabled");
    assert_eq!(world.refused(&world.root, DISABLE, &[]).await.0, "FeatureDisabled");
    assert_eq!(world.ok(&world.root, ENABLE, &[]).await.get("IssuerIdentifier"), issuer);
}

#[tokio::test]
async fn each_account_has_an_issuer_of_its_own() {
    let world = world().await;
    let other = world.account("210987654321").await;
    let one = world.ok(&world.root, ENABLE, &[]).await.get("IssuerIdentifier").to_owned();
    assert_eq!(world.refused(&other, INFO, &[]).await.0, "FeatureDisabled");
    assert_ne!(world.ok(&other, ENABLE, &[]).await.get("IssuerIdentifier"), one);
}

#[tokio::test]
async fn who_switches_or_looks_needs_leave() {
    let world = world().await;
    let nobody = world.user("nobody", "").await;
    for (operation, name) in [(ENABLE, "a"), (INFO, "b"), (DISABLE, "c")] {
        let action = format!("iam:{operation}");
        assert_eq!(world.refused(&nobody, operation, &[]).await, denied("nobody", &action, "*"));
        let somebody = world.user(name, &allow(&action, "*")).await;
        world.ok(&somebody, operation, &[]).await;
    }
}
