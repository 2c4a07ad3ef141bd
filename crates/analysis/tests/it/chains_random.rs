//! Chains at random, against every way to make the sessions on the way.

use std::collections::HashSet;

use analysis::estate::{Bounds, Estate, Member, Node, paths, who_can};
use policy::{Action, AssumedRole, Named, PolicySet, Principal, Request, SourceKind, evaluate};

use super::estate::{ACCOUNT, estate, role, user};
use super::random::Random;
use super::support::document;

/// Conditions on how a role is assumed.
const OF_CALLS: [&str; 12] = [
    r#"{"StringEquals": {"sts:RoleSessionName": "n"}}"#,
    r#"{"StringNotEquals": {"sts:RoleSessionName": "session"}}"#,
    r#"{"StringLike": {"aws:RequestTag/a": "x*"}}"#,
    r#"{"StringEqualsIfExists": {"aws:RequestTag/a": "y"}}"#,
    r#"{"Null": {"aws:RequestTag/a": "true"}}"#,
    r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["b"]}}"#,
    r#"{"Null": {"sts:TransitiveTagKeys": "true"}}"#,
    r#"{"StringEquals": {"sts:SourceIdentity": "s"}}"#,
    r#"{"StringNotEqualsIfExists": {"sts:SourceIdentity": "s"}}"#,
    r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#,
    r#"{"StringEquals": {"aws:PrincipalTag/a": "x"}}"#,
    r#"{"StringEquals": {"aws:SourceIdentity": "t"}}"#,
];

/// Conditions on what a session does.
const OF_SESSIONS: [&str; 7] = [
    r#"{"StringEquals": {"aws:PrincipalTag/a": "x"}}"#,
    r#"{"StringNotEqualsIfExists": {"aws:PrincipalTag/a": ["x", "y"]}}"#,
    r#"{"StringLike": {"aws:PrincipalTag/a": "?"}}"#,
    r#"{"Null": {"aws:PrincipalTag/a": "true"}}"#,
    r#"{"StringEquals": {"aws:SourceIdentity": "s"}}"#,
    r#"{"Null": {"aws:SourceIdentity": "true"}}"#,
    r#"{"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}"#,
];

const ACTIONS: [&str; 4] = [
    r#""sts:AssumeRole""#,
    r#"["sts:AssumeRole", "sts:TagSession"]"#,
    r#"["sts:AssumeRole", "sts:SetSourceIdentity"]"#,
    r#""sts:*""#,
];

fn some(random: &mut Random, of: &[&str]) -> String {
    if random.below(3) == 0 { String::new() } else { format!(r#", "Condition": {}"#, random.one(of)) }
}

/// A role with a trust policy at random.
fn trusting(random: &mut Random, name: &str, statements: &str, text: &mut String) -> Member {
    let by = format!(r#""Principal": {{"AWS": "{ACCOUNT}"}}"#);
    let mut trust = format!(
        r#"{{"Effect": "Allow", {by}, "Action": {}{}}}"#,
        random.one(&ACTIONS),
        some(random, &OF_CALLS)
    );
    if random.below(3) == 0 {
        let condition = random.one(&OF_CALLS);
        trust =
            format!(r#"{trust}, {{"Effect": "Deny", {by}, "Action": "sts:*", "Condition": {condition}}}"#);
    }
    let mut role = role(name, &format!(r#"{{"AWS": "{ACCOUNT}"}}"#), statements);
    role.trust = Some(Named::new(SourceKind::Trust, "trust", document(&trust)));
    if random.below(3) == 0 {
        role.tags = vec![("a".to_owned(), random.one(&["x", "y"]).to_owned())];
    }
    text.push_str(&format!("{name} {:?}\n  trusts {trust}\n  may {statements}\n", role.tags));
    role
}

/// A chain of so many roles, and what it is in words.
fn chain(random: &mut Random, length: usize) -> (Estate, String) {
    let mut text = String::new();
    let assume = |to: usize| {
        format!(
            r#"{{"Effect": "Allow", "Action": "sts:*", "Resource": "arn:aws:iam::{ACCOUNT}:role/r{to}"}}"#
        )
    };
    let mut members = vec![user("u", &assume(1))];
    for at in 1..=length {
        let statements = if at == length {
            let condition = some(random, &OF_SESSIONS);
            format!(r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"{condition}}}"#)
        } else {
            assume(at + 1)
        };
        members.push(trusting(random, &format!("r{at}"), &statements, &mut text));
    }
    (estate(members), text)
}

/// A session as a call makes it.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Session {
    name: &'static str,
    tags: Vec<(&'static str, &'static str, bool)>,
    source: Option<&'static str>,
}

/// From where there is surely no way to the end.
type Dead = HashSet<(usize, Session)>;

/// Whether some way to make the sessions comes to the end, as the token service makes them.
fn is_possible(
    estate: &Estate,
    at: usize,
    session: &Session,
    (last, acts): (usize, bool),
    dead: &mut Dead,
) -> bool {
    let here = (at, session.clone());
    if dead.contains(&here) {
        return false;
    }
    let is = is_possible_from(estate, at, session, (last, acts), dead);
    if !is {
        dead.insert(here);
    }
    is
}

fn is_possible_from(
    estate: &Estate,
    at: usize,
    session: &Session,
    (last, acts): (usize, bool),
    dead: &mut Dead,
) -> bool {
    let asked = |action: &str, resource: &str, more: &[(&str, &str)], lists: &[(&str, &str)]| {
        let member = &estate.members()[at];
        let mut request = Request::new(member.principal.clone(), Action::parse(action).unwrap(), resource);
        if let Principal::AssumedRole(_) = member.principal {
            let named = AssumedRole::new(member.arn.clone(), session.name).unwrap();
            request.principal = Principal::AssumedRole(named);
            request.context.set("aws:MultiFactorAuthPresent", "false");
            for (key, value) in &member.tags {
                request.context.set(&format!("aws:PrincipalTag/{key}"), value.as_str());
            }
        }
        for (key, value, _) in &session.tags {
            request.context.set(&format!("aws:PrincipalTag/{key}"), *value);
        }
        if let Some(source) = session.source {
            request.context.set("aws:SourceIdentity", source);
        }
        for (key, value) in more {
            request.context.set(key, *value);
        }
        for (key, tag) in lists {
            request.context.set_list(key, [*tag]);
        }
        let principal = request.principal.clone();
        policy::implied::add_principal(&mut request.context, &principal);
        request
    };
    let policies = &estate.members()[at].policies;
    if at == last {
        return !acts
            || evaluate(policies, &asked("s3:GetObject", "arn:aws:s3:::b/k", &[], &[])).is_allowed();
    }
    let next = &estate.members()[at + 1];
    let set: PolicySet = policies.clone().with_resource(next.trust.clone().unwrap());
    let handed_on: Vec<_> = session.tags.iter().copied().filter(|(_, _, goes_on)| *goes_on).collect();
    let tags = [("a", "x"), ("a", "y"), ("a", "xx"), ("b", "x")].into_iter();
    let tags = tags.flat_map(|(key, value)| [(key, value, false), (key, value, true)].map(Some));
    for tag in tags.chain([None]) {
        if tag.is_some_and(|(key, ..)| handed_on.iter().any(|(other, ..)| *other == key)) {
            continue;
        }
        let sources: Vec<Option<&'static str>> = match session.source {
            Some(set) => vec![Some(set)],
            None => vec![None, Some("s"), Some("t"), Some("other")],
        };
        for source in sources {
            for name in ["session", "n"] {
                for mfa in [None, Some(("aws:MultiFactorAuthPresent", "true"))] {
                    // Only a user has a code.
                    if mfa.is_some() && at > 0 {
                        continue;
                    }
                    let mut more = vec![("sts:RoleSessionName", name)];
                    more.extend(source.map(|source| ("sts:SourceIdentity", source)));
                    let of_tag = |key| if key == "a" { "aws:RequestTag/a" } else { "aws:RequestTag/b" };
                    more.extend(tag.map(|(key, value, _)| (of_tag(key), value)));
                    more.extend(mfa);
                    let mut lists: Vec<(&str, &str)> =
                        tag.iter().map(|(key, ..)| ("aws:TagKeys", *key)).collect();
                    let going_on = tag.iter().filter(|(_, _, goes_on)| *goes_on);
                    lists.extend(going_on.map(|(key, ..)| ("sts:TransitiveTagKeys", *key)));
                    let tags: Vec<_> = handed_on.iter().copied().chain(tag).collect();
                    let does = |action| {
                        evaluate(&set, &asked(action, next.arn.as_str(), &more, &lists)).is_allowed()
                    };
                    if does("sts:AssumeRole")
                        && (tag.is_none() || does("sts:TagSession"))
                        && (source.is_none() || does("sts:SetSourceIdentity"))
                        && is_possible(estate, at + 1, &Session { name, tags, source }, (last, acts), dead)
                    {
                        return true;
                    }
                }
            }
        }
    }
    false
}

#[test]
fn chains_are_told_where_some_way_to_make_the_sessions_comes_to_the_end() {
    let mut random = Random(0x5eed_0fc4_a125_0001);
    let (mut possible, mut impossible, mut open) = (0, 0, 0);
    for number in 0..80 {
        let length = if number % 20 == 0 { 3 } else { 1 + number % 2 };
        let (estate, text) = chain(&mut random, length);
        let found = who_can(&estate, ("s3:GetObject", "arn:aws:s3:::b/k"), None, &mut |_, _| {});
        assert!(found.undecided.is_empty(), "{:?}", found.undecided);
        let told = found.holders.iter().find(|holder| holder.member == 0);
        let is = is_possible(&estate, 0, &Session::default(), (length, true), &mut Dead::new());
        match told {
            Some(holder) if !holder.is_shown => open += 1,
            Some(holder) => assert!(
                is,
                "{:#?}\n{text}",
                holder.through.iter().map(|hop| &hop.request.context).collect::<Vec<_>>()
            ),
            None => assert!(!is, "there is a way, and none was found\n{text}"),
        }
        if is {
            possible += 1
        } else {
            impossible += 1
        }
        // To act as the last role takes no more than to assume it.
        let bounds = Bounds { limit: 1, longer: 0 };
        let ways = paths(&estate, 0, Node::Member(length), bounds, &mut |_, _| {});
        let is = is_possible(&estate, 0, &Session::default(), (length, false), &mut Dead::new());
        match ways.found.first() {
            Some(path) if !path.is_shown => open += 1,
            Some(_) => assert!(is, "{ways:#?}\n{text}"),
            None => assert!(!is, "there is a way, and no path was found\n{text}"),
        }
    }
    println!("{possible} possible, {impossible} impossible, {open} open");
    assert!(possible > 25 && impossible > 15 && open < 5, "{possible} {impossible} {open}");
}
