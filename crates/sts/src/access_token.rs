//! Access tokens of OAuth 2.0, of the two providers from which AWS takes them: Login with Amazon and Facebook. They say
//! nothing themselves; their issuer is asked whose they are (AWS: "AssumeRoleWithWebIdentity", `ProviderId`).

use api::sts::faults;
use authz::FederatedOrigin;
use serde_json::Value as Json;
use service::{Fetch, FetchFailed, Result};
use wire::Fault;

use crate::federated::{Target, not_authorized};
use crate::web_identity::Known;

/// A provider of access tokens.
struct Issuer {
    /// Its name, in requests and trust policies.
    name: &'static str,
    /// Where to ask, the token to be put at the end, and what is told there: the member of the answer, and the condition
    /// key that holds it.
    questions: [(&'static str, &'static str, &'static str); 2],
}

/// First the application, then the user.
const ISSUERS: &[Issuer] = &[
    Issuer {
        name: "www.amazon.com",
        questions: [
            ("https://api.amazon.com/auth/o2/tokeninfo?access_token=", "app_id", "app_id"),
            ("https://api.amazon.com/auth/o2/tokeninfo?access_token=", "user_id", "user_id"),
        ],
    },
    Issuer {
        name: "graph.facebook.com",
        questions: [
            ("https://graph.facebook.com/app?fields=id&access_token=", "id", "app_id"),
            ("https://graph.facebook.com/me?fields=id&access_token=", "id", "id"),
        ],
    },
];

/// Whose a token is.
pub(crate) async fn look_up(
    fetch: &dyn Fetch,
    target: &Target,
    provider: &str,
    token: &str,
) -> Result<Known> {
    let issuer = ISSUERS.iter().find(|issuer| issuer.name == provider).ok_or_else(|| {
        let names: Vec<_> = ISSUERS.iter().map(|issuer| issuer.name).collect();
        Fault::validation(format!(
            "1 validation error detected: Value '{provider}' at 'providerId' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
            names.join(", ")
        ))
    })?;
    if !target.names(provider) {
        return Err(not_authorized("sts:AssumeRoleWithWebIdentity"));
    }
    let mut kept = FederatedOrigin { provider: provider.to_owned(), ..FederatedOrigin::default() };
    let mut told = Vec::new();
    for (place, member, key) in &issuer.questions {
        let answer = ask(fetch, &format!("{place}{}", escaped(token))).await?;
        let value = answer.get(member).and_then(Json::as_str).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| rejected("the answer names nobody"))?;
        kept.texts.push((format!("{provider}:{key}"), value.to_owned()));
        told.push(value.to_owned());
    }
    let mut keys = policy::Context::new();
    for (key, value) in &kept.texts {
        keys.set(key, value.as_str());
    }
    let subject = told.pop().unwrap_or_default();
    let audience = told.pop().unwrap_or_default();
    Ok(Known {
        provider: provider.to_owned(),
        subject,
        audience,
        keys,
        kept,
        tags: (Vec::new(), Vec::new()),
        source_identity: None,
    })
}

async fn ask(fetch: &dyn Fetch, url: &str) -> Result<Json, Fault> {
    let answer = fetch.get(url, &[]).await.map_err(|failed| match failed {
        // The issuer answers 400 for a token that is not, or not any more, one of its own.
        FetchFailed::Unusable(_) => rejected("the provider does not know the token"),
        _ => {
            let message = "The identity provider could not be reached to verify the token. Retry the request; if the error persists, the provider might be down or not responding.";
            // Not the address: it holds the token.
            faults::idp_communication_error(message).with_log("the provider of an access token is out of reach")
        }
    })?;
    serde_json::from_slice(&answer).map_err(|_| rejected("the answer is not JSON"))
}

fn rejected(cause: &str) -> Fault {
    faults::idp_rejected_claim("The identity provider rejected the access token.").with_log(cause)
}

fn escaped(token: &str) -> String {
    use std::fmt::Write as _;
    token.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string never fails.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
