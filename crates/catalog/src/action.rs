//! Actions: what a policy can allow.

use std::borrow::Cow;

use crate::text::{Columns, words};

/// An action of a service.
#[derive(Clone, Debug)]
pub struct Action {
    name: Cow<'static, str>,
    access_level: AccessLevel,
    /// `type=key key|type!`: the bang marks what each call names.
    resources: Cow<'static, str>,
    condition_keys: Cow<'static, str>,
}

/// What kind of access an action gives.
///
/// AWS: "Access levels in policy summaries".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccessLevel {
    /// Tells which resources there are.
    List,
    /// Reads the contents of a resource.
    Read,
    /// Makes, changes or deletes resources.
    Write,
    /// Changes nothing but tags.
    Tagging,
    /// Grants or changes permissions.
    PermissionsManagement,
}

/// A resource type as one action takes it.
#[derive(Clone, Copy, Debug)]
pub struct ResourceUse<'a> {
    name: &'a str,
    required: bool,
    condition_keys: &'a str,
}

impl Action {
    /// An action of an own service. No name has a space, `|`, `=` or `!`: they would be read as others.
    pub fn own(
        name: &str,
        access_level: AccessLevel,
        resources: &[String],
        condition_keys: &[String],
    ) -> Self {
        Action {
            name: Cow::Owned(name.to_owned()),
            access_level,
            resources: Cow::Owned(resources.join("|")),
            condition_keys: Cow::Owned(condition_keys.join(" ")),
        }
    }

    /// The name as its service spells it, without the service's prefix.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of access it gives.
    pub fn access_level(&self) -> AccessLevel {
        self.access_level
    }

    /// The resource types that a statement about it may name.
    pub fn resources(&self) -> impl Iterator<Item = ResourceUse<'_>> {
        self.resources.split('|').filter(|usage| !usage.is_empty()).map(ResourceUse::read)
    }

    /// Whether only a statement with `"Resource": "*"` can allow it.
    pub fn takes_only_wildcard(&self) -> bool {
        self.resources.is_empty()
    }

    /// The condition keys that it supports whatever the resource type, as patterns such as `aws:RequestTag/${TagKey}`.
    pub fn condition_keys(&self) -> impl Iterator<Item = &str> {
        words(&self.condition_keys)
    }

    pub(crate) fn read(mut columns: Columns) -> Self {
        Action {
            name: Cow::Borrowed(columns.next()),
            access_level: AccessLevel::read(columns.next()),
            resources: Cow::Borrowed(columns.next()),
            condition_keys: Cow::Borrowed(columns.next()),
        }
    }
}

impl AccessLevel {
    /// The name as AWS prints it.
    pub fn as_str(self) -> &'static str {
        match self {
            AccessLevel::List => "List",
            AccessLevel::Read => "Read",
            AccessLevel::Write => "Write",
            AccessLevel::Tagging => "Tagging",
            AccessLevel::PermissionsManagement => "Permissions management",
        }
    }

    /// The level of that name. `cargo xtask model catalog` lets no other name in than the five.
    fn read(name: &str) -> Self {
        match name {
            "List" => AccessLevel::List,
            "Read" => AccessLevel::Read,
            "Tagging" => AccessLevel::Tagging,
            "Permissions management" => AccessLevel::PermissionsManagement,
            _ => AccessLevel::Write,
        }
    }
}

impl<'a> ResourceUse<'a> {
    /// The resource type's name in its service.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Whether each call names a resource of this type.
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// The condition keys that the action supports for this type in particular.
    pub fn condition_keys(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        words(self.condition_keys)
    }

    fn read(usage: &'a str) -> Self {
        let (name, condition_keys) = usage.split_once('=').unwrap_or((usage, ""));
        let (name, required) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
        ResourceUse { name, required, condition_keys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{action, services};

    #[test]
    fn resources_tell_required_from_optional_and_their_own_keys() {
        let run = action("ec2", "RunInstances").unwrap();
        let image = run.resources().find(|usage| usage.name() == "image").unwrap();
        assert!(image.is_required());
        assert!(image.condition_keys().any(|key| key == "ec2:Owner"));
        let placement = run.resources().find(|usage| usage.name() == "placement-group").unwrap();
        assert!(!placement.is_required());
    }

    #[test]
    fn an_action_without_resource_types_takes_only_the_wildcard() {
        assert!(action("iam", "GetAccountSummary").unwrap().takes_only_wildcard());
        assert!(!action("iam", "GetUser").unwrap().takes_only_wildcard());
    }

    #[test]
    fn every_resource_that_an_action_takes_is_a_type_of_its_service() {
        let mut strangers = Vec::new();
        for service in services() {
            for action in service.actions() {
                for usage in action.resources() {
                    if service.resource_type(usage.name()).is_none() {
                        strangers.push(format!("{}:{} {}", service.prefix(), action.name(), usage.name()));
                    }
                }
            }
        }
        assert!(strangers.is_empty(), "{strangers:?}");
    }

    #[test]
    fn levels_print_as_they_are_read() {
        for level in ["List", "Read", "Write", "Tagging", "Permissions management"] {
            assert_eq!(AccessLevel::read(level).as_str(), level);
        }
    }
}
