//! AssumeRoleWithSAML.

mod provider;

use api::sts::faults;
use api::sts::types::{AssumeRoleWithSamlInput, AssumeRoleWithSamlOutput};
use federation::saml::{self, ResponseRefused};
use service::{Context, Result, Route, Vouched, routes};
use types::{Partition, RoleSessionName};
use wire::Fault;

use provider::Provider;
pub(crate) use provider::ReadyProviders;

use crate::federated::{Limits, Stranger, Target, not_authorized};
use crate::{Sts, credentials, web_identity};

pub(crate) const ROUTES: &[Route<Sts>] = routes![Sts;
    AssumeRoleWithSAML => assume_role_with_saml,
];

impl Sts {
    /// The caller has no credentials: the assertion is the proof, the role's trust policy the permission.
    pub(crate) async fn assume_role_with_saml(
        &self,
        cx: &Context<'_>,
        input: AssumeRoleWithSamlInput,
    ) -> Result<AssumeRoleWithSamlOutput> {
        let target = Target::at(cx, &input.role_arn).await?;
        let provider = Provider::at(cx, self, &input.principal_arn, target.owner).await?;
        let assertion = provider.verify(&input.saml_assertion, self.saml.sha1, cx.now())?;
        let name_qualifier = provider.name_qualifier(&assertion.issuer);
        cx.identify(Vouched {
            kind: "SAMLUser",
            principal_id: format!("{name_qualifier}:{}", assertion.subject),
            user_name: assertion.subject.clone(),
            provider: provider.arn.to_string(),
            account: target.owner,
        });
        let claims = assertion.attributes.claims().map_err(|refused| refusal(&refused))?;
        // The provider says which of its roles the user may have, and may say it for several accounts.
        let pair = (input.role_arn.clone(), input.principal_arn.clone());
        if !claims.roles.contains(&pair) {
            return Err(not_authorized(ACTION));
        }
        let session_name = RoleSessionName::parse(&claims.session_name).map_err(|_| {
            faults::invalid_identity_token(
                "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}",
            )
        })?;
        let source = claims.source_identity.as_deref().map(web_identity::source_identity).transpose()?;
        let kept = provider.kept(&assertion, &name_qualifier);
        let stranger = Stranger {
            action: ACTION,
            provider: provider.arn.to_string(),
            keys: provider.keys(&assertion, &kept),
            kept,
            session_name,
            tags: (claims.tags, claims.transitive),
            source_identity: source.clone(),
            ends: assertion.session_ends,
        };
        let limits = Limits {
            policy: input.policy,
            policy_arns: input.policy_arns,
            duration_seconds: input.duration_seconds,
            least_token_size: input.minimum_session_token_size,
            usual_seconds: claims.session_seconds,
        };
        let used = format!("{} {} {}", provider.arn, input.role_arn, assertion.id);
        let once = async || {
            if cx.store().consume_once(USED, &used, assertion.usable_until).await? {
                return Ok(());
            }
            Err(faults::invalid_identity_token("The SAML assertion has been used before").into())
        };
        let granted = target.grant(cx, stranger, limits, once).await?;
        Ok(AssumeRoleWithSamlOutput {
            session_token_utilization: credentials::token_utilization(&granted.credentials),
            session_token_size: credentials::token_size(&granted.credentials),
            credentials: Some(granted.credentials),
            assumed_role_user: Some(granted.user),
            packed_policy_size: granted.packed_policy_size,
            subject: Some(assertion.subject.clone()),
            subject_type: Some(assertion.subject_type().to_owned()),
            issuer: Some(assertion.issuer.clone()),
            audience: Some(assertion.recipient.clone()),
            name_qualifier: Some(name_qualifier),
            source_identity: source.map(|source| source.to_string()),
        })
    }
}

/// What is configured of SAML.
#[derive(Debug, Clone, Default)]
pub struct SamlSettings {
    recipients: Vec<String>,
    sha1: saml::Sha1,
}

impl SamlSettings {
    /// Settings: the addresses of this installation that assertions may be made for, beside AWS's own, and whether
    /// signatures over SHA-1, which is broken, are put up with.
    #[must_use]
    pub fn new(recipients: Vec<String>, accepts_sha1: bool) -> Self {
        let sha1 = if accepts_sha1 { saml::Sha1::Accepted } else { saml::Sha1::Refused };
        Self { recipients, sha1 }
    }

    /// The addresses that an assertion may be made for: AWS's sign-in of the partition, global and of each region, each
    /// also with the provider's id, and those that are configured.
    fn recipients(&self, partition: Partition, provider: &str) -> Vec<String> {
        let host = match partition {
            Partition::Aws => "signin.aws.amazon.com",
            Partition::AwsCn => "signin.amazonaws.cn",
            Partition::AwsUsGov => "signin.amazonaws-us-gov.com",
        };
        let mut exact = vec![format!("https://{host}/saml"), format!("https://{host}/saml/acs/{provider}")];
        for own in &self.recipients {
            exact.push(own.clone());
            exact.push(format!("{own}/acs/{provider}"));
        }
        for region in catalog::REGIONS {
            exact.push(format!("https://{region}.{host}/saml"));
            exact.push(format!("https://{region}.{host}/saml/acs/{provider}"));
        }
        exact
    }
}

/// A refusal in AWS's words (AWS: "Troubleshoot SAML federation with IAM"); what exactly was wrong goes to the log.
fn refusal(refused: &ResponseRefused) -> Fault {
    use ResponseRefused::{
        Attribute, Audience, Encryption, Expired, Issuer, Malformed, NotEncrypted, NotYet, Recipient,
        Signature, Stale, Status,
    };
    let fault = match refused {
        Status(_) => faults::idp_rejected_claim("The identity provider reported that authentication failed"),
        Stale => faults::expired_token("Token must be redeemed within 5 minutes of issuance"),
        Expired => faults::expired_token("The SAML assertion has expired"),
        Malformed(_) => {
            faults::invalid_identity_token("Invalid base64 SAMLResponse or not a valid SAML 2.0 response")
        }
        Signature(_) | Encryption => faults::invalid_identity_token("Response signature invalid"),
        NotEncrypted => faults::invalid_identity_token("SAML assertion must be encrypted"),
        Issuer => faults::invalid_identity_token("Issuer not present in specified provider"),
        Audience => faults::invalid_identity_token("Response does not contain the required audience."),
        Recipient => faults::invalid_identity_token("Response does not contain the required recipient."),
        NotYet => faults::invalid_identity_token("The SAML assertion is not yet valid"),
        Attribute("RoleSessionName") => {
            faults::invalid_identity_token("RoleSessionName is required in AuthnResponse")
        }
        Attribute(name) => faults::invalid_identity_token(format!("{name} in AuthnResponse is invalid")),
    };
    fault.with_log(refused)
}

const ACTION: &str = "sts:AssumeRoleWithSAML";
/// The kind under which used assertions are remembered.
const USED: &str = "saml-assertion";
