//! Rules that stand outside all policies.

use super::is_session_token;
use crate::action::Family;
use crate::decision::Guard;
use crate::key::Key;
use crate::resource::Shape;
use crate::{Credentials, PolicySet, Principal, Request};

/// Whether an action is open to every signed principal, whatever policies say (AWS:
/// "GetCallerIdentity", "GetSessionToken").
pub(super) fn needs_no_permission(request: &Request) -> bool {
    if request.action.family() != Family::Sts {
        return false;
    }
    match request.action.name() {
        "getcalleridentity" => request.principal.owner().is_some(),
        "getsessiontoken" => request.principal.credentials() == Some(Credentials::LongTerm),
        _ => false,
    }
}

/// Whether a role is to be assumed: its trust policy must agree.
pub(super) fn is_role_assumption(request: &Request) -> bool {
    if request.action.family() != Family::Sts {
        return false;
    }
    match request.action.name() {
        "assumerole" | "assumerolewithsaml" | "assumerolewithwebidentity" => true,
        // What comes along with assuming a role is asked of its trust policy too.
        "tagsession" | "setsourceidentity" => is_role(request),
        _ => false,
    }
}

/// Whether the resource's own policy must trust (AWS: "Key policies in AWS KMS", "How IAM
/// roles differ from resource-based policies").
pub(super) fn needs_resource_policy(request: &Request) -> bool {
    is_role_assumption(request) || is_kms_key(request)
}

/// Whether resource control policies bind the request's action on its resource.
pub(super) fn is_bound_by_resource_control(request: &Request) -> bool {
    let linked = || is_role_assumption(request) && role_path(request).starts_with("aws-service-role/");
    request.action.is_bound_by_resource_control() && !linked()
}

/// The rule that refuses a request, if any does.
pub(super) fn refuses(set: &PolicySet, request: &Request) -> Option<Guard> {
    if request.principal.owner().is_some_and(|owner| request.resource.is_outside(owner.partition)) {
        return Some(Guard::Partition);
    }
    match request.action.family() {
        Family::Sts => refuses_sts(set, request),
        Family::Iam => refuses_iam(set, request),
        Family::Kms => refuses_kms(request),
        Family::Other => None,
    }
}

fn refuses_sts(set: &PolicySet, request: &Request) -> Option<Guard> {
    let name = request.action.name();
    if name == "getsessiontoken" && request.principal.owner().is_some() {
        return Some(Guard::TemporaryCredentials);
    }
    match &request.principal {
        Principal::Root(_) if name == "assumerole" => Some(Guard::RootAssumesRole),
        Principal::FederatedUser(_) => Some(Guard::FederationToken),
        _ if is_limited_session(set, request) && !SESSION_TOKEN_STS.contains(&name) => {
            Some(Guard::SessionToken)
        }
        _ => None,
    }
}

fn refuses_iam(set: &PolicySet, request: &Request) -> Option<Guard> {
    if matches!(request.principal, Principal::FederatedUser(_)) {
        return Some(Guard::FederationToken);
    }
    if is_limited_session(set, request) && !has_mfa(request) {
        return Some(Guard::SessionToken);
    }
    if is_iam_read(request.action.name()) {
        return None;
    }
    let is_policy = request.resource.part(5).starts_with("policy/");
    if request.resource.part(2) == "iam" && request.resource.part(4) == "aws" && is_policy {
        return Some(Guard::AwsManagedPolicy);
    }
    if !is_role(request) {
        return None;
    }
    let path = role_path(request);
    if path.starts_with("aws-reserved/") {
        return Some(Guard::ReservedRole);
    }
    let forbidden = SERVICE_LINKED_FORBIDDEN.contains(&request.action.name());
    (path.starts_with("aws-service-role/") && forbidden).then_some(Guard::ServiceLinkedRole)
}

fn refuses_kms(request: &Request) -> Option<Guard> {
    let managed = request.resource.part(5).starts_with("alias/aws/");
    let changes = matches!(request.action.name(), "createalias" | "updatealias" | "deletealias");
    (managed && changes && request.principal.owner().is_some()).then_some(Guard::AwsManagedAlias)
}

/// Whether credentials are of GetSessionToken. The root session of AssumeRoot is told by its
/// task policy.
fn is_limited_session(set: &PolicySet, request: &Request) -> bool {
    let task = matches!(request.principal, Principal::Root(_)) && set.session.is_some();
    is_session_token(request) && !task
}

fn has_mfa(request: &Request) -> bool {
    let present = request.context.single(&Key::new("aws:MultiFactorAuthPresent"));
    present.is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Whether an action of IAM changes nothing; handing a role over does not change the role.
fn is_iam_read(name: &str) -> bool {
    name == "passrole" || ["get", "list", "simulate", "generate"].iter().any(|verb| name.starts_with(verb))
}

fn is_kms_key(request: &Request) -> bool {
    request.action.family() == Family::Kms && request.resource.shape() == Shape::Key
}

fn is_role(request: &Request) -> bool {
    request.resource.shape() == Shape::Role
}

fn role_path(request: &Request) -> &str {
    request.resource.part(5).strip_prefix("role/").unwrap_or_default()
}

/// What credentials of GetSessionToken may call of STS, with what comes along.
const SESSION_TOKEN_STS: [&str; 4] = ["assumerole", "getcalleridentity", "tagsession", "setsourceidentity"];

/// What nobody but its service may do to a service-linked role.
const SERVICE_LINKED_FORBIDDEN: [&str; 9] = [
    "attachrolepolicy",
    "detachrolepolicy",
    "putrolepolicy",
    "deleterolepolicy",
    "updateassumerolepolicy",
    "putrolepermissionsboundary",
    "deleterolepermissionsboundary",
    "updaterole",
    "deleterole",
];
