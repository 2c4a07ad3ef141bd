//! Server certificates: TLS certificates with their private keys, for services of the account.

mod material;

use api::iam::faults;
use api::iam::types::{
    DeleteServerCertificateInput, GetServerCertificateInput, GetServerCertificateOutput,
    ListServerCertificateTagsInput, ListServerCertificateTagsOutput, ListServerCertificatesInput,
    ListServerCertificatesOutput, ServerCertificate as CertificateDetail, ServerCertificateMetadata,
    TagServerCertificateInput, UntagServerCertificateInput, UpdateServerCertificateInput,
    UploadServerCertificateInput, UploadServerCertificateOutput,
};
use authz::Ask;
use directory::{Named as _, ServerCertificate, arn_of};
use service::{Context, Error, Paging, Result, Route, routes};
use store::{Record as _, RecordKey as _};
use types::{IdPrefix, Path, Secret, ServerCertificateName, TagSet};
use wire::Fault;

use self::material::Material;
use crate::tags::Keys;
use crate::target::{Entity, Target, collection};
use crate::{Iam, quota, tags};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    UploadServerCertificate => upload_server_certificate,
    GetServerCertificate => get_server_certificate,
    ListServerCertificates => list_server_certificates,
    UpdateServerCertificate => update_server_certificate,
    DeleteServerCertificate => delete_server_certificate,
    TagServerCertificate => tag_server_certificate,
    UntagServerCertificate => untag_server_certificate,
    ListServerCertificateTags => list_server_certificate_tags,
];

impl Iam {
    pub(crate) async fn upload_server_certificate(
        &self,
        cx: &Context<'_>,
        input: UploadServerCertificateInput,
    ) -> Result<UploadServerCertificateOutput> {
        let owner = cx.owner()?;
        let name = ServerCertificateName::parse(&input.server_certificate_name)?;
        let path = input.path.as_deref().map_or(Ok(Path::root()), Path::parse)?;
        let tags = Keys::Cased.parse(input.tags.as_deref())?;
        let private_key = Secret::new(input.private_key);
        let arn = arn_of::<ServerCertificate>(owner, &path, name.as_str());
        let mut asks = vec![Ask::new("iam:UploadServerCertificate", &arn).with_request_tags(&tags)];
        if !tags.is_empty() {
            // Tags on creation need leave to tag as well (AWS: "Tags for IAM resources").
            asks.push(Ask::new("iam:TagServerCertificate", &arn).with_request_tags(&tags));
        }
        let permit = cx.authorize_all(&asks).await?;

        let material = Material {
            body: &input.certificate_body,
            private_key: private_key.expose(),
            chain: input.certificate_chain.as_deref(),
        };
        let expires = material.check(cx.now())?;
        let mut write = cx.write(&permit)?;
        let (partition, folded) = (owner.to_string(), name.folded());
        let by_name = &ServerCertificate::BY_NAME;
        if write.find::<ServerCertificate>(by_name, &partition, &folded).await?.is_some() {
            return Err(ServerCertificate::exists(name.as_str()).into());
        }
        quota::SERVER_CERTIFICATES.hold(&mut write, owner, partition).await?;
        let certificate = ServerCertificate {
            owner,
            id: cx.ids().unique_id(IdPrefix::Certificate)?,
            name,
            path,
            created: cx.now(),
            expires,
            // IAM keeps no blanks around those of server certificates, as it does around those of users.
            body: input.certificate_body.trim().to_owned(),
            chain: input.certificate_chain.map(|chain| chain.trim().to_owned()),
            tags,
        };
        let key = certificate.key();
        let keyring = cx.authorizer().keyring();
        let sealed = keyring
            .seal(ServerCertificate::PURPOSE, key.path().as_bytes(), private_key.expose().as_bytes())
            .map_err(Error::internal)?;
        write.put_secret(ServerCertificate::SECRET, key.path(), sealed.to_string());
        let certificate = write.insert(certificate).await?;
        let server_certificate_metadata = Some(metadata(&certificate));
        let tags = tags::shown(&certificate.tags);
        write.commit(UploadServerCertificateOutput { server_certificate_metadata, tags }).await
    }

    pub(crate) async fn get_server_certificate(
        &self,
        cx: &Context<'_>,
        input: GetServerCertificateInput,
    ) -> Result<GetServerCertificateOutput> {
        let target = Target::<ServerCertificate>::named(cx, &input.server_certificate_name).await?;
        cx.authorize(target.ask("iam:GetServerCertificate")).await?;

        let certificate = target.existing()?;
        let server_certificate = CertificateDetail {
            server_certificate_metadata: metadata(&certificate),
            certificate_body: certificate.body.clone(),
            certificate_chain: certificate.chain.clone(),
            tags: tags::shown(&certificate.tags),
        };
        Ok(GetServerCertificateOutput { server_certificate })
    }

    pub(crate) async fn list_server_certificates(
        &self,
        cx: &Context<'_>,
        input: ListServerCertificatesInput,
    ) -> Result<ListServerCertificatesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        cx.authorize(Ask::new("iam:ListServerCertificates", &collection::<ServerCertificate>(cx)?)).await?;

        let prefix = input.path_prefix.as_deref();
        let page = crate::list::entities::<ServerCertificate>(cx, &paging, prefix).await?;
        Ok(ListServerCertificatesOutput {
            server_certificate_metadata_list: page.items.iter().map(|found| metadata(found)).collect(),
            is_truncated: Some(page.next.is_some()),
            marker: page.next.as_ref().map(Paging::marker),
        })
    }

    pub(crate) async fn update_server_certificate(
        &self,
        cx: &Context<'_>,
        input: UpdateServerCertificateInput,
    ) -> Result<()> {
        let target = Target::<ServerCertificate>::named(cx, &input.server_certificate_name).await?;
        let name =
            input.new_server_certificate_name.as_deref().map(ServerCertificateName::parse).transpose()?;
        let path = input.new_path.as_deref().map(Path::parse).transpose()?;
        // Leave is needed on the certificate as it is and as it will be (AWS: UpdateServerCertificate).
        let owner = cx.owner()?;
        let old_path = target.found().map_or_else(Path::root, |found| found.path.clone());
        let old_name =
            target.found().map_or(input.server_certificate_name.as_str(), |found| found.name.as_str());
        let new_name = name.as_ref().map_or(old_name, ServerCertificateName::as_str);
        let new_arn = arn_of::<ServerCertificate>(owner, path.as_ref().unwrap_or(&old_path), new_name);
        let action = "iam:UpdateServerCertificate";
        let permit = cx.authorize_all(&[target.ask(action), Ask::new(action, &new_arn)]).await?;

        let mut certificate = (*target.existing()?).clone();
        let mut write = cx.write(&permit)?;
        if let Some(name) = name {
            let (partition, folded) = (owner.to_string(), name.folded());
            let by_name = &ServerCertificate::BY_NAME;
            let there = write.find::<ServerCertificate>(by_name, &partition, &folded).await?;
            if there.is_some_and(|there| there.id != certificate.id) {
                return Err(ServerCertificate::exists(name.as_str()).into());
            }
            certificate.name = name;
        }
        certificate.path = path.unwrap_or(certificate.path);
        write.put(certificate).await?;
        write.commit(()).await
    }

    pub(crate) async fn delete_server_certificate(
        &self,
        cx: &Context<'_>,
        input: DeleteServerCertificateInput,
    ) -> Result<()> {
        let target = Target::<ServerCertificate>::named(cx, &input.server_certificate_name).await?;
        let permit = cx.authorize(target.ask("iam:DeleteServerCertificate")).await?;

        let key = target.existing()?.key();
        let mut write = cx.write(&permit)?;
        write.delete::<ServerCertificate>(&key).await?;
        write.delete_secret(ServerCertificate::SECRET, key.path());
        write.commit(()).await
    }

    pub(crate) async fn tag_server_certificate(
        &self,
        cx: &Context<'_>,
        input: TagServerCertificateInput,
    ) -> Result<()> {
        let added = Keys::Cased.parse_some(&input.tags)?;
        let target = Target::<ServerCertificate>::named(cx, &input.server_certificate_name).await?;
        let permit = cx.authorize(target.ask("iam:TagServerCertificate").with_request_tags(&added)).await?;

        let mut certificate = (*target.existing()?).clone();
        certificate.tags = Keys::Cased.merged(&certificate.tags, &added)?;
        let mut write = cx.write(&permit)?;
        write.put(certificate).await?;
        write.commit(()).await
    }

    pub(crate) async fn untag_server_certificate(
        &self,
        cx: &Context<'_>,
        input: UntagServerCertificateInput,
    ) -> Result<()> {
        let target = Target::<ServerCertificate>::named(cx, &input.server_certificate_name).await?;
        let keys = input.tag_keys.iter().map(String::as_str);
        let permit = cx.authorize(target.ask("iam:UntagServerCertificate").with_tag_keys(keys)).await?;

        if input.tag_keys.is_empty() {
            return Err(faults::invalid_input("The provided tag keys must not be null/empty.").into());
        }
        let mut certificate = (*target.existing()?).clone();
        certificate.tags = Keys::Cased.without(&certificate.tags, &input.tag_keys);
        let mut write = cx.write(&permit)?;
        write.put(certificate).await?;
        write.commit(()).await
    }

    pub(crate) async fn list_server_certificate_tags(
        &self,
        cx: &Context<'_>,
        input: ListServerCertificateTagsInput,
    ) -> Result<ListServerCertificateTagsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = Target::<ServerCertificate>::named(cx, &input.server_certificate_name).await?;
        cx.authorize(target.ask("iam:ListServerCertificateTags")).await?;

        let certificate = target.existing()?;
        let (tags, marker) = paging.slice(tags::list(&certificate.tags), tags::place);
        Ok(ListServerCertificateTagsOutput { tags, is_truncated: Some(marker.is_some()), marker })
    }
}

impl Entity for ServerCertificate {
    const NOUN: &'static str = "Server Certificate";

    fn tags(&self) -> Option<&TagSet> {
        Some(&self.tags)
    }

    fn exists(name: &str) -> Fault {
        faults::entity_already_exists(format!("The Server Certificate with name {name} already exists."))
    }
}

fn metadata(certificate: &ServerCertificate) -> ServerCertificateMetadata {
    ServerCertificateMetadata {
        path: certificate.path.to_string(),
        server_certificate_name: certificate.name.to_string(),
        server_certificate_id: certificate.id.to_string(),
        arn: certificate.arn().to_string(),
        upload_date: Some(certificate.created),
        expiration: Some(certificate.expires),
    }
}
