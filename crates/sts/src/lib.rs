//! The operations of AWS Security Token Service.
//!
//! Temporary credentials are not kept anywhere: everything that binds them is sealed into the session token.

mod assume_role;
mod assume_root;
mod authorization_message;
mod caller_identity;
mod credentials;
mod delegated_access_token;
mod duration;
mod federation_token;
mod mfa;
mod session_policies;
mod session_tags;
mod session_token;
mod web_identity_token;

use service::{Registry, Route, ServiceEntry};
use wire::Fault;

/// The service; it keeps no state of its own.
#[derive(Debug, Default)]
pub struct Sts;

/// The service behind its routes.
#[must_use]
pub fn entry() -> Box<dyn ServiceEntry> {
    Box::new(Registry::new(&api::sts::SERVICE, Sts, TABLES, Fault::internal))
}

/// The routes of each file.
const TABLES: &[&[Route<Sts>]] = &[
    assume_role::ROUTES,
    assume_root::ROUTES,
    authorization_message::ROUTES,
    caller_identity::ROUTES,
    delegated_access_token::ROUTES,
    federation_token::ROUTES,
    session_token::ROUTES,
    web_identity_token::ROUTES,
];
