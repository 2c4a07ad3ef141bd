//! The AWS managed policies.

use std::sync::{LazyLock, OnceLock};

use crate::text::{Columns, compare, find};

/// A policy that AWS made and keeps, with its default version's document.
///
/// AWS: "AWS managed policies".
#[derive(Debug)]
pub struct ManagedPolicy {
    name: &'static str,
    path: &'static str,
    id: &'static str,
    default_version: &'static str,
    created: &'static str,
    updated: &'static str,
    /// The document as it is embedded: deflated, since few of them are ever asked for.
    packed: &'static [u8],
    document: OnceLock<Box<str>>,
}

/// All AWS managed policies, ordered by lower-case name.
pub fn managed_policies() -> &'static [ManagedPolicy] {
    &POLICIES
}

/// The policy whose ARN ends like this after `:policy`: path and name, such as
/// `/AdministratorAccess` or `/service-role/AWSLambdaBasicExecutionRole`.
///
/// ARNs are told apart by case, and so are these.
pub fn managed_policy(path_and_name: &str) -> Option<&'static ManagedPolicy> {
    let (_, name) = path_and_name.rsplit_once('/')?;
    let policy = find(managed_policies(), name, |policy| policy.name())?;
    let path = path_and_name.strip_suffix(policy.name)?;
    (path == policy.path).then_some(policy)
}

impl ManagedPolicy {
    /// The name, unique among AWS managed policies.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The path, from slash to slash: `/`, `/service-role/`, `/aws-service-role/`, `/job-function/`, `/root-task/`.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// The stable id: `ANPA` and 17 letters and digits.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// The resource part of its ARN: `policy/AdministratorAccess`.
    pub fn resource(&self) -> String {
        format!("policy{}{}", self.path, self.name)
    }

    /// The ARN in a partition (`aws`, `aws-cn`, `aws-us-gov`).
    pub fn arn(&self, partition: &str) -> String {
        format!("arn:{partition}:iam::aws:{}", self.resource())
    }

    /// The id of the default version, such as `v12`.
    pub fn default_version(&self) -> &'static str {
        self.default_version
    }

    /// When the policy was made, in RFC 3339 and UTC.
    pub fn create_date(&self) -> &'static str {
        self.created
    }

    /// When the default version was made, in RFC 3339 and UTC.
    pub fn update_date(&self) -> &'static str {
        self.updated
    }

    /// The default version's document, as JSON text.
    pub fn document(&self) -> &str {
        self.document.get_or_init(|| unpack(self.packed).unwrap_or_default())
    }
}

fn unpack(packed: &[u8]) -> Option<Box<str>> {
    let document = miniz_oxide::inflate::decompress_to_vec(packed).ok()?;
    String::from_utf8(document).ok().map(String::into_boxed_str)
}

static PACK: &[u8] = include_bytes!("../../../model/catalog/managed-policies.pack");
static INDEX: &str = include_str!("../../../model/catalog/managed-policies.index");

static POLICIES: LazyLock<Vec<ManagedPolicy>> = LazyLock::new(|| {
    let mut policies: Vec<ManagedPolicy> = INDEX
        .lines()
        .map(|line| {
            let mut columns = Columns::of(line);
            let (name, path, id) = (columns.next(), columns.next(), columns.next());
            let (default_version, created, updated) = (columns.next(), columns.next(), columns.next());
            let _place_in_text = (columns.number(), columns.number());
            let (start, length) = (columns.number(), columns.number());
            let packed = PACK.get(start..start.saturating_add(length)).unwrap_or_default();
            let document = OnceLock::new();
            ManagedPolicy { name, path, id, default_version, created, updated, packed, document }
        })
        .collect();
    policies.sort_by(|one, other| compare(one.name, other.name));
    policies
});

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn administrator_access_is_as_aws_has_it() {
        let policy = managed_policy("/AdministratorAccess").unwrap();
        assert_eq!(policy.id(), "ANPAIWMBCKSKIEE64ZLYK");
        assert_eq!(policy.default_version(), "v1");
        assert_eq!(policy.create_date(), "2015-02-06T18:39:46Z");
        assert_eq!(policy.arn("aws"), "arn:aws:iam::aws:policy/AdministratorAccess");
        let document = r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*"
        }
    ]
}"#;
        assert_eq!(policy.document(), document);
    }

    #[test]
    fn a_path_is_part_of_the_name_in_the_arn() {
        assert!(managed_policy("/service-role/AWSLambdaBasicExecutionRole").is_some());
        assert!(managed_policy("/AWSLambdaBasicExecutionRole").is_none());
        assert!(managed_policy("AdministratorAccess").is_none());
        assert!(managed_policy("/administratoraccess").is_none());
        assert!(managed_policy("/").is_none());
        assert!(managed_policy("").is_none());
    }

    #[test]
    fn what_is_packed_is_the_text() {
        let text = include_str!("../../../model/catalog/managed-policies.txt");
        let mut rest = text;
        for line in INDEX.lines() {
            let (name, _) = line.split_once('\t').unwrap();
            let policy = find(managed_policies(), name, |policy| policy.name()).unwrap();
            let whole = format!("== {name}\n{}\n", policy.document());
            rest = rest.strip_prefix(whole.as_str()).expect("run `cargo xtask model pack`");
        }
        assert_eq!(rest, "");
    }

    #[test]
    fn every_policy_is_whole_and_found() {
        let mut ids = HashSet::new();
        for policy in managed_policies() {
            let name = policy.name();
            let found = managed_policy(&format!("{}{name}", policy.path())).expect(name);
            assert_eq!(found.id(), policy.id());
            assert!(ids.insert(policy.id()), "{name}: its id is not unique");
            assert!(policy.id().len() == 21 && policy.id().starts_with("ANPA"), "{name}: {}", policy.id());
            assert!(policy.document().starts_with("{\n") && policy.document().ends_with("\n}"), "{name}");
            assert!(policy.document().contains("\"Statement\""), "{name}");
            assert!(policy.default_version().starts_with('v'), "{name}");
            assert!(policy.create_date() <= policy.update_date(), "{name}");
            assert!(policy.path().starts_with('/') && policy.path().ends_with('/'), "{name}");
            assert_eq!(policy.create_date().len(), "2015-02-06T18:39:46Z".len(), "{name}");
        }
        assert!(ids.len() > 1_500);
    }
}
