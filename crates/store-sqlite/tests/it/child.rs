//! The process that is killed or traced: this test binary again, told by a variable of its environment to write.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use jiff::Timestamp;
use store::audit::AuditKeys;
use store::conformance::{Item, authority, event, item, key};
use store::seal::{Keyring, MasterSource, SystemEntropy};
use store::{Error, Options, Sizes, Store};

/// Where the child finds what it is to do: the directory, and in which round.
const DIRECTORY: &str = "STORE_TEST_CHILD_DIRECTORY";
const ROUND: &str = "STORE_TEST_CHILD_ROUND";
const TASKS: &str = "STORE_TEST_CHILD_TASKS";
const COMMITS: &str = "STORE_TEST_CHILD_COMMITS";

/// Opens the store of a directory, under the keys that are kept in it.
pub(crate) async fn open(directory: &Path) -> (Store, AuditKeys) {
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    let keyring = Keyring::open(directory, MasterSource::File, Arc::new(SystemEntropy::new()), now).unwrap();
    let keys = AuditKeys::of(&keyring);
    // The clock stands still: instants rise all the same.
    let options = Options { clock: Arc::new(move || now), audit: keys.clone(), sizes: Sizes::default() };
    (store_sqlite::open(directory, options).await.unwrap(), keys)
}

/// This test binary as a process that commits and prints what was acknowledged. `trace` runs it, if there is one.
pub(crate) fn start(directory: &Path, round: u32, tasks: u32, commits: u32, trace: Option<Command>) -> Child {
    let binary = std::env::current_exe().unwrap();
    let mut command = match trace {
        Some(mut trace) => {
            trace.arg(binary);
            trace
        }
        None => Command::new(binary),
    };
    command.args([
        "--ignored",
        "--exact",
        "child::commits_until_it_is_killed",
        "--nocapture",
        "--test-threads=1",
    ]);
    command.env(DIRECTORY, directory).env(ROUND, round.to_string());
    command.env(TASKS, tasks.to_string()).env(COMMITS, commits.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap()
}

/// The two records that task `task` changes together in each of its commits.
pub(crate) fn pair(task: u32) -> (u32, u32) {
    (2 * task, 2 * task + 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the process that other tests start and kill"]
async fn commits_until_it_is_killed() {
    let directory = std::env::var(DIRECTORY).expect("started by another test");
    let number = |name: &str| std::env::var(name).unwrap().parse::<u32>().unwrap();
    let (round, commits) = (number(ROUND), number(COMMITS));
    let (store, _) = open(&PathBuf::from(directory)).await;
    let tasks: Vec<_> =
        (0..number(TASKS)).map(|task| tokio::spawn(work(store.clone(), round, task, commits))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    store.close().await;
}

async fn work(store: Store, round: u32, task: u32, commits: u32) {
    for step in 1..=commits {
        // All commits also change one record together, so that some conflict and run again.
        while let Err(error) = commit_one(&store, round, task, step).await {
            assert_eq!(error, Error::Conflict);
        }
    }
}

async fn commit_one(store: &Store, round: u32, task: u32, step: u32) -> store::Result<()> {
    let mut transaction = store.write(authority());
    let value = i64::from(round) * 1_000_000 + i64::from(step);
    let (one, two) = pair(task);
    for id in [one, two] {
        let before = transaction.get::<Item>(&key(id)).await?;
        let name = format!("{id}-{value}");
        transaction
            .put(Item { value, name, ..before.map_or_else(|| item(id), |item| (*item).clone()) })
            .await?;
    }
    if step.is_multiple_of(8) {
        let shared =
            transaction.get::<Item>(&key(SHARED)).await?.map_or_else(|| item(SHARED), |item| (*item).clone());
        transaction.put(Item { value: shared.value + 1, ..shared }).await?;
    }
    let name = format!("{round}-{task}-{step}");
    let committed = transaction.commit(event(&name)).await?;
    acknowledge(&format!("acknowledged {} {task} {value} event-{name}\n", committed.revision));
    Ok(())
}

/// One write call a line, so that a trace of calls shows it whole.
fn acknowledge(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).unwrap();
    out.flush().unwrap();
}

/// The record that the tasks share.
pub(crate) const SHARED: u32 = 999;
