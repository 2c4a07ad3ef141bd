use std::collections::BTreeSet;

use super::*;
use crate::Policy;

/// Every statement that an index visits for an action.
fn visited(policy: &Policy, action: &Action) -> BTreeSet<u32> {
    let mut numbers = BTreeSet::new();
    policy.index.visit(policy.statements(), action, |number| {
        numbers.insert(number);
    });
    numbers
}

/// Every statement that speaks of an action, by looking at all of them.
fn speaking(policy: &Policy, action: &Action) -> BTreeSet<u32> {
    let numbered = (0u32..).zip(policy.statements());
    numbered.filter(|(_, statement)| speaks_of(statement, action)).map(|(number, _)| number).collect()
}

#[test]
fn an_index_visits_exactly_the_statements_that_speak_of_an_action() {
    let documents = catalog::managed_policies().iter().step_by(40).map(catalog::ManagedPolicy::document);
    let policies: Vec<Policy> = documents.map(|text| Policy::parse(text).unwrap()).collect();
    let mut met = 0;
    let names = catalog::services().iter().flat_map(|service| {
        service.actions().iter().map(move |action| format!("{}:{}", service.prefix(), action.name()))
    });
    for name in names.step_by(7).chain(["own:Thing".to_owned(), "s3express:GetObject".to_owned()]) {
        let action = Action::parse(&name).unwrap();
        for policy in &policies {
            let expected = speaking(policy, &action);
            assert_eq!(visited(policy, &action), expected, "{name}");
            met += expected.len();
        }
    }
    assert!(met > 1_000);
}

#[test]
fn short_names_and_prefixes_are_told_apart() {
    let text = r#"{"Statement":[
        {"Effect":"Allow","Action":["a:b*","a:bc"],"Resource":"*"},
        {"Effect":"Allow","Action":["a:bcdefghijk*"],"Resource":"*"},
        {"Effect":"Deny","NotAction":["a:b*"],"Resource":"*"},
        {"Effect":"Deny","Action":["a:?c","*"],"Resource":"*"}]}"#;
    let policy = Policy::parse(text).unwrap();
    for name in ["a:b", "a:bc", "a:bcdefghij", "a:bcdefghijkl", "a:c", "b:b", "A:BC", "aa:b"] {
        let action = Action::parse(name).unwrap();
        assert_eq!(visited(&policy, &action), speaking(&policy, &action), "{name}");
    }
}

#[test]
fn only_what_allows_everything_is_a_pass() {
    let pass = |statement: &str| {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        let passes = Policy::parse(&text).unwrap().index.passes;
        (passes.unaddressed.is_some(), passes.to_everyone.is_some())
    };
    assert_eq!(pass(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#), (true, false));
    assert_eq!(
        pass(r#"{"Effect":"Allow","Principal":"*","Action":["a:b","*"],"Resource":["x:y","*"]}"#),
        (false, true)
    );
    for other in [
        r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#,
        r#"{"Effect":"Allow","NotAction":"*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"a:*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::*"}"#,
        r#"{"Effect":"Allow","Action":"*","NotResource":"*"}"#,
        r#"{"Effect":"Allow","Action":"*"}"#,
        r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"a":"true"}}}"#,
        r#"{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"*","Resource":"*"}"#,
        r#"{"Effect":"Allow","NotPrincipal":"*","Action":"*","Resource":"*"}"#,
    ] {
        assert_eq!(pass(other), (false, false), "{other}");
    }
}
