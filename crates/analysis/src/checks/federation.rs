//! The identity providers that a trust policy names, told apart.

use super::prelude::*;

/// What kind of provider a `Federated` principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider<'d> {
    /// A SAML provider's ARN.
    Saml,
    /// An OpenID Connect provider: its host and path.
    OpenId(&'d str),
    /// Neither.
    Neither,
}

/// Tells what a `Federated` principal is.
pub(super) fn provider(text: &str) -> Provider<'_> {
    let mut parts = text.splitn(6, ':');
    if parts.next() == Some("arn") {
        let is_iam = parts.nth(1) == Some("iam");
        let account = parts.nth(1).unwrap_or_default();
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        return match parts.next().filter(|_| is_iam && is_account).and_then(|rest| rest.split_once('/')) {
            Some(("saml-provider", name)) if !name.is_empty() => Provider::Saml,
            Some(("oidc-provider", url)) if is_domain(url.split('/').next().unwrap_or_default()) => {
                Provider::OpenId(url)
            }
            _ => Provider::Neither,
        };
    }
    if is_domain(text) { Provider::OpenId(text) } else { Provider::Neither }
}

/// Whether a principal is GitHub's provider of tokens.
pub(super) fn is_github(entry: PrincipalEntry<'_>) -> bool {
    entry.kind == "Federated" && matches!(provider(entry.text), Provider::OpenId(GITHUB))
}

/// GitHub's provider.
pub(super) const GITHUB: &str = "token.actions.githubusercontent.com";

fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.contains('.') && text.split('.').all(is_label)
}
