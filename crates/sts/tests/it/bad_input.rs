//! Bad input, one kind after the other: each has AWS's error, and each leaves an event that says so.

#![allow(clippy::indexing_slicing, reason = "a test that cannot read its answer has failed")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};
use service::testing::World;

use crate::identity_provider::{Issuer, NOW, Web, call, refused, role, world};
use crate::saml::{Draft, Idp, asks};
use crate::support::{ROLE, allow, assume, holder, may, trust};

const WEB: &str = "AssumeRoleWithWebIdentity";
const SAML: &str = "AssumeRoleWithSAML";

/// The last event, which must be of a refused call.
fn last(world: &World, operation: &str, code: &str) -> Json {
    let event = world.events().pop().unwrap();
    assert_eq!((event["eventName"].as_str(), event["errorCode"].as_str()), (Some(operation), Some(code)));
    assert!(event["errorMessage"].as_str().is_some_and(|message| !message.is_empty()), "{event}");
    event
}

#[tokio::test]
async fn tokens() {
    let (world, web) = world().await;
    let issuer = Issuer::new(&web, "https://idp.example");
    let parameters = [("Url", "https://idp.example"), ("ClientIDList.member.1", "app")];
    world.ok(&world.root, "CreateOpenIDConnectProvider", &parameters).await;
    let provider = "arn:aws:iam::123456789012:oidc-provider/idp.example";
    let role = role(&world, "deploy", provider, r#""sts:AssumeRoleWithWebIdentity""#, "").await;
    let good = issuer.token(&json!({}));
    let parts: Vec<&str> = good.split('.').collect();
    let (claims, signature) = (parts[1], parts[2]);
    let headed = |header: &str| format!("{}.{claims}.{signature}", URL_SAFE_NO_PAD.encode(header));
    let deep = URL_SAFE_NO_PAD.encode(format!(r#"{{"iss":{}1{}}}"#, "[".repeat(5_000), "]".repeat(5_000)));
    let stranger = Issuer::new(&Web::default(), "https://idp.example");
    for (what, token, code) in [
        ("truncated", good.get(..good.len() - 9).unwrap().to_owned(), "InvalidIdentityToken"),
        ("without its end", format!("{}.{claims}", parts[0]), "InvalidIdentityToken"),
        ("signed by somebody else", stranger.token(&json!({})), "InvalidIdentityToken"),
        ("expired", issuer.token(&json!({"exp": NOW})), "ExpiredTokenException"),
        ("from the future", issuer.token(&json!({"iat": NOW + 301})), "InvalidIdentityToken"),
        ("not valid yet", issuer.token(&json!({"nbf": NOW + 301})), "InvalidIdentityToken"),
        ("alg none", headed(r#"{"alg":"none"}"#), "InvalidIdentityToken"),
        ("alg none, unsigned", headed(r#"{"alg":"none"}"#).replace(signature, ""), "InvalidIdentityToken"),
        ("a shared secret", headed(r#"{"alg":"HS256","kid":"k"}"#), "InvalidIdentityToken"),
        ("another key's id", headed(r#"{"alg":"EdDSA","kid":"other"}"#), "InvalidIdentityToken"),
        ("another audience", issuer.token(&json!({"aud": "other"})), "InvalidIdentityToken"),
        ("deeply nested", format!("{}.{deep}.{signature}", parts[0]), "InvalidIdentityToken"),
        ("as long as can be", format!("{good}{}", "A".repeat(20_000 - good.len())), "InvalidIdentityToken"),
    ] {
        let parameters =
            [("RoleArn", role.as_str()), ("RoleSessionName", "ci"), ("WebIdentityToken", &token)];
        assert_eq!(refused(&world, WEB, &parameters).await.0, code, "{what}");
        let event = last(&world, WEB, code);
        assert_eq!(event["userIdentity"]["type"], "Unknown", "{what}");
        assert!(!event.to_string().contains(signature), "{what}: the token is not in the event");
    }
    let enormous = "A".repeat(20_001);
    let parameters = [("RoleArn", role.as_str()), ("RoleSessionName", "ci"), ("WebIdentityToken", &enormous)];
    assert_eq!(refused(&world, WEB, &parameters).await.0, "ValidationError");
    // Clocks may be five minutes apart.
    let early = issuer.token(&json!({"iat": NOW + 300, "nbf": NOW + 300}));
    call(&world, WEB, &[("RoleArn", &role), ("RoleSessionName", "ci"), ("WebIdentityToken", &early)]).await;
}

#[tokio::test]
async fn assertions() {
    let (world, idp) = crate::saml::trusted(r#""sts:AssumeRoleWithSAML""#, "").await;
    let document = idp.document(&Draft::new());
    let good = idp.respond(&Draft::new());
    let encode = |text: &str| STANDARD.encode(text);
    let entities: String =
        (1..20).map(|at| format!(r#"<!ENTITY e{at} "&e{};&e{};">"#, at - 1, at - 1)).collect();
    let bomb = format!(r#"<!DOCTYPE r [<!ENTITY e0 "ha">{entities}]>{}"#, document.replace("alice", "&e19;"));
    let deep = format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
    call(&world, SAML, &asks(&good)).await;
    for (what, assertion, code) in [
        ("used again", good.clone(), "InvalidIdentityToken"),
        ("truncated", good.get(..good.len() / 2).unwrap().to_owned(), "InvalidIdentityToken"),
        ("not base64", "<samlp:Response/>".into(), "InvalidIdentityToken"),
        ("signed by somebody else", Idp::new().respond(&Draft::new()), "InvalidIdentityToken"),
        (
            "expired",
            idp.respond(&Draft { issued: -250, ends: -180, ..Draft::new() }),
            "ExpiredTokenException",
        ),
        ("stale", idp.respond(&Draft { issued: -301, ..Draft::new() }), "ExpiredTokenException"),
        (
            "from the future",
            idp.respond(&Draft { issued: 181, ends: 481, ..Draft::new() }),
            "InvalidIdentityToken",
        ),
        (
            "another audience",
            idp.respond(&Draft { audience: "urn:other".into(), ..Draft::new() }),
            "InvalidIdentityToken",
        ),
        ("entities in entities", encode(&bomb), "InvalidIdentityToken"),
        (
            "an external entity",
            encode(&format!(r#"<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>{document}"#)),
            "InvalidIdentityToken",
        ),
        ("deeply nested", encode(deep.get(..70_000).unwrap()), "InvalidIdentityToken"),
    ] {
        assert_eq!(refused(&world, SAML, &asks(&assertion)).await.0, code, "{what}");
        last(&world, SAML, code);
    }
    assert_eq!(refused(&world, SAML, &asks(&"A".repeat(100_001))).await.0, "ValidationError");
    // Clocks may be three minutes apart.
    let early = Draft { id: "early", issued: 180, ends: 480, ..Draft::new() };
    call(&world, SAML, &asks(&idp.respond(&early))).await;
}

#[tokio::test]
async fn calls_for_sessions() {
    let world = crate::support::world().await;
    let alice = world.user("alice", "").await;
    let trusted = trust("arn:aws:iam::123456789012:user/alice", r#"["sts:AssumeRole","sts:TagSession"]"#, "");
    crate::support::role(&world, &trusted).await;
    may(&world, &allow("sts:AssumeRole", "*")).await;
    let second = trust(ROLE, r#""sts:AssumeRole""#, "");
    let parameters = [
        ("RoleName", "second"),
        ("AssumeRolePolicyDocument", second.as_str()),
        ("MaxSessionDuration", "43200"),
    ];
    world.ok(&world.root, "CreateRole", &parameters).await;
    let session = holder(&assume(&world, &alice, ROLE, &[]).await);
    let refused = async |who, role, more: &[(&str, &str)], code: &str| {
        let (found, message) = crate::support::refused(&world, who, role, more).await;
        assert_eq!(found, code, "{message}");
        last(&world, "AssumeRole", code);
        message
    };
    let chain = [("DurationSeconds", "3601")];
    let message = refused(&session, "arn:aws:iam::123456789012:role/second", &chain, "ValidationError").await;
    assert!(message.contains("1 hour session limit for roles assumed by role chaining"), "{message}");

    // Over the packed limit: by policies and tags together, each within its own limit, and by either.
    let resources: Vec<_> = (0..24).map(|at| format!(r#""arn:aws:s3:::{}-{at}""#, "b".repeat(60))).collect();
    let policy = allow("s3:GetObject", "X").replace(r#""X""#, &format!("[{}]", resources.join(",")));
    let path = format!("/{}/", "p".repeat(500));
    let (value, arn) = ("v".repeat(250), format!("arn:aws:iam::123456789012:policy{path}p"));
    let document = allow("s3:*", "*");
    let parameters = [("PolicyName", "p"), ("Path", path.as_str()), ("PolicyDocument", document.as_str())];
    world.ok(&world.root, "CreatePolicy", &parameters).await;
    let names = |prefix: &str, end: &str, count: usize| -> Vec<String> {
        (1..=count).map(|at| format!("{prefix}.member.{at}.{end}")).collect()
    };
    let (keys, values) = (names("Tags", "Key", 16), names("Tags", "Value", 16));
    let tags: Vec<(&str, &str)> =
        keys.iter().zip(&values).flat_map(|(key, at)| [(key.as_str(), key.as_str()), (at, &value)]).collect();
    let arns = names("PolicyArns", "arn", 10);
    let arns: Vec<(&str, &str)> = arns.iter().map(|name| (name.as_str(), arn.as_str())).collect();
    let policy = [("Policy", policy.as_str())];
    let message = refused(&alice, ROLE, &[&policy[..], &tags[..20]].concat(), "PackedPolicyTooLarge").await;
    assert!(message.starts_with("Packed size of session tags and policies consumes 1"), "{message}");
    let message = refused(&alice, ROLE, &tags, "PackedPolicyTooLarge").await;
    assert!(message.starts_with("Packed size of session tags consumes 1"), "{message}");
    let message = refused(&alice, ROLE, &arns, "PackedPolicyTooLarge").await;
    assert!(message.starts_with("Packed policy consumes 1"), "{message}");
    assume(&world, &alice, ROLE, &arns[..7]).await;

    // Whom the trust policy names is gone; who is called the same since is someone else.
    let key = [("UserName", "alice"), ("AccessKeyId", alice.id.as_str())];
    world.ok(&world.root, "DeleteAccessKey", &key).await;
    world.ok(&world.root, "DeleteUser", &[("UserName", "alice")]).await;
    let namesake = world.user("alice", "").await;
    refused(&namesake, ROLE, &[], "AccessDenied").await;
    let parameters = [("RoleName", "deploy"), ("PolicyDocument", trusted.as_str())];
    world.ok(&world.root, "UpdateAssumeRolePolicy", &parameters).await;
    assume(&world, &namesake, ROLE, &[]).await;
    let absent = trusted.replace("user/alice", "user/absent");
    let parameters = [("RoleName", "third"), ("AssumeRolePolicyDocument", absent.as_str())];
    let (code, message) = world.refused(&world.root, "CreateRole", &parameters).await;
    assert_eq!(code, "MalformedPolicyDocument");
    assert_eq!(message, r#"Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/absent""#);
}
