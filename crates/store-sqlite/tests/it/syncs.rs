//! A killed process leaves the page cache; a power cut does not. So the system's calls are traced: between the write of
//! a commit to the log and its acknowledgement there must be a sync of the log.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::process::Command;

use tempfile::TempDir;

use super::child;

#[test]
fn the_log_is_synced_before_each_acknowledgement() {
    if Command::new("strace").arg("-V").output().is_err() {
        eprintln!(
            "SKIPPED: strace is not installed, so nothing shows that commits are synced before they are acknowledged"
        );
        return;
    }
    let home = TempDir::new().unwrap();
    let data = home.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let log = home.path().join("trace");
    let mut strace = Command::new("strace");
    // Whole records are shown, so that it can be told which commits one holds.
    strace.args(["-f", "-y", "-s", "100000", "-e", "trace=fdatasync,fsync,write,pwrite64", "-o"]).arg(&log);
    let mut child = child::start(&data, 1, TASKS, COMMITS, Some(strace));
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    assert!(child.wait().unwrap().success(), "{output}");
    let mut walk = Walk::default();
    let trace = std::fs::read(&log).unwrap();
    String::from_utf8_lossy(&trace).lines().for_each(|line| walk.step(line));
    assert_eq!(walk.acknowledged, (TASKS * COMMITS) as usize);
    assert!(
        walk.syncs < walk.acknowledged,
        "{} commits took {} syncs: they share none",
        walk.acknowledged,
        walk.syncs
    );
}

#[test]
fn an_acknowledgement_without_a_sync_is_noticed() {
    let write = r#"7 pwrite64(5</d/store.log>, "..event-1-0-1..", 4096, 56) = 4096"#;
    let sync = "7 fdatasync(5</d/store.log>) = 0";
    let other_sync = "7 fdatasync(4</d/store.db-wal>) = 0";
    let acknowledge = r#"9 write(1<pipe:[3]>, "acknowledged 1 0 1000001 event-1-0-1\n", 37) = 37"#;
    let walk = |lines: &[&str]| {
        let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        std::panic::catch_unwind(|| {
            let mut walk = Walk::default();
            lines.iter().for_each(|line| walk.step(line));
            walk.acknowledged
        })
    };
    assert_eq!(walk(&[write, sync, acknowledge]).unwrap(), 1);
    assert!(walk(&[write, acknowledge, sync]).is_err());
    assert!(walk(&[sync, write, acknowledge]).is_err());
    assert!(walk(&[write, other_sync, acknowledge]).is_err());
    let (begun, ended) = ("7 fdatasync(5</d/store.log> <unfinished ...>", "7 <... fdatasync resumed>) = 0");
    assert_eq!(walk(&[write, begun, ended, acknowledge]).unwrap(), 1);
    assert!(walk(&[write, begun, acknowledge, ended]).is_err());
    assert!(walk(&[begun, write, ended, acknowledge]).is_err());
}

/// A walk along the trace.
#[derive(Default)]
struct Walk {
    /// Events whose pages were written to the log, but not synced.
    written: HashSet<String>,
    /// What a sync that is under way covers, by the thread that waits for it.
    syncing: HashMap<String, HashSet<String>>,
    durable: HashSet<String>,
    acknowledged: usize,
    syncs: usize,
}

impl Walk {
    fn step(&mut self, line: &str) {
        let (thread, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        let is_log = call.split(['>', ',']).next().unwrap_or_default().ends_with("/store.log");
        if call.starts_with("pwrite64(") && is_log {
            let events = event_ids(call).filter(|event| !self.durable.contains(event));
            let events: Vec<String> = events.collect();
            self.written.extend(events);
        } else if is_sync(call) && is_log {
            self.syncing.insert(thread.to_owned(), std::mem::take(&mut self.written));
            if !call.contains("<unfinished") {
                self.end_sync(thread, line);
            }
        } else if call.starts_with("<... fdatasync resumed") || call.starts_with("<... fsync resumed") {
            self.end_sync(thread, line);
        } else if let Some((_, acknowledged)) = call.split_once("acknowledged ") {
            let event = event_ids(acknowledged).next().unwrap();
            assert!(self.durable.contains(&event), "{event} was acknowledged before it was synced: {line}");
            self.acknowledged += 1;
        }
    }

    fn end_sync(&mut self, thread: &str, line: &str) {
        // A sync of another file was not noted when it began.
        let Some(events) = self.syncing.remove(thread) else { return };
        assert!(line.trim_end().ends_with("= 0"), "{line}");
        self.syncs += 1;
        self.durable.extend(events);
    }
}

fn is_sync(call: &str) -> bool {
    call.starts_with("fdatasync(") || call.starts_with("fsync(")
}

/// The ids of the events in a text: `event-` and three numbers.
fn event_ids(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split("event-").skip(1).map(|rest| {
        let numbers: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
        format!("event-{numbers}")
    })
}

const TASKS: u32 = 8;
const COMMITS: u32 = 40;
