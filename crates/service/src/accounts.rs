//! Making accounts: what the first start and the operator do, and no API call.

use directory::{AccessKey, Account, AccountKey, KeyStatus};
use jiff::Timestamp;
use serde_json::json;
use store::audit::AuditEvent;
use store::seal::Purpose;
use store::{Authority, SystemActor, Transaction};
use types::{AccessKeyId, AccessKeyKind, Owner, Secret};

use crate::context::Core;
use crate::{Error, Result};

/// A new account's root credentials: the only time that the secret is shown.
#[derive(Debug)]
pub struct NewAccount {
    /// The account.
    pub account: Account,
    /// The root user's access key.
    pub access_key_id: AccessKeyId,
    /// Its secret access key.
    pub secret: Secret,
}

/// Makes an account with its root user and one root access key.
///
/// # Errors
///
/// [`store::Error::AlreadyExists`] if the account is there already.
pub async fn create_account(core: &Core, actor: SystemActor, owner: Owner, name: &str) -> Result<NewAccount> {
    loop {
        match try_create(core, actor, owner, name).await {
            Err(Error::Store(store::Error::Conflict)) => {}
            other => return other,
        }
    }
}

async fn try_create(core: &Core, actor: SystemActor, owner: Owner, name: &str) -> Result<NewAccount> {
    let mut tx = core.store.write(Authority::system(actor));
    let new = add_account(core, &mut tx, owner, name).await?;
    tx.commit(event(core, actor, &new.account, &new.access_key_id)?).await?;
    Ok(new)
}

/// Adds an account with its root user and one root access key to what a transaction writes.
///
/// # Errors
///
/// [`store::Error::AlreadyExists`] if the account is there already.
pub async fn add_account(core: &Core, tx: &mut Transaction, owner: Owner, name: &str) -> Result<NewAccount> {
    let now = core.clock.now();
    let id = core.ids.access_key_id(AccessKeyKind::LongTerm, owner.account)?;
    let secret = core.ids.secret_access_key()?;
    let keyring = core.authorizer.keyring();
    let sealed = keyring
        .seal(Purpose::SECRET_ACCESS_KEY, id.as_str().as_bytes(), secret.expose().as_bytes())
        .map_err(Error::internal)?;

    let account = Account { owner, name: name.to_owned(), created: now, alias: None };
    tx.insert(account.clone()).await?;
    let key = AccessKey { id: id.clone(), owner, user: None, status: KeyStatus::Active, created: now };
    tx.insert(key).await?;
    tx.put_secret(AccessKey::SECRET, id.as_str(), sealed.to_string());
    Ok(NewAccount { account, access_key_id: id, secret })
}

/// All accounts of the directory, by partition and id.
pub async fn accounts(core: &Core) -> Result<Vec<std::sync::Arc<Account>>> {
    Ok(core.store.read().all::<Account>(&Account::ALL, "").await?)
}

/// Whether an account is there.
pub async fn has_account(core: &Core, owner: Owner) -> Result<bool> {
    Ok(core.store.read().get::<Account>(&AccountKey(owner)).await?.is_some())
}

fn event(core: &Core, actor: SystemActor, account: &Account, root_key: &AccessKeyId) -> Result<AuditEvent> {
    let owner = account.owner;
    let parameters = json!({"accountId": owner.account, "partition": owner.partition, "name": account.name});
    system_event(
        core,
        actor,
        "CreateAccount",
        &parameters,
        &json!({"rootAccessKeyId": root_key}),
        Some(owner),
    )
}

/// The audit event of something that the operator had done.
pub fn operator_event(core: &Core, name: &str, parameters: &serde_json::Value) -> Result<AuditEvent> {
    system_event(core, SystemActor::Operator, name, parameters, &serde_json::Value::Null, None)
}

/// The audit event of something that a part of the system did, in an account where it is about one.
pub fn system_event(
    core: &Core,
    actor: SystemActor,
    name: &str,
    parameters: &serde_json::Value,
    response: &serde_json::Value,
    owner: Option<Owner>,
) -> Result<AuditEvent> {
    let (id, now) = (core.ids.uuid()?, core.clock.now());
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "AWSService", "invokedBy": actor.to_string()},
        "eventTime": Timestamp::from_second(now.as_second()).unwrap_or(now),
        "eventSource": "portcullis",
        "eventName": name,
        "awsRegion": owner.map_or("us-east-1", |owner| owner.partition.default_region()),
        "sourceIPAddress": "portcullis",
        "userAgent": "portcullis",
        "requestParameters": parameters,
        "responseElements": response,
        "eventID": id,
        "readOnly": false,
        "eventType": "AwsServiceEvent",
        "managementEvent": true,
        "eventCategory": "Management",
    });
    if let (Some(owner), Some(fields)) = (owner, record.as_object_mut()) {
        fields.insert("recipientAccountId".into(), json!(owner.account));
    }
    AuditEvent::new(id.as_str(), now, &record).map_err(Error::internal)
}
