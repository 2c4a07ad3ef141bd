//! Principals, one for each way in which two documents can tell them apart.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use policy::condition::Family;
use policy::{AssumedRole, Element, Principal, PrincipalKind};
use types::Arn;

use crate::boxes::Source;
use crate::budget::{Exhausted, Meter};
use crate::keys;
use crate::pattern::{Pattern, Token};
use crate::words;

/// Candidates: who is named, who is beside them, and somebody whom nobody names. The flag says whether they are all
/// that matter.
pub(crate) fn of(sources: [&[Source<'_>]; 2]) -> (Vec<Principal>, bool) {
    let mut found = vec![Principal::Anonymous];
    let mut complete = true;
    let mut accounts = vec![("aws".to_owned(), fresh_account(&sources))];
    let mut roles = Vec::new();
    found.push(Principal::Service(policy::Service::new("witness.amazonaws.com")));
    found.push(Principal::Federated(policy::Federated::new("witness.example.com")));
    let elements = sources.into_iter().flatten().filter_map(|source| source.statement.principals());
    for pattern in elements.flat_map(Element::patterns) {
        let text = pattern.as_str();
        match pattern.kind() {
            PrincipalKind::Service => found.push(Principal::Service(policy::Service::new(text))),
            PrincipalKind::Federated => found.push(Principal::Federated(policy::Federated::new(text))),
            // Whose they are, no request tells: nothing is proven of documents that speak to them.
            PrincipalKind::CanonicalUser => complete = false,
            PrincipalKind::Aws if pattern.is_everyone() => {}
            PrincipalKind::Aws if is_account(text) => {
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

/// The same, but of accounts of which the statements speak alike only one: to exchange two of them changes nothing, as
/// long as keys are variables of their own.
pub(crate) fn told_apart(sources: [&[Source<'_>]; 2]) -> (Vec<Principal>, bool) {
    let mut said: BTreeMap<&str, BTreeSet<(usize, [&str; 2])>> = BTreeMap::new();
    for (number, source) in sources.into_iter().flatten().enumerate() {
        for pattern in source.statement.principals().into_iter().flat_map(Element::patterns) {
            if let Some((account, beside)) = account_in(pattern.as_str()) {
                said.entry(account).or_default().insert((number, beside));
            }
        }
    }
    let mut seen = HashSet::new();
    let others = said.iter().filter(|(_, what)| !seen.insert(*what));
    let others: HashSet<&str> = others.map(|(account, _)| *account).collect();
    let (mut found, complete) = of(sources);
    found.retain(|known| !known.owner().is_some_and(|owner| others.contains(owner.account.as_str())));
    (found, complete)
}

/// The account that a principal is of, and what stands before and behind it.
fn account_in(text: &str) -> Option<(&str, [&str; 2])> {
    if is_account(text) {
        return Some((text, ["", ""]));
    }
    let account = text.split(':').nth(4).filter(|part| is_account(part))?;
    // Digits of twelve stand nowhere before: partition, service and region are none.
    let (before, behind) = text.split_once(account)?;
    Some((account, [before, behind]))
}

/// An account of which the statements do not speak.
pub(crate) fn fresh_account(sources: &[&[Source<'_>]]) -> String {
    let statements = || sources.iter().copied().flatten().map(|source| source.statement);
    let principals = statements().filter_map(policy::Statement::principals).flat_map(Element::patterns);
    let resources = statements().filter_map(policy::Statement::resources).flat_map(Element::patterns);
    let values = statements().flat_map(policy::Statement::conditions).flat_map(|clause| clause.values());
    let texts: Vec<&str> = principals
        .map(|pattern| pattern.as_str())
        .chain(resources.map(|pattern| pattern.as_str()))
        .chain(values.map(|value| value.as_str()))
        .collect();
    let numbers = (0..=texts.len()).filter_map(|n| 999_999_999_999_u64.checked_sub(u64::try_from(n).ok()?));
    // A text may speak of several accounts.
    let known: HashSet<&str> =
        texts.iter().flat_map(|text| text.split(|c: char| !c.is_ascii_digit())).collect();
    let mut ids = numbers.map(|number| number.to_string());
    ids.find(|id| !known.contains(id.as_str())).unwrap_or_else(|| FIRST_ACCOUNT.to_owned())
}

fn is_root(principal: &Principal) -> bool {
    matches!(principal, Principal::Root(_))
}

/// Principals that can ask, one for each way in which the statements tell them apart by what follows from them. The
/// flag says whether they are all that matter.
pub(crate) fn realistic(
    sources: &[&[Source<'_>]; 2],
    addressed: bool,
    meter: &mut Meter,
) -> Result<(Vec<Principal>, bool), Exhausted> {
    let (mut found, mut are_all) = if addressed { of(*sources) } else { (Vec::new(), true) };
    let mut accounts = vec![FIRST_ACCOUNT.to_owned()];
    let mut partitions = vec!["aws".to_owned()];
    for account in accounts_in_conditions(sources) {
        push(&mut accounts, Some(&account));
    }
    for value in conditions_on_home(sources) {
        push(&mut partitions, partition_of(value));
    }
    // Nobody reaches into another partition.
    let resources = sources.iter().copied().flatten().filter_map(|source| source.statement.resources());
    for pattern in resources.flat_map(Element::patterns) {
        push(&mut partitions, partition_of(pattern.as_str()));
    }
    let homes: Vec<(String, String)> = partitions
        .iter()
        .flat_map(|partition| accounts.iter().map(move |account| (partition.clone(), account.clone())))
        .collect();
    are_all &= homes.len() <= MOST_HOMES;
    let homes: Vec<_> = homes.into_iter().take(MOST_HOMES).collect();
    let (inhabitants, are_named) = inhabitants(sources, &homes, meter)?;
    found.extend(inhabitants);
    are_all &= are_named;
    if addressed {
        let roots = homes.iter().map(|(partition, account)| format!("arn:{partition}:iam::{account}:root"));
        found.extend(roots.flat_map(|arn| Principal::parse(&arn)));
    }
    let mut kept: Vec<Principal> = Vec::new();
    for principal in found {
        meter.spend(kept.len() + 1)?;
        if !kept.contains(&principal) {
            kept.push(principal);
        }
    }
    meter.hold(kept.len() * 16)?;
    Ok((kept, are_all))
}

fn push(list: &mut Vec<String>, text: Option<&str>) {
    list.extend(text.filter(|text| !list.iter().any(|known| known == text)).map(str::to_owned));
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The partition of an ARN, where it is one of AWS's.
fn partition_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').next().filter(|partition| PARTITIONS.contains(partition))
}

/// The accounts that conditions on the principal name.
pub(crate) fn accounts_in_conditions(sources: &[&[Source<'_>]; 2]) -> Vec<String> {
    let mut accounts = Vec::new();
    for value in conditions_on_home(sources) {
        value.split(':').for_each(|part| push(&mut accounts, Some(part).filter(|it| is_account(it))));
    }
    accounts
}

/// The values of conditions on who and of which account the principal is.
fn conditions_on_home<'s>(sources: &[&[Source<'s>]; 2]) -> Vec<&'s str> {
    let keys = ["aws:principalarn", "aws:principalaccount"];
    let clauses = keys.into_iter().flat_map(|key| clauses(sources, key));
    clauses.flat_map(|(_, clause, _)| clause.values()).map(|value| value.as_str()).collect()
}

/// Users and roles of these accounts, one for each way in which the statements tell them apart by name. The flag says
/// whether no name was left out.
pub(crate) fn of_accounts(
    sources: &[&[Source<'_>]; 2],
    accounts: &[String],
    meter: &mut Meter,
) -> Result<(Vec<Principal>, bool), Exhausted> {
    let homes: Vec<_> = accounts.iter().map(|account| ("aws".to_owned(), account.clone())).collect();
    inhabitants(sources, &homes, meter)
}

/// The same for accounts of partitions.
fn inhabitants(
    sources: &[&[Source<'_>]; 2],
    homes: &[(String, String)],
    meter: &mut Meter,
) -> Result<(Vec<Principal>, bool), Exhausted> {
    let mut names = vec!["witness".to_owned()];
    let by_name = clauses(sources, "aws:username");
    for (_, clause, _) in by_name.iter().filter(|(_, clause, _)| clause.test().family() == Family::String) {
        let texts = clause.values().iter().map(|value| value.as_str());
        names.extend(texts.filter(|text| !text.contains("${")).map(|text| text.replace(['*', '?'], "x")));
    }
    names.sort_unstable();
    names.dedup();
    let are_all = names.len() <= MOST_NAMES;
    names.truncate(MOST_NAMES);
    // Names that resources mention: guesses of what a variable may stand for.
    let mut guesses: Vec<String> = sources.iter().copied().flatten().flat_map(plain_segments).collect();
    guesses.sort_unstable();
    guesses.dedup();
    guesses.truncate(MOST_GUESSES);
    names.extend(guesses.into_iter().filter(|guess| !names.contains(guess)).collect::<Vec<_>>());
    let by_arn = clauses(sources, "aws:principalarn");
    let by_kind = clauses(sources, "aws:principaltype");
    let patterns = keys::patterns(&by_arn, &policy::Context::new());
    let patterns: Vec<words::Group<'_>> = patterns.iter().map(|group| group.iter().collect()).collect();
    let name = [Token::OneName, Token::ManyName];
    let path = [Token::OneName, Token::ManyInside, Token::Char('/'), Token::OneName, Token::ManyName];
    let mut found = Vec::new();
    for (partition, account) in homes {
        for name in &names {
            found.extend(Principal::parse(&format!("arn:{partition}:iam::{account}:user/{name}")));
        }
        let mut named = |head: String, tail: &[Token]| -> Result<(), Exhausted> {
            let universe: Pattern = head.chars().map(Token::Char).chain(tail.iter().copied()).collect();
            let texts = words::classes(&patterns, &universe, meter)?;
            found.extend(texts.iter().flat_map(|text| Principal::parse(text)).map(in_session));
            Ok(())
        };
        for kind in ["user", "role"] {
            named(format!("arn:{partition}:iam::{account}:{kind}/"), &name)?;
            if !by_arn.is_empty() {
                named(format!("arn:{partition}:iam::{account}:{kind}/"), &path)?;
            }
        }
        if !by_arn.is_empty() || !by_kind.is_empty() {
            named(format!("arn:{partition}:sts::{account}:federated-user/"), &name)?;
        }
    }
    Ok((found, are_all))
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
const PARTITIONS: [&str; 7] =
    ["aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];
const MOST_HOMES: usize = 32;
const MOST_NAMES: usize = 64;
const MOST_GUESSES: usize = 7;
