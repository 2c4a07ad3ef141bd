//! What is known of the services that a request is about: facts beside a decision, never part of it.

use catalog::{Catalog, ConditionKey};
use serde::Serialize;

use crate::Request;
use crate::glob::Glob;

/// What the catalog knows of an action.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionFacts {
    /// The name of the service.
    pub service: String,
    /// The action as its service spells it; none where the service has no such action.
    pub action: Option<String>,
    /// `Read`, `Write` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_level: Option<&'static str>,
    /// The resource types that it acts on; none where only `*` can be named.
    pub resource_types: Vec<ResourceTypeFacts>,
    /// Whether the request's resource is one that the action can be asked for.
    pub takes_resource: bool,
}

/// A resource type and the forms of its ARNs.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceTypeFacts {
    /// The name.
    pub name: String,
    /// The forms.
    pub arn_formats: Vec<String>,
}

impl ActionFacts {
    /// What is known of a request's action; nothing where its service is not known.
    pub(super) fn of(catalog: &Catalog, request: &Request) -> Option<Self> {
        let service = catalog.service(request.action.service())?;
        let Some(action) = service.action(request.action.name()) else {
            return Some(Self {
                service: service.name().to_owned(),
                action: None,
                access_level: None,
                resource_types: Vec::new(),
                takes_resource: false,
            });
        };
        let types = action.resources().filter_map(|usage| service.resource_type(usage.name()));
        let resource_types: Vec<ResourceTypeFacts> = types
            .map(|kind| ResourceTypeFacts {
                name: kind.name().to_owned(),
                arn_formats: kind.arn_formats().map(str::to_owned).collect(),
            })
            .collect();
        let resource = request.resource.as_str();
        let is_open = !action.resources().any(|usage| usage.is_required());
        let takes_resource = (resource == "*" && is_open)
            || resource_types.iter().flat_map(|kind| &kind.arn_formats).any(|form| has_form(resource, form));
        Some(Self {
            service: service.name().to_owned(),
            action: Some(format!("{}:{}", service.prefix(), action.name())),
            access_level: Some(action.access_level().as_str()),
            resource_types,
            takes_resource,
        })
    }

    /// Whether only `*` can be named as the action's resource.
    pub(super) fn takes_only_wildcard(&self) -> bool {
        self.action.is_some() && self.resource_types.is_empty()
    }

    /// What is odd about the request, for people.
    pub(super) fn remark(&self, request: &Request) -> Option<String> {
        let asked = request.action.as_str();
        match &self.action {
            None => Some(format!("{} has no action {asked}.", self.service)),
            Some(_) if self.takes_resource => None,
            Some(action) if self.resource_types.is_empty() => {
                Some(format!("{action} acts on no resource in particular: only \"*\" can be named."))
            }
            Some(action) => {
                let forms = self.resource_types.iter().flat_map(|kind| {
                    kind.arn_formats.iter().map(|form| format!("{} ({form})", kind.name)).collect::<Vec<_>>()
                });
                let forms: Vec<String> = forms.collect();
                Some(format!(
                    "{action} acts on {}; `{}` is none of these.",
                    forms.join(", "),
                    request.resource
                ))
            }
        }
    }
}

/// The type of a condition key, as its service's reference has it.
pub(super) fn type_name(key: &ConditionKey) -> String {
    format!("{}{}", if key.is_multivalued() { "ArrayOf" } else { "" }, key.key_type().as_str())
}

/// Whether an ARN has a form: its parts are those of the form, each placeholder standing for any text.
fn has_form(resource: &str, form: &str) -> bool {
    let (mut parts, mut forms) = (resource.splitn(6, ':'), form.splitn(6, ':'));
    loop {
        match (parts.next(), forms.next()) {
            (None, None) => return true,
            (Some(part), Some(form)) if Glob::parse(&starred(form)).matches(part) => {}
            _ => return false,
        }
    }
}

/// A star for each placeholder.
fn starred(form: &str) -> String {
    let mut out = String::with_capacity(form.len());
    let mut rest = form;
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((_, after)) = behind.split_once('}') else { break };
        out.push_str(before);
        out.push('*');
        rest = after;
    }
    out.push_str(rest);
    out
}
