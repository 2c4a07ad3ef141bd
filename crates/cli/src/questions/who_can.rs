//! `who-can`: every principal that can do something, directly or by assuming roles.

use std::process::ExitCode;
use std::sync::Arc;

use analysis::estate::{Estate, Holder, who_can};
use anyhow::{Context as _, ensure};
use policy::{Named, Policy, SourceKind};
use serde_json::{Value as Json, json};

use super::load::{estate, progress};
use super::shown;
use crate::args::WhoCan;
use crate::policy_commands::{input, scenario};

pub(crate) fn run(args: &WhoCan) -> anyhow::Result<ExitCode> {
    ensure!(
        args.action == "*" || args.action.contains(':'),
        "`{}` is no action: expected `service:Name`",
        args.action
    );
    ensure!(
        args.resource == "*" || args.resource.starts_with("arn:"),
        "`{}` is no resource: expected an ARN or `*`",
        args.resource
    );
    let own = match &args.resource_policy {
        None => None,
        Some(path) => {
            let policy = Policy::parse(&input::read(path)?)
                .with_context(|| format!("`{}` is no policy", path.display()))?;
            Some(Named::new(SourceKind::Resource, "resource policy", Arc::new(policy)))
        }
    };
    let estate = estate(&args.asked, args.at.as_deref())?;
    let who = who_can(&estate, (&args.action, &args.resource), own.as_ref(), &mut progress("principals"));
    if args.asked.json {
        let holders: Json = who.holders.iter().map(|holder| as_json(&estate, holder)).collect();
        let answer = json!({
            "action": args.action,
            "resource": args.resource,
            "principals": holders,
            "undecided": shown::undecided(&estate, &who.undecided),
        });
        println!("{answer:#}");
        return Ok(ExitCode::SUCCESS);
    }
    for holder in &who.holders {
        print(&estate, holder);
    }
    if who.holders.is_empty() {
        println!("nobody of {} users and roles", estate.members().len());
    }
    shown::warn(&estate, &who.undecided);
    Ok(ExitCode::SUCCESS)
}

fn as_json(estate: &Estate, holder: &Holder) -> Json {
    let through: Vec<&str> = holder.through.iter().map(|role| shown::arn(estate, *role)).collect();
    json!({
        "principal": shown::arn(estate, holder.member),
        "access": if through.is_empty() { "direct" } else { "assumeRole" },
        "path": through,
        "conditional": holder.is_conditional,
        "witness": scenario(&holder.witness),
        "statements": holder.deciders.iter().map(shown::decider).collect::<Json>(),
    })
}

fn print(estate: &Estate, holder: &Holder) {
    let when = if holder.is_conditional { " (under conditions)" } else { "" };
    println!("{}{when}", shown::arn(estate, holder.member));
    for role in &holder.through {
        println!("  assumes {}", shown::arn(estate, *role));
    }
    for decider in &holder.deciders {
        println!("  by {}", shown::decider_text(decider));
    }
    if holder.is_conditional {
        println!("  for instance {}", scenario(&holder.witness));
    }
}
