//! The naive scan: policies parsed once, then every statement of every policy walked for every request.
//!
//! It is what a careful programmer writes in an afternoon, and shares nothing with the engine. It knows what the
//! workload has: users and role sessions, identity policies, boundaries, service control policies, bucket policies.

mod condition;

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use serde_json::Value as Json;

use super::Outcome;
use super::glob::glob;
use super::templates::ACCOUNT;
use super::workload::{Ask, Held, Principal, Workload, list};
use condition::Clause;

/// The workload, parsed.
pub(crate) struct Naive {
    documents: Vec<Vec<Statement>>,
    levels: Vec<Vec<usize>>,
}

struct Statement {
    deny: bool,
    actions: Vec<Action>,
    not_actions: bool,
    resources: Vec<Resource>,
    not_resources: bool,
    /// The principals of a bucket policy.
    principals: Vec<String>,
    conditions: Vec<Clause>,
}

/// An action's pattern in lower case: the service by itself, then the name, as a pattern.
enum Action {
    Every,
    Of { service: String, name: String },
}

/// A resource's pattern.
enum Resource {
    Every,
    /// Six parts or filled up to six, without variables.
    Plain(String),
    Open(String),
}

/// A request with its keys in lower case.
#[derive(Clone)]
pub(crate) struct Prepared {
    service: String,
    name: String,
    resource: String,
    context: HashMap<String, Vec<String>>,
    lists: Vec<String>,
}

impl Naive {
    pub(crate) fn of(workload: &Workload) -> Result<Self> {
        let documents = workload.documents.iter().map(|text| parse(text)).collect::<Result<_>>()?;
        Ok(Self { documents, levels: workload.levels.clone() })
    }

    pub(crate) fn prepare(ask: &Ask) -> Prepared {
        let mut context = HashMap::new();
        let mut lists = Vec::new();
        for (key, held) in &ask.context {
            let key = key.to_ascii_lowercase();
            match held {
                Held::One(value) => drop(context.insert(key, vec![value.clone()])),
                Held::Many(values) => {
                    lists.push(key.clone());
                    context.insert(key, values.clone());
                }
            }
        }
        let action = ask.action.to_ascii_lowercase();
        let (service, name) = action.split_once(':').unwrap_or((&action, ""));
        Prepared {
            service: service.to_owned(),
            name: name.to_owned(),
            resource: ask.resource.clone(),
            context,
            lists,
        }
    }

    /// The decision.
    pub(crate) fn decide(
        &self,
        principal: &Principal,
        resource_policy: Option<usize>,
        request: &Prepared,
    ) -> Outcome {
        let identity = self.scan(&principal.identity, request);
        let boundary = principal.boundary.map(|index| self.scan(&[index], request));
        let mut levels = Verdict { allows: true, denies: false };
        for level in &self.levels {
            let verdict = self.scan(level, request);
            levels.allows &= verdict.allows;
            levels.denies |= verdict.denies;
        }
        let resource = match resource_policy {
            Some(index) => self.trust(index, principal, request),
            None => Trust::default(),
        };
        if identity.denies
            || levels.denies
            || resource.denies
            || boundary.as_ref().is_some_and(|boundary| boundary.denies)
        {
            return Outcome::ExplicitDeny;
        }
        let parts: Vec<&str> = request.resource.splitn(6, ':').collect();
        let part = |place: usize| parts.get(place).copied().filter(|_| parts.len() == 6).unwrap_or_default();
        if !levels.allows || !["", "aws"].contains(&part(1)) {
            return Outcome::ImplicitDeny;
        }
        let bounded = boundary.is_none_or(|boundary| boundary.allows);
        let by_identity = identity.allows && bounded;
        let by_resource = resource.grants_itself || (resource.grants_role && bounded);
        let owner = part(4);
        let is_account = owner.len() == 12 && owner.bytes().all(|byte| byte.is_ascii_digit());
        let foreign = is_account && owner != ACCOUNT;
        let allowed = !foreign && (by_identity || by_resource);
        if allowed { Outcome::Allowed } else { Outcome::ImplicitDeny }
    }

    fn scan(&self, policies: &[usize], request: &Prepared) -> Verdict {
        let mut verdict = Verdict::default();
        for statement in policies.iter().filter_map(|index| self.documents.get(*index)).flatten() {
            if statement.applies(request) {
                *(if statement.deny { &mut verdict.denies } else { &mut verdict.allows }) = true;
            }
        }
        verdict
    }

    /// What a bucket policy says of a principal of its own account.
    fn trust(&self, index: usize, principal: &Principal, request: &Prepared) -> Trust {
        let mut trust = Trust::default();
        for statement in self.documents.get(index).into_iter().flatten() {
            let is = |named: &str| statement.principals.iter().any(|principal| principal == named);
            let everyone = is("*");
            let itself = is(&principal.arn);
            if !(everyone || itself || is(ACCOUNT)) || !statement.applies(request) {
                continue;
            }
            if statement.deny {
                trust.denies = true;
            } else if everyone || (itself && principal.session.is_none()) {
                trust.grants_itself = true;
            } else if itself {
                trust.grants_role = true;
            }
        }
        trust
    }
}

#[derive(Default)]
struct Verdict {
    allows: bool,
    denies: bool,
}

#[derive(Default)]
struct Trust {
    denies: bool,
    /// To the user or to everyone: no boundary limits it.
    grants_itself: bool,
    /// To the role of the session, within its boundary.
    grants_role: bool,
}

impl Statement {
    fn applies(&self, request: &Prepared) -> bool {
        let action = self.actions.iter().any(|pattern| pattern.matches(request));
        action != self.not_actions
            && self.reaches(request)
            && self.conditions.iter().all(|clause| clause.holds(request))
    }

    fn reaches(&self, request: &Prepared) -> bool {
        let mut reached = false;
        for pattern in &self.resources {
            match pattern.matches(request) {
                Some(matches) => reached |= matches,
                None if self.not_resources => return false,
                None => {}
            }
        }
        reached != self.not_resources
    }
}

impl Action {
    /// `None` of what is no pattern of an action.
    fn of(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Every);
        }
        let text = text.to_ascii_lowercase();
        let (service, name) = text.split_once(':')?;
        Some(Self::Of { service: service.to_owned(), name: name.to_owned() })
    }

    fn matches(&self, request: &Prepared) -> bool {
        match self {
            Self::Every => true,
            Self::Of { service, name } => *service == request.service && glob(name, &request.name),
        }
    }
}

impl Resource {
    fn of(text: &str) -> Self {
        let parts = text.splitn(6, ':').count();
        match text {
            "*" => Self::Every,
            text if parts < 6 => Self::Plain(format!("{text}{}", ":*".repeat(6 - parts))),
            text if text.contains("${") => Self::Open(text.to_owned()),
            text => Self::Plain(text.to_owned()),
        }
    }

    /// Whether the pattern matches; `None` where a variable has no value.
    fn matches(&self, request: &Prepared) -> Option<bool> {
        let resolved;
        let pattern = match self {
            Self::Every => return Some(true),
            Self::Plain(pattern) => pattern,
            Self::Open(pattern) => {
                resolved = condition::resolve(pattern, request)?;
                &resolved
            }
        };
        Some(request.resource != "*" && glob(pattern, &request.resource))
    }
}

fn parse(text: &str) -> Result<Vec<Statement>> {
    let document: Json = serde_json::from_str(text)?;
    list(document.get("Statement")).into_iter().map(statement).collect()
}

fn statement(statement: &Json) -> Result<Statement> {
    let strings = |element: &str| -> Vec<String> {
        list(statement.get(element)).iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let not_actions = statement.get("NotAction").is_some();
    let not_resources = statement.get("NotResource").is_some();
    let actions = strings(if not_actions { "NotAction" } else { "Action" });
    let resources = strings(if not_resources { "NotResource" } else { "Resource" });
    let principals = match statement.get("Principal") {
        Some(Json::Object(kinds)) => kinds.values().flat_map(|value| list(Some(value))).collect(),
        other => list(other),
    };
    let mut conditions = Vec::new();
    for (operator, clauses) in statement.get("Condition").and_then(Json::as_object).into_iter().flatten() {
        for (key, values) in clauses.as_object().context("the keys of an operator")? {
            conditions.push(Clause::new(operator, key, values)?);
        }
    }
    Ok(Statement {
        deny: statement.get("Effect").and_then(Json::as_str) == Some("Deny"),
        actions: actions.iter().filter_map(|action| Action::of(action)).collect(),
        not_actions,
        resources: resources.iter().map(|resource| Resource::of(resource)).collect(),
        not_resources,
        principals: principals.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect(),
        conditions,
    })
}
