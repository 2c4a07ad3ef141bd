//! ListEntitiesForPolicy: whom a policy is attached to and whom it bounds.

use std::collections::BTreeMap;

use api::iam::types::{
    EntityType, ListEntitiesForPolicyInput, ListEntitiesForPolicyOutput, PolicyGroup, PolicyRole,
    PolicyUsageType, PolicyUser,
};
use directory::{Attachment, GranteeKind, Group, Named, Role, User};
use service::{Context, Paging, Result};
use types::Arn;

use crate::Iam;
use crate::managed::PolicyTarget;

impl Iam {
    pub(crate) async fn list_entities_for_policy(
        &self,
        cx: &Context<'_>,
        input: ListEntitiesForPolicyInput,
    ) -> Result<ListEntitiesForPolicyOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = PolicyTarget::at(cx, &input.policy_arn).await?;
        cx.authorize(target.ask("iam:ListEntitiesForPolicy")).await?;

        let arn = target.arn.clone();
        target.existing()?;
        let mut users = Users { prefix: input.path_prefix.as_deref().unwrap_or("/"), found: BTreeMap::new() };
        if input.policy_usage_filter != Some(PolicyUsageType::PermissionsBoundary) {
            users.add_attached(cx, &arn).await?;
        }
        if input.policy_usage_filter != Some(PolicyUsageType::PermissionsPolicy) {
            users.add_bounded(cx, &arn).await?;
        }
        let listed = users.found.into_iter().filter(|(_, user)| is_asked(input.entity_filter, user.kind));
        let (page, marker) = paging.slice(listed.collect(), |(place, _)| place.clone());
        let mut output = ListEntitiesForPolicyOutput {
            policy_groups: Some(Vec::new()),
            policy_users: Some(Vec::new()),
            policy_roles: Some(Vec::new()),
            is_truncated: Some(marker.is_some()),
            marker,
        };
        for (_, user) in page {
            let (name, id) = (Some(user.name), Some(user.id));
            match user.kind {
                GranteeKind::Group => {
                    output
                        .policy_groups
                        .get_or_insert_default()
                        .push(PolicyGroup { group_name: name, group_id: id });
                }
                GranteeKind::Role => {
                    output
                        .policy_roles
                        .get_or_insert_default()
                        .push(PolicyRole { role_name: name, role_id: id });
                }
                GranteeKind::User => {
                    output
                        .policy_users
                        .get_or_insert_default()
                        .push(PolicyUser { user_name: name, user_id: id });
                }
            }
        }
        Ok(output)
    }
}

/// Who uses a policy, each once, by kind and folded name.
struct Users<'i> {
    prefix: &'i str,
    found: BTreeMap<String, OneUser>,
}

struct OneUser {
    kind: GranteeKind,
    name: String,
    id: String,
}

impl Users<'_> {
    async fn add_attached(&mut self, cx: &Context<'_>, policy: &Arn) -> Result<()> {
        let partition = Attachment::policy_partition(cx.owner()?, policy);
        for attachment in cx.read().all::<Attachment>(&Attachment::BY_POLICY, &partition).await? {
            let key = attachment.holder.entity();
            match attachment.holder.kind {
                GranteeKind::User => {
                    self.add(GranteeKind::User, cx.read().get::<User>(&key).await?.as_deref());
                }
                GranteeKind::Group => {
                    self.add(GranteeKind::Group, cx.read().get::<Group>(&key).await?.as_deref());
                }
                GranteeKind::Role => {
                    self.add(GranteeKind::Role, cx.read().get::<Role>(&key).await?.as_deref());
                }
            }
        }
        Ok(())
    }

    async fn add_bounded(&mut self, cx: &Context<'_>, policy: &Arn) -> Result<()> {
        let partition = Attachment::policy_partition(cx.owner()?, policy);
        for user in cx.read().all::<User>(&User::BY_BOUNDARY, &partition).await? {
            self.add(GranteeKind::User, Some(&*user));
        }
        for role in cx.read().all::<Role>(&Role::BY_BOUNDARY, &partition).await? {
            self.add(GranteeKind::Role, Some(&*role));
        }
        Ok(())
    }

    fn add<E: Named>(&mut self, kind: GranteeKind, entity: Option<&E>) {
        if let Some(entity) = entity.filter(|entity| entity.path().as_str().starts_with(self.prefix)) {
            let (name, id) = (entity.name().to_owned(), entity.id().to_string());
            let place = format!("{}/{}", kind.as_str(), name.to_ascii_lowercase());
            self.found.insert(place, OneUser { kind, name, id });
        }
    }
}

fn is_asked(filter: Option<EntityType>, kind: GranteeKind) -> bool {
    match filter {
        None => true,
        Some(EntityType::User) => kind == GranteeKind::User,
        Some(EntityType::Group) => kind == GranteeKind::Group,
        Some(EntityType::Role) => kind == GranteeKind::Role,
        // A policy is attached to no policy.
        Some(EntityType::LocalManagedPolicy | EntityType::AwsManagedPolicy) => false,
    }
}
