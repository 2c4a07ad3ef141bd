//! Own services from files.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use catalog::Catalog;
use directory::OwnService;
use policy::{Action, ActionPattern, ServiceDefinition};

use super::input;
use crate::args::OwnServices;

/// AWS's facts and those of the definitions.
pub(crate) fn catalog(services: &OwnServices) -> anyhow::Result<Catalog> {
    let mut own = Vec::with_capacity(services.definitions.len());
    for file in &services.definitions {
        own.push(Arc::clone(definition(file)?.service()));
    }
    Ok(Catalog::with(own)?)
}

/// The same beside what accounts have registered. A file counts for more than a registration; of registrations under one
/// name in several accounts the first does, and that is said.
pub(crate) fn catalog_beside(
    services: &OwnServices,
    registered: &[Arc<OwnService>],
) -> anyhow::Result<Catalog> {
    let given = catalog(services)?;
    let mut known: Vec<Arc<catalog::Service>> = Vec::new();
    for file in &services.definitions {
        known.push(Arc::clone(definition(file)?.service()));
    }
    let mut seen: HashMap<&str, &OwnService> = HashMap::new();
    for own in registered.iter().filter(|own| given.service(&own.name).is_none()) {
        if let Some(first) = seen.get(own.name.as_str()) {
            if first.definition != own.definition {
                eprintln!(
                    "portcullis: warning: accounts {} and {} define `{}` each in its own way: the first is used; ask about \
                     one with --account",
                    first.owner.account, own.owner.account, own.name
                );
            }
            continue;
        }
        seen.insert(&own.name, own);
        let defined = ServiceDefinition::parse(own.definition.as_str());
        known.push(Arc::clone(
            defined.with_context(|| format!("the definition of `{}`", own.name))?.service(),
        ));
    }
    Ok(Catalog::with(known)?)
}

/// What the catalog says against a name of an action; `None` where there is such an action, or one that fits the pattern.
pub(crate) fn unknown_action(catalog: &Catalog, action: &str) -> Option<String> {
    if action == "*" {
        return None;
    }
    let (prefix, _) = action.split_once(':')?;
    let Some(service) = catalog.service(prefix) else {
        return Some(format!("there is no service `{prefix}`, neither AWS's nor a registered one"));
    };
    let pattern = ActionPattern::new(action, policy::Span::default());
    let fits = |name: &str| {
        Action::parse(&format!("{}:{name}", service.prefix())).is_ok_and(|action| pattern.matches(&action))
    };
    let is_known = service.actions().iter().any(|action| fits(action.name()));
    (!is_known).then(|| format!("the service {} has no action `{action}`", service.prefix()))
}

/// The definition of a file.
pub(crate) fn definition(file: &Path) -> anyhow::Result<ServiceDefinition> {
    let text = input::read(file)?;
    ServiceDefinition::parse(&text).with_context(|| format!("`{}` defines no service", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mistyped_is_no_action_and_a_pattern_is_if_it_fits_one() {
        let aws = Catalog::aws();
        for known in ["*", "s3:GetObject", "S3:getobject", "s3:Get*", "s3:*", "iam:?etUser"] {
            assert_eq!(unknown_action(aws, known), None, "{known}");
        }
        let told = unknown_action(aws, "shop:Buy").unwrap();
        assert_eq!(told, "there is no service `shop`, neither AWS's nor a registered one");
        assert_eq!(unknown_action(aws, "s3:Fetch*").unwrap(), "the service s3 has no action `s3:Fetch*`");
    }

    #[test]
    fn a_file_counts_for_more_than_a_registration() {
        let dir = tempfile::tempdir().unwrap();
        let file = write(dir.path(), "shop.json", r#"{"Name": "shop", "Actions": [{"Name": "Buy"}]}"#);
        let registered = |name: &str, action: &str| {
            let text = format!(r#"{{"Name": "{name}", "Actions": [{{"Name": "{action}"}}]}}"#);
            let owner = types::Owner::new(types::Partition::Aws, "111122223333".parse().unwrap());
            let definition = ServiceDefinition::parse(&text).unwrap();
            Arc::new(OwnService::new(owner, &definition, jiff::Timestamp::UNIX_EPOCH))
        };
        let own = [registered("shop", "Sell"), registered("bank", "Pay"), registered("bank", "Lend")];
        let known = catalog_beside(&OwnServices { definitions: vec![file] }, &own).unwrap();
        let has = |service: &str, action: &str| known.action(service, action).is_some();
        assert!(has("shop", "Buy") && !has("shop", "Sell") && has("bank", "Pay") && !has("bank", "Lend"));
    }

    fn write(dir: &Path, name: &str, text: &str) -> std::path::PathBuf {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn definitions_add_to_what_is_known_and_say_what_is_wrong_with_them() {
        let dir = tempfile::tempdir().unwrap();
        let shop = write(dir.path(), "shop.json", r#"{"Name": "shop", "Actions": [{"Name": "Buy"}]}"#);
        let known = catalog(&OwnServices { definitions: vec![shop.clone()] }).unwrap();
        assert!(known.action("shop", "buy").is_some() && known.action("s3", "GetObject").is_some());

        let twice = catalog(&OwnServices { definitions: vec![shop.clone(), shop] }).unwrap_err();
        assert_eq!(twice.to_string(), "the service `shop` is defined twice");
        let bad =
            write(dir.path(), "bad.json", "{\n  \"Name\": \"s3\",\n  \"Actions\": [{\"Name\": \"Buy\"}]}");
        let told = format!("{:#}", definition(&bad).unwrap_err());
        assert!(
            told.ends_with("line 2, column 11: `s3` is a service of AWS's, which cannot be defined anew"),
            "{told}"
        );
    }
}
