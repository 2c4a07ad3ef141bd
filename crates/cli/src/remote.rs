//! Commands that the running server carries out, or this process while no server runs.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use serde_json::Value as Json;
use server::admin::{AdminError, Command, Progress, call};

use crate::args::{Data, Keys, StoreCommand};
use crate::data_dir::DataDir;
use crate::house::{House, Window};
use crate::maintenance::{Caretaker, store_report};

/// `store verify` and `store compact`.
pub(crate) fn store(command: StoreCommand) -> anyhow::Result<ExitCode> {
    match command {
        StoreCommand::Verify { data, json } => {
            let report = ask_or_look(&data, Command::StoreVerify, |window| async move {
                store_report(&window.store, &window.audit).await
            })?;
            Ok(print_report(&report, json, "the store is sound", &["records", "entries", "commits"]))
        }
        StoreCommand::Compact { data, keep, json } => {
            let done = ask_or_do(&data, Command::StoreCompact { keep })?;
            print(&done, json, |done| {
                println!(
                    "history is kept since {}; {} old versions went",
                    text(done, "keptSince"),
                    text(done, "dropped")
                );
            });
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// `keys rotate-master`.
pub(crate) fn keys(command: Keys) -> anyhow::Result<ExitCode> {
    let Keys::RotateMaster { data, json } = command;
    let done = ask_or_do(&data, Command::KeysRotateMaster)?;
    print(&done, json, |done| {
        println!("master key {}, data key {}", text(done, "masterKey"), text(done, "dataKey"));
        println!("{} secrets were sealed anew", text(done, "resealed"));
    });
    Ok(ExitCode::SUCCESS)
}

/// Has the running server carry out a command; while none runs, opens the data directory and does it here.
pub(crate) fn ask_or_do(data: &Data, command: Command) -> anyhow::Result<Json> {
    let dir = DataDir::existing(data)?;
    match ask(&dir, &command) {
        Err(AdminError::NotRunning) => {}
        answered => return Ok(answered?),
    }
    runtime()?.block_on(async {
        let house = Arc::new(House::open(dir, String::new()).await?);
        let caretaker = Caretaker { house: Arc::clone(&house), tls: None };
        let done = caretaker.carry_out(command, &Progress::unheard()).await;
        drop(caretaker);
        let house = Arc::into_inner(house).context("the data directory is still in use")?;
        house.close().await?;
        done
    })
}

/// Has the running server answer; while none runs, looks at the data directory without changing it.
pub(crate) fn ask_or_look<F>(
    data: &Data,
    command: Command,
    look: impl FnOnce(Window) -> F,
) -> anyhow::Result<Json>
where
    F: Future<Output = anyhow::Result<Json>>,
{
    let dir = DataDir::existing(data)?;
    match ask(&dir, &command) {
        Err(AdminError::NotRunning) => {}
        answered => return Ok(answered?),
    }
    runtime()?.block_on(async { look(Window::open(dir).await?).await })
}

fn ask(dir: &DataDir, command: &Command) -> Result<Json, AdminError> {
    call(&dir.admin_socket(), command, progress)
}

fn progress(message: &str, done: u64, total: Option<u64>) {
    match total {
        Some(total) => eprintln!("{message}: {done} of {total}"),
        None => eprintln!("{message}: {done}"),
    }
}

/// A runtime for one command.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the async runtime")
}

/// Prints a report on soundness; the exit code says whether it is.
pub(crate) fn print_report(report: &Json, as_json: bool, sound: &str, counts: &[&str]) -> ExitCode {
    let is_sound = report.get("sound") == Some(&Json::Bool(true));
    print(report, as_json, |report| {
        let counted: Vec<String> =
            counts.iter().map(|name| format!("{} {}", text(report, name), words(name))).collect();
        let verdict = if is_sound { sound } else { "NOT SOUND" };
        println!("{verdict}: {}", counted.join(", "));
        for fault in report.get("faults").and_then(Json::as_array).into_iter().flatten() {
            println!("  {}", fault.as_str().unwrap_or_default());
        }
    });
    if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints a result as JSON, or as `show` shows it to people.
pub(crate) fn print(result: &Json, as_json: bool, show: impl FnOnce(&Json)) {
    if as_json { println!("{result}") } else { show(result) }
}

/// A member of a result, as text.
pub(crate) fn text(result: &Json, name: &str) -> String {
    match result.get(name) {
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// `readsAndRefusals` as `reads and refusals`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}
