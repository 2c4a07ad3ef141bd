//! `diff`: who gains what and who loses what, between two moments or by a proposal.

use std::process::ExitCode;

use analysis::estate::{Change, Decider, Difference, Estate, differences};
use anyhow::{bail, ensure};
use policy::{Context, Request, implied};
use serde_json::{Value as Json, json};

use super::load::{Loader, progress};
use super::shown;
use crate::args::Diff;
use crate::policy_commands::{reason, scenario};

pub(crate) fn run(args: &Diff) -> anyhow::Result<ExitCode> {
    let loader = Loader::new(&args.asked, &args.control.rcp)?;
    let (before, after) = match (&args.proposed, args.at.as_slice()) {
        (Some(file), at) => {
            ensure!(at.len() < 2, "give --at once beside --proposed, or not at all");
            let before = loader.at(at.first().map(String::as_str))?;
            (before, loader.files(std::slice::from_ref(file))?)
        }
        (None, [from]) => (loader.at(Some(from))?, loader.at(None)?),
        (None, [from, to]) => (loader.at(Some(from))?, loader.at(Some(to))?),
        (None, _) => bail!("give --at once or twice, or --proposed FILE"),
    };
    let found = differences(&before, &after, &mut progress("principals"));
    if args.asked.json {
        println!("{:#}", json!({"differences": found.iter().map(as_json).collect::<Json>()}));
    } else {
        found.iter().for_each(|one| print(one, &before, &after));
        if found.is_empty() {
            println!("nobody gains or loses anything");
        }
    }
    let gains =
        found.iter().any(|one| one.gains.is_some() || one.newly_trusted.is_some() || one.exhausted.is_some());
    Ok(if args.exit_code && gains { ExitCode::from(GAINS) } else { ExitCode::SUCCESS })
}

fn change(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Kept => "changed",
    }
}

fn as_json(one: &Difference) -> Json {
    let side = |side: &Option<(Request, Vec<Decider>)>| match side {
        None => Json::Null,
        Some((request, deciders)) => json!({
            "witness": scenario(request),
            "statements": deciders.iter().map(shown::decider).collect::<Json>(),
        }),
    };
    let trust = |request: &Option<Request>| request.as_ref().map_or(Json::Null, scenario);
    json!({
        "principal": one.arn,
        "change": change(one.change),
        "gains": side(&one.gains),
        "loses": side(&one.loses),
        "newlyTrusts": trust(&one.newly_trusted),
        "noLongerTrusts": trust(&one.no_longer_trusted),
        "undecided": shown::exhausted(one.exhausted),
    })
}

fn print(one: &Difference, before: &Estate, after: &Estate) {
    println!("{} ({})", one.arn, change(one.change));
    for (word, side, estate) in [("gains", &one.gains, after), ("loses", &one.loses, before)] {
        if let Some((request, deciders)) = side {
            let caller = estate.named(&one.arn).first().copied().unwrap_or(usize::MAX);
            let when =
                shown::circumstances(estate, caller, request).map_or(String::new(), |it| format!(" {it}"));
            println!("  {word}, for instance, {} on {}{when}", request.action.as_str(), request.resource);
            for decider in deciders {
                println!("    by {}", shown::decider_text(decider));
            }
        }
    }
    for (words, request) in [
        ("can newly be assumed by", &one.newly_trusted),
        ("can no longer be assumed by", &one.no_longer_trusted),
    ] {
        if let Some(request) = request {
            let mut known = Context::new();
            implied::add_principal(&mut known, &request.principal);
            let when = shown::brought(request, &known).map_or(String::new(), |keys| format!(" {keys}"));
            let scenario = scenario(request);
            let who = scenario.get("principal").and_then(Json::as_str).unwrap_or("anybody");
            println!("  {words}, for instance, {who}{when}");
        }
    }
    if let Some(exhausted) = one.exhausted {
        println!("  not decided: {}", reason(exhausted));
    }
}

/// The exit code where somebody gains something.
const GAINS: u8 = 3;
