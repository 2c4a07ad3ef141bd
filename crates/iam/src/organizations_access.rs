//! What needs an organization: root access of its member accounts and its access report. There are no organizations
//! yet, so every account answers as AWS answers an account outside of one.

use api::iam::faults;
use api::iam::types::{
    DisableOrganizationsRootCredentialsManagementInput, DisableOrganizationsRootCredentialsManagementOutput,
    DisableOrganizationsRootSessionsInput, DisableOrganizationsRootSessionsOutput,
    EnableOrganizationsRootCredentialsManagementInput, EnableOrganizationsRootCredentialsManagementOutput,
    EnableOrganizationsRootSessionsInput, EnableOrganizationsRootSessionsOutput,
    GenerateOrganizationsAccessReportInput, GenerateOrganizationsAccessReportOutput,
    GetOrganizationsAccessReportInput, GetOrganizationsAccessReportOutput, ListOrganizationsFeaturesInput,
    ListOrganizationsFeaturesOutput,
};
use authz::Ask;
use service::{Context, Paging, Result, Route, routes};
use wire::Fault;

use crate::Iam;

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    ListOrganizationsFeatures => list_organizations_features,
    EnableOrganizationsRootCredentialsManagement => enable_organizations_root_credentials_management,
    DisableOrganizationsRootCredentialsManagement => disable_organizations_root_credentials_management,
    EnableOrganizationsRootSessions => enable_organizations_root_sessions,
    DisableOrganizationsRootSessions => disable_organizations_root_sessions,
    GenerateOrganizationsAccessReport => generate_organizations_access_report,
    GetOrganizationsAccessReport => get_organizations_access_report,
];

impl Iam {
    pub(crate) async fn list_organizations_features(
        &self,
        cx: &Context<'_>,
        _: ListOrganizationsFeaturesInput,
    ) -> Result<ListOrganizationsFeaturesOutput> {
        cx.authorize(Ask::on_all("iam:ListOrganizationsFeatures")).await?;
        Err(no_organization(cx)?.into())
    }

    pub(crate) async fn enable_organizations_root_credentials_management(
        &self,
        cx: &Context<'_>,
        _: EnableOrganizationsRootCredentialsManagementInput,
    ) -> Result<EnableOrganizationsRootCredentialsManagementOutput> {
        cx.authorize(Ask::on_all("iam:EnableOrganizationsRootCredentialsManagement")).await?;
        Err(no_organization(cx)?.into())
    }

    pub(crate) async fn disable_organizations_root_credentials_management(
        &self,
        cx: &Context<'_>,
        _: DisableOrganizationsRootCredentialsManagementInput,
    ) -> Result<DisableOrganizationsRootCredentialsManagementOutput> {
        cx.authorize(Ask::on_all("iam:DisableOrganizationsRootCredentialsManagement")).await?;
        Err(no_organization(cx)?.into())
    }

    pub(crate) async fn enable_organizations_root_sessions(
        &self,
        cx: &Context<'_>,
        _: EnableOrganizationsRootSessionsInput,
    ) -> Result<EnableOrganizationsRootSessionsOutput> {
        cx.authorize(Ask::on_all("iam:EnableOrganizationsRootSessions")).await?;
        Err(no_organization(cx)?.into())
    }

    pub(crate) async fn disable_organizations_root_sessions(
        &self,
        cx: &Context<'_>,
        _: DisableOrganizationsRootSessionsInput,
    ) -> Result<DisableOrganizationsRootSessionsOutput> {
        cx.authorize(Ask::on_all("iam:DisableOrganizationsRootSessions")).await?;
        Err(no_organization(cx)?.into())
    }

    /// The model has no fault of organizations for this one, so the path, which can be none of the caller's, is named.
    pub(crate) async fn generate_organizations_access_report(
        &self,
        cx: &Context<'_>,
        input: GenerateOrganizationsAccessReportInput,
    ) -> Result<GenerateOrganizationsAccessReportOutput> {
        let arn = cx.owner()?.iam_arn(&format!("access-report/{}", input.entity_path));
        let mut ask = Ask::new("iam:GenerateOrganizationsAccessReport", &arn);
        if let Some(policy) = &input.organizations_policy_id {
            ask = ask.with("iam:OrganizationsPolicyId", policy.as_str());
        }
        cx.authorize(ask).await?;
        let account = cx.owner()?.account;
        let message = format!(
            "The entity path {} is not valid: account {account} is not the management account of an organization.",
            input.entity_path
        );
        Err(faults::invalid_input(message).into())
    }

    /// No job was ever started.
    pub(crate) async fn get_organizations_access_report(
        &self,
        cx: &Context<'_>,
        input: GetOrganizationsAccessReportInput,
    ) -> Result<GetOrganizationsAccessReportOutput> {
        Paging::new(input.marker.as_deref(), input.max_items)?;
        cx.authorize(Ask::on_all("iam:GetOrganizationsAccessReport")).await?;
        let message = format!("The job with id {} cannot be found.", input.job_id);
        Err(faults::no_such_entity(message).into())
    }
}

fn no_organization(cx: &Context<'_>) -> Result<Fault> {
    let account = cx.owner()?.account;
    Ok(faults::organization_not_found(format!("Account {account} is not a member of an organization.")))
}
