//! Principals, one for each way in which two documents can tell them apart.

use policy::{AssumedRole, Policy, Principal, PrincipalKind};
use types::Arn;

/// The account of principals that no document speaks of.
const FRESH_ACCOUNT: &str = "999999999999";

/// Candidates: who is named, who is beside them, and somebody whom nobody names. The flag says whether they are all
/// that matter.
pub(crate) fn of(documents: [&Policy; 2]) -> (Vec<Principal>, bool) {
    let mut found = vec![Principal::Anonymous];
    let mut complete = true;
    let mut accounts = vec![("aws".to_owned(), FRESH_ACCOUNT.to_owned())];
    let mut roles = Vec::new();
    found.push(Principal::Service(policy::Service::new("witness.amazonaws.com")));
    found.push(Principal::Federated(policy::Federated::new("witness.example.com")));
    let elements = documents.into_iter().flat_map(Policy::statements).filter_map(|s| s.principals());
    for pattern in elements.flat_map(|element| element.patterns()) {
        let text = pattern.as_str();
        match pattern.kind() {
            PrincipalKind::Service => found.push(Principal::Service(policy::Service::new(text))),
            PrincipalKind::Federated => found.push(Principal::Federated(policy::Federated::new(text))),
            PrincipalKind::CanonicalUser => {}
            PrincipalKind::Aws if pattern.is_everyone() => {}
            PrincipalKind::Aws if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                accounts.push(("aws".to_owned(), text.to_owned()));
            }
            PrincipalKind::Aws => {
                let mut parts = text.splitn(6, ':');
                if let (Some("arn"), Some(partition), _, _, Some(account)) =
                    (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
                {
                    accounts.push((partition.to_owned(), account.to_owned()));
                }
                match Arn::parse(text) {
                    Ok(arn) => match AssumedRole::of_role(arn) {
                        Ok(role) => roles.push(role),
                        Err(_) => found.extend(Principal::parse(text)),
                    },
                    // A unique id: it can be anybody's.
                    Err(_) => complete = false,
                }
            }
        }
    }
    accounts.sort_unstable();
    accounts.dedup();
    for role in roles {
        found.extend(AssumedRole::new(role.role().clone(), "witness").map(Principal::AssumedRole));
        found.push(Principal::AssumedRole(role));
    }
    for (partition, account) in accounts {
        for name in [
            format!("arn:{partition}:iam::{account}:user/witness"),
            format!("arn:{partition}:sts::{account}:assumed-role/witness/witness"),
            format!("arn:{partition}:sts::{account}:federated-user/witness"),
            format!("arn:{partition}:iam::{account}:root"),
        ] {
            found.extend(Principal::parse(&name));
        }
    }
    (found, complete)
}
