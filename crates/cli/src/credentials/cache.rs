//! Credentials in files of their user's cache, for this user alone.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use super::Held;
use super::sts::Call;
use crate::args::StsEndpoint;

/// The place of the credentials that one command line asks for.
pub(super) struct Cache {
    path: PathBuf,
}

impl Cache {
    /// The file is named after everything that decides what the credentials are; no secret is in it.
    pub(super) fn of(endpoint: &StsEndpoint, call: &Call) -> anyhow::Result<Self> {
        let mut hash = Sha256::new();
        for part in [&endpoint.endpoint, &endpoint.region].into_iter().chain(call.asked_by()) {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = set("XDG_CACHE_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| Some(set("HOME")?.join(".cache")))
            .context("no home directory is known for the cache: use --no-cache")?;
        Ok(Self { path: home.join("portcullis/credentials").join(format!("{name}.json")) })
    }

    /// What is there, if it can be read; whatever else is there is as good as nothing.
    pub(super) fn read(&self) -> Option<Held> {
        serde_json::from_slice(&std::fs::read(&self.path).ok()?).ok()
    }

    /// Writes anew, so that a reader finds the old or the new and nothing between.
    pub(super) fn write(&self, held: &Held) -> anyhow::Result<()> {
        let doing = || format!("cannot write `{}`; see --no-cache", self.path.display());
        let directory = self.path.parent().context("a file without a directory")?;
        DirBuilder::new().recursive(true).mode(0o700).create(directory).with_context(doing)?;
        let fresh = self.path.with_extension(format!("{}.new", std::process::id()));
        let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh);
        let written = opened.and_then(|mut file| file.write_all(&serde_json::to_vec(held)?));
        written.and_then(|()| std::fs::rename(&fresh, &self.path)).with_context(doing)
    }
}
