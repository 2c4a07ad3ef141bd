//! The data directory: where its files are, and the lock that lets one process write.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use store::{Error, Result};

/// A data directory that this process may write to, for as long as this value lives.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    /// The operating system releases the lock when the process ends, however it ends.
    _lock: File,
}

impl DataDirectory {
    /// Takes the lock, and creates the directory and its files, readable for their owner only, if they are missing.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] if another process has it; [`Error::Backend`] for a failure of the disk.
    pub fn lock(path: &Path) -> Result<Self> {
        make(path)?;
        let lock = create(&path.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked { directory: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(failed(path, &error)),
        }
        create(&path.join(DATABASE))?;
        create(&log_in(path))?;
        // SQLite syncs the files; that they have names is for us to sync.
        sync(path)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// The log of commits.
    pub(crate) fn log(&self) -> PathBuf {
        log_in(&self.path)
    }
}

/// The database file of a directory that has one.
pub(crate) fn database_in(path: &Path) -> Result<PathBuf> {
    let file = path.join(DATABASE);
    if file.is_file() {
        return Ok(file);
    }
    Err(Error::damaged(format_args!("there is no store in `{}`", path.display())))
}

/// The log of commits of a directory.
pub(crate) fn log_in(path: &Path) -> PathBuf {
    path.join(LOG)
}

/// Makes the directory and those above it that are missing, for their owner only.
fn make(path: &Path) -> Result<()> {
    let missing: Vec<&Path> =
        path.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| failed(path, &error))?;
    missing.into_iter().filter_map(Path::parent).try_for_each(sync)
}

/// Makes the names in a directory last.
fn sync(directory: &Path) -> Result<()> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    File::open(directory).and_then(|opened| opened.sync_all()).map_err(|error| failed(directory, &error))
}

/// SQLite gives its log the mode of the database file, so the file is created before SQLite sees it.
pub(crate) fn create(file: &Path) -> Result<File> {
    let options =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(file);
    options.map_err(|error| failed(file, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::backend(format_args!("`{}`: {error}", path.display()))
}

const DATABASE: &str = "store.db";
const LOG: &str = "store.log";
const LOCK: &str = "store.lock";
