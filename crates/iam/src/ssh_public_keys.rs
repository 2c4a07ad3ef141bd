//! SSH public keys: with what users reach repositories over SSH.

mod key;

use api::iam::faults;
use api::iam::types::{
    DeleteSshPublicKeyInput, EncodingType, GetSshPublicKeyInput, GetSshPublicKeyOutput,
    ListSshPublicKeysInput, ListSshPublicKeysOutput, SshPublicKey as KeyDetail, SshPublicKeyMetadata,
    UpdateSshPublicKeyInput, UploadSshPublicKeyInput, UploadSshPublicKeyOutput,
};
use directory::{KeyStatus, SshPublicKey, User, UserCredential as _};
use service::{Context, Error, Paging, Result, Route, routes};
use store::Record as _;
use types::IdPrefix;
use wire::Fault;

use self::key::{RsaKey, Unreadable};
use crate::target::Target;
use crate::user_credentials::{find, page, shown, status};
use crate::users::user_or_caller;
use crate::{Iam, quota};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    UploadSSHPublicKey => upload_ssh_public_key,
    GetSSHPublicKey => get_ssh_public_key,
    ListSSHPublicKeys => list_ssh_public_keys,
    UpdateSSHPublicKey => update_ssh_public_key,
    DeleteSSHPublicKey => delete_ssh_public_key,
];

impl Iam {
    pub(crate) async fn upload_ssh_public_key(
        &self,
        cx: &Context<'_>,
        input: UploadSshPublicKeyInput,
    ) -> Result<UploadSshPublicKeyOutput> {
        let target = Target::<User>::named(cx, &input.user_name).await?;
        let permit = cx.authorize(target.ask("iam:UploadSSHPublicKey")).await?;

        let user = target.existing()?;
        let fingerprint = RsaKey::parse(&input.ssh_public_key_body).map_err(unreadable)?.fingerprint();
        let mut write = cx.write(&permit)?;
        let partition = user.grantee().partition();
        if write
            .find::<SshPublicKey>(&SshPublicKey::BY_FINGERPRINT, &partition, &fingerprint)
            .await?
            .is_some()
        {
            let message = "Duplicate SSH public key uploaded.";
            return Err(faults::duplicate_ssh_public_key(message).into());
        }
        quota::SSH_PUBLIC_KEYS.hold(&mut write, user.owner, partition).await?;
        let key = SshPublicKey {
            owner: user.owner,
            id: cx.ids().unique_id(IdPrefix::PublicKey)?,
            user: user.id.clone(),
            status: KeyStatus::Active,
            created: cx.now(),
            body: input.ssh_public_key_body,
            fingerprint,
        };
        let key = write.insert(key).await?;
        let ssh_public_key = Some(detail(&user, &key, key.body.clone()));
        write.commit(UploadSshPublicKeyOutput { ssh_public_key }).await
    }

    pub(crate) async fn get_ssh_public_key(
        &self,
        cx: &Context<'_>,
        input: GetSshPublicKeyInput,
    ) -> Result<GetSshPublicKeyOutput> {
        let target = Target::<User>::named(cx, &input.user_name).await?;
        cx.authorize(target.ask("iam:GetSSHPublicKey")).await?;

        let user = target.existing()?;
        let key = find::<SshPublicKey>(cx, &user, &input.ssh_public_key_id).await?;
        let key = key.ok_or_else(|| missing(&input.ssh_public_key_id))?;
        let parsed = RsaKey::parse(&key.body)
            .map_err(|_| Error::internal(format!("the SSH public key `{}` cannot be read", key.id)))?;
        let body = match input.encoding {
            EncodingType::Ssh => parsed.to_ssh(),
            EncodingType::Pem => parsed.to_pem(),
        };
        Ok(GetSshPublicKeyOutput { ssh_public_key: Some(detail(&user, &key, body)) })
    }

    pub(crate) async fn list_ssh_public_keys(
        &self,
        cx: &Context<'_>,
        input: ListSshPublicKeysInput,
    ) -> Result<ListSshPublicKeysOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = user_or_caller(cx, input.user_name.as_deref()).await?;
        cx.authorize(target.ask("iam:ListSSHPublicKeys")).await?;

        let user = target.existing()?;
        let page = page::<SshPublicKey>(cx, &paging, &user).await?;
        let keys = page.items.iter().map(|key| SshPublicKeyMetadata {
            user_name: user.name.to_string(),
            ssh_public_key_id: key.id.to_string(),
            status: shown(key.status),
            upload_date: key.created,
        });
        Ok(ListSshPublicKeysOutput {
            ssh_public_keys: Some(keys.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next.as_ref().map(Paging::marker),
        })
    }

    pub(crate) async fn update_ssh_public_key(
        &self,
        cx: &Context<'_>,
        input: UpdateSshPublicKeyInput,
    ) -> Result<()> {
        let status = status(input.status)?;
        let target = Target::<User>::named(cx, &input.user_name).await?;
        let permit = cx.authorize(target.ask("iam:UpdateSSHPublicKey")).await?;

        let user = target.existing()?;
        let key = find::<SshPublicKey>(cx, &user, &input.ssh_public_key_id).await?;
        let mut key = (*key.ok_or_else(|| missing(&input.ssh_public_key_id))?).clone();
        key.set_status(status);
        let mut write = cx.write(&permit)?;
        write.put(key).await?;
        write.commit(()).await
    }

    pub(crate) async fn delete_ssh_public_key(
        &self,
        cx: &Context<'_>,
        input: DeleteSshPublicKeyInput,
    ) -> Result<()> {
        let target = Target::<User>::named(cx, &input.user_name).await?;
        let permit = cx.authorize(target.ask("iam:DeleteSSHPublicKey")).await?;

        let user = target.existing()?;
        let key = find::<SshPublicKey>(cx, &user, &input.ssh_public_key_id).await?;
        let key = key.ok_or_else(|| missing(&input.ssh_public_key_id))?;
        let mut write = cx.write(&permit)?;
        write.delete::<SshPublicKey>(&key.key()).await?;
        write.commit(()).await
    }
}

fn detail(user: &User, key: &SshPublicKey, body: String) -> KeyDetail {
    KeyDetail {
        user_name: user.name.to_string(),
        ssh_public_key_id: key.id.to_string(),
        fingerprint: key.fingerprint.clone(),
        ssh_public_key_body: body,
        status: shown(key.status),
        upload_date: Some(key.created),
    }
}

fn missing(id: &str) -> Fault {
    faults::no_such_entity(format!("The Public Key with id {id} cannot be found."))
}

fn unreadable(why: Unreadable) -> Fault {
    match why {
        Unreadable::Encoding => faults::unrecognized_public_key_encoding("Invalid public key uploaded."),
        Unreadable::Key => faults::invalid_public_key("Invalid body for public key"),
    }
}
