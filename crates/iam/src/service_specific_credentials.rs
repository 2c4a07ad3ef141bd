//! Service-specific credentials: names and passwords of users for services that do not take signatures.

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::{
    CreateServiceSpecificCredentialInput, CreateServiceSpecificCredentialOutput,
    DeleteServiceSpecificCredentialInput, ListServiceSpecificCredentialsInput,
    ListServiceSpecificCredentialsOutput, ResetServiceSpecificCredentialInput,
    ResetServiceSpecificCredentialOutput, ServiceSpecificCredential as CredentialDetail,
    ServiceSpecificCredentialMetadata, StatusType, UpdateServiceSpecificCredentialInput,
};
use authz::Ask;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::{EntityKey, KeyStatus, ServiceCredential, User, UserCredential as _};
use jiff::{SignedDuration, Timestamp};
use service::{Context, Error, Paging, Result, Route, Write, routes};
use store::{Page, Record as _, RecordKey as _};
use types::{IdPrefix, Secret, UniqueId};
use wire::Fault;

use crate::target::Target;
use crate::user_credentials::{shown, status};
use crate::users::user_or_caller;
use crate::{Iam, quota};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreateServiceSpecificCredential => create_service_specific_credential,
    ListServiceSpecificCredentials => list_service_specific_credentials,
    UpdateServiceSpecificCredential => update_service_specific_credential,
    ResetServiceSpecificCredential => reset_service_specific_credential,
    DeleteServiceSpecificCredential => delete_service_specific_credential,
];

impl Iam {
    pub(crate) async fn create_service_specific_credential(
        &self,
        cx: &Context<'_>,
        input: CreateServiceSpecificCredentialInput,
    ) -> Result<CreateServiceSpecificCredentialOutput> {
        let target = Target::<User>::named(cx, &input.user_name).await?;
        let service = input.service_name.to_ascii_lowercase();
        let mut ask = target.ask("iam:CreateServiceSpecificCredential").with(SERVICE_NAME, service.as_str());
        if let Some(days) = input.credential_age_days {
            ask = ask.with("iam:ServiceSpecificCredentialAgeDays", days.to_string());
        }
        let permit = cx.authorize(ask).await?;

        let user = target.existing()?;
        Form::of(&service)?;
        let expires = expiry(cx.now(), input.credential_age_days)?;
        let mut write = cx.write(&permit)?;
        let partition = ServiceCredential::service_partition(user.owner, &user.id, &service);
        quota::SERVICE_CREDENTIALS.hold(&mut write, user.owner, partition).await?;
        let name = free_name(&write, &user, &service).await?;
        let credential = ServiceCredential {
            owner: user.owner,
            id: cx.ids().unique_id(IdPrefix::ServiceSpecificCredential)?,
            user: user.id.clone(),
            status: KeyStatus::Active,
            created: cx.now(),
            expires,
            service,
            name,
        };
        let secret = new_secret(cx, &mut write, &credential)?;
        let credential = write.insert(credential).await?;
        let service_specific_credential = Some(detail(cx, &user, &credential, &secret)?);
        write.commit(CreateServiceSpecificCredentialOutput { service_specific_credential }).await
    }

    pub(crate) async fn list_service_specific_credentials(
        &self,
        cx: &Context<'_>,
        input: ListServiceSpecificCredentialsInput,
    ) -> Result<ListServiceSpecificCredentialsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let owner = cx.owner()?;
        let service =
            input.service_name.filter(|name| !name.is_empty()).map(|name| name.to_ascii_lowercase());
        let (service, range, limit) = (service.as_deref(), paging.range(""), paging.limit());
        let page: Page<ServiceCredential> = if input.all_users == Some(true) {
            if input.user_name.is_some() {
                return Err(Fault::validation("UserName and AllUsers cannot be specified together.").into());
            }
            let everybody = owner.iam_arn("user/*");
            cx.authorize(Ask::new("iam:ListServiceSpecificCredentials", &everybody)).await?;
            service.map(Form::of).transpose()?;
            let (index, partition) = match service {
                Some(service) => {
                    (&ServiceCredential::BY_NAME, ServiceCredential::name_partition(owner, service))
                }
                None => (&ServiceCredential::BY_ACCOUNT, owner.to_string()),
            };
            cx.read().scan(index, &partition, range, limit).await?
        } else {
            let target = user_or_caller(cx, input.user_name.as_deref()).await?;
            cx.authorize(target.ask("iam:ListServiceSpecificCredentials")).await?;
            let user = target.existing()?;
            service.map(Form::of).transpose()?;
            let (index, partition) = match service {
                Some(service) => (
                    &ServiceCredential::BY_SERVICE,
                    ServiceCredential::service_partition(owner, &user.id, service),
                ),
                None => (&ServiceCredential::BY_USER, user.grantee().partition()),
            };
            cx.read().scan(index, &partition, range, limit).await?
        };
        let mut credentials = Vec::with_capacity(page.items.len());
        for credential in &page.items {
            let user = cx.read().get::<User>(&EntityKey::new(owner, credential.user.clone())).await?;
            let user =
                user.ok_or_else(|| Error::internal(format!("the user of `{}` is gone", credential.id)))?;
            credentials.push(metadata(cx, &user, credential)?);
        }
        Ok(ListServiceSpecificCredentialsOutput {
            service_specific_credentials: Some(credentials),
            is_truncated: Some(page.next.is_some()),
            marker: page.next.as_ref().map(Paging::marker),
        })
    }

    pub(crate) async fn update_service_specific_credential(
        &self,
        cx: &Context<'_>,
        input: UpdateServiceSpecificCredentialInput,
    ) -> Result<()> {
        let status = status(input.status)?;
        let named =
            Named::find(cx, input.user_name.as_deref(), &input.service_specific_credential_id).await?;
        let permit = cx.authorize(named.ask("iam:UpdateServiceSpecificCredential")).await?;

        let (_, credential) = named.existing()?;
        let mut credential = (*credential).clone();
        credential.set_status(status);
        let mut write = cx.write(&permit)?;
        write.put(credential).await?;
        write.commit(()).await
    }

    pub(crate) async fn reset_service_specific_credential(
        &self,
        cx: &Context<'_>,
        input: ResetServiceSpecificCredentialInput,
    ) -> Result<ResetServiceSpecificCredentialOutput> {
        let named =
            Named::find(cx, input.user_name.as_deref(), &input.service_specific_credential_id).await?;
        let permit = cx.authorize(named.ask("iam:ResetServiceSpecificCredential")).await?;

        let (user, credential) = named.existing()?;
        let mut write = cx.write(&permit)?;
        // The old password must not come back with a credential that is deleted meanwhile.
        let credential = write.put((*credential).clone()).await?;
        let secret = new_secret(cx, &mut write, &credential)?;
        let service_specific_credential = Some(detail(cx, &user, &credential, &secret)?);
        write.commit(ResetServiceSpecificCredentialOutput { service_specific_credential }).await
    }

    pub(crate) async fn delete_service_specific_credential(
        &self,
        cx: &Context<'_>,
        input: DeleteServiceSpecificCredentialInput,
    ) -> Result<()> {
        let named =
            Named::find(cx, input.user_name.as_deref(), &input.service_specific_credential_id).await?;
        let permit = cx.authorize(named.ask("iam:DeleteServiceSpecificCredential")).await?;

        let (_, credential) = named.existing()?;
        let mut write = cx.write(&permit)?;
        write.delete::<ServiceCredential>(&credential.key()).await?;
        write.delete_secret(ServiceCredential::SECRET, credential.key().path());
        write.commit(()).await
    }
}

/// The credential that a request names, of the user that it names.
struct Named {
    target: Target<User>,
    id: String,
    found: Option<Arc<ServiceCredential>>,
    /// Whether it is another user's.
    is_foreign: bool,
}

impl Named {
    async fn find(cx: &Context<'_>, user: Option<&str>, id: &str) -> Result<Self> {
        let target = user_or_caller(cx, user).await?;
        let of_account = match (target.found(), UniqueId::parse(id)) {
            (Some(user), Ok(id)) => {
                cx.read().get::<ServiceCredential>(&EntityKey::new(user.owner, id)).await?
            }
            _ => None,
        };
        let is_own = |credential: &Arc<ServiceCredential>| {
            target.found().is_some_and(|user| credential.user == user.id)
        };
        let is_foreign = of_account.as_ref().is_some_and(|credential| !is_own(credential));
        let found = of_account.filter(is_own);
        Ok(Self { target, id: id.to_owned(), found, is_foreign })
    }

    fn ask(&self, action: &'static str) -> Ask {
        let ask = self.target.ask(action);
        match &self.found {
            Some(credential) => ask.with(SERVICE_NAME, credential.service.as_str()),
            None => ask,
        }
    }

    fn existing(self) -> Result<(Arc<User>, Arc<ServiceCredential>)> {
        let user = self.target.existing()?;
        if self.is_foreign {
            let (name, id) = (&user.name, self.id);
            let message = format!("User {name} does not have a service specific credential with id {id}");
            return Err(Fault::validation(message).into());
        }
        let missing = || faults::no_such_entity(format!("No such credential {} exists", self.id));
        Ok((user, self.found.ok_or_else(missing)?))
    }
}

/// What a service's credentials are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A name and a password.
    Password,
    /// One key, which begins so and tells its alias.
    Key(&'static str),
}

impl Form {
    /// The services that take such credentials (AWS: CreateServiceSpecificCredential).
    fn of(service: &str) -> Result<Self> {
        match service {
            "codecommit.amazonaws.com" | "cassandra.amazonaws.com" => Ok(Self::Password),
            "bedrock.amazonaws.com" => Ok(Self::Key("ABSK")),
            "logs.amazonaws.com" => Ok(Self::Key("ACWL")),
            "cloudwatch.amazonaws.com" => Ok(Self::Key("APIAACWM")),
            "aws-external-anthropic.amazonaws.com" => Ok(Self::Key("AEAA")),
            _ => Err(faults::no_such_entity(format!(
                "No such service {service} is supported for Service Specific Credentials"
            ))
            .into()),
        }
    }
}

/// When a credential of this age ends. The API Reference has it for keys alone; IAM takes it for passwords as well.
fn expiry(now: Timestamp, days: Option<i32>) -> Result<Option<Timestamp>> {
    let Some(days) = days else { return Ok(None) };
    let age = SignedDuration::from_hours(i64::from(days) * 24);
    Ok(Some(now.checked_add(age).map_err(Error::internal)?))
}

/// A name that no credential of the account has for this service.
async fn free_name(write: &Write<'_>, user: &User, service: &str) -> Result<String> {
    let (partition, account) = (ServiceCredential::name_partition(user.owner, service), user.owner.account);
    let mut number = 0_u32;
    loop {
        let name = match number {
            0 => format!("{}-at-{account}", user.name),
            number => format!("{}+{number}-at-{account}", user.name),
        };
        let taken = write.find::<ServiceCredential>(&ServiceCredential::BY_NAME, &partition, &name).await?;
        if taken.is_none() {
            return Ok(name);
        }
        number = number.saturating_add(1);
    }
}

/// Makes a credential's password and seals it away.
fn new_secret(cx: &Context<'_>, write: &mut Write<'_>, credential: &ServiceCredential) -> Result<Secret> {
    let password = STANDARD.encode(cx.ids().bytes::<45>()?);
    let secret = Secret::new(match Form::of(&credential.service)? {
        Form::Password => password,
        Form::Key(prefix) => {
            format!("{prefix}{}", STANDARD.encode(format!("{}:{password}", credential.name)))
        }
    });
    let key = credential.key();
    let keyring = cx.authorizer().keyring();
    let sealed = keyring
        .seal(ServiceCredential::PURPOSE, key.path().as_bytes(), secret.expose().as_bytes())
        .map_err(Error::internal)?;
    write.put_secret(ServiceCredential::SECRET, key.path(), sealed.to_string());
    Ok(secret)
}

/// The credential with its password, as it is shown once.
fn detail(
    cx: &Context<'_>,
    user: &User,
    credential: &ServiceCredential,
    secret: &Secret,
) -> Result<CredentialDetail> {
    let ServiceSpecificCredentialMetadata { service_user_name, service_credential_alias, status, .. } =
        metadata(cx, user, credential)?;
    let secret = || secret.expose().to_owned();
    Ok(CredentialDetail {
        create_date: credential.created,
        expiration_date: credential.expires,
        service_name: credential.service.clone(),
        service_password: service_user_name.is_some().then(secret),
        service_credential_secret: service_credential_alias.is_some().then(secret),
        service_user_name,
        service_credential_alias,
        service_specific_credential_id: credential.id.to_string(),
        user_name: user.name.to_string(),
        status,
    })
}

fn metadata(
    cx: &Context<'_>,
    user: &User,
    credential: &ServiceCredential,
) -> Result<ServiceSpecificCredentialMetadata> {
    let form = Form::of(&credential.service)?;
    let is_expired = credential.expires.is_some_and(|expires| expires <= cx.now());
    Ok(ServiceSpecificCredentialMetadata {
        user_name: user.name.to_string(),
        status: if is_expired { StatusType::Expired } else { shown(credential.status) },
        service_user_name: (form == Form::Password).then(|| credential.name.clone()),
        service_credential_alias: matches!(form, Form::Key(_)).then(|| credential.name.clone()),
        create_date: credential.created,
        expiration_date: credential.expires,
        service_specific_credential_id: credential.id.to_string(),
        service_name: credential.service.clone(),
    })
}

const SERVICE_NAME: &str = "iam:ServiceSpecificCredentialServiceName";
