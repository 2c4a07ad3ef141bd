//! §5: actions, resources and principals inside an evaluation, and variables in resources.

use policy::{Layer, Outcome, Policy};

use crate::support::*;

fn one(statement: &str, request: &policy::Request) -> Outcome {
    outcome(&set().with_identity(vec![doc(&[statement])]), request)
}

#[test]
fn not_action_is_the_complement() {
    let statement = r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#;
    assert_eq!(one(statement, &get(user())), Outcome::Allowed);
    assert_eq!(one(statement, &request(user(), "iam:GetUser", "*")), Outcome::ImplicitDeny);
    let malformed = r#"{"Effect":"Allow","NotAction":["s3","*:*"],"Resource":"*"}"#;
    assert_eq!(one(malformed, &get(user())), Outcome::Allowed);
}

#[test]
fn not_resource_is_the_complement_and_speaks_of_requests_without_resource() {
    let statement =
        r#"{"Effect":"Allow","Action":"s3:*","NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}"#;
    assert_eq!(one(statement, &get(user())), Outcome::ImplicitDeny);
    assert_eq!(one(statement, &request(user(), "s3:GetObject", "arn:aws:s3:::c/k")), Outcome::Allowed);
    assert_eq!(one(statement, &request(user(), "s3:ListAllMyBuckets", "*")), Outcome::Allowed);
    let all = r#"{"Effect":"Allow","Action":"s3:*","NotResource":"*"}"#;
    assert_eq!(one(all, &request(user(), "s3:ListAllMyBuckets", "*")), Outcome::ImplicitDeny);
}

#[test]
fn a_request_without_resource_takes_resource_star_only() {
    let list = request(user(), "s3:ListAllMyBuckets", "*");
    assert_eq!(one(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#, &list), Outcome::Allowed);
    assert_eq!(
        one(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}"#, &list),
        Outcome::ImplicitDeny
    );
}

#[test]
fn a_variable_without_value_takes_nothing() {
    let own = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/*"}"#;
    let home = request(user(), "s3:GetObject", "arn:aws:s3:::alice/k");
    assert_eq!(one(own, &home.clone().with_context(context(&[("aws:username", "alice")]))), Outcome::Allowed);
    assert_eq!(one(own, &home), Outcome::ImplicitDeny);
    let except = r#"{"Effect":"Allow","Action":"s3:*","NotResource":["arn:aws:s3:::x","arn:aws:s3:::${aws:username}/*"]}"#;
    assert_eq!(one(except, &home), Outcome::ImplicitDeny, "the whole statement falls");
    assert_eq!(one(except, &home.with_context(context(&[("aws:username", "bob")]))), Outcome::Allowed);
    let deny = doc(&[r#"{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::${aws:username}/*"}"#]);
    allowed(&set().with_identity(vec![allow("*"), deny]), &get(user()));
}

#[test]
fn versions_before_2012_have_no_variables() {
    let text =
        r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/*"}}"#;
    let set = set().with_identity(vec![named(text)]);
    let context = context(&[("aws:username", "alice")]);
    let ask = |resource| request(user(), "s3:GetObject", resource).with_context(context.clone());
    implicit(&set, &ask("arn:aws:s3:::alice/k"), &[Layer::Identity]);
    allowed(&set, &ask("arn:aws:s3:::${aws:username}/k"));
}

#[test]
fn only_a_resource_s_own_policy_may_leave_the_resource_out() {
    allowed(&set().with_resource(grant("Allow", r#""*""#, "s3:*")), &get(user()));
    let without = doc(&[r#"{"Effect":"Allow","Action":"s3:*"}"#]);
    implicit(&set().with_identity(vec![without]), &get(user()), &[Layer::Identity]);
    let endpoint = grant("Allow", r#""*""#, "s3:*");
    implicit(
        &set().with_identity(vec![allow("*")]).with_endpoint(vec![endpoint]),
        &get(user()),
        &[Layer::Endpoint],
    );
}

#[test]
fn a_resource_policy_without_principal_takes_nobody() {
    implicit(&set().with_resource(allow("s3:*")), &get(user()), &[Layer::Identity]);
    allowed(&set().with_identity(vec![allow("*")]).with_resource(deny("s3:*")), &get(user()));
}

#[test]
fn a_principal_where_none_belongs_can_only_deny() {
    implicit(&set().with_identity(vec![grant_on("Allow")]), &get(user()), &[Layer::Identity]);
    explicit(&set().with_identity(vec![allow("*"), grant_on("Deny")]), &get(user()));
}

fn grant_on(effect: &str) -> policy::Named {
    doc(&[&format!(r#"{{"Effect":"{effect}","Principal":"*","Action":"s3:*","Resource":"*"}}"#)])
}

#[test]
fn an_endpoint_s_policy_matches_principals_as_a_resource_s() {
    let endpoint = |principal: &str| {
        let statement =
            format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"*","Resource":"*"}}"#);
        set().with_identity(vec![allow("*")]).with_endpoint(vec![doc(&[&statement])])
    };
    allowed(&endpoint(r#""*""#), &get(user()));
    allowed(&endpoint(&aws(A)), &get(user()));
    allowed(&endpoint(&aws(USER)), &get(user()));
    implicit(&endpoint(&aws(B)), &get(user()), &[Layer::Endpoint]);
}

#[test]
fn a_condition_is_and_over_operators_and_keys() {
    let statement = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"a":"1","b":["1","2"]},"Bool":{"c":"true"}}}"#;
    for (a, b, c, expected) in [
        ("1", "2", "true", Outcome::Allowed),
        ("2", "2", "true", Outcome::ImplicitDeny),
        ("1", "3", "true", Outcome::ImplicitDeny),
        ("1", "1", "false", Outcome::ImplicitDeny),
    ] {
        let request = get(user()).with_context(context(&[("A", a), ("B", b), ("C", c)]));
        assert_eq!(one(statement, &request), expected);
    }
    assert_eq!(
        one(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{}}"#, &get(user())),
        Outcome::Allowed
    );
    assert_eq!(
        one(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{}}}"#,
            &get(user())
        ),
        Outcome::Allowed
    );
}

#[test]
fn the_largest_policy_with_the_worst_patterns_is_decided_quickly() {
    let worst = [
        format!("arn:aws:s3:::{}b", "*a".repeat(3000)),
        format!("arn:aws:s3:::*{}b", "a?".repeat(500)),
        format!("arn:aws:s3:::{}", "${v}*".repeat(400)),
    ];
    let statements = worst.iter().map(|resource| {
        format!(r#"{{"Effect":"Allow","Action":"s3:*","Resource":"{resource}","Condition":{{"StringLike":{{"v":"{}c"}}}}}}"#, "*a".repeat(500))
    });
    let text =
        format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.collect::<Vec<_>>().join(","));
    assert!(Policy::parse(&text).is_ok());
    let resource = format!("arn:aws:s3:::{}", "a".repeat(2000));
    let request =
        request(user(), "s3:GetObject", &resource).with_context(context(&[("v", &"a".repeat(256))]));
    let set = set().with_identity(vec![named(&text)]);
    for _ in 0..100 {
        implicit(&set, &request, &[Layer::Identity]);
    }
}
