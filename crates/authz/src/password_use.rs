//! When passwords were last used to sign in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use directory::{EntityKey, PasswordUsage, User};
use jiff::Timestamp;
use store::{Record as _, RecordKey as _};
use types::{Owner, UniqueId};

use crate::{Authorizer, Failure};

/// The last use of each user's password, account by account, read when they are first asked for: lists of users show
/// them all.
#[derive(Debug, Default)]
pub(crate) struct PasswordUses(Mutex<HashMap<Owner, Uses>>);

/// The moments by user.
type Uses = Arc<HashMap<UniqueId, Timestamp>>;

impl Authorizer {
    /// When each user of an account last signed in with its password; users who never did are missing.
    ///
    /// # Errors
    ///
    /// What the store cannot read.
    pub async fn password_uses(&self, owner: Owner) -> Result<Uses, Failure> {
        if let Some(known) = self.password_uses.all().get(&owner) {
            return Ok(Arc::clone(known));
        }
        let mut read = HashMap::new();
        for (key, json) in self.store.notes(PasswordUsage::KIND, &format!("{owner}/")).await? {
            if let (Some(key), Ok(usage)) =
                (EntityKey::parse_path(&key), serde_json::from_str::<PasswordUsage>(&json))
            {
                read.insert(key.id, usage.at);
            }
        }
        Ok(Arc::clone(self.password_uses.all().entry(owner).or_insert_with(|| Arc::new(read))))
    }

    /// Notes that a user signed in with its password.
    ///
    /// # Errors
    ///
    /// What the store cannot read.
    pub async fn note_password_use(&self, user: &User, at: Timestamp) -> Result<(), Failure> {
        self.password_uses(user.owner).await?;
        if let Some(uses) = self.password_uses.all().get_mut(&user.owner) {
            Arc::make_mut(uses).insert(user.id.clone(), at);
        }
        // A timestamp always prints.
        if let Ok(json) = serde_json::to_string(&PasswordUsage { at }) {
            self.store.note(PasswordUsage::KIND, &user.key().path(), json);
        }
        Ok(())
    }
}

impl PasswordUses {
    fn all(&self) -> MutexGuard<'_, HashMap<Owner, Uses>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
