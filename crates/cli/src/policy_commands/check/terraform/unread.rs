//! Resources that let somebody in by other means than policies. The checks are about policies, and say what they pass
//! over.

use serde_json::Value as Json;

/// Something beside the policies that lets somebody in.
pub(super) struct Unread {
    kind: &'static str,
    /// Where it stands; the first that is set counts.
    attributes: &'static [&'static str],
    /// Whose resource it is.
    pub(super) resource_type: &'static str,
    /// What it is.
    what: &'static str,
}

/// What a resource of a kind lets in beside policies, as it is planned.
pub(super) fn unread(kind: &str, after: &Json, unknown: &Json) -> Option<&'static Unread> {
    UNREAD.iter().find(|row| row.kind == kind && row.is_set(after, unknown))
}

impl Unread {
    fn is_set(&self, after: &Json, unknown: &Json) -> bool {
        let is_empty = |value: &&Json| match value {
            Json::Null => true,
            Json::String(text) => text.is_empty(),
            Json::Array(items) => items.is_empty(),
            Json::Object(members) => members.is_empty(),
            Json::Bool(_) | Json::Number(_) => false,
        };
        let set = self.attributes.iter().find_map(|name| after.get(name).filter(|value| !is_empty(value)));
        match set {
            Some(value) => !value.as_str().is_some_and(|text| OWNER_ONLY.contains(&text)),
            None => self.attributes.iter().any(|name| unknown.get(name) == Some(&Json::Bool(true))),
        }
    }

    /// Why it was not checked.
    pub(super) fn why(&self) -> String {
        format!("{} is no policy", self.what)
    }
}

const fn row(
    kind: &'static str,
    attributes: &'static [&'static str],
    resource_type: &'static str,
    what: &'static str,
) -> Unread {
    Unread { kind, attributes, resource_type, what }
}

const ACL: &str = "an access control list";

const UNREAD: &[Unread] = &[
    row(
        "aws_db_cluster_snapshot",
        &["shared_accounts"],
        "AWS::RDS::DBClusterSnapshot",
        "the sharing of a snapshot",
    ),
    row("aws_db_snapshot", &["shared_accounts"], "AWS::RDS::DBSnapshot", "the sharing of a snapshot"),
    row("aws_kms_grant", &["grantee_principal"], "AWS::KMS::Key", "a grant of a key"),
    row(
        "aws_lakeformation_permissions",
        &["principal"],
        "AWS::Glue::Catalog",
        "a permission of Lake Formation",
    ),
    row("aws_ram_principal_association", &["principal"], "AWS::RAM::ResourceShare", "a resource share"),
    row("aws_s3_bucket", &["acl"], "AWS::S3::Bucket", ACL),
    row("aws_s3_bucket_acl", &["acl", "access_control_policy"], "AWS::S3::Bucket", ACL),
    row("aws_s3_object", &["acl"], "AWS::S3::Bucket", ACL),
    row("aws_s3_object_copy", &["acl", "grant"], "AWS::S3::Bucket", ACL),
    row(
        "aws_snapshot_create_volume_permission",
        &["account_id"],
        "AWS::EC2::Snapshot",
        "the sharing of a snapshot",
    ),
    row("aws_ssm_document", &["permissions"], "AWS::SSM::Document", "the sharing of a document"),
];

/// Access control lists that let in nobody but the owner.
const OWNER_ONLY: [&str; 3] = ["private", "bucket-owner-full-control", "bucket-owner-read"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_lets_in_others_beside_policies_is_said_and_the_owner_s_own_is_not() {
        let is_said =
            |kind: &str, after: Json, unknown: Json| unread(kind, &after, &unknown).map(|row| row.why());
        let list = Some("an access control list is no policy".to_owned());
        assert_eq!(is_said("aws_s3_bucket_acl", json!({"acl": "public-read"}), Json::Null), list);
        let grants = json!([{"grant": [{"permission": "READ"}]}]);
        assert_eq!(is_said("aws_s3_bucket_acl", json!({"access_control_policy": grants}), Json::Null), list);
        let private = json!({"acl": "private", "access_control_policy": grants});
        assert_eq!(is_said("aws_s3_bucket_acl", private, Json::Null), None);
        assert_eq!(is_said("aws_s3_object", json!({"acl": null}), Json::Null), None);
        assert!(is_said("aws_kms_grant", json!({}), json!({"grantee_principal": true})).is_some());
        assert!(
            is_said("aws_ram_principal_association", json!({"principal": "111122223333"}), Json::Null)
                .is_some()
        );
        assert_eq!(is_said("aws_ssm_document", json!({"permissions": {}}), Json::Null), None);
        assert_eq!(is_said("aws_sqs_queue", json!({"acl": "public-read"}), Json::Null), None);
    }
}
