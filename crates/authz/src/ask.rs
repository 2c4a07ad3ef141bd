//! What a handler asks leave for.

use std::borrow::Cow;

use policy::{Context, Named, Values};
use types::{Arn, Owner};

/// One (action, resource) for which leave is asked, with the condition keys that only the operation knows.
/// An API call may need several.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The action, `iam:CreateUser`.
    pub action: Cow<'static, str>,
    /// The resource's ARN, or `*`.
    pub resource: String,
    /// The account that owns the resource; the caller's own where it is `None`.
    pub resource_owner: Option<Owner>,
    /// The keys of the operation: `iam:PolicyARN`, `aws:RequestTag/…`, `aws:ResourceTag/…`.
    pub keys: Context,
    /// The resource's own policy, where it has one.
    pub resource_policy: Option<Named>,
}

impl Ask {
    /// Asks for an action on a resource of the caller's account.
    #[must_use]
    pub fn new(action: impl Into<Cow<'static, str>>, resource: &Arn) -> Self {
        Self::on(action, resource.as_str().to_owned())
    }

    /// Asks for an action that takes no resource.
    #[must_use]
    pub fn on_all(action: impl Into<Cow<'static, str>>) -> Self {
        Self::on(action, "*".to_owned())
    }

    fn on(action: impl Into<Cow<'static, str>>, resource: String) -> Self {
        Self {
            action: action.into(),
            resource,
            resource_owner: None,
            keys: Context::new(),
            resource_policy: None,
        }
    }

    /// The same with a condition key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Values>) -> Self {
        self.keys.set(key, value);
        self
    }

    /// The same with the tags of the resource, `aws:ResourceTag/KEY` and the service's own `iam:ResourceTag/KEY`.
    #[must_use]
    pub fn with_resource_tags(mut self, tags: &types::TagSet) -> Self {
        for tag in tags {
            self.keys.set(&format!("aws:ResourceTag/{}", tag.key), tag.value.as_str());
            self.keys.set(&format!("iam:ResourceTag/{}", tag.key), tag.value.as_str());
        }
        self
    }

    /// The same with the tags that the request sets: `aws:RequestTag/KEY` and `aws:TagKeys`.
    #[must_use]
    pub fn with_request_tags(mut self, tags: &types::TagSet) -> Self {
        if tags.is_empty() {
            return self;
        }
        for tag in tags {
            self.keys.set(&format!("aws:RequestTag/{}", tag.key), tag.value.as_str());
        }
        self.keys.set_list("aws:TagKeys", tags.iter().map(|tag| tag.key.as_str()));
        self
    }

    /// The same with the tag keys that the request removes: `aws:TagKeys`.
    #[must_use]
    pub fn with_tag_keys<'k>(mut self, keys: impl IntoIterator<Item = &'k str>) -> Self {
        self.keys.set_list("aws:TagKeys", keys);
        self
    }

    /// The same for a resource of this account and with the resource's own policy.
    #[must_use]
    pub fn guarded_by(mut self, owner: Owner, policy: Named) -> Self {
        self.resource_owner = Some(owner);
        self.resource_policy = Some(policy);
        self
    }

    /// The same for a resource of this account.
    #[must_use]
    pub fn owned_by(mut self, owner: Owner) -> Self {
        self.resource_owner = Some(owner);
        self
    }
}
