//! IAM's operations against a directory in memory: request in, exact response out.

#[path = "it/access_keys.rs"]
mod access_keys;
#[path = "it/account.rs"]
mod account;
#[path = "it/account_details.rs"]
mod account_details;
#[path = "it/account_properties.rs"]
mod account_properties;
#[path = "it/asking.rs"]
mod asking;
#[path = "it/attachments.rs"]
mod attachments;
#[path = "it/boundaries.rs"]
mod boundaries;
#[path = "it/certificates.rs"]
mod certificates;
#[path = "it/credential_report.rs"]
mod credential_report;
#[path = "it/delegation_requests.rs"]
mod delegation_requests;
#[path = "it/documents.rs"]
mod documents;
#[path = "it/granting.rs"]
mod granting;
#[path = "it/groups.rs"]
mod groups;
#[path = "it/inline_policies.rs"]
mod inline_policies;
#[path = "it/instance_profiles.rs"]
mod instance_profiles;
#[path = "it/login_profiles.rs"]
mod login_profiles;
#[path = "it/managed_policies.rs"]
mod managed_policies;
#[path = "it/mfa_devices.rs"]
mod mfa_devices;
#[path = "it/open_id_connect_providers.rs"]
mod open_id_connect_providers;
#[path = "it/organizations_access.rs"]
mod organizations_access;
#[path = "it/outbound_federation.rs"]
mod outbound_federation;
#[path = "it/outside_principals.rs"]
mod outside_principals;
#[path = "it/own_services.rs"]
mod own_services;
#[path = "it/password_policy.rs"]
mod password_policy;
#[path = "it/past.rs"]
mod past;
#[path = "it/policy_versions.rs"]
mod policy_versions;
#[path = "it/preferences.rs"]
mod preferences;
#[path = "it/protected_roles.rs"]
mod protected_roles;
#[path = "it/quotas.rs"]
mod quotas;
#[path = "it/races.rs"]
mod races;
#[path = "it/role_templates.rs"]
mod role_templates;
#[path = "it/roles.rs"]
mod roles;
#[path = "it/saml_providers.rs"]
mod saml_providers;
#[path = "it/security_keys.rs"]
mod security_keys;
#[path = "it/server_certificates.rs"]
mod server_certificates;
#[path = "it/service_last_accessed.rs"]
mod service_last_accessed;
#[path = "it/service_linked_roles.rs"]
mod service_linked_roles;
#[path = "it/service_specific_credentials.rs"]
mod service_specific_credentials;
#[path = "it/sign_in.rs"]
mod sign_in;
#[path = "it/signing_certificates.rs"]
mod signing_certificates;
#[path = "it/simulator.rs"]
mod simulator;
#[path = "it/simulator_inputs.rs"]
mod simulator_inputs;
#[path = "it/ssh_public_keys.rs"]
mod ssh_public_keys;
#[path = "it/tag_keys.rs"]
mod tag_keys;
#[path = "it/users.rs"]
mod users;
