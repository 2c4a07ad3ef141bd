//! A second evaluator: slow, obvious, and written from the specification alone. It shares no
//! code with the engine and counts which rules it came by.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::conditions;
use crate::oracle_principals::principal_applies;

/// A case: documents as JSON, the request in plain words.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) identity: Option<Vec<Value>>,
    pub(crate) boundary: Option<Vec<Value>>,
    pub(crate) session: Option<Vec<Value>>,
    pub(crate) resource: Option<Vec<Value>>,
    pub(crate) endpoint: Option<Vec<Value>>,
    pub(crate) scp: Option<Vec<Vec<Value>>>,
    pub(crate) rcp: Option<Vec<Vec<Value>>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) who: Who,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) resource_account: String,
    pub(crate) management: Option<String>,
    pub(crate) context: Vec<(String, Held)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Held {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Who {
    Root { account: String },
    User { arn: String, id: String, session_token: bool },
    Role { role: String, session: String, id: String },
    FederatedUser { arn: String, issuer: String },
    Federated(String),
    Service(String),
    Anonymous,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    NotApplicable,
    Nothing,
    Allow,
    Deny,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Allowed,
    Explicit,
    Implicit,
}

/// The layers, in the order of the engine's `Layer::ALL`.
pub(crate) const LAYERS: [&str; 7] =
    ["rcp", "scp", "endpoint", "resource", "identity", "boundary", "session"];

#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) end: End,
    pub(crate) layers: [Verdict; 7],
}

thread_local! {
    static HITS: RefCell<BTreeMap<&'static str, u64>> = const { RefCell::new(BTreeMap::new()) };
}

pub(crate) fn hit(rule: &'static str) {
    HITS.with(|hits| *hits.borrow_mut().entry(rule).or_default() += 1);
}

pub(crate) fn hits() -> BTreeMap<&'static str, u64> {
    HITS.with(|hits| hits.borrow().clone())
}

fn field(arn: &str, index: usize) -> &str {
    arn.splitn(6, ':').nth(index).unwrap_or("")
}

impl Who {
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Who::Root { account } => Some(account),
            Who::User { arn, .. } | Who::FederatedUser { arn, .. } => Some(field(arn, 4)),
            Who::Role { role, .. } => Some(field(role, 4)),
            _ => None,
        }
    }

    pub(crate) fn partition(&self) -> Option<&str> {
        match self {
            Who::Root { .. } => Some("aws"),
            Who::User { arn, .. } | Who::FederatedUser { arn, .. } => Some(field(arn, 1)),
            Who::Role { role, .. } => Some(field(role, 1)),
            _ => None,
        }
    }
}

pub(crate) fn decide(world: &World, ask: &Ask) -> Answer {
    let mut layers = [Verdict::NotApplicable; 7];
    let (service, name) = ask.action.split_once(':').unwrap();
    let (service, name) = (service.to_lowercase(), name.to_lowercase());
    let signed = ask.who.account().is_some();

    if service == "sts" && name == "getcalleridentity" && signed {
        hit("2.1");
        return Answer { end: End::Allowed, layers };
    }

    let resource_type = field(&ask.resource, 5).split('/').next().unwrap_or("").to_owned();
    let is_role =
        ask.resource.starts_with("arn:") && field(&ask.resource, 2) == "iam" && resource_type == "role";
    let linked_target = is_role && ask.resource.contains(":role/aws-service-role/");
    let assumes = service == "sts"
        && (name.starts_with("assumerole")
            || (is_role && (name == "tagsession" || name == "setsourceidentity")));
    let is_key = service == "kms" && ask.resource.starts_with("arn:") && resource_type == "key";
    let linked_caller =
        matches!(&ask.who, Who::Role { role, .. } if role.contains(":role/aws-service-role/"));
    let outsider = !signed;
    let is_root = matches!(ask.who, Who::Root { .. });
    let cross = signed && ask.who.account() != Some(ask.resource_account.as_str());

    // Which sets count at all.
    let scp_counts = signed
        && !linked_caller
        && ask.management.as_deref().is_none_or(|management| Some(management) != ask.who.account());
    let rcp_exempt = (service == "kms" && name == "retiregrant")
        || linked_caller
        || (assumes && linked_target)
        || ask.management.as_deref() == Some(ask.resource_account.as_str());
    let rcp_counts = ["s3", "sts", "kms", "sqs"].contains(&service.as_str()) && !rcp_exempt;
    let own = !outsider && !is_root;

    let mut grants: Vec<Grant> = Vec::new();
    let mut set = |index: usize, policies: &Option<Vec<Value>>, grants: &mut Vec<Grant>| {
        if let Some(policies) = policies {
            layers[index] = verdict_of_set(world, ask, LAYERS[index], policies, grants);
        }
    };
    if own {
        set(4, &world.identity, &mut Vec::new());
        set(5, &world.boundary, &mut Vec::new());
    }
    if !outsider {
        set(6, &world.session, &mut Vec::new());
    }
    set(3, &world.resource, &mut grants);
    set(2, &world.endpoint, &mut Vec::new());
    if outsider {
        hit(match ask.who {
            Who::Anonymous => "2.12",
            Who::Service(_) => "2.13",
            _ => "3.6",
        });
    }
    for (index, counts, levels) in [(0, rcp_counts, &world.rcp), (1, scp_counts, &world.scp)] {
        if let (true, Some(levels)) = (counts, levels) {
            // 4.3: deny is the union, allow the intersection of the levels.
            hit("4.3");
            let each: Vec<Verdict> = levels
                .iter()
                .map(|level| verdict_of_set(world, ask, LAYERS[index], level, &mut Vec::new()))
                .collect();
            layers[index] = if each.contains(&Verdict::Deny) {
                Verdict::Deny
            } else if !each.is_empty() && each.iter().all(|verdict| *verdict == Verdict::Allow) {
                Verdict::Allow
            } else {
                Verdict::Nothing
            };
        } else if levels.is_some() {
            hit(if index == 1 { "4.1" } else { "4.2" });
        }
    }

    // 2.2: an explicit deny anywhere.
    if layers.contains(&Verdict::Deny) {
        hit("2.2");
        return Answer { end: End::Explicit, layers };
    }
    let implicit = |rule| {
        hit(rule);
        Answer { end: End::Implicit, layers }
    };
    // Rules outside policies.
    if let Some(partition) = ask.who.partition()
        && ask.resource.starts_with("arn:")
        && field(&ask.resource, 1) != partition
    {
        return implicit("3.5");
    }
    if is_root && service == "sts" && name == "assumerole" {
        return implicit("2.11");
    }
    if matches!(ask.who, Who::User { session_token: true, .. }) {
        let mfa = ask.context.iter().any(|(key, value)| {
            key.eq_ignore_ascii_case("aws:MultiFactorAuthPresent") && *value == Held::One("true".into())
        });
        if service == "iam" && !mfa
            || service == "sts" && !["assumerole", "tagsession", "setsourceidentity"].contains(&name.as_str())
        {
            return implicit("7.11a");
        }
    }
    if matches!(ask.who, Who::FederatedUser { .. }) && (service == "iam" || service == "sts") {
        return implicit("7.11a");
    }
    if service == "iam" && !name.starts_with("get") && !name.starts_with("list") {
        if ask.resource.starts_with("arn:aws:iam::aws:policy/")
            || ask.resource.contains(":role/aws-reserved/")
        {
            return implicit("7.9");
        }
        if linked_target && name == "deleterole" {
            return implicit("7.10");
        }
    }
    if layers[0] == Verdict::Nothing {
        return implicit("2.3");
    }
    if layers[1] == Verdict::Nothing {
        return implicit("2.4");
    }
    if layers[2] == Verdict::Nothing {
        return implicit("2.5");
    }
    let resource_allows = !grants.is_empty();
    if outsider {
        return if resource_allows { Answer { end: End::Allowed, layers } } else { implicit("2.12") };
    }
    let ok = |index: usize| matches!(layers[index], Verdict::Allow | Verdict::NotApplicable);
    let session_ok = match ask.who {
        // 2.10: no session policy, no permissions of its own.
        Who::FederatedUser { .. } => layers[6] == Verdict::Allow,
        _ => ok(6),
    };
    let identity_path = (is_root || layers[4] == Verdict::Allow) && ok(5) && session_ok;
    if cross {
        if !resource_allows {
            return implicit("3.3");
        }
        return if identity_path {
            hit("3.1");
            Answer { end: End::Allowed, layers }
        } else {
            implicit("3.2")
        };
    }
    if grants.contains(&Grant::Itself) {
        hit("2.6 direct");
        return Answer { end: End::Allowed, layers };
    }
    if grants.contains(&Grant::Behind) && ok(5) && ok(6) {
        hit("2.6 entity");
        return Answer { end: End::Allowed, layers };
    }
    if assumes || is_key {
        // 7.1, 7.7: the resource's policy must trust, at least the account.
        let rule = if assumes { "7.1" } else { "7.7" };
        if !resource_allows || !identity_path {
            return implicit(rule);
        }
        hit(rule);
        return Answer { end: End::Allowed, layers };
    }
    if identity_path {
        hit("2.8");
        return Answer { end: End::Allowed, layers };
    }
    implicit("2.8 not")
}

/// How a statement of a resource's policy grants (2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grant {
    Itself,
    Behind,
    Account,
}

/// 1.4: deny before allow before nothing.
fn verdict_of_set(
    world: &World,
    ask: &Ask,
    layer: &str,
    policies: &[Value],
    grants: &mut Vec<Grant>,
) -> Verdict {
    let mut verdict = Verdict::Nothing;
    for policy in policies {
        let variables = policy.get("Version").and_then(Value::as_str) == Some("2012-10-17");
        for statement in policy["Statement"].as_array().unwrap() {
            let Some(grant) = applies(world, ask, layer, statement, variables) else { continue };
            if statement["Effect"] == "Deny" {
                verdict = Verdict::Deny;
            } else {
                verdict = verdict.max(Verdict::Allow);
                grants.push(grant);
            }
        }
    }
    verdict
}

/// 1.3: every part must hold.
fn applies(world: &World, ask: &Ask, layer: &str, statement: &Value, variables: bool) -> Option<Grant> {
    let action = match (statement.get("Action"), statement.get("NotAction")) {
        (Some(listed), _) => strings(listed).iter().any(|pattern| action_matches(pattern, &ask.action)),
        (_, Some(listed)) => {
            hit("5.1d");
            !strings(listed).iter().any(|pattern| action_matches(pattern, &ask.action))
        }
        _ => false,
    };
    if !action || !resource_applies(ask, layer, statement, variables) {
        return None;
    }
    let grant = principal_applies(world, ask, layer, statement)?;
    conditions::block_holds(statement.get("Condition"), &ask.context, variables).then_some(grant)
}

pub(crate) fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        Value::String(text) => vec![text.clone()],
        _ => panic!("{value}"),
    }
}

fn action_matches(pattern: &str, action: &str) -> bool {
    if pattern == "*" {
        hit("5.1b");
        return true;
    }
    let (Some((vendor, name)), (service, asked)) = (pattern.split_once(':'), action.split_once(':').unwrap())
    else {
        return false;
    };
    if vendor.contains(['*', '?']) || name.contains(':') || name.is_empty() {
        return false;
    }
    hit("5.1a");
    vendor.to_lowercase() == service.to_lowercase()
        && glob(&literal_glob(&name.to_lowercase()), &asked.to_lowercase())
}

/// A character of a pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Sign {
    Is(char),
    One,
    Many,
}

pub(crate) fn literal_glob(pattern: &str) -> Vec<Sign> {
    pattern
        .chars()
        .map(|c| match c {
            '*' => Sign::Many,
            '?' => Sign::One,
            c => Sign::Is(c),
        })
        .collect()
}

/// Whether a pattern matches a whole text, by a table over all beginnings of both.
pub(crate) fn glob(pattern: &[Sign], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut row: Vec<bool> = vec![false; text.len() + 1];
    row[0] = true;
    for sign in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            next[at] = match sign {
                Sign::Many => row[at] || (at > 0 && next[at - 1]),
                Sign::One => at > 0 && row[at - 1],
                Sign::Is(c) => at > 0 && row[at - 1] && text[at - 1] == *c,
            };
        }
        row = next;
    }
    row[text.len()]
}

/// The signs of a text with variables; `None` where one has no value.
pub(crate) fn fill(
    text: &str,
    context: &[(String, Held)],
    wildcards: bool,
    variables: bool,
) -> Option<Vec<Sign>> {
    let characters: Vec<char> = text.chars().collect();
    let mut signs = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let close = characters[at..].iter().position(|c| *c == '}').map(|n| at + n);
        let opens = characters[at] == '$' && characters.get(at + 1) == Some(&'{');
        if let (true, true, Some(close)) = (variables, opens, close) {
            let inside: String = characters[at + 2..close].iter().collect();
            at = close + 1;
            if ["*", "?", "$"].contains(&inside.as_str()) {
                hit("6.13c");
                signs.extend(inside.chars().map(Sign::Is));
                continue;
            }
            let (key, default) = match inside.split_once(", '") {
                Some((key, rest)) if rest.ends_with('\'') => {
                    (key.to_owned(), Some(rest[..rest.len() - 1].to_owned()))
                }
                _ => (inside, None),
            };
            let value = match lookup(context, &key) {
                Some(Held::One(value)) => {
                    hit("6.13b");
                    Some(value)
                }
                Some(Held::Many(values)) if !values.is_empty() => {
                    hit("6.13d");
                    None
                }
                _ => {
                    hit("6.13b default");
                    default
                }
            };
            signs.extend(value?.chars().map(Sign::Is));
            continue;
        }
        let c = characters[at];
        signs.push(match c {
            '*' if wildcards => Sign::Many,
            '?' if wildcards => Sign::One,
            c => Sign::Is(c),
        });
        at += 1;
    }
    Some(signs)
}

pub(crate) fn lookup(context: &[(String, Held)], key: &str) -> Option<Held> {
    let found = context.iter().rev().find(|(name, _)| name.to_lowercase() == key.to_lowercase());
    found.map(|(_, value)| value.clone())
}

#[derive(PartialEq)]
enum Fits {
    Yes,
    No,
    Unresolved,
}

fn resource_applies(ask: &Ask, layer: &str, statement: &Value, variables: bool) -> bool {
    if let Some(listed) = statement.get("Resource") {
        return strings(listed)
            .iter()
            .any(|pattern| resource_fits(pattern, ask, layer, variables) == Fits::Yes);
    }
    if let Some(listed) = statement.get("NotResource") {
        hit("5.2i");
        let fits: Vec<Fits> =
            strings(listed).iter().map(|pattern| resource_fits(pattern, ask, layer, variables)).collect();
        return fits.iter().all(|fit| *fit == Fits::No);
    }
    hit("5.2k");
    layer == "resource"
}

fn resource_fits(pattern: &str, ask: &Ask, layer: &str, variables: bool) -> Fits {
    let yes = |matches: bool| if matches { Fits::Yes } else { Fits::No };
    if pattern == "*" {
        return Fits::Yes;
    }
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    if parts.len() < 6 {
        hit("5.2g");
        let wild = pattern.contains(['*', '?']);
        if ask.resource == "*"
            || layer == "rcp"
            || (["resource", "endpoint", "scp"].contains(&layer) && !wild)
        {
            return Fits::No;
        }
        let mut parts = parts;
        parts.resize(6, "*");
        return yes(glob(&literal_glob(&parts.join(":")), &ask.resource));
    }
    let head = parts[..5].join(":") + ":";
    let mut signs = literal_glob(&head);
    match fill(parts[5], &ask.context, true, variables) {
        Some(tail) => signs.extend(tail),
        None => {
            hit("5.2h");
            return Fits::Unresolved;
        }
    }
    if ask.resource == "*" {
        hit("5.2j");
        return Fits::No;
    }
    hit("5.2a");
    yes(glob(&signs, &ask.resource))
}
