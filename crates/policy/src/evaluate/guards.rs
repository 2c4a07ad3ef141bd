//! Rules that stand outside all policies.

use super::Session;
use crate::action::Family;
use crate::decision::{Guard, ResourcePolicyKind};
use crate::key::Key;
use crate::prepared::Question;
use crate::resource::Shape;
use crate::{Credentials, PolicySet, Principal};

/// What the rules outside all policies say of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) needs_no_permission: bool,
    /// The rule that refuses it, if any does, without session policies.
    guard: Option<Guard>,
    /// The same with session policies.
    guard_in_session: Option<Guard>,
    pub(super) resource_policy: ResourcePolicyKind,
}

impl Standing {
    pub(crate) fn of(request: &Question<'_>) -> Self {
        let guard = refuses(Session::Absent, request);
        // Session policies tell AssumeRoot from GetSessionToken: nothing else depends on them.
        let is_root = matches!(request.principal, Principal::Root(_));
        let guard_in_session = if is_root { refuses(Session::Present, request) } else { guard };
        let resource_policy = if is_role_assumption(request) {
            ResourcePolicyKind::Trust
        } else {
            ResourcePolicyKind::Ordinary
        };
        Self { needs_no_permission: needs_no_permission(request), guard, guard_in_session, resource_policy }
    }

    /// The rule that refuses it, if any does.
    #[inline]
    pub(super) fn guard(&self, set: &PolicySet) -> Option<Guard> {
        // Most often the set need not be looked at.
        if self.guard == self.guard_in_session {
            return self.guard;
        }
        match Session::of(set) {
            Session::Absent => self.guard,
            Session::Present => self.guard_in_session,
        }
    }
}

/// Whether an action is open to every signed principal, whatever policies say (AWS:
/// "GetCallerIdentity", "GetSessionToken").
fn needs_no_permission(request: &Question<'_>) -> bool {
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
fn is_role_assumption(request: &Question<'_>) -> bool {
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
pub(super) fn needs_resource_policy(request: &Question<'_>) -> bool {
    is_role_assumption(request) || is_kms_key(request)
}

/// Whether resource control policies bind the request's action on its resource.
pub(super) fn is_bound_by_resource_control(request: &Question<'_>) -> bool {
    let linked = || is_role_assumption(request) && role_path(request).starts_with("aws-service-role/");
    request.action.is_bound_by_resource_control() && !linked()
}

/// The rule that refuses a request, if any does.
fn refuses(session: Session, request: &Question<'_>) -> Option<Guard> {
    if request.principal.owner().is_some_and(|owner| request.resource.is_outside(owner.partition)) {
        return Some(Guard::Partition);
    }
    match request.action.family() {
        Family::Sts => refuses_sts(session, request),
        Family::Iam => refuses_iam(session, request),
        Family::Kms => refuses_kms(request),
        Family::Other => None,
    }
}

fn refuses_sts(session: Session, request: &Question<'_>) -> Option<Guard> {
    let name = request.action.name();
    if name == "getsessiontoken" && request.principal.owner().is_some() {
        return Some(Guard::TemporaryCredentials);
    }
    match request.principal {
        Principal::Root(_) if name == "assumerole" => Some(Guard::RootAssumesRole),
        Principal::FederatedUser(_) => Some(Guard::FederationToken),
        _ if is_limited_session(session, request) && !SESSION_TOKEN_STS.contains(&name) => {
            Some(Guard::SessionToken)
        }
        _ => None,
    }
}

fn refuses_iam(session: Session, request: &Question<'_>) -> Option<Guard> {
    if matches!(request.principal, Principal::FederatedUser(_)) {
        return Some(Guard::FederationToken);
    }
    if is_limited_session(session, request) && !has_mfa(request) {
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

fn refuses_kms(request: &Question<'_>) -> Option<Guard> {
    let managed = request.resource.part(5).starts_with("alias/aws/");
    let changes = matches!(request.action.name(), "createalias" | "updatealias" | "deletealias");
    (managed && changes && request.principal.owner().is_some()).then_some(Guard::AwsManagedAlias)
}

/// Whether credentials are of GetSessionToken. The root session of AssumeRoot is told by its
/// task policy.
fn is_limited_session(session: Session, request: &Question<'_>) -> bool {
    let task = matches!(request.principal, Principal::Root(_)) && session == Session::Present;
    request.principal.credentials() == Some(Credentials::Session) && !task
}

fn has_mfa(request: &Question<'_>) -> bool {
    let present = request.keys.single(&Key::new("aws:MultiFactorAuthPresent"));
    present.is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Whether an action of IAM changes nothing; handing a role over does not change the role.
fn is_iam_read(name: &str) -> bool {
    name == "passrole" || ["get", "list", "simulate", "generate"].iter().any(|verb| name.starts_with(verb))
}

fn is_kms_key(request: &Question<'_>) -> bool {
    request.action.family() == Family::Kms && request.resource.shape() == Shape::Key
}

fn is_role(request: &Question<'_>) -> bool {
    request.resource.shape() == Shape::Role
}

fn role_path<'r>(request: &Question<'r>) -> &'r str {
    request.resource.part(5).strip_prefix("role/").unwrap_or_default()
}

/// What credentials of GetSessionToken may call of STS, with what comes along.
const SESSION_TOKEN_STS: [&str; 4] = ["assumerole", "getcalleridentity", "tagsession", "setsourceidentity"];

/// What nobody but its service may do to a service-linked role.
const SERVICE_LINKED_FORBIDDEN: [&str; 8] = [
    "attachrolepolicy",
    "detachrolepolicy",
    "putrolepolicy",
    "deleterolepolicy",
    "updateassumerolepolicy",
    "putrolepermissionsboundary",
    "deleterolepermissionsboundary",
    "deleterole",
];
