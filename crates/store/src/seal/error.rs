//! What can go wrong with keys and sealed values.

use std::{io, path::PathBuf};

use super::KeyId;

/// A key or a sealed value that cannot be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The value was altered, or is not of this record or purpose.
    #[error("the sealed value does not open: it was altered or belongs to another record")]
    Refused,
    /// The value names a data key that the keyring does not hold.
    #[error(
        "the sealed value needs data key `{0}`, which is not in the keyring: restore the `keyring.json` it was sealed under"
    )]
    UnknownKey(KeyId),
    /// The text is not a sealed value.
    #[error("the text is not a sealed value of the form `v1.KEY.BASE64`")]
    Malformed,
    /// The text is not a master key.
    #[error(
        "a master key is 32 bytes in base64, and this text is not: make one with `openssl rand -base64 32`"
    )]
    MasterText,
    /// The file of the master key does not hold one.
    #[error("`{path}` must hold a master key, 32 bytes in base64, and does not: restore it from your backup")]
    MasterFile {
        /// The file.
        path: PathBuf,
    },
    /// The file of the master key can be read by others.
    #[error("`{path}` has mode {mode:04o} and must be readable by its owner only: run `chmod 600` on it")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// One of the two files is there and the other is not.
    #[error("`{path}` is missing although this data directory has been used: restore it from your backup")]
    Missing {
        /// The file that is missing.
        path: PathBuf,
    },
    /// None of the given master keys unwraps the data keys.
    #[error(
        "the keyring is wrapped under master key `{needed}`, which was not given: give it, after the new one if you are rotating"
    )]
    NoMaster {
        /// The master key that the keyring names.
        needed: KeyId,
    },
    /// The keyring file is not one, or was altered.
    #[error("`{path}` cannot be used: {why}; restore it from your backup")]
    KeyringFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The key cannot be dropped: it is the one that seals.
    #[error("data key `{0}` is the current one and cannot be dropped: rotate first")]
    Current(KeyId),
    /// The system's random source failed.
    #[error("the system gave no random bytes")]
    Entropy,
    /// A cipher refused its input, for example because of its size.
    #[error("the value cannot be sealed")]
    Cipher,
    /// A file operation failed.
    #[error("cannot {doing} `{path}`: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
