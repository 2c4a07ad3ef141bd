//! The keyring: data keys, the values they seal, and their rotation.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{
    Entropy, KEYRING_FILE, KeyId, MASTER_KEY_FILE, MacKeys, MasterKey, MasterSource, Purpose, SealError,
    Sealed, Subkey, TokenSealer,
    data_key::{DataKey, TAG_LEN},
    stored::{StoredKeyring, promote_master, settle_master, stage_master, staged_masters},
};

/// The data keys of one data directory. Cheap to clone; all clones see a rotation at once.
#[derive(Clone)]
pub struct Keyring(Arc<Shared>);

struct Shared {
    entropy: Arc<dyn Entropy>,
    home: Home,
    state: RwLock<Arc<State>>,
    generation: AtomicU64,
    /// Held by whoever changes the keys, around the files as well.
    rotating: Mutex<()>,
}

/// Where the keys are kept.
enum Home {
    Memory,
    Dir { dir: PathBuf, master_in_file: bool },
}

struct State {
    generation: u64,
    /// The one that wraps at the next change comes first.
    masters: Vec<MasterKey>,
    /// The one that wrapped at the last change.
    wrapped_under: Option<KeyId>,
    /// The one that seals comes first.
    keys: Vec<Arc<DataKey>>,
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// The master key that now wraps all data keys.
    pub master: KeyId,
    /// Whether it is another one than before.
    pub master_changed: bool,
    /// The data key that now seals.
    pub data_key: KeyId,
}

impl Keyring {
    /// Opens the keyring of a data directory, creating it (and with [`MasterSource::File`] the master key) at the
    /// first start and finishing a rotation that a crash interrupted.
    ///
    /// The caller holds the data directory's lock; a process that does not calls [`Keyring::load`].
    pub fn open(
        dir: &Path,
        source: MasterSource,
        entropy: Arc<dyn Entropy>,
        now: Timestamp,
    ) -> Result<Self, SealError> {
        let stored = StoredKeyring::read(dir)?;
        let in_file = matches!(source, MasterSource::File);
        if in_file {
            settle_master(dir, stored.as_ref())?;
        }
        match stored {
            Some(stored) => Self::unwrapped(dir, &stored, masters(dir, source)?, in_file, entropy),
            None => Self::create(dir, source, entropy, now),
        }
    }

    /// Reads the keyring of a data directory without changing a file there; for readers beside a running server.
    pub fn load(dir: &Path, source: MasterSource, entropy: Arc<dyn Entropy>) -> Result<Self, SealError> {
        let in_file = matches!(source, MasterSource::File);
        let mut tries = 3;
        loop {
            let stored = StoredKeyring::read(dir)?
                .ok_or_else(|| SealError::Missing { path: dir.join(KEYRING_FILE) })?;
            let masters = masters(dir, source.clone())?;
            tries -= 1;
            match Self::unwrapped(dir, &stored, masters, in_file, Arc::clone(&entropy)) {
                // The server may have rotated between the two reads.
                Err(SealError::NoMaster { .. }) if in_file && tries > 0 => {}
                done => return done,
            }
        }
    }

    /// A keyring that lives in memory only, with one random data key.
    pub fn in_memory(entropy: Arc<dyn Entropy>, now: Timestamp) -> Result<Self, SealError> {
        let masters = vec![MasterKey::generate(&*entropy)?];
        let keys = vec![Arc::new(DataKey::generate(&*entropy, now)?)];
        Ok(Self::of(entropy, Home::Memory, masters, None, keys))
    }

    /// Seals a value for a purpose and a record; it opens for that purpose and record only.
    pub fn seal(&self, purpose: Purpose, record: &[u8], plaintext: &[u8]) -> Result<Sealed, SealError> {
        let state = self.state();
        let key = state.current()?;
        let mut nonce = [0; NONCE_LEN];
        self.entropy().fill(&mut nonce)?;

        let mut body = Vec::with_capacity(NONCE_LEN + plaintext.len() + TAG_LEN);
        body.extend_from_slice(&nonce);
        body.extend_from_slice(plaintext);
        let aad = Aad::from(associated(key.id, purpose, record));
        let in_place = body.get_mut(NONCE_LEN..).ok_or(SealError::Cipher)?;
        let tag = key
            .records
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, in_place)
            .map_err(|_| SealError::Cipher)?;
        body.extend_from_slice(tag.as_ref());
        Ok(Sealed::new(key.id, body))
    }

    /// Opens a value that was sealed for the same purpose and record, by any key that the ring still holds.
    pub fn unseal(
        &self,
        purpose: Purpose,
        record: &[u8],
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let state = self.state();
        let key = state.key(sealed.key()).ok_or(SealError::UnknownKey(sealed.key()))?;
        let mut body = Zeroizing::new(sealed.body().to_vec());
        let (&nonce, _) = body.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Refused)?;
        let aad = Aad::from(associated(key.id, purpose, record));
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened =
            key.records.open_within(nonce, aad, &mut body, NONCE_LEN..).map_err(|_| SealError::Refused)?;
        let length = opened.len();
        body.truncate(length);
        Ok(body)
    }

    /// The value sealed anew under the current data key, or `None` if that key sealed it already.
    pub fn reseal(
        &self,
        purpose: Purpose,
        record: &[u8],
        sealed: &Sealed,
    ) -> Result<Option<Sealed>, SealError> {
        if sealed.key() == self.current() {
            return Ok(None);
        }
        let plaintext = self.unseal(purpose, record, sealed)?;
        self.seal(purpose, record, &plaintext).map(Some)
    }

    /// The key for a purpose under the current data key.
    #[must_use]
    pub fn subkey(&self, purpose: Purpose) -> Subkey {
        let state = self.state();
        #[expect(
            clippy::expect_used,
            reason = "every constructor and rotation puts a key in and `forget` keeps the first"
        )]
        state.keys.first().expect("a keyring has a current key").subkey(purpose)
    }

    /// The key for a purpose under the data key of that name, or `None` if the ring does not hold it.
    #[must_use]
    pub fn subkey_of(&self, id: KeyId, purpose: Purpose) -> Option<Subkey> {
        self.state().key(id).map(|key| key.subkey(purpose))
    }

    /// A sealer of self-contained tokens of at most `longest` characters.
    #[must_use]
    pub fn tokens(&self, purpose: Purpose, longest: usize) -> TokenSealer {
        TokenSealer::new(self.clone(), purpose, longest)
    }

    /// The keys that authenticate what is written for a purpose.
    #[must_use]
    pub fn mac_keys(&self, purpose: Purpose) -> MacKeys {
        MacKeys::new(self.clone(), purpose)
    }

    /// The name of the data key that seals.
    #[must_use]
    pub fn current(&self) -> KeyId {
        self.subkey(Purpose::AUDIT).id
    }

    /// The names of all data keys and when each was made, the one that seals first.
    #[must_use]
    pub fn keys(&self) -> Vec<(KeyId, Timestamp)> {
        self.state().keys.iter().map(|key| (key.id, key.created)).collect()
    }

    /// Makes a new data key current and wraps all data keys under a new master key.
    ///
    /// With the master key in its file a new one is made; with given keys the first of them wraps from now on. What
    /// older data keys sealed still opens; [`Keyring::reseal`] moves it over.
    pub fn rotate(&self, now: Timestamp) -> Result<Rotation, SealError> {
        let shared = &*self.0;
        let _rotating = shared.rotating.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.state();
        let before = state.wrapped_under;
        let (master, staged) = match &shared.home {
            Home::Dir { master_in_file: false, .. } => (state.master()?.clone(), None),
            Home::Dir { master_in_file: true, dir } => (MasterKey::generate(self.entropy())?, Some(dir)),
            Home::Memory => (MasterKey::generate(self.entropy())?, None),
        };
        let new = Arc::new(DataKey::generate(self.entropy(), now)?);
        let keys: Vec<_> = std::iter::once(&new).chain(&state.keys).cloned().collect();

        if let Some(dir) = staged {
            settle_master(dir, StoredKeyring::read(dir)?.as_ref())?;
            stage_master(dir, &master)?;
        }
        self.store(&master, &keys)?;
        let rotation =
            Rotation { master: master.id(), master_changed: Some(master.id()) != before, data_key: new.id };
        // From here on the files say so; if the last step fails the next start takes it.
        self.install(vec![master], keys);
        if let Some(dir) = staged {
            promote_master(dir)?;
        }
        Ok(rotation)
    }

    /// Drops a data key that seals nothing any more. What it sealed never opens again.
    pub fn forget(&self, id: KeyId) -> Result<(), SealError> {
        let _rotating = self.0.rotating.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.state();
        if state.current()?.id == id {
            return Err(SealError::Current(id));
        }
        if state.key(id).is_none() {
            return Err(SealError::UnknownKey(id));
        }
        let keys: Vec<_> = state.keys.iter().filter(|key| key.id != id).cloned().collect();
        self.store(state.master()?, &keys)?;
        self.install(state.masters.clone(), keys);
        Ok(())
    }

    pub(super) fn entropy(&self) -> &dyn Entropy {
        &*self.0.entropy
    }

    /// Counts the changes of the keys.
    pub(super) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// The subkeys of all data keys, the current one first, and the generation they belong to.
    pub(super) fn subkeys(&self, purpose: Purpose) -> (u64, Vec<Subkey>) {
        let state = self.state();
        (state.generation, state.keys.iter().map(|key| key.subkey(purpose)).collect())
    }

    /// The first start: a data key, wrapped, and with it the master key's file.
    fn create(
        dir: &Path,
        source: MasterSource,
        entropy: Arc<dyn Entropy>,
        now: Timestamp,
    ) -> Result<Self, SealError> {
        let key = Arc::new(DataKey::generate(&*entropy, now)?);
        let (masters, master_in_file) = match source {
            MasterSource::Given(masters) => (masters, false),
            // A master key is put in place after its keyring, so this one has lost its keyring.
            MasterSource::File if dir.join(MASTER_KEY_FILE).exists() => {
                return Err(SealError::Missing { path: dir.join(KEYRING_FILE) });
            }
            MasterSource::File => {
                let master = MasterKey::generate(&*entropy)?;
                stage_master(dir, &master)?;
                (vec![master], true)
            }
        };
        let master = masters.first().ok_or(SealError::MasterText)?;
        StoredKeyring::wrap(key.id, std::iter::once(&*key), master, &*entropy)?.write(dir)?;
        if master_in_file {
            promote_master(dir)?;
        }
        let home = Home::Dir { dir: dir.to_owned(), master_in_file };
        Ok(Self::of(entropy, home, masters, None, vec![key]))
    }

    fn unwrapped(
        dir: &Path,
        stored: &StoredKeyring,
        masters: Vec<MasterKey>,
        master_in_file: bool,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SealError> {
        let mut keys = stored.unwrap_keys(&masters, &dir.join(KEYRING_FILE))?;
        // The one that seals goes first; the others keep their order, newest first.
        keys.sort_by_key(|key| key.id != stored.current);
        let home = Home::Dir { dir: dir.to_owned(), master_in_file };
        Ok(Self::of(entropy, home, masters, stored.master(), keys.into_iter().map(Arc::new).collect()))
    }

    fn of(
        entropy: Arc<dyn Entropy>,
        home: Home,
        masters: Vec<MasterKey>,
        wrapped_under: Option<KeyId>,
        keys: Vec<Arc<DataKey>>,
    ) -> Self {
        let first = masters.first().map(MasterKey::id);
        let state = State { generation: 0, wrapped_under: wrapped_under.or(first), masters, keys };
        Self(Arc::new(Shared {
            entropy,
            home,
            state: RwLock::new(Arc::new(state)),
            generation: AtomicU64::new(0),
            rotating: Mutex::new(()),
        }))
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&self.0.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes the keys to their file, if they have one.
    fn store(&self, master: &MasterKey, keys: &[Arc<DataKey>]) -> Result<(), SealError> {
        let Home::Dir { dir, .. } = &self.0.home else { return Ok(()) };
        let current = keys.first().ok_or(SealError::Cipher)?.id;
        StoredKeyring::wrap(current, keys.iter().map(|key| &**key), master, self.entropy())?.write(dir)
    }

    /// Makes the keys those of all clones. The caller holds `rotating`.
    fn install(&self, masters: Vec<MasterKey>, keys: Vec<Arc<DataKey>>) {
        let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
        let generation = state.generation + 1;
        let wrapped_under = masters.first().map(MasterKey::id);
        *state = Arc::new(State { generation, masters, wrapped_under, keys });
        self.0.generation.store(generation, Ordering::Release);
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({}, ***)", self.current())
    }
}

impl State {
    fn current(&self) -> Result<&DataKey, SealError> {
        self.keys.first().map(|key| &**key).ok_or(SealError::Cipher)
    }

    fn key(&self, id: KeyId) -> Option<&DataKey> {
        self.keys.iter().find(|key| key.id == id).map(|key| &**key)
    }

    fn master(&self) -> Result<&MasterKey, SealError> {
        self.masters.first().ok_or(SealError::MasterText)
    }
}

/// The master keys that a source has: with files the one in place and one that is on its way.
fn masters(dir: &Path, source: MasterSource) -> Result<Vec<MasterKey>, SealError> {
    match source {
        MasterSource::Given(masters) => Ok(masters),
        MasterSource::File => staged_masters(dir),
    }
}

/// What a record's value is bound to: lengths first, so that no two (purpose, record) pairs read alike.
fn associated(key: KeyId, purpose: Purpose, record: &[u8]) -> Vec<u8> {
    let purpose = purpose.as_str().as_bytes();
    let mut aad = Vec::with_capacity(32 + purpose.len() + record.len());
    aad.extend_from_slice(b"portcullis v1\0");
    aad.extend_from_slice(&key.to_bytes());
    aad.extend_from_slice(&(purpose.len() as u64).to_be_bytes());
    aad.extend_from_slice(purpose);
    aad.extend_from_slice(record);
    aad
}
