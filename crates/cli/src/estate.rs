//! The form of `aws iam get-account-authorization-details`, which imports read and exports write.
//!
//! Members that IAM adds later are passed over. Documents stand in the form as JSON, and their text is kept as it
//! stands; the percent-encoded text of the wire is understood as well.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A user and what it is granted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct User {
    pub(crate) path: String,
    pub(crate) user_name: String,
    pub(crate) user_id: String,
    pub(crate) arn: String,
    pub(crate) create_date: Moment,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) user_policy_list: Vec<Inline>,
    #[serde(default)]
    pub(crate) group_list: Vec<String>,
    #[serde(default)]
    pub(crate) attached_managed_policies: Vec<Attached>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) permissions_boundary: Option<Boundary>,
    #[serde(default)]
    pub(crate) tags: Vec<Tag>,
}

/// A group and what it grants.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Group {
    pub(crate) path: String,
    pub(crate) group_name: String,
    pub(crate) group_id: String,
    pub(crate) arn: String,
    pub(crate) create_date: Moment,
    #[serde(default)]
    pub(crate) group_policy_list: Vec<Inline>,
    #[serde(default)]
    pub(crate) attached_managed_policies: Vec<Attached>,
}

/// A role, whom it trusts and what it is granted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Role {
    pub(crate) path: String,
    pub(crate) role_name: String,
    pub(crate) role_id: String,
    pub(crate) arn: String,
    pub(crate) create_date: Moment,
    pub(crate) assume_role_policy_document: Box<RawValue>,
    #[serde(default)]
    pub(crate) instance_profile_list: Vec<Profile>,
    #[serde(default)]
    pub(crate) role_policy_list: Vec<Inline>,
    #[serde(default)]
    pub(crate) attached_managed_policies: Vec<Attached>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) permissions_boundary: Option<Boundary>,
    #[serde(default)]
    pub(crate) tags: Vec<Tag>,
    #[serde(default)]
    pub(crate) role_last_used: LastUsed,
}

/// A managed policy with its versions.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Policy {
    pub(crate) policy_name: String,
    pub(crate) policy_id: String,
    pub(crate) arn: String,
    pub(crate) path: String,
    pub(crate) default_version_id: String,
    #[serde(default)]
    pub(crate) attachment_count: u64,
    #[serde(default)]
    pub(crate) permissions_boundary_usage_count: u64,
    #[serde(default = "yes")]
    pub(crate) is_attachable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) create_date: Moment,
    pub(crate) update_date: Moment,
    pub(crate) policy_version_list: Vec<Version>,
}

/// A version of a managed policy.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Version {
    pub(crate) document: Box<RawValue>,
    pub(crate) version_id: String,
    #[serde(default)]
    pub(crate) is_default_version: bool,
    pub(crate) create_date: Moment,
}

/// An inline policy.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Inline {
    pub(crate) policy_name: String,
    pub(crate) policy_document: Box<RawValue>,
}

/// A managed policy where it is attached.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attached {
    pub(crate) policy_name: String,
    pub(crate) policy_arn: String,
}

/// A permissions boundary.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Boundary {
    pub(crate) permissions_boundary_type: String,
    pub(crate) permissions_boundary_arn: String,
}

/// A tag.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// When and where a role was last used; empty where it never was.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LastUsed {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_used_date: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
}

/// An instance profile, in the role that it holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Profile {
    pub(crate) path: String,
    pub(crate) instance_profile_name: String,
    pub(crate) instance_profile_id: String,
    pub(crate) arn: String,
    pub(crate) create_date: Moment,
    #[serde(default)]
    pub(crate) roles: Vec<ProfileRole>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<Tag>,
}

/// The role of an instance profile, as it stands there.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ProfileRole {
    pub(crate) path: String,
    pub(crate) role_name: String,
    pub(crate) role_id: String,
    pub(crate) arn: String,
    pub(crate) create_date: Moment,
    pub(crate) assume_role_policy_document: Box<RawValue>,
}

/// A moment: as text, as the AWS CLI writes it, or in seconds, as the wire has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;

        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a moment: `2026-03-03T12:00:00Z`, or seconds since 1970")]
        enum Written {
            Text(String),
            Whole(i64),
            Seconds(f64),
        }
        let moment = match Written::deserialize(deserializer)? {
            Written::Text(text) => text.parse(),
            Written::Whole(seconds) => Timestamp::from_second(seconds),
            Written::Seconds(seconds) => {
                jiff::SignedDuration::try_from_secs_f64(seconds).and_then(Timestamp::from_duration)
            }
        };
        moment.map(Self).map_err(D::Error::custom)
    }
}

fn yes() -> bool {
    true
}
