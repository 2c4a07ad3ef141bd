//! Services: what the service authorization reference says of each.

use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

use crate::condition_key::ConditionKey;
use crate::text::{Columns, compare, find};
use crate::{Action, ResourceType};

/// A service as policies know it: one of AWS's, or an account's own.
///
/// AWS: "Actions, resources, and condition keys for AWS services".
#[derive(Clone, Debug)]
pub struct Service {
    prefix: Cow<'static, str>,
    block: &'static str,
    facts: OnceLock<Facts>,
}

#[derive(Clone, Debug, Default)]
struct Facts {
    name: Cow<'static, str>,
    takes_rcps: bool,
    actions: Vec<Action>,
    resource_types: Vec<ResourceType>,
    condition_keys: Vec<ConditionKey>,
}

/// All services, ordered by prefix.
pub fn services() -> &'static [Service] {
    &SERVICES
}

/// The service of that prefix (`iam`, `s3`), whatever its case.
pub fn service(prefix: &str) -> Option<&'static Service> {
    find(services(), prefix, Service::prefix)
}

/// The action of that service and name, whatever their case.
pub fn action(prefix: &str, name: &str) -> Option<&'static Action> {
    service(prefix)?.action(name)
}

impl Service {
    /// An own service, known by its prefix. Resource control policies do not reach it.
    pub fn own(
        prefix: &str,
        mut actions: Vec<Action>,
        mut resource_types: Vec<ResourceType>,
        mut condition_keys: Vec<ConditionKey>,
    ) -> Self {
        actions.sort_by(|one, other| compare(one.name(), other.name()));
        resource_types.sort_by(|one, other| compare(one.name(), other.name()));
        condition_keys.sort_by(|one, other| compare(one.name(), other.name()));
        let name = Cow::Owned(prefix.to_owned());
        let facts = Facts { name, takes_rcps: false, actions, resource_types, condition_keys };
        Service { prefix: Cow::Owned(prefix.to_owned()), block: "", facts: OnceLock::from(facts) }
    }

    /// The part of an action before the colon.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The name that people know it by.
    pub fn name(&self) -> &str {
        &self.facts().name
    }

    /// Whether resource control policies apply to its resources.
    pub fn takes_resource_control_policies(&self) -> bool {
        self.facts().takes_rcps
    }

    /// Its actions, ordered by lower-case name.
    pub fn actions(&self) -> &[Action] {
        &self.facts().actions
    }

    /// The action of that name, whatever its case.
    pub fn action(&self, name: &str) -> Option<&Action> {
        find(self.actions(), name, Action::name)
    }

    /// Its resource types, ordered by lower-case name.
    pub fn resource_types(&self) -> &[ResourceType] {
        &self.facts().resource_types
    }

    /// The resource type of that name, whatever its case.
    pub fn resource_type(&self, name: &str) -> Option<&ResourceType> {
        find(self.resource_types(), name, ResourceType::name)
    }

    /// Its condition keys (global ones that it supports included), ordered by lower-case name.
    pub fn condition_keys(&self) -> &[ConditionKey] {
        &self.facts().condition_keys
    }

    /// The condition key of that name; a tag key or the like may stand for a placeholder.
    pub fn condition_key(&self, name: &str) -> Option<&ConditionKey> {
        ConditionKey::find(self.condition_keys(), name)
    }

    fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| Facts::read(self.block))
    }
}

impl Facts {
    fn read(block: &'static str) -> Self {
        let mut facts = Facts::default();
        for line in block.lines() {
            let mut columns = Columns::of(line);
            match columns.next() {
                "s" => {
                    let _prefix = columns.next();
                    facts.name = Cow::Borrowed(columns.next());
                    facts.takes_rcps = columns.next() == "rcp";
                }
                "r" => facts.resource_types.push(ResourceType::read(columns)),
                "k" => facts.condition_keys.push(ConditionKey::read(columns)),
                "a" => facts.actions.push(Action::read(columns)),
                _ => {}
            }
        }
        facts
    }
}

static TEXT: &str = include_str!("../../../model/catalog/services.txt");
static INDEX: &str = include_str!("../../../model/catalog/services.index");

static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| {
    let mut services: Vec<Service> = INDEX
        .lines()
        .map(|line| {
            let mut columns = Columns::of(line);
            let prefix = columns.next();
            let (start, length) = (columns.number(), columns.number());
            let block = TEXT.get(start..start.saturating_add(length)).unwrap_or_default();
            Service { prefix: Cow::Borrowed(prefix), block, facts: OnceLock::new() }
        })
        .collect();
    services.sort_by(|one, other| compare(&one.prefix, &other.prefix));
    services
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccessLevel;

    #[test]
    fn every_block_begins_with_its_own_service() {
        for service in services() {
            let prefix = service.block.lines().next().and_then(|line| line.split('\t').nth(1));
            assert_eq!(prefix, Some(service.prefix()));
            assert!(!service.name().is_empty());
        }
        assert!(services().len() > 400);
    }

    #[test]
    fn every_name_in_every_list_is_found() {
        for service in services() {
            for action in service.actions() {
                let found = service.action(&action.name().to_uppercase()).unwrap();
                assert_eq!(found.name(), action.name());
            }
            for kind in service.resource_types() {
                assert!(service.resource_type(kind.name()).is_some(), "{} {}", service.prefix, kind.name());
            }
            for key in service.condition_keys() {
                assert!(service.condition_key(key.name()).is_some(), "{} {}", service.prefix, key.name());
            }
        }
    }

    #[test]
    fn a_name_that_no_service_has_is_not_found() {
        assert!(service("").is_none());
        assert!(service("ia").is_none());
        assert!(action("iam", "CreateUse").is_none());
        assert!(action("s3", "CreateUser").is_none());
    }

    #[test]
    fn iam_and_sts_are_as_the_reference_has_them() {
        let create = action("iam", "CreateUser").unwrap();
        assert_eq!(create.access_level(), AccessLevel::Write);
        let keys: Vec<_> = create.condition_keys().collect();
        assert_eq!(keys, ["aws:RequestTag/${TagKey}", "aws:TagKeys", "iam:PermissionsBoundary"]);
        assert_eq!(action("iam", "ListUsers").unwrap().access_level(), AccessLevel::List);
        assert_eq!(action("iam", "TagUser").unwrap().access_level(), AccessLevel::Tagging);
        assert_eq!(
            action("iam", "AttachUserPolicy").unwrap().access_level(),
            AccessLevel::PermissionsManagement
        );
        assert_eq!(action("sts", "GetCallerIdentity").unwrap().access_level(), AccessLevel::Read);
    }

    #[test]
    fn resource_control_policies_reach_only_some_services() {
        assert!(service("s3").unwrap().takes_resource_control_policies());
        assert!(service("sts").unwrap().takes_resource_control_policies());
        assert!(!service("iam").unwrap().takes_resource_control_policies());
    }
}
