//! Everybody, as a question needs them: from the store as of a moment, or from what AWS says of an account.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use analysis::Budget;
use analysis::estate::{Estate, Group, ManagedPolicy, Member};
use anyhow::{Context as _, ensure};
use directory::OwnService;
use policy::{AssumedRole, Bundle, Named, Policy, PolicySet, Principal, SourceKind, User};
use serde_json::value::RawValue;
use service::SystemClock;
use store::{Clock as _, Revision, Snapshot, Store};
use types::{Arn, UniqueId};

use crate::args::Asked;
use crate::data_dir::DataDir;
use crate::estate as form;
use crate::export::export_at;
use crate::house::Window;
use crate::import::entities::document;
use crate::import::read::{self, Item};
use crate::moment;
use crate::policy_commands::{input, own_services};
use crate::remote::runtime;

/// Reads everybody that a question is about. Equal documents become one, so that equal policies are seen to be.
pub(crate) struct Loader<'a> {
    asked: &'a Asked,
    documents: Documents,
    service_control: Option<Levels>,
    resource_control: Option<Levels>,
}

/// Levels of control policies, root first.
type Levels = Arc<[Arc<Bundle>]>;

impl<'a> Loader<'a> {
    /// With the control policies that bind everybody, and those that bind all resources.
    pub(crate) fn new(asked: &'a Asked, resource_control: &[String]) -> anyhow::Result<Self> {
        let levels = |files: &[String], kind| -> anyhow::Result<Option<Levels>> {
            let levels = files.iter().map(|level| {
                let of_level = level.split(',').map(|file| {
                    let policy = Policy::parse(&input::read(Path::new(file))?)
                        .with_context(|| format!("`{file}` is no policy"))?;
                    Ok(Named::new(kind, file, Arc::new(policy)))
                });
                Ok(Bundle::new(of_level.collect::<anyhow::Result<_>>()?))
            });
            let levels = levels.collect::<anyhow::Result<Levels>>()?;
            Ok((!levels.is_empty()).then_some(levels))
        };
        Ok(Self {
            asked,
            documents: Documents::default(),
            service_control: levels(&asked.scp, SourceKind::ServiceControl)?,
            resource_control: levels(resource_control, SourceKind::ResourceControl)?,
        })
    }

    /// As of a moment or revision; now for `None`.
    pub(crate) fn at(&self, at: Option<&str>) -> anyhow::Result<Estate> {
        if !self.asked.authorization_details.is_empty() {
            return self.files(&self.asked.authorization_details);
        }
        let dir = DataDir::existing(&self.asked.data)?;
        let (texts, services) = runtime()?.block_on(async {
            let store = Window::open(dir).await?.store;
            let accounts =
                snapshot(&store, at).await?.all::<directory::Account>(&directory::Account::ALL, "").await?;
            let wanted =
                |owner: &types::Owner| self.asked.account.is_none_or(|account| owner.account == account);
            let owners: Vec<_> = accounts.iter().map(|account| account.owner).filter(wanted).collect();
            ensure!(!owners.is_empty(), "there is no such account at that time");
            let (mut texts, mut services) = (Vec::new(), Vec::new());
            for owner in owners {
                let (mut text, now) = (Vec::new(), snapshot(&store, at).await?);
                services.extend(now.all::<OwnService>(&OwnService::BY_ACCOUNT, &owner.to_string()).await?);
                export_at(&store, now, owner, &mut text).await?;
                texts.push(text);
            }
            anyhow::Ok((texts, services))
        })?;
        let mut loading = Loading::of(self);
        for text in texts {
            read::details(text.as_slice(), &mut |item| loading.add(item))?;
        }
        Ok(loading.finish()?.knowing(own_services::catalog_beside(&self.asked.services, &services)?))
    }

    /// Everybody in these files.
    pub(crate) fn files(&self, files: &[PathBuf]) -> anyhow::Result<Estate> {
        let mut loading = Loading::of(self);
        for file in files {
            read::file(file, &mut |item| loading.add(item))?;
        }
        Ok(loading.finish()?.knowing(own_services::catalog(&self.asked.services)?))
    }
}

/// Every document once.
#[derive(Default)]
struct Documents(RefCell<HashMap<String, Arc<Policy>>>);

impl Documents {
    fn read(&self, form: &RawValue) -> anyhow::Result<Arc<Policy>> {
        if let Some(known) = self.0.borrow().get(form.get()) {
            return Ok(Arc::clone(known));
        }
        let (_, policy) = document(form)?;
        let policy = Arc::new(policy);
        self.0.borrow_mut().insert(form.get().to_owned(), Arc::clone(&policy));
        Ok(policy)
    }
}

async fn snapshot(store: &Store, at: Option<&str>) -> anyhow::Result<Snapshot> {
    let Some(text) = at else { return Ok(store.read()) };
    if let Ok(number) = text.parse::<u64>() {
        let head = store.head().number();
        ensure!(number <= head, "there is no revision {number} yet: the newest is {head}");
        return store
            .read_at(Revision::new(number))
            .with_context(|| format!("revision {number} is not kept"));
    }
    let moment = moment::parse(text, SystemClock.now())?;
    store.read_as_of(moment).await.with_context(|| format!("what was at {moment} is not kept"))
}

/// What was read so far; what it means is clear when all is there.
struct Loading<'a> {
    loader: &'a Loader<'a>,
    users: Vec<form::User>,
    groups: Vec<form::Group>,
    roles: Vec<form::Role>,
    /// By ARN: the default document, and those of the other versions.
    policies: HashMap<String, (Arc<Policy>, Vec<Arc<Policy>>)>,
}

/// Groups by account and folded name: ARN, what they grant, what is attached to them.
type Groups = HashMap<(String, String), (Arn, Vec<Named>, Vec<Arn>)>;

impl<'a> Loading<'a> {
    fn of(loader: &'a Loader<'a>) -> Self {
        let (users, groups, roles) = (Vec::new(), Vec::new(), Vec::new());
        Self { loader, users, groups, roles, policies: HashMap::new() }
    }

    fn add(&mut self, item: Item) -> anyhow::Result<()> {
        match item {
            Item::User(user) => self.users.push(user),
            Item::Group(group) => self.groups.push(group),
            Item::Role(role) => self.roles.push(role),
            Item::Policy(policy) => {
                let mut default = None;
                let mut others = Vec::new();
                for version in &policy.policy_version_list {
                    let parsed = self
                        .parsed(&version.document)
                        .with_context(|| format!("version {} of `{}`", version.version_id, policy.arn))?;
                    if version.version_id == policy.default_version_id {
                        default = Some(parsed);
                    } else {
                        others.push(parsed);
                    }
                }
                let default = default
                    .with_context(|| format!("the default version of `{}` is not there", policy.arn))?;
                self.policies.insert(policy.arn, (default, others));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> anyhow::Result<Estate> {
        let mut groups = Groups::new();
        for group in std::mem::take(&mut self.groups) {
            let arn = Arn::parse(&group.arn)?;
            let (named, attached) = self
                .granted(&group.group_policy_list, &group.attached_managed_policies, SourceKind::Group)
                .with_context(|| format!("`{arn}`"))?;
            let account = arn.account_part().to_owned();
            groups.insert((account, group.group_name.to_ascii_lowercase()), (arn, named, attached));
        }
        let mut members = Vec::new();
        for user in std::mem::take(&mut self.users) {
            let doing = || format!("`{}`", user.arn);
            members.push(self.user(&user, &groups).with_context(doing)?);
        }
        for role in std::mem::take(&mut self.roles) {
            let doing = || format!("`{}`", role.arn);
            members.push(self.role(&role).with_context(doing)?);
        }
        let mut groups: Vec<Group> =
            groups.into_values().map(|(arn, policies, _)| Group { arn, policies }).collect();
        groups.sort_by(|a, b| a.arn.cmp(&b.arn));
        let mut policies = Vec::new();
        for (arn, (_, other_versions)) in self.policies {
            policies.push(ManagedPolicy { arn: Arn::parse(&arn)?, other_versions });
        }
        policies.sort_by(|a, b| a.arn.cmp(&b.arn));
        Ok(Estate::new(members, groups, policies, Budget::default()))
    }

    fn user(&self, user: &form::User, groups: &Groups) -> anyhow::Result<Member> {
        let arn = Arn::parse(&user.arn)?;
        let (mut identity, mut attached) =
            self.granted(&user.user_policy_list, &user.attached_managed_policies, SourceKind::User)?;
        let mut own_groups = Vec::new();
        for name in &user.group_list {
            let key = (arn.account_part().to_owned(), name.to_ascii_lowercase());
            let (group, granted, of_group) = groups
                .get(&key)
                .with_context(|| format!("it is in the group `{name}`, which is not there"))?;
            own_groups.push(group.clone());
            identity.extend(granted.iter().cloned());
            attached.extend(of_group.iter().cloned());
        }
        let mut principal = User::new(arn.clone())?;
        if let Ok(id) = UniqueId::parse(&user.user_id) {
            principal = principal.with_id(id);
        }
        Ok(Member {
            principal: Principal::User(principal),
            policies: self.bounded(identity, user.permissions_boundary.as_ref())?,
            groups: own_groups,
            attached,
            trust: None,
            instance_profiles: Vec::new(),
            tags: tags(&user.tags),
            arn,
        })
    }

    fn role(&self, role: &form::Role) -> anyhow::Result<Member> {
        let arn = Arn::parse(&role.arn)?;
        let (identity, attached) =
            self.granted(&role.role_policy_list, &role.attached_managed_policies, SourceKind::Role)?;
        let mut principal = AssumedRole::new(arn.clone(), "session")?;
        if let Ok(id) = UniqueId::parse(&role.role_id) {
            principal = principal.with_id(id);
        }
        let trust = self.parsed(&role.assume_role_policy_document).context("its trust policy")?;
        let profiles = role.instance_profile_list.iter().map(|profile| Arn::parse(&profile.arn));
        Ok(Member {
            principal: Principal::AssumedRole(principal),
            policies: self.bounded(identity, role.permissions_boundary.as_ref())?,
            groups: Vec::new(),
            attached,
            trust: Some(Named::new(SourceKind::Trust, "trust policy", trust)),
            instance_profiles: profiles.collect::<Result<_, _>>()?,
            tags: tags(&role.tags),
            arn,
        })
    }

    fn bounded(&self, identity: Vec<Named>, boundary: Option<&form::Boundary>) -> anyhow::Result<PolicySet> {
        let mut set = PolicySet {
            service_control: self.loader.service_control.clone(),
            resource_control: self.loader.resource_control.clone(),
            ..PolicySet::new().with_identity(identity)
        };
        if let Some(boundary) = boundary {
            // A boundary that is gone allows nothing.
            let found = self.managed(&boundary.permissions_boundary_arn).unwrap_or_default();
            set.boundary = Some(Bundle::new(found.into_iter().collect()));
        }
        Ok(set)
    }

    fn granted(
        &self,
        inline: &[form::Inline],
        attached: &[form::Attached],
        kind: SourceKind,
    ) -> anyhow::Result<(Vec<Named>, Vec<Arn>)> {
        let mut named = Vec::new();
        for policy in inline {
            let parsed = self
                .parsed(&policy.policy_document)
                .with_context(|| format!("its policy `{}`", policy.policy_name))?;
            named.push(Named::new(kind, &policy.policy_name, parsed));
        }
        let mut arns = Vec::new();
        for policy in attached {
            let found = self.managed(&policy.policy_arn)?;
            named.push(found.with_context(|| {
                format!("`{}` is attached, and neither in the file nor one of AWS's", policy.policy_arn)
            })?);
            arns.push(Arn::parse(&policy.policy_arn)?);
        }
        Ok((named, arns))
    }

    /// A managed policy: of the account, or of AWS.
    fn managed(&self, arn: &str) -> anyhow::Result<Option<Named>> {
        let parsed = Arn::parse(arn)?;
        let kind =
            if parsed.account_part() == "aws" { SourceKind::AwsManaged } else { SourceKind::CustomerManaged };
        if let Some((policy, _)) = self.policies.get(arn) {
            return Ok(Some(Named::new(kind, arn, Arc::clone(policy))));
        }
        let suffix = parsed.resource().strip_prefix("policy").unwrap_or_default();
        let Some(known) = catalog::managed_policy(suffix).filter(|_| kind == SourceKind::AwsManaged) else {
            return Ok(None);
        };
        let mut documents = self.loader.documents.0.borrow_mut();
        if let Some(policy) = documents.get(arn) {
            return Ok(Some(Named::new(kind, arn, Arc::clone(policy))));
        }
        let policy = Arc::new(Policy::parse(known.document()).with_context(|| format!("`{arn}`"))?);
        documents.insert(arn.to_owned(), Arc::clone(&policy));
        Ok(Some(Named::new(kind, arn, policy)))
    }

    fn parsed(&self, form: &RawValue) -> anyhow::Result<Arc<Policy>> {
        self.loader.documents.read(form)
    }
}

fn tags(forms: &[form::Tag]) -> Vec<(String, String)> {
    forms.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
}

/// Tells on a terminal how far a long question is.
pub(crate) fn progress(what: &'static str) -> impl FnMut(usize, usize) {
    let is_seen = std::io::stderr().is_terminal();
    move |done, total| {
        if is_seen && total > LONG && (done.is_multiple_of(STRIDE) || done >= total) {
            let end = if done >= total { "\n" } else { "" };
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r{what}: {done} of {total}{end}");
            let _ = err.flush();
        }
    }
}

/// Questions over fewer than this are over before anybody looks.
const LONG: usize = 200;
const STRIDE: usize = 25;
