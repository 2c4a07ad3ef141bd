//! `history ARN`: who changed what, and when.

mod change;
mod subject;

use std::process::ExitCode;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use service::SystemClock;
use store::{AuditEvent, Change, Clock as _, Commit, Revision, Store};
use types::Arn;

use self::change::{Changes, Shown};
use self::subject::Subject;
use crate::args::History;
use crate::data_dir::DataDir;
use crate::house::Window;
use crate::moment;
use crate::remote::runtime;

pub(crate) fn run(args: History) -> anyhow::Result<ExitCode> {
    let dir = DataDir::existing(&args.data)?;
    let since = args.since.as_deref().map(|text| moment::parse(text, SystemClock.now())).transpose()?;
    let entries =
        runtime()?.block_on(async { history(&Window::open(dir).await?.store, &args.arn, since).await })?;
    if args.json {
        println!("{}", serde_json::to_string(&entries)?);
    } else {
        entries.iter().for_each(Entry::print);
    }
    Ok(ExitCode::SUCCESS)
}

/// One commit that touched the subject.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    revision: u64,
    time: Timestamp,
    /// A principal's ARN, or `system:` and the name of a part of the system.
    author: String,
    event_name: String,
    #[serde(rename = "eventID")]
    event_id: String,
    #[serde(rename = "sourceIPAddress")]
    source: String,
    changes: Vec<Shown>,
}

/// What happened to an entity, and to what belongs to it, oldest first.
async fn history(store: &Store, arn: &Arn, since: Option<Timestamp>) -> anyhow::Result<Vec<Entry>> {
    let start = first_kept(store).await?;
    let mut subject = Subject::new(arn);
    subject.find_all(store).await?;
    if subject.is_unknown() {
        let hint = match start {
            Revision::ZERO => "",
            _ => " since the store was compacted",
        };
        anyhow::bail!("there is no `{arn}`, and there was none{hint}");
    }
    let mut changes = Changes::default();
    let mut entries = Vec::new();
    // What an entity was before a rename belongs to it as well: its records are found by its id.
    for commit in store.changes_of(subject.records(store).await?, start).await? {
        let mut shown = Vec::new();
        let mut ordered: Vec<&Change> = commit.changes.iter().collect();
        // A version that comes into force as it is made is compared with the one before it.
        ordered.sort_by_key(|change| &*change.kind != "policy-version");
        for change in ordered {
            // Documents are followed from the beginning, whatever is shown.
            if subject.concerns(change)? {
                shown.extend(changes.show(change)?);
            }
        }
        if !shown.is_empty() && since.is_none_or(|since| commit.instant >= since) {
            entries.push(Entry::of(&commit, shown)?);
        }
    }
    Ok(entries)
}

/// The revision from which on changes are kept.
async fn first_kept(store: &Store) -> anyhow::Result<Revision> {
    match store.changes_since(Revision::ZERO, 1).await {
        Ok(_) => Ok(Revision::ZERO),
        Err(store::Error::Compacted { floor }) => Ok(floor),
        Err(error) => Err(error.into()),
    }
}

impl Entry {
    fn of(commit: &Commit, changes: Vec<Shown>) -> anyhow::Result<Self> {
        let record = AuditEvent::decode(&commit.event.line)?.record_value()?;
        let text = |name: &str| record.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        Ok(Self {
            revision: commit.revision.number(),
            time: commit.instant,
            author: commit.author.to_string(),
            event_name: text("eventName"),
            event_id: text("eventID"),
            source: text("sourceIPAddress"),
            changes,
        })
    }

    fn print(&self) {
        println!("{:<27}  {:<30}  {}  {}", self.time.to_string(), self.event_name, self.author, self.source);
        for change in &self.changes {
            change.print();
        }
    }
}
