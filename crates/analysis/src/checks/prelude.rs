//! What every check uses.

pub(super) use policy::condition::{Family, Qualifier};
pub(super) use policy::json::Value;

pub(super) use super::check::{Check, Look};
pub(super) use super::finding::FindingType::{Error, SecurityWarning, Suggestion, Warning};
pub(super) use super::finding::Found;
pub(super) use super::glob::{covers, has_wildcards, meets};
pub(super) use super::policy_type::PolicyType;
pub(super) use super::subject::{ArnEntry, Clause, Entry, PrincipalEntry, Statement, Subject};
