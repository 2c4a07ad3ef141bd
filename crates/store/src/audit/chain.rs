//! The hash chain.

use std::{fmt, fmt::Write as _, str::FromStr};

use serde::{Deserialize, Serialize, de};
use sha2::{Digest, Sha256};

use super::{Anchor, AuditKeys};

/// A SHA-256 hash; prints as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash from its 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 64 hexadecimal digits as bytes.
    pub(super) fn to_hex(self) -> [u8; 64] {
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
            if let [high, low] = pair {
                *high = digit(byte >> 4);
                *low = digit(byte & 15);
            }
        }
        text
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_hex().iter().try_for_each(|&digit| f.write_char(char::from(digit)))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a hash in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is not 64 hexadecimal digits")]
pub struct NotAHash;

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let nibble = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(NotAHash),
        };
        if text.len() != 64 {
            return Err(NotAHash);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let &[high, low] = pair else { return Err(NotAHash) };
            *byte = nibble(high)? << 4 | nibble(low)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Where a chain ends: the number of its last event (0: none yet) and that event's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// The sequence number of the last event; the first event has 1.
    pub seq: u64,
    /// The last event's hash; for an empty chain a hash of the writer's name.
    pub hash: Hash,
}

impl ChainHead {
    /// The empty chain of a writer. Chains of two writers have nothing in common.
    #[must_use]
    pub fn genesis(writer: &str) -> Self {
        let mut sha = Sha256::new();
        sha.update(b"portcullis audit chain v1\0");
        sha.update(writer.as_bytes());
        Self { seq: 0, hash: Hash(sha.finalize().into()) }
    }

    /// The head after one more event, whose stored bytes are `event` (see [`AuditEvent::encode`](super::AuditEvent::encode)).
    #[must_use]
    pub fn link(&self, event: &[u8]) -> Self {
        let seq = self.seq.saturating_add(1);
        Self { seq, hash: link(&self.hash, seq, event) }
    }
}

/// The hash of event number `seq`, whose predecessor has the hash `prev` and whose stored bytes are `event`.
#[must_use]
pub(super) fn link(prev: &Hash, seq: u64, event: &[u8]) -> Hash {
    let mut sha = Sha256::new();
    // All parts but the last have a fixed length, so that no two triples read alike.
    sha.update(b"portcullis audit event v1\0");
    sha.update(prev.0);
    sha.update(seq.to_be_bytes());
    sha.update(event);
    Hash(sha.finalize().into())
}

/// One stored event with its place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainRow<'a> {
    /// Its number.
    pub seq: u64,
    /// The hash of the event before it.
    pub prev: Hash,
    /// Its own hash.
    pub hash: Hash,
    /// Its stored bytes.
    pub event: &'a [u8],
}

/// Checks a chain event by event, keeping nothing but its head.
#[derive(Debug, Clone)]
pub struct ChainVerifier {
    head: ChainHead,
    anchored: Option<ChainHead>,
    at_anchor: Option<Hash>,
}

/// What is wrong with a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Broken {
    /// Event numbers do not follow each other: events were removed, repeated or put in another order.
    #[error("event {found} stands where event {expected} belongs: events were removed, repeated or moved")]
    Sequence {
        /// The number that belongs there.
        expected: u64,
        /// The number that is there.
        found: u64,
    },
    /// The event names another predecessor than the one before it.
    #[error("event {seq} does not follow from the event before it: one of them was replaced")]
    Link {
        /// The event's number.
        seq: u64,
    },
    /// The event's content is not what its hash was made from.
    #[error("event {seq} was edited")]
    Edited {
        /// The event's number.
        seq: u64,
    },
    /// The chain ends before its anchor.
    #[error(
        "the trail ends at event {found} although event {anchored} was written: its newest part was cut off"
    )]
    Truncated {
        /// The last event that the anchor vouches for.
        anchored: u64,
        /// The last event that is there.
        found: u64,
    },
    /// The chain passes its anchor with another hash.
    #[error("event {seq} is not the one that the anchor vouches for: the trail was written anew")]
    Forked {
        /// The anchored event's number.
        seq: u64,
    },
    /// The anchor does not bear the right code.
    #[error("the anchor at event {seq} is forged, or made under a key that is not in the keyring")]
    Anchor {
        /// The anchored event's number.
        seq: u64,
    },
}

impl ChainVerifier {
    /// A verifier of the events after `start` (for a whole trail [`ChainHead::genesis`], for a trail whose oldest
    /// part was dropped the head that its tombstone vouches for).
    #[must_use]
    pub fn new(start: ChainHead) -> Self {
        Self { head: start, anchored: None, at_anchor: None }
    }

    /// Also compares the chain with the head that an anchor, read beforehand, vouches for.
    #[must_use]
    pub fn against(mut self, anchored: ChainHead) -> Self {
        self.anchored = Some(anchored);
        self.note_anchor();
        self
    }

    /// Checks the next event. After a fault the verifier goes on from that event as it stands.
    pub fn push(&mut self, row: &ChainRow<'_>) -> Result<(), Broken> {
        let expected = self.head.seq.saturating_add(1);
        let checked = if row.seq != expected {
            Err(Broken::Sequence { expected, found: row.seq })
        } else if row.prev != self.head.hash {
            Err(Broken::Link { seq: row.seq })
        } else if link(&row.prev, row.seq, row.event) != row.hash {
            Err(Broken::Edited { seq: row.seq })
        } else {
            Ok(())
        };
        self.head = ChainHead { seq: row.seq, hash: row.hash };
        self.note_anchor();
        checked
    }

    /// The last event that was pushed.
    #[must_use]
    pub fn head(&self) -> ChainHead {
        self.head
    }

    /// Ends the check: the anchor must be genuine, and the chain must reach it and pass it with its hash. Give the
    /// anchor that [`ChainVerifier::against`] was told of. Events beyond the anchor are allowed.
    pub fn finish(self, anchor: &Anchor, keys: &AuditKeys) -> Result<ChainHead, Broken> {
        let anchored = anchor.head;
        if !anchor.verify(keys) {
            return Err(Broken::Anchor { seq: anchored.seq });
        }
        if self.head.seq < anchored.seq {
            return Err(Broken::Truncated { anchored: anchored.seq, found: self.head.seq });
        }
        let found = if self.head.seq == anchored.seq { Some(self.head.hash) } else { self.at_anchor };
        if self.anchored.is_some_and(|expected| expected != anchored) || found != Some(anchored.hash) {
            return Err(Broken::Forked { seq: anchored.seq });
        }
        Ok(self.head)
    }

    fn note_anchor(&mut self) {
        if self.anchored.is_some_and(|anchored| anchored.seq == self.head.seq) {
            self.at_anchor = Some(self.head.hash);
        }
    }
}
