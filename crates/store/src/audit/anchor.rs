//! Anchors: authenticated statements of where a chain ends or begins.

use serde::{Deserialize, Serialize};

use crate::seal::{KeyId, Keyring, MacKeys, Purpose};

use super::{ChainHead, Hash};

/// The keys under which anchors are authenticated.
#[derive(Debug, Clone)]
pub struct AuditKeys(MacKeys);

impl AuditKeys {
    /// The audit keys of a keyring.
    #[must_use]
    pub fn of(keyring: &Keyring) -> Self {
        Self(keyring.mac_keys(Purpose::AUDIT))
    }
}

/// What an anchor says of its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnchorKind {
    /// All events up to this one were written.
    Head,
    /// All events up to this one were dropped by retention: the chain begins after it.
    Tombstone,
}

/// A place in the segment files of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The segment's number; the first is 1.
    pub segment: u64,
    /// Bytes from the segment's beginning.
    pub offset: u64,
}

/// An authenticated statement about a writer's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// What it says.
    pub kind: AnchorKind,
    /// Whose chain.
    pub writer: String,
    /// The event it speaks of.
    #[serde(flatten)]
    pub head: ChainHead,
    /// Where that event ends, for a chain in files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The data key under which it is authenticated.
    pub key: KeyId,
    /// The authentication code.
    pub mac: Hash,
}

impl Anchor {
    /// Signs a statement.
    #[must_use]
    pub fn sign(
        keys: &AuditKeys,
        kind: AnchorKind,
        writer: &str,
        head: ChainHead,
        position: Option<Position>,
    ) -> Self {
        let (key, mac) = keys.0.sign(&message(kind, writer, &head, position));
        Self { kind, writer: writer.to_owned(), head, position, key, mac: Hash::from_bytes(mac) }
    }

    /// Whether the statement is genuine.
    #[must_use]
    pub fn verify(&self, keys: &AuditKeys) -> bool {
        let message = message(self.kind, &self.writer, &self.head, self.position);
        keys.0.verify(self.key, &message, self.mac.as_bytes())
    }
}

fn message(kind: AnchorKind, writer: &str, head: &ChainHead, position: Option<Position>) -> Vec<u8> {
    let (segment, offset) = position.map_or((0, 0), |at| (at.segment, at.offset));
    let mut message = b"portcullis audit anchor v1\0".to_vec();
    message.push(match kind {
        AnchorKind::Head => 1,
        AnchorKind::Tombstone => 2,
    });
    for number in [head.seq, segment, offset] {
        message.extend_from_slice(&number.to_be_bytes());
    }
    message.extend_from_slice(head.hash.as_bytes());
    // The only part without a fixed length comes last.
    message.extend_from_slice(writer.as_bytes());
    message
}
