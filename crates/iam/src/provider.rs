//! Identity providers as requests name them: by ARN.

use std::sync::Arc;

use api::iam::faults;
use authz::Ask;
use directory::{OpenIdConnectProvider, ProviderKey, SamlProvider};
use service::{Context, Result};
use store::Record;
use types::{Arn, Owner, TagSet};
use wire::Fault;

/// A kind of identity provider.
pub(crate) trait Provider: Record<Key = ProviderKey> {
    /// The resource type in the ARN.
    const RESOURCE_TYPE: &'static str;

    /// Its tags.
    fn tags(&self) -> &TagSet;

    /// The refusal when there is none with an ARN.
    fn missing(arn: &Arn) -> Fault;
}

/// The provider that a request names, whether it exists or not.
pub(crate) struct ProviderTarget<P> {
    arn: Arn,
    owner: Owner,
    found: Option<Arc<P>>,
}

impl<P: Provider> ProviderTarget<P> {
    /// Looks for the provider with this ARN.
    pub(crate) async fn at(cx: &Context<'_>, text: &str) -> Result<Self> {
        let caller = cx.owner()?;
        let not_valid = || Fault::validation(format!("Invalid ARN: {text}"));
        let arn = Arn::parse(text).map_err(|_| not_valid())?;
        let account = arn.account().filter(|_| arn.region().is_empty()).ok_or_else(not_valid)?;
        if arn.partition() != Some(caller.partition) {
            return Err(Fault::validation("Invalid ARN partition").into());
        }
        if arn.service() != "iam" {
            return Err(Fault::validation("Invalid service in ARN").into());
        }
        let name = arn.resource().strip_prefix(P::RESOURCE_TYPE).and_then(|rest| rest.strip_prefix('/'));
        let name = name.ok_or_else(|| Fault::validation("Invalid resource type in ARN"))?;
        if name.is_empty() {
            return Err(Fault::validation("Invalid ARN").into());
        }
        let owner = Owner::new(caller.partition, account);
        let found = match owner == caller {
            true => cx.read().get::<P>(&ProviderKey::new(owner, name)).await?,
            false => None,
        };
        Ok(Self { arn, owner, found })
    }

    /// Asks leave for an action on it, with its tags. A provider of another account has no policy of its own, so
    /// nobody from outside gets leave.
    pub(crate) fn ask(&self, action: &'static str) -> Ask {
        let ask = Ask::new(action, &self.arn).owned_by(self.owner);
        match &self.found {
            Some(provider) => ask.with_resource_tags(provider.tags()),
            None => ask,
        }
    }

    /// The provider, or `NoSuchEntity`.
    pub(crate) fn existing(self) -> Result<Arc<P>> {
        Ok(self.found.ok_or_else(|| P::missing(&self.arn))?)
    }
}

impl Provider for OpenIdConnectProvider {
    const RESOURCE_TYPE: &'static str = Self::RESOURCE_TYPE;

    fn tags(&self) -> &TagSet {
        &self.tags
    }

    fn missing(arn: &Arn) -> Fault {
        faults::no_such_entity(format!("OpenIDConnect Provider not found for arn {arn}"))
    }
}

impl Provider for SamlProvider {
    const RESOURCE_TYPE: &'static str = Self::RESOURCE_TYPE;

    fn tags(&self) -> &TagSet {
        &self.tags
    }

    fn missing(arn: &Arn) -> Fault {
        faults::no_such_entity(format!("Manifest not found for arn {arn}"))
    }
}
