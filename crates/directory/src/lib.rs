//! The record kinds of an identity directory and the questions asked of them.
//!
//! Accounts, users, groups, roles, policies, attachments and credentials: each a struct with its
//! key and its indexes. Entities are keyed by their unique id, so that a rename moves nothing;
//! names are unique indexes.

mod access_key;
mod access_report;
mod account;
mod attachment;
mod credential_report;
mod delegation_request;
mod deletion_task;
mod entity;
mod group;
mod inline_policy;
mod instance_profile;
mod login_profile;
mod managed_policy;
mod mfa_device;
mod own_service;
mod password_policy;
mod policy_text;
mod preferences;
mod provider;
mod quotas;
mod revocation;
mod role;
mod server_certificate;
mod service_credential;
mod signing_certificate;
mod ssh_public_key;
mod templated_role;
mod usage;
mod user;
mod user_credential;
mod web_identity_issuer;

pub use access_key::{AccessKey, AccessKeyKey, KeyStatus};
pub use access_report::{
    AccessReport, AccessReportKey, EntityAccess, Granularity, LastAccess, ServiceAccess,
};
pub use account::{Account, AccountKey};
pub use attachment::{Attachment, AttachmentKey};
pub use credential_report::CredentialReport;
pub use delegation_request::{
    Approval, Approver, DelegationParameter, DelegationRequest, DelegationRequestKey, DelegationState,
};
pub use deletion_task::{DeletionTask, DeletionTaskKey};
pub use entity::{EntityKey, Grantee, GranteeKind, Named, arn_of};
pub use group::{Group, Membership, MembershipKey};
pub use inline_policy::{InlinePolicy, InlinePolicyKey};
pub use instance_profile::InstanceProfile;
pub use login_profile::LoginProfile;
pub use managed_policy::{ManagedPolicy, PolicyVersion, PolicyVersionKey};
pub use mfa_device::{MfaAssignment, MfaDevice, MfaStep, SecurityKey};
pub use own_service::{DefinitionText, OwnService, OwnServiceKey};
pub use password_policy::PasswordPolicy;
pub use policy_text::PolicyText;
pub use preferences::Preferences;
pub use provider::{
    AssertionEncryption, OpenIdConnectProvider, ProviderKey, SamlMetadata, SamlPrivateKey, SamlProvider,
};
pub use quotas::Quotas;
pub use revocation::{Ancestor, Revocation, Revocations, Revoked};
pub use role::Role;
pub use server_certificate::ServerCertificate;
pub use service_credential::ServiceCredential;
pub use signing_certificate::SigningCertificate;
pub use ssh_public_key::SshPublicKey;
pub use templated_role::TemplatedRole;
pub use usage::{ActionUsage, FailedAttempts, KeyUsage, PasswordUsage, RoleUsage};
pub use user::User;
pub use user_credential::UserCredential;
pub use web_identity_issuer::{IssuerKey, IssuerPublicKey, SigningAlgorithm, WebIdentityIssuer};

/// Every record kind of the directory, for checks of a whole store.
pub const KINDS: &[store::Kind] = &[
    store::Kind::of::<Account>(),
    store::Kind::of::<User>(),
    store::Kind::of::<Group>(),
    store::Kind::of::<Membership>(),
    store::Kind::of::<Role>(),
    store::Kind::of::<ManagedPolicy>(),
    store::Kind::of::<PolicyVersion>(),
    store::Kind::of::<InlinePolicy>(),
    store::Kind::of::<Attachment>(),
    store::Kind::of::<AccessKey>(),
    store::Kind::of::<InstanceProfile>(),
    store::Kind::of::<PasswordPolicy>(),
    store::Kind::of::<LoginProfile>(),
    store::Kind::of::<MfaDevice>(),
    store::Kind::of::<SshPublicKey>(),
    store::Kind::of::<SigningCertificate>(),
    store::Kind::of::<ServiceCredential>(),
    store::Kind::of::<ServerCertificate>(),
    store::Kind::of::<OpenIdConnectProvider>(),
    store::Kind::of::<SamlProvider>(),
    store::Kind::of::<SamlMetadata>(),
    store::Kind::of::<DeletionTask>(),
    store::Kind::of::<Preferences>(),
    store::Kind::of::<Quotas>(),
    store::Kind::of::<OwnService>(),
    store::Kind::of::<Revocations>(),
    store::Kind::of::<CredentialReport>(),
    store::Kind::of::<WebIdentityIssuer>(),
    store::Kind::of::<DelegationRequest>(),
    store::Kind::of::<AccessReport>(),
    store::Kind::of::<TemplatedRole>(),
];

/// Every kind of secret that the store keeps sealed, with what it is sealed for: what a new key must seal anew.
pub const SECRETS: &[(&str, store::seal::Purpose)] = &[
    (AccessKey::SECRET, store::seal::Purpose::SECRET_ACCESS_KEY),
    (LoginProfile::SECRET, LoginProfile::PURPOSE),
    (MfaDevice::SECRET, MfaDevice::PURPOSE),
    (ServiceCredential::SECRET, ServiceCredential::PURPOSE),
    (ServerCertificate::SECRET, ServerCertificate::PURPOSE),
    (SamlProvider::SECRET, SamlProvider::PURPOSE),
    (WebIdentityIssuer::SECRET, WebIdentityIssuer::PURPOSE),
];

#[cfg(test)]
mod tests;
