//! The policies that apply to a request, layer by layer.

use std::sync::Arc;

use compact_str::CompactString;

use crate::index::Passes;
use crate::plan::{Place, Plan, Plans, Side, Walk};
use crate::{Action, Layer, Policy};

/// A policy with the name under which a decision shows it.
#[derive(Debug, Clone)]
pub struct Named {
    /// What kind of policy it is and where it is attached.
    pub kind: SourceKind,
    /// The ARN of a managed policy, or the name of an inline one.
    pub name: CompactString,
    /// The policy.
    pub policy: Arc<Policy>,
}

impl Named {
    /// Names a policy.
    #[must_use]
    pub fn new(kind: SourceKind, name: &str, policy: Arc<Policy>) -> Self {
        Self { kind, name: name.into(), policy }
    }
}

/// What kind of policy a policy is and where it is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// An AWS managed policy.
    AwsManaged,
    /// A customer managed policy.
    CustomerManaged,
    /// An inline policy of a user.
    User,
    /// An inline policy of a group.
    Group,
    /// An inline policy of a role.
    Role,
    /// A session policy.
    Session,
    /// A resource's own policy.
    Resource,
    /// A role's trust policy.
    Trust,
    /// The policy of a VPC endpoint.
    Endpoint,
    /// A service control policy.
    ServiceControl,
    /// A resource control policy.
    ResourceControl,
    /// A policy given in a question, stored nowhere.
    Input,
}

impl SourceKind {
    /// The word of IAM's `PolicySourceType`.
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::AwsManaged => "aws-managed",
            Self::CustomerManaged => "user-managed",
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::Resource | Self::Trust => "resource",
            Self::Session | Self::Endpoint | Self::ServiceControl | Self::ResourceControl | Self::Input => {
                "none"
            }
        }
    }
}

/// The policies of one layer: what they allow and deny is their union.
///
/// A bundle is immutable and shared: principals with the same policies should have the same
/// `Arc<Bundle>`, because it keeps what it has worked out for the actions that were asked for. Making one
/// costs next to nothing, so a change of one policy makes anew only the bundles that hold it, and compiles only
/// that policy.
#[derive(Debug, Default)]
pub struct Bundle {
    policies: Box<[Named]>,
    /// Where no statement denies anything: those that allow everything.
    passes: Passes<Place>,
    plans: Plans<0>,
}

impl Bundle {
    /// Makes one layer of policies.
    #[must_use]
    pub fn new(policies: Vec<Named>) -> Arc<Self> {
        let mut passes = Passes::default();
        if policies.iter().all(|named| !named.policy.index.denies) {
            for (policy, named) in (0u32..).zip(&policies) {
                let place = |statement| Place { level: 0, policy, statement };
                let found = named.policy.index.passes;
                passes.unaddressed = passes.unaddressed.or(found.unaddressed.map(place));
                passes.to_everyone = passes.to_everyone.or(found.to_everyone.map(place));
            }
        }
        Arc::new(Self { policies: policies.into(), passes, plans: Plans::default() })
    }

    /// Makes a layer of one policy.
    #[must_use]
    pub fn of(policy: Named) -> Arc<Self> {
        Self::new(vec![policy])
    }

    /// The policies, in the order in which they were given.
    #[must_use]
    pub fn policies(&self) -> &[Named] {
        &self.policies
    }

    /// The statement that allows everything in a layer, where none denies anything.
    #[inline]
    pub(crate) fn pass(&self, layer: Layer) -> Option<Place> {
        if layer.is_addressed() { self.passes.to_everyone } else { self.passes.unaddressed }
    }

    /// Hands over the plan of a layer for an action.
    #[inline]
    pub(crate) fn with_plan<T>(&self, layer: Layer, action: &Action, then: impl FnOnce(Walk<'_>) -> T) -> T {
        self.plans.with(Side::Layer(layer), action, || Plan::of_bundle(layer, self, action), then)
    }

    #[cfg(test)]
    pub(crate) fn plans(&self) -> &Plans<0> {
        &self.plans
    }
}

/// Every policy that applies to a request. `None` says that there is no such layer, which is
/// not the same as an empty one: a boundary without statements allows nothing.
///
/// Cloning costs some reference counts. The layers of the principal's side (`identity`,
/// `boundary`, `session`, `service_control`) can be kept per principal and combined with
/// those of each request's resource.
#[derive(Debug, Clone, Default)]
pub struct PolicySet {
    /// Managed and inline policies of the user and its groups, or of the role.
    pub identity: Option<Arc<Bundle>>,
    /// The permissions boundary.
    pub boundary: Option<Arc<Bundle>>,
    /// The session policies, inline and managed together.
    pub session: Option<Arc<Bundle>>,
    /// The resource's own policy, the trust policy where a role is assumed.
    pub resource: Option<Arc<Bundle>>,
    /// The policies of the VPC endpoint that the request came through.
    pub endpoint: Option<Arc<Bundle>>,
    /// The service control policies of the principal's account, a bundle per level: root
    /// first, the account's own last. None outside an organization.
    pub service_control: Option<Arc<[Arc<Bundle>]>>,
    /// The resource control policies of the resource's account, likewise.
    pub resource_control: Option<Arc<[Arc<Bundle>]>>,
}

impl PolicySet {
    /// A set without any layer: everything is denied.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with these identity policies.
    #[must_use]
    pub fn with_identity(mut self, policies: Vec<Named>) -> Self {
        self.identity = Some(Bundle::new(policies));
        self
    }

    /// The same with this permissions boundary.
    #[must_use]
    pub fn with_boundary(mut self, policy: Named) -> Self {
        self.boundary = Some(Bundle::of(policy));
        self
    }

    /// The same with these session policies.
    #[must_use]
    pub fn with_session(mut self, policies: Vec<Named>) -> Self {
        self.session = Some(Bundle::new(policies));
        self
    }

    /// The same with this resource policy.
    #[must_use]
    pub fn with_resource(mut self, policy: Named) -> Self {
        self.resource = Some(Bundle::of(policy));
        self
    }

    /// The same with these endpoint policies.
    #[must_use]
    pub fn with_endpoint(mut self, policies: Vec<Named>) -> Self {
        self.endpoint = Some(Bundle::new(policies));
        self
    }

    /// The same with these levels of service control policies, root first.
    #[must_use]
    pub fn with_service_control(mut self, levels: Vec<Vec<Named>>) -> Self {
        self.service_control = Some(levels.into_iter().map(Bundle::new).collect());
        self
    }

    /// The same with these levels of resource control policies, root first.
    #[must_use]
    pub fn with_resource_control(mut self, levels: Vec<Vec<Named>>) -> Self {
        self.resource_control = Some(levels.into_iter().map(Bundle::new).collect());
        self
    }

    /// Whether there are policies of the resource's side.
    #[inline]
    pub(crate) fn has_other_side(&self) -> bool {
        self.resource.is_some() || self.endpoint.is_some() || self.resource_control.is_some()
    }

    /// The bundles of a layer, by level from the root where it has levels; none where there is no such layer.
    #[inline]
    pub(crate) fn bundles(&self, layer: Layer) -> Option<&[Arc<Bundle>]> {
        let one = match layer {
            Layer::Identity => &self.identity,
            Layer::Boundary => &self.boundary,
            Layer::Session => &self.session,
            Layer::Resource => &self.resource,
            Layer::Endpoint => &self.endpoint,
            Layer::ServiceControl => return self.service_control.as_deref(),
            Layer::ResourceControl => return self.resource_control.as_deref(),
        };
        one.as_ref().map(std::slice::from_ref)
    }
}
