//! Exact reasoning over policies: what one document allows and another does not, with a request that shows it.
//!
//! The crate is pure and synchronous. A statement is a product of predicates, one for each variable of a request;
//! whether statements cover another is decided variable by variable, keeping only the smallest sets of statements
//! that are not yet escaped. Texts are decided by a subset construction over all patterns at once, everything
//! ordered by one value for each stretch that the operators tell apart. Conditions are never interpreted anew: each
//! case is put to [`policy`]'s own clauses, and each witness to its engine.
//!
//! ```
//! use analysis::{Budget, Relation, compare};
//! use std::sync::Arc;
//!
//! let read = |action: &str| policy::Policy::parse(&format!(
//!     r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}}}"#));
//! let (wide, narrow) = (Arc::new(read("s3:*")?), Arc::new(read("s3:Get*")?));
//! let answer = compare(&wide, &narrow, Budget::default());
//! assert_eq!(answer.relation, Relation::MorePermissive);
//! assert!(answer.witness_a_minus_b.is_some() && answer.witness_b_minus_a.is_none());
//! # Ok::<(), policy::ParseError>(())
//! ```

mod access;
mod boxes;
mod budget;
pub mod checks;
mod compare;
pub mod estate;
mod facts;
mod keys;
pub mod least_privilege;
mod mask;
mod pattern;
mod principals;
mod question;
mod rules;
mod search;
mod settle;
mod split;
mod stack;
mod statements;
mod words;

pub use access::{Access, Grant, Verdict, Zone, granted_access, new_access, outside_access, public_access};
pub use budget::{Budget, Exhausted};
pub use compare::{
    Comparison, Relation, Requests, allows, compare, compare_over, is_addressed, minus, minus_over,
};
pub use stack::{Asker, compare_stacks, grants, stack_minus};
pub use statements::{Idle, IdleReason, idle_statements};
