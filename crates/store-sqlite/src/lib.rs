//! The embedded store: versioned records in one SQLite file, committed in groups.
//!
//! A data directory holds `store.db`, which an operator can look at with `sqlite3`, `store.log`, where commits are made
//! durable before they come there, and `store.lock`, which the one process that may write holds. Reads run on threads of their own, each with its own connection.

mod compaction;
mod declared;
mod directory;
mod feed;
mod inspection;
mod log;
mod reader;
mod rows;
mod schema;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use store::{Clock, Error, Options, Result, Sizes, Store};

pub use self::directory::DataDirectory;
use self::log::CommitLog;
use self::reader::Readers;
use self::schema::Logged;
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
    let directory = directory.to_owned();
    let readers = on_a_thread(move || {
        take_in(&directory, &file)?;
        Readers::start_pinned(&file)
    })
    .await?;
    Store::open_read_only(Arc::new(readers), clock, sizes).await
}

/// Brings to the tables what a killed process left in the log; waits for a live one, which does so itself.
fn take_in(directory: &Path, file: &Path) -> Result<()> {
    let connection = schema::open_for_reading(file)?;
    let Some(Logged { id, .. }) = schema::logged(&connection)? else { return Ok(()) };
    let log = CommitLog::peek(&directory::log_in(directory), id);
    let Some(last) = log.and_then(|log| log.last()) else { return Ok(()) };
    let begun = Instant::now();
    while schema::logged(&connection)?.is_some_and(|logged| logged.last < last) {
        match DataDirectory::lock(directory) {
            Ok(directory) => return SqliteWriter::open(directory).map(drop),
            Err(Error::Locked { .. }) if begun.elapsed() < schema::PATIENCE => std::thread::sleep(SOON),
            Err(Error::Locked { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
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

/// How soon a live process has brought a commit from the log to the tables.
const SOON: Duration = Duration::from_millis(1);
