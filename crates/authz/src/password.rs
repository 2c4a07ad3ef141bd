//! Passwords: how they are hashed and held against a hash.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use types::Secret;

use crate::Failure;

/// What one hash of a password costs (argon2id; OWASP: "Password Storage Cheat Sheet").
#[derive(Debug, Clone, Copy)]
pub struct PasswordCost {
    /// Memory in KiB, at least 8.
    pub memory: u32,
    /// Passes over it, at least 1.
    pub passes: u32,
}

impl Default for PasswordCost {
    fn default() -> Self {
        Self { memory: 19_456, passes: 2 }
    }
}

/// Hashes passwords away from the threads that answer, a few at a time: each takes memory and a core.
#[derive(Debug)]
pub struct Passwords {
    cost: PasswordCost,
    slots: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost) -> Self {
        Self { cost, slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The hash of a password under a random salt, in PHC form.
    pub async fn hash(&self, password: Secret, salt: [u8; 16]) -> Result<String, Failure> {
        let salt = SaltString::encode_b64(&salt).map_err(failed)?;
        let cost = self.cost;
        self.run(move || {
            let params = Params::new(cost.memory, cost.passes, 1, None).map_err(failed)?;
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            Ok(argon2.hash_password(password.expose().as_bytes(), &salt).map_err(failed)?.to_string())
        })
        .await
    }

    /// Whether a password has one of these hashes.
    pub async fn has_any(&self, password: Secret, hashes: Vec<String>) -> Result<bool, Failure> {
        self.run(move || {
            for text in &hashes {
                // The parameters are those that the hash names; argon2 compares in constant time.
                let hash = PasswordHash::new(text).map_err(failed)?;
                match Argon2::default().verify_password(password.expose().as_bytes(), &hash) {
                    Ok(()) => return Ok(true),
                    Err(argon2::password_hash::Error::Password) => {}
                    Err(cause) => return Err(failed(cause)),
                }
            }
            Ok(false)
        })
        .await
    }

    /// Whether a password has the hash that is expected, if one is. Where none is, as much work is done for nothing,
    /// so that the time taken does not tell whether there is a password.
    pub async fn has(&self, password: Secret, expected: Option<String>) -> Result<bool, Failure> {
        match expected {
            Some(hash) => self.has_any(password, vec![hash]).await,
            None => self.hash(password, [0; 16]).await.map(|_| false),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(failed)?;
        let working = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(slot);
            done
        });
        working.await.map_err(failed)?
    }
}

fn failed(cause: impl std::fmt::Display) -> Failure {
    Failure::Unreadable(format!("a password could not be hashed: {cause}"))
}

/// So many passwords are hashed at once.
const AT_ONCE: usize = 2;
