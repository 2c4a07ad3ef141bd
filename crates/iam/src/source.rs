//! A user, group or role that a request names by its ARN, for questions about its policies.

use api::iam::faults;
use authz::{Ask, Granted};
use directory::{Grantee, Group, Role, User};
use policy::Principal;
use service::{Context, Result};
use types::Arn;

use crate::target::{Entity, Target};

/// The identity whose policies are asked about, whether it exists or not.
pub(crate) enum Source {
    /// A user.
    User(Target<User>),
    /// A group.
    Group(Target<Group>),
    /// A role.
    Role(Target<Role>),
}

/// An identity that exists.
pub(crate) enum FoundSource {
    /// A user.
    User(std::sync::Arc<User>),
    /// A group.
    Group(std::sync::Arc<Group>),
    /// A role.
    Role(std::sync::Arc<Role>),
}

impl Source {
    /// Looks for the identity of the caller's account with this ARN.
    pub(crate) async fn named(cx: &Context<'_>, text: &str) -> Result<Self> {
        let invalid = || {
            let message = format!("Invalid Entity Arn: {text} does not clearly define entity type and name.");
            faults::invalid_input(message)
        };
        let arn = Arn::parse(text).map_err(|_| invalid())?;
        let (kind, rest) = arn.resource_type_and_id();
        let name = rest.rsplit('/').next().unwrap_or_default();
        if arn.service() != "iam" || !arn.region().is_empty() || name.is_empty() {
            return Err(invalid().into());
        }
        // Another account's identities are not here to be looked at.
        if arn.account() != Some(cx.owner()?.account) {
            return Err(User::missing(name).into());
        }
        Ok(match kind {
            "user" => Self::User(at(cx, &arn, name).await?),
            "group" => Self::Group(at(cx, &arn, name).await?),
            "role" => Self::Role(at(cx, &arn, name).await?),
            _ => return Err(invalid().into()),
        })
    }

    /// Asks leave for an action on it, with its tags.
    pub(crate) fn ask(&self, action: &'static str) -> Ask {
        match self {
            Self::User(user) => user.ask(action),
            Self::Group(group) => group.ask(action),
            Self::Role(role) => role.ask(action),
        }
    }

    /// The identity, or `NoSuchEntity`.
    pub(crate) fn existing(self) -> Result<FoundSource> {
        Ok(match self {
            Self::User(user) => FoundSource::User(user.existing()?),
            Self::Group(group) => FoundSource::Group(group.existing()?),
            Self::Role(role) => FoundSource::Role(role.existing()?),
        })
    }

    /// What the identity is granted, and the principal that it is; a group is none.
    pub(crate) async fn granted(self, cx: &Context<'_>) -> Result<(Granted, Option<Principal>)> {
        let (authorizer, snapshot) = (cx.authorizer(), cx.read());
        match self.existing()? {
            FoundSource::User(user) => {
                let principal = policy::User::new(directory::Named::arn(&*user))?.with_id(user.id.clone());
                Ok((authorizer.granted_to_user(snapshot, &user).await?, Some(Principal::User(principal))))
            }
            FoundSource::Group(group) => Ok((authorizer.granted_to_group(snapshot, &group).await?, None)),
            FoundSource::Role(role) => {
                let principal =
                    policy::AssumedRole::of_role(directory::Named::arn(&*role))?.with_id(role.id.clone());
                Ok((
                    authorizer.granted_to_role(snapshot, &role).await?,
                    Some(Principal::AssumedRole(principal)),
                ))
            }
        }
    }
}

impl FoundSource {
    /// It as a holder of policies.
    pub(crate) fn grantee(&self) -> Grantee {
        match self {
            Self::User(user) => user.grantee(),
            Self::Group(group) => group.grantee(),
            Self::Role(role) => role.grantee(),
        }
    }
}

/// The entity with that name, if its whole ARN is the one that was given: the path is part of it.
async fn at<E: Entity>(cx: &Context<'_>, arn: &Arn, name: &str) -> Result<Target<E>> {
    let target = Target::<E>::named(cx, name).await?;
    let is_other =
        target.found().is_some_and(|found| !found.arn().as_str().eq_ignore_ascii_case(arn.as_str()));
    if is_other {
        return Err(E::missing(name).into());
    }
    Ok(target)
}
