//! Sealed values: secrets under keys derived from a master key outside the database.
//!
//! Three layers, each wrapping the next:
//!
//! 1. a [`MasterKey`], in a file of mode 0600 in the data directory or handed in as text;
//! 2. *data keys*, random, kept in `keyring.json` wrapped under the master key; the newest is current, older ones
//!    go on opening what they sealed;
//! 3. *subkeys*, derived from a data key for one [`Purpose`] each, so that no two uses share a key.
//!
//! A [`Sealed`] value names the data key that sealed it and is bound to its purpose and to its record: moved to
//! another record it does not open. A [`TokenSealer`] does the same for self-contained tokens, where speed counts.

mod data_key;
mod entropy;
mod error;
mod files;
mod key;
mod keyring;
mod mac;
mod master;
mod sealed;
mod stored;
mod token;

pub use entropy::{Entropy, SystemEntropy};
pub use error::SealError;
pub(crate) use files::{replace_file, sync_dir};
pub use key::{KeyId, Purpose, Subkey};
pub use keyring::{Keyring, Rotation};
pub use mac::{Mac, MacKeys};
pub use master::{MASTER_KEY_FILE, MasterKey, MasterSource};
pub use sealed::Sealed;
pub use stored::KEYRING_FILE;
pub use token::{Refused, TokenSealer};

#[cfg(test)]
mod tests;
