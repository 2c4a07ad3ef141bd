//! The facts that hold for an account: AWS's, and those of its own services.

use std::sync::Arc;

use crate::condition_key::{ConditionKey, global_condition_keys};
use crate::text::{compare, find};
use crate::{Action, Service, service, services};

/// AWS's facts with some own services beside them, which cannot stand for one of AWS's. Cheap to copy.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Ordered by prefix.
    own: Vec<Arc<Service>>,
}

/// Why a service cannot be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixTaken {
    /// The prefix.
    pub prefix: String,
    /// Whether it is AWS's, rather than that of another own service.
    pub by_aws: bool,
}

static AWS: Catalog = Catalog { own: Vec::new() };

impl Catalog {
    /// AWS's facts alone.
    pub fn aws() -> &'static Self {
        &AWS
    }

    /// AWS's facts and these services.
    pub fn with(own: impl IntoIterator<Item = Arc<Service>>) -> Result<Self, PrefixTaken> {
        let mut own: Vec<Arc<Service>> = own.into_iter().collect();
        own.sort_by(|one, other| compare(one.prefix(), other.prefix()));
        let taken = |service: &Service, by_aws| PrefixTaken { prefix: service.prefix().to_owned(), by_aws };
        if let Some(aws) = own.iter().find(|service| is_aws(service.prefix())) {
            return Err(taken(aws, true));
        }
        let mut pairs = own.iter().zip(own.iter().skip(1));
        if let Some((twice, _)) = pairs.find(|(one, other)| one.prefix().eq_ignore_ascii_case(other.prefix()))
        {
            return Err(taken(twice, false));
        }
        Ok(Catalog { own })
    }

    /// The own services, ordered by prefix.
    pub fn own(&self) -> impl Iterator<Item = &Service> {
        self.own.iter().map(|service| &**service)
    }

    /// All services: AWS's, then the own.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        services().iter().chain(self.own())
    }

    /// The service of that prefix, whatever its case.
    pub fn service(&self, prefix: &str) -> Option<&Service> {
        service(prefix).or_else(|| find(&self.own, prefix, |service| service.prefix()).map(|own| &**own))
    }

    /// The action of that service and name, whatever their case.
    pub fn action(&self, prefix: &str, name: &str) -> Option<&Action> {
        self.service(prefix)?.action(name)
    }

    /// An action, `service:Name`, as its service writes it; as it stands where no service has it.
    pub fn spelled(&self, action: &str) -> String {
        let known = action.split_once(':').and_then(|(prefix, name)| {
            let service = self.service(prefix)?;
            Some(format!("{}:{}", service.prefix(), service.action(name)?.name()))
        });
        known.unwrap_or_else(|| action.to_owned())
    }

    /// The condition key of that name, whatever its case: a global one, or one of the service its prefix names.
    ///
    /// The keys of identity providers (`saml:sub`, `accounts.google.com:aud`) are those of `sts`.
    pub fn condition_key(&self, name: &str) -> Option<&ConditionKey> {
        let (prefix, _) = name.split_once(':')?;
        if prefix.eq_ignore_ascii_case("aws") {
            return ConditionKey::find(global_condition_keys(), name);
        }
        let own = self.service(prefix).and_then(|service| service.condition_key(name));
        own.or_else(|| service("sts")?.condition_key(name))
    }
}

impl std::fmt::Display for PrefixTaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { prefix, by_aws } = self;
        match by_aws {
            true => write!(f, "`{prefix}` is a service of AWS's, which cannot be defined anew"),
            false => write!(f, "the service `{prefix}` is defined twice"),
        }
    }
}

impl std::error::Error for PrefixTaken {}

/// Whether a prefix is AWS's: of a service, or of condition keys that services or identity providers have.
fn is_aws(prefix: &str) -> bool {
    service(prefix).is_some() || RESERVED.iter().any(|known| known.eq_ignore_ascii_case(prefix))
}

/// Prefixes of condition keys and of ARNs that are no service's, and of keys that identity providers have.
const RESERVED: [&str; 9] = [
    "aws",
    "catalog",
    "cognito-identity-auth",
    "cognito-identity-unauth",
    "elastic-inference",
    "identitycenter",
    "ldap",
    "route53-recovery-control",
    "saml",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccessLevel, KeyType, ResourceType};

    fn shop(prefix: &str) -> Arc<Service> {
        let key = |name: &str| format!("{prefix}:{name}");
        Arc::new(Service::own(
            prefix,
            vec![
                Action::own("ListOrders", AccessLevel::List, &[], &[]),
                Action::own("GetOrder", AccessLevel::Read, &["order".to_owned()], &[key("Channel")]),
            ],
            vec![ResourceType::own(
                "order",
                &[format!("arn:${{Partition}}:{prefix}:${{Region}}:${{Account}}:order/${{OrderId}}")],
                &["aws:ResourceTag/${TagKey}".to_owned()],
            )],
            vec![
                ConditionKey::own(&key("Weights"), KeyType::Numeric, true),
                ConditionKey::own(&key("Label/${Name}"), KeyType::String, false),
                ConditionKey::own(&key("Channel"), KeyType::String, false),
            ],
        ))
    }

    #[test]
    fn an_own_service_answers_as_those_of_aws_do() {
        let catalog = Catalog::with([shop("warehouse"), shop("shop")]).unwrap();
        let get = catalog.action("SHOP", "getorder").unwrap();
        assert_eq!((get.name(), get.access_level()), ("GetOrder", AccessLevel::Read));
        assert_eq!(get.resources().map(|usage| usage.name()).collect::<Vec<_>>(), ["order"]);
        assert_eq!(get.condition_keys().collect::<Vec<_>>(), ["shop:Channel"]);
        assert!(catalog.action("shop", "ListOrders").unwrap().takes_only_wildcard());
        assert!(catalog.condition_key("shop:weights").unwrap().is_multivalued());
        assert_eq!(catalog.condition_key("shop:label/x").unwrap().name(), "shop:Label/${Name}");
        assert_eq!(catalog.own().map(Service::prefix).collect::<Vec<_>>(), ["shop", "warehouse"]);
        assert_eq!(catalog.services().count(), services().len() + 2);
        let order = catalog.service("shop").unwrap().resource_type("order").unwrap();
        assert_eq!(order.arn_formats().count(), 1);
    }

    #[test]
    fn aws_alone_knows_no_own_service_and_keeps_its_own() {
        let catalog = Catalog::with([shop("shop")]).unwrap();
        assert!(Catalog::aws().service("shop").is_none() && service("shop").is_none());
        for known in [Catalog::aws(), &catalog] {
            assert_eq!(known.service("iam").unwrap().name(), service("iam").unwrap().name());
            assert!(
                known.condition_key("aws:TagKeys").is_some() && known.condition_key("saml:sub").is_some()
            );
        }
    }

    #[test]
    fn a_prefix_has_one_service_and_those_of_aws_are_taken() {
        for prefix in ["s3", "IAM", "aws", "saml"] {
            let taken = Catalog::with([shop(prefix)]).unwrap_err();
            assert!(taken.by_aws, "{prefix}");
        }
        let twice = Catalog::with([shop("shop"), shop("Shop")]).unwrap_err();
        assert_eq!((twice.prefix.as_str(), twice.by_aws), ("shop", false));
        assert_eq!(twice.to_string(), "the service `shop` is defined twice");
    }
}
