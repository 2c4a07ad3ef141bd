//! The master key: the one secret that is not in the database.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{
    Entropy, KeyId, SealError,
    key::{KEY_LEN, KeyBytes},
};

/// The name of the master key's file in the data directory.
pub const MASTER_KEY_FILE: &str = "master.key";

/// The key that wraps the data keys: 32 bytes, wiped when dropped.
#[derive(Clone)]
pub struct MasterKey {
    id: KeyId,
    bytes: KeyBytes,
}

impl MasterKey {
    /// A new random key.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, SealError> {
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        entropy.fill(&mut *bytes)?;
        Ok(Self::new(bytes))
    }

    /// The key that a text holds: 32 bytes in base64, white space around it allowed.
    pub fn from_text(text: &str) -> Result<Self, SealError> {
        let decoded = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| SealError::MasterText)?);
        let bytes = <[u8; KEY_LEN]>::try_from(decoded.as_slice()).map_err(|_| SealError::MasterText)?;
        Ok(Self::new(Zeroizing::new(bytes)))
    }

    /// The text that [`MasterKey::from_text`] reads.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(*self.bytes))
    }

    /// The key's name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Reads the key in a file, or `None` where there is no file; refuses a file that others may read.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, SealError> {
        let io = |doing, source| SealError::Io { doing, path: path.to_owned(), source };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io("open", error)),
        };
        // Asked of the open file, so that no other file can take its place in between.
        let mode = file.metadata().map_err(|error| io("look at", error))?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(SealError::Exposed { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::with_capacity(LONGEST_FILE as usize));
        match file.take(LONGEST_FILE).read_to_string(&mut text) {
            Err(error) if error.kind() != io::ErrorKind::InvalidData => return Err(io("read", error)),
            _ => {}
        }
        Self::from_text(&text).map(Some).map_err(|_| SealError::MasterFile { path: path.to_owned() })
    }

    pub(super) fn bytes(&self) -> &KeyBytes {
        &self.bytes
    }

    fn new(bytes: KeyBytes) -> Self {
        Self { id: KeyId::of(&bytes), bytes }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where the master key is.
#[derive(Debug, Clone)]
pub enum MasterSource {
    /// In the file [`MASTER_KEY_FILE`] of the data directory, created at the first start.
    File,
    /// Given by the caller, the current key first; older ones only unwrap.
    Given(Vec<MasterKey>),
}

impl MasterSource {
    /// The keys in a text such as an environment variable holds: the current one first, older ones after it,
    /// separated by commas or white space.
    pub fn from_text(text: &str) -> Result<Self, SealError> {
        let split = |c: char| c == ',' || c.is_whitespace();
        let keys: Vec<_> = text
            .split(split)
            .filter(|part| !part.is_empty())
            .map(MasterKey::from_text)
            .collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(SealError::MasterText) } else { Ok(Self::Given(keys)) }
    }
}

/// A longer file is no master key; 44 characters and a line end are one.
const LONGEST_FILE: u64 = 256;
