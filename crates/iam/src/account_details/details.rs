//! GetAccountAuthorizationDetails: users, groups, roles and policies with everything that they are granted.

use std::sync::Arc;

use api::iam::types::{
    AttachedPolicy, EntityType, GetAccountAuthorizationDetailsInput, GetAccountAuthorizationDetailsOutput,
    GroupDetail, ManagedPolicyDetail, Policy as PolicySummary, PolicyDetail, PolicyVersion as VersionDetail,
    RoleDetail, UserDetail,
};
use authz::Ask;
use directory::{
    Attachment, EntityKey, Grantee, Group, InlinePolicy, InstanceProfile, ManagedPolicy, Membership, Named,
    PolicyVersion, Role, User,
};
use service::{Context, Paging, Result};
use store::{Position, Range, RecordKey as _};

use crate::managed::name_of;
use crate::managed_policies::{AwsPolicy, Usage, aws_policy_summary, policy_summary};
use crate::users::boundary_detail;
use crate::{Iam, instance_profiles, policy_versions, roles, tags};

impl Iam {
    pub(crate) async fn get_account_authorization_details(
        &self,
        cx: &Context<'_>,
        input: GetAccountAuthorizationDetailsInput,
    ) -> Result<GetAccountAuthorizationDetailsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        cx.authorize(Ask::on_all("iam:GetAccountAuthorizationDetails")).await?;

        let filter = input.filter.unwrap_or_default();
        let mut page = PageOfDetails::new(cx, &paging);
        for part in Part::ALL {
            if filter.is_empty() || filter.contains(&part.entity_type()) {
                page.add(part).await?;
            }
        }
        Ok(page.finish())
    }
}

/// The parts of the answer, in the order in which pages go through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Users,
    Groups,
    Roles,
    OwnPolicies,
    AwsPolicies,
}

impl Part {
    const ALL: [Self; 5] = [Self::Users, Self::Groups, Self::Roles, Self::OwnPolicies, Self::AwsPolicies];

    fn entity_type(self) -> EntityType {
        match self {
            Self::Users => EntityType::User,
            Self::Groups => EntityType::Group,
            Self::Roles => EntityType::Role,
            Self::OwnPolicies => EntityType::LocalManagedPolicy,
            Self::AwsPolicies => EntityType::AwsManagedPolicy,
        }
    }

    /// What the places of this part begin with; in the order of the parts.
    fn mark(self) -> char {
        match self {
            Self::Users => '0',
            Self::Groups => '1',
            Self::Roles => '2',
            Self::OwnPolicies => '3',
            Self::AwsPolicies => '4',
        }
    }
}

/// A page that is being filled, one part after the other.
struct PageOfDetails<'c> {
    cx: &'c Context<'c>,
    after: Option<Position>,
    limit: usize,
    /// The place of the last item on the page.
    last: Option<Position>,
    count: usize,
    /// Whether there is something behind the page.
    more: bool,
    output: GetAccountAuthorizationDetailsOutput,
}

impl<'c> PageOfDetails<'c> {
    fn new(cx: &'c Context<'c>, paging: &Paging) -> Self {
        let output = GetAccountAuthorizationDetailsOutput {
            user_detail_list: Some(Vec::new()),
            group_detail_list: Some(Vec::new()),
            role_detail_list: Some(Vec::new()),
            policies: Some(Vec::new()),
            is_truncated: None,
            marker: None,
        };
        let (after, limit) = (paging.after(), paging.limit());
        Self { cx, after, limit, last: None, count: 0, more: false, output }
    }

    fn finish(mut self) -> GetAccountAuthorizationDetailsOutput {
        self.output.is_truncated = Some(self.more);
        self.output.marker = self.last.filter(|_| self.more).map(|place| Paging::marker(&place));
        self.output
    }

    async fn add(&mut self, part: Part) -> Result<()> {
        if self.more {
            return Ok(());
        }
        match part {
            Part::Users => {
                for user in self.entities::<User>(part).await? {
                    let shown = user_detail(self.cx, &user).await?;
                    self.output.user_detail_list.get_or_insert_default().push(shown);
                }
            }
            Part::Groups => {
                for group in self.entities::<Group>(part).await? {
                    let shown = group_detail(self.cx, &group).await?;
                    self.output.group_detail_list.get_or_insert_default().push(shown);
                }
            }
            Part::Roles => {
                for role in self.entities::<Role>(part).await? {
                    let shown = role_detail(self.cx, &role).await?;
                    self.output.role_detail_list.get_or_insert_default().push(shown);
                }
            }
            Part::OwnPolicies => {
                for policy in self.entities::<ManagedPolicy>(part).await? {
                    let shown = own_policy(self.cx, &policy).await?;
                    self.output.policies.get_or_insert_default().push(shown);
                }
            }
            Part::AwsPolicies => self.add_aws_policies().await?,
        }
        Ok(())
    }

    /// Where the page starts within a part: at its beginning, behind a place, or not in this part at all.
    fn start(&self, part: Part) -> Start {
        let Some(after) = &self.after else { return Start::Beginning };
        match after.sort.strip_prefix(part.mark()) {
            Some(sort) => Start::Behind(Position { sort: sort.to_owned(), key: after.key.clone() }),
            None if after.sort.chars().next().is_some_and(|mark| mark < part.mark()) => Start::Beginning,
            None => Start::Nowhere,
        }
    }

    /// The entities of a part that still fit the page.
    async fn entities<E: Named>(&mut self, part: Part) -> Result<Vec<Arc<E>>> {
        let after = match self.start(part) {
            Start::Nowhere => return Ok(Vec::new()),
            Start::Beginning => None,
            Start::Behind(place) => Some(place),
        };
        let owner = self.cx.owner()?.to_string();
        let room = self.limit.saturating_sub(self.count);
        // One more than there is room for tells whether there is another page.
        let range = Range::all().after(after);
        let mut page = self.cx.read().scan::<E>(&E::BY_NAME, &owner, range, room.saturating_add(1)).await?;
        self.more = page.items.len() > room;
        page.items.truncate(room);
        self.count = self.count.saturating_add(page.items.len());
        if let Some(last) = page.items.last() {
            let sort = format!("{}{}", part.mark(), last.name().to_ascii_lowercase());
            self.last = Some(Position { sort, key: last.key().path().into_owned() });
        }
        Ok(page.items)
    }

    /// AWS's policies that somebody in the account uses: the answer is about what is granted here, and the rest of
    /// the catalog grants nothing.
    async fn add_aws_policies(&mut self) -> Result<()> {
        let after = match self.start(Part::AwsPolicies) {
            Start::Nowhere => return Ok(()),
            Start::Beginning => String::new(),
            Start::Behind(place) => place.sort,
        };
        let owner = self.cx.owner()?;
        for policy in AwsPolicy::all(self.cx).await? {
            let name = policy.name().to_ascii_lowercase();
            if name <= after {
                continue;
            }
            let arn = policy.arn(owner)?;
            let usage = Usage::of(self.cx, &arn).await?;
            if usage.attachments == 0 && usage.boundaries == 0 {
                continue;
            }
            if self.count >= self.limit {
                self.more = true;
                return Ok(());
            }
            let shown = match policy {
                AwsPolicy::Imported(policy) => own_policy(self.cx, &policy).await?,
                AwsPolicy::Known(policy) => {
                    let mut version = policy_versions::aws_summary(policy)?;
                    version.document = Some(policy.document().to_owned());
                    policy_detail(aws_policy_summary(policy, &arn, usage)?, vec![version])
                }
            };
            self.output.policies.get_or_insert_default().push(shown);
            self.count = self.count.saturating_add(1);
            let sort = format!("{}{name}", Part::AwsPolicies.mark());
            self.last = Some(Position { sort, key: String::new() });
        }
        Ok(())
    }
}

enum Start {
    Nowhere,
    Beginning,
    Behind(Position),
}

async fn user_detail(cx: &Context<'_>, user: &User) -> Result<UserDetail> {
    let holder = user.grantee();
    let mut groups = Vec::new();
    for membership in cx.read().all::<Membership>(&Membership::BY_USER, &holder.partition()).await? {
        let key = EntityKey::new(user.owner, membership.group.clone());
        groups.extend(cx.read().get::<Group>(&key).await?.map(|group| group.name.to_string()));
    }
    groups.sort();
    Ok(UserDetail {
        path: Some(user.path.to_string()),
        user_name: Some(user.name.to_string()),
        user_id: Some(user.id.to_string()),
        arn: Some(user.arn().to_string()),
        create_date: Some(user.created),
        user_policy_list: inline_policies(cx, &holder).await?,
        group_list: Some(groups),
        attached_managed_policies: Some(attached_policies(cx, &holder).await?),
        permissions_boundary: user.boundary.as_ref().map(boundary_detail),
        tags: Some(tags::list(&user.tags)),
    })
}

async fn group_detail(cx: &Context<'_>, group: &Group) -> Result<GroupDetail> {
    let holder = group.grantee();
    Ok(GroupDetail {
        path: Some(group.path.to_string()),
        group_name: Some(group.name.to_string()),
        group_id: Some(group.id.to_string()),
        arn: Some(group.arn().to_string()),
        create_date: Some(group.created),
        group_policy_list: Some(inline_policies(cx, &holder).await?.unwrap_or_default()),
        attached_managed_policies: Some(attached_policies(cx, &holder).await?),
    })
}

async fn role_detail(cx: &Context<'_>, role: &Role) -> Result<RoleDetail> {
    let holder = role.grantee();
    let profiles = cx.read().all::<InstanceProfile>(&InstanceProfile::BY_ROLE, &holder.partition()).await?;
    Ok(RoleDetail {
        path: Some(role.path.to_string()),
        role_name: Some(role.name.to_string()),
        role_id: Some(role.id.to_string()),
        arn: Some(role.arn().to_string()),
        create_date: Some(role.created),
        assume_role_policy_document: Some(roles::trust_policy(cx, role).await?.to_string()),
        instance_profile_list: Some(instance_profiles::summaries(cx, &profiles).await?),
        role_policy_list: Some(inline_policies(cx, &holder).await?.unwrap_or_default()),
        attached_managed_policies: Some(attached_policies(cx, &holder).await?),
        permissions_boundary: role.boundary.as_ref().map(boundary_detail),
        tags: Some(tags::list(&role.tags)),
        role_last_used: Some(roles::last_used(cx, role).await?),
    })
}

async fn own_policy(cx: &Context<'_>, policy: &ManagedPolicy) -> Result<ManagedPolicyDetail> {
    let partition = policy.versions_partition();
    let mut versions = cx.read().all::<PolicyVersion>(&PolicyVersion::BY_POLICY, &partition).await?;
    versions.reverse();
    let versions = versions.iter().map(|version| VersionDetail {
        document: Some(version.document.as_str().to_owned()),
        ..policy_versions::summary(policy, version)
    });
    let mut summary = policy_summary(policy, Usage::of(cx, &policy.arn()).await?);
    summary.description = policy.description.clone();
    Ok(policy_detail(summary, versions.collect()))
}

fn policy_detail(policy: PolicySummary, versions: Vec<VersionDetail>) -> ManagedPolicyDetail {
    ManagedPolicyDetail {
        policy_name: policy.policy_name,
        policy_id: policy.policy_id,
        arn: policy.arn,
        path: policy.path,
        default_version_id: policy.default_version_id,
        attachment_count: policy.attachment_count,
        permissions_boundary_usage_count: policy.permissions_boundary_usage_count,
        is_attachable: policy.is_attachable,
        description: policy.description,
        create_date: policy.create_date,
        update_date: policy.update_date,
        policy_version_list: Some(versions),
    }
}

/// The inline policies of a holder; none where there are none.
async fn inline_policies(cx: &Context<'_>, holder: &Grantee) -> Result<Option<Vec<PolicyDetail>>> {
    let policies = cx.read().all::<InlinePolicy>(&InlinePolicy::BY_HOLDER, &holder.partition()).await?;
    let shown = policies.iter().map(|policy| PolicyDetail {
        policy_name: Some(policy.name.to_string()),
        policy_document: Some(policy.document.as_str().to_owned()),
    });
    Ok((!policies.is_empty()).then(|| shown.collect()))
}

async fn attached_policies(cx: &Context<'_>, holder: &Grantee) -> Result<Vec<AttachedPolicy>> {
    let attachments = cx.read().all::<Attachment>(&Attachment::BY_HOLDER, &holder.partition()).await?;
    let shown = attachments.iter().map(|attachment| AttachedPolicy {
        policy_name: Some(name_of(&attachment.policy)),
        policy_arn: Some(attachment.policy.to_string()),
    });
    Ok(shown.collect())
}
