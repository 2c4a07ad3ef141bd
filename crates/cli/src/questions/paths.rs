//! `paths`: how one principal can come to act as another.

use std::collections::BTreeSet;
use std::process::ExitCode;

use analysis::estate::{Estate, Node, Path, Step, paths};
use anyhow::Context as _;
use policy::Request;
use serde_json::{Value as Json, json};

use super::load::{estate, progress};
use super::shown;
use crate::args::Paths;

pub(crate) fn run(args: &Paths) -> anyhow::Result<ExitCode> {
    let estate = estate(&args.asked, args.at.as_deref())?;
    let find = |name: &str| {
        estate.find(name).with_context(|| format!("there is no one user or role `{name}`: give its ARN"))
    };
    let from = find(&args.from)?;
    let to = match args.to.as_str() {
        ADMINISTRATOR => Node::Administrator,
        name => Node::Member(find(name)?),
    };
    let (found, undecided) = paths(&estate, from, to, args.limit.max(1), &mut progress("principals"));
    if args.asked.json {
        let answer = json!({
            "from": shown::arn(&estate, from),
            "to": name(&estate, to),
            "paths": found.iter().map(|path| as_json(&estate, path)).collect::<Json>(),
            "undecided": shown::undecided(&estate, &undecided),
        });
        println!("{answer:#}");
    } else if args.dot {
        print!("{}", dot(&estate, &found));
    } else {
        print(&estate, &found, (from, to));
        shown::warn(&estate, &undecided);
    }
    Ok(if args.exit_code && !found.is_empty() { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

fn name(estate: &Estate, node: Node) -> &str {
    match node {
        Node::Member(member) => shown::arn(estate, member),
        Node::Administrator => ADMINISTRATOR,
    }
}

fn need((action, request): &(&'static str, Request)) -> Json {
    let passed = request.context.get("iam:PassedToService").map(|values| values.as_slice().join(","));
    json!({"action": action, "resource": request.resource.as_str(), "passedTo": passed})
}

fn as_json(estate: &Estate, path: &Path) -> Json {
    let step = |moves: &Vec<Step>| {
        let ends = moves.first().map(|step| (name(estate, step.from), name(estate, step.to)));
        let one = |step: &Step| {
            json!({
                "by": step.by,
                "needs": step.needs.iter().map(need).collect::<Json>(),
                "needsRunning": step.needs_running,
            })
        };
        json!({
            "from": ends.map(|(from, _)| from),
            "to": ends.map(|(_, to)| to),
            "moves": moves.iter().map(one).collect::<Json>(),
        })
    };
    json!({"steps": path.steps.iter().map(step).collect::<Json>()})
}

fn print(estate: &Estate, found: &[Path], (from, to): (usize, Node)) {
    if found.is_empty() {
        println!("no path from {} to {}", shown::arn(estate, from), name(estate, to));
    }
    for (number, path) in found.iter().enumerate() {
        println!("path {}:", number + 1);
        println!("  {}", shown::arn(estate, from));
        for moves in &path.steps {
            for step in moves {
                let running = if step.needs_running { ", where something runs as it" } else { "" };
                println!("    by {}{running}", step.by);
                for (action, request) in &step.needs {
                    println!("      {action} on {}", request.resource);
                }
            }
            if let Some(step) = moves.first() {
                println!("  → {}", name(estate, step.to));
            }
        }
    }
}

/// The paths as one graph.
fn dot(estate: &Estate, found: &[Path]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut edges = BTreeSet::new();
    for step in found.iter().flat_map(|path| &path.steps).flatten() {
        let style = if step.needs_running { ", style=dashed" } else { "" };
        let (from, to) = (quoted(name(estate, step.from)), quoted(name(estate, step.to)));
        edges.insert(format!("  {from} -> {to} [label={}{style}];\n", quoted(&step.by)));
    }
    format!("digraph paths {{\n  rankdir=LR;\n{}}}\n", edges.into_iter().collect::<String>())
}

/// What stands for whoever may do everything.
const ADMINISTRATOR: &str = "administrator";

/// The exit code where there is a path.
const FOUND: u8 = 3;
