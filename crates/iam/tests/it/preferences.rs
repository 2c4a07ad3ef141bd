//! What an account chooses for itself.

use crate::asking::{allow, denied, world};

#[tokio::test]
async fn the_version_of_tokens_shows_in_the_summary() {
    let world = world().await;
    let shown = |version| format!("<key>GlobalEndpointTokenVersion</key><value>{version}</value>");
    let set = "SetSecurityTokenServicePreferences";
    for (chosen, version) in [(None, 1), (Some("v2Token"), 2), (Some("v1Token"), 1)] {
        if let Some(chosen) = chosen {
            world.ok(&world.root, set, &[("GlobalEndpointTokenVersion", chosen)]).await;
        }
        let summary = world.ok(&world.root, "GetAccountSummary", &[]).await;
        assert!(summary.xml.contains(&shown(version)), "{}", summary.xml);
    }
    let bad = [("GlobalEndpointTokenVersion", "v3Token")];
    assert_eq!(world.refused(&world.root, set, &bad).await.0, "ValidationError");
}

#[tokio::test]
async fn who_chooses_needs_leave() {
    let world = world().await;
    let (set, v2) = ("SetSecurityTokenServicePreferences", [("GlobalEndpointTokenVersion", "v2Token")]);
    let who = world.user("nobody", "").await;
    let action = "iam:SetSecurityTokenServicePreferences";
    assert_eq!(world.refused(&who, set, &v2).await, denied("nobody", action, "*"));
    let who = world.user("somebody", &allow(action, "*")).await;
    world.ok(&who, set, &v2).await;
}
