//! `account quota`: how much of everything an account may have.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Context as _;
use directory::{AccountKey, Quotas};
use iam::Quota;
use serde_json::{Value as Json, json};
use server::admin::Command;
use service::{Core, system_event};
use store::{Authority, Store, SystemActor};
use types::AccountId;

use crate::args;
use crate::house::refused;
use crate::named_account;
use crate::remote::{ask_or_do, ask_or_look, print, text};

pub(crate) fn run(command: args::Quota) -> anyhow::Result<ExitCode> {
    let id = |account: Option<AccountId>| account.map(|account| account.to_string());
    match command {
        args::Quota::List { data, account, json } => {
            let account = id(account);
            let command = Command::AccountQuotas { account: account.clone() };
            let list = ask_or_look(&data, command, |window| async move {
                report(&window.store, account.as_deref()).await
            })?;
            print(&list, json, show);
        }
        args::Quota::Set { data, name, limit, account, json } => {
            let command = Command::AccountQuotaSet { account: id(account), name, limit: Some(limit) };
            print(&ask_or_do(&data, command)?, json, show);
        }
        args::Quota::Reset { data, name, account, json } => {
            let command = Command::AccountQuotaSet { account: id(account), name, limit: None };
            print(&ask_or_do(&data, command)?, json, show);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The quotas of an account.
pub(crate) async fn report(store: &Store, account: Option<&str>) -> anyhow::Result<Json> {
    let owner = named_account::named(store, account).await?;
    let own = store.read().get::<Quotas>(&AccountKey(owner)).await?;
    let rows = Quota::all().iter().map(|quota| {
        json!({"name": quota.name(), "limit": quota.among(own.as_deref()), "default": quota.default()})
    });
    Ok(json!({"account": owner.account, "quotas": rows.collect::<Vec<_>>()}))
}

/// Gives an account a quota of its own, or takes it away.
pub(crate) async fn set(
    core: &Core,
    account: Option<&str>,
    name: &str,
    limit: Option<u64>,
) -> anyhow::Result<Json> {
    let owner = named_account::named(&core.store, account).await?;
    let quota = Quota::named(name).with_context(|| {
        let names: Vec<&str> = Quota::all().iter().map(Quota::name).collect();
        format!("there is no quota `{name}`; there are {}", names.join(", "))
    })?;
    loop {
        let mut tx = core.store.write(Authority::system(SystemActor::Operator));
        let mut own = match tx.get::<Quotas>(&AccountKey(owner)).await? {
            Some(own) => (*own).clone(),
            None => Quotas { owner, limits: BTreeMap::new() },
        };
        match limit {
            Some(limit) => own.limits.insert(quota.name().to_owned(), limit),
            None => own.limits.remove(quota.name()),
        };
        tx.put(own).await?;
        let parameters = json!({"name": quota.name(), "limit": limit});
        let event = system_event(
            core,
            SystemActor::Operator,
            "SetAccountQuota",
            &parameters,
            &Json::Null,
            Some(owner),
        );
        match tx.commit(event.map_err(refused)?).await {
            Ok(_) => return report(&core.store, Some(owner.account.as_str())).await,
            Err(store::Error::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn show(report: &Json) {
    println!("account {}", text(report, "account"));
    for quota in report.get("quotas").and_then(Json::as_array).into_iter().flatten() {
        let (limit, default) = (text(quota, "limit"), text(quota, "default"));
        let own = if limit == default { String::new() } else { format!("  (AWS: {default})") };
        println!("  {:<34} {limit:>10}{own}", text(quota, "name"));
    }
}
