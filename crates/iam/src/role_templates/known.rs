//! The templates that AWS publishes, as far as its answers are known.

use std::sync::LazyLock;

use api::iam::types::{
    InlinePolicy, ManagedByTypeType, ParameterDefinition, ParameterTypeType, RoleTemplateVersion,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value as Json;
use types::Arn;

/// A template in its only version: major 1, minor 0.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Template {
    /// The principal of the service that it belongs to.
    service: String,
    name: String,
    version_id: String,
    description: String,
    /// The pattern of the path; none for the root.
    pub(super) role_path_pattern: Option<String>,
    pub(super) role_description_pattern: String,
    pub(super) trust: Json,
    #[serde(default)]
    pub(super) inline: Vec<Inline>,
    /// The managed policies of AWS's, by path and name.
    #[serde(default)]
    managed: Vec<String>,
    pub(super) parameters: Vec<Parameter>,
    /// The longest session of its roles, in seconds.
    #[serde(default = "an_hour")]
    pub(super) max_session_duration: i32,
    created: Timestamp,
}

/// An inline policy of a template.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Inline {
    pub(super) name: String,
    pub(super) document: Json,
}

/// A parameter of a template.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Parameter {
    pub(super) name: String,
    r#type: Type,
    description: String,
    is_required: bool,
    /// The value where the caller gives none.
    pub(super) default_value: Option<String>,
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Type {
    String,
    StringList,
}

impl Parameter {
    /// Whether it holds a list; one text otherwise.
    pub(super) fn is_list(&self) -> bool {
        self.r#type == Type::StringList
    }
}

impl Template {
    /// The template with an ARN, in a version; in its default version where none is asked for.
    pub(super) fn find(arn: &Arn, minor_version: Option<i32>) -> Option<&'static Self> {
        let known = KNOWN.as_ref().ok()?;
        let template = known.iter().find(|template| template.arn() == arn.as_str())?;
        minor_version.is_none_or(|version| version == template.minor_version()).then_some(template)
    }

    fn arn(&self) -> String {
        format!("arn:aws:iam::aws:role-template/{}/{}:{MAJOR}", self.service, self.name)
    }

    /// The number of this version, which is the default one.
    pub(super) fn minor_version(&self) -> i32 {
        0
    }

    /// The ARNs of the managed policies.
    pub(super) fn managed(&self) -> impl Iterator<Item = String> {
        self.managed.iter().map(|policy| format!("arn:aws:iam::aws:policy/{policy}"))
    }

    /// The template as it is shown.
    pub(super) fn shown(&self, arn: &Arn) -> RoleTemplateVersion {
        let inline = self.inline.iter().map(|policy| InlinePolicy {
            policy_name: policy.name.clone(),
            policy_document: policy.document.to_string(),
        });
        let parameters = self.parameters.iter().map(|parameter| ParameterDefinition {
            name: parameter.name.clone(),
            r#type: if parameter.is_list() {
                ParameterTypeType::StringList
            } else {
                ParameterTypeType::String
            },
            sub_type: None,
            description: Some(parameter.description.clone()),
            is_required: Some(parameter.is_required),
            default_value: parameter.default_value.clone(),
            immutable: Some(false),
        });
        let some = |list: Vec<_>| (!list.is_empty()).then_some(list);
        RoleTemplateVersion {
            template_arn: Some(arn.to_string()),
            template_name: Some(self.name.clone()),
            template_version_id: Some(self.version_id.clone()),
            description: Some(self.description.clone()),
            major_version: Some(MAJOR),
            default_minor_version: Some(self.minor_version()),
            managed_by_type: Some(ManagedByTypeType::Service),
            managed_by_value: Some(self.service.clone()),
            enabled: Some(true),
            minor_version: Some(self.minor_version()),
            role_name_pattern: Some(NAME.to_owned()),
            role_path_pattern: self.role_path_pattern.clone(),
            role_description_pattern: Some(self.role_description_pattern.clone()),
            assume_role_policy_document_template: Some(self.trust.to_string()),
            inline_policy_templates: Some(inline.collect::<Vec<_>>()).filter(|list| !list.is_empty()),
            managed_policy_arns: some(self.managed().collect()),
            permission_boundary_arn: None,
            parameters_definition: Some(parameters.collect()),
            role_tags_template: None,
            max_session_duration: Some(self.max_session_duration),
            version_enabled: Some(true),
            create_timestamp: Some(self.created),
            update_timestamp: Some(self.created),
        }
    }
}

fn an_hour() -> i32 {
    3_600
}

static KNOWN: LazyLock<Result<Vec<Template>, serde_json::Error>> =
    LazyLock::new(|| serde_json::from_str(include_str!("aws.json")));

/// The major version of every template.
const MAJOR: i32 = 1;
/// The pattern of every template's names.
pub(super) const NAME: &str = "@{RoleName}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read_and_its_policies_are_in_the_catalog() {
        let known = KNOWN.as_ref().unwrap();
        assert_eq!(known.len(), 5);
        for template in known {
            let arn = Arn::parse(&template.arn()).unwrap();
            assert!(Template::find(&arn, Some(0)).is_some() && Template::find(&arn, Some(1)).is_none());
            for policy in &template.managed {
                assert!(catalog::managed_policy(&format!("/{policy}")).is_some(), "{policy}");
            }
        }
    }
}
