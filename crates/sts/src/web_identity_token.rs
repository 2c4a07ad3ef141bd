//! GetWebIdentityToken: a token by which others may know who calls (AWS: "Understanding token claims").

use std::sync::Arc;

use api::sts::faults;
use api::sts::types::{GetWebIdentityTokenInput, GetWebIdentityTokenOutput};
use authz::{Ask, Caller, Identity};
use directory::{AccountKey, SigningAlgorithm, WebIdentityIssuer};
use issuer::{NewKey, SigningKey};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json, json};
use service::{Context, Error, Result, Route, routes};
use types::TagSet;
use wire::Fault;

use crate::{Sts, session_tags};

pub(crate) const ROUTES: &[Route<Sts>] = routes![Sts;
    GetWebIdentityToken => get_web_identity_token,
];

impl Sts {
    pub(crate) async fn get_web_identity_token(
        &self,
        cx: &Context<'_>,
        input: GetWebIdentityTokenInput,
    ) -> Result<GetWebIdentityTokenOutput> {
        let algorithm = SigningAlgorithm::named(&input.signing_algorithm)
            .ok_or_else(|| unknown_algorithm(&input.signing_algorithm))?;
        let seconds = input.duration_seconds.unwrap_or(DEFAULT_SECONDS);
        let tags = session_tags::parse(input.tags.as_deref(), None, None)?.passed;
        let ask = |action: &'static str| Ask::on_all(action).with_request_tags(&tags);
        let mut ask_token = ask("sts:GetWebIdentityToken")
            .with("sts:DurationSeconds", seconds.to_string())
            .with("sts:SigningAlgorithm", algorithm.name());
        ask_token.keys.set_list("sts:IdentityTokenAudience", input.audience.iter().map(String::as_str));
        let mut asks = vec![ask_token];
        if !tags.is_empty() {
            asks.push(ask("sts:TagGetWebIdentityToken"));
        }
        let permit = cx.authorize_all(&asks).await?;

        let caller = cx.caller()?;
        let mut issuer = enabled_issuer(cx).await?;
        let issued = Timestamp::from_second(cx.now().as_second()).map_err(Error::internal)?;
        let expiration =
            issued.checked_add(SignedDuration::from_secs(i64::from(seconds))).map_err(Error::internal)?;
        if caller.session().is_some_and(|session| session.expires < expiration) {
            let message = "The requested token duration exceeds the remaining lifetime of the session.";
            return Err(faults::session_duration_escalation(message).into());
        }
        let claims = json!({
            "iss": issuer.url(cx.public_url()),
            "aud": audience(&input.audience),
            "sub": caller.principal_arn(),
            "iat": issued.as_second(),
            "exp": expiration.as_second(),
            "jti": cx.ids().uuid()?,
            "https://sts.amazonaws.com/": about(cx, caller, &tags),
        });
        if claims.to_string().len() > MOST_BYTES {
            let message = "The requested token payload size exceeds the maximum allowed size.";
            return Err(faults::jwt_payload_size_exceeded(message).into());
        }
        let answer = |token| GetWebIdentityTokenOutput {
            web_identity_token: Some(token),
            expiration: Some(expiration),
        };
        if !issuer.needs_key(algorithm, cx.now()) {
            let key = signing_key(cx, &issuer, algorithm).await?;
            return Ok(answer(issuer::sign(&key, &claims).map_err(Error::internal)?));
        }
        // The first token that is asked for after its time brings the next key.
        let mut write = cx.write(&permit)?;
        let renewed = Arc::make_mut(&mut issuer);
        let made = tokio::task::spawn_blocking(move || NewKey::generate(algorithm)).await;
        let made = made.map_err(Error::internal)?.map_err(Error::internal)?;
        let key = signing_key(cx, renewed, algorithm).await?;
        made.join(renewed, &mut write, cx.ids().uuid()?, cx.now(), cx.authorizer().keyring())
            .map_err(Error::internal)?;
        write.put(renewed.clone()).await?;
        write.commit(answer(issuer::sign(&key, &claims).map_err(Error::internal)?)).await
    }
}

async fn enabled_issuer(cx: &Context<'_>) -> Result<Arc<WebIdentityIssuer>> {
    let issuer = cx.read().get::<WebIdentityIssuer>(&AccountKey(cx.owner()?)).await?;
    let message = "Outbound web identity federation is not enabled for this account.";
    let disabled = || faults::outbound_web_identity_federation_disabled(message);
    Ok(issuer.filter(|issuer| issuer.is_enabled).ok_or_else(disabled)?)
}

async fn signing_key(
    cx: &Context<'_>,
    issuer: &WebIdentityIssuer,
    algorithm: SigningAlgorithm,
) -> Result<SigningKey> {
    let missing = || Error::internal("the issuer has no such key");
    let key = issuer.signing_key(algorithm, cx.now()).ok_or_else(missing)?;
    let sealed = cx.read().secret(WebIdentityIssuer::SECRET, &issuer.secret_key(&key.id)).await?;
    let sealed = sealed.ok_or_else(missing)?;
    SigningKey::open(issuer, key, &sealed, cx.authorizer().keyring()).map_err(Error::internal)
}

/// One audience stands alone, several as a list (RFC 7519, "aud").
fn audience(audiences: &[String]) -> Json {
    match audiences {
        [one] => json!(one),
        several => json!(several),
    }
}

/// What AWS says of the caller in claims of its own.
fn about(cx: &Context<'_>, caller: &Caller, request_tags: &TagSet) -> Json {
    let mut about = Map::new();
    about.insert("aws_account".into(), json!(caller.owner.account));
    if let Some(region) = &cx.call().origin.region {
        about.insert("source_region".into(), json!(region.as_str()));
    }
    about.insert("principal_id".into(), json!(caller.principal_arn()));
    let tags = principal_tags(caller);
    if !tags.is_empty() {
        about.insert("principal_tags".into(), by_key(&tags));
    }
    if let Some(session) = caller.session() {
        about.insert("original_session_exp".into(), json!(session.expires.to_string()));
        if let Some(origin) = &session.federation {
            about.insert("federated_provider".into(), json!(origin.provider));
        }
        if let Some(source) = &session.source_identity {
            about.insert("source_identity".into(), json!(source));
        }
    }
    if !request_tags.is_empty() {
        about.insert("request_tags".into(), by_key(request_tags));
    }
    Json::Object(about)
}

/// The tags under `aws:PrincipalTag`: a session's override those of the user or role.
fn principal_tags(caller: &Caller) -> TagSet {
    let mut tags = match &caller.identity {
        Identity::User(user) => user.tags.clone(),
        Identity::Role { role, .. } => role.tags.clone(),
        Identity::Federated { issuer: Some(user), .. } => user.tags.clone(),
        Identity::Root | Identity::Federated { issuer: None, .. } => TagSet::default(),
    };
    for tag in caller.session().map(|session| &session.tags).into_iter().flatten() {
        tags.set(tag.clone());
    }
    tags
}

fn by_key(tags: &TagSet) -> Json {
    tags.iter()
        .map(|tag| (tag.key.as_str().to_owned(), json!(tag.value.as_str())))
        .collect::<Map<_, _>>()
        .into()
}

fn unknown_algorithm(name: &str) -> Fault {
    let names = SigningAlgorithm::ALL.map(SigningAlgorithm::name).join(", ");
    Fault::validation(format!(
        "1 validation error detected: Value '{name}' at 'signingAlgorithm' failed to satisfy constraint: Member must \
         satisfy enum value set: [{names}]"
    ))
}

/// How long a token lasts where the call does not say (AWS: "GetWebIdentityToken").
const DEFAULT_SECONDS: i32 = 300;
/// The most bytes of claims: a token must fit into a request's headers. AWS has a limit but does not tell it.
const MOST_BYTES: usize = 8192;
