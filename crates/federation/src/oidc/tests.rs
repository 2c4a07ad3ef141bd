use serde_json::json;

use super::*;

const NOW: i64 = 1_767_225_600;

fn read(change: impl FnOnce(&mut Map<String, Value>)) -> Result<WebIdentity, ClaimsRefused> {
    let claims =
        json!({"iss": "https://idp.example", "sub": "alice", "aud": "app", "iat": NOW, "exp": NOW + 300});
    let Value::Object(mut claims) = claims else { panic!() };
    change(&mut claims);
    WebIdentity::read(&claims, Timestamp::from_second(NOW).unwrap())
}

fn set(name: &str, value: Value) -> Result<WebIdentity, ClaimsRefused> {
    read(|claims| {
        claims.insert(name.into(), value);
    })
}

#[test]
fn what_must_be_there_is_missed() {
    for name in ["iss", "sub", "aud", "exp", "iat"] {
        let refused = read(|claims| {
            claims.remove(name);
        });
        assert_eq!(refused, Err(ClaimsRefused::Missing(name)));
    }
}

#[test]
fn claims_of_other_types_are_invalid() {
    for (name, value) in [
        ("iss", json!(7)),
        ("sub", json!("")),
        ("sub", json!(["alice"])),
        ("aud", json!({"a": 1})),
        ("aud", json!(["app", 7])),
        ("exp", json!("soon")),
        ("exp", json!(1e300)),
        ("iat", json!(true)),
        ("nbf", json!([])),
        ("amr", json!(1)),
        ("azp", json!({})),
    ] {
        assert_eq!(set(name, value.clone()), Err(ClaimsRefused::Invalid(name)), "{name}: {value}");
    }
}

#[test]
fn a_nonce_is_a_text_and_no_claim_of_ours() {
    let identity = set("nonce", json!("n-0S6_WzA2Mj")).unwrap();
    assert!(!identity.others.iter().any(|(name, _)| name == "nonce"));
    for value in [json!(7), json!(null), json!(["n"])] {
        assert_eq!(set("nonce", value), Err(ClaimsRefused::Invalid("nonce")));
    }
}

#[test]
fn a_token_that_is_over_is_refused_to_the_second() {
    let at = Timestamp::from_second(NOW).unwrap();
    assert_eq!(set("exp", json!(NOW)), Err(ClaimsRefused::Expired(at)));
    assert!(set("exp", json!(NOW + 1)).is_ok());
    assert!(set("exp", json!(NOW as f64 + 1.5)).is_ok());
}

#[test]
fn a_token_from_the_future_is_put_up_with_for_five_minutes() {
    for name in ["iat", "nbf"] {
        assert!(set(name, json!(NOW + 300)).is_ok());
        assert_eq!(set(name, json!(NOW + 301)), Err(ClaimsRefused::NotYet));
    }
}

#[test]
fn the_authorized_party_stands_for_the_audience() {
    let identity = set("aud", json!(["other", "app"])).unwrap();
    assert_eq!(identity.audience(|audience| audience == "app"), Some("app"));
    assert_eq!(identity.audience(|audience| audience == "third"), None);
    let identity = set("azp", json!("mobile")).unwrap();
    assert_eq!(identity.audience(|audience| audience == "app"), None, "azp goes before aud");
    assert_eq!(identity.audience(|audience| audience == "mobile"), Some("mobile"));
}

#[test]
fn session_tags_are_nested_or_flat() {
    let nested = json!({"principal_tags": {"Project": ["Automation"], "Team": "Blue"}, "transitive_tag_keys": ["Project"]});
    let identity = set("https://aws.amazon.com/tags", nested).unwrap();
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(identity.tags, [tag("Project", "Automation"), tag("Team", "Blue")]);
    assert_eq!(identity.transitive, ["Project"]);
    let identity = read(|claims| {
        claims.insert("https://aws.amazon.com/tags/principal_tags/Project".into(), json!(["Automation"]));
        claims.insert("https://aws.amazon.com/tags/transitive_tag_keys".into(), json!(["Project"]));
    })
    .unwrap();
    assert_eq!(
        (identity.tags.as_slice(), identity.transitive.len()),
        ([tag("Project", "Automation")].as_slice(), 1)
    );
    for bad in [json!("x"), json!({"principal_tags": {"a": ["1", "2"]}}), json!({"transitive_tag_keys": 7})] {
        assert!(set("https://aws.amazon.com/tags", bad).is_err());
    }
}

#[test]
fn further_claims_are_kept_as_text() {
    let identity = read(|claims| {
        claims.insert("email".into(), json!("a@b.example"));
        claims.insert("run".into(), json!(7));
        claims.insert("email_verified".into(), json!(true));
        claims.insert("deep".into(), json!({"a": 1}));
        claims.insert("https://aws.amazon.com/source_identity".into(), json!("alice"));
    })
    .unwrap();
    assert_eq!(identity.source_identity.as_deref(), Some("alice"));
    let has = |name: &str, value: &str| identity.others.contains(&(name.to_owned(), value.to_owned()));
    assert!(has("email", "a@b.example") && has("run", "7") && has("email_verified", "true"));
    assert!(!identity.others.iter().any(|(name, _)| name == "deep"));
}
