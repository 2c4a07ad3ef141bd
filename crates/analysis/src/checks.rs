//! Policy validation: what AWS's Access Analyzer finds in a document, and more.
//!
//! Each check has a file of its own, or is a row of a family that differs in data only, and all stand in
//! [`CHECKS`]. A finding has the code and the gravity that AWS gives it (AWS: "IAM policy validation check
//! reference"), details in our own words, and places exact to line and column. Checks that AWS lacks are told by
//! their own codes; `docs/policy-checks.md` describes them.
//!
//! ```
//! use analysis::checks::{PolicyType, validate};
//!
//! let findings = validate(r#"{"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Action": "s3:GetObjct", "Resource": "arn:aws:s3:::home/*"}]}"#, PolicyType::Identity, None);
//! assert_eq!(findings[0].code, "INVALID_ACTION");
//! assert_eq!(findings[0].details, "There is no action `s3:GetObjct`. Was `s3:GetObject` meant?");
//! assert_eq!((findings[0].locations[0].start.line, findings[0].locations[0].start.column), (2, 35));
//! ```

mod address;
mod allow_with_not_principal;
mod arn;
mod arn_account_not_allowed;
mod arn_region_not_allowed;
mod check;
mod condition_key_never_carried;
mod condition_on_everything;
mod confirm_audience_claim_type;
mod data_type_mismatch;
mod deprecated_global_condition_key;
mod duplicate_keys_with_different_case;
mod dynamodb_attributes_without_select;
mod empty_array_action;
mod empty_array_condition;
mod empty_array_principal;
mod empty_array_resource;
mod empty_object_condition;
mod empty_object_principal;
mod empty_sid_value;
mod empty_variable;
mod facts;
mod federated_principal_not_supported;
mod federation;
mod finding;
mod forallvalues_with_single_valued_key;
mod foranyvalue_with_audience_claim_type;
mod glob;
mod improve_ip_range;
mod invalid_action;
mod invalid_arn_account;
mod invalid_arn_prefix;
mod invalid_arn_region;
mod invalid_arn_resource;
mod invalid_arn_service_case;
mod invalid_condition_data_type;
mod invalid_condition_key_format;
mod invalid_condition_multiple_boolean;
mod invalid_condition_operator;
mod invalid_date_value;
mod invalid_effect;
mod invalid_federated_principal_syntax_in_role_trust_policy;
mod invalid_global_condition_key;
mod invalid_kms_key_value;
mod invalid_partition;
mod invalid_policy_element;
mod invalid_principal_format;
mod invalid_principal_key;
mod invalid_region;
mod invalid_role_reference;
mod invalid_service;
mod invalid_service_condition_key;
mod invalid_service_in_action;
mod invalid_service_principal_format;
mod invalid_variable_for_operator;
mod invalid_version;
mod invalid_vpc_format;
mod irrelevant_condition_key_in_policy;
mod json_syntax_error;
mod last_accessed;
mod mismatched_action_for_principal;
mod missing_action;
mod missing_action_for_condition_key;
mod missing_action_for_roles_anywhere_trust_policy;
mod missing_arn_account;
mod missing_arn_field;
mod missing_arn_region;
mod missing_brace_in_variable;
mod missing_condition_key_for_oidc_principal;
mod missing_effect;
mod missing_github_repo_condition_key;
mod missing_paired_condition_keys;
mod missing_principal;
mod missing_qualifier;
mod missing_quote_in_variable;
mod missing_resource;
mod missing_statement;
mod missing_tag_key_in_condition;
mod missing_version;
mod null_with_if_exists;
mod null_with_qualifier;
mod passing_roles;
mod policy_size;
mod policy_type;
mod prelude;
mod private_ip_address;
mod rcp_missing_related_condition_key;
mod rcp_syntax_error_action;
mod rcp_syntax_error_allow;
mod rcp_syntax_error_notaction;
mod rcp_syntax_error_principal;
mod recommended_condition_key_for_service_principal;
mod redundant_action;
mod redundant_condition_value_num;
mod redundant_principal_in_role_trust_policy;
mod redundant_resource;
mod redundant_statement;
mod restrict_access_to_service_principal;
mod role_trust_policy_syntax_error_notprincipal;
mod role_trust_policy_syntax_error_resource;
mod role_trust_policy_unsupported_wildcard_in_principal;
mod s3_prefix_in_negative_context;
mod scp_syntax_error_action_wildcard;
mod scp_syntax_error_principal;
mod size_near_quota;
mod specific_github_repo_and_branch_recommended;
mod statement_without_effect;
mod string_like_operator_with_arn_condition_keys;
mod subject;
mod table;
mod type_mismatch;
mod type_mismatch_boolean;
mod type_mismatch_date;
mod type_mismatch_ip_range;
mod type_mismatch_number;
mod type_mismatch_string;
mod unique_sids_recommended;
mod unique_sids_required;
mod unneeded_wildcard;
mod unsupported_action_for_condition_key;
mod unsupported_action_in_policy;
mod unsupported_condition_key_for_service_principal;
mod unsupported_element_combination;
mod unsupported_global_condition_key;
mod unsupported_principal;
mod unsupported_resource_arn_in_policy;
mod unsupported_sid;
mod unsupported_space_in_variable;
mod unsupported_tag_condition_key;
mod unsupported_wildcard_in_principal;
mod untrustworthy_condition_key;
mod use_condition_key_only_with_supported_services;
mod variable_unsupported_in_element;
mod variable_unsupported_in_version;
mod variables;
mod wildcard_in_service_name;
mod wildcard_usage_too_permissive;
mod wildcard_without_like_operator;

use catalog::Catalog;
use policy::{Lines, json};

use finding::Found;
use subject::Subject;

pub use check::Check;
pub use finding::{Finding, FindingType, Location, PathElement};
pub use last_accessed::LastAccessed;
pub use policy_type::{PolicyType, ResourceType};
pub use table::{CHECKS, OWN_CODES};

/// Checks a document. Findings come by gravity, then by place.
///
/// Of a resource policy it may be said what it is attached to; one of which nothing is said, and which speaks of STS
/// alone, is taken for a role's trust policy.
#[must_use]
pub fn validate(text: &str, policy_type: PolicyType, resource_type: Option<ResourceType>) -> Vec<Finding> {
    validate_with(text, policy_type, resource_type, None, Catalog::aws())
}

/// Checks a document by the facts of a catalog, and against what its principal was seen to do.
#[must_use]
pub fn validate_with(
    text: &str,
    policy_type: PolicyType,
    resource_type: Option<ResourceType>,
    used: Option<&LastAccessed>,
    catalog: &Catalog,
) -> Vec<Finding> {
    let all: Vec<&Check> = checks().collect();
    validate_by(&all, text, policy_type, resource_type, used, catalog)
}

/// Checks a document with some checks only.
#[must_use]
pub fn validate_by(
    checks: &[&Check],
    text: &str,
    policy_type: PolicyType,
    resource_type: Option<ResourceType>,
    used: Option<&LastAccessed>,
    catalog: &Catalog,
) -> Vec<Finding> {
    let lines = Lines::of(text);
    let node = match json::read(text) {
        Ok(node) => node,
        Err(fault) => {
            let mut found = Found::new(text, &lines, None);
            checks.iter().for_each(|check| check.look_at_text(text, &fault, &mut found));
            return found.finish();
        }
    };
    let subject = Subject::new(text, &node, policy_type, resource_type, used, catalog);
    let mut found = Found::new(text, &lines, Some(&node));
    checks.iter().for_each(|check| check.look_at(&subject, &mut found));
    found.finish()
}

/// Every check.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    CHECKS.iter().flat_map(|family| family.iter())
}
