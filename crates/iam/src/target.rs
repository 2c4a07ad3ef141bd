//! What a request names, whether it exists or not.

use std::sync::Arc;

use api::iam::faults;
use authz::Ask;
use directory::{Group, InstanceProfile, ManagedPolicy, Named, Role, User, arn_of};
use service::{Context, Result};
use types::{Arn, Path, TagSet};
use wire::Fault;

/// An entity of IAM as its operations speak of it.
pub(crate) trait Entity: Named {
    /// What messages call it: `user`.
    const NOUN: &'static str;

    /// Its tags, if its kind has any.
    fn tags(&self) -> Option<&TagSet>;

    /// The refusal when there is none with a name.
    fn missing(name: &str) -> Fault {
        faults::no_such_entity(format!("The {} with name {name} cannot be found.", Self::NOUN))
    }

    /// The refusal when there is one with a name already.
    fn exists(name: &str) -> Fault {
        faults::entity_already_exists(format!("{} with name {name} already exists.", Self::capital_noun()))
    }

    /// What messages call it where it begins a sentence: `User`.
    fn capital_noun() -> String {
        let mut noun = Self::NOUN.to_owned();
        if let Some(first) = noun.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        noun
    }
}

/// What a request names: an entity, or the name of one that does not exist.
pub(crate) struct Target<E> {
    arn: Arn,
    name: String,
    entity: Option<Arc<E>>,
}

impl<E: Entity> Target<E> {
    /// Looks for the entity of the caller's account with a name; case does not matter.
    pub(crate) async fn named(cx: &Context<'_>, name: &str) -> Result<Self> {
        let owner = cx.owner()?;
        let entity = cx.read().find::<E>(&E::BY_NAME, &owner.to_string(), &name.to_ascii_lowercase()).await?;
        let arn =
            entity.as_ref().map_or_else(|| arn_of::<E>(owner, &Path::root(), name), |entity| entity.arn());
        Ok(Self { arn, name: name.to_owned(), entity })
    }

    /// An entity that is at hand.
    pub(crate) fn of(entity: Arc<E>) -> Self {
        Self { arn: entity.arn(), name: entity.name().to_owned(), entity: Some(entity) }
    }

    /// Asks leave for an action on it, with its tags.
    pub(crate) fn ask(&self, action: &'static str) -> Ask {
        let ask = Ask::new(action, &self.arn);
        match self.entity.as_ref().and_then(|entity| entity.tags()) {
            Some(tags) => ask.with_resource_tags(tags),
            None => ask,
        }
    }

    /// The entity, where it exists.
    pub(crate) fn found(&self) -> Option<&E> {
        self.entity.as_deref()
    }

    /// The entity, or `NoSuchEntity`.
    pub(crate) fn existing(self) -> Result<Arc<E>> {
        Ok(self.entity.ok_or_else(|| E::missing(&self.name))?)
    }
}

/// The collection of an account's entities of a kind: what its list operation asks leave for.
pub(crate) fn collection<E: Entity>(cx: &Context<'_>) -> Result<Arn> {
    Ok(cx.owner()?.iam_arn(&format!("{}/", E::RESOURCE_TYPE)))
}

impl Entity for User {
    const NOUN: &'static str = "user";

    fn tags(&self) -> Option<&TagSet> {
        Some(&self.tags)
    }
}

impl Entity for Group {
    const NOUN: &'static str = "group";

    fn tags(&self) -> Option<&TagSet> {
        None
    }
}

impl Entity for Role {
    const NOUN: &'static str = "role";

    fn tags(&self) -> Option<&TagSet> {
        Some(&self.tags)
    }
}

impl Entity for InstanceProfile {
    const NOUN: &'static str = "instance profile";

    fn tags(&self) -> Option<&TagSet> {
        Some(&self.tags)
    }

    fn missing(name: &str) -> Fault {
        faults::no_such_entity(format!("Instance Profile {name} cannot be found."))
    }

    fn exists(name: &str) -> Fault {
        faults::entity_already_exists(format!("Instance Profile {name} already exists."))
    }
}

impl Entity for ManagedPolicy {
    const NOUN: &'static str = "policy";

    fn tags(&self) -> Option<&TagSet> {
        Some(&self.tags)
    }

    fn exists(name: &str) -> Fault {
        faults::entity_already_exists(format!(
            "A policy called {name} already exists. Duplicate names are not allowed."
        ))
    }
}
