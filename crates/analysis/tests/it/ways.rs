//! Who comes to act as whom: by trust policies of every form, and by each of the moves.

use analysis::Budget;
use analysis::estate::{
    Bounds, Estate, Group, Holder, MOVES, ManagedPolicy, Member, Move, Node, On, Path, Yields, paths, who_can,
};
use policy::{AssumedRole, Principal, SourceKind, User, evaluate};
use types::UniqueId;

use super::estate::{ACCOUNT, all, arn, by_aws, estate, named, role, user};
use super::support::{allow, deny, document};

const OTHER: &str = "111111111111";

fn read() -> String {
    allow(r#""s3:GetObject""#, r#""arn:aws:s3:::b/*""#)
}

fn assume() -> String {
    allow(r#""sts:AssumeRole""#, r#""*""#)
}

/// Who reads, with the roles that each assumes for it.
fn readers(estate: &Estate) -> Vec<Holder> {
    let who = who_can(estate, ("s3:GetObject", "arn:aws:s3:::b/k"), None, &mut |_, _| {});
    assert!(who.undecided.is_empty(), "{:?}", who.undecided);
    for holder in &who.holders {
        let mut caller = holder.member;
        for hop in &holder.through {
            let trust = estate.members()[hop.role].trust.clone().unwrap();
            let set = estate.members()[caller].policies.clone().with_resource(trust);
            assert!(evaluate(&set, &hop.request).is_allowed(), "{:?}", hop.request);
            caller = hop.role;
        }
        assert!(evaluate(&estate.members()[caller].policies, &holder.witness).is_allowed());
    }
    who.holders
}

/// Whether the first of two gets to read by the other, a role that trusts whom a statement's rest says.
fn reads_by_trust(who: Member, trust: &str) -> Option<Holder> {
    let mut reader = role("reader", &by_aws(OTHER), &read());
    reader.trust = Some(policy::Named::new(SourceKind::Trust, "trust", document(trust)));
    readers(&estate(vec![who, reader])).into_iter().find(|holder| holder.member == 0)
}

fn trusting(principal: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "sts:AssumeRole"}}"#)
}

#[test]
fn an_account_leaves_the_choice_to_its_own_policies() {
    for account in [ACCOUNT.to_owned(), format!("arn:aws:iam::{ACCOUNT}:root")] {
        let trust = trusting(&by_aws(&account));
        assert!(reads_by_trust(user("u", &assume()), &trust).is_some());
        assert!(reads_by_trust(user("u", ""), &trust).is_none(), "it may not assume roles");
        let denied = format!("{}, {}", assume(), deny(r#""sts:*""#, r#""*""#));
        assert!(reads_by_trust(user("u", &denied), &trust).is_none());
    }
    assert!(reads_by_trust(user("u", &assume()), &trusting(&by_aws(OTHER))).is_none());
}

#[test]
fn a_trust_policy_that_names_a_user_suffices_within_the_account() {
    let by_arn = trusting(&by_aws(&format!("arn:aws:iam::{ACCOUNT}:user/u")));
    assert!(reads_by_trust(user("u", ""), &by_arn).is_some());
    assert!(reads_by_trust(user("other", ""), &by_arn).is_none());
    assert!(reads_by_trust(user("u", &deny(r#""sts:AssumeRole""#, r#""*""#)), &by_arn).is_none());
    let mut named = user("u", "");
    let id = "AIDAEXAMPLEEXAMPLE123";
    let by_id = trusting(&by_aws(id));
    assert!(reads_by_trust(named.clone(), &by_id).is_none());
    named.principal =
        Principal::User(User::new(named.arn.clone()).unwrap().with_id(UniqueId::parse(id).unwrap()));
    assert!(reads_by_trust(named, &by_id).is_some());
}

#[test]
fn a_role_is_named_by_arn_with_or_without_its_path_and_by_session() {
    let caller = |statements: &str| {
        let mut caller = role("caller", &by_aws(OTHER), statements);
        let long = arn(&format!("arn:aws:iam::{ACCOUNT}:role/team/caller"));
        caller.principal = Principal::AssumedRole(AssumedRole::new(long.clone(), "session").unwrap());
        caller.arn = long;
        caller
    };
    let by_arn = trusting(&by_aws(&format!("arn:aws:iam::{ACCOUNT}:role/team/caller")));
    assert!(reads_by_trust(caller(""), &by_arn).is_some());
    let by_session = trusting(&by_aws(&format!("arn:aws:sts::{ACCOUNT}:assumed-role/caller/alice")));
    let holder = reads_by_trust(caller(""), &by_session).unwrap();
    let Principal::AssumedRole(session) = &holder.through[0].request.principal else { panic!() };
    assert_eq!(session.session_name(), Some("alice"), "who acts as the role names the session");
    let other = trusting(&by_aws(&format!("arn:aws:sts::{ACCOUNT}:assumed-role/another/alice")));
    assert!(reads_by_trust(caller(""), &other).is_none());
}

#[test]
fn another_account_needs_both_sides() {
    let far = |statements: &str| {
        let mut far = user("u", statements);
        far.arn = arn(&format!("arn:aws:iam::{OTHER}:user/u"));
        far.principal = Principal::parse(far.arn.as_str()).unwrap();
        far
    };
    for principal in [format!("arn:aws:iam::{OTHER}:user/u"), OTHER.to_owned(), "*".to_owned()] {
        let trust = trusting(&by_aws(&principal));
        assert!(reads_by_trust(far(&assume()), &trust).is_some(), "{principal}");
        assert!(reads_by_trust(far(""), &trust).is_none(), "{principal}");
    }
    assert!(reads_by_trust(far(&assume()), &trusting(&by_aws(ACCOUNT))).is_none());
}

#[test]
fn everybody_and_everybody_but_some_are_trusted_as_they_are_written() {
    assert!(reads_by_trust(user("u", ""), &trusting(r#""*""#)).is_some());
    let but = |name: &str| {
        format!(
            r#"{{"Effect": "Allow", "NotPrincipal": {{"AWS": "arn:aws:iam::{ACCOUNT}:user/{name}"}}, "Action": "sts:AssumeRole"}}"#
        )
    };
    assert!(reads_by_trust(user("u", ""), &but("other")).is_some());
    assert!(reads_by_trust(user("u", ""), &but("u")).is_none());
    assert!(reads_by_trust(user("u", &assume()), &trusting(r#"{"Service": "ec2.amazonaws.com"}"#)).is_none());
    let denied = format!(
        r#"{}, {{"Effect": "Deny", "Principal": {{"AWS": "arn:aws:iam::{ACCOUNT}:user/u"}}, "Action": "*"}}"#,
        trusting(r#""*""#)
    );
    assert!(reads_by_trust(user("u", &assume()), &denied).is_none());
    assert!(reads_by_trust(user("v", &assume()), &denied).is_some());
}

#[test]
fn conditions_of_both_sides_are_told() {
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    let trust = format!(
        r#"{{"Effect": "Allow", "Principal": {{"AWS": "{root}"}}, "Action": "sts:AssumeRole",
            "Condition": {{"Bool": {{"aws:MultiFactorAuthPresent": "true"}}, "StringEquals": {{"sts:ExternalId": "x"}}}}}}"#
    );
    let holder = reads_by_trust(user("u", &assume()), &trust).unwrap();
    assert!(holder.is_conditional() && !holder.why.is_conditional);
    let why = &holder.through[0].why;
    assert!(why.is_conditional);
    let of_trust = why.deciders.iter().find(|decider| decider.layer == "resource").unwrap();
    let keys: Vec<(&str, &str)> =
        of_trust.conditions.iter().map(|one| (one.operator.as_str(), one.key.as_str())).collect();
    assert_eq!(keys, [("Bool", "aws:MultiFactorAuthPresent"), ("StringEquals", "sts:ExternalId")]);
    // A denial under conditions is told too; one that is about something else is not.
    let guarded = format!(
        r#"{}, {{"Sid": "NotFromOutside", "Effect": "Deny", "Action": "sts:*", "Resource": "*",
            "Condition": {{"NotIpAddress": {{"aws:SourceIp": "10.0.0.0/8"}}}}}},
            {{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {{"Bool": {{"a:b": "true"}}}}}}"#,
        assume()
    );
    let holder = reads_by_trust(user("u", &guarded), &trusting(&by_aws(&root))).unwrap();
    let unless = &holder.through[0].why.unless;
    assert_eq!(unless.len(), 1, "{unless:?}");
    assert_eq!(unless[0].sid.as_deref(), Some("NotFromOutside"));
    let never = trust.replace(r#""sts:ExternalId": "x""#, r#""aws:username": "somebody""#);
    assert!(reads_by_trust(user("u", &assume()), &never).is_none(), "the name is known");
}

#[test]
fn boundaries_sessions_and_control_policies_bind_on_the_way() {
    let trust = trusting(&by_aws(ACCOUNT));
    let only = |action: &str| named("limit", &allow(&format!("\"{action}\""), r#""*""#));
    let mut bounded = user("u", &assume());
    bounded.policies = bounded.policies.with_boundary(only("s3:*"));
    assert!(reads_by_trust(bounded.clone(), &trust).is_none());
    bounded.policies = bounded.policies.with_boundary(only("sts:*"));
    assert!(reads_by_trust(bounded, &trust).is_some());
    let mut controlled = user("u", &assume());
    controlled.policies = controlled.policies.with_service_control(vec![vec![only("*")], vec![only("s3:*")]]);
    assert!(reads_by_trust(controlled.clone(), &trust).is_none());
    controlled.policies =
        controlled.policies.with_service_control(vec![vec![only("*")], vec![only("sts:*")]]);
    assert!(reads_by_trust(controlled, &trust).is_some());
    let mut held = user("u", &assume());
    let closed = r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}"#;
    held.policies = held.policies.with_resource_control(vec![vec![named("rcp", closed)]]);
    assert!(reads_by_trust(held, &trust).is_none());
}

const MANY: Bounds = Bounds { limit: 1_000, longer: 0 };

/// An estate in which the first has exactly what a move takes, but one of its needs, and where the move leads.
fn scene(row: &Move, without: Option<usize>) -> (Estate, Node) {
    let as_role = match row.yields {
        Yields::EverythingAsRole => true,
        Yields::EverythingUnbounded => row.id.contains("Role"),
        _ => false,
    };
    let kind = if as_role { "role" } else { "user" };
    let caller_arn = format!("arn:aws:iam::{ACCOUNT}:{kind}/caller");
    let target_kind =
        if matches!(row.yields, Yields::User | Yields::EverythingAsOtherUser) { "user" } else { "role" };
    let target_arn = format!("arn:aws:iam::{ACCOUNT}:{target_kind}/target");
    let provider = format!("arn:aws:iam::{ACCOUNT}:saml-provider/idp");
    let group = format!("arn:aws:iam::{ACCOUNT}:group/own");
    let admins = format!("arn:aws:iam::{ACCOUNT}:group/admins");
    let managed = format!("arn:aws:iam::{ACCOUNT}:policy/own");
    let of_target = format!("arn:aws:iam::{ACCOUNT}:policy/of-target");
    let mut statements = Vec::new();
    for (number, need) in row.needs.iter().enumerate() {
        if without == Some(number) {
            continue;
        }
        let resource = match need.on {
            On::Target | On::Passed => target_arn.clone(),
            On::Caller => caller_arn.clone(),
            On::CallerGroup => group.clone(),
            On::AdministratorGroup => admins.clone(),
            On::CallerPolicy | On::CallerPolicyWithWiderVersion => managed.clone(),
            On::TargetPolicy => of_target.clone(),
            On::Provider => provider.clone(),
            On::NewUser => format!("arn:aws:iam::{ACCOUNT}:user/*"),
            On::NewRole => format!("arn:aws:iam::{ACCOUNT}:role/*"),
            On::Anything => "*".to_owned(),
        };
        let condition = match (need.on, row.yields) {
            (On::Passed, Yields::RoleOf(service)) => {
                format!(r#", "Condition": {{"StringEquals": {{"iam:PassedToService": "{service}"}}}}"#)
            }
            _ => String::new(),
        };
        statements.push(format!(
            r#"{{"Effect": "Allow", "Action": "{}", "Resource": "{resource}"{condition}}}"#,
            need.action
        ));
    }
    let mut statements = statements.join(",");
    if row.yields == Yields::EverythingUnbounded {
        // All but the way out, so that only the move in question takes the boundary away.
        statements = if without.is_none() { all() } else { allow(r#""s3:*""#, r#""*""#) };
    }
    let mut caller =
        if as_role { role("caller", &by_aws(OTHER), &statements) } else { user("caller", &statements) };
    caller.groups = vec![arn(&group)];
    caller.attached = vec![arn(&managed)];
    if row.yields == Yields::EverythingUnbounded {
        let actions: Vec<&str> = row.needs.iter().map(|need| need.action).collect();
        caller.policies =
            caller.policies.with_boundary(named("boundary", &allow(&format!("{actions:?}"), r#""*""#)));
    }
    let trusted = match row.yields {
        Yields::RoleOf(service) | Yields::RoleInUseBy(service) => format!(r#"{{"Service": "{service}"}}"#),
        Yields::RoleOfProvider => format!(r#"{{"Federated": "{provider}"}}"#),
        Yields::EverythingAsAssumedRole => by_aws(&caller_arn),
        _ => by_aws(OTHER),
    };
    let mut target = if target_kind == "role" { role("target", &trusted, "") } else { user("target", "") };
    if target_kind == "role" {
        target.instance_profiles = vec![arn(&format!("arn:aws:iam::{ACCOUNT}:instance-profile/p"))];
    }
    target.attached = vec![arn("arn:aws:iam::aws:policy/ReadOnlyAccess"), arn(&of_target)];
    let groups = vec![
        Group { arn: arn(&group), policies: Vec::new() },
        Group { arn: arn(&admins), policies: vec![named("g", &all())] },
    ];
    let policies = vec![ManagedPolicy { arn: arn(&managed), other_versions: vec![document(&all())] }];
    let end = match row.yields {
        Yields::User | Yields::Role | Yields::RoleOf(_) | Yields::RoleInUseBy(_) | Yields::RoleOfProvider => {
            Node::Member(1)
        }
        _ => Node::Administrator,
    };
    (Estate::new(vec![caller, target], groups, policies, Budget::default()), end)
}

#[test]
fn each_move_leads_where_it_says_and_not_without_any_of_what_it_takes() {
    for row in MOVES {
        let leads = |without: Option<usize>| {
            let (estate, end) = scene(row, without);
            let answer = paths(&estate, 0, end, MANY, &mut |_, _| {});
            assert!(answer.undecided.is_empty(), "{}: {:?}", row.id, answer.undecided);
            let mut steps = answer.found.iter().flat_map(|path| &path.steps).flatten();
            steps.any(|step| step.by == row.id && step.from == Node::Member(0))
        };
        assert!(leads(None), "{} leads nowhere", row.id);
        for (number, need) in row.needs.iter().enumerate() {
            assert!(!leads(Some(number)), "{} without {}", row.id, need.action);
        }
    }
}

#[test]
fn a_role_is_handed_to_the_service_that_it_trusts_and_to_no_other() {
    for row in MOVES.iter().filter(|row| matches!(row.yields, Yields::RoleOf(_) | Yields::RoleInUseBy(_))) {
        let (estate, end) = scene(row, None);
        let mut members = estate.members().to_vec();
        members[1].trust = role("x", r#"{"Service": "unheard.amazonaws.com"}"#, "").trust;
        let estate = Estate::new(members, Vec::new(), Vec::new(), Budget::default());
        assert!(paths(&estate, 0, end, MANY, &mut |_, _| {}).found.is_empty(), "{}", row.id);
    }
}

fn nodes(path: &Path) -> Vec<usize> {
    let ends = path.steps.iter().map(|moves| match moves[0].to {
        Node::Member(member) => member,
        Node::Administrator => usize::MAX,
    });
    ends.collect()
}

#[test]
fn longer_paths_are_listed_after_the_shortest_and_visit_nobody_twice() {
    let trusts = |names: &[&str]| {
        let arns: Vec<String> = names
            .iter()
            .map(|name| {
                let kind = if *name == "start" { "user" } else { "role" };
                format!("\"arn:aws:iam::{ACCOUNT}:{kind}/{name}\"")
            })
            .collect();
        format!(r#"{{"AWS": [{}]}}"#, arns.join(","))
    };
    let estate = estate(vec![
        user("start", ""),
        role("a", &trusts(&["start", "b"]), ""),
        role("b", &trusts(&["start", "a"]), ""),
        role("end", &trusts(&["a", "b", "start"]), ""),
    ]);
    let ask = |limit, longer| {
        let answer = paths(&estate, 0, Node::Member(3), Bounds { limit, longer }, &mut |_, _| {});
        let found: Vec<Vec<usize>> = answer.found.iter().map(nodes).collect();
        (found, answer.is_cut)
    };
    assert_eq!(ask(10, 0), (vec![vec![3]], false));
    assert_eq!(ask(10, 1), (vec![vec![3], vec![1, 3], vec![2, 3]], false));
    let all = vec![vec![3], vec![1, 3], vec![2, 3], vec![1, 2, 3], vec![2, 1, 3]];
    assert_eq!(ask(10, 2), (all.clone(), false));
    assert_eq!(ask(10, 50), (all.clone(), false));
    assert_eq!(ask(2, 50), (all[..2].to_vec(), true));
}

#[test]
fn chains_of_roles_are_found_to_their_end() {
    let next = |at: usize| {
        if at == 0 {
            format!("arn:aws:iam::{ACCOUNT}:user/start")
        } else {
            format!("arn:aws:iam::{ACCOUNT}:role/r{at}")
        }
    };
    let mut members = vec![user("start", "")];
    for at in 1..=20 {
        let rights = if at == 20 { read() } else { String::new() };
        members.push(role(&format!("r{at}"), &by_aws(&next(at - 1)), &rights));
    }
    members.push(user("stranger", &assume()));
    let estate = estate(members);
    let found = readers(&estate);
    assert_eq!(found.len(), 21);
    assert_eq!(found[0].through.iter().map(|hop| hop.role).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    let answer = paths(&estate, 0, Node::Member(20), MANY, &mut |_, _| {});
    assert_eq!(answer.found[0].steps.len(), 20);
    assert!(paths(&estate, 21, Node::Member(20), MANY, &mut |_, _| {}).found.is_empty());
}
