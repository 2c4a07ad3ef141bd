//! `account create` and `account list`; and which account a command is about.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use serde_json::Value as Json;
use server::admin::Command;
use store::Store;
use types::{AccountId, Owner};

use crate::args::Account;
use crate::maintenance::account_list;
use crate::quota;
use crate::remote::{ask_or_do, ask_or_look, print, text};

pub(crate) fn run(command: Account) -> anyhow::Result<ExitCode> {
    match command {
        Account::Create { data, account_id, partition, name, json } => {
            let id = account_id.map(|account| account.to_string());
            let command =
                Command::AccountCreate { id, partition: Some(partition.to_string()), name: Some(name) };
            let made = ask_or_do(&data, command)?;
            print(&made, json, |made| {
                println!("account {} in partition {}", text(made, "id"), text(made, "partition"));
                println!("root credentials: {}", text(made, "rootCredentials"));
            });
        }
        Account::Quota(command) => return quota::run(command),
        Account::List { data, json } => {
            let list = ask_or_look(&data, Command::AccountList, |window| async move {
                account_list(&window.store).await
            })?;
            print(&list, json, |list| {
                for account in list.get("accounts").and_then(Json::as_array).into_iter().flatten() {
                    let alias = account.get("alias").and_then(Json::as_str).unwrap_or("-");
                    let (id, partition) = (text(account, "id"), text(account, "partition"));
                    println!("{id}  {partition:<10}  {alias:<16}  {}", text(account, "name"));
                }
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The account that was named, or the only one.
pub(crate) async fn account_of(store: &Store, wanted: Option<&str>) -> anyhow::Result<Owner> {
    let found = match wanted {
        Some(wanted) => owners(store, AccountId::parse(wanted)?).await?,
        None => {
            let all = all(store).await?;
            ensure!(all.len() < 2, "there are {} accounts: say which with --account ID", all.len());
            all
        }
    };
    found.first().copied().context("there is no account yet")
}

/// The accounts with an id: in each partition there may be one.
pub(crate) async fn owners(store: &Store, account: AccountId) -> anyhow::Result<Vec<Owner>> {
    let mut found = all(store).await?;
    found.retain(|owner| owner.account == account);
    ensure!(!found.is_empty(), "there is no account {account}; see `portcullis account list`");
    Ok(found)
}

async fn all(store: &Store) -> anyhow::Result<Vec<Owner>> {
    let accounts = store.read().all::<directory::Account>(&directory::Account::ALL, "").await?;
    Ok(accounts.iter().map(|account| account.owner).collect())
}
