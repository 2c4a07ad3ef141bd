//! `questions`: who can do something, and by which ways one comes to act as another, over estates of two sizes.
//!
//! An estate is made as large companies have them: groups with AWS's and their own managed policies, users who manage
//! themselves with MFA, teams that assume their roles, roles that assume others, roles of services, boundaries, tags in
//! conditions, few administrators. What is measured is the question without the reading of the directory.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use analysis::Budget;
use analysis::estate::{Bounds, Estate, Member, Node, paths, who_can};
use anyhow::{Context as _, Result, ensure};
use policy::{AssumedRole, Named, Policy, PolicySet, Principal, SourceKind};
use types::Arn;

use crate::report::{Goal, Report};

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let mut small: Option<Vec<f64>> = None;
    for (members, goals) in [(1_000, Some([1.0, 3.0, 3.0])), (10_000, None)] {
        let mut seconds = Vec::new();
        for (number, name) in NAMES.iter().enumerate() {
            // Each question to an estate of which nothing is known yet.
            let estate = estate(members)?;
            let start = Instant::now();
            let found = ask(&estate, number)?;
            let took = start.elapsed().as_secs_f64();
            let row = format!("{members} principals: {name} ({found})");
            match goals.as_ref().and_then(|goals| goals.get(number)) {
                Some(goal) => report.judge(BENCH, &row, took, "s", Goal::AtMost(*goal)),
                None => report.tell(BENCH, &row, took, "s"),
            }
            seconds.push(took);
        }
        if let Some(small) = &small {
            for ((name, small), large) in NAMES.iter().zip(small).zip(&seconds) {
                report.tell(BENCH, &format!("{name}: growth from a tenth"), large / small, "x");
            }
        }
        small = Some(seconds);
    }
    Ok(())
}

/// Asks one of the questions; what was found, in words.
fn ask(estate: &Estate, number: usize) -> Result<String> {
    let find = |name: &str| estate.find(name).with_context(|| format!("there is no {name}"));
    let bounds = Bounds { limit: 10, longer: 0 };
    if number == 0 {
        let who = who_can(estate, ("s3:GetObject", "arn:aws:s3:::payroll/2026"), None, &mut |_, _| {});
        ensure!(!who.holders.is_empty() && who.undecided.is_empty(), "{:?}", who.undecided);
        return Ok(format!("{} can", who.holders.len()));
    }
    let (from, to) = match number {
        1 => (find("user/u0")?, Node::Administrator),
        _ => (find("user/u1")?, Node::Member(find("role/elsewhere")?)),
    };
    let answer = paths(estate, from, to, bounds, &mut |_, _| {});
    ensure!(answer.undecided.is_empty(), "{:?}", answer.undecided);
    Ok(match answer.found.first() {
        Some(path) => format!("{} found, {} steps", answer.found.len(), path.steps.len()),
        None => "none".to_owned(),
    })
}

fn estate(members: usize) -> Result<Estate> {
    let managed = |name: &str| -> Result<Named> {
        let found = catalog::managed_policy(&format!("/{name}")).with_context(|| name.to_owned())?;
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        Ok(Named::new(SourceKind::AwsManaged, &arn, Arc::new(Policy::parse(found.document())?)))
    };
    // Equal documents are one, as whoever reads a directory makes them.
    let documents = RefCell::new(HashMap::<String, Arc<Policy>>::new());
    let document = |text: &str| -> Result<Arc<Policy>> {
        if let Some(known) = documents.borrow().get(text) {
            return Ok(Arc::clone(known));
        }
        let read = Arc::new(Policy::parse(text)?);
        documents.borrow_mut().insert(text.to_owned(), Arc::clone(&read));
        Ok(read)
    };
    let own = |name: &str, text: &str| -> Result<Named> {
        Ok(Named::new(SourceKind::CustomerManaged, name, document(text)?))
    };
    let machines = managed("AmazonEC2FullAccess")?;
    let groups = [
        vec![managed("ReadOnlyAccess")?],
        vec![machines.clone(), managed("AmazonDynamoDBFullAccess")?],
        vec![own("Developers", DEVELOPERS)?],
        vec![managed("job-function/ViewOnlyAccess")?, managed("AWSCodeCommitPowerUser")?],
    ];
    let (self_care, boundary) = (own("ManageYourself", SELF_CARE)?, own("Boundary", BOUNDARY)?);
    let administrator = managed("AdministratorAccess")?;
    let users = members * 7 / 10;
    let roles = members - users - 1;
    let teams = (members / 20).max(1);
    let mut all = Vec::with_capacity(members);
    for number in 0..users {
        let team = number % teams;
        let mut identity = vec![self_care.clone()];
        identity.extend(groups.iter().filter(|_| number % 2 == 0).flatten().take(1 + number % 4).cloned());
        identity.push(own("team", &TEAM.replace("TEAM", &team.to_string()))?);
        // The first works in no group: it has to go a long way.
        if number == 0 {
            identity = vec![own("start", &TEAM.replace("TEAM", "0"))?];
        }
        let mut set = PolicySet::new().with_identity(identity);
        if number % 5 == 1 {
            set = set.with_boundary(boundary.clone());
        }
        let arn = Arn::parse(&format!("arn:aws:iam::{ACCOUNT}:user/u{number}"))?;
        let principal = Principal::parse(arn.as_str())?;
        all.push(Member { tags: vec![("team".into(), format!("t{team}"))], ..member(arn, principal, set) });
    }
    for number in 0..=roles {
        let team = number % teams;
        let name = if number == roles { "elsewhere".to_owned() } else { format!("team-{team}-r{number}") };
        let arn = Arn::parse(&format!("arn:aws:iam::{ACCOUNT}:role/{name}"))?;
        let principal = Principal::AssumedRole(AssumedRole::new(arn.clone(), "session")?);
        // A session has no MFA, so that a role of a team is one's first; a role for the payroll trusts such a role.
        let before = number.saturating_sub(3);
        let (trusted, identity) = match number % 5 {
            _ if number == roles => (OTHERS.to_owned(), vec![machines.clone()]),
            0 | 1 => (TRUST_ROOT.to_owned(), vec![own("data", &DATA.replace("TEAM", &team.to_string()))?]),
            2 => (TRUST_LAMBDA.to_owned(), vec![own("data", PAYROLL)?]),
            3 => {
                let before = format!("team-{}-r{before}", before % teams);
                (TRUST_ROLE.replace("NAME", &before), vec![own("next", PAYROLL)?])
            }
            _ if number % 200 == 4 => (TRUST_LAMBDA.to_owned(), vec![administrator.clone()]),
            _ => (TRUST_EC2.to_owned(), vec![own("data", &DATA.replace("TEAM", &team.to_string()))?]),
        };
        let trust = Named::new(SourceKind::Trust, "trust policy", document(&trusted)?);
        let set = PolicySet::new().with_identity(identity);
        all.push(Member { trust: Some(trust), ..member(arn, principal, set) });
    }
    Ok(Estate::new(all, Vec::new(), Vec::new(), Budget::default()))
}

fn member(arn: Arn, principal: Principal, policies: PolicySet) -> Member {
    let (groups, attached, instance_profiles) = (Vec::new(), Vec::new(), Vec::new());
    Member { arn, principal, policies, groups, attached, trust: None, instance_profiles, tags: Vec::new() }
}

const BENCH: &str = "questions";
const ACCOUNT: &str = "123456789012";

const NAMES: [&str; 3] =
    ["who-can s3:GetObject", "paths to everything", "paths of one who gets nowhere near"];

const SELF_CARE: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["iam:ListUsers", "iam:GetAccountPasswordPolicy"], "Resource": "*"},
    {"Effect": "Allow", "Resource": "arn:aws:iam::*:user/${aws:username}", "Action": [
        "iam:ChangePassword", "iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys",
        "iam:UpdateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:GetUser"]},
    {"Effect": "Deny", "Resource": "*", "NotAction": ["iam:*", "sts:GetSessionToken"],
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}"#;

const DEVELOPERS: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["lambda:*", "logs:*", "cloudwatch:*"], "Resource": "*"},
    {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/team-*",
        "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com",
            "aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}},
    {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/guarded": "yes"}}}]}"#;

const BOUNDARY: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "NotAction": ["iam:Create*", "iam:Put*", "iam:Attach*", "organizations:*"], "Resource": "*"}]}"#;

const TEAM: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::123456789012:role/team-TEAM-*"},
    {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::team-TEAM", "arn:aws:s3:::team-TEAM/*"]}]}"#;

const DATA: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["s3:*", "sqs:*"], "Resource": "arn:aws:s3:::team-TEAM/*"},
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}"#;

const PAYROLL: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::payroll/*"},
    {"Effect": "Allow", "Action": ["lambda:*", "sts:AssumeRole"], "Resource": "*"},
    {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]}"#;

const TRUST_ROOT: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}"#;

const TRUST_ROLE: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"AWS": "arn:aws:iam::123456789012:role/NAME"}}]}"#;

const TRUST_LAMBDA: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "lambda.amazonaws.com"}}]}"#;

const TRUST_EC2: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "ec2.amazonaws.com"}}]}"#;

const OTHERS: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}]}"#;
