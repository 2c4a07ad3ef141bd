//! How the requestor of a delegation hears of it: the state, and the trade-in token once it is released.
//!
//! AWS sends both to a topic of SNS. Nothing here calls out, so the requestor asks, signed as for the service
//! `portcullis`, with leave for `portcullis:ReceiveDelegationToken` on the request.

use authz::Ask;
use directory::{DelegationRequest, DelegationRequestKey};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use service::{Context, Error, Result};
use wire::{Document, Fault, Member, Operation, Shape, Structure};

/// The operation; the decision API's entry holds it among its own.
pub(crate) static TOKEN: Operation = Operation {
    name: "ReceiveDelegationToken",
    service: &super::authzen::SERVICE,
    input: &INPUT,
    output: Some(&super::authzen::OUTPUT),
    result: None,
    method: "POST",
    path: "/delegation/v1/token",
    errors: &[],
    pages: None,
    unsigned: false,
    deprecated: false,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    delegation_request_id: String,
}

/// Reads a body: the id of the request.
pub(crate) fn input(body: &[u8]) -> Result<Structure, Fault> {
    let body: Body = serde_json::from_slice(body).map_err(|cause| {
        Fault::sender("ValidationException", 400, format!("the body is not understood: {cause}"))
    })?;
    let mut input = Structure::new(&INPUT);
    input.set(0, Some(Document::String(body.delegation_request_id)));
    Ok(input)
}

/// Answers the state of a request of the caller's account, and the token where it is released and still of use.
pub(crate) async fn answer(cx: &Context<'_>, input: &Document) -> Result<Json> {
    let id = match input {
        Document::Structure(structure) => match structure.at(0) {
            Some(Document::String(id)) => id.clone(),
            _ => String::new(),
        },
        _ => String::new(),
    };
    let requestor = cx.owner()?;
    let request = cx.read().get::<DelegationRequest>(&DelegationRequestKey(id.clone())).await?;
    let arn = requestor.iam_arn(&format!("delegation-request/{id}"));
    cx.authorize(Ask::new("portcullis:ReceiveDelegationToken", &arn)).await?;

    let missing = || Fault::sender("NoSuchEntity", 404, "there is no such delegation request");
    let request = request.filter(|request| request.requestor == requestor).ok_or_else(missing)?;
    let mut told = json!({ "delegationRequestId": request.id, "state": request.state_at(cx.now()).name() });
    let ends = request.session_ends().filter(|ends| cx.now() < *ends);
    if let (Some(ends), Some(told)) = (ends, told.as_object_mut()) {
        let token = cx.authorizer().trade_in_token(&request.id).map_err(Error::internal)?;
        told.insert("tradeInToken".into(), token.into());
        told.insert("expiration".into(), ends.to_string().into());
    }
    Ok(told)
}

static ID: Shape = Shape::string("DelegationRequestId");
static INPUT: Shape =
    Shape::structure("ReceiveDelegationTokenInput", &[Member::new("DelegationRequestId", &ID)]);
