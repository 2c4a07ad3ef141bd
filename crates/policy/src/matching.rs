//! The patterns of a statement's elements.

mod action;
mod principal;
mod resource;

pub use action::ActionPattern;
pub(crate) use action::Target as ActionTarget;
pub(crate) use principal::Whom;
pub use principal::{PrincipalKind, PrincipalPattern, Reach};
pub(crate) use resource::ResourceForm;
pub use resource::ResourcePattern;
