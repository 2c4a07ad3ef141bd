//! Decisions for others: the OpenID AuthZEN Authorization API 1.0.
//!
//! An enforcement point asks whether a subject may do an action on a resource, all in AWS's terms.
//! It signs its requests as for the service `portcullis`, and the question itself is an action
//! that the engine must allow: `portcullis:Evaluate` on the subject's ARN, and
//! `portcullis:SupplyContext` on it where the question brings condition keys of its own, which
//! stand in `portcullis:ContextKeys`. So a policy says who may ask about whom, and with which keys.

mod evaluate;
mod question;
mod subject;

use std::future::Future;
use std::pin::Pin;

use http::HeaderMap;
use http::header::{HOST, HeaderName};
use serde_json::json;
use service::{Context, Label, ServiceEntry};
use wire::{Document, Encode, Fault, Member, Operation, Protocol, Service, Shape, Structure, Value};

use crate::delegation;
use crate::respond::{self, Answer, JSON};

/// Where the decision point describes itself.
pub(crate) const METADATA: &str = "/.well-known/authzen-configuration";

/// The decision API as a service like the others, so that its calls are authorised, rerun
/// and recorded like theirs.
pub(crate) struct Entry;

impl ServiceEntry for Entry {
    fn service(&self) -> &'static Service {
        &SERVICE
    }

    fn operations(&self) -> Vec<&'static str> {
        SERVICE.operations.iter().map(|operation| operation.name).collect()
    }

    fn call<'a>(
        &'a self,
        operation: &'static Operation,
        context: &'a Context<'a>,
        input: Document,
    ) -> Option<Pin<Box<dyn Future<Output = service::Result<service::Answer>> + Send + 'a>>> {
        let is_batch = operation.name == EVALUATIONS.name;
        if operation.name == delegation::TOKEN.name {
            return Some(Box::pin(async move {
                let json = delegation::answer(context, &input).await?;
                Ok(Some(Box::new(Rendered(json.to_string())) as Box<dyn Encode + Send>))
            }));
        }
        Some(Box::pin(async move {
            let body = text_of(&input).unwrap_or_default();
            let json = evaluate::answer(context, body, is_batch).await?;
            Ok(Some(Box::new(Rendered(json.to_string())) as Box<dyn Encode + Send>))
        }))
    }

    fn fault(&self, error: store::Error) -> Fault {
        Fault::internal(error)
    }
}

/// The input: the body, which the audit does not show since it may hold a session token, and
/// the questions, which it does.
pub(crate) fn input(operation: &Operation, body: &[u8]) -> Result<Structure, Fault> {
    if operation.name == delegation::TOKEN.name {
        return delegation::input(body);
    }
    let text = std::str::from_utf8(body).map_err(|_| question::invalid("the body is not UTF-8"))?;
    let mut input = Structure::new(&INPUT);
    let questions = question::summaries(text)?.into_iter().map(Document::String).collect();
    input.set(0, Some(Document::List(questions)));
    input.set(1, Some(Document::String(text.to_owned())));
    Ok(input)
}

/// The answer to a call that succeeded. AuthZEN has the request's own id echoed, if it has one.
pub(crate) fn output(output: Option<&(dyn Encode + Send)>, headers: &HeaderMap, id: Label) -> Answer {
    let body = match output.and_then(|output| output.member(0)) {
        Some(Value::String(json)) => json.to_owned(),
        _ => "{}".to_owned(),
    };
    let mut response = respond::answer(200, JSON, body, id);
    if let Some(value) = headers.get(&CLIENT_REQUEST_ID) {
        response.headers_mut().insert(CLIENT_REQUEST_ID, value.clone());
    }
    response
}

/// What the decision point says of itself, at the address under which it was asked.
pub(crate) fn metadata(headers: &HeaderMap, encrypted: bool) -> Answer {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if encrypted { "https" } else { "http" };
    let base = format!("{scheme}://{host}");
    let body = json!({
        "policy_decision_point": base,
        "access_evaluation_endpoint": format!("{base}{}", EVALUATION.path),
        "access_evaluations_endpoint": format!("{base}{}", EVALUATIONS.path),
    });
    respond::plain(200, JSON, body.to_string())
}

fn text_of(input: &Document) -> Option<&str> {
    let Document::Structure(structure) = input else { return None };
    match structure.at(1)? {
        Document::String(text) => Some(text),
        _ => None,
    }
}

/// A response's body.
struct Rendered(String);

impl Encode for Rendered {
    fn shape(&self) -> &'static Shape {
        &OUTPUT
    }

    fn member(&self, index: usize) -> Option<Value<'_>> {
        (index == 0).then_some(Value::String(&self.0))
    }
}

pub(crate) static SERVICE: Service = Service {
    name: "portcullis",
    id: "Portcullis",
    endpoint_prefix: "portcullis",
    api_version: "1",
    xml_namespace: "",
    protocol: Protocol::RestJson,
    target_prefix: None,
    echo_values: false,
    operations: &[&EVALUATION, &EVALUATIONS, &delegation::TOKEN],
};

static EVALUATION: Operation = Operation {
    name: "AccessEvaluation",
    service: &SERVICE,
    input: &INPUT,
    output: Some(&OUTPUT),
    result: None,
    method: "POST",
    path: "/access/v1/evaluation",
    errors: &[],
    pages: None,
    unsigned: false,
    deprecated: false,
};

static EVALUATIONS: Operation = Operation {
    name: "AccessEvaluations",
    service: &SERVICE,
    input: &INPUT,
    output: Some(&OUTPUT),
    result: None,
    method: "POST",
    path: "/access/v1/evaluations",
    errors: &[],
    pages: None,
    unsigned: false,
    deprecated: false,
};

static TEXT: Shape = Shape::string("Text");
static BODY: Shape = Shape::string("Body").sensitive();
static QUESTIONS: Shape = Shape::list("Questions", &TEXT);
static INPUT: Shape = Shape::structure(
    "AccessEvaluationInput",
    &[Member::new("Questions", &QUESTIONS), Member::new("Body", &BODY)],
);
pub(crate) static OUTPUT: Shape = Shape::structure("AccessEvaluationOutput", &[Member::new("Body", &BODY)]);

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
