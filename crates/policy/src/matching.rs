//! The patterns of a statement's elements.

mod action;
mod principal;
mod resource;

pub use action::ActionPattern;
pub(crate) use action::Target as ActionTarget;
pub use principal::{PrincipalKind, PrincipalPattern, Reach};
pub use resource::ResourcePattern;
