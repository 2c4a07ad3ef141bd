//! Checks of one document: what it newly allows, whether it allows given access, whether it lets strangers in.

use std::sync::Arc;

use catalog::Catalog;
use policy::{Effect, Policy, Principal, Request};

use crate::boxes::Source;
use crate::budget::{Budget, Exhausted, Meter};
use crate::compare::{
    Requests, allows, is_addressed, layer, spell, statement_minus, whatever_can_be_written,
};
use crate::principals;
use crate::question::{Case, Formula, Question};
use crate::search::{Found, Universe};

/// The outcome of a check.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It is proven that nothing is granted.
    Pass,
    /// These statements grant something.
    Fail(Vec<Grant>),
    /// It could be neither proven nor refuted. A gate must treat it as a failure.
    Unproven {
        /// What ran out.
        exhausted: Exhausted,
        /// What is granted as far as it was found.
        grants: Vec<Grant>,
    },
}

/// A statement that grants something, and a request that shows it.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Its place among the statements, from 0.
    pub statement: usize,
    /// A request that it allows, confirmed by [`policy::evaluate`].
    pub witness: Request,
}

/// Access that a policy should not grant: one of these actions on one of these resources.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// As in a statement's `Action`; any for none.
    pub actions: Vec<String>,
    /// As in a statement's `Resource`; any for none.
    pub resources: Vec<String>,
}

/// What the new document allows and the existing one does not. Where a request that can happen shows it as well as any,
/// the witness is such a one.
#[must_use]
pub fn new_access(
    existing: &Arc<Policy>,
    new: &Arc<Policy>,
    requests: Requests<'_>,
    budget: Budget,
) -> Verdict {
    let addressed = is_addressed(existing) || is_addressed(new);
    let minus = |statement, requests, budget| {
        statement_minus(new, existing, Some(statement), addressed, requests, &mut Meter::new(budget))
    };
    each_allow(new, |statement| {
        let found = minus(statement, requests, budget)?;
        if found.is_none() || matches!(requests, Requests::Realistic(_)) {
            return Ok(found);
        }
        // The answer does not hang on it, so that little is spent.
        let short = Budget { steps: budget.steps / 10, ..budget };
        let likely = minus(statement, Requests::Realistic(Catalog::aws()), short).ok().flatten();
        Ok(likely.or(found))
    })
}

/// What of the given access the document grants. `Err` names an action or resource that no statement can hold.
pub fn granted_access(
    policy: &Arc<Policy>,
    access: &[Access],
    budget: Budget,
) -> Result<Verdict, policy::ParseError> {
    let addressed = is_addressed(policy);
    let scopes: Vec<Policy> = access.iter().map(Access::scope).collect::<Result<_, _>>()?;
    let sources: Vec<Source<'_>> = Source::of(policy, layer(addressed)).collect();
    let parts: Vec<Source<'_>> =
        scopes.iter().flat_map(|scope| Source::of(scope, policy::Layer::Identity)).collect();
    let (universe, is_complete) = whatever_can_be_written([&sources, &[]], addressed);
    let mut question = Question { is_complete, ..Question::between(sources, Vec::new(), universe) };
    question.cases = within(&parts);
    Ok(each_allow(policy, |statement| {
        question.only = Some(statement);
        let replay = |found: &Found, known: &policy::Context| {
            spell(found, known).filter(|request| allows(policy, request, addressed))
        };
        question.solve(&replay, &mut Meter::new(budget))
    }))
}

/// A case for each scope: whatever the document allows there.
fn within<'p>(scopes: &[Source<'p>]) -> Vec<Case<'p>> {
    let formula = Formula { ways: vec![vec![0]], denies: vec![0] };
    let case = |scope: &Source<'p>| Case { parts: vec![*scope], a: formula.clone(), ..Case::default() };
    scopes.iter().map(case).collect()
}

impl Access {
    fn scope(&self) -> Result<Policy, policy::ParseError> {
        Policy::parse(&format!(
            r#"{{"Statement": {{"Effect": "Allow", "Action": [{}], "Resource": [{}]}}}}"#,
            listed(&self.actions),
            listed(&self.resources)
        ))
    }
}

/// Who counts as inside when a resource's policy is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Zone {
    /// Accounts, by id.
    pub accounts: Vec<String>,
    /// An organization, by id.
    pub organization: Option<String>,
}

/// Whether a resource's policy lets anyone in: somebody of an account that it does not name, from a network, a
/// service's resource and an organization that it does not name. AWS's services are nobody in this sense, and
/// neither are the users of identity providers. Only these actions count, as a statement lists them; any for none.
#[must_use]
pub fn public_access(policy: &Arc<Policy>, actions: &[String], budget: Budget) -> Verdict {
    let sources: Vec<Source<'_>> = Source::of(policy, policy::Layer::Resource).collect();
    let stranger = principals::fresh_account(&[&sources]);
    let mut asking = vec![Principal::Anonymous];
    let account = [stranger.clone()];
    match principals::of_accounts(&[&sources, &[]], &account, &mut Meter::new(budget)) {
        Ok((strangers, are_all)) => {
            asking.extend(strangers);
            outside(policy, (actions, &strangers_keys(policy, &stranger)), asking, are_all, budget)
        }
        Err(exhausted) => Verdict::Unproven { exhausted, grants: Vec::new() },
    }
}

/// Whether a resource's policy lets anyone in from outside a zone of trust: somebody of another account and
/// organization, or an AWS service acting for another account.
#[must_use]
pub fn outside_access(policy: &Arc<Policy>, zone: &Zone, budget: Budget) -> Verdict {
    let accounts: Vec<String> = zone.accounts.iter().map(|account| quoted(account)).collect();
    let accounts = accounts.join(",");
    let mut conditions = Vec::new();
    if !zone.accounts.is_empty() {
        conditions.push(format!(
            r#""StringNotEqualsIfExists": {{"aws:PrincipalAccount": [{accounts}], "aws:SourceAccount": [{accounts}]}}"#
        ));
        let arns: Vec<String> =
            zone.accounts.iter().map(|account| quoted(&format!("arn:*:*:*:{account}:*"))).collect();
        conditions.push(format!(r#""ArnNotLikeIfExists": {{"aws:SourceArn": [{}]}}"#, arns.join(",")));
    }
    if let Some(organization) = &zone.organization {
        conditions.push(format!(
            r#""StringNotEqualsIgnoreCaseIfExists": {{"aws:PrincipalOrgID": {0}, "aws:SourceOrgID": {0}}}"#,
            quoted(organization)
        ));
    }
    let sources: Vec<Source<'_>> = Source::of(policy, policy::Layer::Resource).collect();
    let is_inside = |account: &str| zone.accounts.iter().any(|id| id == account);
    let (mut asking, is_complete) = principals::of([&sources, &[]]);
    // Whom conditions alone tell apart: of accounts that they name, and of any other.
    let mut accounts = principals::accounts_in_conditions(&[&sources, &[]]);
    accounts.push(principals::fresh_account(&[&sources]));
    accounts.retain(|account| !is_inside(account));
    let are_all = match principals::of_accounts(&[&sources, &[]], &accounts, &mut Meter::new(budget)) {
        Ok((inhabitants, are_all)) => {
            asking.extend(inhabitants);
            are_all
        }
        Err(exhausted) => return Verdict::Unproven { exhausted, grants: Vec::new() },
    };
    asking.retain(|principal| !principal.owner().is_some_and(|owner| is_inside(owner.account.as_str())));
    asking.retain(|principal| !matches!(principal, Principal::Federated(_)));
    outside(policy, (&[], &conditions), asking, is_complete && are_all, budget)
}

fn outside(
    policy: &Arc<Policy>,
    (actions, conditions): (&[String], &[String]),
    asking: Vec<Principal>,
    is_complete: bool,
    budget: Budget,
) -> Verdict {
    let text = format!(
        r#"{{"Statement": {{"Effect": "Allow", "Action": [{}], "Resource": "*", "Condition": {{{}}}}}}}"#,
        listed(actions),
        conditions.join(",")
    );
    // Whatever is quoted here is text, so that it parses; should it not, nothing is proven.
    let Ok(scope) = Policy::parse(&text) else {
        return Verdict::Unproven { exhausted: Exhausted::Method, grants: Vec::new() };
    };
    let parts: Vec<Source<'_>> = Source::of(&scope, policy::Layer::Identity).collect();
    each_allow(policy, |statement| {
        let mut meter = Meter::new(budget);
        for principal in &asking {
            // What follows from the principal is known of it, so that no stranger comes with a friend's keys.
            let sources: Vec<Source<'_>> = Source::of(policy, policy::Layer::Resource).collect();
            let universe = Universe { principals: Some(vec![principal.clone()]), ..Universe::default() };
            let mut known = policy::Context::new();
            policy::implied::add_principal(&mut known, principal);
            let question = Question {
                cases: within(&parts),
                absent: crate::compare::absent_keys(&known),
                known,
                is_complete,
                only: Some(statement),
                ..Question::between(sources, Vec::new(), universe)
            };
            let replay = |found: &Found, known: &policy::Context| {
                spell(found, known).filter(|request| allows(policy, request, true))
            };
            if let Some(request) = question.solve(&replay, &mut meter)? {
                return Ok(Some(request));
            }
        }
        Ok(None)
    })
}

/// Conditions that somebody meets of whom the policy knows nothing: whatever it names without a wildcard is not
/// theirs, and ARNs with an account are of theirs.
fn strangers_keys(policy: &Policy, stranger: &str) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut networks: Vec<String> = Vec::new();
    for clause in policy.statements().iter().flat_map(policy::Statement::conditions) {
        let key = clause.key().folded();
        for value in clause.values().iter().map(|value| value.as_str()) {
            if ADDRESSES.contains(&key) && is_narrow(value) {
                networks.push(quoted(value));
            } else if NAMES.contains(&key) && !value.contains(['*', '?']) {
                texts.push(quoted(value));
            }
        }
    }
    let mut conditions = Vec::new();
    let mut add = |operator: &str, keys: &[&str], values: &[String]| {
        if !values.is_empty() {
            let values = values.join(",");
            let keys: Vec<String> = keys.iter().map(|key| format!(r#""{key}": [{values}]"#)).collect();
            conditions.push(format!(r#""{operator}": {{{}}}"#, keys.join(",")));
        }
    };
    add("NotIpAddressIfExists", &ADDRESSES, &networks);
    add("StringNotEqualsIgnoreCaseIfExists", &NAMES, &texts);
    let theirs = [format!("\"arn:*:*:*:{stranger}:*\""), "\"arn:*:*:*::*\"".to_owned()];
    add("ArnLikeIfExists", &["aws:sourcearn"], &theirs);
    add(
        "StringLikeIfExists",
        &["aws:sourceaccount", "aws:sourceowner", "kms:calleraccount", "s3:resourceaccount"],
        &[quoted(stranger)],
    );
    add("StringLikeIfExists", &["aws:principalorgid", "aws:sourceorgid"], &[quoted("o-stranger00")]);
    let paths = ["aws:principalorgpaths", "aws:sourceorgpaths"];
    add("ForAllValues:StringLike", &paths, &[quoted("o-stranger00/*")]);
    merge(conditions)
}

/// Operators that stand twice become one object each.
fn merge(conditions: Vec<String>) -> Vec<String> {
    let mut merged: Vec<(String, String)> = Vec::new();
    for condition in conditions {
        let Some((operator, keys)) = condition.split_once(": {") else { continue };
        let keys = keys.strip_suffix('}').unwrap_or(keys).to_owned();
        match merged.iter_mut().find(|(known, _)| known == operator) {
            Some((_, known)) => *known = format!("{known},{keys}"),
            None => merged.push((operator.to_owned(), keys)),
        }
    }
    merged.into_iter().map(|(operator, keys)| format!("{operator}: {{{keys}}}")).collect()
}

/// Whether a network is narrow enough to be somebody's: /8 for IPv4, /32 for IPv6 (AWS: "Blocking public access to
/// your Amazon S3 storage").
fn is_narrow(network: &str) -> bool {
    let (address, length) = network.split_once('/').unwrap_or((network, "128"));
    let length: u32 = length.parse().unwrap_or(0);
    length >= if address.contains(':') { 32 } else { 8 }
}

fn each_allow(policy: &Policy, mut ask: impl FnMut(usize) -> Result<Option<Request>, Exhausted>) -> Verdict {
    let mut grants = Vec::new();
    let mut exhausted = None;
    for (number, statement) in policy.statements().iter().enumerate() {
        if statement.effect() != Effect::Allow {
            continue;
        }
        match ask(number) {
            Ok(None) => {}
            Ok(Some(witness)) => grants.push(Grant { statement: number, witness }),
            Err(what) => exhausted = exhausted.or(Some(what)),
        }
    }
    match exhausted {
        Some(exhausted) => Verdict::Unproven { exhausted, grants },
        None if grants.is_empty() => Verdict::Pass,
        None => Verdict::Fail(grants),
    }
}

/// Texts as the items of a JSON list; `*` where there are none.
pub(crate) fn listed(texts: &[String]) -> String {
    let all = ["*".to_owned()];
    let texts = if texts.is_empty() { all.as_slice() } else { texts };
    let quoted: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    quoted.join(",")
}

/// A text as JSON.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Keys that say where a request comes from as an address.
const ADDRESSES: [&str; 2] = ["aws:sourceip", "aws:vpcsourceip"];

/// Keys whose fixed values are somebody in particular (AWS: "Blocking public access to your Amazon S3 storage",
/// the meaning of "public").
const NAMES: [&str; 16] = [
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "kms:calleraccount",
    "lambda:eventsourcetoken",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:resourceaccount",
];
