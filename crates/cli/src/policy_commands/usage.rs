//! `policy generate` and `policy replay`: least privilege from the requests that the audit trail tells.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use analysis::Budget;
use analysis::least_privilege::{LeastPrivilege, Proof, generate as make, refused};
use anyhow::Context as _;
use authz::Authorizer;
use catalog::Catalog;
use directory::{Named, Role, User};
use jiff::Timestamp;
use policy::{Action, Policy, Principal, Request, implied};
use serde_json::{Value as Json, json};
use server::admin::{AdminError, Command, call};
use service::SystemClock;
use store::{AuditEvent, Clock as _, Snapshot};
use types::{Arn, Owner, TagSet};

use super::own_services::unknown_action;
use super::{input, reason};
use crate::args::{Generate, Replay, Usage};
use crate::data_dir::DataDir;
use crate::house::Window;
use crate::moment;
use crate::remote::runtime;

/// What a principal did, and what it has.
struct Record {
    /// The services of the principal's account.
    catalog: Catalog,
    /// In the order of their times.
    requests: Vec<Request>,
    times: Vec<Timestamp>,
    policies: Vec<Arc<Policy>>,
    since: Timestamp,
    /// Up to when every request is known.
    until: Timestamp,
}

pub(crate) fn generate(asked: &Generate) -> anyhow::Result<ExitCode> {
    let record = record(&asked.usage)?;
    let replaced = if asked.replaces.is_empty() { record.policies.clone() } else { read(&asked.replaces)? };
    let made = make(&record.requests, &replaced, Budget::default())
        .context("the policy that was made is malformed")?;
    if asked.usage.json {
        println!("{}", in_json(&record, &made)?);
    } else {
        println!("{}", made.document);
        tell(&record, &made);
    }
    Ok(if matches!(made.proof, Proof::Subset) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) fn replay(asked: &Replay) -> anyhow::Result<ExitCode> {
    let record = record(&asked.usage)?;
    let places =
        refused(&read(&asked.policy)?, &record.requests).context("the policies do not go together")?;
    let refused = places.iter().filter_map(|place| record.row(*place));
    if asked.usage.json {
        let rows: Vec<Json> = refused.collect();
        println!(
            "{}",
            json!({
                "since": record.since,
                "until": record.until,
                "requests": record.requests.len(),
                "refused": rows,
            })
        );
    } else {
        let (count, all) = (places.len(), record.requests.len());
        let (since, until) = (record.since, record.until);
        println!("{count} of {all} requests since {since}, until {until}, would now be refused");
        for row in refused {
            println!("  {}", line(&row));
        }
    }
    Ok(if places.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is said beside the document, to people.
fn tell(record: &Record, made: &LeastPrivilege) {
    eprintln!("made of {} requests since {}, until {}", record.requests.len(), record.since, record.until);
    match &made.proof {
        Proof::Subset => eprintln!("proven: it allows nothing that the policies it replaces do not allow"),
        Proof::Exceeds(request) => {
            let (action, resource) = (request.action.as_str(), request.resource.as_str());
            eprintln!("NOT LESS: it allows {action} on {resource}, which the policies it replaces do not");
        }
        Proof::Unknown(exhausted) => eprintln!("NOT PROVEN: {}", reason(*exhausted)),
    }
    for told in record.unknown() {
        eprintln!("portcullis: warning: {told}");
    }
    for row in made.unexplained.iter().filter_map(|place| record.row(*place)) {
        eprintln!("left out, for the policies it replaces do not allow it by themselves: {}", line(&row));
    }
}

fn in_json(record: &Record, made: &LeastPrivilege) -> anyhow::Result<Json> {
    let proof = match &made.proof {
        Proof::Subset => json!({"result": "subset"}),
        Proof::Exceeds(request) => json!({
            "result": "exceeds", "action": request.action.as_str(), "resource": request.resource.as_str(),
        }),
        Proof::Unknown(exhausted) => json!({"result": "unknown", "reason": reason(*exhausted)}),
    };
    Ok(json!({
        "since": record.since,
        "until": record.until,
        "requests": record.requests.len(),
        "policy": serde_json::from_str::<Json>(&made.document)?,
        "proof": proof,
        "unexplained": made.unexplained.iter().filter_map(|place| record.row(*place)).collect::<Vec<_>>(),
    }))
}

impl Record {
    /// What was used though no service says that it has it.
    fn unknown(&self) -> BTreeSet<String> {
        let actions: BTreeSet<&str> = self.requests.iter().map(|request| request.action.as_str()).collect();
        actions.into_iter().filter_map(|action| unknown_action(&self.catalog, action)).collect()
    }

    fn row(&self, place: usize) -> Option<Json> {
        let (request, time) = (self.requests.get(place)?, self.times.get(place)?);
        Some(json!({"time": time, "action": request.action.as_str(), "resource": request.resource.as_str()}))
    }
}

fn line(row: &Json) -> String {
    let text = |name: &str| row.get(name).and_then(Json::as_str).unwrap_or_default();
    format!("{}  {}  {}", text("time"), text("action"), text("resource"))
}

fn read(files: &[PathBuf]) -> anyhow::Result<Vec<Arc<Policy>>> {
    let parse = |path: &PathBuf| {
        let text = input::read(path)?;
        Ok(Arc::new(Policy::parse(&text).with_context(|| format!("`{}` is no policy", path.display()))?))
    };
    files.iter().map(parse).collect()
}

/// The requests of the audit trail, and the policies of the directory as it is now.
fn record(asked: &Usage) -> anyhow::Result<Record> {
    let now = SystemClock.now();
    let since = moment::parse(&asked.since, now)?;
    let until = asked.until.as_deref().map_or(Ok(now), |text| moment::parse(text, now))?;
    let dir = DataDir::existing(&asked.data)?;
    let until = until.min(written(&dir, now)?);
    runtime()?.block_on(async {
        let window = Window::open(dir).await?;
        let holder = Holder::find(&window, &asked.principal).await?;
        let mut found: Vec<(Timestamp, Request)> = Vec::new();
        let mut note = |event: &AuditEvent| -> anyhow::Result<()> {
            if (since..=until).contains(&event.time) {
                let told = requests(&event.record_value()?, &asked.principal, &holder, event.time);
                found.extend(told.into_iter().map(|request| (event.time, request)));
            }
            Ok(())
        };
        let mut after = 0;
        loop {
            let events = window.store.events(after, BATCH).await?;
            let Some(last) = events.last() else { break };
            after = last.sequence;
            events.iter().try_for_each(|stored| note(&AuditEvent::decode(&stored.line)?))?;
        }
        for entry in store::audit::events_since(&window.dir.audit(), since)? {
            note(&entry?.event)?;
        }
        found.sort_by_key(|(time, _)| *time);
        let (times, requests) = found.into_iter().unzip();
        Ok(Record { requests, times, policies: holder.policies, catalog: holder.catalog, since, until })
    })
}

/// Has the running server write the events that wait, and says up to when all are there; without a server all are.
fn written(dir: &DataDir, now: Timestamp) -> anyhow::Result<Timestamp> {
    match call(&dir.admin_socket(), &Command::AuditFlush, |_, _, _| {}) {
        Ok(done) => {
            let until = done.get("until").and_then(Json::as_str);
            until.and_then(|until| until.parse().ok()).context("the server does not say what it wrote")
        }
        Err(AdminError::NotRunning) => Ok(now),
        Err(error) => Err(error).context("the running server cannot be asked to write its newest events"),
    }
}

/// So many events are read at once.
const BATCH: usize = 1_000;

/// A user or role as it is now.
struct Holder {
    policies: Vec<Arc<Policy>>,
    tags: TagSet,
    catalog: Catalog,
}

impl Holder {
    async fn find(window: &Window, arn: &Arn) -> anyhow::Result<Self> {
        let unknown = || anyhow::anyhow!("`{arn}` is no user or role of this directory");
        let (partition, account) = arn.partition().zip(arn.account()).ok_or_else(unknown)?;
        let owner = Owner::new(partition, account);
        let (kind, path) = arn.resource().split_once('/').ok_or_else(unknown)?;
        let name = path.rsplit('/').next().unwrap_or_default();
        let snapshot = window.store.read();
        let authorizer = Authorizer::new(window.store.clone(), window.keyring.clone());
        let (granted, tags) = match kind {
            "user" => {
                let user = entity::<User>(&snapshot, owner, name).await?.ok_or_else(unknown)?;
                (authorizer.granted_to_user(&snapshot, &user).await?, user.tags.clone())
            }
            "role" => {
                let role = entity::<Role>(&snapshot, owner, name).await?.ok_or_else(unknown)?;
                (authorizer.granted_to_role(&snapshot, &role).await?, role.tags.clone())
            }
            _ => return Err(unknown()),
        };
        let policies = granted.identity.into_iter().map(|named| named.policy).collect();
        let catalog = authorizer.catalog(&snapshot, owner).await?;
        Ok(Self { policies, tags, catalog })
    }
}

async fn entity<E: Named>(snapshot: &Snapshot, owner: Owner, name: &str) -> store::Result<Option<Arc<E>>> {
    snapshot.find::<E>(&E::BY_NAME, &owner.to_string(), &name.to_ascii_lowercase()).await
}

/// The requests that an event tells of, if the principal made them: what a call of it was allowed to do, and what was
/// allowed to it when others asked.
fn requests(record: &Json, arn: &Arn, holder: &Holder, at: Timestamp) -> Vec<Request> {
    let list = |path: &str| record.pointer(path).and_then(Json::as_array).into_iter().flatten();
    let own = list("/additionalEventData/authorized");
    let mut found = of_identity(record, own, arn, holder, at);
    // Whoever asks about somebody says what it knows of the connection; that of the asker tells nothing.
    for decided in list("/additionalEventData/decided") {
        if decided.get("allowed") == Some(&Json::Bool(true)) {
            found.extend(of_identity(decided, std::iter::once(decided), arn, holder, at));
        }
    }
    found
}

/// The requests, told in `told`, of whom a record's `userIdentity` shows.
fn of_identity<'r>(
    record: &Json,
    told: impl Iterator<Item = &'r Json>,
    arn: &Arn,
    holder: &Holder,
    at: Timestamp,
) -> Vec<Request> {
    let text = |path: &str| record.pointer(path).and_then(Json::as_str);
    let caller = text("/userIdentity/arn").unwrap_or_default();
    let issuer = text("/userIdentity/sessionContext/sessionIssuer/arn");
    if caller != arn.as_str() && issuer != Some(arn.as_str()) {
        return Vec::new();
    }
    let Ok(principal) = Principal::parse(caller) else { return Vec::new() };
    let read = |told: &Json| {
        // An enforcement point may write an action in any case: it is one action all the same.
        let action = Action::parse(&holder.catalog.spelled(told.get("action")?.as_str()?)).ok()?;
        let mut request = Request::new(principal.clone(), action, told.get("resource")?.as_str()?);
        let context = &mut request.context;
        for (key, value) in told.get("keys").and_then(Json::as_object).into_iter().flatten() {
            match value {
                Json::Array(values) => context.set_list(key, values.iter().filter_map(Json::as_str)),
                value => context.set(key, value.as_str().unwrap_or_default()),
            }
        }
        for (key, path) in KEYS {
            if let Some(value) = text(path) {
                context.set(key, value);
            }
        }
        for tag in &holder.tags {
            context.set_if_absent(&format!("aws:PrincipalTag/{}", tag.key), tag.value.as_str());
        }
        implied::add(context, &principal, at);
        Some(request)
    };
    told.filter_map(read).collect()
}

/// Condition keys, and where an event tells them.
const KEYS: &[(&str, &str)] = &[
    ("aws:SourceIp", "/sourceIPAddress"),
    ("aws:UserAgent", "/userAgent"),
    ("aws:RequestedRegion", "/awsRegion"),
    ("aws:MultiFactorAuthPresent", "/userIdentity/sessionContext/attributes/mfaAuthenticated"),
    ("aws:TokenIssueTime", "/userIdentity/sessionContext/attributes/creationDate"),
    ("aws:SourceIdentity", "/userIdentity/sessionContext/sourceIdentity"),
    ("aws:userid", "/userIdentity/principalId"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_tells_what_its_caller_was_allowed_and_in_which_circumstances() {
        let arn = Arn::parse("arn:aws:iam::123456789012:user/alice").unwrap();
        let record = json!({
            "userIdentity": {"arn": arn, "principalId": "AIDAEXAMPLEEXAMPLE123"},
            "sourceIPAddress": "203.0.113.7",
            "additionalEventData": {"authorized": [
                {"action": "IAM:createuser", "resource": "arn:aws:iam::123456789012:user/bob",
                 "keys": {"aws:TagKeys": ["team"], "aws:RequestTag/team": "red"}},
                {"action": "no action", "resource": "*"},
            ]},
        });
        let at: Timestamp = "2026-03-03T12:00:00Z".parse().unwrap();
        let holder =
            Holder { policies: Vec::new(), tags: TagSet::default(), catalog: Catalog::aws().clone() };
        let found = requests(&record, &arn, &holder, at);
        assert_eq!(found.len(), 1);
        let request = &found[0];
        assert_eq!(request.action.as_str(), "iam:CreateUser");
        let value = |key: &str| request.context.get(key).map(|values| values.as_slice().join(","));
        for (key, expected) in [
            ("aws:TagKeys", "team"),
            ("aws:RequestTag/team", "red"),
            ("aws:SourceIp", "203.0.113.7"),
            ("aws:username", "alice"),
            ("aws:CurrentTime", "2026-03-03T12:00:00Z"),
        ] {
            assert_eq!(value(key).as_deref(), Some(expected), "{key}");
        }
        let bob = Arn::parse("arn:aws:iam::123456789012:user/bob").unwrap();
        let asked = |allowed: bool| {
            json!({
                "userIdentity": {"arn": arn},
                "sourceIPAddress": "203.0.113.7",
                "additionalEventData": {"decided": [{
                    "userIdentity": {"arn": bob}, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k",
                    "keys": {"aws:SourceIp": "198.51.100.1"}, "allowed": allowed,
                }]},
            })
        };
        let found = requests(&asked(true), &bob, &holder, at);
        assert_eq!(found.len(), 1, "what was decided for bob is his use");
        assert_eq!(found[0].context.get("aws:SourceIp").unwrap().as_slice(), ["198.51.100.1"]);
        assert!(requests(&asked(true), &arn, &holder, at).is_empty(), "and not that of who asked");
        assert!(requests(&asked(false), &bob, &holder, at).is_empty());
        let other = Arn::parse("arn:aws:iam::123456789012:user/bob").unwrap();
        assert!(requests(&record, &other, &holder, at).is_empty());
    }
}
