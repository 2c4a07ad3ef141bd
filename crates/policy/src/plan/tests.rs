use std::sync::Arc;

use super::*;
use crate::{Bundle, Named, Policy, SourceKind};

fn bundle(statements: &str) -> Arc<Bundle> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let policy = Arc::new(Policy::parse(&text).unwrap());
    let named = |name: &str| Named::new(SourceKind::Input, name, Arc::clone(&policy));
    Bundle::new(vec![named("one"), named("two")])
}

type Places = Vec<(u32, u32)>;

/// The statements of a plan that deny, those that allow, and whether one allows everything.
fn plan(bundle: &Bundle, action: &str) -> (Places, Places, bool) {
    let name = |place: Place| (place.policy, place.statement);
    let places = |rules: read::Rules<'_>| rules.map(|rule| name(rule.place())).collect();
    bundle.with_plan(Layer::Identity, &Action::parse(action).unwrap(), |mut plan| {
        let (_, denies) = plan.layer().unwrap();
        let level = plan.level().unwrap();
        assert!(plan.level().is_none() && plan.layer().is_none());
        match level {
            Level::All(place) => (places(denies), vec![name(place)], true),
            Level::Some(rules) => (places(denies), places(rules), false),
        }
    })
}

#[test]
fn a_plan_has_each_statement_of_its_action_once_and_is_the_same_when_kept() {
    let bundle = bundle(
        r#"{"Effect":"Allow","Action":["a:*","a:b","a:b*"],"Resource":"arn:aws:s3:::x"},
           {"Effect":"Deny","Action":"a:b","Resource":"*"},
           {"Effect":"Allow","NotAction":"a:b","Resource":"*"}"#,
    );
    for _ in 0..2 {
        assert_eq!(plan(&bundle, "a:b"), (vec![(0, 1), (1, 1)], vec![(0, 0), (1, 0)], false));
        // Where a statement allows everything, it speaks for all.
        assert_eq!(plan(&bundle, "A:C"), (vec![], vec![(0, 2)], true));
        assert_eq!(plan(&bundle, "b:b"), (vec![], vec![(0, 2)], true));
    }
}

#[test]
fn what_can_never_apply_in_a_layer_is_left_out() {
    let bundle = bundle(
        r#"{"Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3"},
           {"Effect":"Allow","Action":"a:b"},
           {"Effect":"Allow","Principal":"*","Action":"a:b","Resource":"arn:aws:s3:::x"},
           {"Effect":"Deny","Principal":{"AWS":"123456789012"},"Action":"a:b","Resource":"arn:aws:s3:::x"}"#,
    );
    let statements = |layer| {
        let count = |rules: read::Rules<'_>| rules.map(|rule| rule.place().statement).collect();
        bundle.with_plan(layer, &Action::parse("a:b").unwrap(), |mut plan| {
            let denies: std::collections::BTreeSet<u32> = count(plan.layer().unwrap().1);
            let allows = match plan.level().unwrap() {
                Level::All(place) => [place.statement].into(),
                Level::Some(rules) => count(rules),
            };
            (denies, allows)
        })
    };
    assert_eq!(statements(Layer::Identity), ([3].into(), [0].into()));
    assert_eq!(statements(Layer::ServiceControl), ([3].into(), [].into()));
    assert_eq!(statements(Layer::Resource), ([3].into(), [2].into()));
}

#[test]
fn numbers_and_texts_of_any_size_are_read_as_they_were_written() {
    let many = 270;
    let name = "x".repeat(300);
    let long = format!("arn:aws:s3:::{}", "y".repeat(150));
    let huge = format!("arn:aws:s3:::{}", "z".repeat(70_000));
    let statements: Vec<String> = (0..many)
        .map(|number| {
            let odd = if number == 207 { &huge } else { &long };
            format!(
                r#"{{"Effect":"Deny","Action":"a:{name}","Resource":["{long}*{number}","{odd}{number}?","{odd}*x*"]}}"#
            )
        })
        .collect();
    let bundle = bundle(&statements.join(","));
    let expected: Places = (0..2).flat_map(|policy| (0..many).map(move |number| (policy, number))).collect();
    assert_eq!(plan(&bundle, &format!("a:{name}")).0, expected);
    let denied = |resource: &str| {
        let set = crate::PolicySet { identity: Some(Arc::clone(&bundle)), ..Default::default() };
        let who = crate::Principal::parse("arn:aws:iam::123456789012:user/u").unwrap();
        let request = crate::Request::new(who, Action::parse(&format!("a:{name}")).unwrap(), resource);
        let decision = crate::evaluate(&set, &request);
        decision.deciding().next().map(|place| place.statement)
    };
    assert_eq!(denied(&format!("{long}-269")), Some(9));
    assert_eq!(denied(&format!("{long}261?")), Some(261));
    assert_eq!(denied(&format!("{huge}207?")), Some(207));
    assert_eq!(denied(&format!("{huge}-y")), None);
}

#[test]
fn what_is_too_long_for_a_plan_is_asked_of_its_statement() {
    let huge = "z".repeat(70_000);
    let [odd, even] = ["x", "y"].map(|last| format!("{huge}{last}"));
    let allows = |elements: &str, resource: &str, key: &str, value: &str| {
        let bundle = bundle(&format!(r#"{{"Effect":"Allow","Action":"a:b",{elements}}}"#));
        let set = crate::PolicySet { identity: Some(bundle), ..Default::default() };
        let who = crate::Principal::parse("arn:aws:iam::123456789012:user/u").unwrap();
        let request = crate::Request::new(who, Action::parse("a:b").unwrap(), resource);
        crate::evaluate(&set, &request.with_context(crate::Context::new().with(key, value))).is_allowed()
    };
    for end in ["", "*", "*w*"] {
        let elements = format!(r#""Resource":"arn:aws:s3:::{odd}{end}""#);
        let tail = end.trim_matches('*');
        assert!(allows(&elements, &format!("arn:aws:s3:::{odd}{tail}"), "k", "v"), "{end}");
        assert!(!allows(&elements, &format!("arn:aws:s3:::{even}{tail}"), "k", "v"), "{end}");
    }
    let listed = format!(r#""Resource":"*","Condition":{{"StringEquals":{{"k":["{huge}","{odd}"]}}}}"#);
    assert!(allows(&listed, "*", "k", &odd) && !allows(&listed, "*", "k", &even));
    let named = format!(r#""Resource":"*","Condition":{{"StringEquals":{{"k:{odd}":"v"}}}}"#);
    assert!(allows(&named, "*", &format!("k:{odd}"), "v") && !allows(&named, "*", &format!("k:{even}"), "v"));
}

#[test]
fn a_rule_is_narrow_if_all_its_numbers_are() {
    let small = Place { level: 255, policy: 255, statement: 255 };
    let (fits, too_long) = (vec![0; 65_535], vec![0; 65_536]);
    assert!(draft::is_narrow(small, &fits, &fits));
    assert!(!draft::is_narrow(small, &too_long, &[]) && !draft::is_narrow(small, &[], &too_long));
    for wide in
        [Place { level: 256, ..small }, Place { policy: 256, ..small }, Place { statement: 256, ..small }]
    {
        assert!(!draft::is_narrow(wide, &[], &[]), "{wide:?}");
    }
}

#[test]
fn an_action_whose_name_is_too_long_to_be_kept_is_no_other() {
    let long = format!("a:{}", "x".repeat(70_000));
    let bundle = bundle(&format!(r#"{{"Effect":"Allow","Action":"{long}","Resource":"*"}}"#));
    for _ in 0..2 {
        assert!(plan(&bundle, &long).2);
        assert!(!plan(&bundle, &format!("{long}x")).2);
        assert!(!plan(&bundle, long.get(..65_535).unwrap()).2);
    }
    let again = Action::parse(&long).unwrap();
    let kept = bundle.plans().0.find(again.hash(), |plan| plan.walk_of(Side::Layer(Layer::Identity), &again));
    assert!(kept.is_none());
}

#[test]
fn a_plan_is_found_by_a_whole_name_and_never_by_the_beginning_of_one() {
    let action = |length: usize| Action::parse(&format!("a:{}", "x".repeat(length - 2))).unwrap();
    let found = |written: usize, sought: usize| {
        let plan = Plan(draft::begin(Side::Own, &action(written)).into());
        plan.walk_of(Side::Own, &action(sought)).is_some()
    };
    assert!(found(65_535, 65_535));
    assert!(!found(65_536, 65_536) && !found(65_536, 65_535));
}

#[test]
fn a_bundle_keeps_so_many_plans_and_answers_alike_beyond() {
    let bundle = bundle(r#"{"Effect":"Allow","Action":"a:x1*","Resource":"*"}"#);
    for _ in 0..2 {
        for number in 0..3_000 {
            let expected = number.to_string().starts_with('1');
            assert_eq!(plan(&bundle, &format!("a:x{number}")).2, expected, "{number}");
        }
    }
    assert_eq!(bundle.plans().len(), 16 + 128 + 1024);
}

#[test]
fn a_bundle_has_a_plan_for_each_layer_that_it_stands_in() {
    let bundle = bundle(r#"{"Effect":"Allow","Principal":"*","Action":"a:b","Resource":"*"}"#);
    let action = Action::parse("a:b").unwrap();
    for _ in 0..2 {
        for (layer, passes) in [(Layer::Identity, false), (Layer::Resource, true), (Layer::Endpoint, true)] {
            bundle.with_plan(layer, &action, |mut plan| {
                assert_eq!(plan.layer().unwrap().0, layer);
                assert_eq!(matches!(plan.level(), Some(Level::All(_))), passes, "{layer:?}");
            });
        }
    }
    assert_eq!(bundle.plans().len(), 3);
}

#[test]
fn actions_that_begin_alike_are_told_apart_however_long() {
    let long = "x".repeat(70);
    let bundle = bundle(&format!(r#"{{"Effect":"Allow","Action":"a:{long}y","Resource":"*"}}"#));
    for _ in 0..2 {
        assert!(plan(&bundle, &format!("a:{long}y")).2);
        assert!(!plan(&bundle, &format!("a:{long}z")).2);
        assert!(!plan(&bundle, &format!("a:{long}")).2);
    }
}

#[test]
fn threads_that_ask_at_once_get_the_same_answer() {
    let bundle = bundle(r#"{"Effect":"Allow","Action":"a:x1*","Resource":"*"}"#);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0..700 {
                    assert_eq!(plan(&bundle, &format!("a:x{number}")).2, number.to_string().starts_with('1'));
                }
            });
        }
    });
}
