//! How long sessions may last.

use authz::Caller;
use directory::Role;
use service::Result;
use wire::Fault;

/// The length of a role session in seconds: an hour where the call does not say; at most what the role allows, and
/// an hour where a role session assumes the role (AWS: "AssumeRole", role chaining).
pub(crate) fn of_role_session(asked: Option<i32>, role: &Role, caller: &Caller) -> Result<i32> {
    let seconds = of_first_session(asked, role)?;
    let is_chained = caller.session().is_some_and(authz::Session::is_role);
    if is_chained && seconds > HOUR {
        let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(Fault::validation(message).into());
    }
    Ok(seconds)
}

/// The length of a role session that nobody's credentials led to, in seconds: an hour where the call does not say; at most
/// what the role allows (AWS: "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML").
pub(crate) fn of_first_session(asked: Option<i32>, role: &Role) -> Result<i32> {
    let seconds = asked.unwrap_or(HOUR);
    if seconds > role.max_session_duration {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(Fault::validation(message).into());
    }
    Ok(seconds)
}

/// The length of a session of GetSessionToken or GetFederationToken in seconds: 12 hours where the call does not say; never more than an
/// hour for the root user (AWS: "GetSessionToken", "GetFederationToken").
pub(crate) fn of_user_session(asked: Option<i32>, caller: &Caller) -> i32 {
    if caller.is_root() {
        return asked.unwrap_or(HOUR).min(HOUR);
    }
    asked.unwrap_or(12 * HOUR)
}

const HOUR: i32 = 3600;
