//! A delegation request as the wire has it.

use api::iam::types::{
    DelegationPermission, DelegationRequest as Detail, PolicyParameter, PolicyParameterTypeEnum, StateType,
};
use directory::{DelegationParameter, DelegationRequest, DelegationState};
use jiff::Timestamp;

pub(super) fn of(request: &DelegationRequest, now: Timestamp) -> Detail {
    let parameters: Vec<_> = request.parameters.iter().map(parameter).collect();
    Detail {
        delegation_request_id: Some(request.id.clone()),
        owner_account_id: request.owner_account.map(|owner| owner.account.to_string()),
        description: Some(request.description.clone()),
        request_message: request.message.clone(),
        permissions: Some(DelegationPermission {
            policy_template_arn: Some(request.template.to_string()),
            parameters: (!parameters.is_empty()).then_some(parameters),
        }),
        permission_policy: Some(request.policy.clone()),
        role_permission_restriction_arns: (!request.role_boundaries.is_empty())
            .then(|| request.role_boundaries.clone()),
        owner_id: request.owner.as_ref().map(ToString::to_string),
        approver_id: request.approval.as_ref().map(|approval| approval.arn.to_string()),
        state: Some(state(request.state_at(now))),
        expiration_time: Some(request.expires()),
        requestor_id: Some(request.requestor.account.to_string()),
        requestor_name: Some(request.requestor_name.chars().take(LONGEST_NAME).collect()),
        create_date: Some(request.created),
        session_duration: Some(request.session_seconds),
        redirect_url: request.redirect_url.clone(),
        notes: request.notes.clone(),
        rejection_reason: request.rejection.clone(),
        only_send_by_owner: Some(request.is_sent_by_owner_only),
        updated_time: Some(request.updated),
    }
}

fn parameter(parameter: &DelegationParameter) -> PolicyParameter {
    PolicyParameter {
        name: Some(parameter.name.clone()),
        values: Some(parameter.values.clone()),
        r#type: Some(if parameter.is_list {
            PolicyParameterTypeEnum::StringList
        } else {
            PolicyParameterTypeEnum::String
        }),
    }
}

fn state(state: DelegationState) -> StateType {
    match state {
        DelegationState::Unassigned => StateType::Unassigned,
        DelegationState::Assigned => StateType::Assigned,
        DelegationState::PendingApproval => StateType::PendingApproval,
        DelegationState::Accepted => StateType::Accepted,
        DelegationState::Finalized => StateType::Finalized,
        DelegationState::Rejected => StateType::Rejected,
        DelegationState::Expired => StateType::Expired,
    }
}

/// The longest name of a requestor (AWS: `requestorNameType`).
const LONGEST_NAME: usize = 30;
