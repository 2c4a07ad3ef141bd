//! A SAML provider as a call names it, and what is made of its records before an assertion is looked at.

use std::sync::Arc;

use api::sts::faults;
use authz::FederatedOrigin;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::{AssertionEncryption, ProviderKey, SamlMetadata, SamlProvider};
use federation::saml::{self, Assertion, DecryptionKey, Expectations, Metadata, Sha1};
use jiff::Timestamp;
use quick_cache::sync::Cache;
use service::{Context, Error, Result};
use store::Record as _;
use store::seal::Sealed;
use types::{Arn, Owner};
use wire::Fault;

use crate::Sts;

/// A SAML provider as a call names it.
pub(super) struct Provider {
    /// Its ARN, as trust policies name it.
    pub(super) arn: Arn,
    record: Arc<SamlProvider>,
    ready: Arc<Ready>,
}

/// A provider whose metadata are parsed and whose keys are unsealed. That costs as much as an assertion, and strangers make
/// us do it.
#[derive(Debug)]
struct Ready {
    /// What it was made of. Where the records say something else by now, it is of no use.
    from: Sources,
    metadata: Metadata,
    keys: Vec<DecryptionKey>,
    recipients: Vec<String>,
}

/// What the records of a provider say.
#[derive(Debug, PartialEq, Eq)]
struct Sources {
    uuid: String,
    document: Arc<SamlMetadata>,
    /// The private keys: where each lies, and what lies there.
    keys: Vec<(String, Arc<str>)>,
}

/// The providers that assertions came for lately, of all accounts.
#[derive(Debug)]
pub(crate) struct ReadyProviders(Cache<ProviderKey, Arc<Ready>>);

impl Default for ReadyProviders {
    fn default() -> Self {
        Self(Cache::new(MOST_READY))
    }
}

impl Provider {
    /// The provider with this ARN, which must be of the account whose role is asked for.
    pub(super) async fn at(cx: &Context<'_>, sts: &Sts, text: &str, owner: Owner) -> Result<Self> {
        let arn = Arn::parse(text).map_err(|_| Fault::validation(format!("{text} is invalid")))?;
        let missing = || faults::invalid_identity_token("Specified provider doesn't exist");
        let name = arn.resource().strip_prefix("saml-provider/").filter(|_| arn.service() == "iam");
        let found = match name.filter(|_| crate::assume_role::owner_of(&arn) == Some(owner)) {
            // A provider vouches for roles of its own account only.
            Some(name) => cx.read().get::<SamlProvider>(&ProviderKey::new(owner, name)).await?,
            None => None,
        };
        let record = found.ok_or_else(missing)?;
        let key = record.key();
        let document = cx.read().get::<SamlMetadata>(&key).await?.ok_or_else(missing)?;
        if record.valid_until <= cx.now() {
            return Err(
                faults::invalid_identity_token("The metadata of the SAML provider has expired").into()
            );
        }
        let from = Sources { uuid: record.uuid.clone(), document, keys: sealed_keys(cx, &record).await? };
        let known = sts.saml_providers.0.get(&key).filter(|known| known.from == from);
        let ready = match known {
            Some(ready) => ready,
            None => {
                let ready = Arc::new(Ready::of(cx, sts, owner, from)?);
                sts.saml_providers.0.insert(key, Arc::clone(&ready));
                ready
            }
        };
        Ok(Self { arn, record, ready })
    }

    /// What the provider says, in base64, if it says it.
    pub(super) fn verify(&self, base64: &str, sha1: Sha1, now: Timestamp) -> Result<Assertion> {
        let Ready { metadata, keys, recipients, .. } = &*self.ready;
        let expected = Expectations {
            metadata,
            recipients,
            audiences: &[AUDIENCE.to_owned()],
            keys,
            must_be_encrypted: self.record.encryption == Some(AssertionEncryption::Required),
            sha1,
        };
        Ok(saml::verify(base64, &expected, now).map_err(|refused| super::refusal(&refused))?)
    }

    /// AWS's hash that tells apart what several providers call by one name (AWS: "AssumeRoleWithSAML").
    pub(super) fn name_qualifier(&self, issuer: &str) -> String {
        let text = format!("{issuer}{}/{}", self.record.owner.account, self.record.name);
        STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()))
    }

    /// The keys that the session goes on carrying (AWS: "IAM and AWS STS condition context keys", SAML).
    pub(super) fn kept(&self, assertion: &Assertion, name_qualifier: &str) -> FederatedOrigin {
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
    pub(super) fn keys(&self, assertion: &Assertion, kept: &FederatedOrigin) -> policy::Context {
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

impl Ready {
    fn of(cx: &Context<'_>, sts: &Sts, owner: Owner, from: Sources) -> Result<Self> {
        let keyring = cx.authorizer().keyring();
        let mut keys = Vec::new();
        for (place, sealed) in &from.keys {
            let sealed: Sealed = sealed.parse().map_err(Error::internal)?;
            let pem = keyring.unseal(SamlProvider::PURPOSE, place.as_bytes(), &sealed);
            let pem = pem.map_err(Error::internal)?;
            keys.extend(std::str::from_utf8(&pem).ok().and_then(DecryptionKey::parse));
        }
        let metadata = Metadata::parse(&from.document.document).map_err(Error::internal)?;
        let recipients = sts.saml.recipients(owner.partition, &from.uuid);
        Ok(Self { from, metadata, keys, recipients })
    }
}

async fn sealed_keys(cx: &Context<'_>, record: &SamlProvider) -> Result<Vec<(String, Arc<str>)>> {
    let mut keys = Vec::new();
    for key in &record.private_keys {
        let place = record.secret_key(&key.id);
        if let Some(sealed) = cx.read().secret(SamlProvider::SECRET, &place).await? {
            keys.push((place, sealed));
        }
    }
    Ok(keys)
}

/// The name under which AWS's metadata speak of AWS.
const AUDIENCE: &str = "urn:amazon:webservices";
/// So many providers are kept ready.
const MOST_READY: usize = 200;
