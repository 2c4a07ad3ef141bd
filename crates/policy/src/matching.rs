//! The patterns of a statement's elements.

mod action;
mod principal;
mod resource;

pub use action::ActionPattern;
pub(crate) use action::Target as ActionTarget;
pub(crate) use principal::Reach;
pub use principal::{PrincipalKind, PrincipalPattern};
pub use resource::ResourcePattern;
