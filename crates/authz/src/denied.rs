//! Refusals, in AWS's words.

use policy::{Decision, Guard};

use crate::caller::Caller;

/// Leave was refused.
#[derive(Debug, Clone)]
pub struct Denied {
    /// The caller as the sentence names it.
    pub who: String,
    /// The action that was refused.
    pub action: String,
    /// The resource on which it was refused.
    pub resource: String,
    /// The engine's decision.
    pub decision: Decision,
}

impl Denied {
    pub(crate) fn new(caller: Option<&Caller>, action: &str, resource: &str, decision: Decision) -> Self {
        let who = caller.map_or_else(|| "anonymous".to_owned(), |caller| caller.arn().to_string());
        Self { who, action: action.to_owned(), resource: resource.to_owned(), decision }
    }

    /// AWS's sentence (AWS: "Troubleshoot access denied error messages").
    #[must_use]
    pub fn sentence(&self) -> String {
        if let Some(sentence) = self.guard_sentence() {
            return sentence.to_owned();
        }
        let Self { who, action, resource, .. } = self;
        let reason = self.decision.reason_sentence(action);
        let mut sentence =
            format!("User: {who} is not authorized to perform: {action} on resource: {resource}");
        if !reason.is_empty() {
            sentence.push(' ');
            sentence.push_str(reason.trim_start());
        }
        sentence
    }

    /// Whether the credentials as such are of no use for the call, which AWS answers with `InvalidClientTokenId`
    /// (AWS: "GetSessionToken": its credentials call IAM only with MFA, and of STS two operations).
    #[must_use]
    pub fn is_invalid_token(&self) -> bool {
        match self.decision.guard() {
            Some(Guard::SessionToken) => self.action.starts_with("iam:"),
            Some(Guard::FederationToken) => self.action.starts_with("iam:"),
            _ => false,
        }
    }

    fn guard_sentence(&self) -> Option<&'static str> {
        match (self.decision.guard()?, self.action.as_str()) {
            (Guard::RootAssumesRole, _) => Some("Roles may not be assumed by root accounts."),
            (_, "sts:GetSessionToken") => Some("Cannot call GetSessionToken with session credentials"),
            (_, "sts:GetFederationToken") => Some("Cannot call GetFederationToken with session credentials"),
            _ => None,
        }
    }
}
