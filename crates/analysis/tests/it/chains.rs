//! Chains of assumed roles, of which each step has what the one before settled.

use analysis::estate::{Bounds, Estate, Holder, Member, Node, Paths, paths, who_can};
use policy::{Named, SourceKind, evaluate};

use super::estate::{ACCOUNT, by_aws, estate, role, user};
use super::support::{allow, document};

fn who(estate: &Estate) -> Vec<Holder> {
    let who = who_can(estate, ("s3:GetObject", "arn:aws:s3:::b/k"), None, &mut |_, _| {});
    assert!(who.undecided.is_empty(), "{:?}", who.undecided);
    who.holders
}

/// The holder, every request of whom is allowed, and has what the one before it settled.
fn holder(estate: &Estate, member: usize) -> Option<Holder> {
    let holder = who(estate).into_iter().find(|holder| holder.member == member)?;
    let mut caller = member;
    for hop in &holder.through {
        let set = estate.members()[caller].policies.clone();
        let set = set.with_resource(estate.members()[hop.role].trust.clone().unwrap());
        assert!(evaluate(&set, &hop.request).is_allowed(), "{:?}", hop.request);
        let has = |key: &str| hop.request.context.get(key).is_some();
        for (needs, action) in
            [("aws:TagKeys", "sts:TagSession"), ("sts:SourceIdentity", "sts:SetSourceIdentity")]
        {
            let mut more = hop.request.clone();
            more.action = policy::Action::parse(action).unwrap();
            assert!(!has(needs) || evaluate(&set, &more).is_allowed(), "{more:?}");
        }
        caller = hop.role;
    }
    assert!(evaluate(&estate.members()[caller].policies, &holder.witness).is_allowed());
    Some(holder)
}

fn value(request: &policy::Request, key: &str) -> Option<String> {
    request.context.get(key).map(|values| values.as_slice().join(","))
}

/// A role with a trust policy of these statements.
fn trusting(name: &str, trust: &[String], statements: &str) -> Member {
    let mut role = role(name, &by_aws(ACCOUNT), statements);
    role.trust = Some(Named::new(SourceKind::Trust, "trust", document(&trust.join(","))));
    role
}

fn trust(actions: &str, condition: &str) -> String {
    let condition =
        if condition.is_empty() { String::new() } else { format!(r#", "Condition": {condition}"#) };
    format!(r#"{{"Effect": "Allow", "Principal": {{"AWS": "{ACCOUNT}"}}, "Action": {actions}{condition}}}"#)
}

const ALL_OF_ASSUMING: &str = r#"["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]"#;

fn assume() -> String {
    allow(ALL_OF_ASSUMING, r#""*""#)
}

fn reads_if(condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {condition}}}"#
    )
}

const RED: &str = r#"{"StringEquals": {"aws:PrincipalTag/team": "red"}}"#;

#[test]
fn a_tag_that_the_last_role_needs_is_one_that_may_be_passed() {
    let reads = |trust: &[String]| {
        holder(&estate(vec![user("u", &assume()), trusting("reader", trust, &reads_if(RED))]), 0)
    };
    let free = reads(&[trust(ALL_OF_ASSUMING, "")]).expect("it passes the tag");
    assert!(free.is_shown && free.is_conditional());
    assert_eq!(value(&free.through[0].request, "aws:RequestTag/team").as_deref(), Some("red"));
    assert_eq!(value(&free.through[0].request, "aws:TagKeys").as_deref(), Some("team"));
    assert_eq!(value(&free.witness, "aws:PrincipalTag/team").as_deref(), Some("red"));
    // Each step by itself is allowed in these, and both together in none.
    assert!(reads(&[trust(r#""sts:AssumeRole""#, "")]).is_none(), "nobody may tag the session");
    let blue = r#"{"StringEqualsIfExists": {"aws:RequestTag/team": "blue"}}"#;
    assert!(reads(&[trust(ALL_OF_ASSUMING, blue)]).is_none(), "only another tag may be passed");
    let not_this = r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}}"#;
    assert!(reads(&[trust(ALL_OF_ASSUMING, not_this)]).is_none(), "tags of that key may not");
    let some = r#"{"StringLike": {"aws:RequestTag/team": ["b*", "r*"]}}"#;
    let found = reads(&[trust(ALL_OF_ASSUMING, some)]).expect("red is one of those");
    assert_eq!(value(&found.through[0].request, "aws:RequestTag/team").as_deref(), Some("red"));
}

#[test]
fn a_role_s_own_tag_counts_unless_the_session_brings_another() {
    let mut reader = trusting("reader", &[trust(r#""sts:AssumeRole""#, "")], &reads_if(RED));
    reader.tags = vec![("team".to_owned(), "red".to_owned())];
    let found = holder(&estate(vec![user("u", &assume()), reader]), 0).unwrap();
    assert!(!found.is_conditional(), "{found:?}");
    // What a user is tagged with says nothing of the session that it makes.
    let reader = trusting("reader", &[trust(r#""sts:AssumeRole""#, "")], &reads_if(RED));
    let mut tagged = user("u", &assume());
    tagged.tags = vec![("team".to_owned(), "red".to_owned())];
    assert!(holder(&estate(vec![tagged, reader]), 0).is_none());
}

#[test]
fn only_what_is_transitive_reaches_the_second_role() {
    let reads = |first: &[String]| {
        let members = vec![
            user("u", &allow(ALL_OF_ASSUMING, r#""arn:aws:iam::123456789012:role/first""#)),
            trusting("first", first, &allow(r#""sts:AssumeRole""#, r#""*""#)),
            trusting("reader", &[trust(r#""sts:AssumeRole""#, "")], &reads_if(RED)),
        ];
        holder(&estate(members), 0)
    };
    let found = reads(&[trust(ALL_OF_ASSUMING, "")]).expect("a transitive tag");
    assert_eq!(found.through.len(), 2);
    assert_eq!(value(&found.through[0].request, "sts:TransitiveTagKeys").as_deref(), Some("team"));
    assert_eq!(value(&found.through[1].request, "aws:PrincipalTag/team").as_deref(), Some("red"));
    assert_eq!(value(&found.through[1].request, "aws:RequestTag/team"), None);
    let kept = r#"{"Null": {"sts:TransitiveTagKeys": "true"}}"#;
    assert!(reads(&[trust(ALL_OF_ASSUMING, kept)]).is_none(), "tags may be passed and not handed on");
}

#[test]
fn a_source_identity_stays_for_the_whole_chain() {
    let set = |name: &str| format!(r#"{{"StringEquals": {{"sts:SourceIdentity": "{name}"}}}}"#);
    let reads = |first: &str, second: &str| {
        let members = vec![
            user("u", &allow(ALL_OF_ASSUMING, r#""arn:aws:iam::123456789012:role/first""#)),
            trusting("first", &[trust(ALL_OF_ASSUMING, first)], &assume()),
            trusting("reader", &[trust(ALL_OF_ASSUMING, second)], &allow(r#""s3:*""#, r#""*""#)),
        ];
        holder(&estate(members), 0)
    };
    let found = reads("", &set("alice")).unwrap();
    assert_eq!(value(&found.through[1].request, "sts:SourceIdentity").as_deref(), Some("alice"));
    let found = reads(&set("alice"), &set("alice")).unwrap();
    assert_eq!(value(&found.through[1].request, "aws:SourceIdentity").as_deref(), Some("alice"));
    assert!(reads(&set("alice"), &set("bob")).is_none(), "it cannot be changed on the way");
}

#[test]
fn the_name_of_a_session_is_the_one_that_was_asked_for() {
    let reads = |first: &str| {
        let by_session = format!(
            r#"{{"Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": {{"AWS": "arn:aws:sts::{ACCOUNT}:assumed-role/first/deploy"}}}}"#
        );
        let members = vec![
            user("u", &allow(ALL_OF_ASSUMING, r#""arn:aws:iam::123456789012:role/first""#)),
            trusting("first", &[trust(r#""sts:AssumeRole""#, first)], ""),
            trusting("reader", &[by_session], &allow(r#""s3:*""#, r#""*""#)),
        ];
        holder(&estate(members), 0)
    };
    let found = reads("").expect("it takes the name");
    assert_eq!(value(&found.through[0].request, "sts:RoleSessionName").as_deref(), Some("deploy"));
    let own = r#"{"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}"#;
    assert!(reads(own).is_none(), "a session is named after its user");
}

#[test]
fn a_session_of_a_role_has_no_mfa() {
    let mfa = r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#;
    let direct = estate(vec![
        user("u", &reads_if(mfa)),
        trusting("r", &[trust(r#""sts:AssumeRole""#, "")], &reads_if(mfa)),
    ]);
    assert!(holder(&direct, 0).is_some() && holder(&direct, 1).is_none());
    let chain = |first: &str, second: &str| {
        let members = vec![
            user("u", &allow(r#""sts:AssumeRole""#, r#""arn:aws:iam::123456789012:role/first""#)),
            trusting("first", &[trust(r#""sts:AssumeRole""#, first)], &assume()),
            trusting("reader", &[trust(r#""sts:AssumeRole""#, second)], &allow(r#""s3:*""#, r#""*""#)),
        ];
        holder(&estate(members), 0)
    };
    assert!(chain(mfa, "").is_some(), "a user has it for the first role");
    assert!(chain("", mfa).is_none(), "and not for the next");
}

#[test]
fn a_longer_way_is_found_where_the_steps_of_the_shortest_do_not_go_together() {
    // The near role may not be tagged; the far one may, and hands its tag on.
    let near = format!("arn:aws:iam::{ACCOUNT}:role/near");
    let far = format!("arn:aws:iam::{ACCOUNT}:role/far");
    let members = vec![
        user("u", &allow(ALL_OF_ASSUMING, &format!(r#"["{near}", "{far}"]"#))),
        trusting("near", &[trust(r#""sts:AssumeRole""#, "")], &reads_if(RED)),
        trusting(
            "far",
            &[trust(ALL_OF_ASSUMING, "")],
            &allow(r#""sts:AssumeRole""#, &format!(r#""{near}""#)),
        ),
    ];
    let estate = estate(members);
    let found = holder(&estate, 0).unwrap();
    assert_eq!(found.through.iter().map(|hop| hop.role).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn what_is_not_solved_is_said_to_be_of_each_step_by_itself() {
    // The last step compares two tags of the session with each other, within longer texts.
    let odd = r#"{"StringLike": {"aws:PrincipalTag/a": "x-${aws:PrincipalTag/b}-y"}}"#;
    let members =
        vec![user("u", &assume()), trusting("reader", &[trust(ALL_OF_ASSUMING, "")], &reads_if(odd))];
    let found = holder(&estate(members), 0).unwrap();
    assert!(!found.is_shown);
}

fn ways(estate: &Estate, to: usize, longer: usize) -> Paths {
    paths(estate, 0, Node::Member(to), Bounds { limit: 10, longer }, &mut |_, _| {})
}

#[test]
fn paths_are_told_where_their_steps_go_together() {
    let to_last = |condition: &str| {
        let members = vec![
            user("u", &allow(ALL_OF_ASSUMING, r#""arn:aws:iam::123456789012:role/first""#)),
            trusting("first", &[trust(ALL_OF_ASSUMING, condition)], &allow(r#""sts:AssumeRole""#, r#""*""#)),
            trusting("last", &[trust(r#""sts:AssumeRole""#, RED)], ""),
        ];
        ways(&estate(members), 2, 0)
    };
    let found = to_last("");
    assert_eq!(found.found.len(), 1);
    let steps = &found.found[0].steps;
    assert!(found.found[0].is_shown);
    assert_eq!(value(&steps[0][0].needs[0].1, "aws:RequestTag/team").as_deref(), Some("red"));
    assert_eq!(value(&steps[1][0].needs[0].1, "aws:PrincipalTag/team").as_deref(), Some("red"));
    let blue = r#"{"StringEqualsIfExists": {"aws:RequestTag/team": "blue"}}"#;
    let none = to_last(blue);
    assert!(none.found.is_empty(), "{none:?}");
}

#[test]
fn a_session_that_something_else_makes_has_no_tags_of_the_one_before() {
    let lambda = r#"{"Service": "lambda.amazonaws.com"}"#;
    let passes = allow(r#"["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]"#, r#""*""#);
    let to_last = |condition: &str| {
        let members = vec![
            user("u", &assume()),
            trusting("first", &[trust(ALL_OF_ASSUMING, "")], &passes),
            role("worker", lambda, &allow(r#""sts:AssumeRole""#, r#""*""#)),
            trusting(
                "last",
                &[format!(
                    r#"{{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {{"AWS":
                    "arn:aws:iam::{ACCOUNT}:role/worker"}}, "Condition": {condition}}}"#
                )],
                "",
            ),
        ];
        ways(&estate(members), 3, 0)
    };
    assert!(to_last(RED).found.is_empty(), "the function's session is tagged by nobody");
    let untagged = r#"{"Null": {"aws:PrincipalTag/team": "true"}}"#;
    let found = to_last(untagged);
    assert_eq!(found.found.len(), 1);
    assert!(found.found[0].is_shown);
    assert_eq!(found.found[0].steps.len(), 3);
}
