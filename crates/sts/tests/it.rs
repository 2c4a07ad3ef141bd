//! STS's operations against a directory in memory: request in, exact response out.

#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

#[path = "it/assume_role.rs"]
mod assume_role;
#[path = "it/assume_root.rs"]
mod assume_root;
#[path = "it/authorization_message.rs"]
mod authorization_message;
#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/caller_identity.rs"]
mod caller_identity;
#[path = "it/conflicts.rs"]
mod conflicts;
#[path = "it/delegated_access_token.rs"]
mod delegated_access_token;
#[path = "it/federation_token.rs"]
mod federation_token;
#[path = "it/identity_provider.rs"]
mod identity_provider;
#[path = "it/revocation.rs"]
mod revocation;
#[path = "it/saml.rs"]
mod saml;
#[path = "it/session_limits.rs"]
mod session_limits;
#[path = "it/session_token.rs"]
mod session_token;
#[path = "it/support.rs"]
mod support;
#[path = "it/web_identity.rs"]
mod web_identity;
#[path = "it/web_identity_token.rs"]
mod web_identity_token;
