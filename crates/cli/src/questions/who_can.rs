//! `who-can`: every principal that can do something, directly or by assuming roles.

use std::process::ExitCode;
use std::sync::Arc;

use analysis::estate::{Estate, Holder, Hop, who_can};
use anyhow::{Context as _, ensure};
use policy::{Named, Policy, SourceKind};
use serde_json::{Value as Json, json};

use super::load::{Loader, progress};
use super::shown;
use crate::args::WhoCan;
use crate::policy_commands::own_services::unknown_action;
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
    let estate = Loader::new(&args.asked, &args.control.rcp)?.at(args.at.as_deref())?;
    if let Some(told) = unknown_action(estate.catalog(), &args.action) {
        eprintln!("portcullis: warning: {told}");
    }
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
    let through: Vec<&str> = holder.through.iter().map(|hop| shown::arn(estate, hop.role)).collect();
    let hop = |hop: &Hop| {
        let mut json = shown::why(&hop.why);
        if let Some(fields) = json.as_object_mut() {
            fields.insert("role".into(), shown::arn(estate, hop.role).into());
            fields.insert("witness".into(), scenario(&hop.request));
        }
        json
    };
    let mut json = shown::why(&holder.why);
    if let Some(fields) = json.as_object_mut() {
        fields.insert("principal".into(), shown::arn(estate, holder.member).into());
        fields.insert("access".into(), if through.is_empty() { "direct" } else { "assumeRole" }.into());
        fields.insert("path".into(), json!(through));
        fields.insert("assumes".into(), holder.through.iter().map(hop).collect());
        fields.insert("conditional".into(), holder.is_conditional().into());
        fields.insert("together".into(), holder.is_shown.into());
        fields.insert("witness".into(), scenario(&holder.witness));
    }
    json
}

fn print(estate: &Estate, holder: &Holder) {
    let when = if holder.is_conditional() { " (under conditions)" } else { "" };
    println!("{}{when}", shown::arn(estate, holder.member));
    if !holder.is_shown {
        println!("  {}", shown::EACH_BY_ITSELF);
    }
    let mut caller = holder.member;
    for hop in &holder.through {
        println!("  assumes {}", shown::arn(estate, hop.role));
        shown::print_why(estate, (caller, &hop.why), &hop.request, "    ");
        caller = hop.role;
    }
    let indent = if holder.through.is_empty() { "  " } else { "    " };
    if !holder.through.is_empty() {
        println!("  which does it");
    }
    shown::print_why(estate, (caller, &holder.why), &holder.witness, indent);
}
