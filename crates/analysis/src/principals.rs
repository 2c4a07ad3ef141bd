//! Principals, one for each way in which two documents can tell them apart.

use policy::condition::Family;
use policy::{AssumedRole, Element, Principal, PrincipalKind};
use types::Arn;

use crate::boxes::Source;
use crate::budget::{Exhausted, Meter};
use crate::keys;
use crate::pattern::{Pattern, Token};
use crate::words;

/// The account of principals that no document speaks of.
const FRESH_ACCOUNT: &str = "999999999999";

/// Candidates: who is named, who is beside them, and somebody whom nobody names. The flag says whether they are all
/// that matter.
pub(crate) fn of(sources: [&[Source<'_>]; 2]) -> (Vec<Principal>, bool) {
    let mut found = vec![Principal::Anonymous];
    let mut complete = true;
    let mut accounts = vec![("aws".to_owned(), FRESH_ACCOUNT.to_owned())];
    let mut roles = Vec::new();
    found.push(Principal::Service(policy::Service::new("witness.amazonaws.com")));
    found.push(Principal::Federated(policy::Federated::new("witness.example.com")));
    let elements = sources.into_iter().flatten().filter_map(|source| source.statement.principals());
    for pattern in elements.flat_map(Element::patterns) {
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
                        // The root user comes with its account, behind those whom its account may speak for.
                        Err(_) => found.extend(Principal::parse(text).ok().filter(|known| !is_root(known))),
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

fn is_root(principal: &Principal) -> bool {
    matches!(principal, Principal::Root(_))
}

/// Principals that can ask, one for each way in which the statements tell them apart by what follows from them.
pub(crate) fn realistic(
    sources: &[&[Source<'_>]; 2],
    addressed: bool,
    meter: &mut Meter,
) -> Result<Vec<Principal>, Exhausted> {
    let mut found = if addressed { of(*sources).0 } else { Vec::new() };
    let mut accounts = vec![FIRST_ACCOUNT.to_owned()];
    let (arns, ids) = (clauses(sources, "aws:principalarn"), clauses(sources, "aws:principalaccount"));
    for (_, clause, _) in arns.iter().chain(&ids) {
        for value in clause.values().iter().flat_map(|value| value.as_str().split(':')) {
            let is_account = value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit());
            if is_account && !accounts.iter().any(|known| known == value) {
                accounts.push(value.to_owned());
            }
        }
    }
    accounts.truncate(MOST_ACCOUNTS);
    found.extend(of_accounts(sources, &accounts, meter)?);
    if addressed {
        let roots = accounts.iter().map(|account| Principal::parse(&format!("arn:aws:iam::{account}:root")));
        found.extend(roots.flatten());
    }
    let mut kept: Vec<Principal> = Vec::new();
    for principal in found {
        meter.spend(kept.len() + 1)?;
        if !kept.contains(&principal) {
            kept.push(principal);
        }
    }
    meter.hold(kept.len() * 16)?;
    Ok(kept)
}

/// Users and roles of these accounts, one for each way in which the statements tell them apart by name.
pub(crate) fn of_accounts(
    sources: &[&[Source<'_>]; 2],
    accounts: &[String],
    meter: &mut Meter,
) -> Result<Vec<Principal>, Exhausted> {
    let mut names = vec!["witness".to_owned()];
    let by_name = clauses(sources, "aws:username");
    for (_, clause, _) in by_name.iter().filter(|(_, clause, _)| clause.test().family() == Family::String) {
        let texts = clause.values().iter().map(|value| value.as_str());
        names.extend(texts.filter(|text| !text.contains("${")).map(|text| text.replace(['*', '?'], "x")));
    }
    names.extend(sources.iter().copied().flatten().flat_map(plain_segments));
    names.sort_unstable();
    names.dedup();
    names.truncate(MOST_NAMES);
    let patterns = keys::patterns(&clauses(sources, "aws:principalarn"), &policy::Context::new());
    let patterns: Vec<&Pattern> = patterns.iter().collect();
    let mut found = Vec::new();
    for account in accounts {
        for name in &names {
            found.extend(Principal::parse(&format!("arn:aws:iam::{account}:user/{name}")));
        }
        for kind in ["user", "role"] {
            let head = format!("arn:aws:iam::{account}:{kind}/");
            let name = [Token::OneName, Token::ManyName];
            let universe: Pattern = head.chars().map(Token::Char).chain(name).collect();
            let texts = words::classes(&patterns, &universe, meter)?;
            found.extend(texts.iter().flat_map(|text| Principal::parse(text)).map(in_session));
        }
    }
    Ok(found)
}

/// The clauses about a key.
fn clauses<'s>(
    sources: &[&[Source<'s>]; 2],
    key: &str,
) -> Vec<(usize, &'s policy::condition::Clause, policy::Version)> {
    let all = sources.iter().copied().flatten().flat_map(|source| {
        source.statement.conditions().iter().map(move |clause| (0, clause, source.version))
    });
    all.filter(|(_, clause, _)| clause.key().folded() == key).collect()
}

/// A role acts in sessions.
fn in_session(principal: Principal) -> Principal {
    match principal {
        Principal::AssumedRole(role) if role.session().is_none() => {
            let session = AssumedRole::new(role.role().clone(), "witness");
            Principal::AssumedRole(session.unwrap_or(role))
        }
        other => other,
    }
}

/// What stands in a resource where a variable stands in another: names that users may have.
fn plain_segments(source: &Source<'_>) -> Vec<String> {
    let patterns = source.statement.resources().map(Element::patterns).unwrap_or_default();
    let tails = patterns.iter().filter_map(|pattern| crate::boxes::tail(pattern.as_str()));
    let is_plain = |text: &&str| !text.is_empty() && !text.contains(['*', '?', '$', '{', '}', ' ', ',']);
    tails.flat_map(|tail| tail.split('/').skip(1)).filter(is_plain).take(4).map(str::to_owned).collect()
}

const FIRST_ACCOUNT: &str = "123456789012";
const MOST_ACCOUNTS: usize = 4;
const MOST_NAMES: usize = 8;
