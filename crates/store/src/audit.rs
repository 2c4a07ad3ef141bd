//! The audit trail: one hash chain per writer, in segments.
//!
//! Events of changes are rows of the database, written in the transaction of the change. Events of reads and
//! refusals go through a [`Journal`] into append-only files. Both are chains of the same kind: each event's hash
//! covers the hash before it ([`ChainHead::link`]), and an [`Anchor`], authenticated under a key that is not in the
//! data directory's database, says where the chain ends, so that a cut of its newest part shows as well.

mod anchor;
mod chain;
mod error;
mod event;

pub use anchor::{Anchor, AnchorKind, AuditKeys, Position};
pub use chain::{Broken, ChainHead, ChainRow, ChainVerifier, Hash};
pub use error::AuditError;
pub use event::AuditEvent;
