//! Which account a command is about.

use anyhow::{Context as _, ensure};
use directory::Account;
use store::Store;
use types::{AccountId, Owner};

/// The account that was named, or the only one.
pub(crate) async fn named(store: &Store, wanted: Option<&str>) -> anyhow::Result<Owner> {
    let found = match wanted {
        Some(wanted) => of_id(store, AccountId::parse(wanted)?).await?,
        None => {
            let all = all(store).await?;
            ensure!(all.len() < 2, "there are {} accounts: say which with --account ID", all.len());
            all
        }
    };
    found.first().copied().context("there is no account yet")
}

/// The accounts with an id: in each partition there may be one.
pub(crate) async fn of_id(store: &Store, account: AccountId) -> anyhow::Result<Vec<Owner>> {
    let mut found = all(store).await?;
    found.retain(|owner| owner.account == account);
    ensure!(!found.is_empty(), "there is no account {account}; see `portcullis account list`");
    Ok(found)
}

async fn all(store: &Store) -> anyhow::Result<Vec<Owner>> {
    let accounts = store.read().all::<Account>(&Account::ALL, "").await?;
    Ok(accounts.iter().map(|account| account.owner).collect())
}
