//! What AssumeRoleWithWebIdentity and AssumeRoleWithSAML share: a role for somebody whom an identity provider vouches for.

use std::sync::Arc;

use api::sts::types::{AssumedRoleUser, Credentials, PolicyDescriptorType, Tag};
use authz::{Ask, FederatedOrigin, Subject};
use directory::Role;
use jiff::Timestamp;
use policy::{Named, PrincipalKind};
use service::{Context, Error, Result};
use types::{Arn, Owner, RoleSessionName, SourceIdentity};
use wire::Fault;

use crate::assume_role::{find_role, session_arn, trust_policy};
use crate::{credentials, duration, session_policies, session_tags};

/// The role that a stranger asks for, and whom it trusts; neither where there is no such role.
pub(crate) struct Target {
    arn: Arn,
    /// The account that the ARN names.
    pub(crate) owner: Owner,
    role: Option<(Arc<Role>, Named)>,
}

/// Somebody whose identity provider's word is verified.
pub(crate) struct Stranger {
    /// The operation, `sts:AssumeRoleWithSAML`.
    pub(crate) action: &'static str,
    /// The provider, as trust policies name it.
    pub(crate) provider: String,
    /// The condition keys that the provider's word gives to this one decision.
    pub(crate) keys: policy::Context,
    /// Those of them that the session goes on carrying.
    pub(crate) kept: FederatedOrigin,
    /// The name of the session.
    pub(crate) session_name: RoleSessionName,
    /// The session tags, and the keys of those that are transitive.
    pub(crate) tags: (Vec<(String, String)>, Vec<String>),
    /// The source identity.
    pub(crate) source_identity: Option<SourceIdentity>,
    /// When the session must end at the latest.
    pub(crate) ends: Option<Timestamp>,
}

/// What the call asks for beside the role.
pub(crate) struct Limits {
    /// The inline session policy.
    pub(crate) policy: Option<String>,
    /// The managed session policies.
    pub(crate) policy_arns: Option<Vec<PolicyDescriptorType>>,
    /// How long the session shall last.
    pub(crate) duration_seconds: Option<i32>,
    /// How many bytes the session token shall have at least.
    pub(crate) least_token_size: Option<i32>,
    /// How long it lasts where the call does not say, within what the role allows.
    pub(crate) usual_seconds: Option<i32>,
}

/// A session that was made.
pub(crate) struct Granted {
    pub(crate) credentials: Credentials,
    pub(crate) user: AssumedRoleUser,
    pub(crate) packed_policy_size: Option<i32>,
}

impl Target {
    /// Looks for the role with this ARN.
    pub(crate) async fn at(cx: &Context<'_>, text: &str) -> Result<Self> {
        let (arn, owner) = crate::assume_role::role_arn(text)?;
        let role = match find_role(cx, &arn).await? {
            Some(role) => {
                let trust = trust_policy(cx, &role).await?;
                Some((role, trust))
            }
            None => None,
        };
        Ok(Self { arn, owner, role })
    }

    /// Whether the role's trust policy speaks of a provider at all: nobody fetches keys for a stranger whom nobody knows.
    pub(crate) fn names(&self, provider: &str) -> bool {
        let statements = self.role.iter().flat_map(|(_, trust)| trust.policy.statements());
        let elements = statements.filter_map(|statement| statement.principals());
        let mut patterns = elements.flat_map(|element| element.patterns());
        patterns.any(|one| one.kind() == PrincipalKind::Federated && one.as_str() == provider)
    }

    /// Makes a session of the role, where its trust policy lets the stranger have it.
    ///
    /// `last` is done when nothing else can go wrong, and may still refuse.
    pub(crate) async fn grant(
        self,
        cx: &Context<'_>,
        stranger: Stranger,
        limits: Limits,
        last: impl AsyncFnOnce() -> Result<()>,
    ) -> Result<Granted> {
        let (tags, transitive) = &stranger.tags;
        let tags: Vec<_> =
            tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect();
        let tags = session_tags::parse(Some(&tags), Some(transitive), None)?;
        let Self { arn, role, .. } = self;
        let (role, trust) = role.ok_or_else(|| not_authorized(stranger.action))?;
        let ask = |action: &'static str| {
            let mut ask = Ask::new(action, &arn);
            ask.keys = stranger.keys.clone();
            ask.keys.set("sts:RoleSessionName", stranger.session_name.as_str());
            if let Some(source) = &stranger.source_identity {
                ask.keys.set("sts:SourceIdentity", source.as_str());
            }
            if !tags.passed_transitive.is_empty() {
                let keys = tags.passed_transitive.iter().map(types::TagKey::as_str);
                ask.keys.set_list("sts:TransitiveTagKeys", keys);
            }
            ask.with_request_tags(&tags.passed)
                .with_resource_tags(&role.tags)
                .guarded_by(role.owner, trust.clone())
        };
        let mut asks = vec![ask(stranger.action)];
        if !tags.passed.is_empty() {
            asks.push(ask("sts:TagSession"));
        }
        if stranger.source_identity.is_some() {
            asks.push(ask("sts:SetSourceIdentity"));
        }
        let decided = cx.authorizer().authorize_federated(&stranger.provider, &cx.call().origin, &asks)?;
        decided.map_err(|action| not_authorized(&action))?;

        let usual = limits.usual_seconds.map(|seconds| seconds.min(role.max_session_duration));
        let seconds = duration::of_first_session(limits.duration_seconds.or(usual), &role)?;
        let policies =
            session_policies::parse(cx, role.owner, limits.policy, limits.policy_arns.as_deref()).await?;
        let packed_policy_size = policies.packed_size(&tags.passed)?;
        let name = stranger.session_name;
        let subject = Subject::Role { id: role.id.clone(), name: role.name.clone(), session: name.clone() };
        let mut session = credentials::session(cx, role.owner, subject, seconds)?;
        if let Some(ends) = stranger.ends {
            let ends = Timestamp::from_second(ends.as_second()).map_err(Error::internal)?;
            session.expires = session.expires.min(ends);
        }
        session.policy = policies.inline;
        session.policy_arns = policies.managed;
        session.tags = tags.all;
        session.transitive = tags.transitive;
        session.source_identity = stranger.source_identity;
        session.federation = Some(stranger.kept);
        last().await?;
        Ok(Granted {
            credentials: credentials::seal_to_size(cx, &session, limits.least_token_size)?,
            user: AssumedRoleUser {
                assumed_role_id: format!("{}:{name}", role.id),
                arn: session_arn(&role, &name).to_string(),
            },
            packed_policy_size,
        })
    }
}

/// AWS's refusal, which tells nothing of the role.
pub(crate) fn not_authorized(action: &str) -> Error {
    Fault::sender("AccessDenied", 403, format!("Not authorized to perform {action}")).into()
}
