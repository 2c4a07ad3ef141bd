//! A scenario's principal.

use types::{Arn, Owner, Partition, UniqueId};

use super::{Read, account, given};
use crate::json::Node;
use crate::{AssumedRole, Context, Federated, FederatedUser, Key, Principal, Root, Service, User};

/// Reads `principal`, `principalType` and `principalAccount`. What the context says of the
/// principal (`aws:PrincipalArn`, `aws:userid`) tells a session's role path and unique ids.
pub(super) fn read(node: &Node, context: &Context) -> Read<Principal> {
    let named = match given(node, "principal") {
        None => None,
        Some(found) => Some(
            found.as_str().ok_or_else(|| format!("`principal` must be a string, not {}", found.kind()))?,
        ),
    };
    let kind = match given(node, "principalType") {
        None => None,
        Some(found) => Some(found.as_str().ok_or_else(|| "`principalType` must be a string".to_owned())?),
    };
    let expected = account(node, "principalAccount")?;
    let kind = match (kind, named) {
        (Some(kind), _) => kind,
        (None, None | Some("*")) => "anonymous",
        (None, Some(named)) => infer(named).ok_or_else(|| {
            format!(
                "`principal`: `{named}` is neither an ARN nor a service's name such as `ec2.amazonaws.com`"
            )
        })?,
    };
    let principal = match (kind, named) {
        // An entity of IAM's that is called something else would escape what binds it, in silence.
        ("anonymous" | "service" | "federated", Some(named)) if is_entity(named) => {
            return Err(format!("`principal`: `{named}` is not of type `{kind}`"));
        }
        ("service", Some(named)) if !is_service_name(named) => {
            return Err(format!(
                "`principal`: `{named}` is not a service's name such as `ec2.amazonaws.com`"
            ));
        }
        ("federated", Some("" | "*")) => {
            return Err("`principal` must name an identity provider".to_owned());
        }
        ("anonymous", _) => Principal::Anonymous,
        ("root", None) => {
            let account =
                expected.ok_or("`principal` or `principalAccount` must name the root user's account")?;
            Principal::Root(Root::new(Owner::new(Partition::Aws, account)))
        }
        (_, None) => return Err(format!("`principal` is missing for a principal of type `{kind}`")),
        ("service", Some(named)) => Principal::Service(Service::new(named)),
        ("federated", Some(named)) => Principal::Federated(Federated::new(named)),
        ("root", Some(named)) if types::AccountId::parse(named).is_ok() => {
            let account = types::AccountId::parse(named).map_err(|error| error.to_string())?;
            Principal::Root(Root::new(Owner::new(Partition::Aws, account)))
        }
        ("root" | "user" | "role" | "assumed-role" | "federated-user", Some(named)) => {
            // No name has these characters. Who asks is one, whom a deny may name.
            if named.contains(['*', '?']) {
                return Err(format!("`principal`: `{named}` is a pattern, not somebody who asks"));
            }
            let principal = Principal::parse(named).map_err(|error| format!("`principal`: {error}"))?;
            if !is_of_type(&principal, kind) {
                return Err(format!("`principal`: `{named}` is not of type `{kind}`"));
            }
            complete(principal, context)
        }
        (other, Some(_)) => return Err(format!("`principalType` cannot be `{other}`")),
    };
    let found = principal.owner().map(|owner| owner.account);
    match (expected, found) {
        (Some(expected), Some(found)) if expected != found => {
            Err(format!("`principalAccount` is {expected}, but the principal belongs to {found}"))
        }
        _ => Ok(principal),
    }
}

/// The type of a principal that does not tell it; none for what has the form of no principal.
fn infer(named: &str) -> Option<&'static str> {
    let resource = named.starts_with("arn:").then(|| named.splitn(6, ':').nth(5)).flatten();
    let kind = resource.map(|resource| resource.split('/').next().unwrap_or_default());
    Some(match kind {
        Some("root") => "root",
        Some("role") => "role",
        Some("assumed-role") => "assumed-role",
        Some("federated-user") => "federated-user",
        Some("oidc-provider" | "saml-provider") => "federated",
        Some(_) => "user",
        None if WEB_IDENTITY.contains(&named) => "federated",
        None if types::AccountId::parse(named).is_ok() => "root",
        None if named.contains('.') && !named.contains([' ', ':', '/']) => "service",
        None => return None,
    })
}

/// Whether it names somebody of IAM's: by ARN, or an account by its id.
fn is_entity(named: &str) -> bool {
    Principal::parse(named).is_ok() || types::AccountId::parse(named).is_ok()
}

fn is_service_name(named: &str) -> bool {
    !named.is_empty() && !named.contains(['*', ':', '/']) && !named.contains(char::is_whitespace)
}

fn is_of_type(principal: &Principal, kind: &str) -> bool {
    match principal {
        Principal::Root(_) => kind == "root",
        Principal::User(_) => kind == "user",
        Principal::AssumedRole(_) => kind == "role" || kind == "assumed-role",
        Principal::FederatedUser(_) => kind == "federated-user",
        Principal::Federated(_) | Principal::Service(_) | Principal::Anonymous => false,
    }
}

/// Adds what the context knows better than the ARN.
fn complete(principal: Principal, context: &Context) -> Principal {
    let user_id = context.single(&Key::new("aws:userid"));
    match principal {
        Principal::User(user) => Principal::User(with_user_id(user, user_id)),
        Principal::AssumedRole(role) => Principal::AssumedRole(with_role(role, user_id, context)),
        Principal::FederatedUser(user) => Principal::FederatedUser(with_issuer(user, context)),
        other => other,
    }
}

fn with_user_id(user: User, user_id: Option<&str>) -> User {
    match user_id.and_then(|id| UniqueId::parse(id).ok()) {
        Some(id) => user.with_id(id),
        None => user,
    }
}

fn with_role(role: AssumedRole, user_id: Option<&str>, context: &Context) -> AssumedRole {
    let whole = context.single(&Key::new("aws:PrincipalArn")).and_then(|arn| Arn::parse(arn).ok());
    let role = match whole {
        Some(arn) => role.clone().with_role(arn).unwrap_or(role),
        None => role,
    };
    let id = user_id.and_then(|id| UniqueId::parse(id.split(':').next().unwrap_or_default()).ok());
    match id {
        Some(id) => role.with_id(id),
        None => role,
    }
}

/// A federated user's ARN does not tell who called GetFederationToken; a context that names an
/// IAM user as `aws:PrincipalArn` does.
fn with_issuer(user: FederatedUser, context: &Context) -> FederatedUser {
    let issuer = context.single(&Key::new("aws:PrincipalArn")).and_then(|arn| Arn::parse(arn).ok());
    match issuer.filter(|arn| User::new(arn.clone()).is_ok()) {
        Some(arn) => user.with_issuer(arn),
        None => user,
    }
}

/// The identity providers that AWS knows by name rather than by ARN.
const WEB_IDENTITY: [&str; 4] =
    ["accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"];
