//! Which policies grant which services: permissions policies alone, whatever their resources and conditions.

mod grants;

use api::iam::faults;
use api::iam::types::{
    ListPoliciesGrantingServiceAccessEntry, ListPoliciesGrantingServiceAccessInput,
    ListPoliciesGrantingServiceAccessOutput, PolicyGrantingServiceAccess, PolicyOwnerEntityType, PolicyType,
};
use catalog::{Catalog, Service};
use directory::{EntityKey, Grantee, GranteeKind, Group, Membership};
use policy::{Named, SourceKind};
use service::{Context, Paging, Result, Route, routes};
use store::Snapshot;
use types::Arn;

use crate::source::{FoundSource, Source};
use crate::{Iam, managed};

pub(crate) use grants::Grants;

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    ListPoliciesGrantingServiceAccess => list_policies_granting_service_access,
];

impl Iam {
    pub(crate) async fn list_policies_granting_service_access(
        &self,
        cx: &Context<'_>,
        input: ListPoliciesGrantingServiceAccessInput,
    ) -> Result<ListPoliciesGrantingServiceAccessOutput> {
        let paging = Paging::new(input.marker.as_deref(), None)?;
        let source = Source::named(cx, &input.arn).await?;
        cx.authorize(source.ask("iam:ListPoliciesGrantingServiceAccess")).await?;

        let holders = holders(cx.read(), &source.existing()?).await?;
        let catalog = cx.authorizer().catalog(cx.read(), cx.owner()?).await?;
        let services = input
            .service_namespaces
            .into_iter()
            .map(|namespace| Ok((service_at(&catalog, &namespace)?, namespace)))
            .collect::<Result<Vec<_>>>()?;
        let policies = held(cx, &holders).await?;
        // The services stay in the order of the request, so their places are what the pages go by.
        let services = services.into_iter().enumerate().collect();
        let (page, marker) = paging.slice(services, |(place, _)| format!("{place:03}"));
        let entries = page
            .into_iter()
            .map(|(_, (service, namespace))| ListPoliciesGrantingServiceAccessEntry {
                service_namespace: Some(namespace),
                policies: Some(
                    policies
                        .iter()
                        .filter(|held| Grants::of([&*held.named.policy]).reach(service))
                        .map(Held::shown)
                        .collect(),
                ),
            })
            .collect();
        Ok(ListPoliciesGrantingServiceAccessOutput {
            policies_granting_service_access: entries,
            is_truncated: Some(marker.is_some()),
            marker,
        })
    }
}

/// The service of a namespace, or `InvalidInput`.
pub(crate) fn service_at<'c>(catalog: &'c Catalog, namespace: &str) -> Result<&'c Service> {
    let unknown = || faults::invalid_input(format!("Invalid service namespace: {namespace}"));
    Ok(catalog.service(namespace).ok_or_else(unknown)?)
}

/// An identity with its name.
struct HolderName {
    grantee: Grantee,
    name: String,
}

/// The identity itself, and for a user its groups by name.
async fn holders(snapshot: &Snapshot, source: &FoundSource) -> Result<Vec<HolderName>> {
    let name = match source {
        FoundSource::User(user) => user.name.to_string(),
        FoundSource::Group(group) => group.name.to_string(),
        FoundSource::Role(role) => role.name.to_string(),
    };
    let mut holders = vec![HolderName { grantee: source.grantee(), name }];
    if let FoundSource::User(user) = source {
        let partition = user.grantee().partition();
        for membership in snapshot.all::<Membership>(&Membership::BY_USER, &partition).await? {
            let key = EntityKey::new(user.owner, membership.group.clone());
            let group = snapshot.get::<Group>(&key).await?;
            holders.extend(
                group.map(|group| HolderName { grantee: group.grantee(), name: group.name.to_string() }),
            );
        }
        if let Some(groups) = holders.get_mut(1..) {
            groups.sort_by(|one, other| one.name.cmp(&other.name));
        }
    }
    Ok(holders)
}

/// A policy and who holds it.
struct Held<'h> {
    named: Named,
    holder: &'h HolderName,
}

/// The policies of the holders: managed ones first, each once however many hold it, then inline ones.
async fn held<'h>(cx: &Context<'_>, holders: &'h [HolderName]) -> Result<Vec<Held<'h>>> {
    let (mut managed, mut inline): (Vec<Held<'h>>, Vec<Held<'h>>) = (Vec::new(), Vec::new());
    for holder in holders {
        for named in cx.authorizer().held_by(cx.read(), &holder.grantee).await? {
            let is_managed = is_managed(&named);
            let is_known = is_managed && managed.iter().any(|held| held.named.name == named.name);
            let list = if is_managed { &mut managed } else { &mut inline };
            if !is_known {
                list.push(Held { named, holder });
            }
        }
    }
    managed.append(&mut inline);
    Ok(managed)
}

fn is_managed(named: &Named) -> bool {
    matches!(named.kind, SourceKind::AwsManaged | SourceKind::CustomerManaged)
}

impl Held<'_> {
    /// As the answer shows it: a managed policy has an ARN, an inline one the identity that it is part of.
    fn shown(&self) -> PolicyGrantingServiceAccess {
        let name = self.named.name.as_str();
        if is_managed(&self.named) {
            let policy_name = Arn::parse(name).map_or_else(|_| name.to_owned(), |arn| managed::name_of(&arn));
            return PolicyGrantingServiceAccess {
                policy_name,
                policy_type: PolicyType::Managed,
                policy_arn: Some(name.to_owned()),
                entity_type: None,
                entity_name: None,
            };
        }
        PolicyGrantingServiceAccess {
            policy_name: name.to_owned(),
            policy_type: PolicyType::Inline,
            policy_arn: None,
            entity_type: Some(entity_type(self.holder.grantee.kind)),
            entity_name: Some(self.holder.name.clone()),
        }
    }
}

/// The word for a kind of identity.
pub(crate) fn entity_type(kind: GranteeKind) -> PolicyOwnerEntityType {
    match kind {
        GranteeKind::User => PolicyOwnerEntityType::User,
        GranteeKind::Group => PolicyOwnerEntityType::Group,
        GranteeKind::Role => PolicyOwnerEntityType::Role,
    }
}
