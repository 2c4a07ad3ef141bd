//! `export authorization-details`: an account in the form of `aws iam get-account-authorization-details`, as one page.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use directory::{
    Attachment, EntityKey, Grantee, Group, InlinePolicy, InstanceProfile, ManagedPolicy, Membership, Named,
    PolicyVersion, Role, RoleUsage, User,
};
use serde::Serialize;
use serde_json::value::RawValue;
use store::{Range, Snapshot, Store};
use types::{AccountId, Arn, Owner, TagSet};

use crate::args::Export;
use crate::data_dir::DataDir;
use crate::estate::{self, Moment};
use crate::house::Window;
use crate::named_account;
use crate::remote::runtime;

pub(crate) fn run(command: Export) -> anyhow::Result<ExitCode> {
    let Export::AuthorizationDetails { data, account, output } = command;
    let dir = DataDir::existing(&data)?;
    runtime()?.block_on(async {
        let store = Window::open(dir).await?.store;
        let owner = named_account::named(&store, account.as_ref().map(AccountId::as_str)).await?;
        match output {
            None => export(&store, owner, &mut io::stdout().lock()).await,
            Some(path) => to_file(&store, owner, &path).await,
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Writes beside the file and renames, so that a file of this name is always whole.
async fn to_file(store: &Store, owner: Owner, path: &Path) -> anyhow::Result<()> {
    let doing = || format!("cannot write `{}`", path.display());
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let file = File::create(&beside).with_context(doing)?;
    let mut out = BufWriter::new(file);
    export(store, owner, &mut out).await?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error).with_context(doing)?;
    file.sync_all().with_context(doing)?;
    std::fs::rename(&beside, path).with_context(doing)
}

/// Writes the whole account as it is now, an entity a line.
pub(crate) async fn export(store: &Store, owner: Owner, out: &mut impl Write) -> anyhow::Result<()> {
    export_at(store, store.read(), owner, out).await
}

/// Writes the whole account as a snapshot shows it, an entity a line. When roles were last used is as it is now.
pub(crate) async fn export_at(
    store: &Store,
    read: Snapshot,
    owner: Owner,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let estate = Estate { read, store, owner };
    let partition = owner.to_string();
    out.write_all(b"{\n")?;
    let mut list = List::begin(out, "UserDetailList")?;
    let mut page = Page::<User>::first(&partition);
    while let Some(users) = page.next(&estate.read).await? {
        for user in users {
            list.push(&estate.user(&user).await?)?;
        }
    }
    list.end(",")?;
    let mut list = List::begin(out, "GroupDetailList")?;
    let mut page = Page::<Group>::first(&partition);
    while let Some(groups) = page.next(&estate.read).await? {
        for group in groups {
            list.push(&estate.group(&group).await?)?;
        }
    }
    list.end(",")?;
    let mut list = List::begin(out, "RoleDetailList")?;
    let mut page = Page::<Role>::first(&partition);
    while let Some(roles) = page.next(&estate.read).await? {
        for role in roles {
            list.push(&estate.role(&role).await?)?;
        }
    }
    list.end(",")?;
    let mut list = List::begin(out, "Policies")?;
    for partition in [partition, ManagedPolicy::aws_partition(owner)] {
        let mut page = Page::<ManagedPolicy>::first(&partition);
        while let Some(policies) = page.next(&estate.read).await? {
            for policy in policies {
                list.push(&estate.own_policy(&policy).await?)?;
            }
        }
    }
    for policy in catalog::managed_policies() {
        if let Some(form) = estate.aws_policy(policy).await? {
            list.push(&form)?;
        }
    }
    list.end("")?;
    out.write_all(b"}\n")?;
    out.flush()?;
    Ok(())
}

/// The entities of a partition in their order, a page at a time.
struct Page<'p, E> {
    partition: &'p str,
    range: Option<Range>,
    kind: std::marker::PhantomData<E>,
}

impl<'p, E: Named> Page<'p, E> {
    fn first(partition: &'p str) -> Self {
        Self { partition, range: Some(Range::all()), kind: std::marker::PhantomData }
    }

    async fn next(&mut self, read: &Snapshot) -> anyhow::Result<Option<Vec<Arc<E>>>> {
        let Some(range) = self.range.take() else { return Ok(None) };
        let page = read.scan::<E>(&E::BY_NAME, self.partition, range, PAGE).await?;
        self.range = page.next.map(|next| Range::all().after(Some(next)));
        Ok(Some(page.items))
    }
}

/// A list that is being written.
struct List<'w, W> {
    out: &'w mut W,
    is_empty: bool,
}

impl<'w, W: Write> List<'w, W> {
    fn begin(out: &'w mut W, name: &str) -> anyhow::Result<Self> {
        write!(out, "  \"{name}\": [")?;
        Ok(Self { out, is_empty: true })
    }

    fn push(&mut self, form: &impl Serialize) -> anyhow::Result<()> {
        self.out.write_all(if self.is_empty { b"\n    " } else { b",\n    " })?;
        self.is_empty = false;
        Ok(serde_json::to_writer(&mut *self.out, form)?)
    }

    fn end(self, separator: &str) -> anyhow::Result<()> {
        let indent = if self.is_empty { "" } else { "\n  " };
        Ok(writeln!(self.out, "{indent}]{separator}")?)
    }
}

/// An account as it is at one revision.
struct Estate<'s> {
    read: Snapshot,
    store: &'s Store,
    owner: Owner,
}

impl Estate<'_> {
    async fn user(&self, user: &User) -> anyhow::Result<estate::User> {
        let holder = user.grantee();
        let mut groups = Vec::new();
        for membership in self.read.all::<Membership>(&Membership::BY_USER, &holder.partition()).await? {
            let key = EntityKey::new(user.owner, membership.group.clone());
            groups.extend(self.read.get::<Group>(&key).await?.map(|group| group.name.to_string()));
        }
        groups.sort();
        Ok(estate::User {
            path: user.path.to_string(),
            user_name: user.name.to_string(),
            user_id: user.id.to_string(),
            arn: user.arn().to_string(),
            create_date: Moment(user.created),
            user_policy_list: self.inline(&holder).await?,
            group_list: groups,
            attached_managed_policies: self.attached(&holder).await?,
            permissions_boundary: user.boundary.as_ref().map(boundary),
            tags: tags(&user.tags),
        })
    }

    async fn group(&self, group: &Group) -> anyhow::Result<estate::Group> {
        let holder = group.grantee();
        Ok(estate::Group {
            path: group.path.to_string(),
            group_name: group.name.to_string(),
            group_id: group.id.to_string(),
            arn: group.arn().to_string(),
            create_date: Moment(group.created),
            group_policy_list: self.inline(&holder).await?,
            attached_managed_policies: self.attached(&holder).await?,
        })
    }

    async fn role(&self, role: &Role) -> anyhow::Result<estate::Role> {
        let holder = role.grantee();
        let trust = raw(&authz::trust_policy_in_force(&self.read, role).await?)?;
        let profiles =
            self.read.all::<InstanceProfile>(&InstanceProfile::BY_ROLE, &holder.partition()).await?;
        let profiles = profiles.iter().map(|profile| estate::Profile {
            path: profile.path.to_string(),
            instance_profile_name: profile.name.to_string(),
            instance_profile_id: profile.id.to_string(),
            arn: profile.arn().to_string(),
            create_date: Moment(profile.created),
            roles: vec![estate::ProfileRole {
                path: role.path.to_string(),
                role_name: role.name.to_string(),
                role_id: role.id.to_string(),
                arn: role.arn().to_string(),
                create_date: Moment(role.created),
                assume_role_policy_document: trust.clone(),
            }],
            tags: tags(&profile.tags),
        });
        let profiles = profiles.collect();
        let note = self.store.noted(RoleUsage::KIND, &format!("{}/{}", role.owner, role.id)).await?;
        let role_last_used = match note {
            None => estate::LastUsed::default(),
            Some(note) => {
                let usage: RoleUsage = serde_json::from_str(&note)?;
                estate::LastUsed { last_used_date: Some(Moment(usage.at)), region: Some(usage.region) }
            }
        };
        Ok(estate::Role {
            path: role.path.to_string(),
            role_name: role.name.to_string(),
            role_id: role.id.to_string(),
            arn: role.arn().to_string(),
            create_date: Moment(role.created),
            assume_role_policy_document: trust,
            instance_profile_list: profiles,
            role_policy_list: self.inline(&holder).await?,
            attached_managed_policies: self.attached(&holder).await?,
            permissions_boundary: role.boundary.as_ref().map(boundary),
            tags: tags(&role.tags),
            role_last_used,
        })
    }

    async fn own_policy(&self, policy: &ManagedPolicy) -> anyhow::Result<estate::Policy> {
        let (attachments, boundaries) = self.uses(&policy.arn()).await?;
        let partition = policy.versions_partition();
        let mut versions = Vec::new();
        for version in self.read.all::<PolicyVersion>(&PolicyVersion::BY_POLICY, &partition).await? {
            versions.push(estate::Version {
                document: raw(version.document.as_str())?,
                version_id: format!("v{}", version.number),
                is_default_version: version.number == policy.default_version,
                create_date: Moment(version.created),
            });
        }
        // The newest comes first.
        versions.reverse();
        Ok(estate::Policy {
            policy_name: policy.name.to_string(),
            policy_id: policy.id.to_string(),
            arn: policy.arn().to_string(),
            path: policy.path.to_string(),
            default_version_id: format!("v{}", policy.default_version),
            attachment_count: attachments,
            permissions_boundary_usage_count: boundaries,
            is_attachable: true,
            description: policy.description.clone(),
            create_date: Moment(policy.created),
            update_date: Moment(policy.updated),
            policy_version_list: versions,
        })
    }

    /// A policy of the catalog, where somebody in the account uses it.
    async fn aws_policy(&self, policy: &catalog::ManagedPolicy) -> anyhow::Result<Option<estate::Policy>> {
        let arn = Arn::parse(&policy.arn(self.owner.partition.as_str()))?;
        let (attachments, boundaries) = self.uses(&arn).await?;
        if attachments == 0 && boundaries == 0 {
            return Ok(None);
        }
        let (created, updated) = (policy.create_date().parse()?, policy.update_date().parse()?);
        Ok(Some(estate::Policy {
            policy_name: policy.name().to_owned(),
            policy_id: policy.id().to_owned(),
            arn: arn.to_string(),
            path: policy.path().to_owned(),
            default_version_id: policy.default_version().to_owned(),
            attachment_count: attachments,
            permissions_boundary_usage_count: boundaries,
            is_attachable: true,
            description: None,
            create_date: Moment(created),
            update_date: Moment(updated),
            policy_version_list: vec![estate::Version {
                document: raw(policy.document())?,
                version_id: policy.default_version().to_owned(),
                is_default_version: true,
                create_date: Moment(updated),
            }],
        }))
    }

    async fn uses(&self, policy: &Arn) -> anyhow::Result<(u64, u64)> {
        let partition = Attachment::policy_partition(self.owner, policy);
        let attachments = self.read.count(&Attachment::BY_POLICY, &partition).await?;
        let users = self.read.count(&User::BY_BOUNDARY, &partition).await?;
        let roles = self.read.count(&Role::BY_BOUNDARY, &partition).await?;
        Ok((attachments, users.saturating_add(roles)))
    }

    async fn inline(&self, holder: &Grantee) -> anyhow::Result<Vec<estate::Inline>> {
        let policies = self.read.all::<InlinePolicy>(&InlinePolicy::BY_HOLDER, &holder.partition()).await?;
        let forms = policies.iter().map(|policy| {
            Ok(estate::Inline {
                policy_name: policy.name.to_string(),
                policy_document: raw(policy.document.as_str())?,
            })
        });
        forms.collect()
    }

    async fn attached(&self, holder: &Grantee) -> anyhow::Result<Vec<estate::Attached>> {
        let attachments = self.read.all::<Attachment>(&Attachment::BY_HOLDER, &holder.partition()).await?;
        let forms = attachments.iter().map(|attachment| {
            let name = attachment.policy.resource().rsplit('/').next().unwrap_or_default();
            estate::Attached { policy_name: name.to_owned(), policy_arn: attachment.policy.to_string() }
        });
        Ok(forms.collect())
    }
}

fn boundary(policy: &Arn) -> estate::Boundary {
    estate::Boundary {
        permissions_boundary_type: "Policy".to_owned(),
        permissions_boundary_arn: policy.to_string(),
    }
}

fn tags(tags: &TagSet) -> Vec<estate::Tag> {
    tags.iter().map(|tag| estate::Tag { key: tag.key.to_string(), value: tag.value.to_string() }).collect()
}

/// A document as it stands, byte for byte but for blanks around it.
fn raw(text: &str) -> anyhow::Result<Box<RawValue>> {
    Ok(RawValue::from_string(text.trim().to_owned())?)
}

/// So many entities are read at once.
const PAGE: usize = 500;
