//! Random pairs, and requests sampled from their literals and edges that must never contradict an answer.

use std::sync::Arc;

use analysis::{Budget, Relation, allows, compare};
use policy::{Action, Policy, Principal, Request};

use super::support::document;

/// A small generator of numbers: the same ones each time.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    pub(crate) fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }

    pub(crate) fn some(&mut self, of: &[&str]) -> String {
        let count = 1 + self.below(2);
        let picked: Vec<String> = (0..count).map(|_| format!(r#""{}""#, self.one(of))).collect();
        format!("[{}]", picked.join(","))
    }
}

const ACTIONS: &[&str] =
    &["*", "s3:*", "s3:Get*", "s3:GetObject", "s3:*Object", "s3:?et*", "ec2:Run", "ec2:R*"];
pub(crate) const ASKED: &[&str] =
    &["s3:GetObject", "s3:PutObject", "s3:GetX", "s3:setx", "ec2:Run", "ec2:Rx", "x:Y"];
const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/a*",
    "arn:aws:s3:::*/ab",
    "arn:aws:s3:::b/a",
    "arn:aws:s3:::b/?b",
    "arn:aws:s3:::b/${aws:username}",
    "arn:aws:s3:::b/${aws:username}/*",
];
pub(crate) const TOUCHED: &[&str] = &[
    "*",
    "arn:aws:s3:::b/a",
    "arn:aws:s3:::b/ab",
    "arn:aws:s3:::c/ab",
    "arn:aws:s3:::b/",
    "arn:aws:s3:::b/bob/x",
    "arn:aws:s3:::b/xb",
    "arn:aws:s3:::d",
];

/// The key, its operators, what policies list and what requests hold.
type Kind = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

const KINDS: &[Kind] = &[
    (
        "text",
        &["StringEquals", "StringNotEquals", "StringLike", "StringNotLikeIfExists", "StringEqualsIgnoreCase"],
        &["a", "A", "ab", "a*", "?b", ""],
        &["a", "A", "ab", "a*", "xb", "q", ""],
    ),
    (
        "aws:username",
        &["StringEquals", "StringNotEqualsIfExists", "StringLike"],
        &["a", "ab", "b*"],
        &["a", "ab", "bob", "x", ""],
    ),
    (
        "n",
        &["NumericLessThan", "NumericEquals", "NumericNotEquals", "NumericGreaterThanEqualsIfExists"],
        &["1", "1.5", "2", "-3"],
        &["0", "1", "1.2", "1.5", "1.7", "2", "3", "-3", "-4"],
    ),
    (
        "t",
        &["DateLessThan", "DateGreaterThan", "DateEquals", "DateNotEquals"],
        &["2024-01-01T00:00:00Z", "2025-01-01", "1735689601"],
        &["2023-01-01", "1704067200", "2024-06-01T00:00:00Z", "2025-01-01T00:00:00Z", "2025-01-01T00:00:01Z"],
    ),
    (
        "ip",
        &["IpAddress", "NotIpAddress", "IpAddressIfExists"],
        &["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32", "::/0"],
        &["10.0.0.1", "10.1.0.0", "10.1.2.3", "11.0.0.0", "2001:db8::1", "2001:db9::"],
    ),
    ("flag", &["Bool", "BoolIfExists"], &["true", "false"], &["true", "false"]),
    (
        "arn",
        &["ArnLike", "ArnNotEquals", "ArnEqualsIfExists"],
        &["arn:aws:iam::1:role/*", "arn:aws:iam::*:role/a", "arn:*:iam::1:*"],
        &["arn:aws:iam::1:role/a", "arn:aws:iam::2:role/a", "arn:aws:iam::1:user/u", "arn:x:iam::1:q"],
    ),
    (
        "tags",
        &[
            "ForAllValues:StringEquals",
            "ForAnyValue:StringLike",
            "ForAllValues:StringNotLike",
            "ForAnyValue:StringNotEquals",
        ],
        &["a", "b", "a*"],
        &["a", "b", "ab", "c", ""],
    ),
];

pub(crate) fn statement(random: &mut Random) -> String {
    let effect = if random.below(4) == 0 { "Deny" } else { "Allow" };
    let action = if random.below(6) == 0 { "NotAction" } else { "Action" };
    let resource = if random.below(6) == 0 { "NotResource" } else { "Resource" };
    let mut conditions = Vec::new();
    for _ in 0..random.below(3) {
        let (key, operators, listed, _) = KINDS[random.below(KINDS.len())];
        let condition = if random.below(6) == 0 {
            format!(r#""Null": {{"{key}": "{}"}}"#, random.one(&["true", "false"]))
        } else {
            format!(r#""{}": {{"{key}": {}}}"#, random.one(operators), random.some(listed))
        };
        let operator = condition.split('{').next().unwrap().to_owned();
        if !conditions.iter().any(|(name, _)| *name == operator) {
            conditions.push((operator, condition));
        }
    }
    let conditions: Vec<String> = conditions.into_iter().map(|(_, condition)| condition).collect();
    format!(
        r#"{{"Effect": "{effect}", "{action}": {}, "{resource}": {}, "Condition": {{{}}}}}"#,
        random.some(ACTIONS),
        random.some(RESOURCES),
        conditions.join(",")
    )
}

fn request(random: &mut Random) -> Request {
    let principal = Principal::parse("arn:aws:iam::123456789012:user/witness").unwrap();
    let mut request = Request::new(principal, Action::parse(random.one(ASKED)).unwrap(), random.one(TOUCHED));
    fill(random, &mut request, &[]);
    request
}

/// Sets condition keys at random, apart from some.
pub(crate) fn fill(random: &mut Random, request: &mut Request, apart_from: &[&str]) {
    for (key, operators, _, held) in KINDS {
        if random.below(3) == 0 || apart_from.contains(key) {
            continue;
        }
        if operators[0].starts_with("For") {
            let values: Vec<&str> = (0..random.below(4)).map(|_| random.one(held)).collect();
            request.context.set_list(key, values);
        } else {
            request.context.set(key, random.one(held));
        }
    }
}

#[test]
fn sampled_requests_never_contradict_an_answer() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut checks, mut unknown, mut pairs) = (0, 0, 0);
    let mut seen = std::collections::HashMap::new();
    let budget = Budget { steps: 1_000_000, states: 5_000 };
    while checks < 30_000 {
        let mut statements: Vec<String> = (0..1 + random.below(3)).map(|_| statement(&mut random)).collect();
        let a: Arc<Policy> = document(&statements.join(","));
        // Half of the pairs are near each other: those are the hard ones.
        if random.below(2) == 0 {
            let at = random.below(statements.len());
            statements[at] = statement(&mut random);
        } else {
            statements.push(statement(&mut random));
        }
        let b = document(&statements.join(","));
        let answer = compare(&a, &b, budget);
        pairs += 1;
        *seen.entry(answer.relation).or_insert(0) += 1;
        for (witness, by, not_by) in
            [(&answer.witness_a_minus_b, &a, &b), (&answer.witness_b_minus_a, &b, &a)]
        {
            if let Some(request) = witness {
                assert!(allows(by, request, false) && !allows(not_by, request, false), "{request:?}");
            }
        }
        unknown += usize::from(answer.relation == Relation::Unknown);
        let a_may =
            matches!(answer.relation, Relation::MorePermissive | Relation::Incomparable | Relation::Unknown);
        let b_may =
            matches!(answer.relation, Relation::LessPermissive | Relation::Incomparable | Relation::Unknown);
        for _ in 0..40 {
            let request = request(&mut random);
            let (by_a, by_b) = (allows(&a, &request, false), allows(&b, &request, false));
            checks += 1;
            assert!(!by_a || by_b || a_may, "{:?}: {request:?}\n{}", answer.relation, statements.join("\n"));
            assert!(!by_b || by_a || b_may, "{:?}: {request:?}\n{}", answer.relation, statements.join("\n"));
        }
    }
    println!("{pairs} pairs, {checks} checks, {unknown} unknown: {seen:?}");
    assert!(unknown * 10 < pairs, "{unknown} of {pairs} were not decided");
    assert!(seen.len() >= 4, "{seen:?}");
}
