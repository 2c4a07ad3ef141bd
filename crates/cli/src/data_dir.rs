//! The data directory and what is where in it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use types::Owner;

use crate::args::Data;

/// The data directory.
#[derive(Debug, Clone)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    /// The directory that the command line names, or else `name` in the user's data home.
    pub(crate) fn of(data: &Data, name: &str) -> anyhow::Result<Self> {
        if let Some(directory) = &data.directory {
            return Ok(Self(std::path::absolute(directory)?));
        }
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = set("XDG_DATA_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| Some(set("HOME")?.join(".local/share")))
            .context("no home directory is known: name the data directory with --data DIR")?;
        Ok(Self(home.join(name)))
    }

    /// As [`DataDir::of`], for commands that need what a server has made.
    pub(crate) fn existing(data: &Data) -> anyhow::Result<Self> {
        let this = Self::of(data, DEFAULT)?;
        if !this.0.join("store.db").exists() {
            bail!(
                "there is no data in `{}`: start `portcullis serve` first, or name the directory with --data DIR",
                this.0.display()
            );
        }
        Ok(this)
    }

    /// Makes the directory, for this user alone, if it is not there.
    pub(crate) fn create(&self) -> anyhow::Result<()> {
        use std::os::unix::fs::DirBuilderExt as _;
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0);
        made.with_context(|| {
            format!("cannot make the data directory `{}`; --data DIR names another", self.0.display())
        })
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The segments of the audit trail.
    pub(crate) fn audit(&self) -> PathBuf {
        self.0.join("audit")
    }

    /// The socket for maintenance of the running server.
    pub(crate) fn admin_socket(&self) -> PathBuf {
        self.0.join("admin.sock")
    }

    /// The root user's credentials: of the first account, or of a further one.
    pub(crate) fn root_credentials(&self, further: Option<Owner>) -> PathBuf {
        match further {
            None => self.0.join("root-credentials"),
            Some(owner) => self.0.join(format!("root-credentials-{}-{}", owner.partition, owner.account)),
        }
    }
}

/// The name of the usual data directory in the user's data home.
pub(crate) const DEFAULT: &str = "portcullis";
