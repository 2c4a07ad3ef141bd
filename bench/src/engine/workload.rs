//! What is decided: principals with their policies, and requests that they make.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::Value as Json;

use super::dice::Dice;
use super::glob::glob;
use super::templates::{self, ACCOUNT, REGIONS, STAGES, TEAMS};

/// Policies, who has them, and what they ask.
#[derive(Serialize)]
pub(crate) struct Workload {
    /// The texts; everything else names them by index.
    pub(crate) documents: Vec<String>,
    pub(crate) principals: Vec<Principal>,
    /// The service control policies, root first.
    pub(crate) levels: Vec<Vec<usize>>,
    pub(crate) asks: Vec<Ask>,
}

/// A user, or a session of a role.
#[derive(Serialize, Clone)]
pub(crate) struct Principal {
    /// As policies name it: a role, where it is one.
    pub(crate) arn: String,
    /// The session's ARN, of a role.
    pub(crate) session: Option<String>,
    pub(crate) identity: Vec<usize>,
    pub(crate) boundary: Option<usize>,
    pub(crate) team: &'static str,
    pub(crate) stage: &'static str,
}

/// A request.
#[derive(Serialize, Clone)]
pub(crate) struct Ask {
    pub(crate) principal: usize,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) resource_policy: Option<usize>,
    pub(crate) context: BTreeMap<String, Held>,
}

/// What a condition key holds.
#[derive(Serialize, Clone)]
#[serde(untagged)]
pub(crate) enum Held {
    One(String),
    Many(Vec<String>),
}

/// How large a workload is.
pub(crate) struct Size {
    pub(crate) principals: usize,
    /// Customer policies beside the AWS managed ones.
    pub(crate) customer: usize,
    /// Different sets of identity policies that the principals share, the first ones most often.
    pub(crate) sets: usize,
    pub(crate) buckets: usize,
    pub(crate) asks: usize,
}

/// The medium workload: 1,000 principals, each with policies of its own choice.
pub(crate) const MEDIUM: Size =
    Size { principals: 1_000, customer: 400, sets: 1_000, buckets: 200, asks: 20_000 };

/// The large one: 100,000 principals over 20,000 policies.
pub(crate) const LARGE: Size =
    Size { principals: 100_000, customer: 18_700, sets: 10_000, buckets: 1_000, asks: 50_000 };

impl Workload {
    /// The workload of that size, the same in each run.
    pub(crate) fn of(size: &Size) -> Result<Self> {
        let mut dice = Dice::new(0x0070_6f72_7463);
        let mut documents: Vec<String> = ordinary_managed().map(str::to_owned).collect();
        let managed = documents.len();
        let dense: Vec<usize> = (0..managed).filter(|index| is_dense(&documents[*index])).collect();
        documents.extend((0..size.customer).map(|number| templates::customer(number, number / 8)));
        let customer = managed..documents.len();
        let mut add = |text: String| {
            documents.push(text);
            documents.len() - 1
        };
        let boundary = add(templates::boundary());
        let everything = add(templates::everything());
        let levels = templates::guards().map(|guard| vec![everything, add(guard)]).to_vec();

        let sets: Vec<(Vec<usize>, Option<usize>)> = (0..size.sets)
            .map(|_| {
                let mut identity: Vec<usize> = (0..2 + dice.below(3)).map(|_| dice.below(managed)).collect();
                identity.extend(dice.pick(&dense));
                identity.extend((0..2 + dice.below(2)).map(|_| customer.start + dice.below(customer.len())));
                identity.dedup();
                (identity, dice.percent(30).then_some(boundary))
            })
            .collect();
        let principals: Vec<Principal> = (0..size.principals)
            .map(|number| {
                let set = if size.sets == size.principals { number } else { dice.zipf(size.sets) };
                let (identity, boundary) = sets.get(set).cloned().unwrap_or_default();
                principal(number, identity, boundary)
            })
            .collect();
        let buckets: Vec<(String, usize)> = (0..size.buckets)
            .map(|number| {
                let name = format!("{}-data-{number}", TEAMS[number % TEAMS.len()]);
                let reader = dice.pick(&principals).map_or_else(String::new, |who| who.arn.clone());
                documents.push(templates::bucket(&name, &reader));
                (name, documents.len() - 1)
            })
            .collect();

        let parsed: Vec<Json> =
            documents.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?;
        let asks = (0..size.asks)
            .map(|_| {
                let who = if size.principals > 10_000 {
                    dice.zipf(size.principals)
                } else {
                    dice.below(size.principals)
                };
                ask(&mut dice, &principals, who, &buckets, &parsed)
            })
            .collect::<Result<_>>()?;
        Ok(Self { documents, principals, levels, asks })
    }

    /// Statements and patterns (actions and resources) in all the policies that bear on a request.
    pub(crate) fn burden(&self, ask: &Ask) -> Result<(usize, usize)> {
        let who = self.principals.get(ask.principal).context("a principal")?;
        let all = who.identity.iter().chain(&who.boundary).chain(&ask.resource_policy);
        let mut burden = (0, 0);
        for index in all.chain(self.levels.iter().flatten()) {
            let document: Json = serde_json::from_str(self.documents.get(*index).context("a document")?)?;
            for statement in list(document.get("Statement")) {
                burden.0 += 1;
                burden.1 += patterns(statement);
            }
        }
        Ok(burden)
    }
}

/// Managed policies that people attach: not those of service-linked roles, and not the few that fill the scale.
fn ordinary_managed() -> impl Iterator<Item = &'static str> {
    catalog::managed_policies()
        .iter()
        .filter(|policy| policy.path() == "/" || policy.path() == "/service-role/")
        .filter(|policy| policy.name() != "AdministratorAccess")
        .map(catalog::ManagedPolicy::document)
}

/// Whether a policy lists many actions or resources, as those for whole services do.
fn is_dense(text: &str) -> bool {
    let document: Json = serde_json::from_str(text).unwrap_or_default();
    let burdens: Vec<usize> = list(document.get("Statement")).into_iter().map(patterns).collect();
    let patterns: usize = burdens.iter().sum();
    (40..400).contains(&patterns) && patterns > burdens.len() * 12
}

/// How many patterns of actions and resources a statement has.
fn patterns(statement: &Json) -> usize {
    ["Action", "NotAction", "Resource", "NotResource"]
        .into_iter()
        .map(|element| list(statement.get(element)).len())
        .sum()
}

fn principal(number: usize, identity: Vec<usize>, boundary: Option<usize>) -> Principal {
    let (team, stage) = (TEAMS[number % TEAMS.len()], STAGES[number % STAGES.len()]);
    let (arn, session) = if number.is_multiple_of(3) {
        let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{team}-{number}/build");
        (format!("arn:aws:iam::{ACCOUNT}:role/{team}-{number}"), Some(session))
    } else {
        (format!("arn:aws:iam::{ACCOUNT}:user/{team}/u{number}"), None)
    };
    Principal { arn, session, identity, boundary, team, stage }
}

fn ask(
    dice: &mut Dice,
    principals: &[Principal],
    who: usize,
    buckets: &[(String, usize)],
    documents: &[Json],
) -> Result<Ask> {
    let principal = principals.get(who).context("a principal")?;
    let mut context = usual(principal, dice);
    if dice.percent(20) {
        let (name, policy) = dice.pick(buckets).context("a bucket")?;
        let action = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObject"][dice.below(4)];
        let resource = match action {
            "s3:ListBucket" => format!("arn:aws:s3:::{name}"),
            _ => format!("arn:aws:s3:::{name}/{}/{}.json", principal.team, dice.below(1_000)),
        };
        return Ok(Ask {
            principal: who,
            action: action.to_owned(),
            resource,
            resource_policy: Some(*policy),
            context,
        });
    }
    let (action, resource) = loop {
        let own = dice.percent(75);
        let wanted = if own { wished(dice, principal, documents, &mut context) } else { anything(dice) };
        if let Some(wanted) = wanted {
            break wanted;
        }
    };
    Ok(Ask { principal: who, action, resource, resource_policy: None, context })
}

/// The keys of an ordinary request.
fn usual(principal: &Principal, dice: &mut Dice) -> BTreeMap<String, Held> {
    let region = if dice.percent(95) { REGIONS[dice.below(REGIONS.len())] } else { "ap-south-1" };
    let mut context: BTreeMap<String, Held> = [
        ("aws:PrincipalArn", principal.arn.as_str()),
        ("aws:PrincipalAccount", ACCOUNT),
        ("aws:PrincipalOrgID", "o-example"),
        ("aws:PrincipalTag/team", principal.team),
        ("aws:PrincipalTag/stage", principal.stage),
        ("aws:PrincipalIsAWSService", "false"),
        ("aws:ResourceAccount", ACCOUNT),
        ("aws:ResourceTag/team", TEAMS[dice.below(TEAMS.len())]),
        ("aws:RequestedRegion", region),
        ("aws:SourceIp", if dice.percent(80) { "203.0.113.7" } else { "192.0.2.9" }),
        ("aws:SecureTransport", if dice.percent(98) { "true" } else { "false" }),
        ("aws:CurrentTime", "2026-03-03T12:00:00Z"),
        ("aws:EpochTime", "1772539200"),
        ("aws:UserAgent", "aws-cli/2.15.30 Python/3.11"),
        ("aws:ViaAWSService", "false"),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), Held::One(value.to_owned())))
    .collect();
    let mut set = |key: &str, value: Held| drop(context.insert(key.to_owned(), value));
    let one = |value: &str| Held::One(value.to_owned());
    if principal.session.is_some() {
        set("aws:PrincipalType", one("AssumedRole"));
        set("aws:userid", one("AROAEXAMPLE:build"));
        set("aws:TokenIssueTime", one("2026-03-03T11:30:00Z"));
        set("aws:MultiFactorAuthPresent", one(if dice.percent(50) { "true" } else { "false" }));
    } else {
        set("aws:PrincipalType", one("User"));
        set("aws:userid", one("AIDAEXAMPLE"));
        set("aws:username", one(principal.arn.rsplit('/').next().unwrap_or_default()));
    }
    if dice.percent(20) {
        set("aws:TagKeys", Held::Many(vec!["team".to_owned(), "cost".to_owned()]));
        set("aws:RequestTag/team", one(principal.team));
    }
    context
}

/// A request that one of the principal's own statements speaks of.
fn wished(
    dice: &mut Dice,
    principal: &Principal,
    documents: &[Json],
    context: &mut BTreeMap<String, Held>,
) -> Option<(String, String)> {
    let document = documents.get(*dice.pick(&principal.identity)?)?;
    let statements = list(document.get("Statement"));
    let statement = dice.pick(&statements)?;
    let actions = list(statement.get("Action"));
    let action = concrete_action(dice.pick(&actions)?.as_str()?, dice)?;
    if is_special(&action) {
        return None;
    }
    let resources = list(statement.get("Resource"));
    let pattern = dice.pick(&resources).and_then(|value| value.as_str()).unwrap_or("*");
    let resource =
        if pattern == "*" { resource_of(&action, dice) } else { concrete_arn(pattern, principal, dice) };
    for clauses in
        statement.get("Condition").and_then(Json::as_object).into_iter().flat_map(|block| block.values())
    {
        for (key, values) in clauses.as_object().into_iter().flatten() {
            let values = list(Some(values));
            let value = dice.pick(&values).and_then(|value| value.as_str());
            let known = context.keys().any(|name| name.eq_ignore_ascii_case(key));
            if let (Some(value), false, true) = (value, known, dice.percent(70)) {
                let value = concrete(value, principal, dice);
                let many = catalog::condition_key(key).is_some_and(|key| key.is_multivalued());
                context.insert(key.clone(), if many { Held::Many(vec![value]) } else { Held::One(value) });
            }
        }
    }
    Some((action, resource))
}

/// Any action of any service.
fn anything(dice: &mut Dice) -> Option<(String, String)> {
    let service = dice.pick(catalog::services())?;
    let actions: Vec<_> = service.actions().iter().collect();
    let action = format!("{}:{}", service.prefix(), dice.pick(&actions)?.name());
    if is_special(&action) {
        return None;
    }
    let resource = resource_of(&action, dice);
    Some((action, resource))
}

/// Trust, keys and IAM's own guards follow rules of their own, which not every peer has.
fn is_special(action: &str) -> bool {
    ["sts:", "kms:", "iam:"].iter().any(|prefix| action.starts_with(prefix))
}

fn concrete_action(pattern: &str, dice: &mut Dice) -> Option<String> {
    if pattern == "*" {
        return anything(dice).map(|(action, _)| action);
    }
    let (prefix, name) = pattern.split_once(':')?;
    if !name.contains(['*', '?']) {
        return Some(pattern.to_owned());
    }
    let service = catalog::service(prefix)?;
    let name = name.to_ascii_lowercase();
    let fitting: Vec<&str> = service
        .actions()
        .iter()
        .map(catalog::Action::name)
        .filter(|action| glob(&name, &action.to_ascii_lowercase()))
        .collect();
    Some(format!("{prefix}:{}", dice.pick(&fitting)?))
}

/// A resource of the first type that the action takes; `*` where it takes none.
fn resource_of(action: &str, dice: &mut Dice) -> String {
    let Some((prefix, name)) = action.split_once(':') else { return "*".to_owned() };
    let format = catalog::action(prefix, name)
        .and_then(|action| action.resources().next())
        .and_then(|kind| catalog::service(prefix)?.resource_type(kind.name())?.arn_formats().next());
    let Some(format) = format else { return "*".to_owned() };
    let mut arn = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, tail)) = after.split_once('}') else { break };
        arn.push_str(before);
        match variable {
            "Partition" => arn.push_str("aws"),
            "Region" => arn.push_str(REGIONS[dice.below(REGIONS.len())]),
            "Account" => arn.push_str(ACCOUNT),
            _ => arn.push_str(WORDS[dice.below(WORDS.len())]),
        }
        rest = tail;
    }
    arn + rest
}

/// An ARN that a pattern matches.
fn concrete_arn(pattern: &str, principal: &Principal, dice: &mut Dice) -> String {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let filled: Vec<String> = parts
        .iter()
        .enumerate()
        .map(|(place, part)| match (place, *part) {
            (1, "*") => "aws".to_owned(),
            (3, "*") => REGIONS[dice.below(REGIONS.len())].to_owned(),
            (4, "*") => ACCOUNT.to_owned(),
            _ => concrete(part, principal, dice),
        })
        .collect();
    filled.join(":")
}

/// A text that a pattern matches: variables resolved, wildcards filled.
fn concrete(pattern: &str, principal: &Principal, dice: &mut Dice) -> String {
    let name = principal.arn.rsplit('/').next().unwrap_or_default();
    let text = pattern.replace("${aws:username}", name).replace("${aws:PrincipalTag/team}", principal.team);
    let mut filled = String::new();
    for part in text.chars() {
        match part {
            '*' => filled.push_str(WORDS[dice.below(WORDS.len())]),
            '?' => filled.push('x'),
            other => filled.push(other),
        }
    }
    filled
}

/// What stands in the place of wildcards.
const WORDS: [&str; 6] = ["orders", "red-orders", "2026/03/report.csv", "blue-prod-events", "a", "7f3d2c1b"];

/// A list, whether it was written as one or not.
pub(crate) fn list(value: Option<&Json>) -> Vec<&Json> {
    match value {
        None => Vec::new(),
        Some(Json::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    }
}
