//! Own services from files.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use catalog::Catalog;
use policy::ServiceDefinition;

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

/// The definition of a file.
pub(crate) fn definition(file: &Path) -> anyhow::Result<ServiceDefinition> {
    let text = input::read(file)?;
    ServiceDefinition::parse(&text).with_context(|| format!("`{}` defines no service", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
