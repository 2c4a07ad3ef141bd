//! Quotas (AWS: "IAM and AWS STS quotas"): AWS's defaults, and what an account has in their place.

use api::iam::faults;
use api::iam::types::SummaryKeyType as Key;
use directory::{
    AccountKey, Attachment, Grantee, GranteeKind, Group, InstanceProfile, ManagedPolicy, Membership,
    Named as _, PolicyVersion, Quotas, Role, User, UserCredential,
};
use policy::validate::Quota as Size;
use service::{Context, Result};
use store::IndexSpec;
use types::{IdPrefix, Owner};
use wire::Fault;

/// A quota: how many there may be of something, or how long it may be.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    name: &'static str,
    limit: u64,
    index: Option<&'static IndexSpec>,
    shown: Option<Key>,
}

impl Quota {
    /// AWS's name, as in the refusal.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// AWS's default.
    #[must_use]
    pub fn default(&self) -> u64 {
        self.limit
    }

    /// The quota with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|quota| quota.name == name)
    }

    /// Every quota that an account may have otherwise than by default.
    #[must_use]
    pub fn all() -> &'static [Self] {
        ALL
    }

    /// What the quota is in an account with these of its own.
    #[must_use]
    pub fn among(&self, own: Option<&Quotas>) -> u64 {
        own.and_then(|own| own.limits.get(self.name)).copied().unwrap_or(self.limit)
    }

    /// What the quota is for the caller's account.
    pub(crate) async fn of_account(&self, cx: &Context<'_>) -> Result<u64> {
        Ok(self.among(cx.read().get::<Quotas>(&AccountKey(cx.owner()?)).await?.as_deref()))
    }

    /// What the quota is for the account that a write is about.
    pub(crate) async fn within(&self, write: &service::Write<'_>, owner: Owner) -> Result<u64> {
        Ok(self.among(write.get::<Quotas>(&AccountKey(owner)).await?.as_deref()))
    }

    /// Makes a write fail at its commit if the partition would have more entries than the quota.
    pub(crate) async fn hold(
        &self,
        write: &mut service::Write<'_>,
        owner: Owner,
        partition: impl Into<String>,
    ) -> Result<()> {
        let limit = self.within(write, owner).await?;
        if let Some(index) = self.index {
            write.require_at_most(index, partition, limit);
        }
        Ok(())
    }
}

macro_rules! quotas {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $limit:expr, $index:expr, $shown:expr;)*) => {
        $($(#[$doc])* pub(crate) const $id: Quota =
            Quota { name: $name, limit: $limit as u64, index: $index, shown: $shown };)*
        const ALL: &[Quota] = &[$($id),*];
    };
}

quotas! {
    /// Users in an account.
    USERS = "UsersPerAccount", 5000, Some(&User::BY_NAME), Some(Key::UsersQuota);
    /// Groups in an account.
    GROUPS = "GroupsPerAccount", 300, Some(&Group::BY_NAME), Some(Key::GroupsQuota);
    /// Roles in an account.
    ROLES = "RolesPerAccount", 1000, Some(&Role::BY_NAME), Some(Key::RolesQuota);
    /// Customer managed policies in an account.
    POLICIES = "PoliciesPerAccount", 1500, Some(&ManagedPolicy::BY_NAME), Some(Key::PoliciesQuota);
    /// Instance profiles in an account.
    INSTANCE_PROFILES =
        "InstanceProfilesPerAccount", 1000, Some(&InstanceProfile::BY_NAME), Some(Key::InstanceProfilesQuota);
    /// Groups that a user is in.
    GROUPS_PER_USER = "GroupsPerUser", 10, Some(&Membership::BY_USER), Some(Key::GroupsPerUserQuota);
    /// Versions of a managed policy.
    VERSIONS = "VersionsPerPolicy", 5, Some(&PolicyVersion::BY_POLICY), Some(Key::VersionsPerPolicyQuota);
    /// Access keys of a user.
    ACCESS_KEYS =
        "AccessKeysPerUser", 2, Some(&directory::AccessKey::BY_USER), Some(Key::AccessKeysPerUserQuota);
    /// MFA devices of a user.
    MFA_DEVICES = "MFADevicesPerUser", 8, Some(&directory::MfaDevice::BY_USER), None;
    /// OpenID Connect providers in an account.
    OIDC_PROVIDERS =
        "OpenIdConnectProvidersPerAccount", 100, Some(&directory::OpenIdConnectProvider::BY_ACCOUNT), None;
    /// SAML providers in an account.
    SAML_PROVIDERS = "SAMLProvidersPerAccount", 100, Some(&directory::SamlProvider::BY_ACCOUNT), None;
    /// SSH public keys of a user.
    SSH_PUBLIC_KEYS =
        "SSHPublicKeysPerUser", 5, Some(&<directory::SshPublicKey as UserCredential>::BY_USER), None;
    /// Signing certificates of a user.
    SIGNING_CERTIFICATES =
        "CertificatesPerUser", 2, Some(&<directory::SigningCertificate as UserCredential>::BY_USER),
        Some(Key::SigningCertificatesPerUserQuota);
    /// Service-specific credentials of a user for a service.
    SERVICE_CREDENTIALS =
        "ContextSpecificCredentialsPerUserPerContext", 2, Some(&directory::ServiceCredential::BY_SERVICE), None;
    /// Server certificates in an account.
    SERVER_CERTIFICATES =
        "ServerCertificatesPerAccount", 20, Some(&directory::ServerCertificate::BY_NAME),
        Some(Key::ServerCertificatesQuota);
    /// Managed policies attached to a user.
    ATTACHED_TO_USER =
        "PoliciesPerUser", 10, Some(&Attachment::BY_HOLDER), Some(Key::AttachedPoliciesPerUserQuota);
    /// Managed policies attached to a group.
    ATTACHED_TO_GROUP =
        "PoliciesPerGroup", 10, Some(&Attachment::BY_HOLDER), Some(Key::AttachedPoliciesPerGroupQuota);
    /// Managed policies attached to a role.
    ATTACHED_TO_ROLE =
        "PoliciesPerRole", 10, Some(&Attachment::BY_HOLDER), Some(Key::AttachedPoliciesPerRoleQuota);
    /// Characters of a role's trust policy, blanks aside.
    TRUST_POLICY_SIZE = "ACLSizePerRole", Size::TRUST.limit, None, Some(Key::AssumeRolePolicySizeQuota);
}

/// The quota of managed policies attached to a holder.
pub(crate) fn attached_to(holder: &Grantee) -> Quota {
    match holder.kind {
        GranteeKind::User => ATTACHED_TO_USER,
        GranteeKind::Group => ATTACHED_TO_GROUP,
        GranteeKind::Role => ATTACHED_TO_ROLE,
    }
}

/// The quotas as GetAccountSummary shows them.
pub(crate) fn summary(own: Option<&Quotas>) -> impl Iterator<Item = (Key, i32)> {
    let size = |size: Size| i32::try_from(size.limit).unwrap_or(i32::MAX);
    let fixed = [
        (Key::UserPolicySizeQuota, size(Size::USER_INLINE)),
        (Key::GroupPolicySizeQuota, size(Size::GROUP_INLINE)),
        (Key::RolePolicySizeQuota, size(Size::ROLE_INLINE)),
        (Key::PolicySizeQuota, size(Size::MANAGED)),
        (Key::PolicyVersionsInUseQuota, 10_000),
    ];
    let own = ALL
        .iter()
        .filter_map(move |quota| Some((quota.shown?, i32::try_from(quota.among(own)).unwrap_or(i32::MAX))));
    own.chain(fixed)
}

/// The refusal when a partition of an index would have more entries than its quota.
pub(crate) fn exceeded(index: &str, partition: &str, limit: u64) -> Fault {
    let quota = ALL.iter().find(|quota| quota.index.is_some_and(|own| own.name == index));
    let name = match quota.map_or(index, |quota| quota.name) {
        name if name == ATTACHED_TO_USER.name => attached_name(partition),
        name => name,
    };
    faults::limit_exceeded(format!("Cannot exceed quota for {name}: {limit}"))
}

/// AWS has a quota of attached policies for each kind of holder; its id, behind the last slash, tells the kind.
fn attached_name(partition: &str) -> &'static str {
    let id = partition.rsplit('/').next().unwrap_or_default();
    if id.starts_with(IdPrefix::Group.as_str()) {
        ATTACHED_TO_GROUP.name
    } else if id.starts_with(IdPrefix::Role.as_str()) {
        ATTACHED_TO_ROLE.name
    } else {
        ATTACHED_TO_USER.name
    }
}
