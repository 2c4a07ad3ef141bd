//! AssumeRoleWithWebIdentity.

use std::sync::Arc;

use api::sts::faults;
use api::sts::types::{AssumeRoleWithWebIdentityInput, AssumeRoleWithWebIdentityOutput};
use authz::FederatedOrigin;
use directory::{OpenIdConnectProvider, ProviderKey};
use federation::jwt::{Token, TokenRefused};
use federation::oidc::{ClaimsRefused, WebIdentity};
use jiff::Timestamp;
use service::{Context, Result, Route, Vouched, routes};
use types::{Owner, RoleSessionName, SourceIdentity};
use wire::Fault;

use crate::federated::{Limits, Stranger, Target, not_authorized};
use crate::issuer_keys::KeysMissing;
use crate::{Sts, access_token, credentials};

pub(crate) const ROUTES: &[Route<Sts>] = routes![Sts;
    AssumeRoleWithWebIdentity => assume_role_with_web_identity,
];

/// Who issued a token, as far as the account knows it.
enum Provider {
    /// A provider of the account.
    Registered(Arc<OpenIdConnectProvider>),
    /// One that every account has: its name in trust policies.
    BuiltIn(&'static str),
}

impl Sts {
    /// The caller has no credentials: the token is the proof, the role's trust policy the permission.
    pub(crate) async fn assume_role_with_web_identity(
        &self,
        cx: &Context<'_>,
        input: AssumeRoleWithWebIdentityInput,
    ) -> Result<AssumeRoleWithWebIdentityOutput> {
        let session_name = RoleSessionName::parse(&input.role_session_name)?;
        let target = Target::at(cx, &input.role_arn).await?;
        let limits = Limits {
            policy: input.policy,
            policy_arns: input.policy_arns,
            duration_seconds: input.duration_seconds,
            least_token_size: input.minimum_session_token_size,
            usual_seconds: None,
        };
        let known = match &input.provider_id {
            Some(id) => access_token::look_up(self.fetch(), &target, id, &input.web_identity_token).await?,
            None => self.verified(cx, &target, &input.web_identity_token).await?,
        };
        cx.identify(Vouched {
            kind: "WebIdentityUser",
            principal_id: format!("{}:{}:{}", known.provider, known.audience, known.subject),
            user_name: known.subject.clone(),
            provider: known.provider.clone(),
            account: target.owner,
        });
        let stranger = Stranger {
            action: ACTION,
            provider: known.provider.clone(),
            keys: known.keys,
            kept: known.kept,
            session_name,
            tags: known.tags,
            source_identity: known.source_identity.clone(),
            ends: None,
        };
        let granted = target.grant(cx, stranger, limits, async || Ok(())).await?;
        Ok(AssumeRoleWithWebIdentityOutput {
            session_token_utilization: credentials::token_utilization(&granted.credentials),
            session_token_size: credentials::token_size(&granted.credentials),
            credentials: Some(granted.credentials),
            subject_from_web_identity_token: Some(known.subject),
            assumed_role_user: Some(granted.user),
            packed_policy_size: granted.packed_policy_size,
            provider: Some(known.provider),
            audience: Some(known.audience),
            source_identity: known.source_identity.map(|source| source.to_string()),
        })
    }

    /// Whom an ID token speaks of, once its issuer's keys have verified it.
    async fn verified(&self, cx: &Context<'_>, target: &Target, text: &str) -> Result<Known> {
        let token = Token::parse(text).map_err(malformed)?;
        // What would be refused anyway is refused before anybody is asked for keys.
        let claimed = read(token.unverified_claims(), cx.now())?;
        let provider = Provider::of(cx, target.owner, &claimed.issuer).await?;
        let audience = |identity: &WebIdentity| {
            let audience = identity.audience(|audience| provider.expects(audience)).map(str::to_owned);
            audience.ok_or_else(|| faults::invalid_identity_token("Incorrect token audience"))
        };
        audience(&claimed)?;
        let name = provider.name();
        if !target.names(&name) {
            return Err(not_authorized(ACTION));
        }
        let (issuer, thumbprints) = (provider.issuer(), provider.thumbprints());
        let keys = self.issuer_keys().of(&issuer, thumbprints, token.key_id(), cx.now()).await;
        let keys = keys.map_err(keys_missing)?;
        let claims = token.verify(&keys).map_err(|refused| match refused {
            TokenRefused::UnknownKey => no_key("no key fits"),
            refused => {
                faults::invalid_identity_token("Provided Token signature is invalid").with_log(refused)
            }
        })?;
        let identity = read(&claims, cx.now())?;
        let audience = audience(&identity)?;
        Known::of(&provider, identity, audience)
    }
}

/// Somebody whom a provider vouches for.
pub(crate) struct Known {
    /// The provider, as trust policies name it.
    pub(crate) provider: String,
    /// Who it is with the provider.
    pub(crate) subject: String,
    /// For which application.
    pub(crate) audience: String,
    /// The condition keys of the decision.
    pub(crate) keys: policy::Context,
    /// What the session keeps of them.
    pub(crate) kept: FederatedOrigin,
    /// Session tags, and the keys of those that are transitive.
    pub(crate) tags: (Vec<(String, String)>, Vec<String>),
    /// The source identity.
    pub(crate) source_identity: Option<SourceIdentity>,
}

impl Known {
    /// The condition keys (AWS: "IAM and AWS STS condition context keys", keys for OIDC federation): `aud` is the
    /// audience that counts, `oaud` the token's own; `aud`, `sub` and `amr` stay with the session.
    fn of(provider: &Provider, identity: WebIdentity, audience: String) -> Result<Self> {
        let prefix = provider.prefix();
        let mut keys = policy::Context::new();
        for (name, value) in &identity.others {
            let key = format!("{prefix}:{name}");
            // AWS's list of the claims of well-known issuers, and `email` for all.
            if name == "email" || catalog::condition_key(&key).is_some() {
                keys.set(&key, value.as_str());
            }
        }
        let mut kept = FederatedOrigin { provider: provider.name(), ..FederatedOrigin::default() };
        kept.texts.push((format!("{prefix}:aud"), audience.clone()));
        kept.texts.push((format!("{prefix}:sub"), identity.subject.clone()));
        if !identity.methods.is_empty() {
            kept.lists.push((format!("{prefix}:amr"), identity.methods));
        }
        for (key, value) in &kept.texts {
            keys.set(key, value.as_str());
        }
        for (key, values) in &kept.lists {
            keys.set_list(key, values.iter().map(String::as_str));
        }
        match identity.audiences.as_slice() {
            [one] => keys.set(&format!("{prefix}:oaud"), one.as_str()),
            several => keys.set_list(&format!("{prefix}:oaud"), several.iter().map(String::as_str)),
        }
        let source = identity.source_identity.as_deref().map(source_identity).transpose()?;
        Ok(Self {
            provider: provider.name(),
            subject: identity.subject,
            audience,
            keys,
            kept,
            tags: (identity.tags, identity.transitive),
            source_identity: source,
        })
    }
}

impl Provider {
    /// The provider with this issuer: one of the account's, or a built-in one.
    async fn of(cx: &Context<'_>, owner: Owner, issuer: &str) -> Result<Self> {
        let unknown = || {
            faults::invalid_identity_token(format!(
                "No OpenIDConnect provider found in your account for {issuer}"
            ))
        };
        let url = issuer.strip_prefix("https://");
        if let Some(url) = url
            && let Some(found) = cx.read().get::<OpenIdConnectProvider>(&ProviderKey::new(owner, url)).await?
        {
            return Ok(Self::Registered(found));
        }
        // Google leaves the scheme out in some of its tokens.
        let name = url.unwrap_or(issuer);
        let built_in = BUILT_IN.iter().find(|built_in| **built_in == name);
        Ok(Self::BuiltIn(built_in.ok_or_else(unknown)?))
    }

    /// As trust policies name it.
    fn name(&self) -> String {
        match self {
            Self::Registered(provider) => provider.arn().to_string(),
            Self::BuiltIn(name) => (*name).to_owned(),
        }
    }

    /// What its condition keys begin with.
    fn prefix(&self) -> &str {
        match self {
            Self::Registered(provider) => &provider.url,
            Self::BuiltIn(name) => name,
        }
    }

    fn issuer(&self) -> String {
        format!("https://{}", self.prefix())
    }

    fn thumbprints(&self) -> &[String] {
        match self {
            Self::Registered(provider) => &provider.thumbprints,
            Self::BuiltIn(_) => &[],
        }
    }

    /// Whether tokens for an audience count. Of a built-in provider they all do: the trust policy must choose.
    fn expects(&self, audience: &str) -> bool {
        match self {
            Self::Registered(provider) => provider.client_ids.iter().any(|id| id == audience),
            Self::BuiltIn(_) => true,
        }
    }
}

pub(crate) fn source_identity(text: &str) -> Result<SourceIdentity, Fault> {
    let message = "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\"";
    SourceIdentity::parse(text).map_err(|_| faults::invalid_identity_token(message))
}

fn malformed(refused: TokenRefused) -> Fault {
    let message =
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";
    faults::invalid_identity_token(message).with_log(refused)
}

fn read(claims: &serde_json::Map<String, serde_json::Value>, now: Timestamp) -> Result<WebIdentity, Fault> {
    WebIdentity::read(claims, now).map_err(|refused| match refused {
        // AWS's own spacing.
        ClaimsRefused::Expired(at) => faults::expired_token(format!(
            "Token expired: current date/time {} must be before the expiration date/time{}",
            now.as_second(),
            at.as_second()
        )),
        ClaimsRefused::Missing(name) => {
            faults::invalid_identity_token(format!("Missing a required claim: {name}"))
        }
        ClaimsRefused::Invalid(name) => faults::invalid_identity_token(format!("Invalid claim: {name}")),
        ClaimsRefused::NotYet => faults::invalid_identity_token("The token is not yet valid"),
    })
}

/// AWS's sentence, with its two spaces; the cause goes to the log.
fn no_key(cause: impl std::fmt::Display) -> Fault {
    let message = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements";
    faults::invalid_identity_token(message).with_log(cause)
}

fn keys_missing(missing: KeysMissing) -> Fault {
    match missing {
        KeysMissing::Unreachable(cause) => {
            let message = "The identity provider could not be reached to verify the token. Retry the request; if the error persists, the provider might be down or not responding.";
            faults::idp_communication_error(message).with_log(cause)
        }
        KeysMissing::Untrusted(cause) => {
            let message = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint";
            faults::invalid_identity_token(message).with_log(cause)
        }
        KeysMissing::Unusable(cause) => no_key(cause),
    }
}

const ACTION: &str = "sts:AssumeRoleWithWebIdentity";
/// The issuers of ID tokens that every account has (AWS: "OIDC federation"). Their keys are fetched for roles that trust
/// them by name, for no others.
const BUILT_IN: &[&str] = &["accounts.google.com", "cognito-identity.amazonaws.com"];
