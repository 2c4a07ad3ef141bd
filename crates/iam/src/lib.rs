//! The operations of AWS Identity and Access Management, one file per resource.
//!
//! Every handler has the same four beats: find what the request names, ask leave on its ARN, act, answer. What
//! does not exist is asked for under the ARN that it would have, and only who has leave learns that it does not
//! exist.

mod access_keys;
mod account;
mod account_details;
mod attachments;
mod boundaries;
mod document;
mod fault;
mod groups;
mod holder;
mod inline_policies;
mod instance_profiles;
mod list;
mod managed;
mod managed_policies;
mod policy_versions;
mod quota;
mod roles;
mod simulator;
mod tags;
mod target;
mod users;

use service::{Registry, Route, ServiceEntry};

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
    attachments::ROUTES,
    boundaries::ROUTES,
    groups::ROUTES,
    inline_policies::ROUTES,
    instance_profiles::ROUTES,
    managed_policies::ROUTES,
    policy_versions::ROUTES,
    roles::ROUTES,
    simulator::ROUTES,
    users::ROUTES,
];
