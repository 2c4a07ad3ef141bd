//! Access keys: what users and the root user sign their requests with.

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::{
    AccessKey as AccessKeyDetail, AccessKeyLastUsed, AccessKeyMetadata, CreateAccessKeyInput,
    CreateAccessKeyOutput, DeleteAccessKeyInput, GetAccessKeyLastUsedInput, GetAccessKeyLastUsedOutput,
    ListAccessKeysInput, ListAccessKeysOutput, UpdateAccessKeyInput,
};
use authz::Ask;
use directory::{AccessKey, AccessKeyKey, Account, AccountKey, EntityKey, KeyStatus, KeyUsage, User};
use service::{Context, Error, Paging, Result, Route, Write, routes};
use store::seal::Purpose;
use types::{AccessKeyId, AccessKeyKind, Owner, UniqueId};
use wire::Fault;

use crate::target::Target;
use crate::users::named_or_caller;
use crate::{Iam, quota, user_credentials};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreateAccessKey => create_access_key,
    ListAccessKeys => list_access_keys,
    UpdateAccessKey => update_access_key,
    DeleteAccessKey => delete_access_key,
    GetAccessKeyLastUsed => get_access_key_last_used,
];

impl Iam {
    pub(crate) async fn create_access_key(
        &self,
        cx: &Context<'_>,
        input: CreateAccessKeyInput,
    ) -> Result<CreateAccessKeyOutput> {
        let holder = Holder::named(cx, input.user_name.as_deref()).await?;
        let permit = cx.authorize(holder.ask(cx, "iam:CreateAccessKey")?).await?;

        let holder = holder.existing()?;
        let owner = cx.owner()?;
        let mut write = cx.write(&permit)?;
        quota::ACCESS_KEYS
            .hold(&mut write, owner, AccessKey::user_partition(owner, holder.user_id()))
            .await?;
        let id = cx.ids().access_key_id(AccessKeyKind::LongTerm, owner.account)?;
        let secret = cx.ids().secret_access_key()?;
        let keyring = cx.authorizer().keyring();
        let sealed = keyring
            .seal(Purpose::SECRET_ACCESS_KEY, id.as_str().as_bytes(), secret.expose().as_bytes())
            .map_err(Error::internal)?;
        let user = holder.user_id().cloned();
        let key = AccessKey { id, owner, user, status: KeyStatus::Active, created: cx.now() };
        write.put_secret(AccessKey::SECRET, key.id.as_str(), sealed.to_string());
        let key = write.insert(key).await?;
        let access_key = AccessKeyDetail {
            user_name: holder.name(cx).await?,
            access_key_id: key.id.to_string(),
            status: user_credentials::shown(key.status),
            secret_access_key: secret.expose().to_owned(),
            create_date: Some(key.created),
        };
        write.commit(CreateAccessKeyOutput { access_key }).await
    }

    pub(crate) async fn list_access_keys(
        &self,
        cx: &Context<'_>,
        input: ListAccessKeysInput,
    ) -> Result<ListAccessKeysOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let holder = Holder::named(cx, input.user_name.as_deref()).await?;
        cx.authorize(holder.ask(cx, "iam:ListAccessKeys")?).await?;

        let holder = holder.existing()?;
        let partition = AccessKey::user_partition(cx.owner()?, holder.user_id());
        let page = cx
            .read()
            .scan::<AccessKey>(&AccessKey::BY_USER, &partition, paging.range(""), paging.limit())
            .await?;
        let keys = page.items.iter().map(|key| AccessKeyMetadata {
            user_name: holder.user_name(),
            access_key_id: Some(key.id.to_string()),
            status: Some(user_credentials::shown(key.status)),
            create_date: Some(key.created),
        });
        Ok(ListAccessKeysOutput {
            access_key_metadata: keys.collect(),
            is_truncated: Some(page.next.is_some()),
            marker: page.next.as_ref().map(Paging::marker),
        })
    }

    pub(crate) async fn update_access_key(
        &self,
        cx: &Context<'_>,
        input: UpdateAccessKeyInput,
    ) -> Result<()> {
        let status = user_credentials::status(input.status)?;
        let holder = Holder::named(cx, input.user_name.as_deref()).await?;
        let permit = cx.authorize(holder.ask(cx, "iam:UpdateAccessKey")?).await?;

        let holder = holder.existing()?;
        let mut write = cx.write(&permit)?;
        let mut key = (*holder.key(cx, &write, &input.access_key_id).await?).clone();
        key.status = status;
        write.put(key).await?;
        write.commit(()).await
    }

    pub(crate) async fn delete_access_key(
        &self,
        cx: &Context<'_>,
        input: DeleteAccessKeyInput,
    ) -> Result<()> {
        let holder = Holder::named(cx, input.user_name.as_deref()).await?;
        let permit = cx.authorize(holder.ask(cx, "iam:DeleteAccessKey")?).await?;

        let holder = holder.existing()?;
        let mut write = cx.write(&permit)?;
        let key = holder.key(cx, &write, &input.access_key_id).await?;
        write.delete::<AccessKey>(&store::Record::key(&*key)).await?;
        write.delete_secret(AccessKey::SECRET, key.id.as_str());
        write.commit(()).await
    }

    pub(crate) async fn get_access_key_last_used(
        &self,
        cx: &Context<'_>,
        input: GetAccessKeyLastUsedInput,
    ) -> Result<GetAccessKeyLastUsedOutput> {
        // Whose key it is decides what to ask for; a key that is not the account's is refused like one that the caller
        // may not see.
        let key = find(cx, &input.access_key_id).await?;
        let Some(key) = key else { return Err(not_to_be_seen(cx, &input.access_key_id)?.into()) };
        let holder = Holder::of(cx, key.user.as_ref()).await?;
        cx.authorize(holder.ask(cx, "iam:GetAccessKeyLastUsed")?).await?;

        let holder = holder.existing()?;
        let noted = cx.store().noted(KeyUsage::KIND, key.id.as_str()).await?;
        let used = noted.map(|json| serde_json::from_str::<KeyUsage>(&json)).transpose();
        let used = used.map_err(Error::internal)?;
        let access_key_last_used = match used {
            Some(used) => AccessKeyLastUsed {
                last_used_date: Some(used.at),
                service_name: used.service,
                region: used.region,
            },
            // Never used (AWS: "AccessKeyLastUsed").
            None => {
                AccessKeyLastUsed { last_used_date: None, service_name: "N/A".into(), region: "N/A".into() }
            }
        };
        Ok(GetAccessKeyLastUsedOutput {
            user_name: Some(holder.name(cx).await?),
            access_key_last_used: Some(access_key_last_used),
        })
    }
}

/// Whose access keys a request is about.
enum Holder<U> {
    Root,
    User(U),
}

impl Holder<Target<User>> {
    /// The user that a request names, or else the caller.
    async fn named(cx: &Context<'_>, name: Option<&str>) -> Result<Self> {
        Ok(named_or_caller(cx, name).await?.map_or(Self::Root, Self::User))
    }

    /// The holder of a key of the caller's account.
    async fn of(cx: &Context<'_>, user: Option<&UniqueId>) -> Result<Self> {
        let Some(id) = user else { return Ok(Self::Root) };
        let user = cx.read().get::<User>(&EntityKey::new(cx.owner()?, id.clone())).await?;
        user.map(|user| Self::User(Target::of(user)))
            .ok_or_else(|| Error::internal(format!("user `{id}` is gone, but not its access key")))
    }

    fn ask(&self, cx: &Context<'_>, action: &'static str) -> Result<Ask> {
        Ok(match self {
            Self::Root => Ask::new(action, &cx.owner()?.root_arn()),
            Self::User(target) => target.ask(action),
        })
    }

    fn existing(self) -> Result<Holder<Arc<User>>> {
        Ok(match self {
            Self::Root => Holder::Root,
            Self::User(target) => Holder::User(target.existing()?),
        })
    }
}

impl Holder<Arc<User>> {
    fn user_id(&self) -> Option<&UniqueId> {
        match self {
            Self::Root => None,
            Self::User(user) => Some(&user.id),
        }
    }

    /// The user's name; the root user has none.
    fn user_name(&self) -> Option<String> {
        match self {
            Self::Root => None,
            Self::User(user) => Some(user.name.to_string()),
        }
    }

    /// The name in answers that must have one: for the root user the account's, as GetUser tells it.
    async fn name(&self, cx: &Context<'_>) -> Result<String> {
        if let Some(name) = self.user_name() {
            return Ok(name);
        }
        let account = cx.read().get::<Account>(&AccountKey(cx.owner()?)).await?;
        Ok(account.map(|account| account.name.clone()).unwrap_or_default())
    }

    /// The holder's key with an id, or `NoSuchEntity`; another's key is none of it.
    async fn key(&self, cx: &Context<'_>, write: &Write<'_>, id: &str) -> Result<Arc<AccessKey>> {
        let owner = cx.owner()?;
        let is_own = |key: &Arc<AccessKey>| key.owner == owner && key.user.as_ref() == self.user_id();
        let found = match AccessKeyId::parse(id) {
            Ok(id) => write.get::<AccessKey>(&AccessKeyKey(id)).await?,
            Err(_) => None,
        };
        let missing = || faults::no_such_entity(format!("The Access Key with id {id} cannot be found"));
        Ok(found.filter(is_own).ok_or_else(missing)?)
    }
}

/// The access key with an id, if it is of the caller's account.
async fn find(cx: &Context<'_>, id: &str) -> Result<Option<Arc<AccessKey>>> {
    let Ok(id) = AccessKeyId::parse(id) else { return Ok(None) };
    let owner: Owner = cx.owner()?;
    Ok(cx.read().get::<AccessKey>(&AccessKeyKey(id)).await?.filter(|key| key.owner == owner))
}

fn not_to_be_seen(cx: &Context<'_>, id: &str) -> Result<Fault> {
    let who = cx.caller()?.arn();
    let message = format!(
        "User: {who} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {id}"
    );
    Ok(Fault::sender("AccessDenied", 403, message))
}
