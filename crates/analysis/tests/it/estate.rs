//! Questions over an estate.

use std::sync::Arc;

use analysis::estate::{
    Bounds, Change, Estate, Group, ManagedPolicy, Member, Node, Row, differences, effective, paths, who_can,
};
use analysis::{Budget, Relation, compare};
use policy::{AssumedRole, Named, Policy, PolicySet, Principal, SourceKind, evaluate};
use serde_json::{Value, json};
use types::Arn;

use super::support::{allow, deny, document};

pub(crate) const ACCOUNT: &str = "123456789012";

pub(crate) fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

pub(crate) fn named(name: &str, statements: &str) -> Named {
    Named::new(SourceKind::CustomerManaged, name, document(statements))
}

pub(crate) fn user(name: &str, statements: &str) -> Member {
    let arn = arn(&format!("arn:aws:iam::{ACCOUNT}:user/{name}"));
    Member {
        principal: Principal::parse(arn.as_str()).unwrap(),
        arn,
        policies: PolicySet::new().with_identity(vec![named("own", statements)]),
        groups: Vec::new(),
        attached: Vec::new(),
        trust: None,
        instance_profiles: Vec::new(),
        tags: Vec::new(),
    }
}

pub(crate) fn role(name: &str, trusted: &str, statements: &str) -> Member {
    let arn = arn(&format!("arn:aws:iam::{ACCOUNT}:role/{name}"));
    let trust = format!(r#"{{"Effect": "Allow", "Principal": {trusted}, "Action": "sts:AssumeRole"}}"#);
    Member {
        principal: Principal::AssumedRole(AssumedRole::new(arn.clone(), "session").unwrap()),
        trust: Some(Named::new(SourceKind::Trust, "trust", document(&trust))),
        arn,
        ..user(name, statements)
    }
}

pub(crate) fn estate(members: Vec<Member>) -> Estate {
    Estate::new(members, Vec::new(), Vec::new(), Budget::default())
}

pub(crate) fn by_aws(who: &str) -> String {
    format!(r#"{{"AWS": "{who}"}}"#)
}

pub(crate) fn all() -> String {
    allow(r#""*""#, r#""*""#)
}

#[test]
fn who_can_finds_the_holders_and_the_chains_that_lead_to_them() {
    let estate = estate(vec![
        user("reader", &allow(r#""s3:Get*""#, r#""arn:aws:s3:::b/*""#)),
        user("other", &allow(r#""s3:*""#, r#""arn:aws:s3:::c/*""#)),
        user("hopper", &allow(r#""sts:AssumeRole""#, r#""*""#)),
        role("first", &by_aws(ACCOUNT), &allow(r#""sts:AssumeRole""#, r#""*""#)),
        role("last", &by_aws(&format!("arn:aws:iam::{ACCOUNT}:role/first")), &allow(r#""s3:*""#, r#""*""#)),
        user(
            "mfa",
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#,
        ),
        user("denied", &format!("{},{}", all(), deny(r#""s3:Get*""#, r#""*""#))),
    ]);
    let who = who_can(&estate, ("s3:GetObject", "arn:aws:s3:::b/k"), None, &mut |_, _| {});
    assert!(who.undecided.is_empty(), "{:?}", who.undecided);
    let found: Vec<(usize, Vec<usize>, bool)> = who
        .holders
        .iter()
        .map(|holder| {
            (holder.member, holder.through.iter().map(|hop| hop.role).collect(), holder.is_conditional())
        })
        .collect();
    // `denied` may not read itself, and hops to `first` and `last` like everybody of the account that may.
    assert_eq!(
        found,
        [
            (0, vec![], false),
            (2, vec![3, 4], false),
            (3, vec![4], false),
            (4, vec![], false),
            (5, vec![], true),
            (6, vec![3, 4], false),
        ]
    );
    for holder in &who.holders {
        let last = holder.through.last().map_or(holder.member, |hop| hop.role);
        let set = &estate.members()[last].policies;
        assert!(evaluate(set, &holder.witness).is_allowed());
        assert_eq!((holder.why.deciders[0].policy.as_str(), holder.why.deciders[0].statement), ("own", 0));
    }
}

#[test]
fn a_boundary_and_a_resource_s_own_policy_count() {
    let mut bounded = user("bounded", &all());
    bounded.policies = bounded.policies.with_boundary(named("boundary", &allow(r#""ec2:*""#, r#""*""#)));
    let estate = estate(vec![bounded, user("none", &allow(r#""ec2:*""#, r#""*""#))]);
    let can = |own: Option<&Named>| -> Vec<usize> {
        let who = who_can(&estate, ("s3:GetObject", "arn:aws:s3:::b/k"), own, &mut |_, _| {});
        who.holders.iter().map(|holder| holder.member).collect()
    };
    assert_eq!(can(None), Vec::<usize>::new());
    let own = Named::new(
        SourceKind::Resource,
        "bucket",
        document(&format!(
            r#"{{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::{ACCOUNT}:user/none"}}, "Action": "s3:*", "Resource": "*"}}"#
        )),
    );
    assert_eq!(can(Some(&own)), [1]);
}

fn rows(member: &Member) -> Vec<Row> {
    effective(member, Budget::default()).unwrap()
}

#[test]
fn rows_leave_out_what_others_cover_and_keep_to_every_layer() {
    let statements = [
        allow(r#"["s3:GetObject", "s3:PutObject"]"#, r#""arn:aws:s3:::b/*""#),
        allow(r#""s3:Get*""#, r#""arn:aws:s3:::b/*""#),
        allow(r#""s3:GetObjectAcl""#, r#""arn:aws:s3:::b/x""#),
        deny(r#""s3:PutObject""#, r#""arn:aws:s3:::b/locked/*""#),
        deny(r#""sqs:*""#, r#""*""#),
    ];
    let mut member = user("u", &statements.join(","));
    let found = rows(&member);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((&found[0].actions, found[0].except.len()), (&vec!["s3:Get*".to_owned()], 0));
    assert_eq!(found[1].actions, ["s3:PutObject"]);
    assert_eq!(found[1].except[0].resources, ["arn:aws:s3:::b/locked/*"]);
    member.policies = member
        .policies
        .with_boundary(named("boundary", &allow(r#""s3:GetObject*""#, r#""arn:aws:s3:::b/public/*""#)));
    let found = rows(&member);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].actions.as_slice(), found[0].resources.as_slice()),
        (&["s3:GetObject*".to_owned()][..], &["arn:aws:s3:::b/public/*".to_owned()][..])
    );
    assert_eq!(found[0].by, [("boundary".to_owned(), 0), ("own".to_owned(), 1)]);
}

#[test]
fn a_row_leaves_out_what_other_rows_have_and_what_is_denied_whole() {
    let statements = [
        allow(
            r#"["s3:GetObject", "ec2:RunInstances", "s3:Delete*"]"#,
            r#"["arn:aws:s3:::a/x", "arn:aws:s3:::a/y"]"#,
        ),
        allow(r#""s3:Get*""#, r#""*""#),
        allow(r#""ec2:*""#, r#""arn:aws:s3:::a/y""#),
        deny(r#""s3:Delete*""#, r#""*""#),
    ];
    let found = rows(&user("u", &statements.join(",")));
    let shown: Vec<_> =
        found.iter().map(|row| (row.actions.join(" "), row.resources.join(" "), row.except.len())).collect();
    let expected =
        [("ec2:*", "arn:aws:s3:::a/y", 0), ("ec2:RunInstances", "arn:aws:s3:::a/x", 0), ("s3:Get*", "*", 0)];
    let expected = expected.map(|(actions, resources, n)| (actions.to_owned(), resources.to_owned(), n));
    assert_eq!(shown, expected);
    // Each leaves the same to the other: one of them keeps it.
    let twice = [
        allow(r#"["s3:GetObject", "s3:PutObject"]"#, r#""*""#),
        allow(r#"["s3:GetObject", "s3:ListBucket"]"#, r#""*""#),
    ];
    let found = rows(&user("u", &twice.join(",")));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].actions, ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]);
}

#[test]
fn resource_control_takes_from_the_services_that_it_binds_alone() {
    let to_all = |effect: &str, rest: &str| format!(r#"{{"Effect": "{effect}", "Principal": "*", {rest}}}"#);
    let bound = |identity: &str, control: &[String]| {
        let mut member = user("u", identity);
        let document = document(&control.join(","));
        let level = vec![Named::new(SourceKind::ResourceControl, "control", document)];
        member.policies = member.policies.with_resource_control(vec![level]);
        rows(&member)
    };
    let full = to_all("Allow", r#""Action": "*", "Resource": "*""#);
    let identity =
        [allow(r#"["s3:GetObject", "ec2:RunInstances"]"#, r#""*""#), allow(r#""kms:*""#, r#""*""#)].join(",");
    let tell = |found: &[Row]| -> Vec<(String, String, usize)> {
        let one = |row: &Row| (row.actions.join(" "), row.not_actions.join(" "), row.except.len());
        found.iter().map(one).collect()
    };
    assert_eq!(tell(&bound(&identity, std::slice::from_ref(&full))).len(), 1, "full access takes nothing");
    // Of the services that are bound nothing is left; what is not bound stays.
    let denied = [full.clone(), to_all("Deny", r#""Action": "*", "Resource": "*""#)];
    let expected = ("ec2:RunInstances kms:RetireGrant".to_owned(), String::new(), 0);
    assert_eq!(tell(&bound(&identity, &denied)), [expected]);
    let outside = to_all(
        "Deny",
        r#""Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}"#,
    );
    let found = bound(&allow(r#""s3:GetObject""#, r#""*""#), &[full, outside.clone()]);
    assert_eq!(found[0].except.len(), 1);
    assert_eq!(found[0].except[0].by, ("control".to_owned(), 1));
    // A level that allows nothing that it binds.
    let found = bound(&identity, &[outside]);
    assert!(
        found.iter().all(|row| !row.actions.iter().any(|action| action.starts_with("s3:"))),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|row| row.actions.iter().any(|action| action == "ec2:RunInstances")),
        "{found:#?}"
    );
    let mut linked = role("aws-service-role/x.amazonaws.com/r", &by_aws(ACCOUNT), &identity);
    linked.policies = linked.policies.with_resource_control(vec![Vec::new()]);
    assert_eq!(rows(&linked).len(), 1, "roles of services are bound by nothing");
}

/// Rows as a document, with the denies of another.
fn as_document(rows: &[Row], original: &Value) -> Arc<Policy> {
    let mut statements: Vec<Value> = rows
        .iter()
        .map(|row| {
            assert!(row.actions_within.is_empty() && row.resources_within.is_empty(), "{row:?}");
            let mut statement = json!({"Effect": "Allow"});
            let pairs = [
                ("Action", &row.actions),
                ("NotAction", &row.not_actions),
                ("Resource", &row.resources),
                ("NotResource", &row.not_resources),
            ];
            for (name, list) in pairs.into_iter().filter(|(_, list)| !list.is_empty()) {
                statement[name] = json!(list);
            }
            for condition in &row.conditions {
                statement["Condition"][&condition.operator][&condition.key] = json!(condition.values);
            }
            statement
        })
        .collect();
    let all = match &original["Statement"] {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    };
    statements.extend(all.into_iter().filter(|statement| statement["Effect"] == "Deny"));
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Arc::new(Policy::parse(&text).unwrap())
}

#[test]
fn rows_mean_what_the_policies_mean() {
    let mut checked = 0;
    for managed in catalog::managed_policies().iter().step_by(40) {
        let original: Value = serde_json::from_str(managed.document()).unwrap();
        let policy = Arc::new(Policy::parse(managed.document()).unwrap());
        let mut member = user("u", "");
        member.policies = PolicySet::new().with_identity(vec![Named::new(
            SourceKind::AwsManaged,
            "p",
            Arc::clone(&policy),
        )]);
        // What follows from the user is known to the rows and not to the documents.
        if managed.document().contains("aws:Principal") || managed.document().contains("${aws:") {
            continue;
        }
        let rows = rows(&member);
        let answer = compare(&policy, &as_document(&rows, &original), Budget::default());
        assert_eq!(answer.relation, Relation::Equivalent, "{}: {answer:?}\n{rows:#?}", managed.name());
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}

const TEN: Bounds = Bounds { limit: 10, longer: 0 };

/// The moves of the first path, one of each step.
fn way(estate: &Estate, from: usize, to: Node) -> Option<Vec<Vec<String>>> {
    let answer = paths(estate, from, to, TEN, &mut |_, _| {});
    assert!(answer.undecided.is_empty(), "{:?}", answer.undecided);
    let first = answer.found.first()?;
    Some(first.steps.iter().map(|step| step.iter().map(|one| one.by.clone()).collect()).collect())
}

#[test]
fn a_path_goes_over_roles_and_moves() {
    let lambda = r#"{"Service": "lambda.amazonaws.com"}"#;
    let estate = estate(vec![
        user(
            "start",
            &format!(
                "{},{}",
                allow(r#""iam:CreateAccessKey""#, &format!(r#""arn:aws:iam::{ACCOUNT}:user/middle""#)),
                allow(r#""s3:*""#, r#""*""#)
            ),
        ),
        user(
            "middle",
            &format!(
                "{},{}",
                allow(r#""iam:PassRole""#, &format!(r#""arn:aws:iam::{ACCOUNT}:role/worker""#)),
                allow(r#"["lambda:CreateFunction", "lambda:InvokeFunction"]"#, r#""*""#)
            ),
        ),
        role("worker", lambda, &all()),
        role("other", lambda, &allow(r#""s3:*""#, r#""*""#)),
        user("stranger", &allow(r#""s3:*""#, r#""*""#)),
    ]);
    let steps = way(&estate, 0, Node::Member(2)).unwrap();
    assert_eq!(steps, [vec!["CreateAccessKey"], vec!["PassRole+lambda:CreateFunction+InvokeFunction"]]);
    assert_eq!(way(&estate, 0, Node::Administrator).unwrap().len(), 3, "the worker may do everything");
    assert_eq!(way(&estate, 0, Node::Member(3)).unwrap().len(), 4, "and so comes to act as anybody");
    assert_eq!(way(&estate, 4, Node::Member(2)), None);
    let found = paths(&estate, 0, Node::Member(2), TEN, &mut |_, _| {}).found;
    for step in found[0].steps.iter().flatten() {
        let Node::Member(at) = step.from else { continue };
        for (action, request) in &step.needs {
            assert_eq!(request.action.as_str(), *action);
            assert!(evaluate(&estate.members()[at].policies, request).is_allowed(), "{request:?}");
        }
    }
}

#[test]
fn one_can_raise_oneself_and_a_boundary_stands_in_the_way() {
    let own = format!(r#""arn:aws:iam::{ACCOUNT}:user/u""#);
    let mut member = user("u", &allow(r#""iam:PutUserPolicy""#, &own));
    assert_eq!(
        way(&estate(vec![member.clone()]), 0, Node::Administrator),
        Some(vec![vec!["PutUserPolicy".to_owned()]])
    );
    member.policies =
        member.policies.with_boundary(named("boundary", &allow(r#"["iam:*", "s3:*"]"#, r#""*""#)));
    assert_eq!(way(&estate(vec![member.clone()]), 0, Node::Administrator), None);
    member.policies = member.policies.with_identity(vec![named("own", &allow(r#""iam:*User*""#, &own))]);
    let steps = way(&estate(vec![member]), 0, Node::Administrator).unwrap();
    assert!(steps[0].contains(&"PutUserPolicy".to_owned()), "without the boundary: {steps:?}");
}

#[test]
fn groups_and_versions_of_policies_are_ways_up() {
    let group = arn(&format!("arn:aws:iam::{ACCOUNT}:group/admins"));
    let managed = arn(&format!("arn:aws:iam::{ACCOUNT}:policy/p"));
    let mut member = user("u", &allow(r#""iam:AddUserToGroup""#, r#""*""#));
    let groups =
        |statements: &str| vec![Group { arn: group.clone(), policies: vec![named("g", statements)] }];
    let with = |member: &Member, groups, policies| {
        Estate::new(vec![member.clone()], groups, policies, Budget::default())
    };
    assert_eq!(
        way(&with(&member, groups(&all()), vec![]), 0, Node::Administrator).unwrap(),
        [["AddUserToGroup"]]
    );
    assert_eq!(
        way(&with(&member, groups(&allow(r#""s3:*""#, r#""*""#)), vec![]), 0, Node::Administrator),
        None
    );
    member = user("u", &allow(r#""iam:SetDefaultPolicyVersion""#, r#""*""#));
    member.attached = vec![managed.clone()];
    let version = |statements: &str| {
        vec![ManagedPolicy { arn: managed.clone(), other_versions: vec![document(statements)] }]
    };
    assert_eq!(
        way(&with(&member, vec![], version(&all())), 0, Node::Administrator).unwrap(),
        [["SetDefaultPolicyVersion"]]
    );
    assert_eq!(
        way(&with(&member, vec![], version(&allow(r#""s3:*""#, r#""*""#))), 0, Node::Administrator),
        None
    );
}

#[test]
fn a_difference_names_who_gains_and_who_loses() {
    let before = estate(vec![
        user("same", &all()),
        user("more", &allow(r#""s3:Get*""#, r#""*""#)),
        user("less", &allow(r#""s3:*""#, r#""*""#)),
        user("gone", &all()),
        role("r", &by_aws(&format!("arn:aws:iam::{ACCOUNT}:user/same")), &all()),
    ]);
    let after = estate(vec![
        user("same", &format!("{},{}", allow(r#""s3:*""#, r#""*""#), all())),
        user("more", &allow(r#""s3:*""#, r#""*""#)),
        user("less", &allow(r#""s3:Get*""#, r#""*""#)),
        user("new", &all()),
        role("r", &by_aws("111111111111"), &all()),
    ]);
    let found = differences(&before, &after, &mut |_, _| {});
    let short: Vec<_> = found
        .iter()
        .map(|d| {
            let name = d.arn.rsplit('/').next().unwrap();
            (
                name,
                d.change,
                d.gains.is_some(),
                d.loses.is_some(),
                d.newly_trusted.is_some(),
                d.no_longer_trusted.is_some(),
            )
        })
        .collect();
    assert_eq!(
        short,
        [
            ("r", Change::Kept, false, false, true, true),
            ("gone", Change::Removed, false, true, false, false),
            ("less", Change::Kept, false, true, false, false),
            ("more", Change::Kept, true, false, false, false),
            ("new", Change::Added, true, false, false, false),
        ]
    );
    let (witness, deciders) = found[3].gains.as_ref().unwrap();
    assert!(evaluate(&after.members()[1].policies, witness).is_allowed());
    assert!(!evaluate(&before.members()[1].policies, witness).is_allowed());
    assert_eq!(deciders[0].policy, "own");
    // Witnesses are requests as they happen.
    let witnesses = found.iter().flat_map(|d| [&d.gains, &d.loses]).flatten().map(|(request, _)| request);
    for request in witnesses {
        let action = request.action.as_str();
        let (service, name) = action.split_once(':').unwrap();
        let known = catalog::action(service, name).expect(action);
        assert_eq!(known.name(), name);
        let needs_resource = known.resources().any(|usage| usage.is_required());
        assert!(request.resource.as_str() != "*" || !needs_resource, "{action}");
    }
    for request in [&found[0].newly_trusted, &found[0].no_longer_trusted].into_iter().flatten() {
        assert_eq!(request.action.as_str(), "sts:AssumeRole");
        assert_eq!(request.resource.as_str(), format!("arn:aws:iam::{ACCOUNT}:role/r"));
    }
}

#[test]
fn a_question_with_wildcards_is_answered_with_an_action_that_there_is_own_ones_included() {
    const SHOP: &str = r#"{"Name": "shop", "Actions": [{"Name": "PutOrder", "Resources": [{"Name": "order"}]}],
        "Resources": [{"Name": "order", "ARNFormats": ["arn:${Partition}:shop:${Region}:${Account}:order/${Id}"]}]}"#;
    let definition = policy::ServiceDefinition::parse(SHOP).unwrap();
    let catalog = catalog::Catalog::with([Arc::clone(definition.service())]).unwrap();
    let estate = estate(vec![user("u", &allow(r#"["s3:*", "shop:*"]"#, r#""*""#))]);
    let witness = |estate: &Estate, action: &str, resource: &str| {
        let who = who_can(estate, (action, resource), None, &mut |_, _| {});
        (
            who.holders[0].witness.action.as_str().to_owned(),
            who.holders[0].witness.resource.as_str().to_owned(),
        )
    };
    let (action, resource) = witness(&estate, "s3:Put*", "arn:aws:s3:::b/*");
    assert!(catalog::action("s3", action.strip_prefix("s3:").unwrap()).is_some(), "{action}");
    assert!(resource.starts_with("arn:aws:s3:::b/"), "{resource}");
    let orders = "arn:aws:shop:eu-west-1:123456789012:order/*";
    assert_ne!(witness(&estate, "shop:P*", orders).0, "shop:PutOrder", "nobody said what there is");
    let estate = estate.knowing(catalog);
    let (action, resource) = witness(&estate, "shop:P*", orders);
    assert_eq!(action, "shop:PutOrder");
    assert!(resource.starts_with("arn:aws:shop:eu-west-1:123456789012:order/"), "{resource}");
    assert_eq!(witness(&estate, "SHOP:putorder", "*").0, "shop:PutOrder", "as the service writes it");
    // What no service has is asked about all the same.
    assert_eq!(witness(&estate, "shop:Vanish", "*").0, "shop:Vanish");
}
