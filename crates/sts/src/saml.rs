//! AssumeRoleWithSAML.

use api::sts::faults;
use api::sts::types::{AssumeRoleWithSamlInput, AssumeRoleWithSamlOutput};
use authz::FederatedOrigin;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::{AssertionEncryption, ProviderKey, SamlMetadata, SamlProvider};
use federation::saml::{self, Assertion, DecryptionKey, Expectations, Metadata, ResponseRefused};
use service::{Context, Error, Result, Route, Vouched, routes};
use store::Record as _;
use store::seal::Sealed;
use types::{Arn, Owner, Partition, RoleSessionName};
use wire::Fault;

use crate::federated::{Limits, Stranger, Target, not_authorized};
use crate::{Sts, web_identity};

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
        let provider = Provider::at(cx, &input.principal_arn, target.owner).await?;
        let expected = self.saml.recipients(target.owner.partition, &provider.record.uuid);
        let assertion = provider.verify(&input.saml_assertion, &expected, self.saml.sha1, cx).await?;
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
    fn recipients(&self, partition: Partition, provider: &str) -> Recipients {
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
        Recipients(exact)
    }
}

struct Recipients(Vec<String>);

/// A SAML provider as a call names it.
struct Provider {
    arn: Arn,
    record: std::sync::Arc<SamlProvider>,
    metadata: Metadata,
}

impl Provider {
    async fn at(cx: &Context<'_>, text: &str, owner: Owner) -> Result<Self> {
        let arn = Arn::parse(text).map_err(|_| Fault::validation(format!("{text} is invalid")))?;
        let missing = || faults::invalid_identity_token("Specified provider doesn't exist");
        let name = arn.resource().strip_prefix("saml-provider/").filter(|_| arn.service() == "iam");
        let found = match name.filter(|_| crate::assume_role::owner_of(&arn) == Some(owner)) {
            // A provider vouches for roles of its own account only.
            Some(name) => cx.read().get::<SamlProvider>(&ProviderKey::new(owner, name)).await?,
            None => None,
        };
        let record = found.ok_or_else(missing)?;
        let document = cx.read().get::<SamlMetadata>(&record.key()).await?.ok_or_else(missing)?;
        let metadata = Metadata::parse(&document.document).map_err(Error::internal)?;
        if record.valid_until <= cx.now() {
            return Err(
                faults::invalid_identity_token("The metadata of the SAML provider has expired").into()
            );
        }
        Ok(Self { arn, record, metadata })
    }

    async fn verify(
        &self,
        base64: &str,
        recipients: &Recipients,
        sha1: saml::Sha1,
        cx: &Context<'_>,
    ) -> Result<Assertion> {
        let keys = self.decryption_keys(cx).await?;
        let expected = Expectations {
            metadata: &self.metadata,
            recipients: &recipients.0,
            audiences: &[AUDIENCE.to_owned()],
            keys: &keys,
            must_be_encrypted: self.record.encryption == Some(AssertionEncryption::Required),
            sha1,
        };
        Ok(saml::verify(base64, &expected, cx.now()).map_err(|refused| refusal(&refused))?)
    }

    async fn decryption_keys(&self, cx: &Context<'_>) -> Result<Vec<DecryptionKey>> {
        let mut keys = Vec::new();
        for key in &self.record.private_keys {
            let place = self.record.secret_key(&key.id);
            let Some(sealed) = cx.read().secret(SamlProvider::SECRET, &place).await? else { continue };
            let sealed: Sealed = sealed.parse().map_err(Error::internal)?;
            let pem = cx.authorizer().keyring().unseal(SamlProvider::PURPOSE, place.as_bytes(), &sealed);
            let pem = pem.map_err(Error::internal)?;
            keys.extend(std::str::from_utf8(&pem).ok().and_then(DecryptionKey::parse));
        }
        Ok(keys)
    }

    /// AWS's hash that tells apart what several providers call by one name (AWS: "AssumeRoleWithSAML").
    fn name_qualifier(&self, issuer: &str) -> String {
        let text = format!("{issuer}{}/{}", self.record.owner.account, self.record.name);
        STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()))
    }

    /// The keys that the session goes on carrying (AWS: "IAM and AWS STS condition context keys", SAML).
    fn kept(&self, assertion: &Assertion, name_qualifier: &str) -> FederatedOrigin {
        FederatedOrigin {
            provider: self.arn.to_string(),
            texts: vec![
                ("saml:namequalifier".into(), name_qualifier.to_owned()),
                ("saml:sub".into(), assertion.subject.clone()),
                ("saml:sub_type".into(), assertion.subject_type().to_owned()),
            ],
            lists: Vec::new(),
        }
    }

    /// The keys of the decision.
    fn keys(&self, assertion: &Assertion, kept: &FederatedOrigin) -> policy::Context {
        let mut keys = policy::Context::new();
        for (name, values) in assertion.attributes.condition_keys() {
            let key = format!("saml:{name}");
            let is_list = catalog::condition_key(&key).is_some_and(catalog::ConditionKey::is_multivalued);
            match values.as_slice() {
                [one] if !is_list => keys.set(&key, one.as_str()),
                several => keys.set_list(&key, several.iter().map(String::as_str)),
            }
        }
        for (key, value) in &kept.texts {
            keys.set(key, value.as_str());
        }
        keys.set("saml:aud", assertion.recipient.as_str());
        keys.set("saml:iss", assertion.issuer.as_str());
        keys.set("saml:doc", format!("{}/{}", self.record.owner.account, self.record.name));
        keys
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
/// The name under which AWS's metadata speak of AWS.
const AUDIENCE: &str = "urn:amazon:webservices";
/// The kind under which used assertions are remembered.
const USED: &str = "saml-assertion";
