//! The engine against the specification: rule by rule, and against a second evaluator.

#[path = "it/control.rs"]
mod control;
#[path = "it/cross_account.rs"]
mod cross_account;
#[path = "it/elements.rs"]
mod elements;
#[path = "it/same_account.rs"]
mod same_account;
#[path = "it/special.rs"]
mod special;
#[path = "it/support.rs"]
mod support;
