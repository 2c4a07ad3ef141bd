//! `sts`: temporary credentials issued on one core, to users and to whom an identity provider vouches for, what a session
//! costs to verify against a long-term key, and the memory that a million sessions leave behind.

mod identity_provider;
mod strangers;

use std::time::Duration;

use anyhow::Result;

use crate::aws::{Client, Key, element};
use crate::load::{send_all, send_for};
use crate::process::{Core, Server, root_key, scratch};
use crate::report::{Goal, Report, median};

const BENCH: &str = "sts";

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let data = scratch()?;
    let server = Server::portcullis(data.path(), Core::First)?;
    let root = root_key(data.path())?;
    let key = crate::gate::user(&server, &root)?;
    let role = role(&server, &root)?;
    issued(report, &server, &key, &role)?;
    strangers::run(report)?;
    verified(report, &server, &key, &role)?;
    memory(report, &server, &key, &role)
}

/// A role that the measured user may assume, and its ARN.
fn role(server: &Server, root: &Key) -> Result<String> {
    let iam = Client { address: &server.address, key: root, service: "iam" };
    let user = iam.call("GetUser", &[("UserName", "bench")])?;
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{}"}},"Action":"sts:AssumeRole"}}}}"#,
        element(&user, "Arn")?
    );
    let parameters = [("RoleName", "bench"), ("AssumeRolePolicyDocument", trust.as_str())];
    Ok(element(&iam.call("CreateRole", &parameters)?, "Arn")?.to_owned())
}

/// AssumeRole, over and over, against bare hyper with answers of the same size.
fn issued(report: &mut Report, server: &Server, key: &Key, role: &str) -> Result<()> {
    let size = client(server, key).call("AssumeRole", &parameters(role))?.len();
    let bare = Server::bare(size, Core::First)?;
    let (mut rates, mut floors, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        floors.push(send_for(&bare.address, lists(&bare, key, role, REQUESTS), ROUND)?.per_second);
        let before = server.cpu_seconds()?;
        let measured = send_for(&server.address, lists(server, key, role, REQUESTS), ROUND)?;
        cpu.push((server.cpu_seconds()? - before) * 1e6 / measured.answers);
        rates.push(measured.per_second);
    }
    report.tell(BENCH, "bare hyper, answers of the same size", median(&floors), "/s");
    report.judge(BENCH, "AssumeRole on one core", median(&rates), "/s", Goal::AtLeast(40_000.0));
    report.tell(BENCH, "AssumeRole: share of bare hyper", median(&rates) / median(&floors), "×");
    report.tell(BENCH, "AssumeRole: CPU a request", median(&cpu), "µs");
    Ok(())
}

/// GetCallerIdentity with a session's credentials against the same with a long-term key.
fn verified(report: &mut Report, server: &Server, key: &Key, role: &str) -> Result<()> {
    let made = client(server, key).call("AssumeRole", &parameters(role))?;
    let session = Key::temporary(
        element(&made, "AccessKeyId")?,
        element(&made, "SecretAccessKey")?,
        element(&made, "SessionToken")?,
    );
    let (mut long, mut short) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (key, into) in [(key, &mut long), (&session, &mut short)] {
            let client = client(server, key);
            let list = |connection: usize| {
                let number =
                    |number| client.request("GetCallerIdentity", &[], connection * REQUESTS + number);
                (0..REQUESTS).map(number).collect::<Vec<_>>()
            };
            let lists = (0..CONNECTIONS).map(list).collect();
            let before = server.cpu_seconds()?;
            let measured = send_for(&server.address, lists, ROUND)?;
            into.push((server.cpu_seconds()? - before) * 1e6 / measured.answers);
        }
    }
    report.tell(BENCH, "GetCallerIdentity with a long-term key: CPU", median(&long), "µs");
    report.tell(BENCH, "GetCallerIdentity with a session: CPU", median(&short), "µs");
    report.tell(BENCH, "a session costs more by", median(&short) - median(&long), "µs");
    Ok(())
}

/// Issues a million sessions; what is held for them must not grow.
fn memory(report: &mut Report, server: &Server, key: &Key, role: &str) -> Result<()> {
    for _ in 0..4 {
        send_all(&server.address, lists(server, key, role, WARM_UP / 4 / CONNECTIONS))?;
    }
    let before = server.resident_mb()?;
    for _ in 0..BATCHES {
        send_all(&server.address, lists(server, key, role, MILLION / BATCHES / CONNECTIONS))?;
    }
    let after = server.resident_mb()?;
    report.tell(BENCH, "memory before a million sessions", before, "MB");
    report.tell(BENCH, "memory after them", after, "MB");
    report.judge(BENCH, "memory that they leave behind", after - before, "MB", Goal::AtMost(2.0));
    Ok(())
}

fn client<'a>(server: &'a Server, key: &'a Key) -> Client<'a> {
    Client { address: &server.address, key, service: "sts" }
}

fn parameters(role: &str) -> [(&str, &str); 2] {
    [("RoleArn", role), ("RoleSessionName", "bench")]
}

/// So many requests for each connection.
fn lists(server: &Server, key: &Key, role: &str, each: usize) -> Vec<Vec<Vec<u8>>> {
    let client = client(server, key);
    let list = |connection: usize| {
        let number = |number| client.request("AssumeRole", &parameters(role), connection * each + number);
        (0..each).map(number).collect()
    };
    (0..CONNECTIONS).map(list).collect()
}

const CONNECTIONS: usize = 32;
/// Prepared for each connection; they differ in a signed header, so each has its own signature.
const REQUESTS: usize = 64;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
/// Sessions after which buffers and caches have their size.
const WARM_UP: usize = 256_000;
const MILLION: usize = 1_000_000;
/// Signed requests wait in the client's memory, and their signatures grow old: so many at a time.
const BATCHES: usize = 25;
