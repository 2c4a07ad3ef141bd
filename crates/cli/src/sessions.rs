//! `sessions list` and `sessions revoke`.

mod issued;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use directory::{Named as _, Revoked, Role, User};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use server::admin::Command;
use service::SystemClock;
use store::{Clock as _, Store};
use types::{AccessKeyId, AccountId, Arn, Owner};

use crate::args::Sessions;
use crate::data_dir::DataDir;
use crate::house::{self, House};
use crate::named_account;
use crate::remote::{ask_or_do, ask_or_look, print, text};
use issued::{Issued, State};

pub(crate) fn run(command: Sessions) -> anyhow::Result<ExitCode> {
    match command {
        Sessions::List { data, account, principal, all, json } => {
            let filter = Filter { account: account.map(|account| account.to_string()), principal, all };
            let Filter { account, principal, all } = filter.clone();
            let command = Command::SessionsList { account, principal, all };
            let list = ask_or_look(&data, command, |window| async move {
                report(&window.store, &window.dir, &filter, SystemClock.now()).await
            })?;
            print(&list, json, show);
        }
        Sessions::Revoke { data, session, key, principal, account, json } => {
            let key = session.or(key).map(|key| key.to_string());
            let account = account.map(|account| account.to_string());
            let done = ask_or_do(&data, Command::SessionsRevoke { account, principal, key })?;
            print(&done, json, |done| {
                for one in done.get("revoked").and_then(Json::as_array).into_iter().flatten() {
                    println!(
                        "sessions of {} that were issued by {} are over",
                        text(one, "of"),
                        text(one, "issuedBy")
                    );
                }
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Which sessions to list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Of this account.
    pub(crate) account: Option<String>,
    /// Of this user, role or session.
    pub(crate) principal: Option<String>,
    /// Those that are over too.
    pub(crate) all: bool,
}

impl Filter {
    fn takes(&self, session: &Issued) -> bool {
        let account = self.account.as_deref().is_none_or(|account| session.account == account);
        let principal =
            self.principal.as_deref().is_none_or(|arn| session.arn == arn || session.principal == arn);
        account && principal && (self.all || session.state == State::Runs)
    }
}

/// The sessions that a filter takes, oldest first.
pub(crate) async fn report(
    store: &Store,
    dir: &DataDir,
    filter: &Filter,
    now: Timestamp,
) -> anyhow::Result<Json> {
    let sessions = issued::all(store, dir, now).await?;
    let rows = sessions.iter().filter(|session| filter.takes(session)).map(Issued::row);
    Ok(json!({"sessions": rows.collect::<Vec<_>>()}))
}

/// Revokes what is named; with a session's ARN, every session that has it and runs.
pub(crate) async fn revoke(
    house: &House,
    account: Option<&str>,
    principal: Option<&str>,
    key: Option<&str>,
) -> anyhow::Result<Json> {
    let targets = match (key, principal, account) {
        (Some(key), _, _) => of_key(house, &AccessKeyId::parse(key)?).await?,
        (None, Some(arn), _) => of_principal(house, &Arn::parse(arn)?).await?,
        (None, None, Some(account)) => {
            let owners = named_account::of_id(&house.core.store, AccountId::parse(account)?).await?;
            owners.into_iter().map(|owner| (owner, Revoked::Everyone)).collect()
        }
        (None, None, None) => bail!("say whose sessions are to be revoked"),
    };
    let mut revoked = Vec::with_capacity(targets.len());
    for (owner, of) in targets {
        let before = service::revoke_sessions(&house.core, owner, &of).await.map_err(house::refused)?;
        let of = if of == Revoked::Everyone { owner.account.to_string() } else { of.to_string() };
        revoked.push(json!({"account": owner.account, "of": of, "issuedBy": before}));
    }
    Ok(json!({"revoked": revoked}))
}

/// An access key's sessions: in the account that the key is in or, where it is gone or temporary, names.
async fn of_key(house: &House, key: &AccessKeyId) -> anyhow::Result<Vec<(Owner, Revoked)>> {
    let store = &house.core.store;
    let known = store.read().get::<directory::AccessKey>(&directory::AccessKeyKey(key.clone())).await?;
    let owners = match (known, key.account()) {
        (Some(known), _) => vec![known.owner],
        (None, Some(account)) => named_account::of_id(store, account).await?,
        (None, None) => bail!("no account here has the access key `{key}`"),
    };
    Ok(owners.into_iter().map(|owner| (owner, Revoked::Key(key.clone()))).collect())
}

async fn of_principal(house: &House, arn: &Arn) -> anyhow::Result<Vec<(Owner, Revoked)>> {
    let (Some(partition), Some(account)) = (arn.partition(), arn.account()) else {
        bail!("`{arn}` is not the ARN of a user, a role or a session");
    };
    let owner = Owner::new(partition, account);
    let snapshot = house.core.store.read();
    let (kind, rest) = arn.resource_type_and_id();
    let name = rest.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let missing = || format!("there is no `{arn}`");
    let of = match (arn.service(), kind) {
        ("iam", _) if arn.resource() == "root" => Revoked::Root,
        ("iam", "user") => {
            let user = snapshot.find::<User>(&User::BY_NAME, &owner.to_string(), &name).await?;
            Revoked::Principal(user.filter(|user| user.arn() == *arn).with_context(missing)?.id.clone())
        }
        ("iam", "role") => {
            let role = snapshot.find::<Role>(&Role::BY_NAME, &owner.to_string(), &name).await?;
            Revoked::Principal(role.filter(|role| role.arn() == *arn).with_context(missing)?.id.clone())
        }
        ("sts", _) => {
            let filter = Filter { principal: Some(arn.to_string()), ..Filter::default() };
            let sessions = issued::all(&house.core.store, &house.dir, house.core.clock.now()).await?;
            let keys =
                sessions.into_iter().filter(|session| filter.takes(session)).map(|session| session.key);
            let targets: Vec<_> = keys.map(|key| (owner, Revoked::Key(key))).collect();
            if targets.is_empty() {
                bail!("no session `{arn}` runs");
            }
            return Ok(targets);
        }
        _ => bail!("`{arn}` is not the ARN of a user, a role or a session"),
    };
    Ok(vec![(owner, of)])
}

fn show(list: &Json) {
    let rows = list.get("sessions").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    if rows.is_empty() {
        println!("no session runs");
        return;
    }
    println!("{:<20}  {:<20}  {:<20}  {:<8}  WHO (BY WHOM)", "SESSION", "ISSUED", "EXPIRES", "STATE");
    for row in rows {
        let (who, by) = (text(row, "arn"), text(row, "by"));
        let by = if by == who { String::new() } else { format!(" ({by})") };
        println!(
            "{:<20}  {:<20}  {:<20}  {:<8}  {who}{by}",
            text(row, "accessKeyId"),
            text(row, "issued"),
            text(row, "expires"),
            text(row, "state"),
        );
    }
}
