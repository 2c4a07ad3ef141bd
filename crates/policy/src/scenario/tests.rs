use serde_json::json;

use super::*;
use crate::Principal;

const NOW: &str = "2026-03-03T12:00:00Z";

fn read(scenario: &Json) -> Result<Scenario, String> {
    Scenario::parse(&scenario.to_string(), NOW.parse().unwrap()).map_err(|error| error.message)
}

fn base() -> Json {
    json!({
        "id": "a",
        "principal": "arn:aws:iam::123456789012:user/team/alice",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::home/alice/x",
        "identityPolicies": [{"Version": "2012-10-17", "Statement": [
            {"Sid": "Home", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::home/${aws:username}/*"}]}],
    })
}

fn with(field: &str, value: Json) -> Json {
    let mut scenario = base();
    scenario[field] = value;
    scenario
}

fn decide(scenario: &Json) -> String {
    read(scenario).unwrap().answer(Detail::None)["decision"].as_str().unwrap().to_owned()
}

#[test]
fn a_scenario_is_decided_with_implied_keys() {
    let answer = read(&base()).unwrap().answer(Detail::None);
    assert_eq!(
        answer,
        json!({
            "id": "a", "decision": "allowed", "blockedBy": [], "explanation": null,
            "matched": [{"layer": "identity", "level": 0, "policy": "identityPolicies[0]", "statement": 0, "sid": "Home",
                "effect": "Allow", "start": {"line": 1, "column": 15}, "end": {"line": 1, "column": 114}}],
        })
    );
    assert_eq!(decide(&with("implied", json!(false))), "implicitDeny");
    assert_eq!(decide(&with("context", json!({"AWS:UserName": "bob"}))), "implicitDeny");
}

#[test]
fn the_clock_is_implied_too() {
    let timed = |operator: &str| {
        with(
            "identityPolicies",
            json!([{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {operator: {"aws:CurrentTime": "2026-03-03T12:00:00Z", "aws:EpochTime": 1772539200}}}}]),
        )
    };
    assert_eq!(decide(&timed("DateEquals")), "allowed");
    assert_eq!(decide(&timed("DateLessThan")), "implicitDeny");
}

#[test]
fn a_scenario_asks_for_one_action() {
    for action in ["", "s3", "s3:*", "s3:Get?bject", " s3:GetObject", "s3:Get Object", "s3:GetObject\u{0}"] {
        assert!(read(&with("action", json!(action))).is_err(), "{action:?}");
    }
    assert!(read(&with("action", json!("S3:getobject"))).is_ok());
}

#[test]
fn principals_are_inferred_or_told() {
    let principal = |value: Json, kind: Json| {
        let mut scenario = with("principal", value);
        scenario["principalType"] = kind;
        read(&scenario).map(|scenario| scenario.request.principal)
    };
    let none = Json::Null;
    assert!(matches!(principal(none.clone(), none.clone()), Ok(Principal::Anonymous)));
    assert!(matches!(
        principal(json!("arn:aws:iam::123456789012:root"), none.clone()),
        Ok(Principal::Root(_))
    ));
    assert!(matches!(
        principal(json!("arn:aws:iam::123456789012:role/r"), none.clone()),
        Ok(Principal::AssumedRole(_))
    ));
    assert!(matches!(
        principal(json!("arn:aws:sts::123456789012:assumed-role/r/s"), json!("assumed-role")),
        Ok(Principal::AssumedRole(_))
    ));
    assert!(matches!(
        principal(json!("arn:aws:sts::123456789012:federated-user/f"), none.clone()),
        Ok(Principal::FederatedUser(_))
    ));
    assert!(matches!(
        principal(json!("arn:aws:iam::123456789012:oidc-provider/x"), none.clone()),
        Ok(Principal::Federated(_))
    ));
    assert!(matches!(principal(json!("accounts.google.com"), none.clone()), Ok(Principal::Federated(_))));
    assert!(matches!(principal(json!("ec2.amazonaws.com"), none.clone()), Ok(Principal::Service(_))));
    assert!(matches!(principal(json!("own"), json!("service")), Ok(Principal::Service(_))));
    assert!(matches!(principal(json!("*"), json!("anonymous")), Ok(Principal::Anonymous)));
    let provider = json!("arn:aws:iam::123456789012:saml-provider/p");
    assert!(matches!(principal(provider, json!("federated")), Ok(Principal::Federated(_))));
    assert!(matches!(principal(json!("123456789012"), json!("root")), Ok(Principal::Root(_))));
    for (value, kind) in [
        (json!("arn:aws:iam::123456789012:user/a"), json!("role")),
        (json!("arn:aws:iam::123456789012:user/a"), json!("service")),
        (json!("arn:aws:iam::123456789012:root"), json!("anonymous")),
        (json!("arn:aws:sts::123456789012:assumed-role/r/s"), json!("federated")),
        (json!("arn:aws:iam::123456789012:group/a"), none.clone()),
        (json!("x"), json!("wizard")),
        (none.clone(), json!("user")),
        (json!(7), none.clone()),
        (json!("alice"), none.clone()),
        (json!("user/alice.smith"), none.clone()),
    ] {
        assert!(principal(value.clone(), kind).is_err(), "{value}");
    }
    assert!(read(&with("principalAccount", json!("999999999999"))).is_err());
    assert!(read(&with("principalAccount", json!("123456789012"))).is_ok());
}

#[test]
fn a_field_that_is_nearly_right_is_a_mistake_and_others_are_passed_over() {
    for (written, meant) in [
        ("permissionsBoundary", "permissionsBoundaries"),
        ("ResourcePolicy", "resourcePolicy"),
        ("resourcePolicies", "resourcePolicy"),
        ("service_control_policies", "serviceControlPolicies"),
        ("contexts", "context"),
    ] {
        let error = read(&with(written, Json::Null)).unwrap_err();
        assert_eq!(error, format!("`{written}` is not a field of a scenario: `{meant}` is meant"));
    }
    for other in ["comment", "expected", "policies", "boundary"] {
        assert!(read(&with(other, json!("x"))).is_ok(), "{other}");
    }
}

#[test]
fn the_context_completes_a_session() {
    let mut scenario = with("principal", json!("arn:aws:sts::123456789012:assumed-role/r/s"));
    scenario["context"] = json!({"aws:PrincipalArn": "arn:aws:iam::123456789012:role/p/r", "aws:userid": "AROAEXAMPLEEXAMPLEEX1:s"});
    let Principal::AssumedRole(role) = read(&scenario).unwrap().request.principal else { panic!() };
    assert_eq!(role.role().as_str(), "arn:aws:iam::123456789012:role/p/r");
    assert_eq!(role.id().unwrap().as_str(), "AROAEXAMPLEEXAMPLEEX1");
}

#[test]
fn null_and_empty_lists_are_no_layers_but_an_empty_level_is_one() {
    for field in [
        "permissionsBoundaries",
        "sessionPolicies",
        "endpointPolicies",
        "serviceControlPolicies",
        "resourceControlPolicies",
        "resourcePolicy",
    ] {
        assert_eq!(decide(&with(field, Json::Null)), "allowed", "{field}");
    }
    for field in [
        "permissionsBoundaries",
        "sessionPolicies",
        "endpointPolicies",
        "serviceControlPolicies",
        "resourceControlPolicies",
    ] {
        assert_eq!(decide(&with(field, json!([]))), "allowed", "{field}");
    }
    assert_eq!(decide(&with("serviceControlPolicies", json!([[]]))), "implicitDeny");
    assert_eq!(decide(&with("resourceControlPolicies", json!([[]]))), "implicitDeny");
    assert_eq!(decide(&with("identityPolicies", Json::Null)), "implicitDeny");
}

#[test]
fn every_layer_is_read() {
    let deny = json!({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}});
    let own = json!({"name": "mine", "document": {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}});
    for (field, value, layer) in [
        ("permissionsBoundaries", json!([own]), "permissionsBoundary"),
        ("sessionPolicies", json!([own]), "session"),
        ("resourcePolicy", deny.clone(), "resource"),
        ("endpointPolicies", json!([deny]), "endpoint"),
        ("serviceControlPolicies", json!([[own]]), "serviceControl"),
        ("resourceControlPolicies", json!([[deny]]), "resourceControl"),
    ] {
        let answer = read(&with(field, value)).unwrap().answer(Detail::Short);
        assert_eq!(answer["decision"], "explicitDeny", "{field}");
        assert_eq!(answer["blockedBy"], json!([layer]), "{field}");
        assert!(answer["explanation"].as_str().unwrap().contains("with an explicit deny in a"), "{answer}");
    }
}

#[test]
fn a_resource_s_account_may_be_another() {
    assert_eq!(decide(&with("resourceAccount", json!("999999999999"))), "implicitDeny");
}

#[test]
fn context_values_are_strings_numbers_booleans_or_lists() {
    let scenario = with("context", json!({"n": 1.5, "b": true, "l": ["x", 2, false], "e": [], "z": null}));
    let context = read(&scenario).unwrap().request.context;
    assert_eq!(context.get("n"), Some(&Values::from("1.5")));
    assert_eq!(context.get("b"), Some(&Values::from("true")));
    assert_eq!(context.get("l").unwrap().as_slice(), ["x", "2", "false"]);
    assert_eq!(context.get("z"), None);
    assert!(read(&with("context", json!({"o": {}}))).is_err());
}

#[test]
fn a_malformed_scenario_keeps_its_id() {
    for (scenario, message) in [
        (json!({"id": 7}), "`action` is missing"),
        (with("action", json!("x")), "`action`: `x` is not an action: expected `service:Name`"),
        (with("resource", json!("")), "`resource` is empty"),
        (
            with("identityPolicies", json!([{"Statement": {"Effect": "Maybe"}}])),
            "`identityPolicies[0]`: `Effect` cannot be `Maybe`: expected Allow or Deny at line 1, column 24",
        ),
        (
            with("serviceControlPolicies", json!([{}])),
            "`serviceControlPolicies[0]` must be a list of documents, not an object",
        ),
        (with("implied", json!("no")), "`implied` must be true or false"),
        (
            with("expect", json!("perhaps")),
            "`expect` must be allowed, explicitDeny, implicitDeny or denied, or an object with one of them as `decision`",
        ),
    ] {
        let error = Scenario::parse(&scenario.to_string(), NOW.parse().unwrap()).unwrap_err();
        assert_eq!(error.message, message);
        assert_eq!(error.to_json(), json!({"id": scenario["id"], "error": message}));
    }
    let twice =
        r#"{"id":"x","action":"s3:Get","resource":"*","identityPolicies":[{"Statement":[],"Statement":[]}]}"#;
    let error = Scenario::parse(twice, NOW.parse().unwrap()).unwrap_err();
    assert_eq!(
        error.to_json(),
        json!({"id": "x", "error": "`identityPolicies[0]`: the key `Statement` stands twice in one object at line 1, column 17"})
    );
    for (text, id) in [
        (r#"{"id": 5, "action": "#, json!(5)),
        (r#"{"action": "a:b", "id": "y", }"#, json!("y")),
        (r#"{"action": x, "id": "y"}"#, json!(null)),
        (r#"{"id": "z", "action": "a:b", "action": "a:b", "resource": "*"}"#, json!("z")),
        (r#"{"id": "w", "action": "a:b", "resource": "*", "context": {"k": 1, "k": 2}}"#, json!("w")),
    ] {
        assert_eq!(Scenario::parse(text, NOW.parse().unwrap()).unwrap_err().id, id, "{text}");
    }
    for text in ["", "{", "[]", "7", "{\"id\":1,\"id\":2}"] {
        assert!(Scenario::parse(text, NOW.parse().unwrap()).is_err(), "{text}");
    }
}

#[test]
fn documents_may_be_text_and_keep_their_lines() {
    let document =
        "{\n  \"Statement\": [\n    {\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}]}";
    let answer = read(&with("identityPolicies", json!([document]))).unwrap().answer(Detail::Full);
    assert_eq!(answer["matched"][0]["start"], json!({"line": 3, "column": 5}));
    assert_eq!(answer["explanation"]["layers"][0]["matched"][0]["effect"], "Allow");
    let mut raw = base();
    raw["identityPolicies"] = json!("HERE");
    let text = raw.to_string().replace("\"HERE\"", &format!("[{document}]"));
    let scenario = Scenario::parse(&text, NOW.parse().unwrap()).unwrap();
    assert_eq!(scenario.answer(Detail::None)["matched"][0]["start"], json!({"line": 3, "column": 5}));
}

#[test]
fn expectations_are_checked() {
    let check = |expect: Json| {
        let scenario = read(&with("expect", expect)).unwrap();
        scenario.expect.unwrap().check(&read(&with("action", json!("s3:PutObject"))).unwrap().decide())
    };
    assert_eq!(check(json!("implicitDeny")), Ok(()));
    assert_eq!(check(json!("denied")), Ok(()));
    assert_eq!(check(json!({"decision": "denied", "blockedBy": ["identity"]})), Ok(()));
    assert_eq!(check(json!("allowed")), Err("expected allowed, got implicitDeny".into()));
    assert!(check(json!({"decision": "denied", "blockedBy": []})).unwrap_err().contains("got [identity]"));
    assert_eq!(check(json!({"decision": "denied", "blockedBy": null, "why": "no policy"})), Ok(()));
}

#[test]
fn an_expectation_that_nothing_could_meet_or_miss_is_a_mistake() {
    let refused = |expect: Json| read(&with("expect", expect)).unwrap_err();
    for (expect, message) in [
        (
            json!({"decision": "denied", "blocked_by": ["identity"]}),
            "`blocked_by` is not a field of an expectation: `blockedBy` is meant",
        ),
        (
            json!({"decision": "denied", "blockedBy": ["boundary"]}),
            "`expect`: `boundary` is not a layer: known are resourceControl, serviceControl, endpoint, resource, identity, permissionsBoundary, session",
        ),
        (json!({"decision": "denied", "blockedBy": [1]}), "`expect`: `blockedBy` must be a list of layers"),
    ] {
        assert_eq!(refused(expect), message);
    }
    assert_eq!(
        read(&with("Expect", json!("allowed"))).unwrap_err(),
        "`Expect` is not a field of a scenario: `expect` is meant"
    );
    let twice =
        base().to_string().replacen('{', r#"{"expect":{"decision":"denied","decision":"allowed"},"#, 1);
    let error = Scenario::parse(&twice, NOW.parse().unwrap()).unwrap_err();
    assert_eq!(error.message, "`decision` stands twice in the expectation");
}

#[test]
fn a_number_as_id_keeps_every_digit() {
    for id in ["7", "-7", "18446744073709551615", "0.1", "0.9452706955539223", "0.38120423768821243"] {
        let error = Scenario::parse(&format!(r#"{{"id":{id}}}"#), NOW.parse().unwrap()).unwrap_err();
        assert_eq!(error.to_json()["id"].to_string(), id);
    }
}

#[test]
fn who_asks_is_somebody_of_the_type_that_is_said() {
    let message = |principal: &str, kind: Json| {
        let mut scenario = with("principal", json!(principal));
        scenario["principalType"] = kind;
        read(&scenario)
    };
    for (principal, kind) in [
        ("", "service"),
        ("*", "service"),
        (" ", "service"),
        ("arn:aws:iam::123456789012:group/g", "service"),
        ("123456789012", "service"),
        ("123456789012", "federated"),
        ("123456789012", "anonymous"),
        ("", "federated"),
        ("*", "federated"),
        ("arn:aws:iam::123456789012:user/*", "user"),
        ("arn:aws:sts::123456789012:assumed-role/r/?", "assumed-role"),
    ] {
        assert!(message(principal, json!(kind)).is_err(), "{principal} as {kind}");
    }
    for (principal, kind) in [
        ("own", json!("service")),
        ("cognito-identity.amazonaws.com", json!("service")),
        ("example.org/issuer", json!("federated")),
        ("*", json!("anonymous")),
        ("*", json!(null)),
    ] {
        assert!(message(principal, kind.clone()).is_ok(), "{principal} as {kind}");
    }
}

#[test]
fn files_are_lists_objects_or_lines() {
    assert_eq!(split("[{\"a\":1}, {\"b\":2}]").unwrap(), ["{\"a\":1}", "{\"b\":2}"]);
    assert_eq!(split("{\n\"a\":1\n}\n").unwrap(), ["{\n\"a\":1\n}"]);
    assert_eq!(split("{\"a\":1}\n\n{\"b\":\n").unwrap(), ["{\"a\":1}", "{\"b\":"]);
    assert!(split("[{]").is_err());
}

#[test]
fn a_reader_parses_a_document_once() {
    let mut reader = Reader::new();
    let text = base().to_string();
    let first = reader.read(&text, NOW.parse().unwrap()).unwrap();
    let second = reader.read(&text, NOW.parse().unwrap()).unwrap();
    let policy =
        |scenario: &Scenario| Arc::clone(&scenario.set.identity.as_ref().unwrap().policies()[0].policy);
    assert!(Arc::ptr_eq(&policy(&first), &policy(&second)));
}

proptest::proptest! {
    #[test]
    fn reading_a_scenario_never_panics(text in "\\PC*", field in "principal|action|context|identityPolicies|serviceControlPolicies", value in "(null|1|\"x\"|\\[\\]|\\[\\[\\]\\]|\\{\\}|\\[1\\])") {
        let now = NOW.parse().unwrap();
        let _ = Scenario::parse(&text, now);
        let _ = split(&text);
        let value: Json = serde_json::from_str(&value).unwrap();
        let _ = read(&with(&field, value));
    }
}
