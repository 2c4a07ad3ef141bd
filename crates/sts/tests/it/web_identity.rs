//! AssumeRoleWithWebIdentity: providers, claims, trust, tags, and what the session remembers.

use serde_json::json;
use service::testing::World;

use crate::identity_provider::{Issuer, NOW, Web, call, refused, role, world};
use crate::support::holder;

const OPERATION: &str = "AssumeRoleWithWebIdentity";
const URL: &str = "https://idp.example/tenant";
const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/idp.example/tenant";
const ASSUME: &str = r#""sts:AssumeRoleWithWebIdentity""#;

/// A world with a registered provider and a role that trusts it.
async fn trusted(actions: &str, condition: &str) -> (World, std::sync::Arc<Web>, Issuer, String) {
    let (world, web) = world().await;
    let issuer = Issuer::new(&web, URL);
    let parameters = [("Url", URL), ("ClientIDList.member.1", "app"), ("ClientIDList.member.2", "mobile")];
    world.ok(&world.root, "CreateOpenIDConnectProvider", &parameters).await;
    let role = role(&world, "deploy", PROVIDER, actions, condition).await;
    (world, web, issuer, role)
}

fn asks<'a>(role: &'a str, token: &'a str) -> [(&'a str, &'a str); 3] {
    [("RoleArn", role), ("RoleSessionName", "ci"), ("WebIdentityToken", token)]
}

fn invalid(message: &str) -> (String, String) {
    ("InvalidIdentityToken".into(), message.into())
}

fn denied(action: &str) -> (String, String) {
    ("AccessDenied".into(), format!("Not authorized to perform {action}"))
}

#[tokio::test]
async fn a_token_of_a_trusted_provider_is_a_role() {
    let (world, web, issuer, role) = trusted(ASSUME, "").await;
    let answer = call(&world, OPERATION, &asks(&role, &issuer.token(&json!({})))).await;
    assert_eq!(answer.get("SubjectFromWebIdentityToken"), "alice");
    assert_eq!((answer.get("Audience"), answer.get("Provider")), ("app", PROVIDER));
    assert_eq!(answer.get("Arn"), "arn:aws:sts::123456789012:assumed-role/deploy/ci");
    assert!(answer.get("AccessKeyId").starts_with("ASIA"));
    assert_eq!(answer.get("Expiration"), "2026-01-01T01:00:00Z");
    assert!(!answer.has("PackedPolicySize") && !answer.has("SourceIdentity"));
    let who = world.ok(&holder(&answer), "GetCallerIdentity", &[]).await;
    assert_eq!(who.get("Arn"), answer.get("Arn"));
    assert_eq!(web.asked(), 2, "discovery and keys");
    call(&world, OPERATION, &asks(&role, &issuer.token(&json!({"sub": "bob"})))).await;
    assert_eq!(web.asked(), 2, "the keys are kept");

    let events = world.events();
    let event = events.iter().find(|event| event["eventName"] == OPERATION).unwrap();
    let identity = &event["userIdentity"];
    assert_eq!(identity["type"], "WebIdentityUser");
    assert_eq!(identity["principalId"], format!("{PROVIDER}:app:alice"));
    assert_eq!((&identity["userName"], &identity["identityProvider"]), (&json!("alice"), &json!(PROVIDER)));
    assert_eq!(event["recipientAccountId"], "123456789012");
    assert_eq!(event["responseElements"]["credentials"]["accessKeyId"], answer.get("AccessKeyId"));
    assert!(!event.to_string().contains("eyJ"), "the token is not in the event");
}

#[tokio::test]
async fn tokens_that_are_not_to_be_believed_are_refused() {
    let (world, web, issuer, role) = trusted(ASSUME, "").await;
    let stranger = Issuer::new(&Web::default(), URL);
    let good = issuer.token(&json!({}));
    for (token, refusal) in [
        (
            "not a token".into(),
            invalid(
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
            ),
        ),
        (good.rsplit_once('.').unwrap().0.to_owned() + ".", invalid("Provided Token signature is invalid")),
        (stranger.token(&json!({})), invalid("Provided Token signature is invalid")),
        (issuer.token(&json!({"aud": "other"})), invalid("Incorrect token audience")),
        (issuer.token(&json!({"azp": "other"})), invalid("Incorrect token audience")),
        (issuer.token(&json!({"sub": null})), invalid("Missing a required claim: sub")),
        (issuer.token(&json!({"nbf": NOW + 301})), invalid("The token is not yet valid")),
        (
            issuer.token(&json!({"iss": "https://other.example"})),
            invalid("No OpenIDConnect provider found in your account for https://other.example"),
        ),
        (
            issuer.token(&json!({"iss": "https://idp.example/tenant/"})),
            invalid("No OpenIDConnect provider found in your account for https://idp.example/tenant/"),
        ),
    ] {
        assert_eq!(refused(&world, OPERATION, &asks(&role, &token)).await, refusal);
    }
    let events = world.events();
    let refusals: Vec<_> =
        events.iter().filter(|event| event["errorCode"] == "InvalidIdentityToken").collect();
    assert_eq!(refusals.len(), 9, "each is told");
    for event in refusals {
        // Nobody has vouched for anybody.
        assert_eq!(event["userIdentity"]["type"], "Unknown", "{event}");
        assert_eq!(event["eventName"], OPERATION);
    }
    world.advance(600);
    let message =
        format!("Token expired: current date/time {0} must be before the expiration date/time{0}", NOW + 600);
    assert_eq!(
        refused(&world, OPERATION, &asks(&role, &good)).await,
        ("ExpiredTokenException".into(), message)
    );
    assert_eq!(web.asked(), 2, "only the two with a signature to check");
}

#[tokio::test]
async fn whom_the_role_does_not_trust_it_does_not_let_in_nor_ask_about() {
    let (world, web, issuer, _) = trusted(ASSUME, "").await;
    let token = issuer.token(&json!({}));
    let other =
        role(&world, "other", "arn:aws:iam::123456789012:oidc-provider/else.example", ASSUME, "").await;
    for role in [other.as_str(), "arn:aws:iam::123456789012:role/absent"] {
        assert_eq!(
            refused(&world, OPERATION, &asks(role, &token)).await,
            denied("sts:AssumeRoleWithWebIdentity")
        );
    }
    // The provider is another account's.
    world.account("444455556666").await;
    let (code, message) =
        refused(&world, OPERATION, &asks("arn:aws:iam::444455556666:role/deploy", &token)).await;
    assert_eq!(
        (code, message),
        invalid(&format!("No OpenIDConnect provider found in your account for {URL}"))
    );
    assert_eq!(web.asked(), 0);
    // Trust in the action, not only in the provider.
    let saml = role(&world, "saml", PROVIDER, r#""sts:AssumeRoleWithSAML""#, "").await;
    assert_eq!(
        refused(&world, OPERATION, &asks(&saml, &token)).await,
        denied("sts:AssumeRoleWithWebIdentity")
    );
}

#[tokio::test]
async fn the_claims_are_condition_keys_of_the_provider() {
    for (condition, claims, is_let_in) in [
        (r#"{"StringEquals":{"idp.example/tenant:sub":"alice"}}"#, json!({}), true),
        (r#"{"StringEquals":{"idp.example/tenant:sub":"bob"}}"#, json!({}), false),
        (r#"{"StringEquals":{"IDP.example/tenant:AUD":"app"}}"#, json!({}), true),
        (
            r#"{"StringEquals":{"idp.example/tenant:aud":"mobile","idp.example/tenant:oaud":"app"}}"#,
            json!({"azp": "mobile"}),
            true,
        ),
        (r#"{"StringEquals":{"idp.example/tenant:aud":"app"}}"#, json!({"azp": "mobile"}), false),
        (
            r#"{"ForAnyValue:StringEquals":{"idp.example/tenant:amr":"mfa"}}"#,
            json!({"amr": ["pwd", "mfa"]}),
            true,
        ),
        (r#"{"ForAnyValue:StringEquals":{"idp.example/tenant:amr":"mfa"}}"#, json!({"amr": ["pwd"]}), false),
        (
            r#"{"StringEquals":{"idp.example/tenant:email":"a@b.example"}}"#,
            json!({"email": "a@b.example"}),
            true,
        ),
        // A claim that AWS does not know of this issuer is no key.
        (r#"{"StringEquals":{"idp.example/tenant:group":"x"}}"#, json!({"group": "x"}), false),
        (r#"{"StringEquals":{"other.example:sub":"alice"}}"#, json!({}), false),
        (r#"{"StringEquals":{"sts:RoleSessionName":"ci"}}"#, json!({}), true),
        (r#"{"StringEquals":{"sts:RoleSessionName":"x"}}"#, json!({}), false),
        (r#"{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#, json!({}), true),
        (r#"{"Null":{"aws:PrincipalArn":"false"}}"#, json!({}), false),
    ] {
        let (world, _, issuer, role) = trusted(ASSUME, condition).await;
        let token = issuer.token(&claims);
        let outcome = world.unsigned(OPERATION, &asks(&role, &token)).await;
        assert_eq!(outcome.is_ok(), is_let_in, "{condition} {claims}: {outcome:?}");
    }
}

#[tokio::test]
async fn well_known_issuers_have_more_keys_and_need_a_condition() {
    let (world, web) = world().await;
    let url = "https://token.actions.githubusercontent.com";
    let issuer = Issuer::new(&web, url);
    let parameters = [("Url", url), ("ClientIDList.member.1", "sts.amazonaws.com")];
    world.ok(&world.root, "CreateOpenIDConnectProvider", &parameters).await;
    let provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},"Action":{ASSUME}}}]}}"#
    );
    let parameters = [("RoleName", "open"), ("AssumeRolePolicyDocument", trust.as_str())];
    let (code, message) = world.refused(&world.root, "CreateRole", &parameters).await;
    assert_eq!(code, "MalformedPolicyDocument");
    assert!(message.contains("token.actions.githubusercontent.com:sub"), "{message}");

    let condition = r#"{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:o/r:*"},"StringEquals":{"token.actions.githubusercontent.com:repository":"o/r"}}"#;
    let role = role(&world, "deploy", provider, ASSUME, condition).await;
    let claims = |repository: &str| json!({"aud": "sts.amazonaws.com", "sub": "repo:o/r:ref:refs/heads/main", "repository": repository});
    call(&world, OPERATION, &asks(&role, &issuer.token(&claims("o/r")))).await;
    let other = issuer.token(&claims("o/other"));
    assert_eq!(
        refused(&world, OPERATION, &asks(&role, &other)).await,
        denied("sts:AssumeRoleWithWebIdentity")
    );
}

#[tokio::test]
async fn session_tags_and_source_identity_come_from_claims_and_need_leave() {
    let claims = json!({
        "https://aws.amazon.com/tags": {"principal_tags": {"Team": ["blue"]}, "transitive_tag_keys": ["Team"]},
        "https://aws.amazon.com/source_identity": "alice",
    });
    let all = r#"["sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"]"#;
    for (actions, missing) in [
        (ASSUME, Some("sts:TagSession")),
        (r#"["sts:AssumeRoleWithWebIdentity","sts:TagSession"]"#, Some("sts:SetSourceIdentity")),
        (all, None),
    ] {
        let (world, _, issuer, role) = trusted(actions, "").await;
        let token = issuer.token(&claims);
        let Some(missing) = missing else {
            let answer = call(&world, OPERATION, &asks(&role, &token)).await;
            assert_eq!(answer.get("SourceIdentity"), "alice");
            assert!(answer.has("PackedPolicySize"));
            continue;
        };
        assert_eq!(refused(&world, OPERATION, &asks(&role, &token)).await, denied(missing));
    }
    let (world, _, issuer, role) = trusted(all, "").await;
    let token = issuer.token(&json!({"https://aws.amazon.com/source_identity": "not allowed!"}));
    let (code, message) = refused(&world, OPERATION, &asks(&role, &token)).await;
    assert_eq!(
        (code.as_str(), message.starts_with("Source Identity must match")),
        ("InvalidIdentityToken", true)
    );
    let token = issuer.token(&json!({"https://aws.amazon.com/tags": {"principal_tags": {"aws:x": ["1"]}}}));
    assert_eq!(refused(&world, OPERATION, &asks(&role, &token)).await.0, "InvalidParameterValue");
}

#[tokio::test]
async fn the_session_remembers_who_vouched_for_whom() {
    let actions = r#"["sts:AssumeRoleWithWebIdentity","sts:TagSession"]"#;
    for (condition, is_let) in [
        (format!(r#"{{"ArnEquals":{{"aws:FederatedProvider":"{PROVIDER}"}}}}"#), true),
        (r#"{"StringEquals":{"aws:FederatedProvider":"accounts.google.com"}}"#.into(), false),
        (
            r#"{"StringEquals":{"idp.example/tenant:sub":"alice","idp.example/tenant:aud":"app"}}"#.into(),
            true,
        ),
        (r#"{"ForAnyValue:StringEquals":{"idp.example/tenant:amr":"pwd"}}"#.into(), true),
        // These keys are for the trust policy alone.
        (r#"{"StringEquals":{"idp.example/tenant:oaud":"app"}}"#.into(), false),
        (r#"{"StringEquals":{"idp.example/tenant:email":"a@b.example"}}"#.into(), false),
        (r#"{"StringEquals":{"aws:PrincipalTag/Team":"blue"}}"#.into(), true),
        (r#"{"Null":{"aws:MultiFactorAuthPresent":"false"}}"#.into(), true),
    ] {
        let (world, _, issuer, role) = trusted(actions, "").await;
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{condition}}}]}}"#
        );
        let parameters = [("RoleName", "deploy"), ("PolicyName", "p"), ("PolicyDocument", policy.as_str())];
        world.ok(&world.root, "PutRolePolicy", &parameters).await;
        let claims = json!({"amr": ["pwd"], "email": "a@b.example", "https://aws.amazon.com/tags/principal_tags/Team": "blue"});
        let session = holder(&call(&world, OPERATION, &asks(&role, &issuer.token(&claims))).await);
        let outcome = world.call(&session, "ListUsers", &[]).await;
        assert_eq!(outcome.is_ok(), is_let, "{condition}: {outcome:?}");
        let events = world.events();
        let event = events.iter().rfind(|event| event["eventName"] == "ListUsers").unwrap();
        let data = &event["userIdentity"]["sessionContext"]["webIdFederationData"];
        assert_eq!(data["federatedProvider"], PROVIDER);
        assert_eq!(data["attributes"]["idp.example/tenant:sub"], "alice");
    }
}

#[tokio::test]
async fn limits_are_those_of_the_role() {
    let (world, _, issuer, role) = trusted(ASSUME, "").await;
    let token = issuer.token(&json!({}));
    let with = |more: (&'static str, &'static str)| [asks(&role, &token).as_slice(), &[more]].concat();
    let (code, message) = refused(&world, OPERATION, &with(("DurationSeconds", "3601"))).await;
    assert_eq!(
        (code.as_str(), message.as_str()),
        (
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    );
    let answer = call(&world, OPERATION, &with(("DurationSeconds", "900"))).await;
    assert_eq!(answer.get("Expiration"), "2026-01-01T00:15:00Z", "the token's own end does not count");
    assert_eq!(refused(&world, OPERATION, &with(("Policy", "{"))).await.0, "MalformedPolicyDocument");
    assert_eq!(refused(&world, OPERATION, &with(("ProviderId", "idp.example"))).await.0, "ValidationError");
}

#[tokio::test]
async fn a_provider_that_is_away_or_talks_nonsense_is_told_apart() {
    let (world, web, issuer, role) = trusted(ASSUME, "").await;
    let token = issuer.token(&json!({}));
    web.clear();
    assert_eq!(refused(&world, OPERATION, &asks(&role, &token)).await.0, "IDPCommunicationError");
    let keys = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements";
    for (discovery, jwks) in [
        (json!("x"), issuer.keys()),
        (
            json!({"issuer": "https://other.example", "jwks_uri": "https://idp.example/tenant/keys"}),
            issuer.keys(),
        ),
        (json!({"issuer": URL, "jwks_uri": "https://idp.example/tenant/keys"}), json!({"keys": []})),
        (json!({"issuer": URL, "jwks_uri": "https://idp.example/tenant/keys"}), json!("<html>")),
    ] {
        world.advance(31);
        web.put("https://idp.example/tenant/.well-known/openid-configuration", discovery);
        web.put("https://idp.example/tenant/keys", jwks);
        assert_eq!(refused(&world, OPERATION, &asks(&role, &token)).await, invalid(keys));
    }
    // Once it is back, all is well again.
    world.advance(31);
    web.put("https://idp.example/tenant/keys", issuer.keys());
    call(&world, OPERATION, &asks(&role, &token)).await;
}

#[tokio::test]
async fn built_in_providers_need_no_record_but_a_role_that_names_them() {
    let (world, web) = world().await;
    let issuer = Issuer::new(&web, "https://accounts.google.com");
    let condition = r#"{"StringEquals":{"accounts.google.com:aud":"app","accounts.google.com:sub":"alice"}}"#;
    let google = role(&world, "google", "accounts.google.com", ASSUME, condition).await;
    for iss in ["https://accounts.google.com", "accounts.google.com"] {
        let answer = call(&world, OPERATION, &asks(&google, &issuer.token(&json!({"iss": iss})))).await;
        assert_eq!(answer.get("Provider"), "accounts.google.com");
    }
    let other = issuer.token(&json!({"aud": "another app"}));
    assert_eq!(
        refused(&world, OPERATION, &asks(&google, &other)).await,
        denied("sts:AssumeRoleWithWebIdentity")
    );
}

#[tokio::test]
async fn access_tokens_are_looked_up_where_they_come_from() {
    let (world, web) = world().await;
    let condition = r#"{"StringEquals":{"www.amazon.com:app_id":"amzn1.application.x"}}"#;
    let amazon = role(&world, "amazon", "www.amazon.com", ASSUME, condition).await;
    let facebook = role(
        &world,
        "facebook",
        "graph.facebook.com",
        ASSUME,
        r#"{"StringEquals":{"graph.facebook.com:id":"42"}}"#,
    )
    .await;
    let info = json!({"user_id": "amzn1.account.y", "app_id": "amzn1.application.x"});
    web.put("https://api.amazon.com/auth/o2/tokeninfo?access_token=Atza%7Ctoken", info);
    web.put("https://graph.facebook.com/app?fields=id&access_token=good", json!({"id": "7"}));
    web.put("https://graph.facebook.com/me?fields=id&access_token=good", json!({"id": "42"}));
    let with = |role, token, provider| [asks(role, token).as_slice(), &[("ProviderId", provider)]].concat();

    let answer = call(&world, OPERATION, &with(&amazon, "Atza|token", "www.amazon.com")).await;
    assert_eq!(
        (answer.get("Provider"), answer.get("SubjectFromWebIdentityToken")),
        ("www.amazon.com", "amzn1.account.y")
    );
    let answer = call(&world, OPERATION, &with(&facebook, "good", "graph.facebook.com")).await;
    assert_eq!((answer.get("SubjectFromWebIdentityToken"), answer.get("Audience")), ("42", "7"));

    let asked = web.asked();
    let parameters = with(&amazon, "good", "graph.facebook.com");
    assert_eq!(refused(&world, OPERATION, &parameters).await, denied("sts:AssumeRoleWithWebIdentity"));
    assert_eq!(web.asked(), asked, "the role does not speak of that provider");
    assert_eq!(
        refused(&world, OPERATION, &with(&facebook, "away", "graph.facebook.com")).await.0,
        "IDPCommunicationError"
    );
    web.put(
        "https://graph.facebook.com/app?fields=id&access_token=oddly",
        json!({"error": {"message": "x"}}),
    );
    assert_eq!(
        refused(&world, OPERATION, &with(&facebook, "oddly", "graph.facebook.com")).await.0,
        "IDPRejectedClaim"
    );
}
