//! Service last accessed: which services a user, group, role or policy could access, and when it last tried.

mod report;

use api::iam::faults;
use api::iam::types::{
    AccessAdvisorUsageGranularityType, EntityDetails, EntityInfo, GenerateServiceLastAccessedDetailsInput,
    GenerateServiceLastAccessedDetailsOutput, GetServiceLastAccessedDetailsInput,
    GetServiceLastAccessedDetailsOutput, GetServiceLastAccessedDetailsWithEntitiesInput,
    GetServiceLastAccessedDetailsWithEntitiesOutput, JobStatusType, ServiceLastAccessed,
    TrackedActionLastAccessed,
};
use authz::Ask;
use catalog::Catalog;
use directory::{
    AccessReport, AccessReportKey, EntityAccess, EntityKey, GranteeKind, Granularity, LastAccess, Named,
    Role, ServiceAccess, User,
};
use jiff::{SignedDuration, Timestamp};
use service::{Context, Paging, Result, Route, routes};
use store::Range;
use types::Arn;

use crate::managed::PolicyTarget;
use crate::source::Source;
use crate::{Iam, granting};
use report::Subject;

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    GenerateServiceLastAccessedDetails => generate_service_last_accessed_details,
    GetServiceLastAccessedDetails => get_service_last_accessed_details,
    GetServiceLastAccessedDetailsWithEntities => get_service_last_accessed_details_with_entities,
];

impl Iam {
    /// Makes the report, which is complete when the call returns.
    pub(crate) async fn generate_service_last_accessed_details(
        &self,
        cx: &Context<'_>,
        input: GenerateServiceLastAccessedDetailsInput,
    ) -> Result<GenerateServiceLastAccessedDetailsOutput> {
        let asked = Asked::named(cx, &input.arn).await?;
        let permit = cx.authorize(asked.ask("iam:GenerateServiceLastAccessedDetails")).await?;

        let subject = asked.existing()?;
        let granularity = match input.granularity {
            Some(AccessAdvisorUsageGranularityType::ActionLevel) => Granularity::Action,
            Some(AccessAdvisorUsageGranularityType::ServiceLevel) | None => Granularity::Service,
        };
        let report = report::made(cx, &subject, granularity).await?;
        let job_id = Some(report.job.clone());
        let mut write = cx.write(&permit)?;
        // A few of the oldest go with each new one, so that those that nobody can ask for any more do not pile up.
        let owner = cx.owner()?.to_string();
        let oldest = write.scan::<AccessReport>(&AccessReport::BY_TIME, &owner, Range::all(), SWEPT).await?;
        for old in oldest.items.iter().filter(|old| is_expired(old, cx.now())) {
            write.delete::<AccessReport>(&store::Record::key(&**old)).await?;
        }
        write.insert(report).await?;
        write.commit(GenerateServiceLastAccessedDetailsOutput { job_id }).await
    }

    pub(crate) async fn get_service_last_accessed_details(
        &self,
        cx: &Context<'_>,
        input: GetServiceLastAccessedDetailsInput,
    ) -> Result<GetServiceLastAccessedDetailsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        cx.authorize(Ask::on_all("iam:GetServiceLastAccessedDetails")).await?;

        let report = existing(cx, &input.job_id).await?;
        // Only who asked for a report reads it (AWS: "GetServiceLastAccessedDetails", JobId).
        if report.requester != cx.caller()?.user_id() {
            return Err(missing(&input.job_id).into());
        }
        let catalog = cx.authorizer().catalog(cx.read(), cx.owner()?).await?;
        let services = report.services.iter().collect();
        let (page, marker) = paging.slice(services, |(namespace, _)| (*namespace).clone());
        Ok(GetServiceLastAccessedDetailsOutput {
            job_status: JobStatusType::Completed,
            job_type: Some(match report.granularity {
                Granularity::Service => AccessAdvisorUsageGranularityType::ServiceLevel,
                Granularity::Action => AccessAdvisorUsageGranularityType::ActionLevel,
            }),
            job_creation_date: report.created,
            services_last_accessed: page
                .into_iter()
                .map(|(namespace, service)| service_shown(&catalog, namespace, service))
                .collect(),
            job_completion_date: report.created,
            is_truncated: Some(marker.is_some()),
            marker,
            error: None,
        })
    }

    pub(crate) async fn get_service_last_accessed_details_with_entities(
        &self,
        cx: &Context<'_>,
        input: GetServiceLastAccessedDetailsWithEntitiesInput,
    ) -> Result<GetServiceLastAccessedDetailsWithEntitiesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        cx.authorize(Ask::on_all("iam:GetServiceLastAccessedDetailsWithEntities")).await?;

        let report = existing(cx, &input.job_id).await?;
        let catalog = cx.authorizer().catalog(cx.read(), cx.owner()?).await?;
        let namespace = granting::service_at(&catalog, &input.service_namespace)?.prefix();
        // Who could not access the service through what the report is about is not listed.
        let entities: &[EntityAccess] =
            if report.services.contains_key(namespace) { &report.entities } else { &[] };
        let mut entities: Vec<_> =
            entities.iter().map(|entity| (entity, entity.services.get(namespace).copied())).collect();
        entities.sort_by_cached_key(place_of);
        let (page, marker) = paging.slice(entities, place_of);
        let mut shown = Vec::with_capacity(page.len());
        for (entity, last) in page {
            shown.extend(entity_shown(cx, entity, last).await?);
        }
        Ok(GetServiceLastAccessedDetailsWithEntitiesOutput {
            job_status: JobStatusType::Completed,
            job_creation_date: report.created,
            job_completion_date: report.created,
            entity_details_list: shown,
            is_truncated: Some(marker.is_some()),
            marker,
            error: None,
        })
    }
}

/// What a report is asked about, whether it exists or not.
enum Asked {
    Identity(Source),
    Policy(PolicyTarget),
}

impl Asked {
    async fn named(cx: &Context<'_>, text: &str) -> Result<Self> {
        let is_policy = Arn::parse(text).is_ok_and(|arn| arn.resource_type_and_id().0 == "policy");
        Ok(if is_policy {
            Self::Policy(PolicyTarget::at(cx, text).await?)
        } else {
            Self::Identity(Source::named(cx, text).await?)
        })
    }

    fn ask(&self, action: &'static str) -> Ask {
        match self {
            Self::Identity(source) => source.ask(action),
            Self::Policy(policy) => policy.ask(action),
        }
    }

    fn existing(self) -> Result<Subject> {
        Ok(match self {
            Self::Identity(source) => Subject::Identity(source.existing()?),
            Self::Policy(policy) => {
                let arn = policy.arn.clone();
                policy.existing()?;
                Subject::Policy(arn)
            }
        })
    }
}

/// The report of a job that is not too old, or `NoSuchEntity`.
async fn existing(cx: &Context<'_>, job: &str) -> Result<std::sync::Arc<AccessReport>> {
    let key = AccessReportKey { owner: cx.owner()?, job: job.to_owned() };
    let report = cx.read().get::<AccessReport>(&key).await?;
    Ok(report.filter(|report| !is_expired(report, cx.now())).ok_or_else(|| missing(job))?)
}

fn missing(job: &str) -> wire::Fault {
    faults::no_such_entity(format!("The job with id {job} cannot be found."))
}

fn is_expired(report: &AccessReport, now: Timestamp) -> bool {
    now.duration_since(report.created) >= LIFETIME
}

fn service_shown(catalog: &Catalog, namespace: &str, service: &ServiceAccess) -> ServiceLastAccessed {
    let last = service.last.as_ref();
    let tracked = (!service.actions.is_empty()).then(|| {
        let used = service.actions.iter().map(|(name, last)| action_shown(name, Some(last)));
        let mut tracked: Vec<_> =
            used.chain(service.unused.iter().map(|name| action_shown(name, None))).collect();
        tracked.sort_by(|one, other| one.action_name.cmp(&other.action_name));
        tracked
    });
    ServiceLastAccessed {
        service_name: catalog.service(namespace).map_or(namespace, |service| service.name()).to_owned(),
        last_authenticated: last.map(|last| last.at),
        service_namespace: namespace.to_owned(),
        last_authenticated_entity: last.map(|last| last.entity.to_string()),
        last_authenticated_region: last.map(|last| last.region.clone()),
        total_authenticated_entities: Some(i32::try_from(service.entities).unwrap_or(i32::MAX)),
        tracked_actions_last_accessed: tracked,
    }
}

fn action_shown(name: &str, last: Option<&LastAccess>) -> TrackedActionLastAccessed {
    TrackedActionLastAccessed {
        action_name: Some(name.to_owned()),
        last_accessed_entity: last.map(|last| last.entity.to_string()),
        last_accessed_time: last.map(|last| last.at),
        last_accessed_region: last.map(|last| last.region.clone()),
    }
}

/// The place of an entity in the list: the latest attempt first, those without any last.
fn place_of((entity, last): &(&EntityAccess, Option<Timestamp>)) -> String {
    let age = last.map_or(i64::MAX, |last| (i64::MAX / 2).saturating_sub(last.as_second()));
    format!("{age:019}/{}", entity.id)
}

/// A user or role of a report by its name of today; none if it is gone.
async fn entity_shown(
    cx: &Context<'_>,
    entity: &EntityAccess,
    last_authenticated: Option<Timestamp>,
) -> Result<Option<EntityDetails>> {
    let key = EntityKey::new(cx.owner()?, entity.id.clone());
    let info = match entity.kind {
        GranteeKind::Role => cx.read().get::<Role>(&key).await?.map(|role| info(&*role, entity.kind)),
        GranteeKind::User | GranteeKind::Group => {
            cx.read().get::<User>(&key).await?.map(|user| info(&*user, entity.kind))
        }
    };
    Ok(info.map(|entity_info| EntityDetails { entity_info, last_authenticated }))
}

fn info<E: Named>(entity: &E, kind: GranteeKind) -> EntityInfo {
    EntityInfo {
        arn: entity.arn().to_string(),
        name: entity.name().to_owned(),
        r#type: granting::entity_type(kind),
        id: entity.id().to_string(),
        path: Some(entity.path().to_string()),
    }
}

/// How long a report can be asked for.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// So many old reports are looked at when a new one is made.
const SWEPT: usize = 4;
