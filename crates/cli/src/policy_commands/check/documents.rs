//! The documents that are to be checked: plain ones, and those in Terraform plans.

use std::io::ErrorKind::InvalidData;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use policy::Policy;
use serde_json::Value as Json;

use super::terraform;
use crate::policy_commands::input;

/// A document and where it was found.
pub(crate) struct Document {
    /// The file, as it was named.
    pub(crate) file: String,
    /// The resource in a Terraform plan.
    pub(crate) address: Option<String>,
    /// Where in the resource.
    pub(crate) attribute: Option<String>,
    /// What the policy belongs to, as Access Analyzer names it, in a plan.
    pub(crate) resource_type: Option<&'static str>,
    pub(crate) state: State,
    /// What is there now, where a plan says so.
    pub(crate) before: Option<Arc<Policy>>,
}

/// What is known of a document.
pub(crate) enum State {
    /// It is there.
    Known {
        policy: Arc<Policy>,
        /// Whether places in it are places in the file.
        is_whole_file: bool,
    },
    /// It is not known before the plan is carried out, or does not read; the reason.
    Unknown(String),
    /// The plan does not even tell whether there is one, or holds something that is none; how that is.
    Untold(String),
}

impl Document {
    /// What reports call it.
    pub(crate) fn name(&self) -> String {
        match (&self.address, &self.attribute) {
            (Some(address), Some(attribute)) => format!("{address} ({attribute})"),
            (Some(address), None) => address.clone(),
            (None, _) => self.file.clone(),
        }
    }
}

/// Reads a file, `-`, `file://…` or JSON text.
pub(crate) fn read(named: &str) -> anyhow::Result<Vec<Document>> {
    let (file, text) = if named.trim_start().starts_with('{') {
        ("-".to_owned(), named.to_owned())
    } else {
        let path = named.strip_prefix("file://").unwrap_or(named);
        let text = input::read(Path::new(path)).map_err(|error| {
            let is_binary =
                error.downcast_ref::<std::io::Error>().is_some_and(|cause| cause.kind() == InvalidData);
            if is_binary {
                error.context("of a plan, give what `terraform show -json` prints")
            } else {
                error
            }
        })?;
        (path.to_owned(), text)
    };
    let not_json = || format!("`{file}` is neither a policy document nor a Terraform plan");
    let json: Json = serde_json::from_str(&text).with_context(not_json)?;
    if terraform::is_plan(&json) {
        return terraform::documents(&file, &json);
    }
    let policy = Policy::parse(&text).with_context(|| format!("`{file}` is no policy"))?;
    Ok(vec![Document {
        file,
        address: None,
        attribute: None,
        resource_type: None,
        state: State::Known { policy: Arc::new(policy), is_whole_file: true },
        before: None,
    }])
}
