//! What is known of services in an account: AWS's, and those that it has registered.

use std::sync::Arc;

use catalog::{Catalog, Service};
use directory::{OwnService, OwnServiceKey};
use policy::ServiceDefinition;
use store::{Record as _, Snapshot};
use types::Owner;

use crate::{Authorizer, Failure};

impl Authorizer {
    /// AWS's facts and those of an account's own services.
    pub async fn catalog(&self, snapshot: &Snapshot, owner: Owner) -> Result<Catalog, Failure> {
        let registered = snapshot.all::<OwnService>(&OwnService::BY_ACCOUNT, &owner.to_string()).await?;
        let own = registered.iter().filter_map(|record| self.defined(record));
        // Names are unique among the records, and none of AWS's is read as a definition.
        Ok(Catalog::with(own).unwrap_or_default())
    }

    /// An account's own service of that name, whatever its case.
    pub(crate) async fn own_service(
        &self,
        snapshot: &Snapshot,
        owner: Owner,
        name: &str,
    ) -> Result<Option<Arc<Service>>, Failure> {
        let record = snapshot.get::<OwnService>(&OwnServiceKey::new(owner, name)).await?;
        Ok(record.and_then(|record| self.defined(&record)))
    }

    /// What a record defines, read once and kept while its text stays the same. Nothing where AWS has had a service of
    /// that name since.
    fn defined(&self, record: &OwnService) -> Option<Arc<Service>> {
        let (key, text) = (record.key(), record.definition.as_str());
        if let Some((known, service)) = self.own_services.get(&key)
            && *known == *text
        {
            return Some(service);
        }
        match ServiceDefinition::parse(text) {
            Ok(definition) => {
                let service = Arc::clone(definition.service());
                self.own_services.insert(key, (text.into(), Arc::clone(&service)));
                Some(service)
            }
            Err(cause) => {
                tracing::warn!(%key, %cause, "an own service is passed over");
                None
            }
        }
    }
}
