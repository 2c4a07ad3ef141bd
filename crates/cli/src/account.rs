//! `account create` and `account list`.

use std::process::ExitCode;

use serde_json::Value as Json;
use server::admin::Command;

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
