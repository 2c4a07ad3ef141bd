//! `durable`: CreateUser, on disk before it is acknowledged, against one fdatasync and against
//! SQLite with a commit for each row.

use std::io::{Seek as _, Write as _};
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
    alone(report, &server, data.path())?;
    many(report, &server, data.path())
}

/// Short turns, because what a disk takes for a sync changes from one second to the next.
fn alone(report: &mut Report, server: &Server, data: &Path) -> Result<()> {
    let (mut appended, mut in_place, mut create, mut ratios) = (vec![], vec![], vec![], vec![]);
    let mut turns = creates(server, &[account(data)?], TURNS, TURN);
    while let Some(turn) = turns.pop() {
        appended.extend(fdatasync(data, Write::Append)?);
        let floor = fdatasync(data, Write::InPlace)?;
        let ours = send_all(&server.address, vec![turn])?.latencies;
        ratios.push(median(&ours) / median(&floor));
        in_place.extend(floor);
        create.extend(ours);
    }
    report.tell(BENCH, "one fdatasync, 4 KiB appended, p50", median(&appended), "µs");
    report.tell(BENCH, "one fdatasync, 4 KiB written in place, p50 (floor)", median(&in_place), "µs");
    report.tell(BENCH, "CreateUser, 1 client, p50", median(&create), "µs");
    report.tell(BENCH, "CreateUser, 1 client, p99", quantile(&create, 0.99), "µs");
    let goal = Goal::AtMost(1.5);
    report.judge(BENCH, "CreateUser, 1 client, p50 over the floor", median(&ratios), "×", goal);
    Ok(())
}

fn many(report: &mut Report, server: &Server, data: &Path) -> Result<()> {
    let (mut many, mut sqlite, mut ratios) = (vec![], vec![], vec![]);
    for round in 0..ROUNDS {
        let peer = rows_per_second(&data.join(format!("peer-{round}.db")))?;
        // A fresh set of accounts for each round, because an account holds 5,000 users.
        let keys = (0..ACCOUNTS).map(|_| account(data)).collect::<Result<Vec<_>>>()?;
        let ours = send_all(&server.address, creates(server, &keys, CLIENTS, EACH))?.per_second;
        ratios.push(ours / peer);
        many.push(ours);
        sqlite.push(peer);
    }
    report.tell(BENCH, "SQLite, one commit a row (WAL, synchronous=FULL)", median(&sqlite), "/s");
    report.judge(BENCH, "CreateUser, 64 clients", median(&many), "/s", Goal::AtLeast(10_000.0));
    report.judge(BENCH, "CreateUser, 64 clients, hard minimum", median(&many), "/s", Goal::AtLeast(2_000.0));
    report.judge(BENCH, "CreateUser, 64 clients, over SQLite", median(&ratios), "×", Goal::AtLeast(3.0));
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

/// How the floor writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Write {
    /// The file grows, so its length goes to disk as well.
    Append,
    /// Over blocks that are there: as a write-ahead log does once it has wrapped.
    InPlace,
}

/// Microseconds of each write with its fdatasync, on the file system of the directory.
fn fdatasync(directory: &Path, write: Write) -> Result<Vec<f64>> {
    let path = directory.join("floor");
    let mut file = std::fs::File::create(&path)?;
    if write == Write::InPlace {
        file.write_all(&vec![0; 4096 * TURN])?;
        file.sync_all()?;
        file.rewind()?;
    }
    let mut times = Vec::new();
    for _ in 0..TURN {
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

/// Turns of the client that is alone and of the fdatasyncs beside it, and the writes of a turn.
const TURNS: usize = 40;
const TURN: usize = 25;
const ROUNDS: usize = 5;
const ROWS: u32 = 2_000;
const CLIENTS: usize = 64;
const ACCOUNTS: usize = 4;
/// Requests of each of many clients: 16 clients share an account.
const EACH: usize = 250;
