//! `import authorization-details`: an account as AWS describes it, loaded into an account of ours.
//!
//! Files are read twice: first all of them are checked and counted, then all is written in one transaction. So
//! whatever is wrong with them, nothing of them stays.

mod census;
pub(crate) mod entities;
pub(crate) mod read;
#[cfg(test)]
mod tests;
mod write;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value as Json, json};
use server::admin::{Command, Progress};
use service::{Core, NewAccount, add_account, has_account, system_event};
use store::{Authority, SystemActor, Transaction};
use tokio::sync::mpsc;
use types::{AccountId, Owner};

use self::census::Census;
use self::entities::Entity;
use self::write::Writing;
use crate::args::Import;
use crate::credentials_file;
use crate::house::{House, refused};
use crate::remote::{ask_or_do, print, text};

pub(crate) fn run(command: Import) -> anyhow::Result<ExitCode> {
    let Import::AuthorizationDetails { data, account, files, json } = command;
    // The server may run in another directory.
    let absolute: Result<Vec<PathBuf>, _> = files.iter().map(std::path::absolute).collect();
    let account = account.map(|account| account.to_string());
    let command = Command::ImportAuthorizationDetails { account, files: absolute? };
    let done = ask_or_do(&data, command)?;
    print(&done, json, show);
    Ok(ExitCode::SUCCESS)
}

/// Imports into the open data directory.
pub(crate) async fn import(
    house: &House,
    account: Option<&str>,
    files: Vec<PathBuf>,
    progress: &Progress,
) -> anyhow::Result<Json> {
    let core = &house.core;
    let wanted = account.map(AccountId::parse).transpose()?;
    let (census, files) = tokio::task::spawn_blocking(move || census(wanted, files)).await??;
    let owner = census.owner;
    progress.report("checked, entities", census.len(), None);

    let credentials = house.dir.root_credentials(Some(owner));
    loop {
        let is_new = !has_account(core, owner).await.map_err(refused)?;
        ensure!(
            !is_new || !credentials.exists(),
            "`{}` is there already: move it away, it may hold the only copy of another account's credentials",
            credentials.display()
        );
        match write(core, &census, &files, is_new, progress).await? {
            Outcome::Conflict => {}
            Outcome::Done(account) => {
                if let Some(account) = &account {
                    credentials_file::write(&credentials, account).with_context(|| {
                        format!("account {} was made, but its root credentials are lost", owner.account)
                    })?;
                }
                let mut report = census.report(&files);
                if let (Some(_), Some(fields)) = (account, report.as_object_mut()) {
                    fields.insert("rootCredentials".into(), json!(credentials));
                }
                return Ok(report);
            }
        }
    }
}

/// Checks every file and what they say together.
fn census(wanted: Option<AccountId>, files: Vec<PathBuf>) -> anyhow::Result<(Census, Vec<PathBuf>)> {
    let owner = owner(&files)?;
    if let Some(wanted) = wanted {
        ensure!(
            wanted == owner.account,
            "the files are of account {}: their policies name it, so they cannot become account {wanted}; leave \
             out --account, or give --account {}",
            owner.account,
            owner.account
        );
    }
    let mut census = Census::new(owner);
    for path in &files {
        read::file(path, &mut |item| census.count(item))?;
    }
    Ok((census, files))
}

/// The account of the first entity that tells it; the census checks that the others are of the same one.
fn owner(files: &[PathBuf]) -> anyhow::Result<Owner> {
    let mut found: Option<Owner> = None;
    for path in files {
        let read = read::file(path, &mut |item| {
            found = entities::owner_of(&item)?;
            ensure!(found.is_none(), "this is enough");
            Ok(())
        });
        match found {
            Some(owner) => return Ok(owner),
            None => read?,
        }
    }
    bail!(
        "there is no user, group, role or policy of an account in these files, so there is nothing to import"
    )
}

enum Outcome {
    Done(Option<NewAccount>),
    /// Somebody else wrote meanwhile.
    Conflict,
}

async fn write(
    core: &Core,
    census: &Census,
    files: &[PathBuf],
    is_new: bool,
    progress: &Progress,
) -> anyhow::Result<Outcome> {
    let owner = census.owner;
    let mut tx = core.store.write(Authority::system(SystemActor::Import));
    let account = match is_new {
        true => Some(add_account(core, &mut tx, owner, "imported").await.map_err(refused)?),
        false => None,
    };
    let mut writing = Writing::new(census, is_new);
    let (sender, mut entities) = mpsc::channel(AHEAD);
    let paths = files.to_vec();
    let reading = tokio::task::spawn_blocking(move || read_again(&paths, owner, &sender));
    let mut done = 0;
    while let Some(entity) = entities.recv().await {
        writing.add(&mut tx, entity).await?;
        done += 1;
        if done % REPORT_EVERY == 0 {
            progress.report("written, entities", done, Some(census.len()));
        }
    }
    reading.await??;
    commit(core, tx, census, files, writing, account).await
}

async fn commit(
    core: &Core,
    tx: Transaction,
    census: &Census,
    files: &[PathBuf],
    writing: Writing<'_>,
    account: Option<NewAccount>,
) -> anyhow::Result<Outcome> {
    let response = match &account {
        Some(new) => json!({"rootAccessKeyId": new.access_key_id}),
        None => Json::Null,
    };
    let event = system_event(
        core,
        SystemActor::Import,
        "ImportAuthorizationDetails",
        &census.report(files),
        &response,
        Some(census.owner),
    );
    match tx.commit(event.map_err(refused)?).await {
        Ok(_) => {}
        Err(store::Error::Conflict) => return Ok(Outcome::Conflict),
        Err(error) => return Err(error.into()),
    }
    // Uses live beside the records, and only what was committed was used.
    for (key, usage) in writing.usages() {
        core.store.note(directory::RoleUsage::KIND, key, serde_json::to_string(usage)?);
    }
    core.store.flush_notes().await?;
    Ok(Outcome::Done(account))
}

/// Reads checked files again and sends their entities on.
fn read_again(files: &[PathBuf], owner: Owner, entities: &mpsc::Sender<Entity>) -> anyhow::Result<()> {
    for path in files {
        read::file(path, &mut |item| {
            let entity = Entity::of(item, owner)?;
            // Whoever received them has failed, and says why.
            entities.blocking_send(entity).context("the import was given up")
        })?;
    }
    Ok(())
}

fn show(done: &Json) {
    let count = |name: &str| text(done, name);
    println!(
        "account {}: {} users, {} groups, {} roles, {} instance profiles, {} policies",
        count("account"),
        count("users"),
        count("groups"),
        count("roles"),
        count("instanceProfiles"),
        count("policies"),
    );
    for (name, meaning) in [
        ("awsPoliciesKept", "of AWS's, which the catalog lacks, came along"),
        ("awsPoliciesOtherVersion", "of AWS's stand in another version than in the file"),
    ] {
        let list: Vec<&str> =
            done.get(name).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
        if !list.is_empty() {
            println!("  {} {meaning}: {}", list.len(), list.join(", "));
        }
    }
    if done.get("rootCredentials").is_some() {
        println!("the account is new; its root credentials: {}", count("rootCredentials"));
    }
}

/// A file's name as reports show it.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// So many entities are read ahead of what is written.
const AHEAD: usize = 64;
/// How often progress is reported.
const REPORT_EVERY: u64 = 1_000;
