//! Why a decision is what it is: every statement that took part, and of a refusal what comes
//! nearest to allowing it.
//!
//! Explaining looks at every statement of every layer. It calls the same tests as
//! [`crate::evaluate()`], and carries that function's own decision.

mod facts;
mod report;
mod text;

use catalog::Catalog;
use serde_json::{Value, json};

use crate::condition::{Clause, Qualifier};
use crate::context::Values;
use crate::decision::{Layer, LayerResult, Outcome, StatementRef};
use crate::document::{Effect, Element, Polarity, Statement};
use crate::evaluate::{Facts, applies, evaluate, is_bounded, principal_reach, takes_resource};
use crate::index::speaks_of;
use crate::prepared::{Question, Ready};
use crate::set::{Bundle, Named};
use crate::{PolicySet, Principal, Request};

pub use facts::{ActionFacts, ResourceTypeFacts};
pub use report::{
    ClauseReport, ElementReport, Explanation, LayerReport, LevelReport, Place, StatementReport, Suggestion,
};

/// Decides a request and says why, by what is known of AWS's services.
#[must_use]
pub fn explain(set: &PolicySet, request: &Request) -> Explanation {
    explain_with(set, request, Catalog::aws())
}

/// Decides a request and says why, by what a catalog knows of services: which changes what is told, never the decision.
#[must_use]
pub fn explain_with(set: &PolicySet, request: &Request, catalog: &Catalog) -> Explanation {
    let decision = evaluate(set, request);
    let facts = Facts::of(&Question::from(request));
    let blocked: Vec<Layer> = decision.blocked_by().collect();
    let layers = Layer::ALL.into_iter().filter_map(|layer| {
        let blocks = blocked.contains(&layer);
        let counts = facts.has_say(layer, set);
        (counts || blocks).then(|| explain_layer(set, request, catalog, layer, decision.layer(layer), blocks))
    });
    let layers: Vec<LayerReport> = layers.collect();
    let known = ActionFacts::of(catalog, request);
    let suggestions = match (decision.outcome(), decision.guard()) {
        (Outcome::ImplicitDeny, None) => {
            blocked.iter().filter_map(|layer| suggest(*layer, &layers, request, known.as_ref())).collect()
        }
        _ => Vec::new(),
    };
    let missing = set.missing_context_keys(&request.context);
    Explanation {
        principal: name_of(&request.principal),
        action: request.action.as_str().to_owned(),
        resource: request.resource.to_string(),
        outcome: decision.outcome().wire_name(),
        blocked_by: blocked.iter().map(|layer| layer.name()).collect(),
        guard: decision.guard().map(|guard| guard.description()),
        sentence: sentence(&decision, request),
        layers,
        remark: known.as_ref().and_then(|known| known.remark(request)),
        known,
        suggestions,
        missing_context_keys: missing.iter().map(|key| key.as_str().to_owned()).collect(),
        decision,
    }
}

fn explain_layer(
    set: &PolicySet,
    request: &Request,
    catalog: &Catalog,
    layer: Layer,
    result: LayerResult,
    blocks: bool,
) -> LayerReport {
    let mut report = LayerReport {
        layer: layer.name(),
        result: result_name(result),
        blocks,
        levels: Vec::new(),
        matched: Vec::new(),
        nearest: None,
    };
    let mut nearest: Option<(u32, StatementReport)> = None;
    let is_control = matches!(layer, Layer::ServiceControl | Layer::ResourceControl);
    for (level, bundle) in (0u32..).zip(set.bundles(layer).unwrap_or_default()) {
        let asked =
            Asked { set, request, catalog, ready: Ready::from(Question::from(request)), layer, level };
        let mut allows = false;
        let mut denies = false;
        let mut near: Option<(u32, StatementReport)> = None;
        for (place, named, statement) in statements(bundle, layer, level) {
            let applying = asked.applies(statement);
            if applying {
                allows |= statement.effect() == Effect::Allow;
                denies |= statement.effect() == Effect::Deny;
                report.matched.push(asked.report(place, named, statement));
            } else if blocks && statement.effect() == Effect::Allow {
                let distance = asked.distance(statement);
                if near.as_ref().is_none_or(|(least, _)| distance < *least) {
                    near = Some((distance, asked.report(place, named, statement)));
                }
            }
        }
        // A level that allows does not block, whatever its other statements lack.
        if let Some(near) = near.filter(|_| !allows)
            && nearest.as_ref().is_none_or(|(least, _)| near.0 < *least)
        {
            nearest = Some(near);
        }
        let result = match (denies, allows) {
            (true, _) => LayerResult::Deny,
            (false, true) => LayerResult::Allow,
            (false, false) => LayerResult::Silent,
        };
        if is_control {
            report.levels.push(LevelReport { level, result: result_name(result) });
        }
    }
    report.nearest = nearest.map(|(_, report)| report);
    report
}

/// A layer's level, asked about a request.
struct Asked<'a> {
    set: &'a PolicySet,
    request: &'a Request,
    catalog: &'a Catalog,
    ready: Ready<'a>,
    layer: Layer,
    level: u32,
}

impl Asked<'_> {
    fn bounded(&self) -> bool {
        is_bounded(self.set, &self.request.principal)
    }

    fn applies(&self, statement: &Statement) -> bool {
        speaks_of(statement, &self.request.action)
            && applies(statement, &self.ready, self.layer, self.bounded()).is_some()
    }

    fn takes_principal(&self, statement: &Statement) -> bool {
        principal_reach(statement, &self.request.principal, self.layer, self.bounded()).is_some()
    }

    /// How much of a statement fails: each weight is more than all below it together.
    fn distance(&self, statement: &Statement) -> u32 {
        let fails = |good: bool, weight: u32| if good { 0 } else { weight };
        let takes_action = speaks_of(statement, &self.request.action);
        fails(takes_action || names_service(statement, self.request.action.service()), 16)
            + fails(takes_action, 8)
            + fails(self.takes_principal(statement), 4)
            + fails(takes_resource(statement, &self.ready, self.layer), 2)
            + fails(statement.conditions().iter().all(|clause| clause.holds(&self.request.context)), 1)
    }

    fn report(&self, place: StatementRef, named: &Named, statement: &Statement) -> StatementReport {
        let policy = &named.policy;
        let at = |offset: u32| Place::from(policy.position(offset));
        let elements = self.elements(statement, &at);
        let clauses = statement.conditions().iter().map(|clause| self.clause(clause, &at));
        StatementReport {
            policy: named.name.to_string(),
            policy_kind: named.kind.wire_name(),
            level: matches!(self.layer, Layer::ServiceControl | Layer::ResourceControl).then_some(self.level),
            policy_index: place.policy,
            statement_index: place.statement,
            sid: statement.sid().map(str::to_owned),
            effect: statement.effect().as_str(),
            start: at(statement.span().start),
            end: at(statement.span().end),
            elements,
            conditions: clauses.collect(),
            resolved: self.resolved(statement),
        }
    }

    /// How the action, the principal and the resource of a statement took the request.
    fn elements(&self, statement: &Statement, at: &dyn Fn(u32) -> Place) -> Vec<ElementReport> {
        let request = self.request;
        let context = &request.context;
        let actions = Part {
            name: "Action",
            matches: speaks_of(statement, &request.action),
            has: request.action.as_str(),
        };
        let mut elements =
            vec![actions.report(statement.actions(), at, |pattern| pattern.as_str().to_owned())];
        if let Some(principals) = statement.principals() {
            let name = name_of(&request.principal);
            let part = Part { name: "Principal", matches: self.takes_principal(statement), has: &name };
            elements.push(part.report(principals, at, |pattern| pattern.as_str().to_owned()));
        }
        if let Some(resources) = statement.resources() {
            let part = Part {
                name: "Resource",
                matches: takes_resource(statement, &self.ready, self.layer),
                has: request.resource.as_str(),
            };
            elements.push(part.report(resources, at, |pattern| {
                pattern.resolved(context).map_or_else(|| pattern.as_str().to_owned(), |text| text.to_string())
            }));
        }
        elements
    }

    fn clause(&self, clause: &Clause, at: &dyn Fn(u32) -> Place) -> ClauseReport {
        let context = &self.request.context;
        let found = context.lookup(clause.key());
        let holds = clause.holds(context);
        let values = clause.values().iter().map(|value| {
            value.resolved(context).map_or_else(|| value.as_str().to_owned(), |resolved| resolved.to_string())
        });
        let absent = found.is_none_or(|values| values.as_slice().is_empty());
        let needs_qualifier = matches!(found, Some(Values::Many(_)))
            && !absent
            && clause.test().qualifier() == Qualifier::Single;
        let note = match (holds, absent) {
            (true, true) => Some("holds because the request does not have the key"),
            (false, true) => Some("fails because the request does not have the key"),
            (false, false) if needs_qualifier => Some(
                "fails because the key holds a list and the operator has neither ForAllValues nor ForAnyValue",
            ),
            _ => None,
        };
        ClauseReport {
            operator: clause.test().name(),
            key: clause.key().as_str().to_owned(),
            key_type: self.catalog.condition_key(clause.key().as_str()).map(facts::type_name),
            policy_values: values.collect(),
            request_values: found
                .map(|values| values.as_slice().iter().map(|value| value.to_string()).collect()),
            holds,
            note,
            start: at(clause.key_span().start),
            end: at(clause.key_span().end),
        }
    }

    /// The resources with variables, as the request fills them.
    fn resolved(&self, statement: &Statement) -> Vec<(String, Option<String>)> {
        let patterns = statement.resources().into_iter().flat_map(|element| element.patterns());
        let open = patterns.filter(|pattern| pattern.variables().next().is_some());
        open.map(|pattern| {
            let resolved = pattern.resolved(&self.request.context);
            (pattern.as_str().to_owned(), resolved.map(|text| text.to_string()))
        })
        .collect()
    }
}

/// What an element was asked, and its answer.
struct Part<'a> {
    /// Its name, where it lists what it means.
    name: &'a str,
    matches: bool,
    /// What the request has in that place.
    has: &'a str,
}

impl Part<'_> {
    fn report<P>(
        &self,
        element: &Element<P>,
        at: &dyn Fn(u32) -> Place,
        text: impl Fn(&P) -> String,
    ) -> ElementReport {
        let prefix = match element.polarity() {
            Polarity::Listed => "",
            Polarity::AllBut => "Not",
        };
        let values = element.patterns().iter().filter(|_| !self.matches);
        ElementReport {
            element: format!("{prefix}{}", self.name),
            matches: self.matches,
            request_value: (!self.matches).then(|| self.has.to_owned()),
            policy_values: values.map(text).collect(),
            start: at(element.span().start),
            end: at(element.span().end),
        }
    }
}

/// Whether a statement names a service, to list actions of it or to except them.
fn names_service(statement: &Statement, service: &str) -> bool {
    let mut named =
        statement.actions().patterns().iter().filter_map(|pattern| pattern.as_str().split_once(':'));
    named.any(|(name, _)| name.eq_ignore_ascii_case(service))
}

fn statements(
    bundle: &Bundle,
    layer: Layer,
    level: u32,
) -> impl Iterator<Item = (StatementRef, &Named, &Statement)> {
    (0u32..).zip(bundle.policies()).flat_map(move |(policy, named)| {
        (0u32..)
            .zip(named.policy.statements())
            .map(move |(statement, found)| (StatementRef { layer, level, policy, statement }, named, found))
    })
}

/// The least statement that would make a layer allow the request.
fn suggest(
    layer: Layer,
    layers: &[LayerReport],
    request: &Request,
    known: Option<&ActionFacts>,
) -> Option<Suggestion> {
    let resource = match known {
        Some(known) if known.takes_only_wildcard() => "*".to_owned(),
        _ => pattern_for(request.resource.as_str()),
    };
    let mut statement = json!({"Effect": "Allow", "Action": request.action.as_str(), "Resource": resource});
    let by_resource = matches!(layer, Layer::Resource | Layer::Endpoint);
    // Nobody can add an Allow to resource control policies.
    if layer == Layer::ResourceControl {
        return None;
    }
    if let (true, Value::Object(members)) = (by_resource, &mut statement) {
        members.insert("Principal".into(), principal_value(&request.principal));
        let is_trust = request.action.service() == "sts";
        if is_trust && layer == Layer::Resource {
            members.remove("Resource");
        }
    }
    let levels =
        layers.iter().filter(|report| report.layer == layer.name()).flat_map(|report| &report.levels);
    let silent = levels.filter(|level| level.result == result_name(LayerResult::Silent));
    Some(Suggestion { layer: layer.name(), levels: silent.map(|level| level.level).collect(), statement })
}

/// The pattern, in version 2012-10-17, that matches a resource and nothing else; `*` where no other matches it.
fn pattern_for(resource: &str) -> String {
    let Some((fifth, _)) = resource.match_indices(':').nth(4) else { return "*".to_owned() };
    let (head, tail) = resource.split_at_checked(fifth).unwrap_or((resource, ""));
    let mut pattern = head.to_owned();
    for character in tail.chars() {
        match character {
            '*' | '?' | '$' => pattern.extend(["${", character.encode_utf8(&mut [0; 4]), "}"]),
            _ => pattern.push(character),
        }
    }
    pattern
}

fn principal_value(principal: &Principal) -> Value {
    match principal {
        Principal::Anonymous => json!("*"),
        Principal::Service(service) => json!({"Service": service.name()}),
        Principal::Federated(federated) => json!({"Federated": federated.provider()}),
        // The role rather than one of its sessions: a session's name is made anew each time.
        Principal::AssumedRole(role) => json!({"AWS": role.role().as_str()}),
        other => json!({"AWS": other.arn().map(|arn| arn.as_str())}),
    }
}

fn name_of(principal: &Principal) -> String {
    match principal {
        Principal::Anonymous => "anonymous".to_owned(),
        Principal::Service(service) => service.name().to_owned(),
        Principal::Federated(federated) => federated.provider().to_owned(),
        other => other.arn().map(|arn| arn.as_str().to_owned()).unwrap_or_default(),
    }
}

/// AWS's sentence, whole.
fn sentence(decision: &crate::Decision, request: &Request) -> Option<String> {
    if decision.is_allowed() {
        return None;
    }
    let action = request.action.as_str();
    let who = name_of(&request.principal);
    let reason = decision.reason_sentence(action);
    let reason = if reason.is_empty() { String::new() } else { format!(" {reason}") };
    Some(format!(
        "User: {who} is not authorized to perform: {action} on resource: {}{reason}",
        request.resource
    ))
}

fn result_name(result: LayerResult) -> &'static str {
    match result {
        LayerResult::NotApplicable => "notApplicable",
        LayerResult::Allow => "allow",
        LayerResult::Deny => "deny",
        LayerResult::Silent => "silent",
    }
}

#[cfg(test)]
mod tests;
