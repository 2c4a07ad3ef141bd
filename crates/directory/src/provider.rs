//! Identity providers: whom an account trusts to say who somebody is.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::seal::Purpose;
use store::{IndexEntry, IndexSpec, Record, RecordKey};
use types::{Arn, Owner, TagSet};

/// The key of an identity provider: its account and what its ARN says behind the resource type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderKey {
    /// The account.
    pub owner: Owner,
    /// The name of a SAML provider, the URL without `https://` of an OpenID Connect provider.
    pub name: String,
}

impl ProviderKey {
    /// The key of the provider with this name.
    #[must_use]
    pub fn new(owner: Owner, name: impl Into<String>) -> Self {
        Self { owner, name: name.into() }
    }
}

impl std::fmt::Display for ProviderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl RecordKey for ProviderKey {
    fn path(&self) -> Cow<'_, str> {
        self.to_string().into()
    }

    fn parse_path(path: &str) -> Option<Self> {
        let (owner, name) = path.split_once('/')?;
        Some(Self::new(Owner::parse(owner).ok()?, name))
    }
}

/// An OpenID Connect provider of an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenIdConnectProvider {
    /// The account.
    pub owner: Owner,
    /// Its URL without `https://`, as it was given: host and path.
    pub url: String,
    /// When it was made.
    pub created: Timestamp,
    /// The audiences that its tokens may have, in the order in which they were added.
    pub client_ids: Vec<String>,
    /// SHA-1 thumbprints of certificates that its server may show, lower-case hex.
    pub thumbprints: Vec<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagSet,
}

impl OpenIdConnectProvider {
    /// The providers of an account, by URL; partition: the account.
    pub const BY_ACCOUNT: IndexSpec = IndexSpec::shared("oidc-provider/by-account");
    /// The resource type in the ARN.
    pub const RESOURCE_TYPE: &'static str = "oidc-provider";

    /// Its ARN, `arn:aws:iam::ACCOUNT:oidc-provider/HOST/PATH`.
    #[must_use]
    pub fn arn(&self) -> Arn {
        self.owner.iam_arn(&format!("{}/{}", Self::RESOURCE_TYPE, self.url))
    }
}

impl Record for OpenIdConnectProvider {
    const KIND: &'static str = "oidc-provider";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_ACCOUNT];
    type Key = ProviderKey;

    fn key(&self) -> ProviderKey {
        ProviderKey::new(self.owner, &*self.url)
    }

    fn entries(&self) -> Vec<IndexEntry> {
        vec![Self::BY_ACCOUNT.entry(self.owner.to_string(), self.url.clone())]
    }
}

/// A SAML provider of an account. Its metadata, which may be long, is a record of its own: [`SamlMetadata`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SamlProvider {
    /// The account.
    pub owner: Owner,
    /// Its name.
    pub name: String,
    /// Its unique id.
    pub uuid: String,
    /// When it was made.
    pub created: Timestamp,
    /// Until when its metadata hold.
    pub valid_until: Timestamp,
    /// Whether its assertions may or must be encrypted; neither was said where it is `None`.
    pub encryption: Option<AssertionEncryption>,
    /// The private keys that decrypt its assertions, the oldest first.
    #[serde(default)]
    pub private_keys: Vec<SamlPrivateKey>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagSet,
}

/// Whether assertions are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AssertionEncryption {
    /// They must be.
    Required,
    /// They may be.
    Allowed,
}

/// A private key that decrypts assertions. The key itself is a secret of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamlPrivateKey {
    /// Its id.
    pub id: String,
    /// When it was added.
    pub added: Timestamp,
}

impl SamlProvider {
    /// The providers of an account, by name; partition: the account.
    pub const BY_ACCOUNT: IndexSpec = IndexSpec::shared("saml-provider/by-account");
    /// The resource type in the ARN.
    pub const RESOURCE_TYPE: &'static str = "saml-provider";

    /// The kind under which the sealed private keys are kept, as PEM; see [`Self::secret_key`].
    pub const SECRET: &'static str = "saml-private-key";
    /// What they are sealed for.
    pub const PURPOSE: Purpose = Purpose::new("saml private key");

    /// Its ARN, `arn:aws:iam::ACCOUNT:saml-provider/NAME`.
    #[must_use]
    pub fn arn(&self) -> Arn {
        self.owner.iam_arn(&format!("{}/{}", Self::RESOURCE_TYPE, self.name))
    }

    /// The key under which one of its private keys is kept.
    #[must_use]
    pub fn secret_key(&self, id: &str) -> String {
        format!("{}/{}/{id}", self.owner, self.name)
    }
}

impl Record for SamlProvider {
    const KIND: &'static str = "saml-provider";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_ACCOUNT];
    type Key = ProviderKey;

    fn key(&self) -> ProviderKey {
        ProviderKey::new(self.owner, &*self.name)
    }

    fn entries(&self) -> Vec<IndexEntry> {
        vec![Self::BY_ACCOUNT.entry(self.owner.to_string(), self.name.clone())]
    }
}

/// The metadata document of a SAML provider, byte for byte as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamlMetadata {
    /// The account.
    pub owner: Owner,
    /// The provider's name.
    pub name: String,
    /// The document.
    pub document: String,
}

impl Record for SamlMetadata {
    const KIND: &'static str = "saml-metadata";
    const INDEXES: &'static [IndexSpec] = &[];
    type Key = ProviderKey;

    /// The key of its provider.
    fn key(&self) -> ProviderKey {
        ProviderKey::new(self.owner, &*self.name)
    }

    fn entries(&self) -> Vec<IndexEntry> {
        Vec::new()
    }
}
