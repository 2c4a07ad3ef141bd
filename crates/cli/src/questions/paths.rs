//! `paths`: how one principal can come to act as another.

use std::collections::BTreeSet;
use std::process::ExitCode;

use analysis::estate::{Bounds, Estate, Node, Path, Paths as Answer, Step, Why, paths};
use policy::Request;
use serde_json::{Value as Json, json};

use super::load::{Loader, progress};
use super::shown;
use crate::args::Paths;

pub(crate) fn run(args: &Paths) -> anyhow::Result<ExitCode> {
    let estate = Loader::new(&args.asked, &args.control.rcp)?.at(args.at.as_deref())?;
    let from = shown::find(&estate, &args.from)?;
    let to = match args.to.as_str() {
        ADMINISTRATOR => Node::Administrator,
        name => Node::Member(shown::find(&estate, name)?),
    };
    let bounds = Bounds { limit: args.limit.max(1), longer: args.longer };
    let Answer { found, is_cut, undecided } = paths(&estate, from, to, bounds, &mut progress("principals"));
    if args.asked.json {
        let answer = json!({
            "from": shown::arn(&estate, from),
            "to": name(&estate, to),
            "paths": found.iter().map(|path| as_json(&estate, path)).collect::<Json>(),
            "more": is_cut,
            "undecided": shown::undecided(&estate, &undecided),
        });
        println!("{answer:#}");
    } else if args.dot {
        print!("{}", dot(&estate, &found));
    } else {
        print(&estate, &found, (from, to));
        if is_cut && found.is_empty() {
            println!(
                "the steps of the ways that were looked at do not go together; there may be longer ones: see --longer"
            );
        } else if is_cut {
            println!("there are more: see --limit");
        }
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

/// Why the caller has what a step takes; an administrator needs no reason.
fn why(estate: &Estate, step: &Step, action: &str, request: &Request) -> Why {
    let role = match step.to {
        Node::Member(role) if action == ASSUME_ROLE => Some(role),
        _ => None,
    };
    match step.from {
        Node::Member(caller) => estate.why(caller, request, role),
        Node::Administrator => Why::default(),
    }
}

fn need(estate: &Estate, step: &Step, (action, request): &(&'static str, Request)) -> Json {
    let passed = request.context.get("iam:PassedToService").map(|values| values.as_slice().join(","));
    let mut json = shown::why(&why(estate, step, action, request));
    if let Some(fields) = json.as_object_mut() {
        fields.insert("action".into(), (*action).into());
        fields.insert("resource".into(), request.resource.as_str().into());
        fields.insert("passedTo".into(), json!(passed));
    }
    json
}

fn as_json(estate: &Estate, path: &Path) -> Json {
    let step = |moves: &Vec<Step>| {
        let ends = moves.first().map(|step| (name(estate, step.from), name(estate, step.to)));
        let one = |step: &Step| {
            json!({
                "by": step.by,
                "needs": step.needs.iter().map(|one| need(estate, step, one)).collect::<Json>(),
                "needsRunning": step.needs_running,
            })
        };
        json!({
            "from": ends.map(|(from, _)| from),
            "to": ends.map(|(_, to)| to),
            "moves": moves.iter().map(one).collect::<Json>(),
        })
    };
    json!({"steps": path.steps.iter().map(step).collect::<Json>(), "together": path.is_shown})
}

fn print(estate: &Estate, found: &[Path], (from, to): (usize, Node)) {
    if found.is_empty() {
        println!("no path from {} to {}", shown::arn(estate, from), name(estate, to));
    }
    for (number, path) in found.iter().enumerate() {
        println!("path {}:", number + 1);
        if !path.is_shown {
            println!("  {}", shown::EACH_BY_ITSELF);
        }
        println!("  {}", shown::arn(estate, from));
        for moves in &path.steps {
            for (number, step) in moves.iter().enumerate() {
                let or = if number == 0 { "by" } else { "or by" };
                let running = if step.needs_running { ", where something runs as it" } else { "" };
                println!("    {or} {}{running}", step.by);
                for (action, request) in &step.needs {
                    println!("      {action} on {}", request.resource);
                    let why = why(estate, step, action, request);
                    if let Node::Member(caller) = step.from
                        && (why.is_conditional
                            || !why.unless.is_empty()
                            || shown::circumstances(estate, caller, request).is_some())
                    {
                        shown::print_why(estate, (caller, &why), request, "        ");
                    }
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

const ASSUME_ROLE: &str = "sts:AssumeRole";

/// The exit code where there is a path.
const FOUND: u8 = 3;
