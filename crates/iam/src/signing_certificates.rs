//! Signing certificates: X.509 certificates with which users sign requests of some services.

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::{
    DeleteSigningCertificateInput, ListSigningCertificatesInput, ListSigningCertificatesOutput,
    SigningCertificate as CertificateDetail, StatusType, UpdateSigningCertificateInput,
    UploadSigningCertificateInput, UploadSigningCertificateOutput,
};
use authz::Ask;
use directory::{KeyStatus, SigningCertificate, User, UserCredential as _};
use service::{Context, Error, Paging, Result, Route, routes};
use store::Record as _;
use types::UniqueId;
use wire::Fault;

use crate::user_credentials::{find, page, shown, status};
use crate::users::{named_or_caller, user_or_caller};
use crate::x509::Certificate;
use crate::{Iam, quota};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    UploadSigningCertificate => upload_signing_certificate,
    ListSigningCertificates => list_signing_certificates,
    UpdateSigningCertificate => update_signing_certificate,
    DeleteSigningCertificate => delete_signing_certificate,
];

impl Iam {
    pub(crate) async fn upload_signing_certificate(
        &self,
        cx: &Context<'_>,
        input: UploadSigningCertificateInput,
    ) -> Result<UploadSigningCertificateOutput> {
        let target = user_or_caller(cx, input.user_name.as_deref()).await?;
        let permit = cx.authorize(target.ask("iam:UploadSigningCertificate")).await?;

        let user = target.existing()?;
        let certificate = Certificate::parse_one(&input.certificate_body);
        let certificate = certificate
            .filter(|certificate| certificate.is_valid_at(cx.now()))
            .ok_or_else(|| malformed(&input.certificate_body))?;
        let mut write = cx.write(&permit)?;
        let (account, digest) = (user.owner.to_string(), certificate.digest());
        let by_digest = &SigningCertificate::BY_DIGEST;
        match write.find::<SigningCertificate>(by_digest, &account, &digest).await? {
            // It stays as it is, status included, but is answered as if it were new.
            Some(there) if there.user == user.id => {
                let certificate = CertificateDetail { status: StatusType::Active, ..detail(&user, &there) };
                return Ok(UploadSigningCertificateOutput { certificate });
            }
            Some(_) => return Err(faults::duplicate_certificate("Duplicate certificate uploaded.").into()),
            None => {}
        }
        quota::SIGNING_CERTIFICATES.hold(&mut write, user.owner, user.grantee().partition()).await?;
        let certificate = SigningCertificate {
            owner: user.owner,
            id: UniqueId::parse(&certificate.short_digest()).map_err(Error::internal)?,
            user: user.id.clone(),
            status: KeyStatus::Active,
            created: cx.now(),
            body: input.certificate_body,
            digest,
        };
        let certificate = write.insert(certificate).await?;
        write.commit(UploadSigningCertificateOutput { certificate: detail(&user, &certificate) }).await
    }

    pub(crate) async fn list_signing_certificates(
        &self,
        cx: &Context<'_>,
        input: ListSigningCertificatesInput,
    ) -> Result<ListSigningCertificatesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let Some(target) = named_or_caller(cx, input.user_name.as_deref()).await? else {
            // The root user asks for its own certificates, and has none.
            cx.authorize(Ask::new("iam:ListSigningCertificates", &cx.owner()?.root_arn())).await?;
            return Ok(ListSigningCertificatesOutput {
                certificates: Vec::new(),
                is_truncated: Some(false),
                marker: None,
            });
        };
        cx.authorize(target.ask("iam:ListSigningCertificates")).await?;

        let user = target.existing()?;
        let page = page::<SigningCertificate>(cx, &paging, &user).await?;
        Ok(ListSigningCertificatesOutput {
            certificates: page.items.iter().map(|certificate| detail(&user, certificate)).collect(),
            is_truncated: Some(page.next.is_some()),
            marker: page.next.as_ref().map(Paging::marker),
        })
    }

    pub(crate) async fn update_signing_certificate(
        &self,
        cx: &Context<'_>,
        input: UpdateSigningCertificateInput,
    ) -> Result<()> {
        let status = status(input.status)?;
        let target = user_or_caller(cx, input.user_name.as_deref()).await?;
        let permit = cx.authorize(target.ask("iam:UpdateSigningCertificate")).await?;

        let user = target.existing()?;
        let mut certificate = (*existing(cx, &user, &input.certificate_id).await?).clone();
        certificate.set_status(status);
        let mut write = cx.write(&permit)?;
        write.put(certificate).await?;
        write.commit(()).await
    }

    pub(crate) async fn delete_signing_certificate(
        &self,
        cx: &Context<'_>,
        input: DeleteSigningCertificateInput,
    ) -> Result<()> {
        let target = user_or_caller(cx, input.user_name.as_deref()).await?;
        let permit = cx.authorize(target.ask("iam:DeleteSigningCertificate")).await?;

        let user = target.existing()?;
        let certificate = existing(cx, &user, &input.certificate_id).await?;
        let mut write = cx.write(&permit)?;
        write.delete::<SigningCertificate>(&certificate.key()).await?;
        write.commit(()).await
    }
}

async fn existing(cx: &Context<'_>, user: &User, id: &str) -> Result<Arc<SigningCertificate>> {
    let missing = || faults::no_such_entity(format!("The Certificate with id {id} cannot be found."));
    Ok(find::<SigningCertificate>(cx, user, id).await?.ok_or_else(missing)?)
}

fn detail(user: &User, certificate: &SigningCertificate) -> CertificateDetail {
    CertificateDetail {
        user_name: user.name.to_string(),
        certificate_id: certificate.id.to_string(),
        certificate_body: certificate.body.clone(),
        status: shown(certificate.status),
        upload_date: Some(certificate.created),
    }
}

fn malformed(body: &str) -> Fault {
    faults::malformed_certificate(format!("Certificate {body} is malformed."))
}
