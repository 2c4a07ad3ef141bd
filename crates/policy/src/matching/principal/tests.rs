use super::*;
use crate::{AssumedRole, Federated, FederatedUser, Policy, Service, User};
use types::{Arn, UniqueId};

const A: &str = "123456789012";

fn element(json: &str, polarity: &str) -> Element<PrincipalPattern> {
    let text = format!(r#"{{"Statement":{{"Effect":"Allow","{polarity}":{json},"Action":"*"}}}}"#);
    Policy::parse(&text).unwrap().statements()[0].principals().unwrap().clone()
}

fn reach(json: &str, principal: &Principal) -> Option<Reach> {
    element(json, "Principal").takes(principal, Effect::Allow, false)
}

fn user() -> Principal {
    let user = User::new(Arn::parse("arn:aws:iam::123456789012:user/team/alice").unwrap()).unwrap();
    Principal::User(user.with_id(UniqueId::parse("AIDAALICEALICEALICE12").unwrap()))
}

fn session() -> Principal {
    let role =
        AssumedRole::new(Arn::parse("arn:aws:iam::123456789012:role/path/Deploy").unwrap(), "ci").unwrap();
    Principal::AssumedRole(role.with_id(UniqueId::parse("AROADEPLOYDEPLOYDEPL1").unwrap()))
}

fn federated_user() -> Principal {
    let user =
        FederatedUser::new(Arn::parse("arn:aws:sts::123456789012:federated-user/bob").unwrap()).unwrap();
    Principal::FederatedUser(
        user.with_issuer(Arn::parse("arn:aws:iam::123456789012:user/team/alice").unwrap()),
    )
}

fn root() -> Principal {
    Principal::parse("arn:aws:iam::123456789012:root").unwrap()
}

#[test]
fn a_star_is_everyone_in_either_form() {
    let web = Principal::Federated(Federated::new("accounts.google.com"));
    let service = Principal::Service(Service::new("s3.amazonaws.com"));
    for principal in [user(), session(), federated_user(), root(), web, service, Principal::Anonymous] {
        assert_eq!(reach(r#""*""#, &principal), Some(Reach::Direct));
        assert_eq!(reach(r#"{"AWS":"*"}"#, &principal), Some(Reach::Direct));
        assert_eq!(reach(r#"{"Service":"*","Federated":"*"}"#, &principal), None);
    }
}

#[test]
fn an_account_is_its_id_or_its_root_arn() {
    for value in [format!(r#"{{"AWS":"{A}"}}"#), format!(r#"{{"AWS":["arn:aws:iam::{A}:root"]}}"#)] {
        for principal in [user(), session(), federated_user()] {
            assert_eq!(reach(&value, &principal), Some(Reach::Account), "{value}");
        }
        assert_eq!(reach(&value, &root()), Some(Reach::Direct));
        assert_eq!(reach(&value, &Principal::Anonymous), None);
    }
    assert_eq!(reach(r#"{"AWS":"arn:aws-cn:iam::123456789012:root"}"#, &user()), None);
    assert_eq!(reach(r#"{"AWS":"999999999999"}"#, &user()), None);
}

#[test]
fn there_are_no_partial_wildcards() {
    for value in [
        "arn:aws:iam::123456789012:user/*",
        "arn:aws:iam::*:root",
        "arn:aws:sts::123456789012:assumed-role/Deploy/*",
        "arn:aws:iam::123456789012:role/*",
    ] {
        for principal in [user(), session(), root()] {
            assert_eq!(reach(&format!(r#"{{"AWS":"{value}"}}"#), &principal), None, "{value}");
        }
    }
}

#[test]
fn a_role_arn_reaches_its_sessions_by_name_whatever_the_path() {
    for value in ["role/path/Deploy", "role/Deploy", "role/other/deploy"] {
        assert_eq!(
            reach(&format!(r#"{{"AWS":"arn:aws:iam::{A}:{value}"}}"#), &session()),
            Some(Reach::Entity),
            "{value}"
        );
    }
    assert_eq!(reach(r#"{"AWS":"AROADEPLOYDEPLOYDEPL1"}"#, &session()), Some(Reach::Entity));
    for other in [
        "arn:aws:iam::123456789012:role/Deploy2",
        "arn:aws:iam::999999999999:role/Deploy",
        "arn:aws-cn:iam::123456789012:role/Deploy",
    ] {
        assert_eq!(reach(&format!(r#"{{"AWS":"{other}"}}"#), &session()), None, "{other}");
    }
}

#[test]
fn users_and_sessions_are_matched_exactly() {
    assert_eq!(reach(r#"{"AWS":"arn:aws:iam::123456789012:user/team/alice"}"#, &user()), Some(Reach::Direct));
    assert_eq!(reach(r#"{"AWS":"AIDAALICEALICEALICE12"}"#, &user()), Some(Reach::Direct));
    assert_eq!(reach(r#"{"AWS":"arn:aws:iam::123456789012:user/alice"}"#, &user()), None);
    assert_eq!(reach(r#"{"AWS":"arn:aws:iam::123456789012:user/team/Alice"}"#, &user()), None);
    assert_eq!(
        reach(r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/Deploy/ci"}"#, &session()),
        Some(Reach::Direct)
    );
    assert_eq!(reach(r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/Deploy/cd"}"#, &session()), None);
    assert_eq!(
        reach(r#"{"AWS":"arn:aws:sts::123456789012:federated-user/bob"}"#, &federated_user()),
        Some(Reach::Direct)
    );
    assert_eq!(
        reach(r#"{"AWS":"arn:aws:iam::123456789012:user/team/alice"}"#, &federated_user()),
        Some(Reach::Entity)
    );
}

#[test]
fn services_and_providers_are_matched_exactly_and_under_their_key() {
    let service = Principal::Service(Service::new("cloudtrail.amazonaws.com"));
    assert_eq!(
        reach(r#"{"Service":["s3.amazonaws.com","cloudtrail.amazonaws.com"]}"#, &service),
        Some(Reach::Direct)
    );
    assert_eq!(reach(r#"{"AWS":"cloudtrail.amazonaws.com"}"#, &service), None);
    let web = Principal::Federated(Federated::new("arn:aws:iam::123456789012:oidc-provider/x"));
    assert_eq!(
        reach(r#"{"Federated":"arn:aws:iam::123456789012:oidc-provider/x"}"#, &web),
        Some(Reach::Direct)
    );
    assert_eq!(reach(r#"{"AWS":"123456789012"}"#, &web), None);
}

#[test]
fn not_principal_excepts_what_it_lists() {
    let takes = |json: &str, principal: &Principal, effect, bounded| {
        element(json, "NotPrincipal").takes(principal, effect, bounded).is_some()
    };
    let alice = r#"{"AWS":"arn:aws:iam::123456789012:user/team/alice"}"#;
    assert!(!takes(alice, &user(), Effect::Deny, false));
    assert!(takes(alice, &session(), Effect::Deny, false));
    assert!(takes(alice, &user(), Effect::Deny, true), "a boundary defeats the exception");
    assert!(!takes(alice, &user(), Effect::Allow, false));
    assert!(takes(alice, &session(), Effect::Allow, true));
    assert!(takes(alice, &Principal::Anonymous, Effect::Deny, false));
}

#[test]
fn a_deny_excepts_a_role_session_only_with_session_role_and_account() {
    let parts = [
        r#""arn:aws:sts::123456789012:assumed-role/Deploy/ci""#,
        r#""arn:aws:iam::123456789012:role/path/Deploy""#,
        r#""arn:aws:iam::123456789012:root""#,
    ];
    for listed in 0..8 {
        let values: Vec<&str> =
            parts.iter().enumerate().filter(|(n, _)| listed >> n & 1 == 1).map(|(_, v)| *v).collect();
        let element = element(&format!(r#"{{"AWS":[{}]}}"#, values.join(",")), "NotPrincipal");
        assert_eq!(element.takes(&session(), Effect::Deny, false).is_some(), listed != 7, "{values:?}");
        assert_eq!(element.takes(&session(), Effect::Allow, false).is_some(), listed == 0, "{values:?}");
    }
}
