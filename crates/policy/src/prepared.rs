//! A request, made ready for being decided.

use compact_str::CompactString;
use types::AccountId;

use crate::context::Values;
use crate::evaluate::{Facts, Standing};
use crate::key::{self, Key};
use crate::plan::Wanted;
use crate::raw::RawContext;
use crate::{Action, Context, Principal, Request, Resource};

/// A request of which everything is worked out that no policy can change.
///
/// [`evaluate`](crate::evaluate()) does that for each call; whoever decides the same request more than once does it
/// once, and decides with [`decide`](crate::decide) or [`Snapshot::decide`](crate::Snapshot::decide).
#[derive(Debug, Clone)]
pub struct Prepared {
    request: Request,
    facts: Facts,
    standing: Standing,
}

/// A request as the engine goes over it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ready<'r> {
    pub(crate) question: Question<'r>,
    pub(crate) facts: Facts,
    pub(crate) standing: Standing,
}

/// The parts of a request, wherever they are kept: for the members see [`Request`]. With a
/// [`RawContext`] nothing of the condition keys is copied.
///
/// ```
/// # use policy::{Action, Keys, Named, Policy, PolicySet, Principal, Question, RawContext, Resource, SourceKind, evaluate};
/// # let policy = Policy::parse(r#"{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*",
/// #     "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}}"#)?;
/// # let set = PolicySet::new().with_identity(vec![Named::new(SourceKind::User, "home", policy.into())]);
/// let mut keys = RawContext::default();
/// keys.set("aws:SourceIp", "10.1.2.3");
/// let question = Question {
///     principal: &Principal::parse("arn:aws:iam::123456789012:user/alice")?,
///     action: &Action::parse("s3:GetObject")?,
///     resource: &Resource::new("arn:aws:s3:::home/x"),
///     resource_account: None,
///     management_account: None,
///     keys: Keys::Raw(&keys),
/// };
/// assert!(evaluate(&set, question).is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Question<'r> {
    /// Who asks.
    pub principal: &'r Principal,
    /// What they ask to do.
    pub action: &'r Action,
    /// The resource.
    pub resource: &'r Resource,
    /// The account that owns the resource.
    pub resource_account: Option<AccountId>,
    /// The management account of the organization.
    pub management_account: Option<AccountId>,
    /// The condition keys.
    pub keys: Keys<'r>,
}

/// Condition keys, wherever they are kept.
#[derive(Debug, Clone, Copy)]
pub enum Keys<'r> {
    /// Kept and looked up at will.
    Kept(&'r Context),
    /// Borrowed for one decision.
    Raw(&'r RawContext<'r>),
}

/// What a condition key holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Held<'r> {
    One(&'r str),
    Many(&'r [CompactString]),
}

impl<'r> Held<'r> {
    #[inline]
    fn of(values: &'r Values) -> Self {
        match values {
            Values::One(value) => Self::One(value),
            Values::Many(values) => Self::Many(values),
        }
    }

    /// Whether the values count as none at all: an empty list, or nothing but empty strings.
    pub(crate) fn is_null(self) -> bool {
        self.all(str::is_empty)
    }

    /// Whether every value is so.
    pub(crate) fn all(self, mut is_so: impl FnMut(&str) -> bool) -> bool {
        match self {
            Self::One(value) => is_so(value),
            Self::Many(values) => values.iter().all(|value| is_so(value)),
        }
    }
}

impl Prepared {
    /// Makes a request ready.
    #[must_use]
    pub fn new(request: Request) -> Self {
        let Ready { facts, standing, .. } = Ready::from(Question::from(&request));
        // So that it need not be done for each decision.
        let _ = request.action.folded();
        Self { request, facts, standing }
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    #[inline]
    pub(crate) fn ready(&self) -> Ready<'_> {
        Ready { question: Question::from(&self.request), facts: self.facts, standing: self.standing }
    }
}

impl<'r> From<Question<'r>> for Ready<'r> {
    fn from(question: Question<'r>) -> Self {
        Self { question, facts: Facts::of(&question), standing: Standing::of(&question) }
    }
}

impl<'r> From<&'r Request> for Question<'r> {
    fn from(request: &'r Request) -> Self {
        Self {
            principal: &request.principal,
            action: &request.action,
            resource: &request.resource,
            resource_account: request.resource_account,
            management_account: request.management_account,
            keys: Keys::Kept(&request.context),
        }
    }
}

impl Question<'_> {
    /// The account that owns the resource, as far as anything tells it.
    pub(crate) fn resource_owner(&self) -> Option<AccountId> {
        self.resource_account
            .or_else(|| self.resource.account())
            .or_else(|| Some(self.principal.owner()?.account))
    }
}

impl<'r> From<&'r Context> for Keys<'r> {
    fn from(context: &'r Context) -> Self {
        Self::Kept(context)
    }
}

impl<'r> Keys<'r> {
    /// What a key holds, an empty list included.
    #[inline]
    pub(crate) fn lookup(self, key: &Key) -> Option<Held<'r>> {
        match self {
            Self::Kept(context) => context.lookup(key).map(Held::of),
            Self::Raw(context) => context.lookup(key),
        }
    }

    /// What a key holds that a plan names.
    #[inline]
    pub(crate) fn lookup_wanted(self, key: Wanted<'_>) -> Option<Held<'r>> {
        match (self, key) {
            (Self::Kept(context), Wanted::Global(number)) => context.lookup_global(number).map(Held::of),
            (Self::Raw(context), Wanted::Global(number)) => context.lookup(key::global(number)?),
            (Self::Kept(context), Wanted::Other { hash, name, .. }) => {
                context.lookup_other(hash, name).map(Held::of)
            }
            (Self::Raw(context), Wanted::Other { mark, name, .. }) => context.lookup_named(mark, name),
        }
    }

    /// The one value of a single-valued key.
    pub(crate) fn single(self, key: &Key) -> Option<&'r str> {
        match self.lookup(key)? {
            Held::One(value) => Some(value),
            Held::Many(_) => None,
        }
    }
}
