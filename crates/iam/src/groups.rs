//! Groups, and which users are in them.

use std::sync::Arc;

use api::iam::types::{
    AddUserToGroupInput, CreateGroupInput, CreateGroupOutput, DeleteGroupInput, GetGroupInput,
    GetGroupOutput, Group as GroupDetail, ListGroupsForUserInput, ListGroupsForUserOutput, ListGroupsInput,
    ListGroupsOutput, RemoveUserFromGroupInput, UpdateGroupInput,
};
use authz::Ask;
use directory::{
    Attachment, EntityKey, Group, InlinePolicy, Membership, MembershipKey, Named as _, User, arn_of,
};
use service::{Context, Paging, Result, Route, routes};
use types::{GroupName, IdPrefix, Path};

use crate::target::{Entity as _, Target, collection};
use crate::{Iam, fault, quota, users};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreateGroup => create_group,
    GetGroup => get_group,
    ListGroups => list_groups,
    UpdateGroup => update_group,
    DeleteGroup => delete_group,
    AddUserToGroup => add_user_to_group,
    RemoveUserFromGroup => remove_user_from_group,
    ListGroupsForUser => list_groups_for_user,
];

impl Iam {
    pub(crate) async fn create_group(
        &self,
        cx: &Context<'_>,
        input: CreateGroupInput,
    ) -> Result<CreateGroupOutput> {
        let name = GroupName::parse(&input.group_name)?;
        let path = input.path.as_deref().map_or(Ok(Path::root()), Path::parse)?;
        let owner = cx.owner()?;
        let arn = arn_of::<Group>(owner, &path, name.as_str());
        let permit = cx.authorize(Ask::new("iam:CreateGroup", &arn)).await?;

        let mut write = cx.write(&permit)?;
        if write.find::<Group>(&Group::BY_NAME, &owner.to_string(), &name.folded()).await?.is_some() {
            return Err(Group::exists(name.as_str()).into());
        }
        quota::GROUPS.hold(&mut write, owner, owner.to_string()).await?;
        let id = cx.ids().unique_id(IdPrefix::Group)?;
        let group = write.insert(Group { owner, id, name, path, created: cx.now() }).await?;
        write.commit(CreateGroupOutput { group: detail(&group) }).await
    }

    pub(crate) async fn get_group(&self, cx: &Context<'_>, input: GetGroupInput) -> Result<GetGroupOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = Target::<Group>::named(cx, &input.group_name).await?;
        cx.authorize(target.ask("iam:GetGroup")).await?;

        let group = target.existing()?;
        let partition = group.grantee().partition();
        let range = paging.range("");
        let page =
            cx.read().scan::<Membership>(&Membership::BY_GROUP, &partition, range, paging.limit()).await?;
        let mut members = Vec::with_capacity(page.items.len());
        for membership in &page.items {
            let key = EntityKey::new(membership.owner, membership.user.clone());
            members.extend(cx.read().get::<User>(&key).await?);
        }
        let uses = cx.authorizer().password_uses(group.owner).await?;
        Ok(GetGroupOutput {
            group: detail(&group),
            users: members.iter().map(|user| users::summary(user, uses.get(&user.id).copied())).collect(),
            is_truncated: Some(page.next.is_some()),
            marker: page.next.as_ref().map(Paging::marker),
        })
    }

    pub(crate) async fn list_groups(
        &self,
        cx: &Context<'_>,
        input: ListGroupsInput,
    ) -> Result<ListGroupsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        cx.authorize(Ask::new("iam:ListGroups", &collection::<Group>(cx)?)).await?;

        let page = crate::list::entities::<Group>(cx, &paging, input.path_prefix.as_deref()).await?;
        Ok(ListGroupsOutput {
            groups: page.items.iter().map(|group| detail(group)).collect(),
            is_truncated: Some(page.next.is_some()),
            marker: page.next.as_ref().map(Paging::marker),
        })
    }

    pub(crate) async fn update_group(&self, cx: &Context<'_>, input: UpdateGroupInput) -> Result<()> {
        let target = Target::<Group>::named(cx, &input.group_name).await?;
        let name = input.new_group_name.as_deref().map(GroupName::parse).transpose()?;
        let path = input.new_path.as_deref().map(Path::parse).transpose()?;
        // Leave is needed on the group as it is and as it will be (AWS: "UpdateGroup").
        let owner = cx.owner()?;
        let old_path = target.found().map_or_else(Path::root, |group| group.path.clone());
        let old_name = target.found().map_or(input.group_name.as_str(), |group| group.name.as_str());
        let new_name = name.as_ref().map_or(old_name, GroupName::as_str);
        let new_arn = arn_of::<Group>(owner, path.as_ref().unwrap_or(&old_path), new_name);
        let asks = [target.ask("iam:UpdateGroup"), Ask::new("iam:UpdateGroup", &new_arn)];
        let permit = cx.authorize_all(&asks).await?;

        let mut group = (*target.existing()?).clone();
        let mut write = cx.write(&permit)?;
        if let Some(name) = name {
            let there = write.find::<Group>(&Group::BY_NAME, &owner.to_string(), &name.folded()).await?;
            if there.is_some_and(|there| there.id != group.id) {
                return Err(Group::exists(name.as_str()).into());
            }
            group.name = name;
        }
        group.path = path.unwrap_or(group.path);
        write.put(group).await?;
        write.commit(()).await
    }

    pub(crate) async fn delete_group(&self, cx: &Context<'_>, input: DeleteGroupInput) -> Result<()> {
        let target = Target::<Group>::named(cx, &input.group_name).await?;
        let permit = cx.authorize(target.ask("iam:DeleteGroup")).await?;

        let group = target.existing()?;
        let mut write = cx.write(&permit)?;
        let partition = group.grantee().partition();
        let one = store::Range::all();
        let members = write.scan::<Membership>(&Membership::BY_GROUP, &partition, one, 1).await?;
        if !members.items.is_empty() {
            return Err(fault::is_held("remove users from group").into());
        }
        if !write.all::<InlinePolicy>(&InlinePolicy::BY_HOLDER, &partition).await?.is_empty() {
            return Err(fault::is_held("delete policies").into());
        }
        if !write.all::<Attachment>(&Attachment::BY_HOLDER, &partition).await?.is_empty() {
            return Err(fault::is_held("detach all policies").into());
        }
        write.delete::<Group>(&store::Record::key(&*group)).await?;
        write.commit(()).await
    }

    /// Adds a user; one who is in the group already stays in it.
    pub(crate) async fn add_user_to_group(&self, cx: &Context<'_>, input: AddUserToGroupInput) -> Result<()> {
        let group = Target::<Group>::named(cx, &input.group_name).await?;
        let user = Target::<User>::named(cx, &input.user_name).await?;
        let permit = cx.authorize(group.ask("iam:AddUserToGroup")).await?;

        let key = membership(&*group.existing()?, &*user.existing()?);
        let mut write = cx.write(&permit)?;
        if write.get::<Membership>(&key).await?.is_some() {
            return Ok(());
        }
        let MembershipKey { owner, user, group } = key;
        quota::GROUPS_PER_USER.hold(&mut write, owner, format!("{owner}/{user}")).await?;
        write.insert(Membership { owner, user, group }).await?;
        write.commit(()).await
    }

    /// Removes a user; one who is not in the group is no error.
    pub(crate) async fn remove_user_from_group(
        &self,
        cx: &Context<'_>,
        input: RemoveUserFromGroupInput,
    ) -> Result<()> {
        let group = Target::<Group>::named(cx, &input.group_name).await?;
        let user = Target::<User>::named(cx, &input.user_name).await?;
        let permit = cx.authorize(group.ask("iam:RemoveUserFromGroup")).await?;

        let key = membership(&*group.existing()?, &*user.existing()?);
        let mut write = cx.write(&permit)?;
        if write.get::<Membership>(&key).await?.is_none() {
            return Ok(());
        }
        write.delete::<Membership>(&key).await?;
        write.commit(()).await
    }

    pub(crate) async fn list_groups_for_user(
        &self,
        cx: &Context<'_>,
        input: ListGroupsForUserInput,
    ) -> Result<ListGroupsForUserOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = Target::<User>::named(cx, &input.user_name).await?;
        cx.authorize(target.ask("iam:ListGroupsForUser")).await?;

        let mut groups = groups_of(cx, &*target.existing()?).await?;
        groups.sort_by_key(|group| group.name.folded());
        let (page, marker) = paging.slice(groups, |group| group.name.folded());
        Ok(ListGroupsForUserOutput {
            groups: page.iter().map(|group| detail(group)).collect(),
            is_truncated: Some(marker.is_some()),
            marker,
        })
    }
}

/// The group as every answer shows it.
pub(crate) fn detail(group: &Group) -> GroupDetail {
    GroupDetail {
        path: group.path.to_string(),
        group_name: group.name.to_string(),
        group_id: group.id.to_string(),
        arn: group.arn().to_string(),
        create_date: group.created,
    }
}

/// The groups that a user is in; at most as many as the quota allows.
pub(crate) async fn groups_of(cx: &Context<'_>, user: &User) -> Result<Vec<Arc<Group>>> {
    let mut groups = Vec::new();
    for membership in cx.read().all::<Membership>(&Membership::BY_USER, &user.grantee().partition()).await? {
        let key = EntityKey::new(membership.owner, membership.group.clone());
        groups.extend(cx.read().get::<Group>(&key).await?);
    }
    Ok(groups)
}

fn membership(group: &Group, user: &User) -> MembershipKey {
    MembershipKey { owner: group.owner, user: user.id.clone(), group: group.id.clone() }
}
