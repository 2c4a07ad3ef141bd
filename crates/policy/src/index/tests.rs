use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::{Policy, SourceKind};

/// Every statement that an index visits for an action.
fn visited(index: &Index, policies: &[Named], effect: Effect, action: &Action) -> BTreeSet<(u32, u32)> {
    let mut slots = BTreeSet::new();
    let service = index.service(action);
    let none = index.find(policies, effect, (action, service), |slot, _| {
        slots.insert((slot.policy, slot.statement));
        None::<()>
    });
    assert_eq!(none, None);
    slots
}

/// Every statement that speaks of an action, by looking at all of them.
fn speaking(policies: &[Named], effect: Effect, action: &Action) -> BTreeSet<(u32, u32)> {
    let mut slots = BTreeSet::new();
    for (policy, named) in (0u32..).zip(policies) {
        for (number, statement) in (0u32..).zip(named.policy.statements()) {
            if statement.effect() == effect && speaks_of(statement, action) {
                slots.insert((policy, number));
            }
        }
    }
    slots
}

fn managed(step: usize) -> Vec<Named> {
    let documents = catalog::managed_policies().iter().step_by(step).map(catalog::ManagedPolicy::document);
    documents
        .map(|text| Named::new(SourceKind::AwsManaged, "p", Arc::new(Policy::parse(text).unwrap())))
        .collect()
}

#[test]
fn an_index_visits_exactly_the_statements_that_speak_of_an_action() {
    let policies = managed(40);
    let index = Index::of(&policies);
    let mut met = 0;
    let names = catalog::services().iter().flat_map(|service| {
        service.actions().iter().map(move |action| format!("{}:{}", service.prefix(), action.name()))
    });
    for name in names.step_by(7).chain(["own:Thing".to_owned(), "s3express:GetObject".to_owned()]) {
        let action = Action::parse(&name).unwrap();
        for effect in [Effect::Allow, Effect::Deny] {
            let expected = speaking(&policies, effect, &action);
            assert_eq!(visited(&index, &policies, effect, &action), expected, "{name}");
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
    let policies = [Named::new(SourceKind::Input, "p", Arc::new(Policy::parse(text).unwrap()))];
    let index = Index::of(&policies);
    for name in ["a:b", "a:bc", "a:bcdefghij", "a:bcdefghijkl", "a:c", "b:b", "A:BC", "aa:b"] {
        let action = Action::parse(name).unwrap();
        for effect in [Effect::Allow, Effect::Deny] {
            assert_eq!(
                visited(&index, &policies, effect, &action),
                speaking(&policies, effect, &action),
                "{name}"
            );
        }
    }
}

#[test]
fn only_what_allows_everything_is_a_pass() {
    let pass = |statement: &str| {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        let policies = [Named::new(SourceKind::Input, "p", Arc::new(Policy::parse(&text).unwrap()))];
        let passes = *Index::of(&policies).passes();
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
