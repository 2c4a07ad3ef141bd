//! Users: the long-lived identities of people and programs.

use api::iam::types::{
    AttachedPermissionsBoundary, CreateUserInput, CreateUserOutput, DeleteUserInput, GetUserInput,
    GetUserOutput, ListUserTagsInput, ListUserTagsOutput, ListUsersInput, ListUsersOutput,
    PermissionsBoundaryAttachmentType, TagUserInput, UntagUserInput, UpdateUserInput, User as UserDetail,
};
use authz::{Ask, Identity};
use directory::{
    AccessKey, Attachment, InlinePolicy, LoginProfile, Membership, MfaDevice, Named as _, ServiceCredential,
    SigningCertificate, SshPublicKey, User, UserCredential as _, arn_of,
};
use jiff::Timestamp;
use service::{Context, Paging, Result, Route, routes};
use types::{Arn, IdPrefix, Path, UserName};

use crate::Iam;
use crate::tags::Keys;
use crate::target::{Entity as _, Target, collection};
use crate::{fault, managed, quota, tags};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreateUser => create_user,
    GetUser => get_user,
    ListUsers => list_users,
    UpdateUser => update_user,
    DeleteUser => delete_user,
    TagUser => tag_user,
    UntagUser => untag_user,
    ListUserTags => list_user_tags,
];

impl Iam {
    pub(crate) async fn create_user(
        &self,
        cx: &Context<'_>,
        input: CreateUserInput,
    ) -> Result<CreateUserOutput> {
        let name = UserName::parse(&input.user_name)?;
        let path = input.path.as_deref().map_or(Ok(Path::root()), Path::parse)?;
        let boundary = input.permissions_boundary.as_deref().map(Arn::parse).transpose()?;
        let tags = Keys::Caseless.parse(input.tags.as_deref())?;
        let owner = cx.owner()?;
        let bounded = match &boundary {
            Some(boundary) => managed::require_boundary(cx, boundary).await,
            None => Ok(()),
        };

        let mut ask =
            Ask::new("iam:CreateUser", &arn_of::<User>(owner, &path, name.as_str())).with_request_tags(&tags);
        if let Some(boundary) = &boundary {
            ask = ask.with("iam:PermissionsBoundary", boundary.as_str());
        }
        let mut asks = vec![ask];
        if !tags.is_empty() {
            // Tags on creation need leave to tag as well (AWS: "Tags for IAM resources").
            asks.push(
                Ask::new("iam:TagUser", &arn_of::<User>(owner, &path, name.as_str()))
                    .with_request_tags(&tags),
            );
        }
        let permit = cx.authorize_all(&asks).await?;

        let mut write = cx.write(&permit)?;
        if write.find::<User>(&User::BY_NAME, &owner.to_string(), &name.folded()).await?.is_some() {
            return Err(User::exists(name.as_str()).into());
        }
        bounded?;
        quota::USERS.hold(&mut write, owner, owner.to_string()).await?;
        let id = cx.ids().unique_id(IdPrefix::User)?;
        let user = write.insert(User { owner, id, name, path, created: cx.now(), boundary, tags }).await?;
        write.commit(CreateUserOutput { user: Some(detail(&user, None)) }).await
    }

    pub(crate) async fn get_user(&self, cx: &Context<'_>, input: GetUserInput) -> Result<GetUserOutput> {
        let Some(target) = named_or_caller(cx, input.user_name.as_deref()).await? else {
            // The root user asks for itself.
            let owner = cx.owner()?;
            cx.authorize(Ask::new("iam:GetUser", &owner.root_arn())).await?;
            return Ok(GetUserOutput { user: root_detail(cx).await? });
        };
        cx.authorize(target.ask("iam:GetUser")).await?;

        let user = target.existing()?;
        let uses = cx.authorizer().password_uses(user.owner).await?;
        Ok(GetUserOutput { user: detail(&user, uses.get(&user.id).copied()) })
    }

    pub(crate) async fn list_users(
        &self,
        cx: &Context<'_>,
        input: ListUsersInput,
    ) -> Result<ListUsersOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        cx.authorize(Ask::new("iam:ListUsers", &collection::<User>(cx)?)).await?;

        let page = crate::list::entities::<User>(cx, &paging, input.path_prefix.as_deref()).await?;
        let uses = cx.authorizer().password_uses(cx.owner()?).await?;
        Ok(ListUsersOutput {
            // ListUsers leaves out boundary and tags (AWS: "ListUsers").
            users: page.items.iter().map(|user| summary(user, uses.get(&user.id).copied())).collect(),
            is_truncated: Some(page.next.is_some()),
            marker: page.next.as_ref().map(Paging::marker),
        })
    }

    pub(crate) async fn update_user(&self, cx: &Context<'_>, input: UpdateUserInput) -> Result<()> {
        let target = Target::<User>::named(cx, &input.user_name).await?;
        let name = input.new_user_name.as_deref().map(UserName::parse).transpose()?;
        let path = input.new_path.as_deref().map(Path::parse).transpose()?;
        // Leave is needed on the user as it is and as it will be (AWS: "Renaming an IAM user").
        let owner = cx.owner()?;
        let old_path = target.found().map_or_else(Path::root, |user| user.path.clone());
        let old_name = target.found().map_or(input.user_name.as_str(), |user| user.name.as_str());
        let new_name = name.as_ref().map_or(old_name, UserName::as_str);
        let new_arn = arn_of::<User>(owner, path.as_ref().unwrap_or(&old_path), new_name);
        let permit =
            cx.authorize_all(&[target.ask("iam:UpdateUser"), Ask::new("iam:UpdateUser", &new_arn)]).await?;

        let mut user = (*target.existing()?).clone();
        let mut write = cx.write(&permit)?;
        if let Some(name) = name {
            let there = write.find::<User>(&User::BY_NAME, &owner.to_string(), &name.folded()).await?;
            if there.is_some_and(|there| there.id != user.id) {
                return Err(User::exists(name.as_str()).into());
            }
            user.name = name;
        }
        user.path = path.unwrap_or(user.path);
        write.put(user).await?;
        write.commit(()).await
    }

    pub(crate) async fn delete_user(&self, cx: &Context<'_>, input: DeleteUserInput) -> Result<()> {
        let target = Target::<User>::named(cx, &input.user_name).await?;
        let permit = cx.authorize(target.ask("iam:DeleteUser")).await?;

        let user = target.existing()?;
        let mut write = cx.write(&permit)?;
        let partition = user.grantee().partition();
        if !write
            .all::<AccessKey>(&AccessKey::BY_USER, &AccessKey::user_partition(user.owner, Some(&user.id)))
            .await?
            .is_empty()
        {
            return Err(fault::is_held("delete access keys").into());
        }
        if write.get::<LoginProfile>(&store::Record::key(&*user)).await?.is_some() {
            return Err(fault::is_held("delete login profile").into());
        }
        if !write.all::<MfaDevice>(&MfaDevice::BY_USER, &partition).await?.is_empty() {
            return Err(fault::is_held("delete MFA device").into());
        }
        if !write.all::<SigningCertificate>(&SigningCertificate::BY_USER, &partition).await?.is_empty() {
            return Err(fault::is_held("delete certificates").into());
        }
        if !write.all::<SshPublicKey>(&SshPublicKey::BY_USER, &partition).await?.is_empty()
            || !write.all::<ServiceCredential>(&ServiceCredential::BY_USER, &partition).await?.is_empty()
        {
            return Err(fault::is_held("remove referenced objects").into());
        }
        if !write.all::<InlinePolicy>(&InlinePolicy::BY_HOLDER, &partition).await?.is_empty() {
            return Err(fault::is_held("delete policies").into());
        }
        if !write.all::<Attachment>(&Attachment::BY_HOLDER, &partition).await?.is_empty() {
            return Err(fault::is_held("detach all policies").into());
        }
        if !write.all::<Membership>(&Membership::BY_USER, &partition).await?.is_empty() {
            return Err(fault::is_held("remove users from group").into());
        }
        write.delete::<User>(&store::Record::key(&*user)).await?;
        write.commit(()).await
    }

    pub(crate) async fn tag_user(&self, cx: &Context<'_>, input: TagUserInput) -> Result<()> {
        let added = Keys::Caseless.parse_some(&input.tags)?;
        let target = Target::<User>::named(cx, &input.user_name).await?;
        let permit = cx.authorize(target.ask("iam:TagUser").with_request_tags(&added)).await?;

        let mut user = (*target.existing()?).clone();
        user.tags = Keys::Caseless.merged(&user.tags, &added)?;
        let mut write = cx.write(&permit)?;
        write.put(user).await?;
        write.commit(()).await
    }

    pub(crate) async fn untag_user(&self, cx: &Context<'_>, input: UntagUserInput) -> Result<()> {
        let target = Target::<User>::named(cx, &input.user_name).await?;
        let ask = target.ask("iam:UntagUser").with_tag_keys(input.tag_keys.iter().map(String::as_str));
        let permit = cx.authorize(ask).await?;

        let mut user = (*target.existing()?).clone();
        user.tags = Keys::Caseless.without(&user.tags, &input.tag_keys);
        let mut write = cx.write(&permit)?;
        write.put(user).await?;
        write.commit(()).await
    }

    pub(crate) async fn list_user_tags(
        &self,
        cx: &Context<'_>,
        input: ListUserTagsInput,
    ) -> Result<ListUserTagsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = Target::<User>::named(cx, &input.user_name).await?;
        cx.authorize(target.ask("iam:ListUserTags")).await?;

        let user = target.existing()?;
        let (tags, marker) = paging.slice(tags::list(&user.tags), tags::place);
        Ok(ListUserTagsOutput { tags, is_truncated: Some(marker.is_some()), marker })
    }
}

/// The user that a request names, or else the caller; none where the caller is the root user.
pub(crate) async fn named_or_caller(cx: &Context<'_>, name: Option<&str>) -> Result<Option<Target<User>>> {
    match (name, &cx.caller()?.identity) {
        (Some(name), _) => Ok(Some(Target::named(cx, name).await?)),
        (None, Identity::User(user)) => Ok(Some(Target::of(std::sync::Arc::clone(user)))),
        (None, Identity::Root) => Ok(None),
        (None, Identity::Role { .. } | Identity::Federated { .. }) => Err(must_name_user().into()),
    }
}

/// The user that a request names, or else the caller, which must be a user then.
pub(crate) async fn user_or_caller(cx: &Context<'_>, name: Option<&str>) -> Result<Target<User>> {
    Ok(named_or_caller(cx, name).await?.ok_or_else(must_name_user)?)
}

fn must_name_user() -> wire::Fault {
    wire::Fault::validation("Must specify userName when calling with non-User credentials")
}

/// The user with everything, as CreateUser and GetUser answer.
pub(crate) fn detail(user: &User, password_last_used: Option<Timestamp>) -> UserDetail {
    UserDetail {
        permissions_boundary: user.boundary.as_ref().map(boundary_detail),
        tags: tags::shown(&user.tags),
        ..summary(user, password_last_used)
    }
}

/// The user without boundary and tags, as lists answer.
pub(crate) fn summary(user: &User, password_last_used: Option<Timestamp>) -> UserDetail {
    UserDetail {
        path: user.path.to_string(),
        user_name: user.name.to_string(),
        user_id: user.id.to_string(),
        arn: user.arn().to_string(),
        create_date: user.created,
        password_last_used,
        permissions_boundary: None,
        tags: None,
    }
}

pub(crate) fn boundary_detail(policy: &Arn) -> AttachedPermissionsBoundary {
    AttachedPermissionsBoundary {
        permissions_boundary_type: Some(PermissionsBoundaryAttachmentType::Policy),
        permissions_boundary_arn: Some(policy.to_string()),
    }
}

/// The root user, who has neither name nor path: its id is the account's.
async fn root_detail(cx: &Context<'_>) -> Result<UserDetail> {
    let owner = cx.owner()?;
    let account = cx.read().get::<directory::Account>(&directory::AccountKey(owner)).await?;
    Ok(UserDetail {
        path: "/".into(),
        user_name: account.as_ref().map(|account| account.name.clone()).unwrap_or_default(),
        user_id: owner.account.to_string(),
        arn: owner.root_arn().to_string(),
        create_date: account.map_or(cx.now(), |account| account.created),
        password_last_used: None,
        permissions_boundary: None,
        tags: None,
    })
}
