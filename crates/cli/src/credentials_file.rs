//! Files in AWS's shared-credentials format.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use service::NewAccount;
use types::{AccessKeyId, Owner};

/// Writes a new account's root credentials; the file must not exist yet, and is for this user alone.
pub(crate) fn write(path: &Path, new: &NewAccount) -> anyhow::Result<()> {
    let owner = new.account.owner;
    let text = format!(
        "# The root user of account {} in partition {}. It is written once: keep it safe.\n\
         [default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        owner.account,
        owner.partition,
        new.access_key_id,
        new.secret.expose(),
    );
    let doing = || format!("cannot write the root credentials to `{}`", path.display());
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.with_context(doing)?;
    file.write_all(text.as_bytes()).with_context(doing)?;
    file.sync_all().with_context(doing)
}

/// Credentials as such a file holds them.
#[derive(Debug)]
pub(crate) struct Held {
    /// The access key.
    pub(crate) access_key_id: AccessKeyId,
    /// The secret access key.
    pub(crate) secret: String,
    /// The account's partition, as the comment of [`write()`] tells.
    pub(crate) owner: Option<Owner>,
}

/// Reads what [`write()`] wrote.
pub(crate) fn read(path: &Path) -> anyhow::Result<Held> {
    let text = std::fs::read_to_string(path).with_context(|| {
        format!("cannot read `{}`: the first start of `portcullis serve` writes it, once", path.display())
    })?;
    let value = |name: &str| {
        let found = text.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        });
        found.with_context(|| format!("`{}` holds no {name}", path.display()))
    };
    let owner = text.lines().next().and_then(|comment| {
        let mut words =
            comment.trim_end_matches('.').split_whitespace().skip_while(|word| *word != "account").skip(1);
        let account = words.next()?.parse().ok()?;
        let partition = words.nth(2)?.trim_end_matches('.').parse().ok()?;
        Some(Owner::new(partition, account))
    });
    Ok(Held {
        access_key_id: value("aws_access_key_id")?.parse()?,
        secret: value("aws_secret_access_key")?,
        owner,
    })
}
