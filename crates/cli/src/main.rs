//! The `portcullis` binary.
//!
//! Exit codes: 0 done; 1 failed, or what was checked is not sound; 2 the command line is wrong; 3 what `--exit-code`
//! asks about is so, or a check could not be proven either way.

mod account;
mod args;
mod as_of;
mod audit;
mod credentials;
mod credentials_file;
mod data_dir;
mod env;
mod estate;
mod export;
mod first_start;
mod history;
mod house;
mod import;
mod logging;
mod maintenance;
mod moment;
mod named_account;
mod policy_commands;
mod questions;
mod quota;
mod remote;
mod serve;
mod services;
mod sessions;
mod sign_in;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    // Whoever closes the pipe (`| head`) has read enough. A server must outlive its peers.
    if !matches!(args.command, Command::Serve(_)) {
        sigpipe::reset();
    }
    match run(args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("portcullis: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Serve(serve) => serve::run(serve),
        Command::Env(env) => env::run(&env),
        Command::Account(account) => account::run(account),
        Command::Credentials(credentials) => credentials::run(credentials),
        Command::Sessions(sessions) => sessions::run(sessions),
        Command::Services(services) => services::run(services),
        Command::SignIn(sign_in) => sign_in::run(sign_in),
        Command::Import(import) => import::run(import),
        Command::Export(export) => export::run(export),
        Command::History(args) => history::run(args),
        Command::AsOf(args) => as_of::run(args),
        Command::WhoCan(args) => questions::who_can(&args),
        Command::WhatCan(args) => questions::what_can(&args),
        Command::Paths(args) => questions::paths(&args),
        Command::Diff(args) => questions::diff(&args),
        Command::Audit(audit) => audit::run(audit),
        Command::Store(store) => remote::store(store),
        Command::Keys(keys) => remote::keys(keys),
        Command::Policy(policy) => policy_commands::run(policy),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Args::command(), "portcullis", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}
