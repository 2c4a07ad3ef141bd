//! IAM's operations against a directory in memory: request in, exact response out.

#[path = "it/access_keys.rs"]
mod access_keys;
#[path = "it/account.rs"]
mod account;
#[path = "it/asking.rs"]
mod asking;
#[path = "it/attachments.rs"]
mod attachments;
#[path = "it/boundaries.rs"]
mod boundaries;
#[path = "it/groups.rs"]
mod groups;
#[path = "it/inline_policies.rs"]
mod inline_policies;
#[path = "it/protected_roles.rs"]
mod protected_roles;
#[path = "it/races.rs"]
mod races;
#[path = "it/users.rs"]
mod users;
