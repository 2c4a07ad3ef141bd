//! The keyring on disk, and the steps that change it so that a crash between any two of them loses nothing.
//!
//! `keyring.json` holds the data keys, wrapped; each names the master key that wraps it. A new master key goes
//! through `master.key.next`:
//!
//! 1. write `master.key.next`, sync;
//! 2. replace `keyring.json` by one that is wrapped under it;
//! 3. rename `master.key.next` to `master.key`.
//!
//! Whoever opens the directory looks at which master key the keyring names: the next one means that step 3 is
//! missing and is done now, any other means that step 2 never happened and the next one is dropped. The first start
//! takes the same three steps, so that a keyring is never missing beside a master key that was used.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    Entropy, KeyId, MASTER_KEY_FILE, MasterKey, SealError,
    data_key::{DataKey, cipher},
    files::{create_file, remove_if_there, replace_file, sync_parent},
    key::{KEY_LEN, KeyBytes},
};

/// The name of the keyring's file in the data directory.
pub const KEYRING_FILE: &str = "keyring.json";

/// The content of `keyring.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredKeyring {
    version: u32,
    pub(super) current: KeyId,
    pub(super) keys: Vec<StoredKey>,
}

/// A data key, wrapped.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredKey {
    id: KeyId,
    created: Timestamp,
    master: KeyId,
    wrapped: String,
}

impl StoredKeyring {
    /// Wraps data keys under a master key.
    pub(super) fn wrap<'a>(
        current: KeyId,
        keys: impl Iterator<Item = &'a DataKey>,
        master: &MasterKey,
        entropy: &dyn Entropy,
    ) -> Result<Self, SealError> {
        let keys = keys.map(|key| StoredKey::wrap(key, master, entropy)).collect::<Result<_, _>>()?;
        Ok(Self { version: VERSION, current, keys })
    }

    /// Unwraps the data keys with whichever of the master keys wraps them.
    pub(super) fn unwrap_keys(&self, masters: &[MasterKey], path: &Path) -> Result<Vec<DataKey>, SealError> {
        let wrong = |why: String| SealError::KeyringFile { path: path.to_owned(), why };
        let mut keys = Vec::with_capacity(self.keys.len());
        for stored in &self.keys {
            let master = masters
                .iter()
                .find(|master| master.id() == stored.master)
                .ok_or(SealError::NoMaster { needed: stored.master })?;
            keys.push(
                stored
                    .unwrap_key(master)
                    .map_err(|_| wrong(format!("data key `{}` does not open", stored.id)))?,
            );
        }
        if !keys.iter().any(|key| key.id == self.current) {
            return Err(wrong(format!("its current key `{}` is not in it", self.current)));
        }
        Ok(keys)
    }

    /// The master key that wraps the keys (all of them: the file is written as a whole).
    pub(super) fn master(&self) -> Option<KeyId> {
        self.keys.first().map(|key| key.master)
    }

    /// Reads `keyring.json`, or `None` where there is none.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, SealError> {
        let path = dir.join(KEYRING_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(SealError::Io { doing: "read", path, source }),
        };
        let wrong = |why: String| SealError::KeyringFile { path: path.clone(), why };
        let keyring: Self = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if keyring.version != VERSION {
            return Err(wrong(format!(
                "it has version {}, and this program reads {VERSION}",
                keyring.version
            )));
        }
        Ok(Some(keyring))
    }

    /// Replaces `keyring.json`.
    pub(super) fn write(&self, dir: &Path) -> Result<(), SealError> {
        let path = dir.join(KEYRING_FILE);
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| SealError::KeyringFile { path: path.clone(), why: error.to_string() })?;
        text.push(b'\n');
        replace_file(&path, &text).map_err(|source| SealError::Io { doing: "write", path, source })
    }
}

impl StoredKey {
    fn wrap(key: &DataKey, master: &MasterKey, entropy: &dyn Entropy) -> Result<Self, SealError> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce)?;
        let mut body = Zeroizing::new(key.bytes.to_vec());
        let aad = Aad::from(associated(key.id, master.id()));
        let tag = cipher(master.bytes())?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut body)
            .map_err(|_| SealError::Cipher)?;
        let wrapped = STANDARD.encode([nonce.as_slice(), &body, tag.as_ref()].concat());
        Ok(Self { id: key.id, created: key.created, master: master.id(), wrapped })
    }

    fn unwrap_key(&self, master: &MasterKey) -> Result<DataKey, SealError> {
        let mut body = Zeroizing::new(STANDARD.decode(&self.wrapped).map_err(|_| SealError::Refused)?);
        let (&nonce, _) = body.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Refused)?;
        let aad = Aad::from(associated(self.id, master.id()));
        let opened = cipher(master.bytes())?
            .open_within(Nonce::assume_unique_for_key(nonce), aad, &mut body, NONCE_LEN..)
            .map_err(|_| SealError::Refused)?;
        let bytes: KeyBytes =
            Zeroizing::new(<[u8; KEY_LEN]>::try_from(&*opened).map_err(|_| SealError::Refused)?);
        DataKey::new(bytes, self.created)
    }
}

/// Step 1: the new master key goes beside the old one.
pub(super) fn stage_master(dir: &Path, master: &MasterKey) -> Result<(), SealError> {
    let path = next_master(dir);
    let text = Zeroizing::new(format!("{}\n", master.to_text().as_str()));
    create_file(&path, text.as_bytes()).and_then(|()| sync_parent(&path)).map_err(|source| SealError::Io {
        doing: "create",
        path,
        source,
    })
}

/// Step 3: the new master key takes the place of the old one.
pub(super) fn promote_master(dir: &Path) -> Result<(), SealError> {
    let path = dir.join(MASTER_KEY_FILE);
    fs::rename(next_master(dir), &path).and_then(|()| sync_parent(&path)).map_err(|source| SealError::Io {
        doing: "put the new master key into",
        path,
        source,
    })
}

/// Brings an interrupted change of the master key to its end: forward if the keyring is wrapped under the staged
/// one already, back if it is not.
pub(super) fn settle_master(dir: &Path, stored: Option<&StoredKeyring>) -> Result<(), SealError> {
    let path = next_master(dir);
    let staged = match MasterKey::read(&path) {
        Ok(Some(staged)) => staged.id(),
        Ok(None) => return Ok(()),
        // A crash in the middle of step 1 leaves half a file, which cannot have wrapped anything.
        Err(SealError::MasterFile { .. }) => return drop_staged(path),
        Err(error) => return Err(error),
    };
    if stored.and_then(StoredKeyring::master) == Some(staged) {
        promote_master(dir)
    } else {
        drop_staged(path)
    }
}

/// The master key in its file, and the one that is on its way if there is one.
pub(super) fn staged_masters(dir: &Path) -> Result<Vec<MasterKey>, SealError> {
    let path = dir.join(MASTER_KEY_FILE);
    let masters: Vec<_> = [MasterKey::read(&path)?, MasterKey::read(&next_master(dir)).unwrap_or(None)]
        .into_iter()
        .flatten()
        .collect();
    if masters.is_empty() { Err(SealError::Missing { path }) } else { Ok(masters) }
}

fn drop_staged(path: PathBuf) -> Result<(), SealError> {
    remove_if_there(&path).and_then(|()| sync_parent(&path)).map_err(|source| SealError::Io {
        doing: "remove",
        path,
        source,
    })
}

/// The file of a master key that is on its way.
fn next_master(dir: &Path) -> PathBuf {
    dir.join("master.key.next")
}

fn associated(key: KeyId, master: KeyId) -> String {
    format!("portcullis data key v1\0{key}\0{master}")
}

const VERSION: u32 = 1;
