//! What an account chooses for itself.

use api::iam::types::{GlobalEndpointTokenVersion, SetSecurityTokenServicePreferencesInput};
use authz::Ask;
use directory::{AccountKey, Preferences};
use service::{Context, Result, Route, routes};

use crate::Iam;

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    SetSecurityTokenServicePreferences => set_security_token_service_preferences,
];

impl Iam {
    /// Sets the version of the global endpoint's tokens. Tokens of Portcullis hold in every region in either version;
    /// GetAccountSummary shows the choice.
    pub(crate) async fn set_security_token_service_preferences(
        &self,
        cx: &Context<'_>,
        input: SetSecurityTokenServicePreferencesInput,
    ) -> Result<()> {
        let permit = cx.authorize(Ask::on_all("iam:SetSecurityTokenServicePreferences")).await?;

        let mut preferences = of_account(cx).await?;
        preferences.global_token_version = match input.global_endpoint_token_version {
            GlobalEndpointTokenVersion::V1Token => 1,
            GlobalEndpointTokenVersion::V2Token => 2,
        };
        let mut write = cx.write(&permit)?;
        write.put(preferences).await?;
        write.commit(()).await
    }
}

/// The choices of the caller's account.
pub(crate) async fn of_account(cx: &Context<'_>) -> Result<Preferences> {
    let owner = cx.owner()?;
    let chosen = cx.read().get::<Preferences>(&AccountKey(owner)).await?;
    Ok(chosen.map_or_else(|| Preferences::default_of(owner), |chosen| (*chosen).clone()))
}
