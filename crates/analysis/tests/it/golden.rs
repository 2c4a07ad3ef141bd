//! A pair for each family of operators and each trap.

use analysis::Relation::{self, Equivalent, Incomparable, LessPermissive, MorePermissive, Unknown};
use analysis::{Budget, Exhausted, compare};

use super::support::{allow, check, deny, document, relate, unless, when};

fn conditions(rows: &[(Relation, &str, &str)]) {
    for (relation, a, b) in rows {
        check(*relation, &when(a), &when(b));
    }
}

const ALL: &str = r#""*""#;

#[test]
fn actions_ignore_case_and_keep_to_their_service() {
    let rows = [
        (Equivalent, r#""s3:GetObject""#, r#""S3:getobject""#),
        (MorePermissive, r#""s3:Get*""#, r#""s3:GetObject""#),
        (Equivalent, r#"["s3:Get*", "s3:GetObject"]"#, r#""s3:Get*""#),
        (MorePermissive, ALL, r#"["s3:*", "ec2:*"]"#),
        (Incomparable, r#""s3:Get*""#, r#""s3:*Object""#),
        (LessPermissive, r#""s3:Get*Object""#, r#""s3:Get*""#),
        (Incomparable, r#""s3:*""#, r#""s3express:*""#),
        (Equivalent, r#"["s3:a*", "s3:?", "s3:?b*"]"#, r#"["s3:?", "s3:?b*", "s3:a*", "s3:ab"]"#),
    ];
    for (relation, a, b) in rows {
        check(relation, &allow(a, ALL), &allow(b, ALL));
    }
}

#[test]
fn not_elements_are_complements() {
    let not_action = |list: &str| format!(r#"{{"Effect": "Allow", "NotAction": {list}, "Resource": "*"}}"#);
    let not_resource = |list: &str| format!(r#"{{"Effect": "Allow", "Action": "*", "NotResource": {list}}}"#);
    check(MorePermissive, &not_action(r#""iam:*""#), &not_action(r#"["iam:*", "sts:*"]"#));
    check(Equivalent, &not_action(r#""iam:*""#), &format!("{},{}", allow(ALL, ALL), deny(r#""iam:*""#, ALL)));
    check(MorePermissive, &not_action(r#""iam:*""#), &allow(r#""s3:*""#, ALL));
    let secret = r#""arn:aws:s3:::secret/*""#;
    check(Equivalent, &not_resource(secret), &format!("{},{}", allow(ALL, ALL), deny(ALL, secret)));
    check(LessPermissive, &not_resource(r#""arn:aws:s3:::*""#), &not_resource(secret));
    check(Equivalent, &format!("{},{}", not_resource(secret), allow(ALL, secret)), &allow(ALL, ALL));
}

#[test]
fn resources_are_globs_over_the_whole_arn() {
    let at = |list: &str| allow(r#""s3:GetObject""#, list);
    let rows = [
        (MorePermissive, r#""arn:aws:s3:::b*""#, r#""arn:aws:s3:::b/*""#),
        (Equivalent, r#"["arn:aws:s3:::b/*", "arn:aws:s3:::b/a*"]"#, r#""arn:aws:s3:::b/*""#),
        (Equivalent, r#"["arn:aws:s3:::b", "arn:aws:s3:::b?*"]"#, r#""arn:aws:s3:::b*""#),
        (Incomparable, r#""arn:aws:s3:::a*""#, r#""arn:aws:s3:::*a""#),
        (MorePermissive, r#""*""#, r#""arn:*""#),
        (Incomparable, r#""arn:aws:s3:::B""#, r#""arn:aws:s3:::b""#),
        (Equivalent, r#""arn:aws:s3:*""#, r#""arn:aws:s3:*:*:*""#),
    ];
    for (relation, a, b) in rows {
        check(relation, &at(a), &at(b));
    }
}

#[test]
fn denies_carve_out() {
    let all = allow(r#""s3:*""#, ALL);
    check(MorePermissive, &all, &format!("{all},{}", deny(r#""s3:Delete*""#, ALL)));
    check(Equivalent, &all, &format!("{all},{}", deny(r#""ec2:*""#, ALL)));
    let narrow = deny(r#""s3:*""#, r#""arn:aws:s3:::a/*""#);
    let wide = deny(r#""s3:*""#, r#"["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]"#);
    check(MorePermissive, &format!("{all},{narrow}"), &format!("{all},{wide}"));
    check(Equivalent, &format!("{all},{}", deny(ALL, ALL)), &deny(ALL, ALL));
    check(Incomparable, &format!("{all},{narrow}"), &allow(r#"["ec2:*", "s3:*"]"#, r#""arn:aws:s3:::a/*""#));
}

#[test]
fn an_absent_key_counts() {
    conditions(&[
        (LessPermissive, r#"{"StringEquals": {"k": "a"}}"#, r#"{"StringEqualsIfExists": {"k": "a"}}"#),
        (Equivalent, r#"{"StringNotEquals": {"k": "a"}}"#, r#"{"StringNotEqualsIfExists": {"k": "a"}}"#),
        (LessPermissive, r#"{"Null": {"k": "true"}}"#, r#"{"StringNotEquals": {"k": "a"}}"#),
        (Incomparable, r#"{"Null": {"k": "true"}}"#, r#"{"StringEquals": {"k": "a"}}"#),
        (Equivalent, r#"{"Null": {"k": ["true", "false"]}}"#, "{}"),
        (
            Equivalent,
            r#"{"Null": {"k": "false"}, "StringEqualsIfExists": {"k": "a"}}"#,
            r#"{"StringEquals": {"k": "a"}}"#,
        ),
        (Incomparable, r#"{"Bool": {"m": "false"}}"#, r#"{"BoolIfExists": {"m": "true"}}"#),
    ]);
    let both = format!("{},{}", when("{}"), unless(r#"{"BoolIfExists": {"mfa": "false"}}"#));
    check(Equivalent, &both, &when(r#"{"Bool": {"mfa": "true"}}"#));
    let present = format!("{},{}", when("{}"), unless(r#"{"Bool": {"mfa": "false"}}"#));
    check(MorePermissive, &present, &when(r#"{"Bool": {"mfa": "true"}}"#));
}

#[test]
fn texts_with_and_without_case_and_wildcards() {
    conditions(&[
        (LessPermissive, r#"{"StringEquals": {"k": "a"}}"#, r#"{"StringEqualsIgnoreCase": {"k": "A"}}"#),
        (
            Equivalent,
            r#"{"StringEqualsIgnoreCase": {"k": "ab"}}"#,
            r#"{"StringEqualsIgnoreCase": {"k": "AB"}}"#,
        ),
        (
            Equivalent,
            r#"{"StringEqualsIgnoreCase": {"k": "ab"}}"#,
            r#"{"StringEquals": {"k": ["ab", "aB", "Ab", "AB"]}}"#,
        ),
        (
            Incomparable,
            r#"{"StringEquals": {"k": "a*"}}"#,
            r#"{"StringLike": {"k": "a?"}, "StringNotEquals": {"k": "a*"}}"#,
        ),
        (LessPermissive, r#"{"StringEquals": {"k": "a*"}}"#, r#"{"StringLike": {"k": "a*"}}"#),
        (LessPermissive, r#"{"StringLike": {"K": "ab*"}}"#, r#"{"StringLike": {"k": ["a*", "c"]}}"#),
        (MorePermissive, r#"{"StringNotLike": {"k": "ab*"}}"#, r#"{"StringNotLike": {"k": "a*"}}"#),
        (Equivalent, r#"{"StringEquals": {"b": "true"}}"#, r#"{"StringEquals": {"b": ["true", "true"]}}"#),
    ]);
}

#[test]
fn arns_are_matched_by_segment() {
    conditions(&[
        (
            LessPermissive,
            r#"{"ArnLike": {"k": "arn:aws:x:*:1:f/*"}}"#,
            r#"{"StringLike": {"k": "arn:aws:x:*:1:f/*"}}"#,
        ),
        (
            Equivalent,
            r#"{"ArnEquals": {"k": "arn:aws:*:*:1:*"}}"#,
            r#"{"ArnLike": {"k": "arn:aws:*:*:1:*"}}"#,
        ),
        (
            LessPermissive,
            r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:1:a"}}"#,
            r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}"#,
        ),
        (Equivalent, r#"{"ArnLike": {"k": "*"}}"#, r#"{"StringEquals": {"z": []}}"#),
    ]);
    let carved = format!("{},{}", when("{}"), unless(r#"{"ArnNotLike": {"k": "arn:aws:iam::1:role/*"}}"#));
    check(Equivalent, &carved, &when(r#"{"ArnLike": {"k": "arn:aws:iam::1:role/*"}}"#));
}

#[test]
fn numbers_and_moments_are_ordered() {
    conditions(&[
        (LessPermissive, r#"{"NumericLessThan": {"n": "10"}}"#, r#"{"NumericLessThanEquals": {"n": 10}}"#),
        (Equivalent, r#"{"NumericEquals": {"n": "10"}}"#, r#"{"NumericEquals": {"n": "10.0"}}"#),
        (
            Equivalent,
            r#"{"NumericGreaterThan": {"n": "1"}, "NumericNotEquals": {"n": "2"}}"#,
            r#"{"NumericGreaterThan": {"n": "1"}, "NumericNotEquals": {"n": ["2", "1"]}}"#,
        ),
        (
            MorePermissive,
            r#"{"NumericGreaterThan": {"n": "1"}}"#,
            r#"{"NumericGreaterThan": {"n": "1.0000001"}}"#,
        ),
        (
            LessPermissive,
            r#"{"DateLessThan": {"t": "2024-01-01T00:00:00Z"}}"#,
            r#"{"DateLessThan": {"t": "2024-01-01T00:00:00.5Z"}}"#,
        ),
        (Equivalent, r#"{"DateEquals": {"t": "2024-01-01"}}"#, r#"{"DateEquals": {"t": "1704067200"}}"#),
        (Equivalent, r#"{"DateEquals": {"t": "2024-01"}}"#, r#"{"DateEquals": {"t": "2024-01-01"}}"#),
        (LessPermissive, r#"{"DateEquals": {"t": "2024-02-31"}}"#, r#"{"DateEquals": {"t": "2024-02-01"}}"#),
        (
            Equivalent,
            r#"{"DateEquals": {"t": "2024-01-01T01:00:00+01:00"}}"#,
            r#"{"DateEquals": {"t": "2024-01-01T00:00:00Z"}}"#,
        ),
    ]);
    let ends = format!("{},{}", when("{}"), unless(r#"{"NumericGreaterThanIfExists": {"n": "5"}}"#));
    check(Equivalent, &ends, &when(r#"{"NumericLessThanEquals": {"n": "5"}}"#));
}

#[test]
fn networks_of_both_families() {
    conditions(&[
        (LessPermissive, r#"{"IpAddress": {"i": "10.1.0.0/16"}}"#, r#"{"IpAddress": {"i": "10.0.0.0/8"}}"#),
        (
            Equivalent,
            r#"{"IpAddress": {"i": ["10.0.0.0/9", "10.128.0.0/9"]}}"#,
            r#"{"IpAddress": {"i": "10.3.2.1/8"}}"#,
        ),
        (Incomparable, r#"{"IpAddress": {"i": "0.0.0.0/0"}}"#, r#"{"IpAddress": {"i": "::/0"}}"#),
        (
            Equivalent,
            r#"{"IpAddress": {"i": "2001:DB8::/32"}}"#,
            r#"{"IpAddress": {"i": ["2001:db8::/33", "2001:db8:8000::/33"]}}"#,
        ),
        (Equivalent, r#"{"IpAddress": {"i": ["0.0.0.0/0", "::/0"]}}"#, r#"{"Null": {"i": "false"}}"#),
        (
            MorePermissive,
            r#"{"NotIpAddress": {"i": "10.0.0.1"}}"#,
            r#"{"NotIpAddress": {"i": "10.0.0.0/31"}}"#,
        ),
    ]);
    let carved = format!("{},{}", when("{}"), unless(r#"{"NotIpAddress": {"i": "10.0.0.0/8"}}"#));
    check(Equivalent, &carved, &when(r#"{"IpAddress": {"i": "10.0.0.0/8"}}"#));
}

#[test]
fn lists_and_their_quantifiers() {
    conditions(&[
        (
            Incomparable,
            r#"{"ForAllValues:StringEquals": {"t": ["a", "b"]}}"#,
            r#"{"ForAnyValue:StringEquals": {"t": ["a", "b"]}}"#,
        ),
        (
            LessPermissive,
            r#"{"ForAllValues:StringEquals": {"t": "a"}}"#,
            r#"{"ForAllValues:StringEquals": {"t": ["a", "b"]}}"#,
        ),
        (
            LessPermissive,
            r#"{"ForAllValues:StringEquals": {"t": "a"}, "Null": {"t": "false"}}"#,
            r#"{"ForAnyValue:StringEquals": {"t": "a"}}"#,
        ),
        (
            Incomparable,
            r#"{"ForAllValues:StringNotEquals": {"t": "a"}}"#,
            r#"{"ForAnyValue:StringNotEquals": {"t": "a"}}"#,
        ),
        (
            LessPermissive,
            r#"{"ForAnyValue:StringLike": {"t": "a*"}, "ForAllValues:StringLike": {"t": ["a*", "b*"]}}"#,
            r#"{"ForAnyValue:StringLike": {"t": ["a*", "b*"]}}"#,
        ),
        // The empty text, which set operators take for no value, does not speak for other texts.
        (Incomparable, r#"{"ForAllValues:StringEquals": {"t": "a"}}"#, r#"{"StringNotEquals": {"t": "b"}}"#),
        (
            MorePermissive,
            r#"{"ForAnyValue:StringNotEquals": {"t": "a"}, "StringNotLike": {"t": "b"}}"#,
            r#"{"StringEquals": {"t": "c"}}"#,
        ),
        (MorePermissive, r#"{"ForAnyValue:Null": {"t": "true"}}"#, r#"{"StringEquals": {"t": []}}"#),
    ]);
    let none = format!("{},{}", when("{}"), unless(r#"{"ForAnyValue:StringNotEquals": {"t": "a"}}"#));
    check(Equivalent, &none, &when(r#"{"ForAllValues:StringEquals": {"t": "a"}}"#));
}

#[test]
fn variables_are_equal_to_themselves_and_to_nothing_else_for_sure() {
    let home = |tail: &str| allow(r#""s3:*""#, &format!(r#""arn:aws:s3:::home/{tail}""#));
    check(Equivalent, &home("${aws:username}/*"), &home("${aws:UserName}/*"));
    check(MorePermissive, &home("*"), &home("${aws:username}/*"));
    check(MorePermissive, &home("${aws:username}/*"), &home("${aws:username}/a*"));
    check(Incomparable, &home("${aws:username}"), &home("${aws:userid}"));
    check(Incomparable, &home("${aws:username}"), &home("alice"));
    check(Equivalent, &home("${*}"), &home("${*}"));
    let owner = r#"{"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}}"#;
    check(LessPermissive, &when(owner), &when("{}"));
    check(
        Incomparable,
        &when(owner),
        &when(r#"{"StringEquals": {"aws:ResourceTag/owner": "${aws:userid}"}}"#),
    );
    let carved = format!("{},{}", home("*"), deny(ALL, r#""arn:aws:s3:::home/${aws:username}/*""#));
    check(MorePermissive, &home("*"), &carved);
    check(Equivalent, &carved, &carved);
    // Whether `alice` is in what everybody but the user may read hangs on who asks.
    let but = r#"{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::home/alice"}"#;
    assert_eq!(relate(&home("${aws:username}"), but).relation, Incomparable);
}

#[test]
fn several_keys_are_decided_together() {
    let a = when(r#"{"StringEquals": {"x": "1"}}"#);
    let cases = format!(
        "{},{}",
        when(r#"{"StringEquals": {"x": "1", "y": "1"}}"#),
        when(r#"{"StringEquals": {"x": "1"}, "StringNotEquals": {"y": "1"}}"#)
    );
    check(Equivalent, &a, &cases);
}

#[test]
fn principals_of_resource_policies() {
    let to = |principal: &str| {
        format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "s3:*", "Resource": "*"}}"#)
    };
    let account = r#"{"AWS": "arn:aws:iam::111122223333:root"}"#;
    let role = r#"{"AWS": "arn:aws:iam::111122223333:role/r"}"#;
    check(MorePermissive, &to(r#""*""#), &to(account));
    check(MorePermissive, &to(account), &to(role));
    check(Equivalent, &to(account), &to(r#"{"AWS": "111122223333"}"#));
    check(Incomparable, &to(account), &to(r#"{"Service": "sns.amazonaws.com"}"#));
    check(Equivalent, &to(r#""*""#), &to(r#"{"AWS": ["*", "111122223333"]}"#));
    // No request tells a canonical user, so that such a grant is neither found nor proven not to be there.
    let canonical = to(r#"{"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}"#);
    assert_eq!(relate(&canonical, &to(account)).relation, Unknown);
    check(Equivalent, &canonical, &canonical);
}

#[test]
fn what_blows_up_is_unknown_and_says_why() {
    let hard: Vec<String> =
        (0..24).map(|n| format!(r#""arn:aws:s3:::*{}*{}a{}""#, n % 7, n % 5, "?".repeat(12 + n))).collect();
    let a = document(&allow(r#""s3:*""#, r#""arn:aws:s3:::*a*""#));
    let b = document(&allow(
        r#""s3:*""#,
        &format!("[{},{}]", hard.join(","), r#""arn:aws:s3:::*a*?*?*?*a?????????????????""#),
    ));
    let budget = Budget { steps: 300_000, states: 1_000 };
    let answer = compare(&b, &a, budget);
    assert_ne!(answer.relation, Equivalent);
    // 3-SAT in booleans, unsatisfiable only by exhausting the cases.
    let clauses: Vec<String> = (0..60_usize)
        .map(|n| {
            let literal = |at: usize| {
                let (key, value) = ((n * 7 + at * 11) % 24, (n / (at + 1)).is_multiple_of(2));
                format!(r#""k{key}": "{value}""#)
            };
            when(&format!(r#"{{"Bool": {{{}, {}, {}}}}}"#, literal(0), literal(1), literal(2)))
        })
        .collect();
    let present: Vec<String> = (0..24).map(|key| format!(r#""k{key}": "false""#)).collect();
    let a = document(&when(&format!(r#"{{"Null": {{{}}}}}"#, present.join(","))));
    let answer = compare(&a, &document(&clauses.join(",")), Budget { steps: 200_000, states: 500 });
    assert!(matches!(answer.relation, Unknown | Incomparable | MorePermissive), "{answer:?}");
    assert_eq!(answer.relation == Unknown, answer.exhausted.is_some());
    assert_ne!(answer.exhausted, Some(Exhausted::Method));
}
