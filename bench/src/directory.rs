//! `directory`: an account of 100,000 users, 20,000 roles and 5,000 policies beside one of a tenth of that: pages cost
//! the same, first decisions after a restart are quick, memory stays within the cache.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::aws::{Client, Key, element};
use crate::load::send_for;
use crate::process::{Core, Server, import, scratch};
use crate::report::{Goal, Report, median, quantile};

const BENCH: &str = "directory";

/// How much is in an account.
#[derive(Clone, Copy)]
struct Size {
    account: &'static str,
    users: usize,
    roles: usize,
    policies: usize,
}

const LARGE: Size = Size { account: "111111111111", users: 100_000, roles: 20_000, policies: 5_000 };
const SMALL: Size = Size { account: "222222222222", users: 10_000, roles: 2_000, policies: 500 };

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let home = scratch()?;
    let mut filled = Vec::new();
    for (name, size) in [("a tenth", SMALL), ("all of it", LARGE)] {
        filled.push(fill(report, home.path(), name, size)?);
    }
    let [small, large] = filled.as_slice() else { bail!("two directories were filled") };

    for (operation, parameters) in LISTS {
        let (mut of_few, mut of_many) = (vec![], vec![]);
        for _ in 0..ROUNDS {
            of_few.push(small.pages(operation, parameters)?);
            of_many.push(large.pages(operation, parameters)?);
        }
        let only = parameters.iter().filter(|(name, _)| *name != "MaxItems");
        let with: String = only.map(|(name, value)| format!(" {name}={value}")).collect();
        report.tell(BENCH, &format!("{operation}{with}, pages of all"), median(&of_many), "/s");
        report.judge(
            BENCH,
            &format!("{operation}{with}, all over a tenth"),
            median(&of_many) / median(&of_few),
            "×",
            Goal::AtLeast(0.7),
        );
    }
    for (name, filled) in [("a tenth", small), ("all of it", large)] {
        let what = format!("memory after {} pages of {name}", LISTS.len() * ROUNDS * PAGES);
        report.judge(BENCH, &what, filled.server.resident_mb()?, "MB", Goal::AtMost(300.0));
        first_decisions(report, name, filled)?;
    }
    Ok(())
}

/// A server, started anew on a filled directory.
struct Filled {
    server: Server,
    root: Key,
    /// Users that have made no call yet.
    users: Vec<Key>,
}

impl Filled {
    /// How many pages a second, each from another place of the list.
    fn pages(&self, operation: &str, parameters: &[(&str, &str)]) -> Result<f64> {
        let iam = Client { address: &self.server.address, key: &self.root, service: "iam" };
        let mut requests = Vec::with_capacity(PAGES);
        let mut marker: Option<String> = None;
        for number in 0..PAGES {
            let mut with = parameters.to_vec();
            with.extend(marker.as_deref().map(|marker| ("Marker", marker)));
            let answer = iam.call(operation, &with)?;
            requests.push(iam.request(operation, &with, number));
            marker = element(&answer, "Marker").ok().map(str::to_owned);
        }
        Ok(send_for(&self.server.address, vec![requests], ROUND)?.per_second)
    }
}

/// Imports an account, gives some users keys, and starts the server anew.
fn fill(report: &mut Report, home: &Path, name: &str, size: Size) -> Result<Filled> {
    let data = home.join(size.account);
    let file = home.join(format!("{}.json", size.account));
    write_estate(&file, size)?;
    let taken = import(&data, &file)?;
    report.tell(BENCH, &format!("import of {name}"), taken.as_secs_f64(), "s");

    let root = Key::from_file(&data.join(format!("root-credentials-aws-{}", size.account)))?;
    let mut users = Vec::with_capacity(FRESH);
    {
        let server = Server::portcullis(&data, Core::Any)?;
        let iam = Client { address: &server.address, key: &root, service: "iam" };
        for number in 0..FRESH {
            let user = format!("user-{}", number * (size.users / FRESH));
            let made = iam.call("CreateAccessKey", &[("UserName", &user)])?;
            users.push(Key::new(element(&made, "AccessKeyId")?, element(&made, "SecretAccessKey")?));
        }
    }
    let server = Server::portcullis(&data, Core::First)?;
    report.tell(BENCH, &format!("start on {name}"), server.started_in.as_secs_f64() * 1e3, "ms");
    Ok(Filled { server, root, users })
}

/// How much longer a user's first call takes than the same call again: to look up the key, gather its policies, compile
/// them and decide.
fn first_decisions(report: &mut Report, name: &str, filled: &Filled) -> Result<()> {
    let mut more = Vec::with_capacity(filled.users.len());
    for key in &filled.users {
        let iam = Client { address: &filled.server.address, key, service: "iam" };
        let first = timed(&iam)?;
        let mut again = Vec::with_capacity(5);
        for _ in 0..5 {
            again.push(timed(&iam)?);
        }
        more.push(first - median(&again));
    }
    let what = format!("first decision of a principal after the restart, {name}");
    report.judge(BENCH, &format!("{what}, p50"), median(&more), "ms", Goal::AtMost(1.0));
    report.tell(BENCH, &format!("{what}, p90"), quantile(&more, 0.9), "ms");
    Ok(())
}

fn timed(iam: &Client<'_>) -> Result<f64> {
    let begin = Instant::now();
    iam.call("GetUser", &[])?;
    Ok(begin.elapsed().as_secs_f64() * 1e3)
}

/// Writes the account as AWS would describe it.
fn write_estate(path: &PathBuf, size: Size) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
    let arn = |rest: &str| format!("arn:aws:iam::{}:{rest}", size.account);
    let own = |number: usize| format!("policy-{}", number % size.policies);
    let attached = |number: usize| {
        let own = own(number);
        format!(
            r#"[{{"PolicyName":"{own}","PolicyArn":"{}"}},{{"PolicyName":"ReadOnlyAccess","PolicyArn":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}]"#,
            arn(&format!("policy/{own}"))
        )
    };
    write!(out, "{{\"UserDetailList\":[")?;
    for number in 0..size.users {
        let name = format!("user-{number}");
        separate(&mut out, number)?;
        write!(
            out,
            r#"{{"Path":"/","UserName":"{name}","UserId":"AIDA{number:017}","Arn":"{}","CreateDate":"{CREATED}","GroupList":["group-{}"],"AttachedManagedPolicies":{},"Tags":[{{"Key":"Team","Value":"{}"}}]}}"#,
            arn(&format!("user/{name}")),
            number % GROUPS,
            attached(number),
            number % 50,
        )?;
    }
    write!(out, "],\"GroupDetailList\":[")?;
    for number in 0..GROUPS {
        separate(&mut out, number)?;
        write!(
            out,
            r#"{{"Path":"/","GroupName":"group-{number}","GroupId":"AGPA{number:017}","Arn":"{}","CreateDate":"{CREATED}","GroupPolicyList":[{{"PolicyName":"own","PolicyDocument":{}}}]}}"#,
            arn(&format!("group/group-{number}")),
            document("iam:GetUser", number),
        )?;
    }
    write!(out, "],\"RoleDetailList\":[")?;
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
    for number in 0..size.roles {
        let name = format!("role-{number}");
        separate(&mut out, number)?;
        write!(
            out,
            r#"{{"Path":"/","RoleName":"{name}","RoleId":"AROA{number:017}","Arn":"{}","CreateDate":"{CREATED}","AssumeRolePolicyDocument":{trust},"AttachedManagedPolicies":{}}}"#,
            arn(&format!("role/{name}")),
            attached(number),
        )?;
    }
    write!(out, "],\"Policies\":[")?;
    for number in 0..size.policies {
        let name = own(number);
        separate(&mut out, number)?;
        write!(
            out,
            r#"{{"PolicyName":"{name}","PolicyId":"ANPA{number:017}","Arn":"{}","Path":"/","DefaultVersionId":"v1","CreateDate":"{CREATED}","UpdateDate":"{CREATED}","PolicyVersionList":[{{"Document":{},"VersionId":"v1","IsDefaultVersion":true,"CreateDate":"{CREATED}"}}]}}"#,
            arn(&format!("policy/{name}")),
            document("s3:GetObject", number),
        )?;
    }
    writeln!(out, "]}}")?;
    out.flush().context("the estate could not be written")
}

fn separate(out: &mut impl std::io::Write, number: usize) -> Result<()> {
    if number > 0 {
        write!(out, ",")?;
    }
    Ok(writeln!(out)?)
}

/// A policy of ten statements, no two policies alike.
fn document(action: &str, number: usize) -> String {
    let mut text = String::from(r#"{"Version":"2012-10-17","Statement":["#);
    for statement in 0..10 {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            r#"{{"Effect":"Allow","Action":["{action}","s3:Get*","dynamodb:Query"],"Resource":["arn:aws:s3:::bucket-{number}-{statement}/*","*"]}},"#
        );
    }
    text.pop();
    text.push_str("]}");
    text
}

const LISTS: &[(&str, &[(&str, &str)])] = &[
    ("ListUsers", &[("MaxItems", "100")]),
    ("ListRoles", &[("MaxItems", "100")]),
    ("ListPolicies", &[("MaxItems", "100"), ("Scope", "Local")]),
    ("ListPolicies", &[("MaxItems", "100"), ("OnlyAttached", "true")]),
    ("GetAccountAuthorizationDetails", &[("MaxItems", "100")]),
    ("GetAccountSummary", &[]),
];
const CREATED: &str = "2015-03-04T05:06:07Z";
const GROUPS: usize = 100;
/// So many users make their first call after the restart.
const FRESH: usize = 50;
const PAGES: usize = 20;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(1);
