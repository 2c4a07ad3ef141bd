//! GetWebIdentityToken: the claims, who may have which token, and the keys.

use serde_json::{Value as Json, json};
use service::testing::{Who, World};

use crate::support::{ROLE, assume, holder, may, role, trust, world};

const GET: &str = "GetWebIdentityToken";
const ES384: [(&str, &str); 2] = [("Audience.member.1", "https://a.example"), ("SigningAlgorithm", "ES384")];

async fn enabled() -> World {
    let world = world().await;
    world.ok(&world.root, "EnableOutboundWebIdentityFederation", &[]).await;
    world
}

/// The header and the claims of the token that a call answers.
async fn token(world: &World, who: &Who, parameters: &[(&str, &str)]) -> (Json, Json) {
    let answer = world.ok(who, GET, parameters).await;
    let mut parts = answer.get("WebIdentityToken").split('.');
    let mut read = || {
        let part = parts.next().unwrap().as_bytes();
        serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(part).unwrap()).unwrap()
    };
    let (header, claims) = (read(), read());
    assert_eq!(parts.count(), 1);
    (header, claims)
}

#[tokio::test]
async fn a_token_says_who_calls_for_whom_and_for_how_long() {
    let world = enabled().await;
    let user = world.user("alice", &allow_tokens("")).await;
    let issuer = world.ok(&world.root, "GetOutboundWebIdentityFederationInfo", &[]).await;
    world
        .ok(
            &world.root,
            "TagUser",
            &[("UserName", "alice"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "x")],
        )
        .await;
    let answer = world.ok(&user, GET, &ES384).await;
    assert_eq!(answer.get("Expiration"), "2026-01-01T00:05:00Z");

    let (header, mut claims) = token(&world, &user, &ES384).await;
    assert_eq!((&header["alg"], &header["typ"]), (&json!("ES384"), &json!("JWT")));
    let id = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(id.as_str().unwrap().len(), 36);
    assert_eq!(
        claims,
        json!({
            "iss": issuer.get("IssuerIdentifier"),
            "aud": "https://a.example",
            "sub": "arn:aws:iam::123456789012:user/alice",
            "iat": 1_767_225_600,
            "exp": 1_767_225_900,
            "https://sts.amazonaws.com/": {
                "aws_account": "123456789012",
                "source_region": "us-east-1",
                "principal_id": "arn:aws:iam::123456789012:user/alice",
                "principal_tags": { "team": "x" },
            },
        })
    );
}

#[tokio::test]
async fn a_role_session_is_its_role_with_its_tags_and_several_audiences_are_a_list() {
    let world = enabled().await;
    let user = world.user("alice", "").await;
    let actions = r#"["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#;
    role(&world, &trust("arn:aws:iam::123456789012:user/alice", actions, "")).await;
    may(&world, &allow_tokens("")).await;
    let more = [("Tags.member.1.Key", "job"), ("Tags.member.1.Value", "7"), ("SourceIdentity", "ann")];
    let session = holder(&assume(&world, &user, ROLE, &more).await);
    let parameters = [
        ("Audience.member.1", "a"),
        ("Audience.member.2", "b"),
        ("SigningAlgorithm", "RS256"),
        ("DurationSeconds", "60"),
        ("Tags.member.1.Key", "run"),
        ("Tags.member.1.Value", "9"),
    ];
    let (header, claims) = token(&world, &session, &parameters).await;
    assert_eq!((&header["alg"], &claims["sub"]), (&json!("RS256"), &json!(ROLE)));
    assert_eq!(claims["aud"], json!(["a", "b"]));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    let about = &claims["https://sts.amazonaws.com/"];
    assert_eq!(
        (&about["principal_tags"], &about["request_tags"]),
        (&json!({ "job": "7" }), &json!({ "run": "9" }))
    );
    assert_eq!(
        (&about["source_identity"], &about["original_session_exp"]),
        (&json!("ann"), &json!("2026-01-01T01:00:00Z"))
    );
}

#[tokio::test]
async fn policies_may_bind_audience_algorithm_and_duration_and_tags_need_leave_of_their_own() {
    let world = enabled().await;
    let condition = r#","Condition":{"ForAllValues:StringEquals":{"sts:IdentityTokenAudience":["a"]},
        "StringEquals":{"sts:SigningAlgorithm":"ES384"},"NumericLessThanEquals":{"sts:DurationSeconds":"300"}}"#;
    let bound = world.user("bound", &allow_tokens(condition)).await;
    let asks = |audience: &'static str, algorithm: &'static str, seconds: &'static str| {
        [("Audience.member.1", audience), ("SigningAlgorithm", algorithm), ("DurationSeconds", seconds)]
    };
    world.ok(&bound, GET, &asks("a", "ES384", "300")).await;
    for bad in [asks("b", "ES384", "300"), asks("a", "RS256", "300"), asks("a", "ES384", "301")] {
        assert_eq!(world.refused(&bound, GET, &bad).await.0, "AccessDenied", "{bad:?}");
    }

    let untagged = world.user("untagged", &crate::support::allow("sts:GetWebIdentityToken", "*")).await;
    let mut tagged = ES384.to_vec();
    world.ok(&untagged, GET, &tagged).await;
    tagged.extend([("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")]);
    let (code, message) = world.refused(&untagged, GET, &tagged).await;
    assert_eq!(code, "AccessDenied");
    assert!(message.contains("sts:TagGetWebIdentityToken on resource: *"), "{message}");
}

#[tokio::test]
async fn no_token_where_the_feature_is_off_or_the_request_is_out_of_bounds() {
    let world = world().await;
    let user = world.user("alice", &allow_tokens("")).await;
    let off = "OutboundWebIdentityFederationDisabledException";
    assert_eq!(world.refused(&user, GET, &ES384).await.0, off);
    world.ok(&world.root, "EnableOutboundWebIdentityFederation", &[]).await;
    world.ok(&user, GET, &ES384).await;

    for (name, bad) in [
        ("SigningAlgorithm", "HS256"),
        ("SigningAlgorithm", "none"),
        ("SigningAlgorithm", "es384"),
        ("DurationSeconds", "59"),
        ("DurationSeconds", "3601"),
        ("DurationSeconds", "x"),
        ("Audience.member.11", "k"),
    ] {
        let mut parameters: Vec<_> = ES384.into_iter().filter(|(known, _)| *known != name).collect();
        let many: Vec<String> = (2..=10).map(|n| format!("Audience.member.{n}")).collect();
        parameters.extend(many.iter().map(|name| (name.as_str(), "x")));
        parameters.push((name, bad));
        let code = world.refused(&user, GET, &parameters).await.0;
        assert!(["ValidationError", "MalformedInput"].contains(&&*code), "{name} {bad}: {code}");
    }
    assert_eq!(world.refused(&user, GET, &ES384[..1]).await.0, "ValidationError");
    assert_eq!(world.refused(&user, GET, &ES384[1..]).await.0, "ValidationError");

    let long = "x".repeat(1000);
    let names: Vec<String> = (1..=9).map(|n| format!("Audience.member.{n}")).collect();
    let mut parameters: Vec<_> = names.iter().map(|name| (name.as_str(), long.as_str())).collect();
    parameters.push(ES384[1]);
    assert_eq!(world.refused(&user, GET, &parameters).await.0, "JWTPayloadSizeExceededException");

    world.ok(&world.root, "DisableOutboundWebIdentityFederation", &[]).await;
    assert_eq!(world.refused(&user, GET, &ES384).await.0, off);
}

#[tokio::test]
async fn a_token_does_not_outlive_the_session_that_asks_for_it() {
    let world = enabled().await;
    let user = world.user("alice", "").await;
    role(&world, &trust("arn:aws:iam::123456789012:user/alice", r#""sts:AssumeRole""#, "")).await;
    may(&world, &allow_tokens("")).await;
    let session = holder(&assume(&world, &user, ROLE, &[("DurationSeconds", "900")]).await);
    world.advance(600);
    world.ok(&session, GET, &ES384).await;
    world.advance(1);
    assert_eq!(world.refused(&session, GET, &ES384).await.0, "SessionDurationEscalationException");
}

#[tokio::test]
async fn a_new_key_is_made_after_ninety_days_and_signs_a_day_later() {
    let world = enabled().await;
    let user = world.user("alice", &allow_tokens("")).await;
    let kid = async || token(&world, &user, &ES384).await.0["kid"].clone();
    let first = kid().await;
    world.advance(90 * 86_400);
    assert_eq!(kid().await, first, "it is published first");
    world.advance(86_399);
    assert_eq!(kid().await, first);
    world.advance(1);
    assert_ne!(kid().await, first);
}

/// A policy that allows every token, under a condition where one is given.
fn allow_tokens(condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",
            "Action":["sts:GetWebIdentityToken","sts:TagGetWebIdentityToken"],"Resource":"*"{condition}}}]}}"#
    )
}
