//! The operations of AWS Identity and Access Management, one file per resource.
//!
//! Every handler has the same four beats: find what the request names, ask leave on its ARN, act, answer. What
//! does not exist is asked for under the ARN that it would have, and only who has leave learns that it does not
//! exist.

mod fault;
mod list;
mod managed;
mod quota;
mod tags;
mod target;
mod users;

use service::{Registry, ServiceEntry};

/// The service; it keeps no state of its own.
#[derive(Debug, Default)]
pub struct Iam;

/// The service behind its routes.
#[must_use]
pub fn entry() -> Box<dyn ServiceEntry> {
    Box::new(Registry::new(&api::iam::SERVICE, Iam, &[users::ROUTES], fault::of_store))
}
