//! `services`: what an account has of its own beside AWS's services.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use directory::{OwnService, OwnServiceKey};
use policy::ServiceDefinition;
use serde_json::{Map, Value as Json, json};
use server::admin::{Command, LongText};
use service::{Core, system_event};
use store::{Authority, Store, SystemActor};
use types::AccountId;

use crate::args::Services;
use crate::house::refused;
use crate::named_account;
use crate::policy_commands::own_services::definition;
use crate::remote::{ask_or_do, ask_or_look, print, text};

pub(crate) fn run(command: Services) -> anyhow::Result<ExitCode> {
    let id = |account: Option<AccountId>| account.map(|account| account.to_string());
    match command {
        Services::Register { data, file, account, json } => {
            // What is wrong with it is told with the file's name, before anybody is asked.
            let definition = LongText(definition(&file)?.text().to_owned());
            let done = ask_or_do(&data, Command::ServiceRegister { account: id(account), definition })?;
            print(&done, json, |done| {
                let is_new = done.get("replaced") != Some(&Json::Bool(true));
                let verb = if is_new { "registered" } else { "defined anew" };
                println!(
                    "{} is {verb} in account {}: {}",
                    text(done, "name"),
                    text(done, "account"),
                    counts(done)
                );
            });
        }
        Services::List { data, account, json } => {
            let account = id(account);
            let command = Command::ServicesList { account: account.clone() };
            let list = ask_or_look(&data, command, |window| async move {
                list(&window.store, account.as_deref()).await
            })?;
            print(&list, json, |list| {
                let services = list.get("services").and_then(Json::as_array);
                println!("account {}", text(list, "account"));
                if services.is_none_or(Vec::is_empty) {
                    println!("  none of its own");
                }
                for service in services.into_iter().flatten() {
                    println!("  {:<24} {}", text(service, "name"), counts(service));
                }
            });
        }
        Services::Show { data, name, account, json } => {
            let account = id(account);
            let command = Command::ServiceShow { account: account.clone(), name: name.clone() };
            let shown = ask_or_look(&data, command, |window| async move {
                show(&window.store, account.as_deref(), &name).await
            })?;
            // Byte for byte, so that what was registered can be registered again.
            print(&shown, json, |shown| print!("{}", text(shown, "definition")));
        }
        Services::Remove { data, name, account, json } => {
            let done = ask_or_do(&data, Command::ServiceRemove { account: id(account), name })?;
            print(&done, json, |done| {
                println!("{} is gone from account {}", text(done, "name"), text(done, "account"));
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Registers a service in an account, or defines it anew.
pub(crate) async fn register(core: &Core, account: Option<&str>, definition: &str) -> anyhow::Result<Json> {
    let owner = named_account::named(&core.store, account).await?;
    let definition = ServiceDefinition::parse(definition).context("the definition")?;
    loop {
        let mut tx = core.store.write(Authority::system(SystemActor::Operator));
        let service = OwnService::new(owner, &definition, core.clock.now());
        let name = service.name.clone();
        let is_known = tx.get::<OwnService>(&OwnServiceKey::new(owner, &name)).await?.is_some();
        let others = tx.all::<OwnService>(&OwnService::BY_ACCOUNT, &owner.to_string()).await?.len();
        ensure!(
            is_known || others < OwnService::MOST,
            "account {} has {others} services of its own, the most that there may be: remove one first",
            owner.account
        );
        let mut report = described(&service);
        tx.put(service).await?;
        let parameters = json!({"name": name, "bytes": definition.text().len()});
        let event = system_event(
            core,
            SystemActor::Operator,
            "RegisterService",
            &parameters,
            &Json::Null,
            Some(owner),
        );
        match tx.commit(event.map_err(refused)?).await {
            Ok(_) => {
                report.insert("account".into(), owner.account.as_str().into());
                report.insert("replaced".into(), is_known.into());
                return Ok(report.into());
            }
            Err(store::Error::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The services of an account.
pub(crate) async fn list(store: &Store, account: Option<&str>) -> anyhow::Result<Json> {
    let owner = named_account::named(store, account).await?;
    let services = store.read().all::<OwnService>(&OwnService::BY_ACCOUNT, &owner.to_string()).await?;
    let services: Vec<Json> = services.iter().map(|service| described(service).into()).collect();
    Ok(json!({"account": owner.account, "services": services}))
}

/// A service with its definition.
pub(crate) async fn show(store: &Store, account: Option<&str>, name: &str) -> anyhow::Result<Json> {
    let owner = named_account::named(store, account).await?;
    let service = store.read().get::<OwnService>(&OwnServiceKey::new(owner, name)).await?;
    let service = service.with_context(|| none(name))?;
    let mut report = described(&service);
    report.insert("account".into(), owner.account.as_str().into());
    report.insert("definition".into(), service.definition.as_str().into());
    Ok(report.into())
}

/// Forgets a service of an account.
pub(crate) async fn remove(core: &Core, account: Option<&str>, name: &str) -> anyhow::Result<Json> {
    let owner = named_account::named(&core.store, account).await?;
    let key = OwnServiceKey::new(owner, name);
    loop {
        let mut tx = core.store.write(Authority::system(SystemActor::Operator));
        let service = tx.get::<OwnService>(&key).await?.with_context(|| none(name))?;
        tx.delete::<OwnService>(&key).await?;
        let parameters = json!({"name": service.name});
        let event =
            system_event(core, SystemActor::Operator, "RemoveService", &parameters, &Json::Null, Some(owner));
        match tx.commit(event.map_err(refused)?).await {
            Ok(_) => return Ok(json!({"account": owner.account, "name": service.name})),
            Err(store::Error::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn none(name: &str) -> String {
    format!("the account has no service `{name}` of its own; `services list` tells which it has")
}

/// What a service has. One whose definition does not read any more, as AWS has its name by now, has nothing.
fn described(service: &OwnService) -> Map<String, Json> {
    let mut report = Map::new();
    report.insert("name".into(), service.name.as_str().into());
    report.insert("registered".into(), service.registered.to_string().into());
    match ServiceDefinition::parse(service.definition.as_str()) {
        Ok(definition) => {
            let known = definition.service();
            report.insert("actions".into(), known.actions().len().into());
            report.insert("resourceTypes".into(), known.resource_types().len().into());
            report.insert("conditionKeys".into(), known.condition_keys().len().into());
        }
        Err(cause) => {
            report.insert("passedOver".into(), cause.to_string().into());
        }
    }
    report
}

fn counts(service: &Json) -> String {
    if service.get("passedOver").is_some() {
        return format!("passed over: {}", text(service, "passedOver"));
    }
    format!(
        "{} actions, {} resource types, {} condition keys",
        text(service, "actions"),
        text(service, "resourceTypes"),
        text(service, "conditionKeys")
    )
}

#[cfg(test)]
mod tests {
    use service::testing::World;

    use super::*;

    const SHOP: &str = r#"{"Name": "shop", "Actions": [{"Name": "Buy"}]}"#;

    async fn world() -> World {
        World::new(vec![iam::entry()]).await
    }

    #[tokio::test]
    async fn a_service_is_registered_defined_anew_shown_and_removed() {
        let world = world().await;
        let core = &world.core;
        let done = register(core, None, SHOP).await.unwrap();
        assert_eq!(
            (&done["name"], &done["actions"], &done["replaced"]),
            (&json!("shop"), &json!(1), &json!(false))
        );
        let more = SHOP.replace("]}", r#", {"Name": "Sell"}]}"#);
        let done = register(core, None, &more).await.unwrap();
        assert_eq!((&done["actions"], &done["replaced"]), (&json!(2), &json!(true)));
        assert_eq!(show(&core.store, None, "SHOP").await.unwrap()["definition"], more);
        let listed = list(&core.store, None).await.unwrap();
        assert_eq!(listed["services"].as_array().unwrap().len(), 1);

        remove(core, None, "shop").await.unwrap();
        assert_eq!(list(&core.store, None).await.unwrap()["services"], json!([]));
        let gone = remove(core, None, "shop").await.unwrap_err().to_string();
        assert!(gone.starts_with("the account has no service `shop` of its own"), "{gone}");
        assert!(show(&core.store, None, "shop").await.is_err());
    }

    #[tokio::test]
    async fn what_defines_no_service_and_one_too_many_are_refused() {
        let world = world().await;
        let core = &world.core;
        let wrong = format!("{:#}", register(core, None, &SHOP.replace("shop", "s3")).await.unwrap_err());
        assert_eq!(
            wrong,
            "the definition: line 1, column 10: `s3` is a service of AWS's, which cannot be defined anew"
        );
        for number in 0..OwnService::MOST {
            register(core, None, &SHOP.replace("shop", &format!("shop-{number}"))).await.unwrap();
        }
        let full = register(core, None, SHOP).await.unwrap_err().to_string();
        assert!(full.contains("has 50 services of its own, the most that there may be"), "{full}");
        register(core, None, &SHOP.replace("shop", "shop-7")).await.unwrap();
        let nobody = register(core, Some("999999999999"), SHOP).await.unwrap_err().to_string();
        assert_eq!(nobody, "there is no account 999999999999; see `portcullis account list`");
    }
}
