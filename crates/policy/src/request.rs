//! What is asked.

use types::AccountId;

use crate::{Action, Context, Principal, Question, Resource};

/// One (action, resource) that somebody asks for. An API call may need several.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub principal: Principal,
    /// What they ask to do.
    pub action: Action,
    /// The ARN of the resource, or `*` for an action that has none.
    pub resource: Resource,
    /// The account that owns the resource. S3 ARNs do not tell it. Where it is `None`, it is
    /// the account in the ARN or else the principal's own.
    pub resource_account: Option<AccountId>,
    /// The management account of the organization, where there is one: neither its principals
    /// nor its resources are bound by control policies.
    pub management_account: Option<AccountId>,
    /// The condition keys. The engine adds none: see [`crate::implied`].
    pub context: Context,
}

impl Request {
    /// A request without condition keys for a resource whose ARN tells the owner.
    #[must_use]
    pub fn new(principal: Principal, action: Action, resource: &str) -> Self {
        Self {
            principal,
            action,
            resource: resource.into(),
            resource_account: None,
            management_account: None,
            context: Context::new(),
        }
    }

    /// The same with these condition keys.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// The same for a resource of this account.
    #[must_use]
    pub fn with_resource_account(mut self, account: AccountId) -> Self {
        self.resource_account = Some(account);
        self
    }

    /// The same in an organization with this management account.
    #[must_use]
    pub fn with_management_account(mut self, account: AccountId) -> Self {
        self.management_account = Some(account);
        self
    }

    /// The account that owns the resource, as far as anything tells it.
    #[must_use]
    pub fn resource_owner(&self) -> Option<AccountId> {
        Question::from(self).resource_owner()
    }
}
