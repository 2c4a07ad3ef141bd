//! Quotas (AWS: "IAM and AWS STS quotas"): how many entries an index partition may have.

use api::iam::faults;
use directory::{
    Attachment, Group, InstanceProfile, ManagedPolicy, Membership, Named as _, PolicyVersion, Role, User,
    UserCredential,
};
use store::IndexSpec;
use types::IdPrefix;
use wire::Fault;

/// A quota that the store holds at commit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    /// AWS's name, as in the refusal.
    pub(crate) name: &'static str,
    /// The index whose partition it bounds.
    pub(crate) index: &'static IndexSpec,
    /// The most entries.
    pub(crate) limit: u64,
}

macro_rules! quotas {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $index:expr, $limit:literal;)*) => {
        $($(#[$doc])* pub(crate) const $id: Quota = Quota { name: $name, index: &$index, limit: $limit };)*
        const ALL: &[Quota] = &[$($id),*];
    };
}

quotas! {
    /// Users in an account.
    USERS = "UsersPerAccount", User::BY_NAME, 5000;
    /// Groups in an account.
    GROUPS = "GroupsPerAccount", Group::BY_NAME, 300;
    /// Roles in an account.
    ROLES = "RolesPerAccount", Role::BY_NAME, 1000;
    /// Customer managed policies in an account.
    POLICIES = "PoliciesPerAccount", ManagedPolicy::BY_NAME, 1500;
    /// Instance profiles in an account.
    INSTANCE_PROFILES = "InstanceProfilesPerAccount", InstanceProfile::BY_NAME, 1000;
    /// Groups that a user is in.
    GROUPS_PER_USER = "GroupsPerUser", Membership::BY_USER, 10;
    /// Versions of a managed policy.
    VERSIONS = "VersionsPerPolicy", PolicyVersion::BY_POLICY, 5;
    /// Access keys of a user.
    ACCESS_KEYS = "AccessKeysPerUser", directory::AccessKey::BY_USER, 2;
    /// MFA devices of a user.
    MFA_DEVICES = "MFADevicesPerUser", directory::MfaDevice::BY_USER, 8;
    /// OpenID Connect providers in an account.
    OIDC_PROVIDERS = "OpenIdConnectProvidersPerAccount", directory::OpenIdConnectProvider::BY_ACCOUNT, 100;
    /// SAML providers in an account.
    SAML_PROVIDERS = "SAMLProvidersPerAccount", directory::SamlProvider::BY_ACCOUNT, 100;
    /// SSH public keys of a user.
    SSH_PUBLIC_KEYS = "SSHPublicKeysPerUser", <directory::SshPublicKey as UserCredential>::BY_USER, 5;
    /// Signing certificates of a user.
    SIGNING_CERTIFICATES =
        "SigningCertificatesPerUser", <directory::SigningCertificate as UserCredential>::BY_USER, 2;
    /// Service-specific credentials of a user for a service.
    SERVICE_CREDENTIALS =
        "ServiceSpecificCredentialsPerUser", directory::ServiceCredential::BY_SERVICE, 2;
    /// Server certificates in an account.
    SERVER_CERTIFICATES = "ServerCertificatesPerAccount", directory::ServerCertificate::BY_NAME, 20;
    /// Managed policies attached to a user, group or role; the holder tells which of AWS's three quotas it is.
    ATTACHED = "PoliciesPerUser", Attachment::BY_HOLDER, 10;
}

/// The refusal when a partition of an index would have more entries than its quota.
pub(crate) fn exceeded(index: &str, partition: &str, limit: u64) -> Fault {
    let quota = ALL.iter().find(|quota| quota.index.name == index);
    let name = match quota.map_or(index, |quota| quota.name) {
        name if name == ATTACHED.name => attached_name(partition),
        name => name,
    };
    faults::limit_exceeded(format!("Cannot exceed quota for {name}: {limit}"))
}

/// AWS has a quota of attached policies for each kind of holder; its id, behind the last slash, tells the kind.
fn attached_name(partition: &str) -> &'static str {
    let id = partition.rsplit('/').next().unwrap_or_default();
    if id.starts_with(IdPrefix::Group.as_str()) {
        "PoliciesPerGroup"
    } else if id.starts_with(IdPrefix::Role.as_str()) {
        "PoliciesPerRole"
    } else {
        ATTACHED.name
    }
}

impl Quota {
    /// Makes a write fail at its commit if the partition would have more entries than the quota.
    pub(crate) fn hold(&self, write: &mut service::Write<'_>, partition: impl Into<String>) {
        write.require_at_most(self.index, partition, self.limit);
    }
}
