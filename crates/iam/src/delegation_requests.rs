//! Delegation requests: another account asks to act here for a while, somebody here takes the request up, and somebody
//! whose permissions cover it approves (AWS: "IAM temporary delegation").

mod coverage;
mod detail;
mod summary;
mod template;

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::{
    AcceptDelegationRequestInput, AssociateDelegationRequestInput, CreateDelegationRequestInput,
    CreateDelegationRequestOutput, GetDelegationRequestInput, GetDelegationRequestOutput,
    GetHumanReadableSummaryInput, GetHumanReadableSummaryOutput, ListDelegationRequestsInput,
    ListDelegationRequestsOutput, PermissionCheckStatusType, RejectDelegationRequestInput,
    SendDelegationTokenInput, SummaryStateType, UpdateDelegationRequestInput,
};
use authz::{Ask, Identity};
use directory::{
    Account, AccountKey, Approval, Approver, DelegationRequest, DelegationRequestKey, DelegationState,
};
use policy::{Named, Policy, SourceKind};
use service::{Context, Error, Paging, Result, Route, routes};
use store::Page;
use types::{AccountId, Arn, Owner};
use wire::Fault;

use crate::Iam;

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreateDelegationRequest => create_delegation_request,
    AssociateDelegationRequest => associate_delegation_request,
    GetDelegationRequest => get_delegation_request,
    ListDelegationRequests => list_delegation_requests,
    UpdateDelegationRequest => update_delegation_request,
    AcceptDelegationRequest => accept_delegation_request,
    RejectDelegationRequest => reject_delegation_request,
    SendDelegationToken => send_delegation_token,
    GetHumanReadableSummary => get_human_readable_summary,
];

impl Iam {
    pub(crate) async fn create_delegation_request(
        &self,
        cx: &Context<'_>,
        input: CreateDelegationRequestInput,
    ) -> Result<CreateDelegationRequestOutput> {
        let requestor = cx.owner()?;
        let account = input.owner_account_id.as_deref().map(AccountId::parse).transpose()?;
        let channel = topic(&input.notification_channel)?;
        let arn = input.permissions.policy_template_arn.ok_or_else(template::unnamed)?;
        let template = template::Template::at(cx, &arn).await?;
        let ask = Ask::new("iam:CreateDelegationRequest", &requestor.iam_arn("delegation-request/*"))
            .with("iam:DelegationDuration", input.session_duration.to_string())
            .with("iam:NotificationChannel", channel.as_str())
            .with("iam:TemplateArn", template.arn.as_str());
        let permit = cx.authorize(ask).await?;

        let parameters = template::parameters(input.permissions.parameters.unwrap_or_default())?;
        let policy = template.filled(&parameters)?;
        let mut write = cx.write(&permit)?;
        let (partition, workflow) = (requestor.to_string(), input.requestor_workflow_id);
        if write
            .find::<DelegationRequest>(&DelegationRequest::BY_WORKFLOW, &partition, &workflow)
            .await?
            .is_some()
        {
            let message = format!("A delegation request with workflow id {workflow} already exists.");
            return Err(faults::entity_already_exists(message).into());
        }
        let name = cx.read().get::<Account>(&AccountKey(requestor)).await?;
        let id = cx.ids().uuid()?;
        let request = DelegationRequest {
            id: id.clone(),
            requestor,
            requestor_name: name.map(|account| account.name.clone()).unwrap_or_default(),
            workflow,
            owner_account: account.map(|account| Owner::new(requestor.partition, account)),
            owner: None,
            approval: None,
            description: input.description,
            message: input.request_message,
            redirect_url: input.redirect_url,
            notification_channel: channel.to_string(),
            session_seconds: input.session_duration,
            is_sent_by_owner_only: input.only_send_by_owner.unwrap_or(false),
            template: template.arn,
            parameters,
            role_boundaries: template::role_boundaries(&policy),
            policy: policy.text,
            state: DelegationState::Unassigned,
            created: cx.now(),
            updated: cx.now(),
            notes: None,
            rejection: None,
        };
        write.insert(request).await?;
        let link = format!("{}/console/delegation-requests/{id}", cx.public_url());
        let output =
            CreateDelegationRequestOutput { console_deep_link: Some(link), delegation_request_id: Some(id) };
        write.commit(output).await
    }

    /// Whoever takes a request up becomes its owner, and the owner's account the one that is asked.
    pub(crate) async fn associate_delegation_request(
        &self,
        cx: &Context<'_>,
        input: AssociateDelegationRequestInput,
    ) -> Result<()> {
        let target = Target::with_id(cx, &input.delegation_request_id).await?;
        let permit = cx.authorize(target.ask("iam:AssociateDelegationRequest")).await?;

        let mut request = target.in_state(cx, &[DelegationState::Unassigned])?;
        request.owner_account = Some(cx.owner()?);
        request.owner = Some(cx.caller()?.arn());
        request.state = DelegationState::Assigned;
        change(cx, &permit, request).await
    }

    pub(crate) async fn get_delegation_request(
        &self,
        cx: &Context<'_>,
        input: GetDelegationRequestInput,
    ) -> Result<GetDelegationRequestOutput> {
        let target = Target::with_id(cx, &input.delegation_request_id).await?;
        cx.authorize(target.owners_ask(cx, "iam:GetDelegationRequest")?).await?;

        let request = target.existing()?;
        let check = match input.delegation_permission_check {
            Some(true) => Some(coverage::of_caller(cx, &request).await?),
            _ => None,
        };
        Ok(GetDelegationRequestOutput {
            delegation_request: Some(detail::of(&request, cx.now())),
            permission_check_status: check.as_ref().map(|_| PermissionCheckStatusType::Complete),
            permission_check_result: check,
        })
    }

    /// The requests that somebody of the account took up; those that wait for that are in no list.
    pub(crate) async fn list_delegation_requests(
        &self,
        cx: &Context<'_>,
        input: ListDelegationRequestsInput,
    ) -> Result<ListDelegationRequestsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let account = cx.owner()?;
        let mut ask = Ask::on_all("iam:ListDelegationRequests");
        if let Some(owner) = &input.owner_id {
            ask = ask.with("iam:DelegationRequestOwner", owner.as_str());
        }
        cx.authorize(ask).await?;

        let (index, partition) = match input.owner_id {
            Some(owner) if is_of(account, &owner) => (&DelegationRequest::BY_OWNER, owner),
            Some(owner) => {
                let message = format!("The owner {owner} is not of account {}.", account.account);
                return Err(faults::invalid_input(message).into());
            }
            None => (&DelegationRequest::BY_ACCOUNT, account.to_string()),
        };
        let page: Page<DelegationRequest> =
            cx.read().scan(index, &partition, paging.range(""), paging.limit()).await?;
        Ok(ListDelegationRequestsOutput {
            delegation_requests: Some(
                page.items.iter().map(|request| detail::of(request, cx.now())).collect(),
            ),
            marker: page.next.as_ref().map(Paging::marker),
            is_truncated: Some(page.next.is_some()),
        })
    }

    /// The owner passes a request on for approval.
    pub(crate) async fn update_delegation_request(
        &self,
        cx: &Context<'_>,
        input: UpdateDelegationRequestInput,
    ) -> Result<()> {
        let target = Target::with_id(cx, &input.delegation_request_id).await?;
        let permit = cx.authorize(target.owners_ask(cx, "iam:UpdateDelegationRequest")?).await?;

        let states = [DelegationState::Assigned, DelegationState::PendingApproval];
        let mut request = target.in_state(cx, &states)?;
        request.notes = input.notes.or(request.notes);
        request.state = DelegationState::PendingApproval;
        change(cx, &permit, request).await
    }

    /// The requestor will act as whoever calls this, within the permissions of the request.
    pub(crate) async fn accept_delegation_request(
        &self,
        cx: &Context<'_>,
        input: AcceptDelegationRequestInput,
    ) -> Result<()> {
        let target = Target::with_id(cx, &input.delegation_request_id).await?;
        let permit = cx.authorize(target.ask("iam:AcceptDelegationRequest")).await?;

        let states = [DelegationState::Assigned, DelegationState::PendingApproval];
        let mut request = target.in_state(cx, &states)?;
        request.approval = Some(approval(cx)?);
        request.state = DelegationState::Accepted;
        change(cx, &permit, request).await
    }

    pub(crate) async fn reject_delegation_request(
        &self,
        cx: &Context<'_>,
        input: RejectDelegationRequestInput,
    ) -> Result<()> {
        let target = Target::with_id(cx, &input.delegation_request_id).await?;
        let permit = cx.authorize(target.ask("iam:RejectDelegationRequest")).await?;

        let states = [DelegationState::Assigned, DelegationState::PendingApproval, DelegationState::Accepted];
        let mut request = target.in_state(cx, &states)?;
        request.rejection = input.notes;
        request.state = DelegationState::Rejected;
        change(cx, &permit, request).await
    }

    /// Releases the token that the requestor exchanges for credentials; it cannot be called back.
    pub(crate) async fn send_delegation_token(
        &self,
        cx: &Context<'_>,
        input: SendDelegationTokenInput,
    ) -> Result<()> {
        let target = Target::with_id(cx, &input.delegation_request_id).await?;
        let permit = cx.authorize(target.ask("iam:SendDelegationToken")).await?;

        let mut request = target.in_state(cx, &[DelegationState::Accepted])?;
        if request.is_sent_by_owner_only && !is_owner(&request, cx)? {
            let message = "The token of this delegation request can be sent by its owner only.";
            return Err(faults::invalid_input(message).into());
        }
        request.state = DelegationState::Finalized;
        change(cx, &permit, request).await
    }

    /// What a request asks, in words. Whoever may get the request may have it.
    pub(crate) async fn get_human_readable_summary(
        &self,
        cx: &Context<'_>,
        input: GetHumanReadableSummaryInput,
    ) -> Result<GetHumanReadableSummaryOutput> {
        let not_valid = || faults::invalid_input(format!("ARN {} is not valid.", input.entity_arn));
        let arn = Arn::parse(&input.entity_arn).ok().filter(|arn| arn.service() == "iam");
        let arn = arn.ok_or_else(not_valid)?;
        let id = arn.resource().strip_prefix("delegation-request/").ok_or_else(not_valid)?;
        let (Some(partition), Some(account)) = (arn.partition(), arn.account()) else {
            return Err(not_valid().into());
        };
        let mut target = Target::with_id(cx, id).await?;
        // The ARN says the account of whoever was asked, or of who asks.
        let (named, own) = (Owner::new(partition, account), cx.owner()?);
        let is_of = |request: &DelegationRequest| named == own || named == request.requestor;
        target.found = target.found.filter(|request| is_of(request));
        cx.authorize(target.owners_ask(cx, "iam:GetHumanReadableSummary")?).await?;

        let request = target.existing()?;
        let locale = input.locale.unwrap_or_else(|| summary::LOCALE.to_owned());
        let content = summary::is_spoken(&locale).then(|| summary::of(&request));
        let state =
            if content.is_some() { SummaryStateType::Available } else { SummaryStateType::NotSupported };
        Ok(GetHumanReadableSummaryOutput {
            summary_content: Some(content.unwrap_or_default()),
            locale: Some(locale),
            summary_state: Some(state),
        })
    }
}

/// What an id of a request names: a delegation request that the caller's account may know of, or none.
struct Target {
    arn: Arn,
    id: String,
    found: Option<Arc<DelegationRequest>>,
}

impl Target {
    /// The request has the account of whoever speaks of it in its ARN: it is of no account until it is taken up.
    async fn with_id(cx: &Context<'_>, id: &str) -> Result<Self> {
        let owner = cx.owner()?;
        let found = cx.read().get::<DelegationRequest>(&DelegationRequestKey(id.to_owned())).await?;
        let found = found.filter(|request| request.is_open_to(owner));
        let arn = owner.iam_arn(&format!("delegation-request/{id}"));
        Ok(Self { arn, id: id.to_owned(), found })
    }

    fn ask(&self, action: &'static str) -> Ask {
        let ask = Ask::new(action, &self.arn);
        match self.found.as_ref().and_then(|request| request.owner.as_ref()) {
            Some(owner) => ask.with("iam:DelegationRequestOwner", owner.as_str()),
            None => ask,
        }
    }

    /// The ask for what the owner of a request may do without a policy that allows it.
    fn owners_ask(&self, cx: &Context<'_>, action: &'static str) -> Result<Ask> {
        let ask = self.ask(action);
        match &self.found {
            Some(request) if is_owner(request, cx)? => {
                let granted = Policy::parse(OWNERS).map_err(Error::internal)?;
                let granted = Named::new(SourceKind::Resource, "delegation-request-owner", Arc::new(granted));
                Ok(ask.guarded_by(cx.owner()?, granted))
            }
            _ => Ok(ask),
        }
    }

    fn existing(self) -> Result<Arc<DelegationRequest>> {
        let missing =
            || faults::no_such_entity(format!("The delegation request with id {} cannot be found.", self.id));
        Ok(self.found.ok_or_else(missing)?)
    }

    /// The request, to be changed, if it is in one of these states.
    fn in_state(self, cx: &Context<'_>, states: &[DelegationState]) -> Result<DelegationRequest> {
        let request = self.existing()?;
        let state = request.state_at(cx.now());
        if states.contains(&state) {
            return Ok((*request).clone());
        }
        let names = states.iter().map(|state| state.name()).collect::<Vec<_>>().join(" or ");
        Err(faults::invalid_input(format!(
            "The delegation request with id {} is in state {}, not in {names}.",
            request.id,
            state.name()
        ))
        .into())
    }
}

async fn change(cx: &Context<'_>, permit: &authz::Permit, mut request: DelegationRequest) -> Result<()> {
    request.updated = cx.now();
    let mut write = cx.write(permit)?;
    write.put(request).await?;
    write.commit(()).await
}

fn is_owner(request: &DelegationRequest, cx: &Context<'_>) -> Result<bool> {
    Ok(request.owner.as_ref() == Some(&cx.caller()?.arn()))
}

/// Whether an ARN is of a principal of an account.
fn is_of(account: Owner, arn: &str) -> bool {
    Arn::parse(arn)
        .is_ok_and(|arn| arn.partition() == Some(account.partition) && arn.account() == Some(account.account))
}

/// The caller as the one in whose place the requestor will act. Two sets of session policies cannot bind one session,
/// so whoever has such policies cannot approve.
fn approval(cx: &Context<'_>) -> Result<Approval> {
    let caller = cx.caller()?;
    let is_bound =
        caller.session().is_some_and(|session| session.policy.is_some() || !session.policy_arns.is_empty());
    let approver = match &caller.identity {
        _ if is_bound => None,
        Identity::Root => Some(Approver::Root),
        Identity::User(user) => Some(Approver::User(user.id.clone())),
        Identity::Role { role, session } => {
            Some(Approver::Role { id: role.id.clone(), name: role.name.clone(), session: session.clone() })
        }
        Identity::Federated { .. } => None,
    };
    let message = "A session with session policies cannot accept a delegation request.";
    let approver = approver.ok_or_else(|| faults::invalid_input(message))?;
    Ok(Approval { arn: caller.arn(), approver, lineage: caller.lineage(cx.now()) })
}

/// The ARN of a topic of SNS.
fn topic(text: &str) -> Result<Arn, Fault> {
    let arn = Arn::parse(text).ok().filter(|arn| {
        arn.service() == "sns"
            && !arn.region().is_empty()
            && arn.account().is_some()
            && !arn.resource().is_empty()
    });
    arn.ok_or_else(|| faults::invalid_input(format!("Notification channel {text} is not an SNS topic ARN.")))
}

/// The policy in effect of a request for its owner: who is asked for it has been checked.
const OWNERS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",
    "Action":["iam:GetDelegationRequest","iam:UpdateDelegationRequest","iam:GetHumanReadableSummary"],"Resource":"*"}]}"#;
