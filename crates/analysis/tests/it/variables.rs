//! Policy variables: random pairs whose keys are compared with each other, whole and within longer texts, with and
//! without regard to case, one by one and in lists.

use std::collections::BTreeMap;

use analysis::Relation::{Equivalent, Incomparable, LessPermissive, MorePermissive, Unknown};
use analysis::{Budget, allows, compare};
use policy::{Action, Principal, Request};

use super::random::Random;
use super::support::{allow, check, document, when};

/// What a kind of test draws from.
struct Grammar {
    operators: &'static [&'static str],
    set_operators: &'static [&'static str],
    values: &'static [&'static str],
    /// JSON.
    resources: &'static [&'static str],
    touched: &'static [&'static str],
    held: &'static [&'static str],
}

const WHOLE: Grammar = Grammar {
    operators: &[
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLikeIfExists",
        "StringEqualsIfExists",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
    ],
    set_operators: &[
        "ForAnyValue:StringEquals",
        "ForAllValues:StringLike",
        "ForAllValues:StringNotEquals",
        "ForAnyValue:StringEqualsIgnoreCase",
    ],
    values: &["${v}", "${w}", "${k}", "x", "X", "y", "x*", "${v, 'x'}", ""],
    resources: &["*", "*", "*", "arn:aws:s3:::b/x", "arn:aws:s3:::b/${v}"],
    touched: &["arn:aws:s3:::b/x", "arn:aws:s3:::b/y", "arn:aws:s3:::b/z", "arn:aws:s3:::c"],
    held: &["x", "y", "z", "z", "xy", "X", "Z", ""],
};

const WITHIN: Grammar = Grammar {
    operators: &[
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringLikeIfExists",
        "StringEqualsIgnoreCase",
    ],
    set_operators: &["ForAnyValue:StringLike", "ForAllValues:StringLike", "ForAllValues:StringNotLike"],
    values: &[
        "x/${v}",
        "x/${v}*",
        "x/${v}/*",
        "${v}*",
        "*${v}",
        "${v}?",
        "a${w}",
        "${v}/${w}",
        "${w}",
        "x/*",
        "x/y",
        "x/yz*",
        "?",
        "${v, 'x'}y",
    ],
    resources: &[
        "*",
        "*",
        "arn:aws:s3:::b/x",
        "arn:aws:s3:::b/${v}",
        "arn:aws:s3:::b/${v}/*",
        "arn:aws:s3:::b/${v}${w}",
        "arn:aws:s3:::*/${w}",
    ],
    touched: &[
        "arn:aws:s3:::b/x",
        "arn:aws:s3:::b/y/q",
        "arn:aws:s3:::b/",
        "arn:aws:s3:::c/z",
        "arn:aws:s3:::b/zz",
    ],
    held: &["x", "y", "yz", "z", "xy", "y/z", "Y", ""],
};

const KEYS: &[&str] = &["k", "v", "w", "l"];

impl Grammar {
    fn statement(&self, random: &mut Random) -> String {
        let mut conditions: BTreeMap<&str, String> = BTreeMap::new();
        for _ in 0..1 + random.below(2) {
            // Mostly the key that is compared with the others.
            let key = if random.below(2) == 0 { "k" } else { random.one(KEYS) };
            let values = self.values_for(random, key);
            conditions.insert(random.one(self.operators), format!(r#"{{"{key}": {values}}}"#));
        }
        if random.below(4) == 0 {
            let (key, value) = (random.one(&["v", "w", "k"]), random.one(&["true", "false"]));
            conditions.insert("Null", format!(r#"{{"{key}": "{value}"}}"#));
        }
        if random.below(4) == 0 {
            let key = random.one(&["l", "l", "v"]);
            let values = self.values_for(random, key);
            conditions.insert(random.one(self.set_operators), format!(r#"{{"{key}": {values}}}"#));
        }
        let conditions: Vec<String> =
            conditions.iter().map(|(operator, keys)| format!(r#""{operator}": {keys}"#)).collect();
        let effect = if random.below(4) == 0 { "Deny" } else { "Allow" };
        let resource = random.one(self.resources);
        format!(
            r#"{{"Effect": "{effect}", "Action": "s3:GetObject", "Resource": "{resource}", "Condition": {{{}}}}}"#,
            conditions.join(",")
        )
    }

    /// No key is compared with a longer text that it is part of itself.
    fn values_for(&self, random: &mut Random, key: &str) -> String {
        loop {
            let values = random.some(self.values);
            let own = format!("${{{key}");
            if !values.contains(&own) || values.contains(&format!("\"{own}}}\"")) {
                return values;
            }
        }
    }

    /// A text that a key may hold: any, or what a policy lists with its variables filled in.
    fn text(&self, random: &mut Random, held: &BTreeMap<&str, String>) -> String {
        if random.below(2) == 0 {
            return random.one(self.held).to_owned();
        }
        let listed = random.one(self.values);
        self.filled(random, listed, held)
    }

    fn filled(&self, random: &mut Random, text: &str, held: &BTreeMap<&str, String>) -> String {
        let mut text = text.replace("${v, 'x'}", "${v}");
        for (key, value) in held {
            text = text.replace(&format!("${{{key}}}"), value);
        }
        text.replace('*', random.one(&["", "z", "/", "yz"])).replace('?', "z")
    }

    fn request(&self, random: &mut Random, pair: &str) -> Request {
        let mut held: BTreeMap<&str, String> = BTreeMap::new();
        for key in ["v", "w"] {
            held.insert(key, random.one(self.held).to_owned());
        }
        let resource = if random.below(2) == 0 {
            random.one(self.touched).to_owned()
        } else {
            let resource = random.one(self.resources);
            self.filled(random, resource, &held)
        };
        let principal = Principal::parse("arn:aws:iam::123456789012:user/witness").unwrap();
        let mut request = Request::new(principal, Action::parse("s3:GetObject").unwrap(), &resource);
        for key in KEYS {
            // Lists count where a set operator asks.
            let asks = |clause: &str| {
                clause.split('}').next().is_some_and(|it| it.contains(&format!(r#"{{"{key}":"#)))
            };
            let is_asked = pair.split("ForA").skip(1).any(asks);
            match random.below(6) {
                0 => {}
                1 | 2 if is_asked => {
                    let values: Vec<String> =
                        (0..random.below(3)).map(|_| self.text(random, &held)).collect();
                    request.context.set_list(key, values);
                }
                _ => {
                    let text = match held.get(key) {
                        Some(text) => text.clone(),
                        None => self.text(random, &held),
                    };
                    request.context.set(key, text);
                }
            }
        }
        request
    }

    /// Pairs, requests that tell them apart, and pairs that are not decided.
    fn never_contradicts(&self, seed: u64, pairs: usize, each: usize) -> (usize, usize) {
        let mut random = Random(seed);
        let (mut unknown, mut told) = (0, 0);
        let budget = Budget { steps: 3_000_000, states: 5_000 };
        for _ in 0..pairs {
            let statements: Vec<String> =
                (0..1 + random.below(2)).map(|_| self.statement(&mut random)).collect();
            let mut changed = statements.clone();
            let at = random.below(changed.len());
            changed[at] = self.statement(&mut random);
            let (a, b) = (document(&statements.join(",")), document(&changed.join(",")));
            let answer = compare(&a, &b, budget);
            unknown += usize::from(answer.relation == Unknown);
            let (a_may, b_may) = match answer.relation {
                Equivalent => (false, false),
                MorePermissive => (true, false),
                LessPermissive => (false, true),
                Incomparable | Unknown => (true, true),
            };
            let both = format!("{}\n\n{}", statements.join("\n"), changed.join("\n"));
            for _ in 0..each {
                let request = self.request(&mut random, &both);
                let (by_a, by_b) = (allows(&a, &request, false), allows(&b, &request, false));
                told += usize::from(by_a != by_b);
                assert!(!by_a || by_b || a_may, "{:?}: {request:?}\n{both}", answer.relation);
                assert!(!by_b || by_a || b_may, "{:?}: {request:?}\n{both}", answer.relation);
            }
        }
        println!("{pairs} pairs, {unknown} unknown, {told} requests told apart");
        (unknown, told)
    }
}

#[test]
fn variables_that_are_compared_whole_are_decided_and_never_contradicted() {
    let (unknown, told) = WHOLE.never_contradicts(0x2545_f491_4f6c_dd1d, 400, 60);
    assert!(unknown * 8 < 400, "{unknown} were not decided");
    assert!(told > 1_000, "{told}");
}

#[test]
fn variables_within_longer_texts_are_mostly_decided_and_never_contradicted() {
    let (unknown, told) = WITHIN.never_contradicts(0x9e37_79b9_7f4a_7c15, 400, 60);
    assert!(unknown * 4 < 400, "{unknown} were not decided");
    assert!(told > 1_000, "{told}");
}

fn if_like(value: &str) -> String {
    when(&format!(r#"{{"StringLike": {{"s3:prefix": "{value}"}}}}"#))
}

#[test]
fn a_variable_within_a_text_is_told_from_all_that_can_stand_in_its_place() {
    let home = if_like("home/${aws:username}/*");
    check(LessPermissive, &home, &if_like("home/*"));
    check(LessPermissive, &home, &if_like("home/*/*"));
    check(MorePermissive, &home, &if_like("home/${aws:username}/docs/*"));
    check(Incomparable, &home, &if_like("home/alice/*"));
    check(Incomparable, &home, &if_like("home/${aws:userid}/*"));
    check(Equivalent, &home, &format!("{home},{}", if_like("home/${aws:username}/a*")));
    let alice = |value: &str| {
        when(&format!(
            r#"{{"StringLike": {{"s3:prefix": "{value}"}}, "StringEquals": {{"aws:username": "alice"}}}}"#
        ))
    };
    check(Equivalent, &alice("home/${aws:username}/*"), &alice("home/alice/*"));
    check(
        Equivalent,
        &if_like("${aws:username}"),
        &when(r#"{"StringEquals": {"s3:prefix": "${aws:username}"}}"#),
    );
}

#[test]
fn several_variables_of_one_text_are_told_apart() {
    let both = if_like("${aws:PrincipalTag/d}/${aws:PrincipalTag/p}/*");
    check(LessPermissive, &both, &if_like("${aws:PrincipalTag/d}/*"));
    check(LessPermissive, &both, &if_like("*/${aws:PrincipalTag/p}/*"));
    check(Incomparable, &both, &if_like("${aws:PrincipalTag/p}/${aws:PrincipalTag/d}/*"));
}

#[test]
fn variables_of_places_of_their_own_are_told_apart() {
    let domain = |values: &str| {
        let home = format!(r#""Condition": {{"StringLike": {{"s3:prefix": {values}}}}}"#);
        let resource = "arn:aws:sagemaker:*:*:space/${sagemaker:DomainId}/*";
        let not = r#"["arn:aws:sagemaker:*:*:domain/*", "arn:aws:sagemaker:*:*:app/*", "arn:aws:sagemaker:*:*:space/*"]"#;
        format!(
            r#"{{"Effect": "Allow", "Action": "sagemaker:*", "Resource": "{resource}", {home}}},
               {{"Effect": "Allow", "Action": "sagemaker:*", "NotResource": {not}}}"#
        )
    };
    let own = domain(r#""home/${aws:username}/*""#);
    check(LessPermissive, &own, &domain(r#"["home/*/*", ""]"#));
    check(MorePermissive, &own, &domain(r#""home/${aws:username}/docs/*""#));
}

#[test]
fn a_star_in_a_not_resource_leaves_nothing_whatever_its_variables_hold() {
    let all_but =
        |entries: &str| format!(r#"{{"Effect": "Allow", "Action": "s3:*", "NotResource": [{entries}]}}"#);
    let nothing = all_but(r#""arn:aws:s3:::b/${aws:username}", "*""#);
    check(Equivalent, &nothing, &all_but(r#""**""#));
    check(LessPermissive, &nothing, &all_but(r#""arn:aws:s3:::b/${aws:username}""#));
}

#[test]
fn what_only_several_variables_together_tell_apart_is_found() {
    let allow = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::home/${aws:userid}"}"#;
    let deny = r#"{"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::home/${aws:PrincipalTag/project}*",
        "Condition": {
            "ArnEquals": {"iam:PolicyARN": "arn:aws:iam::123456789012:policy/${aws:PrincipalTag/team}"},
            "StringLike": {"aws:PrincipalTag/team": "a*"}
        }}"#;
    check(LessPermissive, &format!("{allow},{deny}"), allow);
}

#[test]
fn case_does_not_matter_where_it_is_ignored_and_does_elsewhere() {
    let by = |operator: &str, value: &str| {
        when(&format!(r#"{{"{operator}": {{"aws:ResourceTag/o": "{value}"}}}}"#))
    };
    let (exact, folded) =
        (by("StringEquals", "${aws:username}"), by("StringEqualsIgnoreCase", "${aws:username}"));
    check(LessPermissive, &exact, &folded);
    check(LessPermissive, &folded, &by("StringLike", "*"));
    let not = by("StringNotEqualsIgnoreCase", "${aws:username}");
    check(Equivalent, &format!("{folded},{not}"), &when("{}"));
    check(LessPermissive, &format!("{exact},{not}"), &when("{}"));
}

#[test]
fn a_key_that_holds_a_list_has_no_value_as_a_variable() {
    let tag = r#"{"StringEquals": {"k": "${aws:TagKeys}"}}"#;
    let listed =
        r#"{"StringEquals": {"k": "${aws:TagKeys}"}, "ForAllValues:StringEquals": {"aws:TagKeys": "x"}}"#;
    let x = r#"{"StringEquals": {"k": "x", "aws:TagKeys": "x"}}"#;
    check(MorePermissive, &when(tag), &when(listed));
    check(MorePermissive, &when(listed), &when(x));
    // Nothing is equal to a list, and everything differs from it.
    let apart = r#"{"StringNotEquals": {"k": "${aws:TagKeys}"}}"#;
    let several =
        r#"{"StringEquals": {"k": "${aws:TagKeys}"}, "ForAllValues:StringLike": {"aws:TagKeys": "*"}}"#;
    check(Equivalent, &when("{}"), &format!("{},{}", when(several), when(apart)));
}

#[test]
fn only_the_variables_of_statements_that_meet_count() {
    let tagged = r#"{"StringEquals": {"aws:ResourceTag/p": "${aws:PrincipalTag/p}"}}"#;
    let deny = r#"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition":
        {"StringNotEquals": {"aws:ResourceTag/p": "${aws:PrincipalTag/p}"}}}"#;
    let beside =
        allow(r#""s3:GetObject""#, r#""arn:aws:s3:::${aws:PrincipalTag/b}/${aws:PrincipalTag/p}/*""#);
    let git = allow(r#""codecommit:*""#, r#""*""#);
    let with = format!(
        r#"{{"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": "*", "Condition": {tagged}}}"#
    );
    check(Equivalent, &format!("{deny},{beside},{git}"), &format!("{deny},{beside},{git},{with}"));
    check(LessPermissive, &format!("{deny},{beside}"), &format!("{deny},{beside},{with}"));
}

#[test]
fn what_escapes_a_not_element_is_spelled_without_the_variables_of_others() {
    let all_but =
        r#"{"Effect": "Allow", "Action": "sagemaker:*", "NotResource": "arn:aws:sagemaker:*:*:app/*"}"#;
    let own = allow(r#""sagemaker:CreateApp""#, r#""arn:aws:sagemaker:*:*:app/${sagemaker:DomainId}/*""#);
    let read = allow(r#""sagemaker:Search""#, r#""*""#);
    check(LessPermissive, &format!("{all_but},{own}"), &format!("{all_but},{own},{read}"));
}
