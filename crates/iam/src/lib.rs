//! The operations of AWS Identity and Access Management, one file per resource.
//!
//! Every handler has the same four beats: find what the request names, ask leave on its ARN, act, answer. What
//! does not exist is asked for under the ARN that it would have, and only who has leave learns that it does not
//! exist.

mod access_keys;
mod account;
mod account_details;
mod account_properties;
mod attachments;
mod boundaries;
mod credential_report;
mod delegation_requests;
mod document;
mod fault;
mod granting;
mod groups;
mod holder;
mod inline_policies;
mod instance_profiles;
mod list;
mod login_profiles;
mod managed;
mod managed_policies;
mod mfa_devices;
mod open_id_connect_providers;
mod organizations_access;
mod outbound_federation;
mod outside_principals;
mod password_policy;
mod places;
mod policy_versions;
mod preferences;
mod provider;
mod quota;
mod role_templates;
mod roles;
mod saml_providers;
pub mod security_keys;
mod server_certificates;
mod service_last_accessed;
mod service_linked_roles;
mod service_specific_credentials;
mod shared_issuers;
mod signing_certificates;
mod simulator;
mod source;
mod ssh_public_keys;
mod tags;
mod target;
mod user_credentials;
mod users;
mod x509;

use service::{Registry, Route, ServiceEntry};

pub use quota::Quota;

/// The service; it keeps no state of its own.
#[derive(Debug, Default)]
pub struct Iam;

/// The service behind its routes.
#[must_use]
pub fn entry() -> Box<dyn ServiceEntry> {
    Box::new(Registry::new(&api::iam::SERVICE, Iam, TABLES, fault::of_store))
}

/// The routes of each resource.
const TABLES: &[&[Route<Iam>]] = &[
    access_keys::ROUTES,
    account::ROUTES,
    account_details::ROUTES,
    account_properties::ROUTES,
    attachments::ROUTES,
    boundaries::ROUTES,
    credential_report::ROUTES,
    delegation_requests::ROUTES,
    granting::ROUTES,
    groups::ROUTES,
    inline_policies::ROUTES,
    instance_profiles::ROUTES,
    login_profiles::ROUTES,
    managed_policies::ROUTES,
    mfa_devices::ROUTES,
    open_id_connect_providers::ROUTES,
    organizations_access::ROUTES,
    outbound_federation::ROUTES,
    password_policy::ROUTES,
    policy_versions::ROUTES,
    preferences::ROUTES,
    role_templates::ROUTES,
    roles::ROUTES,
    server_certificates::ROUTES,
    service_last_accessed::ROUTES,
    service_linked_roles::ROUTES,
    service_specific_credentials::ROUTES,
    signing_certificates::ROUTES,
    ssh_public_keys::ROUTES,
    saml_providers::ROUTES,
    simulator::ROUTES,
    users::ROUTES,
];
