//! The credential report: all users of an account and the state of their credentials, as a table.

use std::borrow::Cow;
use std::fmt::Write as _;

use api::iam::faults;
use api::iam::types::{
    GenerateCredentialReportInput, GenerateCredentialReportOutput, GetCredentialReportInput,
    GetCredentialReportOutput, ReportFormatType, ReportStateType,
};
use authz::Ask;
use directory::{
    AccessKey, Account, AccountKey, CredentialReport, KeyStatus, KeyUsage, LoginProfile, MfaDevice,
    Named as _, PasswordPolicy, SigningCertificate, User, UserCredential as _,
};
use jiff::{SignedDuration, Timestamp};
use service::{Context, Error, Result, Route, routes};
use store::Record as _;

use crate::Iam;

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    GenerateCredentialReport => generate_credential_report,
    GetCredentialReport => get_credential_report,
];

impl Iam {
    /// Makes a report, unless there is one that is not four hours old. It is ready when the call returns; as with AWS,
    /// the call that makes it says that it was started, and the next that it is complete.
    pub(crate) async fn generate_credential_report(
        &self,
        cx: &Context<'_>,
        _: GenerateCredentialReportInput,
    ) -> Result<GenerateCredentialReportOutput> {
        let owner = cx.owner()?;
        let permit = cx.authorize(Ask::on_all("iam:GenerateCredentialReport")).await?;

        let last = cx.read().get::<CredentialReport>(&AccountKey(owner)).await?;
        if last.is_some_and(|last| !is_expired(&last, cx.now())) {
            return Ok(GenerateCredentialReportOutput {
                state: Some(ReportStateType::Complete),
                description: None,
            });
        }
        let content = content(cx).await?;
        let mut write = cx.write(&permit)?;
        write.put(CredentialReport { owner, generated: cx.now(), content }).await?;
        let description = "No report exists. Starting a new report generation task";
        write
            .commit(GenerateCredentialReportOutput {
                state: Some(ReportStateType::Started),
                description: Some(description.to_owned()),
            })
            .await
    }

    pub(crate) async fn get_credential_report(
        &self,
        cx: &Context<'_>,
        _: GetCredentialReportInput,
    ) -> Result<GetCredentialReportOutput> {
        cx.authorize(Ask::on_all("iam:GetCredentialReport")).await?;

        let report = cx.read().get::<CredentialReport>(&AccountKey(cx.owner()?)).await?;
        let report = report.ok_or_else(|| {
            faults::report_not_present(
                "The credential report does not exist. To generate one, use GenerateCredentialReport.",
            )
        })?;
        if is_expired(&report, cx.now()) {
            return Err(faults::report_expired(
                "The most recent credential report has expired. To generate a new one, use \
                 GenerateCredentialReport.",
            )
            .into());
        }
        Ok(GetCredentialReportOutput {
            content: Some(report.content.clone().into_bytes()),
            report_format: Some(ReportFormatType::TextCsv),
            generated_time: Some(report.generated),
        })
    }
}

fn is_expired(report: &CredentialReport, now: Timestamp) -> bool {
    now.duration_since(report.generated) >= LIFETIME
}

/// The report: the root user first, then the users by name.
async fn content(cx: &Context<'_>) -> Result<String> {
    let owner = cx.owner()?;
    let mut text = COLUMNS.to_owned();
    let account = cx.read().get::<Account>(&AccountKey(owner)).await?;
    let mut root: Vec<Cow<'static, str>> = vec!["<root_account>".into(), owner.root_arn().to_string().into()];
    root.push(account.map_or(NONE.into(), |account| time(account.created)));
    // The root user has no password yet.
    root.extend([NOT_SUPPORTED, NO_INFORMATION, NOT_SUPPORTED, NOT_SUPPORTED, "false"].map(Cow::from));
    keys(cx, &mut root, None).await?;
    root.extend(["false", NONE, "false", NONE].map(Cow::from));
    line(&mut text, &root);

    let policy = cx.read().get::<PasswordPolicy>(&AccountKey(owner)).await?;
    let max_age = policy.and_then(|policy| policy.max_age_days);
    for user in cx.read().all::<User>(&User::BY_NAME, &owner.to_string()).await? {
        let mut fields: Vec<Cow<'static, str>> =
            vec![user.name.to_string().into(), user.arn().to_string().into(), time(user.created)];
        password(cx, &mut fields, &user, max_age).await?;
        let partition = user.grantee().partition();
        let devices = cx.read().count(&MfaDevice::BY_USER, &partition).await?;
        fields.push(truth(devices > 0));
        keys(cx, &mut fields, Some(&user)).await?;
        let certificates =
            cx.read().all::<SigningCertificate>(&SigningCertificate::BY_USER, &partition).await?;
        for slot in 0..2 {
            match certificates.get(slot) {
                Some(certificate) => {
                    let is_active = certificate.status == KeyStatus::Active;
                    fields.extend([truth(is_active), time(certificate.created)]);
                }
                None => fields.extend(["false", NONE].map(Cow::from)),
            }
        }
        line(&mut text, &fields);
    }
    Ok(text)
}

/// `password_enabled`, `password_last_used`, `password_last_changed`, `password_next_rotation`.
async fn password(
    cx: &Context<'_>,
    fields: &mut Vec<Cow<'static, str>>,
    user: &User,
    max_age: Option<u16>,
) -> Result<()> {
    let Some(profile) = cx.read().get::<LoginProfile>(&user.key()).await? else {
        fields.extend(["false", NONE, NONE, NONE].map(Cow::from));
        return Ok(());
    };
    let next = max_age.map(|days| profile.changed + SignedDuration::from_hours(24 * i64::from(days)));
    let uses = cx.authorizer().password_uses(user.owner).await?;
    let used = uses.get(&user.id).map_or(NO_INFORMATION.into(), |at| time(*at));
    fields.extend([truth(true), used, time(profile.changed)]);
    fields.push(next.map_or(NONE.into(), time));
    Ok(())
}

/// For each of two access keys `active`, `last_rotated`, `last_used_date`, `last_used_region`, `last_used_service`.
async fn keys(cx: &Context<'_>, fields: &mut Vec<Cow<'static, str>>, user: Option<&User>) -> Result<()> {
    let partition = AccessKey::user_partition(cx.owner()?, user.map(|user| &user.id));
    let keys = cx.read().all::<AccessKey>(&AccessKey::BY_USER, &partition).await?;
    for slot in 0..2 {
        let Some(key) = keys.get(slot) else {
            fields.extend(["false", NONE, NONE, NONE, NONE].map(Cow::from));
            continue;
        };
        fields.extend([truth(key.status == KeyStatus::Active), time(key.created)]);
        match cx.store().noted(KeyUsage::KIND, key.id.as_str()).await? {
            Some(note) => {
                let usage: KeyUsage = serde_json::from_str(&note).map_err(Error::internal)?;
                fields.extend([time(usage.at), usage.region.into(), usage.service.into()]);
            }
            None => fields.extend([NONE, NONE, NONE].map(Cow::from)),
        }
    }
    Ok(())
}

/// Adds a line; a field with a comma, which names and ARNs of users may have, stands in quotation marks.
fn line(text: &mut String, fields: &[Cow<'_, str>]) {
    for (at, field) in fields.iter().enumerate() {
        text.push(if at == 0 { '\n' } else { ',' });
        if field.contains(',') {
            // Writing to a string cannot fail.
            let _ = write!(text, "\"{field}\"");
        } else {
            text.push_str(field);
        }
    }
}

fn truth(is: bool) -> Cow<'static, str> {
    if is { "true" } else { "false" }.into()
}

fn time(at: Timestamp) -> Cow<'static, str> {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string().into()
}

const COLUMNS: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
                       password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
                       access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
                       access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
                       access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
                       cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

const NONE: &str = "N/A";
const NO_INFORMATION: &str = "no_information";
const NOT_SUPPORTED: &str = "not_supported";

/// How long a report is current (AWS: "Generate credential reports for your AWS account").
const LIFETIME: SignedDuration = SignedDuration::from_hours(4);
