//! Signing keys: derived from a secret for one day, region and service.

use std::hash::{BuildHasher, RandomState};

use arc_swap::ArcSwapOption;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use types::Secret;

use crate::{Scope, TERMINATOR};

/// A key that signs for one day, region and service. It holds the state of the MAC after the
/// key has entered it, which saves two blocks per signature.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Derives the key.
    #[must_use]
    pub fn derive(secret: &Secret, date: &str, region: &str, service: &str) -> Self {
        let mut first = zeroize::Zeroizing::new(Vec::with_capacity(64));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret.expose().as_bytes());
        let mut key = keyed(&first);
        for part in [date, region, service, TERMINATOR] {
            key.update(part.as_bytes());
            let next = zeroize::Zeroizing::new(<[u8; 32]>::from(key.finalize().into_bytes()));
            key = keyed(next.as_slice());
        }
        Self(key)
    }

    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        self.0.clone()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// Derived keys, kept for the next request of the same key, day, region and service.
///
/// Bounded by construction: a fixed number of slots, each replaced when another key falls
/// into it. Reading takes no lock. A hit counts only when the secret is the one that the
/// key was derived from, so a key id that gets another secret cannot use the old key.
pub struct SigningKeyCache {
    slots: Box<[ArcSwapOption<Entry>]>,
    hasher: RandomState,
}

struct Entry {
    access_key_id: String,
    date: String,
    region: String,
    service: String,
    secret: Secret,
    key: SigningKey,
}

impl SigningKeyCache {
    /// A cache of at least one and about `slots` keys, some 500 bytes each once filled.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        let slots = slots.clamp(1, 1 << 20).next_power_of_two();
        Self { slots: (0..slots).map(|_| ArcSwapOption::empty()).collect(), hasher: RandomState::new() }
    }

    /// The key for the scope, derived now if it is not at hand.
    #[must_use]
    pub fn key(&self, access_key_id: &str, scope: &Scope<'_>, secret: &Secret) -> SigningKey {
        let hash = self.hasher.hash_one((access_key_id, scope.date(), scope.region(), scope.service()));
        let place = usize::try_from(hash).unwrap_or(0) & (self.slots.len() - 1);
        let Some(slot) = self.slots.get(place) else {
            return SigningKey::derive(secret, scope.date(), scope.region(), scope.service());
        };
        if let Some(entry) = slot.load().as_deref()
            && entry.access_key_id == access_key_id
            && entry.date == scope.date()
            && entry.region == scope.region()
            && entry.service == scope.service()
            && bool::from(entry.secret.expose().as_bytes().ct_eq(secret.expose().as_bytes()))
        {
            return entry.key.clone();
        }
        let key = SigningKey::derive(secret, scope.date(), scope.region(), scope.service());
        slot.store(Some(std::sync::Arc::new(Entry {
            access_key_id: access_key_id.to_owned(),
            date: scope.date().to_owned(),
            region: scope.region().to_owned(),
            service: scope.service().to_owned(),
            secret: secret.clone(),
            key: key.clone(),
        })));
        key
    }

    /// Forgets every key.
    pub fn clear(&self) {
        for slot in &self.slots {
            slot.store(None);
        }
    }
}

impl std::fmt::Debug for SigningKeyCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKeyCache({} slots)", self.slots.len())
    }
}
