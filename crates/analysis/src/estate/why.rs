//! Why a request is allowed, and under which conditions.

use std::sync::Arc;

use policy::{Bundle, Context, Effect, Layer, Polarity, PolicySet, Request, Statement, evaluate};

use super::rows::{self, Condition};
use crate::pattern;

/// Why a request is allowed.
#[derive(Debug, Clone, Default)]
pub struct Why {
    /// The statements that allow it, one of each layer.
    pub deciders: Vec<Decider>,
    /// Statements that deny the same action on the same resource under conditions that the request does not meet.
    pub unless: Vec<Decider>,
    /// Whether it stands on conditions: without the keys that the request brings it is refused.
    pub is_conditional: bool,
}

/// A statement that took part in a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decider {
    /// The policy, by ARN or name.
    pub policy: String,
    /// The layer, as decisions name it.
    pub layer: &'static str,
    /// The statement's name.
    pub sid: Option<String>,
    /// Its place among the statements, from 0.
    pub statement: u32,
    /// What it asks of a request besides action, resource and principal.
    pub conditions: Vec<Condition>,
}

impl Why {
    /// Of a request that a set of policies allows; `bare` is the same without the keys that it brings.
    pub(super) fn of(set: &PolicySet, request: &Request, bare: &Request) -> Self {
        Self {
            deciders: deciders(set, request),
            unless: unless(set, request),
            is_conditional: !evaluate(set, bare).is_allowed(),
        }
    }
}

/// The statements that decided a request.
pub(super) fn deciders(set: &PolicySet, request: &Request) -> Vec<Decider> {
    let decision = evaluate(set, request);
    decision
        .matched(set)
        .map(|matched| Decider {
            policy: matched.source.name.to_string(),
            layer: matched.place.layer.name(),
            sid: matched.statement.sid().map(str::to_owned),
            statement: matched.place.statement,
            conditions: rows::conditions(matched.statement, matched.source.policy.version()).collect(),
        })
        .collect()
}

fn unless(set: &PolicySet, request: &Request) -> Vec<Decider> {
    let one = |bundle: &'_ Option<Arc<Bundle>>, layer| bundle.clone().map(|bundle| (bundle, layer));
    let layers = [
        one(&set.identity, Layer::Identity),
        one(&set.boundary, Layer::Boundary),
        one(&set.session, Layer::Session),
        one(&set.resource, Layer::Resource),
    ];
    let levels = set.service_control.iter().flat_map(|levels| levels.iter());
    let levels = levels.map(|level| (Arc::clone(level), Layer::ServiceControl));
    let mut found = Vec::new();
    for (bundle, layer) in layers.into_iter().flatten().chain(levels) {
        for named in bundle.policies() {
            let version = named.policy.version();
            for (statement, place) in named.policy.statements().iter().zip(0..) {
                if could_deny(statement, request) {
                    found.push(Decider {
                        policy: named.name.to_string(),
                        layer: layer.name(),
                        sid: statement.sid().map(str::to_owned),
                        statement: place,
                        conditions: rows::conditions(statement, version).collect(),
                    });
                }
            }
        }
    }
    found
}

/// Whether a statement denies the request's action on its resource under conditions.
fn could_deny(statement: &Statement, request: &Request) -> bool {
    if statement.effect() != Effect::Deny || statement.conditions().is_empty() {
        return false;
    }
    let speaks =
        statement.principals().is_none_or(|element| element.speaks_to(&request.principal, Effect::Deny));
    let actions = statement.actions();
    let takes_action = actions.patterns().iter().any(|pattern| pattern.matches(&request.action))
        == (actions.polarity() == Polarity::Listed);
    speaks && takes_action && takes_resource(statement, request.resource.as_str(), &request.context)
}

fn takes_resource(statement: &Statement, resource: &str, context: &Context) -> bool {
    let Some(element) = statement.resources() else { return true };
    let asked = rows::tokens(resource);
    let takes = |text: &str| pattern::covers(&rows::tokens(text), &asked);
    let is_in = element
        .patterns()
        .iter()
        .any(|entry| entry.is_every() || entry.resolved(context).is_some_and(|text| takes(&text)));
    is_in == (element.polarity() == Polarity::Listed)
}
