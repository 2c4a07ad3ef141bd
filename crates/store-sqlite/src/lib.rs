//! The embedded store: versioned records in one SQLite file, committed in groups.
//!
//! A data directory holds `store.db`, which an operator can look at with `sqlite3`, and `store.lock`, which the one
//! process that may write holds. Reads run on threads of their own, each with its own connection.

mod compaction;
mod declared;
mod directory;
mod feed;
mod inspection;
mod reader;
mod rows;
mod schema;
mod writer;

use std::path::Path;
use std::sync::Arc;

use store::{Clock, Error, Options, Result, Sizes, Store};

pub use self::directory::DataDirectory;
use self::reader::Readers;
use self::writer::SqliteWriter;

/// Opens the store in a data directory for reading and writing, and creates both if there are none.
///
/// # Errors
///
/// [`Error::Locked`] if another process has it open for writing; [`Error::Damaged`] if what is there is not such a store;
/// [`Error::Backend`] for a failure of the disk.
pub async fn open(directory: &Path, options: Options) -> Result<Store> {
    open_locked(DataDirectory::lock(directory)?, options).await
}

/// As [`open`], in a data directory that is locked already: whoever keeps more there than the store takes the lock first.
///
/// # Errors
///
/// As [`open`].
pub async fn open_locked(directory: DataDirectory, options: Options) -> Result<Store> {
    let file = directory.database();
    let (readers, writer) = on_a_thread(move || {
        let writer = SqliteWriter::open(directory)?;
        Ok((Readers::start(&file, READERS)?, writer))
    })
    .await?;
    Store::open(Arc::new(readers), Box::new(writer), options).await
}

/// Opens the store in a data directory for reading only, beside a running server or without one. It shows the newest
/// revision there is now.
///
/// # Errors
///
/// [`Error::Damaged`] if there is no such store; [`Error::Backend`] for a failure of the disk.
pub async fn open_read_only(directory: &Path, clock: Arc<dyn Clock>, sizes: Sizes) -> Result<Store> {
    let file = directory::database_in(directory)?;
    let readers = on_a_thread(move || Readers::start_pinned(&file)).await?;
    Store::open_read_only(Arc::new(readers), clock, sizes).await
}

/// Opening a database reads and writes files, so it does not run on a thread that others wait for.
async fn on_a_thread<T: Send + 'static>(open: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (sent, opened) = tokio::sync::oneshot::channel();
    let open = move || {
        // Whoever asked may have gone.
        let _ = sent.send(open());
    };
    std::thread::Builder::new().name("store-open".to_owned()).spawn(open).map_err(Error::backend)?;
    opened.await.map_err(|_| Error::Closed)?
}

/// How many threads read. SQLite answers a point in microseconds; most reads end in the store's cache before.
const READERS: usize = 2;
