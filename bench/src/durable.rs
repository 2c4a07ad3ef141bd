//! `durable`: CreateUser, on disk before it is acknowledged, against one fdatasync and against
//! SQLite with a commit for each row.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use crate::aws::{Client, Key};
use crate::load::send_all;
use crate::process::{Core, Server, account, scratch};
use crate::report::{Goal, Report, median, quantile};

const BENCH: &str = "durable";

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let data = scratch()?;
    let server = Server::portcullis(data.path(), Core::Any)?;
    let (mut syncs, mut alone, mut tail, mut many, mut sqlite) = (vec![], vec![], vec![], vec![], vec![]);
    for round in 0..ROUNDS {
        syncs.push(median(&fdatasync(data.path())?));
        let key = account(data.path())?;
        let latencies = send_all(&server.address, creates(&server, &[key], 1, ALONE))?.latencies;
        alone.push(median(&latencies));
        tail.push(quantile(&latencies, 0.99));
        sqlite.push(rows_per_second(&data.path().join(format!("peer-{round}.db")))?);
        // A fresh set of accounts for each round, because an account holds 5,000 users.
        let keys = (0..ACCOUNTS).map(|_| account(data.path())).collect::<Result<Vec<_>>>()?;
        many.push(send_all(&server.address, creates(&server, &keys, CLIENTS, EACH))?.per_second);
    }
    let over = |ours: &[f64], peer: &[f64]| {
        median(&ours.iter().zip(peer).map(|(ours, peer)| ours / peer).collect::<Vec<_>>())
    };
    report.tell(BENCH, "one fdatasync after 4 KiB appended, p50", median(&syncs), "µs");
    report.tell(BENCH, "CreateUser, 1 client, p50", median(&alone), "µs");
    report.tell(BENCH, "CreateUser, 1 client, p99", median(&tail), "µs");
    report.judge(
        BENCH,
        "CreateUser, 1 client, p50 over one fdatasync",
        over(&alone, &syncs),
        "×",
        Goal::AtMost(1.5),
    );
    report.tell(BENCH, "SQLite, one commit a row (WAL, synchronous=FULL)", median(&sqlite), "/s");
    report.judge(BENCH, "CreateUser, 64 clients", median(&many), "/s", Goal::AtLeast(10_000.0));
    report.judge(BENCH, "CreateUser, 64 clients, hard minimum", median(&many), "/s", Goal::AtLeast(2_000.0));
    report.judge(BENCH, "CreateUser, 64 clients, over SQLite", over(&many, &sqlite), "×", Goal::AtLeast(3.0));
    Ok(())
}

/// For each client, requests that create users of their own; clients take the accounts in turn.
pub(crate) fn creates(server: &Server, keys: &[Key], clients: usize, each: usize) -> Vec<Vec<Vec<u8>>> {
    let list = |(client, key): (usize, &Key)| {
        let iam = Client { address: &server.address, key, service: "iam" };
        let one = |number: usize| {
            let name = format!("user-{client:02}-{number:05}");
            iam.request("CreateUser", &[("UserName", &name), ("Path", "/bench/")], number)
        };
        (0..each).map(one).collect()
    };
    keys.iter().cycle().take(clients).enumerate().map(list).collect()
}

/// Microseconds of each fdatasync after an append, on the file system of the directory.
fn fdatasync(directory: &Path) -> Result<Vec<f64>> {
    let path = directory.join("floor");
    let mut file = std::fs::File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..ALONE {
        let begin = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(begin.elapsed().as_secs_f64() * 1e6);
    }
    std::fs::remove_file(path)?;
    Ok(times)
}

/// Rows that SQLite commits in a second, one at a time over one connection: with more
/// connections it does not get faster, because it has one writer.
fn rows_per_second(path: &Path) -> Result<f64> {
    let db = rusqlite::Connection::open(path)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch("CREATE TABLE users (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")?;
    let mut insert = db.prepare("INSERT INTO users VALUES (?1, ?2)")?;
    let value = "v".repeat(300);
    let begin = Instant::now();
    for number in 0..ROWS {
        insert.execute((format!("123456789012/user-{number:08}"), &value))?;
    }
    Ok(f64::from(ROWS) / begin.elapsed().as_secs_f64())
}

const ROUNDS: usize = 3;
/// Requests of the client that is alone, and fdatasyncs.
const ALONE: usize = 1_000;
const ROWS: u32 = 2_000;
const CLIENTS: usize = 64;
const ACCOUNTS: usize = 4;
/// Requests of each of many clients: 16 clients share an account.
const EACH: usize = 250;
