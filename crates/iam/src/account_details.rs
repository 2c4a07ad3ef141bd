//! An account as a whole: its numbers, and everything that grants in it.

mod details;

use std::collections::BTreeMap;

use api::iam::types::{GetAccountSummaryOutput, SummaryKeyType as Key};
use authz::Ask;
use directory::{
    AccessKey, Group, InstanceProfile, ManagedPolicy, MfaDevice, Named as _, OpenIdConnectProvider,
    PolicyVersion, Role, SamlProvider, ServerCertificate, User,
};
use policy::validate::Quota;
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
        let mut map: BTreeMap<Key, i32> = quotas().into_iter().collect();
        let root_keys = AccessKey::user_partition(owner, None);
        let has_root_key = read.count(&AccessKey::BY_USER, &root_keys).await?.min(1);
        let in_use = MfaDevice::state_partition(owner, true);
        let oidc = read.count(&OpenIdConnectProvider::BY_ACCOUNT, &partition).await?;
        let saml = read.count(&SamlProvider::BY_ACCOUNT, &partition).await?;
        let mut versions: u64 = 0;
        for policy in read.all::<ManagedPolicy>(&ManagedPolicy::BY_NAME, &partition).await? {
            let count = read.count(&PolicyVersion::BY_POLICY, &policy.versions_partition()).await?;
            versions = versions.saturating_add(count);
        }
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

/// The quotas (AWS: "IAM and AWS STS quotas"), and the numbers of what no account can have yet.
fn quotas() -> [(Key, i32); 22] {
    let limit = |limit: u64| i32::try_from(limit).unwrap_or(i32::MAX);
    let size = |quota: Quota| i32::try_from(quota.limit).unwrap_or(i32::MAX);
    let attached = limit(quota::ATTACHED.limit);
    [
        (Key::UsersQuota, limit(quota::USERS.limit)),
        (Key::GroupsQuota, limit(quota::GROUPS.limit)),
        (Key::RolesQuota, limit(quota::ROLES.limit)),
        (Key::PoliciesQuota, limit(quota::POLICIES.limit)),
        (Key::InstanceProfilesQuota, limit(quota::INSTANCE_PROFILES.limit)),
        (Key::GroupsPerUserQuota, limit(quota::GROUPS_PER_USER.limit)),
        (Key::AccessKeysPerUserQuota, limit(quota::ACCESS_KEYS.limit)),
        (Key::VersionsPerPolicyQuota, limit(quota::VERSIONS.limit)),
        (Key::AttachedPoliciesPerUserQuota, attached),
        (Key::AttachedPoliciesPerGroupQuota, attached),
        (Key::AttachedPoliciesPerRoleQuota, attached),
        (Key::UserPolicySizeQuota, size(Quota::USER_INLINE)),
        (Key::GroupPolicySizeQuota, size(Quota::GROUP_INLINE)),
        (Key::RolePolicySizeQuota, size(Quota::ROLE_INLINE)),
        (Key::PolicySizeQuota, size(Quota::MANAGED)),
        (Key::AssumeRolePolicySizeQuota, size(Quota::TRUST)),
        (Key::PolicyVersionsInUseQuota, 10_000),
        (Key::SigningCertificatesPerUserQuota, limit(quota::SIGNING_CERTIFICATES.limit)),
        (Key::ServerCertificatesQuota, limit(quota::SERVER_CERTIFICATES.limit)),
        (Key::AccountMfaEnabled, 0),
        (Key::AccountPasswordPresent, 0),
        (Key::AccountSigningCertificatesPresent, 0),
    ]
}
