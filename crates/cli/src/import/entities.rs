//! From the form to records: here strings end.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use anyhow::{Context as _, bail, ensure};
use directory::{
    Grantee, Group, InlinePolicy, InstanceProfile, ManagedPolicy, Named as _, PolicyText, PolicyVersion,
    Role, RoleUsage, User,
};
use policy::Policy;
use serde_json::value::RawValue;
use types::{
    Arn, GroupName, InstanceProfileName, Owner, Partition, Path, PolicyName, RoleName, Tag, TagKey, TagSet,
    TagValue, UniqueId, UserName,
};

use super::read::Item;
use crate::estate;

/// An entity and what belongs to it.
pub(super) enum Entity {
    User(User, Held, Vec<GroupName>),
    Group(Group, Held),
    Role(Box<RoleWithTrust>, Held),
    Policy(ManagedPolicy, Vec<PolicyVersion>),
}

/// What is given to an identity.
pub(super) struct Held {
    pub(super) inline: Vec<InlinePolicy>,
    pub(super) attached: Vec<Arn>,
}

/// A role, with what stands beside its record.
pub(super) struct RoleWithTrust {
    pub(super) role: Role,
    pub(super) trust: Policy,
    pub(super) profiles: Vec<InstanceProfile>,
    pub(super) usage: Option<RoleUsage>,
}

impl Entity {
    /// Reads an entity, which must be of the account `into`.
    pub(super) fn of(item: Item, into: Owner) -> anyhow::Result<Self> {
        match item {
            Item::User(form) => {
                let name = form.user_name.clone();
                user(form, into).with_context(|| format!("user `{name}`"))
            }
            Item::Group(form) => {
                let name = form.group_name.clone();
                group(form, into).with_context(|| format!("group `{name}`"))
            }
            Item::Role(form) => {
                let name = form.role_name.clone();
                role(form, into).with_context(|| format!("role `{name}`"))
            }
            Item::Policy(form) => {
                let name = form.policy_name.clone();
                policy(form, into).with_context(|| format!("policy `{name}`"))
            }
        }
    }
}

/// The account that an entity's ARN names; none for a policy of AWS's.
pub(super) fn owner_of(item: &Item) -> anyhow::Result<Option<Owner>> {
    let text = match item {
        Item::User(form) => &form.arn,
        Item::Group(form) => &form.arn,
        Item::Role(form) => &form.arn,
        Item::Policy(form) => &form.arn,
    };
    let arn = Arn::parse(text)?;
    let partition = Partition::parse(arn.partition_name())?;
    if arn.account_part() == "aws" && matches!(item, Item::Policy(_)) {
        return Ok(None);
    }
    let account = arn.account().with_context(|| format!("`{arn}` names no account"))?;
    Ok(Some(Owner::new(partition, account)))
}

fn user(form: estate::User, owner: Owner) -> anyhow::Result<Entity> {
    let user = User {
        owner,
        id: UniqueId::parse(&form.user_id)?,
        name: UserName::parse(&form.user_name)?,
        path: Path::parse(&form.path)?,
        created: form.create_date.0,
        boundary: form.permissions_boundary.map(boundary).transpose()?,
        tags: principal_tags(form.tags)?,
    };
    check_arn(&user.arn(), &form.arn)?;
    let groups: Result<Vec<_>, _> = form.group_list.iter().map(|name| GroupName::parse(name)).collect();
    let held = held(user.grantee(), form.user_policy_list, form.attached_managed_policies)?;
    Ok(Entity::User(user, held, groups?))
}

fn group(form: estate::Group, owner: Owner) -> anyhow::Result<Entity> {
    let group = Group {
        owner,
        id: UniqueId::parse(&form.group_id)?,
        name: GroupName::parse(&form.group_name)?,
        path: Path::parse(&form.path)?,
        created: form.create_date.0,
    };
    check_arn(&group.arn(), &form.arn)?;
    let held = held(group.grantee(), form.group_policy_list, form.attached_managed_policies)?;
    Ok(Entity::Group(group, held))
}

fn role(form: estate::Role, owner: Owner) -> anyhow::Result<Entity> {
    let (trust_policy, trust) =
        document(&form.assume_role_policy_document).context("AssumeRolePolicyDocument")?;
    let role = Role {
        owner,
        id: UniqueId::parse(&form.role_id)?,
        name: RoleName::parse(&form.role_name)?,
        path: Path::parse(&form.path)?,
        created: form.create_date.0,
        trust_policy,
        trusted: BTreeMap::new(),
        description: None,
        max_session_duration: 3600,
        boundary: form.permissions_boundary.map(boundary).transpose()?,
        tags: principal_tags(form.tags)?,
    };
    check_arn(&role.arn(), &form.arn)?;
    let held = held(role.grantee(), form.role_policy_list, form.attached_managed_policies)?;
    let profiles = form.instance_profile_list.into_iter().map(|form| profile(form, &role));
    let profiles = profiles.collect::<anyhow::Result<_>>()?;
    let usage = form
        .role_last_used
        .last_used_date
        .map(|at| RoleUsage { at: at.0, region: form.role_last_used.region.unwrap_or_default() });
    Ok(Entity::Role(Box::new(RoleWithTrust { role, trust, profiles, usage }), held))
}

fn profile(form: estate::Profile, role: &Role) -> anyhow::Result<InstanceProfile> {
    let name = form.instance_profile_name.clone();
    let parse = || -> anyhow::Result<InstanceProfile> {
        let profile = InstanceProfile {
            owner: role.owner,
            id: UniqueId::parse(&form.instance_profile_id)?,
            name: InstanceProfileName::parse(&form.instance_profile_name)?,
            path: Path::parse(&form.path)?,
            created: form.create_date.0,
            role: Some(role.id.clone()),
            tags: tags(form.tags)?,
        };
        check_arn(&profile.arn(), &form.arn)?;
        Ok(profile)
    };
    parse().with_context(|| format!("instance profile `{name}`"))
}

fn policy(form: estate::Policy, owner: Owner) -> anyhow::Result<Entity> {
    let id = UniqueId::parse(&form.policy_id)?;
    let default_version = version_number(&form.default_version_id)?;
    let mut versions = Vec::with_capacity(form.policy_version_list.len());
    for version in form.policy_version_list {
        let number = version_number(&version.version_id)?;
        let (document, _) = document(&version.document).with_context(|| version.version_id.clone())?;
        ensure!(
            versions.iter().all(|other: &PolicyVersion| other.number != number),
            "`{}` is there twice",
            version.version_id
        );
        ensure!(
            version.is_default_version == (number == default_version),
            "`{}` and `DefaultVersionId` disagree on which version is in force",
            version.version_id
        );
        let created = version.create_date.0;
        versions.push(PolicyVersion { owner, policy: id.clone(), number, document, created });
    }
    versions.sort_by_key(|version| version.number);
    ensure!(
        versions.iter().any(|version| version.number == default_version),
        "its default version, `{}`, is not in its list of versions",
        form.default_version_id
    );
    let last = versions.last().map_or(default_version, |version| version.number);
    let policy = ManagedPolicy {
        owner,
        id,
        name: PolicyName::parse(&form.policy_name)?,
        path: Path::parse(&form.path)?,
        description: form.description,
        created: form.create_date.0,
        updated: form.update_date.0,
        default_version,
        next_version: last.saturating_add(1),
        tags: TagSet::default(),
        is_aws: Arn::parse(&form.arn)?.account_part() == "aws",
    };
    check_arn(&policy.arn(), &form.arn)?;
    Ok(Entity::Policy(policy, versions))
}

fn held(
    holder: Grantee,
    inline: Vec<estate::Inline>,
    attached: Vec<estate::Attached>,
) -> anyhow::Result<Held> {
    let mut policies: Vec<InlinePolicy> = Vec::with_capacity(inline.len());
    for form in inline {
        let name = PolicyName::parse(&form.policy_name)?;
        ensure!(policies.iter().all(|other| other.name != name), "its inline policy `{name}` is there twice");
        let (document, _) =
            document(&form.policy_document).with_context(|| format!("inline policy `{name}`"))?;
        policies.push(InlinePolicy { holder: holder.clone(), name, document });
    }
    let attached: Result<Vec<Arn>, _> = attached.iter().map(|form| Arn::parse(&form.policy_arn)).collect();
    Ok(Held { inline: policies, attached: attached? })
}

fn boundary(form: estate::Boundary) -> anyhow::Result<Arn> {
    // The documentation names `PermissionsBoundaryPolicy`, and AWS answers `Policy`.
    ensure!(
        ["Policy", "PermissionsBoundaryPolicy"].contains(&form.permissions_boundary_type.as_str()),
        "a permissions boundary of the unknown type `{}`",
        form.permissions_boundary_type
    );
    Ok(Arn::parse(&form.permissions_boundary_arn)?)
}

/// The tags of a user or role, whose keys' case does not tell them apart.
fn principal_tags(forms: Vec<estate::Tag>) -> anyhow::Result<TagSet> {
    let tags = tags(forms)?;
    for tag in &tags {
        let twice = tags.iter().filter(|other| other.key.same_as(tag.key.as_str())).nth(1);
        ensure!(twice.is_none(), "its tag `{}` is there twice", tag.key);
    }
    Ok(tags)
}

fn tags(forms: Vec<estate::Tag>) -> anyhow::Result<TagSet> {
    let mut tags = TagSet::default();
    for form in forms {
        let key = TagKey::parse(&form.key)?;
        ensure!(!tags.has_cased(key.as_str()), "its tag `{key}` is there twice");
        tags.set_cased(Tag { key, value: TagValue::parse(&form.value)? });
    }
    Ok(tags)
}

/// The text of a document and what it says. It was accepted by AWS once, so it need only be understood, not be what
/// IAM would accept today.
pub(crate) fn document(form: &RawValue) -> anyhow::Result<(PolicyText, Policy)> {
    let written = form.get();
    let text = match written.starts_with('"') {
        false => std::borrow::Cow::Borrowed(written),
        true => decoded(&serde_json::from_str::<String>(written)?)?.into(),
    };
    let policy = Policy::parse(&text).map_err(|cause| {
        let at = cause.position;
        anyhow::anyhow!("the document's line {}, column {}: {}", at.line, at.column, cause.problem)
    })?;
    Ok((PolicyText::accepted(&text, &policy), policy))
}

/// A document as the wire has it: percent-encoded. Text that begins as JSON does is not.
fn decoded(text: &str) -> anyhow::Result<String> {
    if text.trim_start().starts_with('{') {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte.unwrap_or_default()).to_digit(16);
        match (digit(rest.next()), digit(rest.next())) {
            (Some(high), Some(low)) => bytes.push(u8::try_from(high * 16 + low).unwrap_or_default()),
            _ => bail!("the document is neither JSON nor percent-encoded JSON"),
        }
    }
    String::from_utf8(bytes).context("the document is not UTF-8")
}

fn version_number(id: &str) -> anyhow::Result<u32> {
    let number = id.strip_prefix('v').and_then(|digits| u32::from_str(digits).ok());
    number.filter(|number| *number > 0).with_context(|| format!("`{id}` is no version id such as `v1`"))
}

/// Path and name make the ARN; one that says something else belongs to another account or another entity.
fn check_arn(is: &Arn, says: &str) -> anyhow::Result<()> {
    ensure!(is.as_str() == says, "its ARN should be `{is}` and not `{says}`");
    Ok(())
}
