//! Who asks.

use compact_str::CompactString;
use types::{Arn, Invalid, Owner, UniqueId};

/// The principal of a request, authenticated and known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// An account's root user.
    Root(Root),
    /// An IAM user.
    User(User),
    /// A role, in one of its sessions.
    AssumedRole(AssumedRole),
    /// A session of GetFederationToken.
    FederatedUser(FederatedUser),
    /// Somebody whom an identity provider vouches for, before a role is assumed.
    Federated(Federated),
    /// An AWS service (or one of our own), acting for itself.
    Service(Service),
    /// Nobody in particular: the request is not signed.
    Anonymous,
}

/// What a user or the root user signed the request with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Credentials {
    /// An access key or a password.
    #[default]
    LongTerm,
    /// Credentials of GetSessionToken (for the root user also of AssumeRoot).
    Session,
}

/// The root user of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    owner: Owner,
    credentials: Credentials,
    arn: Arn,
}

impl Root {
    /// The root user of an account, with long-term credentials.
    #[must_use]
    pub fn new(owner: Owner) -> Self {
        Self { owner, credentials: Credentials::LongTerm, arn: owner.root_arn() }
    }

    /// The same with other credentials.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }
}

/// An IAM user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    arn: Arn,
    owner: Owner,
    id: Option<UniqueId>,
    credentials: Credentials,
}

impl User {
    /// The user with this ARN, path included.
    pub fn new(arn: Arn) -> Result<Self, Invalid> {
        let owner = owner_of(&arn, "iam", "user")?;
        Ok(Self { arn, owner, id: None, credentials: Credentials::LongTerm })
    }

    /// The same with its unique id, `AIDA…`.
    #[must_use]
    pub fn with_id(mut self, id: UniqueId) -> Self {
        self.id = Some(id);
        self
    }

    /// The same with other credentials.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// The user's ARN.
    #[must_use]
    pub fn arn(&self) -> &Arn {
        &self.arn
    }

    /// The user's unique id, where it is known.
    #[must_use]
    pub fn id(&self) -> Option<&UniqueId> {
        self.id.as_ref()
    }

    /// The user's name: the last component of the ARN.
    #[must_use]
    pub fn name(&self) -> &str {
        last_component(&self.arn)
    }
}

/// A role, in one of its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
    role: Arn,
    owner: Owner,
    id: Option<UniqueId>,
    session: Option<Arn>,
}

impl AssumedRole {
    /// The role with this ARN, path included, in no session in particular.
    pub fn of_role(role: Arn) -> Result<Self, Invalid> {
        let owner = owner_of(&role, "iam", "role")?;
        Ok(Self { role, owner, id: None, session: None })
    }

    /// A role and one of its sessions by name.
    pub fn new(role: Arn, session_name: &str) -> Result<Self, Invalid> {
        let this = Self::of_role(role)?;
        let session = this.owner.sts_arn(&format!("assumed-role/{}/{session_name}", this.role_name()));
        Ok(Self { session: Some(session), ..this })
    }

    /// The session with this ARN. It does not tell the role's path, so the role counts as one
    /// without; name the role with [`AssumedRole::with_role`] where it is known.
    pub fn of_session(session: Arn) -> Result<Self, Invalid> {
        let owner = owner_of(&session, "sts", "assumed-role")?;
        let mut parts = session.resource().split('/');
        let (_, role, name) =
            (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if role.is_empty() || name.is_empty() || parts.next().is_some() {
            return Err(invalid(&session, "expected assumed-role/ROLE/SESSION"));
        }
        Ok(Self { role: owner.iam_arn(&format!("role/{role}")), owner, id: None, session: Some(session) })
    }

    /// The same with the role's unique id, `AROA…`.
    #[must_use]
    pub fn with_id(mut self, id: UniqueId) -> Self {
        self.id = Some(id);
        self
    }

    /// The same with the role's whole ARN; it must be of the same account and name.
    pub fn with_role(self, role: Arn) -> Result<Self, Invalid> {
        let other = Self::of_role(role)?;
        if other.owner != self.owner || !other.role_name().eq_ignore_ascii_case(self.role_name()) {
            return Err(invalid(&other.role, "the session belongs to another role"));
        }
        Ok(Self { role: other.role, ..self })
    }

    /// The role's ARN.
    #[must_use]
    pub fn role(&self) -> &Arn {
        &self.role
    }

    /// The role's unique id, where it is known.
    #[must_use]
    pub fn id(&self) -> Option<&UniqueId> {
        self.id.as_ref()
    }

    /// The session's ARN; none for a role that is looked at outside any session.
    #[must_use]
    pub fn session(&self) -> Option<&Arn> {
        self.session.as_ref()
    }

    /// The session's name.
    #[must_use]
    pub fn session_name(&self) -> Option<&str> {
        self.session.as_ref().map(last_component)
    }

    /// The role's name: the last component of its ARN.
    #[must_use]
    pub fn role_name(&self) -> &str {
        last_component(&self.role)
    }

    /// Whether the role belongs to an AWS service (AWS: "Using service-linked roles").
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        self.role.resource().starts_with("role/aws-service-role/")
    }
}

/// A session of GetFederationToken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FederatedUser {
    arn: Arn,
    owner: Owner,
    issuer: Option<Arn>,
}

impl FederatedUser {
    /// The federated user with this ARN, `arn:…:sts::ACCOUNT:federated-user/NAME`.
    pub fn new(arn: Arn) -> Result<Self, Invalid> {
        let owner = owner_of(&arn, "sts", "federated-user")?;
        Ok(Self { arn, owner, issuer: None })
    }

    /// The same with the IAM user who called GetFederationToken.
    #[must_use]
    pub fn with_issuer(mut self, issuer: Arn) -> Self {
        self.issuer = Some(issuer);
        self
    }

    /// The federated user's ARN.
    #[must_use]
    pub fn arn(&self) -> &Arn {
        &self.arn
    }

    /// The IAM user who called GetFederationToken, where it is known.
    #[must_use]
    pub fn issuer(&self) -> Option<&Arn> {
        self.issuer.as_ref()
    }

    /// The name that the session was given.
    #[must_use]
    pub fn name(&self) -> &str {
        last_component(&self.arn)
    }
}

/// Somebody whom an identity provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Federated {
    provider: CompactString,
}

impl Federated {
    /// By provider: the ARN of a SAML or OIDC provider, or the name of a built-in one such as
    /// `accounts.google.com`.
    #[must_use]
    pub fn new(provider: &str) -> Self {
        Self { provider: provider.into() }
    }

    /// The provider.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    name: CompactString,
}

impl Service {
    /// By its principal name, such as `cloudtrail.amazonaws.com`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.into() }
    }

    /// The principal name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Principal {
    /// The root user of an account.
    #[must_use]
    pub fn root(owner: Owner) -> Self {
        Self::Root(Root::new(owner))
    }

    /// The principal that an ARN names: root user, user, role, role session or federated user.
    pub fn parse(arn: &str) -> Result<Self, Invalid> {
        let arn = Arn::parse(arn)?;
        match (arn.service(), arn.resource_type_and_id().0) {
            ("iam", "root") => Ok(Self::Root(Root::new(owner_of(&arn, "iam", "root")?))),
            ("iam", "user") => User::new(arn).map(Self::User),
            ("iam", "role") => AssumedRole::of_role(arn).map(Self::AssumedRole),
            ("sts", "assumed-role") => AssumedRole::of_session(arn).map(Self::AssumedRole),
            ("sts", "federated-user") => FederatedUser::new(arn).map(Self::FederatedUser),
            _ => Err(invalid(&arn, "neither a root user, user, role, role session nor federated user")),
        }
    }

    /// The account that the principal belongs to; none for services, identity providers and
    /// anonymous requests.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        match self {
            Self::Root(root) => Some(root.owner),
            Self::User(user) => Some(user.owner),
            Self::AssumedRole(role) => Some(role.owner),
            Self::FederatedUser(user) => Some(user.owner),
            Self::Federated(_) | Self::Service(_) | Self::Anonymous => None,
        }
    }

    /// The ARN that denials and GetCallerIdentity show: a session's own, not its role's.
    #[must_use]
    pub fn arn(&self) -> Option<&Arn> {
        match self {
            Self::Root(root) => Some(&root.arn),
            Self::User(user) => Some(&user.arn),
            Self::AssumedRole(role) => Some(role.session.as_ref().unwrap_or(&role.role)),
            Self::FederatedUser(user) => Some(&user.arn),
            Self::Federated(_) | Self::Service(_) | Self::Anonymous => None,
        }
    }

    /// What the request was signed with, for users and root users.
    #[must_use]
    pub fn credentials(&self) -> Option<Credentials> {
        match self {
            Self::Root(root) => Some(root.credentials),
            Self::User(user) => Some(user.credentials),
            _ => None,
        }
    }

    /// Whether the principal is a role that belongs to an AWS service.
    #[must_use]
    pub fn is_service_linked_role(&self) -> bool {
        matches!(self, Self::AssumedRole(role) if role.is_service_linked())
    }
}

fn owner_of(arn: &Arn, service: &str, kind: &str) -> Result<Owner, Invalid> {
    let (found, id) = arn.resource_type_and_id();
    if arn.service() != service || found != kind || !arn.region().is_empty() {
        return Err(invalid(arn, "the ARN names something else"));
    }
    if (kind == "root") != id.is_empty() || id.ends_with('/') {
        return Err(invalid(arn, "the ARN names nobody"));
    }
    let partition = types::Partition::parse(arn.partition_name())?;
    let account = types::AccountId::parse(arn.account_part())?;
    Ok(Owner::new(partition, account))
}

fn invalid(arn: &Arn, reason: &'static str) -> Invalid {
    Invalid { kind: "principal", value: arn.as_str().chars().take(128).collect(), reason }
}

fn last_component(arn: &Arn) -> &str {
    arn.resource().rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_says_what_kind_of_principal_it_names() {
        let kind = |arn: &str| Principal::parse(arn);
        assert!(matches!(kind("arn:aws:iam::123456789012:root"), Ok(Principal::Root(_))));
        assert!(
            matches!(kind("arn:aws:iam::123456789012:user/team/alice"), Ok(Principal::User(user)) if user.name() == "alice")
        );
        let session = kind("arn:aws-cn:sts::123456789012:assumed-role/deploy/ci").unwrap();
        let Principal::AssumedRole(role) = &session else { panic!("{session:?}") };
        assert_eq!((role.role_name(), role.session_name()), ("deploy", Some("ci")));
        assert_eq!(role.role().as_str(), "arn:aws-cn:iam::123456789012:role/deploy");
        assert!(matches!(
            kind("arn:aws:sts::123456789012:federated-user/bob"),
            Ok(Principal::FederatedUser(_))
        ));
        for bad in [
            "*",
            "arn:aws:iam::123456789012:group/g",
            "arn:aws:iam::123456789012:user/",
            "arn:aws:iam::1:root",
            "arn:aws:sts::123456789012:assumed-role/deploy",
            "arn:aws:sts::123456789012:assumed-role/a/b/c",
            "arn:aws:iam::123456789012:root/x",
            "arn:aws:iam::123456789012:user",
        ] {
            assert!(kind(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_session_arn_drops_the_role_s_path() {
        let role = Arn::parse("arn:aws:iam::123456789012:role/a/b/deploy").unwrap();
        let session = AssumedRole::new(role.clone(), "ci").unwrap();
        assert_eq!(session.session().unwrap().as_str(), "arn:aws:sts::123456789012:assumed-role/deploy/ci");
        let bare = AssumedRole::of_session(session.session().unwrap().clone()).unwrap();
        assert_eq!(bare.with_role(role).unwrap(), session);
    }

    #[test]
    fn a_session_takes_no_role_of_another_account_or_name() {
        let session = AssumedRole::new(arn("arn:aws:iam::123456789012:role/deploy"), "ci").unwrap();
        for other in ["arn:aws:iam::210987654321:role/deploy", "arn:aws:iam::123456789012:role/build"] {
            assert!(session.clone().with_role(arn(other)).is_err(), "{other}");
        }
    }

    #[test]
    fn each_kind_takes_arns_of_its_own_kind_alone() {
        for other in [
            "arn:aws:sts::123456789012:user/alice",
            "arn:aws:iam::123456789012:role/alice",
            "arn:aws:iam:eu-west-1:123456789012:user/alice",
        ] {
            assert!(User::new(arn(other)).is_err(), "{other}");
        }
    }

    fn arn(text: &str) -> Arn {
        Arn::parse(text).unwrap()
    }
}
