//! The operations of AWS Security Token Service.
//!
//! Temporary credentials are not kept anywhere: everything that binds them is sealed into the session token.

mod assume_role;
mod caller_identity;
mod credentials;
mod duration;
mod federation_token;
mod mfa;
mod session_policies;
mod session_tags;
mod session_token;

use service::{Registry, ServiceEntry};
use wire::Fault;

/// The service; it keeps no state of its own.
#[derive(Debug, Default)]
pub struct Sts;

/// The service behind its routes.
#[must_use]
pub fn entry() -> Box<dyn ServiceEntry> {
    let tables =
        [assume_role::ROUTES, caller_identity::ROUTES, federation_token::ROUTES, session_token::ROUTES];
    Box::new(Registry::new(&api::sts::SERVICE, Sts, &tables, Fault::internal))
}
