//! `principals`: what a server keeps in memory for each further principal that has asked once, by where its policies
//! come from: none, managed ones that all have, inline ones that are equal, inline ones that are its own.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail};

use crate::aws::{Client, Key, element};
use crate::process::{Core, Server, import, scratch};
use crate::report::{Goal, Report};

const BENCH: &str = "principals";

/// Where a user's policies come from.
#[derive(Clone, Copy)]
enum Kind {
    Nothing,
    Attached,
    EqualInline,
    OwnInline,
}

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let home = scratch()?;
    let data = home.path().join("data");
    let file = home.path().join("estate.json");
    std::fs::write(&file, estate())?;
    import(&data, &file)?;
    let root = Key::from_file(&data.join(format!("root-credentials-aws-{ACCOUNT}")))?;
    let users = keys(&data, &root)?;

    let mut kept = Vec::new();
    for (kind, keys) in KINDS.into_iter().zip(&users) {
        kept.push((kind, kept_for_each(&data, kind, keys)?));
    }
    for (kind, bytes) in kept {
        let what = format!("bytes kept for a further principal, {}", kind.description());
        match kind {
            Kind::OwnInline => report.tell(BENCH, &what, bytes, ""),
            _ => report.judge(BENCH, &what, bytes, "", Goal::AtMost(16_384.0)),
        }
    }
    Ok(())
}

/// Resident bytes that a server gains with each principal of a kind, after the first ones.
#[expect(clippy::cast_precision_loss, reason = "a few thousand principals")]
fn kept_for_each(data: &Path, kind: Kind, keys: &[Key]) -> Result<f64> {
    let server = Server::portcullis(data, Core::Any)?;
    let (first, further) = keys.split_at(FIRST);
    let ask = |keys: &[Key]| -> Result<f64> {
        for key in keys {
            let answer = Client { address: &server.address, key, service: "iam" }.call("GetUser", &[]);
            // Who has no policies is refused, by what was gathered all the same.
            if matches!(kind, Kind::Nothing) == answer.is_ok() {
                bail!(
                    "a user {} was {}",
                    kind.description(),
                    if answer.is_ok() { "allowed" } else { "refused" }
                );
            }
        }
        server.resident_mb()
    };
    let before = ask(first)?;
    Ok((ask(further)? - before) * 1e6 / FURTHER as f64)
}

/// A key of each user, by kind.
fn keys(data: &Path, root: &Key) -> Result<Vec<Vec<Key>>> {
    let server = Server::portcullis(data, Core::Any)?;
    let iam = Client { address: &server.address, key: root, service: "iam" };
    let key = |kind: Kind, number: usize| {
        let made = iam.call("CreateAccessKey", &[("UserName", &kind.user(number))])?;
        Ok(Key::new(element(&made, "AccessKeyId")?, element(&made, "SecretAccessKey")?))
    };
    KINDS.into_iter().map(|kind| (0..FIRST + FURTHER).map(|number| key(kind, number)).collect()).collect()
}

impl Kind {
    fn description(self) -> &'static str {
        match self {
            Self::Nothing => "without policies",
            Self::Attached => "with the same managed policies",
            Self::EqualInline => "with an equal inline policy of its own",
            Self::OwnInline => "with an inline policy like no other's",
        }
    }

    fn user(self, number: usize) -> String {
        let kind = match self {
            Self::Nothing => "nothing",
            Self::Attached => "attached",
            Self::EqualInline => "equal",
            Self::OwnInline => "own",
        };
        format!("{kind}-{number}")
    }

    /// The members of the user's description that tell its policies.
    fn policies(self, number: usize) -> String {
        let inline = |bucket: &str| {
            let document = document(bucket);
            format!(r#","UserPolicyList":[{{"PolicyName":"own","PolicyDocument":{document}}}]"#)
        };
        match self {
            Self::Nothing => String::new(),
            Self::Attached => {
                let of_aws = |name: &str| {
                    format!(r#"{{"PolicyName":"{name}","PolicyArn":"arn:aws:iam::aws:policy/{name}"}}"#)
                };
                let (one, other) = (of_aws("ReadOnlyAccess"), of_aws("IAMUserChangePassword"));
                format!(r#","AttachedManagedPolicies":[{one},{other}]"#)
            }
            Self::EqualInline => inline("everybody-s"),
            Self::OwnInline => inline(&format!("bucket-{number}")),
        }
    }
}

/// The account as AWS would describe it.
fn estate() -> String {
    let mut out = String::from("{\"UserDetailList\":[");
    let numbers = 0..FIRST + FURTHER;
    for (place, kind) in KINDS.into_iter().enumerate() {
        for number in numbers.clone() {
            let name = kind.user(number);
            let policies = kind.policies(number);
            // Writing to a string does not fail.
            let _ = write!(
                out,
                r#"{{"Path":"/","UserName":"{name}","UserId":"AIDA{place}{number:016}","Arn":"arn:aws:iam::{ACCOUNT}:user/{name}","CreateDate":"2015-03-04T05:06:07Z"{policies}}},"#
            );
        }
    }
    out.pop();
    out.push_str("],\"GroupDetailList\":[],\"RoleDetailList\":[],\"Policies\":[]}");
    out
}

/// A policy of ten statements, near the 2,048 characters that a user's inline policies may have.
fn document(bucket: &str) -> String {
    let statement = |number: usize| {
        format!(
            r#"{{"Effect":"Allow","Action":["iam:GetUser","s3:Get*","dynamodb:Query"],"Resource":["arn:aws:s3:::{bucket}-{number}/*","*"]}}"#
        )
    };
    let statements: Vec<String> = (0..10).map(statement).collect();
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

const ACCOUNT: &str = "111111111111";
const KINDS: [Kind; 4] = [Kind::Nothing, Kind::Attached, Kind::EqualInline, Kind::OwnInline];
/// So many principals ask before the memory is looked at: what all need is there by then.
const FIRST: usize = 500;
const FURTHER: usize = 2_000;
