use std::sync::Arc;

use super::*;
use crate::{Bundle, Policy, SourceKind};

fn bundle(statements: &str) -> Arc<Bundle> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let policy = Arc::new(Policy::parse(&text).unwrap());
    let named = |name: &str| Named::new(SourceKind::Input, name, Arc::clone(&policy));
    Bundle::new(vec![named("one"), named("two")])
}

type Places = Vec<(u32, u32)>;

/// The statements of a plan: denies, allows, and whether one allows everything.
fn plan(bundle: &Bundle, action: &str) -> (Places, Places, bool) {
    let slots = |slots: &[Slot]| slots.iter().map(|slot| (slot.policy, slot.statement)).collect();
    bundle.with_plan(&Action::parse(action).unwrap(), |plan| {
        (slots(plan.denies()), slots(plan.allows()), plan.passes().unaddressed.is_some())
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
        let allows = vec![(0, 0), (0, 2), (1, 0), (1, 2)];
        assert_eq!(plan(&bundle, "A:C"), (vec![], allows, true));
        assert_eq!(plan(&bundle, "b:b").1.len(), 2);
    }
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
    let kept = bundle.plans().actions.0.len();
    assert_eq!(kept, 8 + 64 + 1024);
}

#[test]
fn actions_of_a_service_share_a_plan_where_no_policy_tells_them_apart() {
    let bundle = bundle(
        r#"{"Effect":"Allow","Action":["s3:*","ec2:Run*","*"],"Resource":"*"},
           {"Effect":"Deny","NotAction":["s3:*","iam:GetUser"],"Resource":"*"}"#,
    );
    let kept = |action: &str| {
        let _ = plan(&bundle, action);
        (bundle.plans().services.len(), bundle.plans().actions.0.len())
    };
    assert_eq!([kept("s3:GetObject"), kept("s3:PutObject"), kept("S3:ListBucket")], [(1, 0); 3]);
    assert_eq!([kept("sqs:SendMessage"), kept("sqs:DeleteMessage")], [(2, 0); 2]);
    assert_eq!([kept("ec2:RunInstances"), kept("ec2:StopInstances")], [(3, 1), (3, 2)]);
    assert_eq!([kept("iam:GetUser"), kept("iam:GetRole")], [(4, 3), (4, 4)]);
    // A service that AWS does not have is known by its actions alone.
    assert_eq!([kept("own:One"), kept("own:Two")], [(4, 5), (4, 6)]);
    assert_eq!(plan(&bundle, "iam:GetUser"), (vec![], vec![(0, 0), (1, 0)], true));
    assert_eq!(plan(&bundle, "iam:GetRole"), (vec![(0, 1), (1, 1)], vec![(0, 0), (1, 0)], true));
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
