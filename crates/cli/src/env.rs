//! `env`: what a shell needs to act as the root user.

use std::process::ExitCode;

use types::{Owner, Partition};

use crate::args::Env;
use crate::credentials_file;
use crate::data_dir::DataDir;

pub(crate) fn run(args: &Env) -> anyhow::Result<ExitCode> {
    let dir = DataDir::existing(&args.data)?;
    let held = match args.account {
        None => credentials_file::read(&dir.root_credentials(None))?,
        Some(account) => of_account(&dir, account)?,
    };
    let partition = held.owner.map_or(Partition::Aws, |owner| owner.partition);
    let scheme = if args.tls { "https" } else { "http" };
    println!("export AWS_ENDPOINT_URL={scheme}://{}", args.listen);
    println!("export AWS_ACCESS_KEY_ID={}", held.access_key_id);
    println!("export AWS_SECRET_ACCESS_KEY={}", held.secret);
    println!("export AWS_REGION={0}\nexport AWS_DEFAULT_REGION={0}", partition.default_region());
    println!("unset AWS_SESSION_TOKEN AWS_PROFILE");
    Ok(ExitCode::SUCCESS)
}

/// The first account's file, or that of the further account with this id.
fn of_account(dir: &DataDir, account: types::AccountId) -> anyhow::Result<credentials_file::Held> {
    let further = Partition::ALL.into_iter().map(|partition| Owner::new(partition, account));
    let path = further.map(|owner| dir.root_credentials(Some(owner))).find(|path| path.exists());
    if let Some(path) = path {
        return credentials_file::read(&path);
    }
    let first = credentials_file::read(&dir.root_credentials(None))?;
    anyhow::ensure!(
        first.owner.is_some_and(|owner| owner.account == account),
        "there are no root credentials of account {account} in `{}`",
        dir.path().display()
    );
    Ok(first)
}
