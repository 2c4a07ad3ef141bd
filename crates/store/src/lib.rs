//! Versioned records with declared indexes, serialisable transactions and an audit chain.
//!
//! A [`Store`] keeps [`Record`]s: structs under typed keys, found by declared indexes. A [`Snapshot`] shows them as they
//! are at one [`Revision`]; a [`Transaction`] writes on top of one and commits as the next revision, together with its
//! audit event. What a transaction read is its [`Footprint`]; if any of it has changed by the time it commits, it ends as
//! [`Error::Conflict`] and its caller runs it again. Bytes are kept by a [`backend`].

pub mod audit;
mod authority;
pub mod backend;
mod cache;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod declared;
mod error;
mod feed;
mod follower;
mod footprint;
pub mod memory;
mod page;
mod record;
mod reset;
mod revision;
pub mod seal;
mod settled;
mod shared;
mod snapshot;
mod store;
mod sync;
mod touched;
mod transaction;
mod verify;
mod volatile;
mod writer;

pub use audit::AuditEvent;
pub use authority::{Authority, Permitted, SystemActor};
pub use backend::{Change, Commit};
pub use error::{Error, Result};
pub use feed::Past;
pub use follower::{Follower, Lease, Progress};
pub use footprint::Footprint;
pub use page::{Page, Position, Range};
pub use record::{IndexEntry, IndexSpec, Kind, Record, RecordKey};
pub use revision::{Clock, Committed, Revision};
pub use shared::Sizes;
pub use snapshot::Snapshot;
pub use store::{Options, Store};
pub use transaction::Transaction;
pub use verify::Verified;
