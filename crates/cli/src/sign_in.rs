//! `sign-in unlock`: lets a user try again whom too many wrong passwords have locked out.

use std::process::ExitCode;

use serde_json::{Value as Json, json};
use server::admin::Command;
use store::{Authority, SystemActor};

use crate::args::SignIn;
use crate::house::{self, House};
use crate::named_account;
use crate::remote::{ask_or_do, print, text};

pub(crate) fn run(command: SignIn) -> anyhow::Result<ExitCode> {
    let SignIn::Unlock { data, account, user, json } = command;
    let account = account.map(|account| account.to_string());
    let done = ask_or_do(&data, Command::SignInUnlock { account, user })?;
    print(&done, json, |done| {
        let user = text(done, "user");
        if done.get("unlocked") == Some(&Json::Bool(true)) {
            println!("{user} of account {} may try again", text(done, "account"));
        } else {
            println!("{user} of account {} has no failed attempts", text(done, "account"));
        }
    });
    Ok(ExitCode::SUCCESS)
}

/// Forgets a user's failed attempts, and records that.
pub(crate) async fn unlock(house: &House, account: Option<&str>, user: &str) -> anyhow::Result<Json> {
    let core = &house.core;
    let owner = named_account::named(&core.store, account).await?;
    let parameters = json!({"accountId": owner.account, "userName": user});
    let event = service::operator_event(core, "UnlockSignIn", &parameters).map_err(house::refused)?;
    core.store.write(Authority::system(SystemActor::Operator)).commit(event).await?;
    let unlocked = core.authorizer.guesses().lift(owner, user, core.clock.now()).await?;
    Ok(json!({"account": owner.account, "user": user, "unlocked": unlocked}))
}
