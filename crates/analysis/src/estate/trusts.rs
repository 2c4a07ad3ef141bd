//! Whom trust policies name, looked up from both sides: who of all could be trusted by a role at all.

use std::collections::HashMap;

use policy::{Effect, Polarity, Principal, PrincipalKind, PrincipalPattern};

use super::Member;

/// An index over trust policies. What it does not name together is surely not trusted; the engine decides the rest.
#[derive(Debug, Default)]
pub(super) struct Trusts {
    /// Users and roles by what policies call them.
    members: HashMap<String, Vec<usize>>,
    /// Users and roles by account.
    of_account: HashMap<String, Vec<usize>>,
    /// Roles by the user or role that they name.
    named: HashMap<String, Vec<usize>>,
    /// Roles by the account that they leave the choice to.
    delegated: HashMap<String, Vec<usize>>,
    /// Roles that trust everybody, or everybody but some.
    open: Vec<usize>,
    /// Of each role, whom it may mean.
    meant: Vec<Vec<Meant>>,
}

/// Whom an entry of a trust policy may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Meant {
    One(String),
    Account(String),
    Anyone,
}

impl Trusts {
    pub(super) fn of(members: &[Member]) -> Self {
        let mut this = Self::default();
        for (at, member) in members.iter().enumerate() {
            for name in names(&member.principal) {
                this.members.entry(name).or_default().push(at);
            }
            this.of_account.entry(member.arn.account_part().to_owned()).or_default().push(at);
            let meant = meant(member);
            for one in &meant {
                match one {
                    Meant::One(name) => this.named.entry(name.clone()).or_default().push(at),
                    Meant::Account(account) => this.delegated.entry(account.clone()).or_default().push(at),
                    Meant::Anyone => this.open.push(at),
                }
            }
            this.meant.push(meant);
        }
        this
    }

    /// The roles that may trust a member; those that leave the choice to its account only where it is able to choose.
    pub(super) fn roles_for(&self, member: &Member, is_able: bool) -> Vec<usize> {
        let mut roles = self.open.clone();
        for name in names(&member.principal) {
            roles.extend(self.named.get(&name).into_iter().flatten());
        }
        if is_able {
            roles.extend(self.delegated.get(member.arn.account_part()).into_iter().flatten());
        }
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// The members that a role may trust, likewise.
    pub(super) fn members_for(&self, role: usize, is_able: &dyn Fn(usize) -> bool) -> Vec<usize> {
        let mut found = Vec::new();
        for one in self.meant.get(role).into_iter().flatten() {
            match one {
                Meant::One(name) => found.extend(self.members.get(name).into_iter().flatten()),
                Meant::Account(account) => {
                    let all = self.of_account.get(account).into_iter().flatten().copied();
                    found.extend(all.filter(|member| is_able(*member)));
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
