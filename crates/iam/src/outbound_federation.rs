//! Outbound web identity federation: whether an account's principals may get tokens that prove to others who they are
//! (AWS: "Federating AWS identities to external services"). STS gives the tokens out.

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::{
    DisableOutboundWebIdentityFederationInput, EnableOutboundWebIdentityFederationInput,
    EnableOutboundWebIdentityFederationOutput, GetOutboundWebIdentityFederationInfoInput,
    GetOutboundWebIdentityFederationInfoOutput,
};
use authz::Ask;
use directory::{AccountKey, SigningAlgorithm, WebIdentityIssuer};
use issuer::NewKey;
use service::{Context, Error, Result, Route, routes};
use wire::Fault;

use crate::Iam;

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    EnableOutboundWebIdentityFederation => enable_outbound_web_identity_federation,
    DisableOutboundWebIdentityFederation => disable_outbound_web_identity_federation,
    GetOutboundWebIdentityFederationInfo => get_outbound_web_identity_federation_info,
];

impl Iam {
    /// Makes the account an issuer with a key for each algorithm, or lets the issuer that it was go on.
    pub(crate) async fn enable_outbound_web_identity_federation(
        &self,
        cx: &Context<'_>,
        _: EnableOutboundWebIdentityFederationInput,
    ) -> Result<EnableOutboundWebIdentityFederationOutput> {
        let permit = cx.authorize(Ask::on_all("iam:EnableOutboundWebIdentityFederation")).await?;

        let mut issuer = match of_account(cx).await? {
            Some(issuer) if issuer.is_enabled => return Err(enabled().into()),
            Some(issuer) => (*issuer).clone(),
            None => {
                let owner = cx.owner()?;
                WebIdentityIssuer { owner, id: cx.ids().uuid()?, is_enabled: false, keys: Vec::new() }
            }
        };
        issuer.is_enabled = true;
        let mut write = cx.write(&permit)?;
        for algorithm in SigningAlgorithm::ALL {
            if issuer.needs_key(algorithm, cx.now()) {
                let made = tokio::task::spawn_blocking(move || NewKey::generate(algorithm)).await;
                let made = made.map_err(Error::internal)?.map_err(Error::internal)?;
                let keyring = cx.authorizer().keyring();
                made.join(&mut issuer, &mut write, cx.ids().uuid()?, cx.now(), keyring)
                    .map_err(Error::internal)?;
            }
        }
        let url = issuer.url(cx.public_url());
        write.put(issuer).await?;
        write.commit(EnableOutboundWebIdentityFederationOutput { issuer_identifier: Some(url) }).await
    }

    /// Tokens that are out go on being valid: the issuer and its keys stay.
    pub(crate) async fn disable_outbound_web_identity_federation(
        &self,
        cx: &Context<'_>,
        _: DisableOutboundWebIdentityFederationInput,
    ) -> Result<()> {
        let permit = cx.authorize(Ask::on_all("iam:DisableOutboundWebIdentityFederation")).await?;

        let mut issuer = (*enabled_issuer(cx).await?).clone();
        issuer.is_enabled = false;
        let mut write = cx.write(&permit)?;
        write.put(issuer).await?;
        write.commit(()).await
    }

    pub(crate) async fn get_outbound_web_identity_federation_info(
        &self,
        cx: &Context<'_>,
        _: GetOutboundWebIdentityFederationInfoInput,
    ) -> Result<GetOutboundWebIdentityFederationInfoOutput> {
        cx.authorize(Ask::on_all("iam:GetOutboundWebIdentityFederationInfo")).await?;

        let issuer = enabled_issuer(cx).await?;
        Ok(GetOutboundWebIdentityFederationInfoOutput {
            issuer_identifier: Some(issuer.url(cx.public_url())),
            jwt_vending_enabled: Some(issuer.is_enabled),
        })
    }
}

async fn of_account(cx: &Context<'_>) -> Result<Option<Arc<WebIdentityIssuer>>> {
    Ok(cx.read().get::<WebIdentityIssuer>(&AccountKey(cx.owner()?)).await?)
}

async fn enabled_issuer(cx: &Context<'_>) -> Result<Arc<WebIdentityIssuer>> {
    Ok(of_account(cx).await?.filter(|issuer| issuer.is_enabled).ok_or_else(disabled)?)
}

fn enabled() -> Fault {
    faults::feature_enabled("Outbound web identity federation is already enabled for this account.")
}

fn disabled() -> Fault {
    faults::feature_disabled("Outbound web identity federation is disabled for this account.")
}
