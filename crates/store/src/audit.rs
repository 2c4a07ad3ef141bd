//! The audit trail: one hash chain per writer, in segments.
//!
//! Events of changes are rows of the database, written in the transaction of the change. Events of reads and
//! refusals go through a [`Journal`] into append-only files. Both are chains of the same kind: each event's hash
//! covers the hash before it ([`ChainHead::link`]), and an [`Anchor`], authenticated under a key that is not in the
//! data directory's database, says where the chain ends, so that a cut of its newest part shows as well.
//!
//! What a crash may lose, and what the chain can and cannot show, stands in
//! `docs/decisions/0020-audit-durability.md`.

mod anchor;
mod chain;
mod error;
mod event;
mod journal;
mod line;
mod queue;
mod recover;
mod retain;
mod segment;
mod tail;
mod verify;
mod writer;

pub use anchor::{Anchor, AnchorKind, AuditKeys, Position};
pub use chain::{Broken, ChainHead, ChainRow, ChainVerifier, Hash};
pub use error::AuditError;
pub use event::AuditEvent;
pub use journal::{Journal, JournalOptions, READS};
pub use recover::Recovery;
pub use retain::Dropped;
pub use tail::{Entry, Events, Follow, events, events_since, follow, tail};
pub use verify::{Fault, Finding, MOST_FINDINGS, Report, SegmentSummary, verify};

#[cfg(test)]
mod tests;
