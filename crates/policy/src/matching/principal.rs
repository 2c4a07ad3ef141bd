//! `Principal` and `NotPrincipal` (AWS: "AWS JSON policy elements: Principal").

use compact_str::CompactString;
use types::AccountId;

use crate::Principal;
use crate::document::{Effect, Element, Polarity};
use crate::span::Span;
use crate::texts::are_same;

/// One value of `Principal` or `NotPrincipal`.
#[derive(Debug, Clone)]
pub struct PrincipalPattern {
    kind: PrincipalKind,
    text: CompactString,
    span: Span,
    target: Target,
}

/// The key above a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// `AWS`: accounts, users, roles, sessions; the bare `*` too.
    Aws,
    /// `Service`.
    Service,
    /// `Federated`.
    Federated,
    /// `CanonicalUser`, of S3 alone.
    CanonicalUser,
}

impl PrincipalKind {
    /// Parses the key.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        [Self::Aws, Self::Service, Self::Federated, Self::CanonicalUser]
            .into_iter()
            .find(|kind| kind.as_str() == key)
    }

    /// The key in a document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Service => "Service",
            Self::Federated => "Federated",
            Self::CanonicalUser => "CanonicalUser",
        }
    }
}

/// What a value means.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Everyone,
    /// A whole account; the partition where the value tells it.
    Account {
        partition: Option<CompactString>,
        account: AccountId,
    },
    /// A role, by account and name: session ARNs drop the path, and names are unique.
    Role {
        partition: CompactString,
        account: AccountId,
        name: CompactString,
    },
    /// The text itself: a user, a session, a unique id, a service, a provider.
    Exactly,
}

/// How a resource policy's statement reaches a principal; the greater the less stands between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// By its account: the account's own policies decide.
    Account,
    /// By the role or the user behind the session: boundary and session policies limit it.
    Entity,
    /// Itself, or everyone.
    Direct,
}

impl PrincipalPattern {
    pub(crate) fn new(kind: PrincipalKind, text: &str, span: Span) -> Self {
        let target = if kind == PrincipalKind::Aws { Target::aws(text) } else { Target::Exactly };
        Self { kind, text: text.into(), span, target }
    }

    /// The key that the value stands under.
    #[must_use]
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// The value as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it stands, quotes included.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether it is everyone, anonymous requests included.
    #[must_use]
    pub fn is_everyone(&self) -> bool {
        self.target == Target::Everyone
    }

    pub(crate) fn reach(&self, principal: &Principal) -> Option<Reach> {
        if self.is_everyone() {
            return Some(Reach::Direct);
        }
        self.whom()?.reach(principal)
    }

    /// Whom it names; `None` where that is everyone or nobody.
    pub(crate) fn whom(&self) -> Option<Whom<'_>> {
        let text = self.text.as_bytes();
        match (self.kind, &self.target) {
            (_, Target::Everyone) => None,
            (_, Target::Account { partition, account }) => {
                let partition = partition.as_ref().map(|partition| partition.as_bytes());
                Some(Whom::Account { partition, account: account.as_str().as_bytes() })
            }
            (_, Target::Role { partition, account, name }) => Some(Whom::Role {
                partition: partition.as_bytes(),
                account: account.as_str().as_bytes(),
                name: name.as_bytes(),
            }),
            (PrincipalKind::Aws, Target::Exactly) => Some(Whom::Exactly(text)),
            (PrincipalKind::Service, Target::Exactly) => Some(Whom::Service(text)),
            (PrincipalKind::Federated, Target::Exactly) => Some(Whom::Provider(text)),
            // Canonical user ids are S3's own; no request carries one yet.
            (PrincipalKind::CanonicalUser, Target::Exactly) => None,
        }
    }
}

/// Whom a value of `Principal` names, where that is not everyone.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whom<'p> {
    /// A whole account; the partition where the value tells it.
    Account {
        partition: Option<&'p [u8]>,
        account: &'p [u8],
    },
    /// A role, by account and name.
    Role {
        partition: &'p [u8],
        account: &'p [u8],
        name: &'p [u8],
    },
    /// Whoever has this ARN or unique id.
    Exactly(&'p [u8]),
    Service(&'p [u8]),
    /// Whoever an identity provider vouches for.
    Provider(&'p [u8]),
}

impl Whom<'_> {
    /// How it reaches a principal, if it does.
    pub(crate) fn reach(self, principal: &Principal) -> Option<Reach> {
        let (is_it, reach) = match (self, principal) {
            (Self::Account { partition, account }, _) => {
                let owner = principal.owner()?;
                let here = are_same(account, owner.account.as_str().as_bytes())
                    && partition
                        .is_none_or(|partition| are_same(partition, owner.partition.as_str().as_bytes()));
                let is_root = matches!(principal, Principal::Root(_));
                (here, if is_root { Reach::Direct } else { Reach::Account })
            }
            (Self::Role { partition, account, name }, Principal::AssumedRole(role)) => {
                let owner = principal.owner()?;
                let same = are_same(account, owner.account.as_str().as_bytes())
                    && are_same(partition, owner.partition.as_str().as_bytes())
                    && name.eq_ignore_ascii_case(role.role_name().as_bytes());
                (same, Reach::Entity)
            }
            (Self::Exactly(text), _) => return reach_exactly(text, principal),
            (Self::Service(name), Principal::Service(service)) => {
                (are_same(name, service.name().as_bytes()), Reach::Direct)
            }
            (Self::Provider(name), Principal::Federated(by)) => {
                (are_same(name, by.provider().as_bytes()), Reach::Direct)
            }
            (Self::Role { .. } | Self::Service(_) | Self::Provider(_), _) => return None,
        };
        is_it.then_some(reach)
    }
}

/// How an ARN or a unique id reaches a principal, if it does.
fn reach_exactly(text: &[u8], principal: &Principal) -> Option<Reach> {
    let is_it = |named: &str| are_same(named.as_bytes(), text);
    match principal {
        Principal::User(user) => {
            let itself = is_it(user.arn().as_str()) || user.id().is_some_and(|id| is_it(id.as_str()));
            itself.then_some(Reach::Direct)
        }
        Principal::AssumedRole(role) => {
            if role.session().is_some_and(|session| is_it(session.as_str())) {
                return Some(Reach::Direct);
            }
            role.id().is_some_and(|id| is_it(id.as_str())).then_some(Reach::Entity)
        }
        Principal::FederatedUser(user) => {
            if is_it(user.arn().as_str()) {
                return Some(Reach::Direct);
            }
            user.issuer().is_some_and(|issuer| is_it(issuer.as_str())).then_some(Reach::Entity)
        }
        Principal::Root(_) | Principal::Federated(_) | Principal::Service(_) | Principal::Anonymous => None,
    }
}

impl Element<PrincipalPattern> {
    /// Whether the element of a statement with this effect speaks to a principal that has no boundary.
    #[must_use]
    pub fn speaks_to(&self, principal: &Principal, effect: Effect) -> bool {
        self.takes(principal, effect, false).is_some()
    }

    /// How the element of a statement with this effect reaches a principal, if it does; `bounded` says that the
    /// principal has a permissions boundary.
    #[must_use]
    pub fn reach(&self, principal: &Principal, effect: Effect, bounded: bool) -> Option<Reach> {
        self.takes(principal, effect, bounded)
    }

    /// How the element reaches a principal, if it does. `bounded` says that the principal has a permissions
    /// boundary, which no `NotPrincipal` of a deny excepts (AWS: "AWS JSON policy elements:
    /// NotPrincipal").
    pub(crate) fn takes(&self, principal: &Principal, effect: Effect, bounded: bool) -> Option<Reach> {
        let reaches = || self.patterns.iter().filter_map(|pattern| pattern.reach(principal));
        match (self.polarity, effect) {
            (Polarity::Listed, _) => reaches().max(),
            (Polarity::AllBut, Effect::Deny) if bounded => Some(Reach::Direct),
            (Polarity::AllBut, Effect::Deny) => (!self.excepts(principal)).then_some(Reach::Direct),
            (Polarity::AllBut, Effect::Allow) => reaches().next().is_none().then_some(Reach::Direct),
        }
    }

    /// Whether a deny's `NotPrincipal` excepts a principal. An account excepts nobody but its root user: who calls is
    /// checked too. A role session is excepted only where its session, its role and its account are all listed: each
    /// may be checked.
    fn excepts(&self, principal: &Principal) -> bool {
        let Principal::AssumedRole(role) = principal else {
            return self.patterns.iter().any(|pattern| pattern.reach(principal) > Some(Reach::Account));
        };
        if self.patterns.iter().any(PrincipalPattern::is_everyone) {
            return true;
        }
        let listed = |reach| self.patterns.iter().any(|pattern| pattern.reach(principal) == Some(reach));
        let session = role.session().is_none() || listed(Reach::Direct);
        session && listed(Reach::Entity) && listed(Reach::Account)
    }
}

impl Target {
    fn aws(text: &str) -> Self {
        if text == "*" {
            return Self::Everyone;
        }
        if let Ok(account) = AccountId::parse(text) {
            return Self::Account { partition: None, account };
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts.as_slice() else { return Self::Exactly };
        let Ok(account) = AccountId::parse(account) else { return Self::Exactly };
        let partition = CompactString::from(*partition);
        match resource.split_once('/') {
            None if *resource == "root" => Self::Account { partition: Some(partition), account },
            Some(("role", path)) => {
                let name = path.rsplit('/').next().unwrap_or_default().into();
                Self::Role { partition, account, name }
            }
            _ => Self::Exactly,
        }
    }
}

#[cfg(test)]
mod tests;
