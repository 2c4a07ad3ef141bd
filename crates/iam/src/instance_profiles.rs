//! Instance profiles: the boxes in which virtual machines are given their role.

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::{
    AddRoleToInstanceProfileInput, CreateInstanceProfileInput, CreateInstanceProfileOutput,
    DeleteInstanceProfileInput, GetInstanceProfileInput, GetInstanceProfileOutput,
    InstanceProfile as ProfileDetail, ListInstanceProfileTagsInput, ListInstanceProfileTagsOutput,
    ListInstanceProfilesForRoleInput, ListInstanceProfilesForRoleOutput, ListInstanceProfilesInput,
    ListInstanceProfilesOutput, RemoveRoleFromInstanceProfileInput, TagInstanceProfileInput,
    UntagInstanceProfileInput,
};
use authz::Ask;
use directory::{EntityKey, InstanceProfile, Named as _, Role, arn_of};
use service::{Context, Paging, Result, Route, routes};
use types::{IdPrefix, InstanceProfileName, Path};

use crate::Iam;
use crate::tags::Keys;
use crate::target::{Entity as _, Target, collection};
use crate::{quota, roles, tags};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreateInstanceProfile => create_instance_profile,
    GetInstanceProfile => get_instance_profile,
    ListInstanceProfiles => list_instance_profiles,
    ListInstanceProfilesForRole => list_instance_profiles_for_role,
    DeleteInstanceProfile => delete_instance_profile,
    AddRoleToInstanceProfile => add_role_to_instance_profile,
    RemoveRoleFromInstanceProfile => remove_role_from_instance_profile,
    TagInstanceProfile => tag_instance_profile,
    UntagInstanceProfile => untag_instance_profile,
    ListInstanceProfileTags => list_instance_profile_tags,
];

impl Iam {
    pub(crate) async fn create_instance_profile(
        &self,
        cx: &Context<'_>,
        input: CreateInstanceProfileInput,
    ) -> Result<CreateInstanceProfileOutput> {
        let owner = cx.owner()?;
        let name = InstanceProfileName::parse(&input.instance_profile_name)?;
        let path = input.path.as_deref().map_or(Ok(Path::root()), Path::parse)?;
        let tags = Keys::Cased.parse(input.tags.as_deref())?;

        let arn = arn_of::<InstanceProfile>(owner, &path, name.as_str());
        let mut asks = vec![Ask::new("iam:CreateInstanceProfile", &arn).with_request_tags(&tags)];
        if !tags.is_empty() {
            // Tags on creation need leave to tag as well (AWS: "Tags for IAM resources").
            asks.push(Ask::new("iam:TagInstanceProfile", &arn).with_request_tags(&tags));
        }
        let permit = cx.authorize_all(&asks).await?;

        let mut write = cx.write(&permit)?;
        let (partition, folded) = (owner.to_string(), name.folded());
        let there = write.find::<InstanceProfile>(&InstanceProfile::BY_NAME, &partition, &folded).await?;
        if there.is_some() {
            return Err(InstanceProfile::exists(name.as_str()).into());
        }
        quota::INSTANCE_PROFILES.hold(&mut write, owner, owner.to_string()).await?;
        let id = cx.ids().unique_id(IdPrefix::InstanceProfile)?;
        let profile = InstanceProfile { owner, id, name, path, created: cx.now(), role: None, tags };
        let profile = write.insert(profile).await?;
        let mut shown = summary(cx, &profile).await?;
        shown.tags = tags::shown(&profile.tags);
        write.commit(CreateInstanceProfileOutput { instance_profile: shown }).await
    }

    pub(crate) async fn get_instance_profile(
        &self,
        cx: &Context<'_>,
        input: GetInstanceProfileInput,
    ) -> Result<GetInstanceProfileOutput> {
        let target = Target::<InstanceProfile>::named(cx, &input.instance_profile_name).await?;
        cx.authorize(target.ask("iam:GetInstanceProfile")).await?;

        let profile = target.existing()?;
        let mut shown = summary(cx, &profile).await?;
        shown.tags = Some(tags::list(&profile.tags));
        Ok(GetInstanceProfileOutput { instance_profile: shown })
    }

    pub(crate) async fn list_instance_profiles(
        &self,
        cx: &Context<'_>,
        input: ListInstanceProfilesInput,
    ) -> Result<ListInstanceProfilesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        cx.authorize(Ask::new("iam:ListInstanceProfiles", &collection::<InstanceProfile>(cx)?)).await?;

        let prefix = input.path_prefix.as_deref();
        let page = crate::list::entities::<InstanceProfile>(cx, &paging, prefix).await?;
        Ok(ListInstanceProfilesOutput {
            instance_profiles: summaries(cx, &page.items).await?,
            is_truncated: Some(page.next.is_some()),
            marker: page.next.as_ref().map(Paging::marker),
        })
    }

    pub(crate) async fn list_instance_profiles_for_role(
        &self,
        cx: &Context<'_>,
        input: ListInstanceProfilesForRoleInput,
    ) -> Result<ListInstanceProfilesForRoleOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = Target::<Role>::named(cx, &input.role_name).await?;
        cx.authorize(target.ask("iam:ListInstanceProfilesForRole")).await?;

        let partition = target.existing()?.grantee().partition();
        let range = paging.range("");
        let page = cx
            .read()
            .scan::<InstanceProfile>(&InstanceProfile::BY_ROLE, &partition, range, paging.limit())
            .await?;
        Ok(ListInstanceProfilesForRoleOutput {
            instance_profiles: summaries(cx, &page.items).await?,
            is_truncated: Some(page.next.is_some()),
            marker: page.next.as_ref().map(Paging::marker),
        })
    }

    pub(crate) async fn delete_instance_profile(
        &self,
        cx: &Context<'_>,
        input: DeleteInstanceProfileInput,
    ) -> Result<()> {
        let target = Target::<InstanceProfile>::named(cx, &input.instance_profile_name).await?;
        let permit = cx.authorize(target.ask("iam:DeleteInstanceProfile")).await?;

        let profile = target.existing()?;
        if profile.role.is_some() {
            let message = "Cannot delete entity, must remove roles from instance profile first.";
            return Err(faults::delete_conflict(message).into());
        }
        let mut write = cx.write(&permit)?;
        write.delete::<InstanceProfile>(&store::Record::key(&*profile)).await?;
        write.commit(()).await
    }

    pub(crate) async fn add_role_to_instance_profile(
        &self,
        cx: &Context<'_>,
        input: AddRoleToInstanceProfileInput,
    ) -> Result<()> {
        let target = Target::<InstanceProfile>::named(cx, &input.instance_profile_name).await?;
        let role = Target::<Role>::named(cx, &input.role_name).await?;
        // The role is handed to whatever runs in the profile (AWS: "AddRoleToInstanceProfile").
        let pass = role.ask("iam:PassRole").with("iam:PassedToService", "ec2.amazonaws.com");
        let permit = cx.authorize_all(&[target.ask("iam:AddRoleToInstanceProfile"), pass]).await?;

        let mut profile = (*target.existing()?).clone();
        let role = role.existing()?;
        if role.is_service_linked() {
            return Err(roles::unmodifiable(&role).into());
        }
        if profile.role.is_some() {
            let message = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1";
            return Err(faults::limit_exceeded(message).into());
        }
        profile.role = Some(role.id.clone());
        let mut write = cx.write(&permit)?;
        write.put(profile).await?;
        write.commit(()).await
    }

    pub(crate) async fn remove_role_from_instance_profile(
        &self,
        cx: &Context<'_>,
        input: RemoveRoleFromInstanceProfileInput,
    ) -> Result<()> {
        let target = Target::<InstanceProfile>::named(cx, &input.instance_profile_name).await?;
        let role = Target::<Role>::named(cx, &input.role_name).await?;
        let permit = cx.authorize(target.ask("iam:RemoveRoleFromInstanceProfile")).await?;

        let mut profile = (*target.existing()?).clone();
        let role = role.existing()?;
        if profile.role.as_ref() != Some(&role.id) {
            let message = format!("Role {} cannot be found in instance profile {}.", role.name, profile.name);
            return Err(faults::no_such_entity(message).into());
        }
        profile.role = None;
        let mut write = cx.write(&permit)?;
        write.put(profile).await?;
        write.commit(()).await
    }

    pub(crate) async fn tag_instance_profile(
        &self,
        cx: &Context<'_>,
        input: TagInstanceProfileInput,
    ) -> Result<()> {
        let added = Keys::Cased.parse_some(&input.tags)?;
        let target = Target::<InstanceProfile>::named(cx, &input.instance_profile_name).await?;
        let permit = cx.authorize(target.ask("iam:TagInstanceProfile").with_request_tags(&added)).await?;

        let mut profile = (*target.existing()?).clone();
        profile.tags = Keys::Cased.merged(&profile.tags, &added)?;
        let mut write = cx.write(&permit)?;
        write.put(profile).await?;
        write.commit(()).await
    }

    pub(crate) async fn untag_instance_profile(
        &self,
        cx: &Context<'_>,
        input: UntagInstanceProfileInput,
    ) -> Result<()> {
        let target = Target::<InstanceProfile>::named(cx, &input.instance_profile_name).await?;
        let keys = input.tag_keys.iter().map(String::as_str);
        let permit = cx.authorize(target.ask("iam:UntagInstanceProfile").with_tag_keys(keys)).await?;

        let mut profile = (*target.existing()?).clone();
        profile.tags = Keys::Cased.without(&profile.tags, &input.tag_keys);
        let mut write = cx.write(&permit)?;
        write.put(profile).await?;
        write.commit(()).await
    }

    pub(crate) async fn list_instance_profile_tags(
        &self,
        cx: &Context<'_>,
        input: ListInstanceProfileTagsInput,
    ) -> Result<ListInstanceProfileTagsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = Target::<InstanceProfile>::named(cx, &input.instance_profile_name).await?;
        cx.authorize(target.ask("iam:ListInstanceProfileTags")).await?;

        let profile = target.existing()?;
        let (tags, marker) = paging.slice(tags::list(&profile.tags), tags::place);
        Ok(ListInstanceProfileTagsOutput { tags, is_truncated: Some(marker.is_some()), marker })
    }
}

/// The instance profiles without their tags, as lists answer.
pub(crate) async fn summaries(
    cx: &Context<'_>,
    profiles: &[Arc<InstanceProfile>],
) -> Result<Vec<ProfileDetail>> {
    let mut shown = Vec::with_capacity(profiles.len());
    for profile in profiles {
        shown.push(summary(cx, profile).await?);
    }
    Ok(shown)
}

async fn summary(cx: &Context<'_>, profile: &InstanceProfile) -> Result<ProfileDetail> {
    let mut roles = Vec::new();
    if let Some(id) = &profile.role {
        let key = EntityKey::new(profile.owner, id.clone());
        if let Some(role) = cx.read().get::<Role>(&key).await? {
            roles.push(roles::in_profile(&role, &roles::trust_policy(cx, &role).await?));
        }
    }
    Ok(ProfileDetail {
        path: profile.path.to_string(),
        instance_profile_name: profile.name.to_string(),
        instance_profile_id: profile.id.to_string(),
        arn: profile.arn().to_string(),
        create_date: profile.created,
        roles,
        tags: None,
    })
}
