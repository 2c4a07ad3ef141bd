//! IAM's operations against a directory in memory: request in, exact response out.

#[path = "it/users.rs"]
mod users;
