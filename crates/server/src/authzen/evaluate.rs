//! Answering: leave to ask, then the engine's decision with its reasons.

use authz::{Ask, Origin, Verdict};
use policy::{Context as Keys, Layer, LayerResult};
use serde_json::{Map, Value as Json, json};
use service::{Context, Error, Result};
use types::{AccountId, Arn, Owner, Region};
use wire::Fault;

use super::question::{Question, Questions, Semantic, invalid};
use super::subject::{self, Claimed};

/// Answers the body of a request.
pub(super) async fn answer(context: &Context<'_>, body: &str, is_batch: bool) -> Result<Json> {
    let questions = Questions::parse(body, is_batch)?;
    let prepared: Vec<_> = questions
        .each
        .iter()
        .map(|question| {
            let question = question.as_ref().map_err(Clone::clone)?;
            Ok((question, subject::read(&question.subject)?))
        })
        .collect();
    // Leave for all of them first: what an enforcement point may not ask is not answered in part either.
    let mut asks = Vec::new();
    for (question, claimed) in prepared.iter().flatten() {
        asks.push(Ask::new("portcullis:Evaluate", &claimed.arn).owned_by(claimed.owner));
        if !question.keys.is_empty() {
            let mut ask = Ask::new("portcullis:SupplyContext", &claimed.arn).owned_by(claimed.owner);
            let names: Vec<String> = question.keys.iter().map(|(key, _)| key.as_str().to_owned()).collect();
            ask.keys.set_list("portcullis:ContextKeys", names);
            asks.push(ask);
        }
    }
    if asks.is_empty() {
        // Nothing that could be asked about; who may ask nothing at all is not told more than that.
        let first = prepared.into_iter().find_map(std::result::Result::err);
        return Err(first.unwrap_or_else(|| invalid("there is no question")).into());
    }
    context.authorize_all(&asks).await?;
    let mut answers = Vec::with_capacity(prepared.len());
    for prepared in prepared {
        let answer = match prepared {
            Ok((question, claimed)) => one(context, question, &claimed).await,
            Err(fault) => Err(fault.into()),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(Error::Fault(fault)) if questions.is_list && fault.sender => unanswered(&fault),
            Err(error) => return Err(error),
        };
        let is_allowed = answer.get("decision") == Some(&Json::Bool(true));
        answers.push(answer);
        match questions.semantic {
            Semantic::DenyOnFirstDeny if !is_allowed => break,
            Semantic::PermitOnFirstPermit if is_allowed => break,
            _ => {}
        }
    }
    if questions.is_list {
        return Ok(json!({ "evaluations": answers }));
    }
    Ok(answers.pop().unwrap_or_default())
}

async fn one(context: &Context<'_>, question: &Question, claimed: &Claimed<'_>) -> Result<Json> {
    let Some(subject) = claimed.look_up(context).await? else {
        let reason = "there is no such subject, or its session is not valid";
        return Ok(json!({ "decision": false, "context": { "outcome": "implicitDeny", "reason": reason } }));
    };
    let action = policy::Action::parse_one(&question.action)
        .map_err(|cause| invalid(&format!("`action.name`: {cause}")))?;
    let mut ask = Ask::on_all(question.action.clone());
    ask.resource.clone_from(&question.resource);
    let owner = resource_owner(question, subject.owner)?;
    ask.resource_owner = Some(owner);
    ask.keys = question.keys.clone();
    let origin = origin(&question.keys, context);
    let authorizer = context.authorizer();
    authorizer.note_access_to_any(context.read(), &subject, &origin, action.service(), action.name()).await?;
    let verdict = authorizer.verdict(context.read(), &subject, &origin, &ask).await?;
    context.note_decision(&subject, &ask, verdict.decision.is_allowed());
    let mut told = told(&verdict, &question.action);
    // What the enforcement point may hand on to whom it refuses: only who has leave can read it.
    let message = context.authorizer().encode_refusal(&subject, &verdict, owner, context.now());
    if let (Some(message), Some(Json::Object(fields))) = (message, told.get_mut("context")) {
        fields.insert("encoded_authorization_message".to_owned(), message.into());
    }
    Ok(told)
}

/// The account that owns the resource: the ARN's, else the one that the question names, else the subject's own.
fn resource_owner(question: &Question, subject: Owner) -> Result<Owner, Fault> {
    if question.resource != "*" {
        let arn =
            Arn::parse(&question.resource).map_err(|cause| invalid(&format!("`resource.id`: {cause}")))?;
        if let Some(account) = arn.account() {
            return Ok(Owner::new(arn.partition().unwrap_or(subject.partition), account));
        }
    }
    match &question.resource_account {
        Some(account) => {
            let account = AccountId::parse(account)
                .map_err(|cause| invalid(&format!("`resource.properties.account`: {cause}")))?;
            Ok(Owner::new(subject.partition, account))
        }
        None => Ok(subject),
    }
}

/// Where the subject's request came from, as far as the enforcement point says.
fn origin(keys: &Keys, context: &Context<'_>) -> Origin {
    let text = |key| keys.get(key).and_then(|values| values.as_slice().first()).map(ToString::to_string);
    Origin {
        source_ip: text("aws:SourceIp").and_then(|ip| ip.parse().ok()),
        is_secure: text("aws:SecureTransport").is_some_and(|flag| flag.eq_ignore_ascii_case("true")),
        user_agent: None,
        referer: None,
        region: text("aws:RequestedRegion").and_then(|region| Region::parse(&region).ok()),
        at: context.now(),
    }
}

/// The decision with its reasons.
fn told(verdict: &Verdict, action: &str) -> Json {
    let decision = &verdict.decision;
    let mut layers = Map::new();
    for layer in Layer::ALL {
        let said = match decision.layer(layer) {
            LayerResult::NotApplicable => continue,
            LayerResult::Allow => "allow",
            LayerResult::Deny => "deny",
            LayerResult::Silent => "silent",
        };
        layers.insert(layer.name().to_owned(), said.into());
    }
    let statements: Vec<Json> = decision
        .matched(&verdict.policies)
        .map(|matched| {
            let position = matched.source.policy.position(matched.statement.span().start);
            json!({
                "layer": matched.place.layer.name(),
                "policy": matched.source.name.as_str(),
                "policy_type": matched.source.kind.wire_name(),
                "statement": matched.place.statement,
                "sid": matched.statement.sid(),
                "effect": matched.effect().as_str(),
                "line": position.line,
                "column": position.column,
            })
        })
        .collect();
    let reason = match decision.guard() {
        Some(guard) => guard.description().to_owned(),
        None => decision.reason_sentence(action),
    };
    let mut context = json!({
        "outcome": decision.outcome().wire_name(),
        "layers": layers,
        "statements": statements,
    });
    if let (Some(fields), false) = (context.as_object_mut(), reason.is_empty()) {
        fields.insert("reason".to_owned(), reason.into());
    }
    json!({ "decision": decision.is_allowed(), "context": context })
}

/// An evaluation of a batch that cannot be answered (AuthZEN 1.0, "Errors").
fn unanswered(fault: &Fault) -> Json {
    json!({
        "decision": false,
        "context": { "error": { "status": fault.status, "message": fault.message } },
    })
}
