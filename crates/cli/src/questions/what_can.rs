//! `what-can`: what a principal can do, as rows of which none is superfluous.

use std::collections::BTreeSet;
use std::process::ExitCode;

use analysis::Budget;
use analysis::estate::{Exception, Row, effective};
use anyhow::{Context as _, anyhow};
use serde_json::{Map, Value as Json, json};

use super::load::Loader;
use super::shown;
use crate::args::WhatCan;
use crate::policy_commands::own_services::unknown_action;
use crate::policy_commands::reason;

pub(crate) fn run(args: &WhatCan) -> anyhow::Result<ExitCode> {
    let estate = Loader::new(&args.asked, &args.control.rcp)?.at(args.at.as_deref())?;
    let at = shown::find(&estate, &args.principal)?;
    let member = estate.members().get(at).context("it is gone")?;
    let rows = effective(member, Budget::default())
        .map_err(|exhausted| anyhow!("not decided: {}", reason(exhausted)))?;
    let named: BTreeSet<&str> = rows.iter().flat_map(|row| &row.actions).map(String::as_str).collect();
    let unknown =
        named.into_iter().filter_map(|action| Some((action, unknown_action(estate.catalog(), action)?)));
    let unknown: Vec<(&str, String)> = unknown.collect();
    if args.asked.json {
        let answer = json!({
            "principal": member.arn.as_str(),
            "rows": rows.iter().map(as_json).collect::<Json>(),
            "unknownActions": unknown.iter().map(|(action, _)| *action).collect::<Json>(),
        });
        println!("{answer:#}");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}", member.arn);
    for row in &rows {
        print(row);
    }
    if rows.is_empty() {
        println!("  nothing");
    }
    for (_, told) in &unknown {
        eprintln!("portcullis: warning: {told}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The lists that say something, by the names that statements have for them.
fn lists(row: &Row) -> Vec<(&'static str, &[String])> {
    let all: [(&'static str, &[String]); 4] = [
        ("Action", &row.actions),
        ("NotAction", &row.not_actions),
        ("Resource", &row.resources),
        ("NotResource", &row.not_resources),
    ];
    all.into_iter().filter(|(_, list)| !list.is_empty()).collect()
}

fn as_json(row: &Row) -> Json {
    let mut object = Map::new();
    for (name, list) in lists(row) {
        object.insert(name.into(), json!(list));
    }
    if !row.actions_within.is_empty() {
        object.insert("ActionWithin".into(), json!(row.actions_within));
    }
    if !row.resources_within.is_empty() {
        object.insert("ResourceWithin".into(), json!(row.resources_within));
    }
    if !row.conditions.is_empty() {
        object.insert("Condition".into(), shown::conditions(&row.conditions));
    }
    if !row.except.is_empty() {
        object.insert("Except".into(), row.except.iter().map(except).collect());
    }
    object.insert("By".into(), row.by.iter().map(by).collect());
    Json::Object(object)
}

fn except(exception: &Exception) -> Json {
    let mut object = Map::new();
    for (name, list) in [
        ("Action", &exception.actions),
        ("NotAction", &exception.not_actions),
        ("Resource", &exception.resources),
        ("NotResource", &exception.not_resources),
    ] {
        if !list.is_empty() {
            object.insert(name.into(), json!(list));
        }
    }
    if !exception.conditions.is_empty() {
        object.insert("Condition".into(), shown::conditions(&exception.conditions));
    }
    object.insert("By".into(), by(&exception.by));
    Json::Object(object)
}

/// The same in words.
fn except_text(exception: &Exception) -> String {
    let list = |listed: &[String], all_but: &[String], all: &str| match (listed, all_but) {
        ([], []) => all.to_owned(),
        ([], all_but) => format!("{all} but {}", all_but.join(", ")),
        (listed, _) => listed.join(", "),
    };
    let actions = list(&exception.actions, &exception.not_actions, "all actions");
    let resources = list(&exception.resources, &exception.not_resources, "all resources");
    let conditions = exception.conditions.iter();
    let conditions: Vec<String> =
        conditions.map(|one| format!("{} {}: {}", one.operator, one.key, one.values.join(" or "))).collect();
    let when =
        if conditions.is_empty() { String::new() } else { format!(", if {}", conditions.join(" and ")) };
    format!("{actions} on {resources}{when} (by {} #{})", exception.by.0, exception.by.1)
}

fn by((policy, statement): &(String, usize)) -> Json {
    json!({"policy": policy, "statement": statement})
}

fn print(row: &Row) {
    let mut mark = "-";
    for (name, list) in lists(row) {
        println!("  {mark} {name}: {}", list.join(", "));
        mark = " ";
    }
    for list in &row.actions_within {
        println!("    and Action: {}", list.join(", "));
    }
    for list in &row.resources_within {
        println!("    and Resource: {}", list.join(", "));
    }
    for condition in &row.conditions {
        println!("    if {} {}: {}", condition.operator, condition.key, condition.values.join(" or "));
    }
    for exception in &row.except {
        println!("    except {}", except_text(exception));
    }
    let by: Vec<String> = row.by.iter().map(|(policy, statement)| format!("{policy} #{statement}")).collect();
    println!("    by {}", by.join(", "));
}
