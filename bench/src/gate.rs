//! `gate`: signed, authorised and audited reads against a bare hyper server.

use std::time::Duration;

use anyhow::Result;

use crate::aws::{Client, Key, element};
use crate::load::send_for;
use crate::process::{Core, Server, root_key, scratch};
use crate::report::{Goal, Report, median};

const BENCH: &str = "gate";

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let data = scratch()?;
    let server = Server::portcullis(data.path(), Core::First)?;
    let key = user(&server, &root_key(data.path())?)?;
    let calls = [("sts", "GetCallerIdentity"), ("iam", "GetUser")];
    for (service, action) in calls {
        let client = Client { address: &server.address, key: &key, service };
        let size = client.call(action, &[])?.len();
        let bare = Server::bare(size, Core::First)?;
        let lists = |address: &str| {
            let client = Client { address, key: &key, service };
            let list = |connection: usize| {
                (0..REQUESTS)
                    .map(|number| client.request(action, &[], connection * REQUESTS + number))
                    .collect()
            };
            (0..CONNECTIONS).map(list).collect::<Vec<Vec<_>>>()
        };
        let mut side = Side::default();
        let mut floor = Side::default();
        for _ in 0..ROUNDS {
            floor.round(&bare, lists(&bare.address))?;
            side.round(&server, lists(&server.address))?;
        }
        let ratios: Vec<f64> = side.rates.iter().zip(&floor.rates).map(|(ours, bare)| ours / bare).collect();
        report.tell(BENCH, &format!("{action}: bare hyper, same size"), median(&floor.rates), "/s");
        report.tell(BENCH, &format!("{action}: here"), median(&side.rates), "/s");
        report.judge(
            BENCH,
            &format!("{action}: share of bare hyper"),
            median(&ratios),
            "×",
            Goal::AtLeast(0.55),
        );
        report.tell(BENCH, &format!("{action}: CPU of bare hyper a request"), median(&floor.cpu), "µs");
        report.judge(BENCH, &format!("{action}: CPU a request"), median(&side.cpu), "µs", Goal::AtMost(20.0));
    }
    Ok(())
}

#[derive(Default)]
struct Side {
    rates: Vec<f64>,
    cpu: Vec<f64>,
}

impl Side {
    fn round(&mut self, server: &Server, lists: Vec<Vec<Vec<u8>>>) -> Result<()> {
        let before = server.cpu_seconds()?;
        let measured = send_for(&server.address, lists, ROUND)?;
        self.rates.push(measured.per_second);
        self.cpu.push((server.cpu_seconds()? - before) * 1e6 / measured.answers);
        Ok(())
    }
}

/// A user whose inline policy allows what is measured.
pub(crate) fn user(server: &Server, root: &Key) -> Result<Key> {
    let iam = Client { address: &server.address, key: root, service: "iam" };
    iam.call("CreateUser", &[("UserName", "bench")])?;
    iam.call(
        "PutUserPolicy",
        &[
            ("UserName", "bench"),
            ("PolicyName", "bench"),
            (
                "PolicyDocument",
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:Get*","iam:List*","sts:AssumeRole"],"Resource":"*"}}"#,
            ),
        ],
    )?;
    let made = iam.call("CreateAccessKey", &[("UserName", "bench")])?;
    Ok(Key::new(element(&made, "AccessKeyId")?, element(&made, "SecretAccessKey")?))
}

const CONNECTIONS: usize = 32;
/// Prepared for each connection; they differ in a signed header, so each has its own signature.
const REQUESTS: usize = 64;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
