//! Whom trust policies name, looked up from both sides: who of all could be trusted by a role at all.

use std::collections::HashMap;

use policy::{Effect, Polarity, Principal, PrincipalKind, PrincipalPattern};

use super::Member;

/// An index over trust policies. What it does not name together is surely not trusted; the engine decides the rest.
#[derive(Debug, Default)]
pub(super) struct Trusts {
    /// Users and roles by what policies call them.
    members: HashMap<String, Vec<usize>>,
    /// By account, users and roles by how the ARNs of roles begin that their policies let them assume.
    assumers: HashMap<String, HashMap<String, Vec<usize>>>,
    /// Roles by the user or role that they name.
    named: HashMap<String, Vec<usize>>,
    /// Roles by the account that they leave the choice to, in the order of their ARNs.
    delegated: HashMap<String, Vec<(String, usize)>>,
    /// Roles that trust everybody, or everybody but some.
    open: Vec<usize>,
    /// Of each role, whom it may mean.
    meant: Vec<Vec<Meant>>,
    arns: Vec<String>,
}

/// Whom an entry of a trust policy may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Meant {
    One(String),
    Account(String),
    Anyone,
}

impl Trusts {
    /// Of these members; `begins` says how the ARNs of roles begin that a member's policies let it assume.
    pub(super) fn of(members: &[Member], begins: &dyn Fn(usize) -> Vec<String>) -> Self {
        let mut this = Self::default();
        for (at, member) in members.iter().enumerate() {
            for name in names(&member.principal) {
                this.members.entry(name).or_default().push(at);
            }
            let assumers = this.assumers.entry(member.arn.account_part().to_owned()).or_default();
            for begin in begins(at) {
                assumers.entry(begin).or_default().push(at);
            }
            this.arns.push(member.arn.to_string());
            let meant = meant(member);
            for one in &meant {
                match one {
                    Meant::One(name) => this.named.entry(name.clone()).or_default().push(at),
                    Meant::Account(account) => {
                        let roles = this.delegated.entry(account.clone()).or_default();
                        roles.push((member.arn.to_string(), at));
                    }
                    Meant::Anyone => this.open.push(at),
                }
            }
            this.meant.push(meant);
        }
        this.delegated.values_mut().for_each(|roles| roles.sort_unstable());
        this
    }

    /// The roles that may trust a member; those that leave the choice to its account only where their ARNs begin so.
    pub(super) fn roles_for(&self, member: &Member, begins: &[String]) -> Vec<usize> {
        let mut roles = self.open.clone();
        for name in names(&member.principal) {
            roles.extend(self.named.get(&name).into_iter().flatten());
        }
        let delegated = self.delegated.get(member.arn.account_part()).map_or(&[][..], Vec::as_slice);
        for begin in begins {
            let first = delegated.partition_point(|(arn, _)| arn.as_str() < begin.as_str());
            let from = delegated.get(first..).unwrap_or_default();
            roles.extend(from.iter().take_while(|(arn, _)| arn.starts_with(begin)).map(|(_, role)| *role));
        }
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// The members that a role may trust, likewise.
    pub(super) fn members_for(&self, role: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let arn = self.arns.get(role).map_or("", String::as_str);
        for one in self.meant.get(role).into_iter().flatten() {
            match one {
                Meant::One(name) => found.extend(self.members.get(name).into_iter().flatten()),
                Meant::Account(account) => {
                    let assumers = self.assumers.get(account);
                    for begin in (0..=arn.len()).filter_map(|end| arn.get(..end)) {
                        found.extend(assumers.and_then(|map| map.get(begin)).into_iter().flatten());
                    }
                }
                Meant::Anyone => found.extend(0..self.meant.len()),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The session names under which a role's trust policy speaks of another role.
pub(super) fn sessions<'r>(role: &'r Member, of: &'r Member) -> impl Iterator<Item = &'r str> {
    let wanted = names(&of.principal);
    let patterns = role.trust.iter().flat_map(|trust| trust.policy.statements());
    let patterns = patterns.filter_map(|statement| statement.principals());
    let texts = patterns.flat_map(|element| element.patterns()).map(PrincipalPattern::as_str);
    texts.filter_map(move |text| {
        let session = text.split_once(":assumed-role/")?.1.split_once('/')?.1;
        wanted.contains(&name_of(text)).then_some(session)
    })
}

/// What policies call a member.
fn names(principal: &Principal) -> Vec<String> {
    let (arn, id) = match principal {
        Principal::User(user) => (user.arn(), user.id()),
        Principal::AssumedRole(role) => (role.role(), role.id()),
        _ => return Vec::new(),
    };
    let mut names = vec![name_of(arn.as_str())];
    names.extend(id.map(|id| id.as_str().to_owned()));
    names
}

/// A name as it is looked up: that of a role without its path, which ARNs of sessions do not tell.
fn name_of(text: &str) -> String {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, _, _, account, resource] = parts.as_slice() else { return text.to_owned() };
    let name = match resource.split_once('/') {
        Some(("role", path)) => path.rsplit('/').next(),
        Some(("assumed-role", session)) => session.split('/').next(),
        _ => None,
    };
    match name {
        Some(name) => format!("{partition}:{account}:role/{}", name.to_ascii_lowercase()),
        None => text.to_owned(),
    }
}

fn meant(role: &Member) -> Vec<Meant> {
    let mut all = Vec::new();
    for statement in role.trust.iter().flat_map(|trust| trust.policy.statements()) {
        let Some(element) = statement.principals().filter(|_| statement.effect() == Effect::Allow) else {
            continue;
        };
        if element.polarity() == Polarity::AllBut {
            all.push(Meant::Anyone);
            continue;
        }
        for pattern in element.patterns().iter().filter(|pattern| pattern.kind() == PrincipalKind::Aws) {
            let one = if pattern.is_everyone() { Meant::Anyone } else { whom(pattern.as_str()) };
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    all
}

fn whom(text: &str) -> Meant {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let account = text.strip_suffix(":root").and_then(|arn| arn.rsplit(':').next()).unwrap_or(text);
    if is_account(account) { Meant::Account(account.to_owned()) } else { Meant::One(name_of(text)) }
}
