//! `Principal` and `NotPrincipal` (AWS: "AWS JSON policy elements: Principal").

use compact_str::CompactString;
use types::AccountId;

use crate::Principal;
use crate::document::{Effect, Element, Polarity};
use crate::span::Span;

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
        match self.kind {
            PrincipalKind::Aws => self.reach_aws(principal),
            PrincipalKind::Service => {
                let named = matches!(principal, Principal::Service(service) if service.name() == self.text);
                named.then_some(Reach::Direct)
            }
            PrincipalKind::Federated => {
                let named = matches!(principal, Principal::Federated(by) if by.provider() == self.text);
                named.then_some(Reach::Direct)
            }
            // Canonical user ids are S3's own; no request carries one yet.
            PrincipalKind::CanonicalUser => None,
        }
    }

    fn reach_aws(&self, principal: &Principal) -> Option<Reach> {
        match &self.target {
            Target::Everyone => Some(Reach::Direct),
            Target::Account { partition, account } => {
                let owner = principal.owner()?;
                let here = *account == owner.account
                    && partition.as_ref().is_none_or(|partition| partition == owner.partition.as_str());
                let reach =
                    if matches!(principal, Principal::Root(_)) { Reach::Direct } else { Reach::Account };
                here.then_some(reach)
            }
            Target::Role { partition, account, name } => {
                let Principal::AssumedRole(role) = principal else { return None };
                let owner = principal.owner()?;
                let same = *account == owner.account
                    && partition == owner.partition.as_str()
                    && name.eq_ignore_ascii_case(role.role_name());
                same.then_some(Reach::Entity)
            }
            Target::Exactly => {
                let text = self.text.as_str();
                match principal {
                    Principal::User(user) => {
                        let itself =
                            user.arn().as_str() == text || user.id().is_some_and(|id| id.as_str() == text);
                        itself.then_some(Reach::Direct)
                    }
                    Principal::AssumedRole(role) => {
                        if role.session().is_some_and(|session| session.as_str() == text) {
                            return Some(Reach::Direct);
                        }
                        role.id().is_some_and(|id| id.as_str() == text).then_some(Reach::Entity)
                    }
                    Principal::FederatedUser(user) => {
                        if user.arn().as_str() == text {
                            return Some(Reach::Direct);
                        }
                        user.issuer().is_some_and(|issuer| issuer.as_str() == text).then_some(Reach::Entity)
                    }
                    Principal::Root(_)
                    | Principal::Federated(_)
                    | Principal::Service(_)
                    | Principal::Anonymous => None,
                }
            }
        }
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

    /// Whether a deny's `NotPrincipal` excepts a principal. A role session is excepted only
    /// where its session, its role and its account are all listed: each may be checked.
    fn excepts(&self, principal: &Principal) -> bool {
        let Principal::AssumedRole(role) = principal else {
            return self.patterns.iter().any(|pattern| pattern.reach(principal).is_some());
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
