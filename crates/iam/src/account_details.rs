//! An account as a whole: its numbers, and everything that grants in it.

mod details;

use std::collections::BTreeMap;

use api::iam::types::{GetAccountSummaryOutput, SummaryKeyType as Key};
use authz::Ask;
use directory::{
    AccessKey, AccountKey, Group, InstanceProfile, ManagedPolicy, MfaDevice, Named as _,
    OpenIdConnectProvider, PolicyVersion, Quotas, Role, SamlProvider, ServerCertificate, User,
};
use service::{Context, Result, Route, routes};

use crate::{Iam, preferences, quota};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    GetAccountSummary => get_account_summary,
    GetAccountAuthorizationDetails => get_account_authorization_details,
];

impl Iam {
    pub(crate) async fn get_account_summary(
        &self,
        cx: &Context<'_>,
        _: api::iam::types::GetAccountSummaryInput,
    ) -> Result<GetAccountSummaryOutput> {
        cx.authorize(Ask::on_all("iam:GetAccountSummary")).await?;

        let (read, owner) = (cx.read(), cx.owner()?);
        let partition = owner.to_string();
        let own = read.get::<Quotas>(&AccountKey(owner)).await?;
        let mut map: BTreeMap<Key, i32> = quota::summary(own.as_deref()).chain(NONE_YET).collect();
        let root_keys = AccessKey::user_partition(owner, None);
        let has_root_key = read.count(&AccessKey::BY_USER, &root_keys).await?.min(1);
        let in_use = MfaDevice::state_partition(owner, true);
        let oidc = read.count(&OpenIdConnectProvider::BY_ACCOUNT, &partition).await?;
        let saml = read.count(&SamlProvider::BY_ACCOUNT, &partition).await?;
        let versions = read.count(&PolicyVersion::BY_ACCOUNT, &partition).await?;
        let counts = [
            (Key::Users, read.count(&User::BY_NAME, &partition).await?),
            (Key::Groups, read.count(&Group::BY_NAME, &partition).await?),
            (Key::Roles, read.count(&Role::BY_NAME, &partition).await?),
            (Key::Policies, read.count(&ManagedPolicy::BY_NAME, &partition).await?),
            (Key::InstanceProfiles, read.count(&InstanceProfile::BY_NAME, &partition).await?),
            (Key::PolicyVersionsInUse, versions),
            (Key::MfaDevices, read.count(&MfaDevice::BY_SERIAL, &partition).await?),
            (Key::MfaDevicesInUse, read.count(&MfaDevice::BY_STATE, &in_use).await?),
            (Key::Providers, oidc.saturating_add(saml)),
            (Key::ServerCertificates, read.count(&ServerCertificate::BY_NAME, &partition).await?),
            (Key::AccountAccessKeysPresent, has_root_key),
        ];
        let preferences = preferences::of_account(cx).await?;
        map.insert(Key::GlobalEndpointTokenVersion, preferences.global_token_version);
        map.extend(counts.map(|(key, count)| (key, i32::try_from(count).unwrap_or(i32::MAX))));
        Ok(GetAccountSummaryOutput { summary_map: Some(map) })
    }
}

/// The numbers of what no account can have yet.
const NONE_YET: [(Key, i32); 3] = [
    (Key::AccountMfaEnabled, 0),
    (Key::AccountPasswordPresent, 0),
    (Key::AccountSigningCertificatesPresent, 0),
];
