//! `audit tail` and `audit verify`.

use std::process::ExitCode;

use serde_json::Value as Json;
use server::admin::Command;
use store::AuditEvent;

use crate::args::Audit;
use crate::data_dir::DataDir;
use crate::house::Window;
use crate::maintenance::audit_report;
use crate::remote::{ask_or_look, print_report, runtime};

pub(crate) fn run(command: Audit) -> anyhow::Result<ExitCode> {
    match command {
        Audit::Tail { data, limit, json } => {
            let dir = DataDir::existing(&data)?;
            let events = runtime()?.block_on(async { newest(&Window::open(dir).await?, limit).await })?;
            for event in events {
                if json { println!("{}", event.record()) } else { println!("{}", line(&event)?) }
            }
            Ok(ExitCode::SUCCESS)
        }
        Audit::Verify { data, json } => {
            let report = ask_or_look(&data, Command::AuditVerify, |window| async move {
                audit_report(&window.store, &window.audit, &window.dir).await
            })?;
            let counts = ["changes", "readsAndRefusals"];
            Ok(print_report(&report, json, "the audit trail is whole", &counts))
        }
    }
}

/// The newest events of both chains, oldest first.
async fn newest(window: &Window, limit: usize) -> anyhow::Result<Vec<AuditEvent>> {
    let path = window.dir.audit();
    let journal = tokio::task::spawn_blocking(move || store::audit::tail(&path, limit)).await??;
    let mut events: Vec<AuditEvent> = journal.into_iter().map(|entry| entry.event).collect();
    let count = window.store.stats().await?.events;
    let after = count.saturating_sub(limit as u64);
    for stored in window.store.events(after, limit).await? {
        events.push(AuditEvent::decode(&stored.line)?);
    }
    events.sort_by_key(|event| event.time);
    let surplus = events.len().saturating_sub(limit);
    Ok(events.split_off(surplus))
}

/// An event in a line: when, what, with which result, by whom, from where.
fn line(event: &AuditEvent) -> anyhow::Result<String> {
    let record = event.record_value()?;
    let text = |path: &str| record.pointer(path).and_then(Json::as_str).unwrap_or("-").to_owned();
    let who = match text("/userIdentity/arn").as_str() {
        "-" => text("/userIdentity/invokedBy"),
        arn => arn.to_owned(),
    };
    let outcome = match text("/errorCode").as_str() {
        "-" => "ok".to_owned(),
        code => code.to_owned(),
    };
    let (at, name, from) = (text("/eventTime"), text("/eventName"), text("/sourceIPAddress"));
    Ok(format!("{at}  {name:<32}  {outcome:<24}  {who}  {from}"))
}
