//! Facts about AWS: services, actions with their access level, resource types with their ARN formats, condition
//! keys with their types, and the AWS managed policies with their default documents; and, in a [`Catalog`], the same
//! of an account's own services.
//!
//! The facts are text under `model/catalog`, embedded as it is. A service is read when it is first asked for and
//! stays; a document is never copied. So a process pays for what it uses: an index of the services (20 KB), one of
//! the managed policies (200 KB, at the first question), and the pages of the binary it touches.
//!
//! Names are found whatever their case, as policies match them, and told as AWS spells them.
//!
//! ```
//! let action = catalog::action("iam", "createuser").unwrap();
//! assert_eq!(action.name(), "CreateUser");
//! assert_eq!(action.access_level(), catalog::AccessLevel::Write);
//! assert_eq!(action.resources().next().unwrap().name(), "user");
//! assert!(catalog::condition_key("aws:TagKeys").unwrap().is_multivalued());
//! ```

mod action;
mod catalog;
mod condition_key;
mod managed_policy;
mod region;
mod resource_type;
mod service;
mod text;

pub use action::{AccessLevel, Action, ResourceUse};
pub use catalog::{Catalog, PrefixTaken};
pub use condition_key::{ConditionKey, KeyType, condition_key, global_condition_keys};
pub use managed_policy::{ManagedPolicy, managed_policies, managed_policy};
pub use region::REGIONS;
pub use resource_type::ResourceType;
pub use service::{Service, action, service, services};
