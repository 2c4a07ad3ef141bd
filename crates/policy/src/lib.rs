//! The policy language: a document and a request in, a decision with its reasons out.
//!
//! The crate is pure: no clock, no store, no network, no panic. What it implements is AWS's
//! policy evaluation, for every policy type at once.
//!
//! ```
//! use policy::{Action, Named, Outcome, Policy, PolicySet, Principal, Request, SourceKind, evaluate};
//! use std::sync::Arc;
//!
//! let document = r#"{"Version": "2012-10-17", "Statement": {
//!     "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::home/${aws:username}/*"}}"#;
//! let policy = Arc::new(Policy::parse(document)?);
//!
//! let set = PolicySet::new().with_identity(vec![Named::new(SourceKind::User, "home", policy)]);
//! let mut request = Request::new(
//!     Principal::parse("arn:aws:iam::123456789012:user/alice")?,
//!     Action::parse("s3:GetObject")?,
//!     "arn:aws:s3:::home/alice/notes",
//! );
//! request.context.set("aws:username", "alice");
//! assert!(evaluate(&set, &request).is_allowed());
//!
//! request.resource = "arn:aws:s3:::home/bob/notes".into();
//! let decision = evaluate(&set, &request);
//! assert_eq!(decision.outcome(), Outcome::ImplicitDeny);
//! assert_eq!(
//!     decision.reason_sentence("s3:GetObject"),
//!     "because no identity-based policy allows the s3:GetObject action",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`explain`](explain::explain) says why: each layer, the statements that applied with line and column,
//! and of a refusal what comes nearest to allowing it.
//!
//! ```
//! # use policy::{Action, Named, Policy, PolicySet, Principal, Request, SourceKind, explain};
//! # let policy = Policy::parse(r#"{"Statement": {"Sid": "Home", "Effect": "Allow", "Action": "s3:Get*",
//! #     "Resource": "arn:aws:s3:::home/*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}}"#)?;
//! # let set = PolicySet::new().with_identity(vec![Named::new(SourceKind::User, "home", policy.into())]);
//! # let alice = Principal::parse("arn:aws:iam::123456789012:user/alice")?;
//! let mut request = Request::new(alice, Action::parse("s3:GetObject")?, "arn:aws:s3:::home/x");
//! request.context.set("aws:SourceIp", "203.0.113.7");
//!
//! let explanation = explain(&set, &request);
//! let nearest = explanation.layers[0].nearest.as_ref().unwrap();
//! assert_eq!(nearest.sid.as_deref(), Some("Home"));
//! assert_eq!(nearest.conditions[0].key, "aws:SourceIp");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`validate`] holds what AWS checks when a document is stored, with AWS's texts and the place of each finding.
//!
//! ```
//! let malformed = policy::validate::identity_policy(r#"{
//!   "Version": "2012-10-17",
//!   "Statement": {"Effect": "Allow", "Action": "GetObject", "Resource": "*"}
//! }"#).unwrap_err();
//! assert_eq!(malformed.message, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
//! assert_eq!((malformed.position.line, malformed.position.column), (3, 46));
//! ```
//!
//! What a deployment keeps: parse a [`Policy`] once and share it; make one [`Bundle`] for each set of policies
//! that principals share, and one [`Snapshot`] for each set of layers of a principal's side. A request meets its
//! principal's snapshot and, as a [`PolicySet`], the bundles of the resource's side. [`Question`] asks without
//! copying anything of the request; a [`Prepared`] request can be decided again and again. [`implied`] adds the
//! condition keys that follow from principal and clock.

mod action;
pub mod condition;
mod context;
mod context_keys;
mod decision;
mod document;
mod evaluate;
pub mod explain;
mod glob;
pub mod implied;
mod index;
pub mod json;
mod key;
mod matching;
mod numbers;
mod parse;
mod plan;
mod prepared;
mod principal;
mod raw;
mod request;
mod resource;
pub mod scenario;
mod service_definition;
mod set;
mod snapshot;
mod span;
mod template;
mod texts;
mod tiers;
pub mod validate;

pub use action::{Action, InvalidAction};
pub use context::{Context, Values};
pub use decision::{Decision, Guard, Layer, LayerResult, Matched, Outcome, ResourcePolicyKind, StatementRef};
pub use document::{Effect, Element, Polarity, Policy, Statement, Version};
pub use evaluate::{decide, evaluate, evaluate_layer};
pub use explain::{Explanation, explain, explain_with};
pub use json::{MAX_DOCUMENT_BYTES, Problem as JsonProblem};
pub use key::Key;
pub use matching::{ActionPattern, PrincipalKind, PrincipalPattern, Reach, ResourcePattern};
pub use parse::{ParseError, ParseProblem};
pub use prepared::{Keys, Prepared, Question};
pub use principal::{AssumedRole, Credentials, Federated, FederatedUser, Principal, Root, Service, User};
pub use raw::RawContext;
pub use request::Request;
pub use resource::Resource;
pub use service_definition::{InvalidDefinition, MAX_DEFINITION_BYTES, ServiceDefinition};
pub use set::{Bundle, Named, PolicySet, SourceKind};
pub use snapshot::Snapshot;
pub use span::{Lines, Position, Span};
