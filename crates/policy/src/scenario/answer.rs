//! A scenario's decision as JSON.

use catalog::Catalog;
use serde_json::{Value as Json, json};

use super::Scenario;
use crate::{Decision, Matched, Position, evaluate, explain};

/// How much of an explanation comes with a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// None.
    #[default]
    None,
    /// One line.
    Short,
    /// Everything: [`crate::Explanation`] as JSON.
    Full,
}

impl Scenario {
    /// Decides the question.
    #[must_use]
    pub fn decide(&self) -> Decision {
        evaluate(&self.set, &self.request)
    }

    /// The decision as JSON: `{"id", "decision", "blockedBy", "matched", "explanation"}`.
    #[must_use]
    pub fn answer(&self, detail: Detail) -> Json {
        self.answer_with(detail, Catalog::aws())
    }

    /// The same, explained by what a catalog knows of services.
    #[must_use]
    pub fn answer_with(&self, detail: Detail, catalog: &Catalog) -> Json {
        let decision = self.decide();
        let explain = || explain::explain_with(&self.set, &self.request, catalog);
        let explanation = match detail {
            Detail::None => Json::Null,
            Detail::Short => Json::String(explain().short()),
            Detail::Full => serde_json::to_value(explain()).unwrap_or(Json::Null),
        };
        json!({
            "id": self.id,
            "decision": decision.outcome().wire_name(),
            "blockedBy": decision.blocked_by().map(|layer| layer.name()).collect::<Vec<_>>(),
            "matched": decision.matched(&self.set).map(|matched| matched_json(&matched)).collect::<Vec<_>>(),
            "explanation": explanation,
        })
    }
}

fn matched_json(matched: &Matched<'_>) -> Json {
    let span = matched.statement.span();
    let place = |offset: u32| {
        let Position { line, column, .. } = matched.source.policy.position(offset);
        json!({"line": line, "column": column})
    };
    json!({
        "layer": matched.place.layer.name(),
        "level": matched.place.level,
        "policy": matched.source.name.as_str(),
        "statement": matched.place.statement,
        "sid": matched.statement.sid(),
        "effect": matched.effect().as_str(),
        "start": place(span.start),
        "end": place(span.end),
    })
}
