//! Refusals of the store as faults of IAM.

use api::iam::faults;
use wire::Fault;

use crate::quota;

/// The fault that a refusal of the store becomes where no handler foresaw it.
pub(crate) fn of_store(error: store::Error) -> Fault {
    match error {
        store::Error::LimitExceeded { index, partition, limit } => quota::exceeded(index, &partition, limit),
        store::Error::AlreadyExists { at, .. } => {
            faults::entity_already_exists("The entity already exists.").with_log(at)
        }
        other => faults::service_failure("The request processing has failed because of an unknown error.")
            .with_log(other),
    }
}

/// The refusal to delete what others still depend on: what must be done first.
pub(crate) fn is_held(what: &str) -> Fault {
    faults::delete_conflict(format!("Cannot delete entity, must {what} first."))
}
