//! An account as an issuer of tokens that others trust (AWS: "Federating AWS identities to external services").

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::seal::Purpose;
use store::{IndexEntry, IndexSpec, Record};
use types::Owner;

use crate::account::AccountKey;

/// An account's own OpenID Connect issuer. It stays when the feature is switched off: tokens that are out can still be
/// verified, and whoever trusts the issuer need not be told anew when it is switched on again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WebIdentityIssuer {
    /// The account.
    pub owner: Owner,
    /// What tells it from other issuers of this server, in its URL.
    pub id: String,
    /// Whether it issues tokens.
    pub is_enabled: bool,
    /// The keys that its tokens are verified with, the oldest first.
    pub keys: Vec<IssuerKey>,
}

/// A key pair of an issuer. The private key is a secret of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuerKey {
    /// Its id, `kid` in tokens.
    pub id: String,
    /// When it was made and published.
    pub created: Timestamp,
    /// The public key.
    pub public: IssuerPublicKey,
}

/// A public key as a JSON Web Key has it: numbers in unpadded URL-safe base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IssuerPublicKey {
    /// RSA with SHA-256: modulus and exponent.
    Rsa {
        /// The modulus.
        n: String,
        /// The exponent.
        e: String,
    },
    /// ECDSA on P-384 with SHA-384: the coordinates.
    P384 {
        /// The first coordinate.
        x: String,
        /// The second coordinate.
        y: String,
    },
}

/// How a token is signed (AWS: "GetWebIdentityToken").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// RSA with SHA-256.
    Rs256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
}

impl SigningAlgorithm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Rs256, Self::Es384];

    /// The algorithm with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Its name in the registry of JSON Web Algorithms.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es384 => "ES384",
        }
    }
}

impl IssuerKey {
    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        match self.public {
            IssuerPublicKey::Rsa { .. } => SigningAlgorithm::Rs256,
            IssuerPublicKey::P384 { .. } => SigningAlgorithm::Es384,
        }
    }

    /// Whether verifiers have had the time to hear of it.
    fn is_known(&self, now: Timestamp) -> bool {
        now.duration_since(self.created) >= LEAD
    }
}

impl WebIdentityIssuer {
    /// The issuer with an id; in one partition.
    pub const BY_ID: IndexSpec = IndexSpec::unique("web-identity-issuer/by-id");
    /// The partition of [`Self::BY_ID`].
    pub const ALL: &'static str = "issuers";

    /// The kind under which the sealed private keys are kept, as PKCS #8; see [`Self::secret_key`].
    pub const SECRET: &'static str = "web-identity-key";
    /// What they are sealed for.
    pub const PURPOSE: Purpose = Purpose::new("web identity key");

    /// The key under which one of its private keys is kept.
    #[must_use]
    pub fn secret_key(&self, id: &str) -> String {
        format!("{}/{id}", self.owner)
    }

    /// Its URL on a server that is reached at `base`.
    #[must_use]
    pub fn url(&self, base: &str) -> String {
        format!("{base}/oidc/{}", self.id)
    }

    /// The key that signs now: the newest that verifiers can know, or else the first that there is.
    #[must_use]
    pub fn signing_key(&self, algorithm: SigningAlgorithm, now: Timestamp) -> Option<&IssuerKey> {
        let mut of_kind = self.keys.iter().filter(|key| key.algorithm() == algorithm);
        let first = of_kind.clone().next();
        of_kind.rfind(|key| key.is_known(now)).or(first)
    }

    /// Whether the next key of a kind is to be made and published.
    #[must_use]
    pub fn needs_key(&self, algorithm: SigningAlgorithm, now: Timestamp) -> bool {
        let newest = self.keys.iter().rfind(|key| key.algorithm() == algorithm);
        newest.is_none_or(|key| now.duration_since(key.created) >= LIFE)
    }

    /// Adds a key, and takes out those that have signed no token for as long as the longest lasts: their ids.
    pub fn add_key(&mut self, key: IssuerKey) -> Vec<String> {
        let (algorithm, now) = (key.algorithm(), key.created);
        let signing = self.signing_key(algorithm, now).map(|signing| signing.created);
        let is_past = |key: &IssuerKey| {
            // The one that signs now took over within its lead; what came before it is of no use any more.
            key.algorithm() == algorithm && signing.is_some_and(|signing| key.created < signing)
        };
        let past = self.keys.iter().filter(|key| is_past(key)).map(|key| key.id.clone()).collect();
        self.keys.retain(|key| !is_past(key));
        self.keys.push(key);
        past
    }
}

impl Record for WebIdentityIssuer {
    const KIND: &'static str = "web-identity-issuer";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_ID];
    type Key = AccountKey;

    fn key(&self) -> AccountKey {
        AccountKey(self.owner)
    }

    fn entries(&self) -> Vec<IndexEntry> {
        vec![Self::BY_ID.entry(Self::ALL, self.id.clone())]
    }
}

/// A key is published so long before it signs: who caches the keys hears of it in time.
const LEAD: SignedDuration = SignedDuration::from_hours(24);
/// A key's successor is made when it is so old.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * 90);

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, day: i64) -> IssuerKey {
        let created = Timestamp::from_second(day * 86_400).unwrap();
        IssuerKey {
            id: id.into(),
            created,
            public: IssuerPublicKey::P384 { x: String::new(), y: String::new() },
        }
    }

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400).unwrap()
    }

    fn signs(issuer: &WebIdentityIssuer, day: i64) -> &str {
        &issuer.signing_key(SigningAlgorithm::Es384, at(day)).unwrap().id
    }

    #[test]
    fn a_key_is_published_a_day_before_it_signs_and_its_predecessor_goes_with_the_next() {
        let owner = Owner::parse("aws:123456789012").unwrap();
        let mut issuer = WebIdentityIssuer { owner, id: "i".into(), is_enabled: true, keys: Vec::new() };
        assert!(issuer.needs_key(SigningAlgorithm::Es384, at(0)));
        assert!(issuer.add_key(key("a", 0)).is_empty());
        assert_eq!(signs(&issuer, 0), "a", "the first one signs at once");
        assert!(!issuer.needs_key(SigningAlgorithm::Es384, at(89)));
        assert!(issuer.needs_key(SigningAlgorithm::Rs256, at(89)), "each algorithm has keys of its own");

        assert!(issuer.needs_key(SigningAlgorithm::Es384, at(90)));
        assert!(issuer.add_key(key("b", 90)).is_empty());
        assert_eq!((signs(&issuer, 90), signs(&issuer, 91)), ("a", "b"));

        assert_eq!(issuer.add_key(key("c", 180)), ["a"]);
        assert_eq!((signs(&issuer, 180), signs(&issuer, 181)), ("b", "c"));
    }

    #[test]
    fn algorithms_are_told_apart_by_their_exact_names() {
        assert_eq!(SigningAlgorithm::named("ES384"), Some(SigningAlgorithm::Es384));
        for name in ["es384", "none", "HS256", ""] {
            assert_eq!(SigningAlgorithm::named(name), None, "{name}");
        }
    }
}
