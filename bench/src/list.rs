//! `list`: a page of a long list, in a small and in a large directory; AssumeRole.

use std::time::Duration;

use anyhow::Result;

use crate::aws::{Client, Key, element};
use crate::durable::creates;
use crate::gate::user;
use crate::load::{send_all, send_for};
use crate::process::{Core, Server, account, root_key, scratch};
use crate::report::{Goal, Report, median};

const BENCH: &str = "list";

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let data = scratch()?;
    let server = Server::portcullis(data.path(), Core::First)?;
    // An account holds 5,000 users: ten thousand are in two, beside a small account.
    let small = account(data.path())?;
    let large = [account(data.path())?, account(data.path())?];
    send_all(&server.address, creates(&server, std::slice::from_ref(&small), 1, 150))?;
    send_all(&server.address, creates(&server, &large, 40, 245))?;

    let root = root_key(data.path())?;
    let key = user(&server, &root)?;
    let iam = Client { address: &server.address, key: &root, service: "iam" };
    let me = iam.call("GetUser", &[("UserName", "bench")])?;
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"{}"}}}}}}"#,
        element(&me, "Arn")?
    );
    let made = iam.call("CreateRole", &[("RoleName", "bench"), ("AssumeRolePolicyDocument", &trust)])?;
    let role = element(&made, "Arn")?;

    let page = [("MaxItems", "100")];
    let session = [("RoleArn", role), ("RoleSessionName", "bench")];
    let (mut of_few, mut of_many, mut assumed) = (vec![], vec![], vec![]);
    let [many, _] = &large;
    for _ in 0..ROUNDS {
        of_few.push(rate(&server, &small, "iam", "ListUsers", &page)?);
        of_many.push(rate(&server, many, "iam", "ListUsers", &page)?);
        assumed.push(rate(&server, &key, "sts", "AssumeRole", &session)?);
    }
    report.tell(BENCH, "ListUsers, a page of 100 of 150", median(&of_few), "/s");
    report.judge(BENCH, "ListUsers, a page of 100 of 4,900", median(&of_many), "/s", Goal::AtLeast(10_000.0));
    report.tell(BENCH, "ListUsers, many over few", median(&of_many) / median(&of_few), "×");
    report.judge(BENCH, "AssumeRole on one core", median(&assumed), "/s", Goal::AtLeast(40_000.0));
    Ok(())
}

fn rate(
    server: &Server,
    key: &Key,
    service: &'static str,
    action: &str,
    with: &[(&str, &str)],
) -> Result<f64> {
    let client = Client { address: &server.address, key, service };
    client.call(action, with)?;
    let list = |connection: usize| {
        (0..REQUESTS).map(|number| client.request(action, with, connection * REQUESTS + number)).collect()
    };
    Ok(send_for(&server.address, (0..CONNECTIONS).map(list).collect(), ROUND)?.per_second)
}

const CONNECTIONS: usize = 16;
const REQUESTS: usize = 64;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(1);
