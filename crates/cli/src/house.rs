//! The open data directory: store, keys, audit trail and decision point together.

use std::sync::Arc;

use anyhow::Context as _;
use authz::Authorizer;
use directory::KINDS;
use service::{Core, Ids, SystemClock};
use store::audit::{AuditKeys, Journal, JournalOptions};
use store::seal::{Entropy, Keyring, MasterSource, SystemEntropy};
use store::{Authority, Clock, Options, Sizes, Store, SystemActor};
use store_sqlite::DataDirectory;

use crate::data_dir::DataDir;

/// A data directory that this process has to itself.
pub(crate) struct House {
    /// What all calls share.
    pub(crate) core: Arc<Core>,
    /// The events of reads and refusals.
    pub(crate) journal: Arc<Journal>,
    /// Where it all is.
    pub(crate) dir: DataDir,
}

impl House {
    /// Opens a data directory for reading and writing, and makes it if it is not there. Clients reach the server at
    /// `public_url`; where none is to be served, it may be empty.
    pub(crate) async fn open(dir: DataDir, public_url: String) -> anyhow::Result<Self> {
        dir.create()?;
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::new());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        // The store's lock comes first: whoever holds it may touch the rest.
        let lock = DataDirectory::lock(dir.path())?;
        let keyring = Keyring::open(dir.path(), master_source()?, Arc::clone(&entropy), clock.now())
            .context("the keys that seal secrets cannot be opened")?;
        let audit = AuditKeys::of(&keyring);
        let options = Options { clock: Arc::clone(&clock), audit: audit.clone(), sizes: Sizes::default() };
        let store = store_sqlite::open_locked(lock, options).await.context("the store cannot be opened")?;
        store.declare(KINDS).await.context("the store cannot be brought up to date")?;
        let (journal, recovery) = Journal::open(&dir.audit(), audit, JournalOptions::default(), clock.now())
            .context("the audit trail cannot be continued; see `portcullis audit verify`")?;
        let journal = Arc::new(journal);
        let core = Core {
            authorizer: Authorizer::new(store.clone(), keyring),
            store,
            clock,
            ids: Ids::new(entropy),
            recorder: Arc::clone(&journal) as _,
            public_url,
        };
        if recovery.fresh && core.store.head() > store::Revision::ZERO {
            record_missing_trail(&core).await?;
        }
        Ok(Self { core: Arc::new(core), journal, dir })
    }

    /// Writes what is waiting and closes everything.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.journal.close().await.context("the audit trail could not be written to its end")?;
        self.core.store.clone().close().await;
        Ok(())
    }
}

/// There are changes, so there were reads: somebody took their trail away. A new one begins, and the chain of
/// changes says so for good.
async fn record_missing_trail(core: &Core) -> anyhow::Result<()> {
    eprintln!(
        "portcullis: the trail of reads and refusals is gone; a new one begins, and the audit trail says so"
    );
    let event = service::operator_event(core, "ReadTrailMissing", &serde_json::json!({})).map_err(refused)?;
    core.store.write(Authority::system(SystemActor::Maintenance)).commit(event).await?;
    Ok(())
}

/// The store and its keys for reading, beside a running server or without one.
pub(crate) struct Window {
    /// The store as it is now.
    pub(crate) store: Store,
    /// The keys that vouch for the audit trail.
    pub(crate) audit: AuditKeys,
    /// The keys that seal secrets.
    pub(crate) keyring: Keyring,
    /// Where it all is.
    pub(crate) dir: DataDir,
}

impl Window {
    /// Opens a data directory for reading.
    pub(crate) async fn open(dir: DataDir) -> anyhow::Result<Self> {
        let entropy = Arc::new(SystemEntropy::new());
        let keyring = Keyring::load(dir.path(), master_source()?, entropy)
            .context("the keys that seal secrets cannot be read")?;
        let store = store_sqlite::open_read_only(dir.path(), Arc::new(SystemClock), Sizes::default()).await?;
        store.declare(KINDS).await?;
        Ok(Self { store, audit: AuditKeys::of(&keyring), keyring, dir })
    }
}

/// The master key: from the environment where it is given there, else from its file in the data directory.
fn master_source() -> anyhow::Result<MasterSource> {
    match std::env::var(MASTER_KEY) {
        Ok(text) => {
            MasterSource::from_text(&text).with_context(|| format!("{MASTER_KEY} holds no master key"))
        }
        Err(std::env::VarError::NotPresent) => Ok(MasterSource::File),
        Err(std::env::VarError::NotUnicode(_)) => anyhow::bail!("{MASTER_KEY} holds no master key"),
    }
}

/// A refusal of the store or of the id source as an operator reads it.
pub(crate) fn refused(error: service::Error) -> anyhow::Error {
    match error {
        service::Error::Store(store::Error::AlreadyExists { kind: "account", at, .. }) => {
            anyhow::anyhow!("account `{at}` exists already")
        }
        service::Error::Store(error) => error.into(),
        service::Error::Fault(fault) => anyhow::anyhow!(fault.log.unwrap_or(fault.message)),
    }
}

const MASTER_KEY: &str = "PORTCULLIS_MASTER_KEY";
