//! The targets.

pub mod arn;
pub mod jwt;
pub mod policy_analysis;
pub mod policy_document;
pub mod query;
mod request;
pub mod saml;
pub mod sigv4_header;
pub mod sigv4_presigned;
pub mod token;
pub mod xml;

use crate::target::Target;

/// All of them.
pub const TARGETS: &[&Target] = &[
    &query::TARGET,
    &xml::TARGET,
    &policy_document::TARGET,
    &policy_analysis::TARGET,
    &arn::TARGET,
    &sigv4_header::TARGET,
    &sigv4_presigned::TARGET,
    &token::TARGET,
    &jwt::TARGET,
    &saml::TARGET,
];
