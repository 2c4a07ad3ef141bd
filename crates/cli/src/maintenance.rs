//! What maintenance commands do, in the running server or, while it is down, in the command's own process.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use anyhow::Context as _;
use directory::KINDS;
use serde_json::{Value as Json, json};
use server::Tls;
use server::admin::{Command, Maintenance, Progress};
use store::audit::{self, AuditKeys};
use store::seal::Sealed;
use store::{Authority, Store, SystemActor};
use types::{AccountId, Owner, Partition};

use crate::data_dir::DataDir;
use crate::first_start;
use crate::house::{self, House};
use crate::{import, quota, services, sessions, sign_in};

/// Carries out maintenance commands on an open data directory.
pub(crate) struct Caretaker {
    /// The data directory.
    pub(crate) house: Arc<House>,
    /// The listener's certificate, where it has one.
    pub(crate) tls: Option<Arc<Tls>>,
}

impl Maintenance for Caretaker {
    fn run<'a>(
        &'a self,
        command: Command,
        progress: Progress,
    ) -> Pin<Box<dyn Future<Output = Result<Json, String>> + Send + 'a>> {
        Box::pin(
            async move { self.carry_out(command, &progress).await.map_err(|error| format!("{error:#}")) },
        )
    }
}

impl Caretaker {
    /// Carries out one command.
    pub(crate) async fn carry_out(&self, command: Command, progress: &Progress) -> anyhow::Result<Json> {
        let house = &*self.house;
        let keys = AuditKeys::of(house.core.authorizer.keyring());
        match command {
            Command::Status => Ok(json!({
                "version": env!("CARGO_PKG_VERSION"),
                "data": house.dir.path(),
                "revision": house.core.store.head().number(),
            })),
            Command::StoreVerify => store_report(&house.core.store, &keys).await,
            Command::StoreCompact { keep } => compact(house, &keep).await,
            Command::AuditVerify => {
                house.journal.flush().await?;
                audit_report(&house.core.store, &keys, &house.dir).await
            }
            Command::AuditFlush => {
                // What is recorded before this moment is on disk behind it.
                let until = house.core.clock.now();
                house.journal.flush().await?;
                Ok(json!({"until": until}))
            }
            Command::KeysRotateMaster => rotate(house, progress).await,
            Command::AccountCreate { id, partition, name } => {
                account_create(house, id.as_deref(), partition.as_deref(), name.as_deref()).await
            }
            Command::AccountList => account_list(&house.core.store).await,
            Command::SessionsList { account, principal, all } => {
                house.journal.flush().await?;
                let filter = sessions::Filter { account, principal, all };
                sessions::report(&house.core.store, &house.dir, &filter, house.core.clock.now()).await
            }
            Command::SessionsRevoke { account, principal, key } => {
                house.journal.flush().await?;
                sessions::revoke(house, account.as_deref(), principal.as_deref(), key.as_deref()).await
            }
            Command::AccountQuotas { account } => quota::report(&house.core.store, account.as_deref()).await,
            Command::AccountQuotaSet { account, name, limit } => {
                quota::set(&house.core, account.as_deref(), &name, limit).await
            }
            Command::ServiceRegister { account, definition } => {
                services::register(&house.core, account.as_deref(), &definition.0).await
            }
            Command::ServicesList { account } => services::list(&house.core.store, account.as_deref()).await,
            Command::ServiceShow { account, name } => {
                services::show(&house.core.store, account.as_deref(), &name).await
            }
            Command::ServiceRemove { account, name } => {
                services::remove(&house.core, account.as_deref(), &name).await
            }
            Command::ImportAuthorizationDetails { account, files } => {
                import::import(house, account.as_deref(), files, progress).await
            }
            Command::SignInUnlock { account, user } => {
                sign_in::unlock(house, account.as_deref(), &user).await
            }
            Command::TlsReload => {
                let tls = self.tls.as_ref().context("the server has no certificate to read again")?;
                tls.reload()?;
                Ok(json!({"reloaded": true}))
            }
        }
    }
}

/// Checks every record, index and revision.
pub(crate) async fn store_report(store: &Store, keys: &AuditKeys) -> anyhow::Result<Json> {
    let verified = store.verify(KINDS, keys).await?;
    Ok(json!({
        "sound": verified.faults.is_empty(),
        "records": verified.records,
        "entries": verified.entries,
        "commits": verified.commits,
        "faults": verified.faults,
    }))
}

/// Checks both chains: that of changes in the database, and that of reads and refusals in the journal.
pub(crate) async fn audit_report(store: &Store, keys: &AuditKeys, dir: &DataDir) -> anyhow::Result<Json> {
    let changes = store.verify(KINDS, keys).await?;
    let (path, journal_keys) = (dir.audit(), keys.clone());
    let report = tokio::task::spawn_blocking(move || audit::verify(&path, &journal_keys)).await??;
    let mut faults: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    if report.more_findings > 0 {
        faults.push(format!("and {} more", report.more_findings));
    }
    faults.extend(changes.faults);
    Ok(json!({
        "sound": faults.is_empty(),
        "changes": changes.commits,
        "readsAndRefusals": report.events(),
        "segments": report.segments.len(),
        "faults": faults,
    }))
}

/// Lists the accounts.
pub(crate) async fn account_list(store: &Store) -> anyhow::Result<Json> {
    let accounts = store.read().all::<directory::Account>(&directory::Account::ALL, "").await?;
    let rows = accounts.iter().map(|account| {
        json!({
            "id": account.owner.account,
            "partition": account.owner.partition,
            "name": account.name,
            "alias": account.alias,
            "created": account.created,
        })
    });
    Ok(json!({"accounts": rows.collect::<Vec<_>>()}))
}

async fn account_create(
    house: &House,
    id: Option<&str>,
    partition: Option<&str>,
    name: Option<&str>,
) -> anyhow::Result<Json> {
    let account = match id {
        Some(id) => AccountId::parse(id)?,
        None => first_start::random_account(house)?,
    };
    let owner = Owner::new(partition.map_or(Ok(Partition::Aws), Partition::parse)?, account);
    let name = name.unwrap_or_default();
    let new = first_start::make(house, SystemActor::Operator, owner, name, Some(owner)).await?;
    Ok(json!({
        "id": owner.account,
        "partition": owner.partition,
        "rootArn": owner.root_arn(),
        "rootAccessKeyId": new.access_key_id,
        "rootCredentials": house.dir.root_credentials(Some(owner)),
    }))
}

async fn compact(house: &House, keep: &str) -> anyhow::Result<Json> {
    let span: Option<jiff::Span> = keep.parse().ok();
    let span = span.with_context(|| format!("`{keep}` is not a span of time; try `30d` or `12h`"))?;
    let now = house.core.clock.now();
    let zoned = now.to_zoned(jiff::tz::TimeZone::UTC);
    let until = zoned.checked_sub(span).context("the span reaches before the beginning of time")?.timestamp();
    anyhow::ensure!(until <= now, "`{keep}` lies in the future: give a span that is not negative");
    let floor = match house.core.store.read_as_of(until).await {
        Ok(snapshot) => snapshot.revision(),
        // Nothing is as old as that any more.
        Err(store::Error::Compacted { floor }) => floor,
        Err(error) => return Err(error.into()),
    };
    let dropped = house.core.store.compact(floor).await?;
    Ok(json!({"keptSince": until, "revision": floor.number(), "dropped": dropped}))
}

/// New master key, new data key, and every secret sealed anew; the old data keys stay for sessions that run.
async fn rotate(house: &House, progress: &Progress) -> anyhow::Result<Json> {
    let core = &house.core;
    let keyring = core.authorizer.keyring();
    let rotating = keyring.clone();
    let now = core.clock.now();
    let rotation = tokio::task::spawn_blocking(move || rotating.rotate(now)).await??;
    let mut resealed = 0_u64;
    let mut after = None;
    loop {
        let secrets = core.store.secrets(after.as_ref(), BATCH).await?;
        let Some(last) = secrets.last().cloned() else { break };
        for secret in secrets {
            resealed += u64::from(reseal(house, &secret.kind, &secret.key).await?);
        }
        progress.report("sealing secrets under the new key", resealed, None);
        after = Some(last);
    }
    Ok(json!({
        "masterKey": rotation.master.to_string(),
        "masterKeyChanged": rotation.master_changed,
        "dataKey": rotation.data_key.to_string(),
        "resealed": resealed,
    }))
}

/// Seals one secret under the current key, unless it is gone or sealed under it already.
async fn reseal(house: &House, kind: &str, key: &str) -> anyhow::Result<bool> {
    let core = &house.core;
    let (kind, purpose) = directory::SECRETS
        .iter()
        .find(|known| known.0 == kind)
        .ok_or_else(|| anyhow::anyhow!("there are secrets of the unknown kind `{kind}`"))?;
    loop {
        let mut tx = core.store.write(Authority::system(SystemActor::Operator));
        let Some(text) = tx.secret(kind, key).await? else { return Ok(false) };
        let sealed: Sealed = text.parse()?;
        let keyring = core.authorizer.keyring();
        let Some(anew) = keyring.reseal(*purpose, key.as_bytes(), &sealed)? else {
            return Ok(false);
        };
        tx.put_secret(kind, key, anew.to_string());
        let event = service::operator_event(core, "ResealSecret", &json!({"kind": kind, "key": key}))
            .map_err(house::refused)?;
        match tx.commit(event).await {
            Ok(_) => return Ok(true),
            // Somebody deleted the key or sealed it meanwhile: look again.
            Err(store::Error::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// So many secrets are read at once.
const BATCH: usize = 100;
