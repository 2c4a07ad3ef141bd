//! `who-can`, `what-can`, `paths`, `diff`: questions over everybody in a directory, or in an account of AWS's.
//!
//! The store is read beside a running server or without one, and what is read is analysed here.

mod diff;
mod load;
mod paths;
mod shown;
mod what_can;
mod who_can;

pub(crate) use diff::run as diff;
pub(crate) use paths::run as paths;
pub(crate) use what_can::run as what_can;
pub(crate) use who_can::run as who_can;
