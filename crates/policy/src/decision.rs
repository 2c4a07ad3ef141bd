//! What the engine answers.

use crate::PolicySet;
use crate::document::{Effect, Statement};
use crate::set::Named;

/// The outcome of a decision (AWS: "The difference between explicit and implicit denies").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Every layer that has a say agrees.
    Allowed,
    /// Some statement denies it.
    ExplicitDeny,
    /// No statement denies it, and some layer that has to allow it does not.
    ImplicitDeny,
}

impl Outcome {
    /// The word of IAM's `EvalDecision`.
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ExplicitDeny => "explicitDeny",
            Self::ImplicitDeny => "implicitDeny",
        }
    }
}

/// A kind of policy that has a say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// Resource control policies of the resource's organization.
    ResourceControl,
    /// Service control policies of the principal's organization.
    ServiceControl,
    /// The policy of the VPC endpoint.
    Endpoint,
    /// The resource's own policy.
    Resource,
    /// Identity-based policies.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Session policies.
    Session,
}

impl Layer {
    /// All layers, in the order in which a denial names them.
    pub const ALL: [Self; 7] = [
        Self::ResourceControl,
        Self::ServiceControl,
        Self::Endpoint,
        Self::Resource,
        Self::Identity,
        Self::Boundary,
        Self::Session,
    ];

    /// The layer's name in decisions as JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ResourceControl => "resourceControl",
            Self::ServiceControl => "serviceControl",
            Self::Endpoint => "endpoint",
            Self::Resource => "resource",
            Self::Identity => "identity",
            Self::Boundary => "permissionsBoundary",
            Self::Session => "session",
        }
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Whether its policies say whom they speak to.
    #[inline]
    pub(crate) fn is_addressed(self) -> bool {
        matches!(self, Self::Resource | Self::Endpoint | Self::ResourceControl)
    }

    /// The layer among others in a set of bits.
    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What one layer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LayerResult {
    /// There is no such layer, or it has no say in this request.
    #[default]
    NotApplicable,
    /// A statement allows it (on every level, for control policies) and none denies it.
    Allow,
    /// A statement denies it.
    Deny,
    /// No statement speaks of it (on some level, for control policies).
    Silent,
}

/// A rule outside all policies that refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guard {
    /// The root user cannot assume a role (AWS: "AssumeRole").
    RootAssumesRole,
    /// Credentials of GetSessionToken call IAM without MFA, or an STS operation other than
    /// AssumeRole and GetCallerIdentity.
    SessionToken,
    /// Credentials of GetFederationToken call IAM, or an STS operation other than
    /// GetCallerIdentity.
    FederationToken,
    /// GetSessionToken is called with temporary credentials.
    TemporaryCredentials,
    /// Principal and resource are of different partitions.
    Partition,
    /// An AWS managed policy is to be changed.
    AwsManagedPolicy,
    /// A role under `/aws-reserved/` is to be changed.
    ReservedRole,
    /// A service-linked role is to be changed.
    ServiceLinkedRole,
    /// An alias `alias/aws/…` of KMS is to be changed.
    AwsManagedAlias,
}

impl Guard {
    /// The rule, as part of a sentence.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::RootAssumesRole => "roles may not be assumed by root accounts",
            Self::SessionToken => {
                "credentials of GetSessionToken call IAM only with MFA, and of STS only AssumeRole and GetCallerIdentity"
            }
            Self::FederationToken => {
                "credentials of GetFederationToken cannot call IAM, and of STS only GetCallerIdentity"
            }
            Self::TemporaryCredentials => "GetSessionToken cannot be called with temporary credentials",
            Self::Partition => "principal and resource belong to different partitions",
            Self::AwsManagedPolicy => "AWS managed policies cannot be changed",
            Self::ReservedRole => "roles under /aws-reserved/ cannot be changed",
            Self::ServiceLinkedRole => "service-linked roles are changed by their service only",
            Self::AwsManagedAlias => "aliases under alias/aws/ belong to AWS",
        }
    }
}

/// What the resource's policy is: the wording of a denial depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ResourcePolicyKind {
    /// A policy such as a bucket's.
    #[default]
    Ordinary,
    /// A role's trust policy.
    Trust,
}

/// A statement of a [`PolicySet`], by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatementRef {
    /// The layer.
    pub layer: Layer,
    /// The level within control policies, 0 at the root; 0 elsewhere.
    pub level: u32,
    /// The policy within the bundle.
    pub policy: u32,
    /// The statement within the policy, from 0.
    pub statement: u32,
}

/// A statement that took part in a decision.
#[derive(Debug, Clone, Copy)]
pub struct Matched<'s> {
    /// Where it stands.
    pub place: StatementRef,
    /// The policy that holds it.
    pub source: &'s Named,
    /// The statement.
    pub statement: &'s Statement,
}

impl Matched<'_> {
    /// Whether it allows or denies.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.statement.effect()
    }
}

/// The engine's answer: outcome, what each layer said, and the statements that decided. It
/// is small, owns nothing on the heap, and outlives the policies it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub(crate) outcome: Outcome,
    pub(crate) layers: [LayerResult; 7],
    /// A bit per layer that blocks the request.
    pub(crate) blocked: u8,
    pub(crate) guard: Option<Guard>,
    pub(crate) resource_policy: ResourcePolicyKind,
    /// Per layer the statement that decided its result, where one did.
    pub(crate) deciding: [Option<StatementRef>; 7],
}

impl Decision {
    /// The outcome.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Whether the request is allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.outcome == Outcome::Allowed
    }

    /// What a layer said.
    #[must_use]
    pub fn layer(&self, layer: Layer) -> LayerResult {
        self.layers.get(layer.index()).copied().unwrap_or_default()
    }

    /// The rule outside all policies that refused the request, if one did.
    #[must_use]
    pub fn guard(&self) -> Option<Guard> {
        self.guard
    }

    /// Every layer that blocks the request: those with an explicit deny first, then those
    /// that had to allow it and did not. Empty where it is allowed, or refused by a [`Guard`]
    /// alone.
    pub fn blocked_by(&self) -> impl Iterator<Item = Layer> + '_ {
        let blocks = |layer: &Layer| self.blocked & layer.bit() != 0;
        let denies = |layer: &Layer| self.layer(*layer) == LayerResult::Deny;
        let explicit = Layer::ALL.into_iter().filter(move |layer| blocks(layer) && denies(layer));
        let implicit = Layer::ALL.into_iter().filter(move |layer| blocks(layer) && !denies(layer));
        explicit.chain(implicit)
    }

    /// The statements that decided the layers' results, one per layer at most: the first deny
    /// found, else an allow. [`crate::explain::explain`] lists all that match.
    pub fn deciding(&self) -> impl Iterator<Item = StatementRef> + '_ {
        self.deciding.iter().flatten().copied()
    }

    /// The same, looked up in the set that the decision was made from.
    pub fn matched<'s>(&'s self, set: &'s PolicySet) -> impl Iterator<Item = Matched<'s>> + 's {
        self.deciding().filter_map(|place| set.statement(place))
    }

    /// Why the request is refused, in AWS's words: what follows `on resource: ARN` (AWS:
    /// "Troubleshoot access denied error messages"). Empty where it is allowed or where no
    /// policy but a [`Guard`] refused it.
    #[must_use]
    pub fn reason_sentence(&self, action: &str) -> String {
        let Some(layer) = self.named_layer() else { return String::new() };
        let trust = layer == Layer::Resource && self.resource_policy == ResourcePolicyKind::Trust;
        if self.outcome == Outcome::ExplicitDeny {
            let policy = if trust {
                "the role trust policy"
            } else {
                EXPLICIT.get(layer.index()).copied().unwrap_or_default()
            };
            return format!("with an explicit deny in {policy}");
        }
        let policy = if trust {
            "role trust policy"
        } else {
            IMPLICIT.get(layer.index()).copied().unwrap_or_default()
        };
        format!("because no {policy} allows the {action} action")
    }

    /// The one layer that AWS's sentence names. Where an identity-based and a resource-based
    /// policy are both missing, AWS names the identity-based one.
    fn named_layer(&self) -> Option<Layer> {
        let first = self.blocked_by().next()?;
        let identity_too = self.blocked_by().any(|layer| layer == Layer::Identity);
        if self.outcome == Outcome::ImplicitDeny && first == Layer::Resource && identity_too {
            return Some(Layer::Identity);
        }
        Some(first)
    }
}

impl PolicySet {
    /// Looks a statement up.
    #[must_use]
    pub fn statement(&self, place: StatementRef) -> Option<Matched<'_>> {
        let bundle = self.bundles(place.layer)?.get(usize::try_from(place.level).ok()?)?;
        let source = bundle.policies().get(usize::try_from(place.policy).ok()?)?;
        let statement = source.policy.statements().get(usize::try_from(place.statement).ok()?)?;
        Some(Matched { place, source, statement })
    }
}

/// Per layer, in the order of [`Layer::ALL`], the words of an explicit deny.
const EXPLICIT: [&str; 7] = [
    "a resource control policy",
    "a service control policy",
    "a VPC endpoint policy",
    "a resource-based policy",
    "an identity-based policy",
    "a permissions boundary",
    "a session policy",
];

/// Per layer, in the order of [`Layer::ALL`], the words of an implicit one.
const IMPLICIT: [&str; 7] = [
    "resource control policy",
    "service control policy",
    "VPC endpoint policy",
    "resource-based policy",
    "identity-based policy",
    "permissions boundary",
    "session policy",
];
