//! What identity providers say, verified: OpenID Connect tokens ([`jwt`], [`oidc`]) and SAML assertions ([`saml`]).
//!
//! Bytes and keys go in, claims come out. Nothing here knows a clock, a network or a directory: who may be believed, which
//! keys are current and what time it is are the caller's to say. What is read is bounded in size and depth, and nothing is
//! believed that a signature does not cover.

pub mod jwt;
pub mod oidc;
pub mod saml;
mod signature;
mod xml;

pub use signature::{Curve, Hash, PublicKey, Scheme};
