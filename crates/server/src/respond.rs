//! Answers as HTTP responses.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use wire::{Fault, Protocol, Service};

use crate::request_id::RequestId;

/// A response as the listener sends it.
pub(crate) type Answer = Response<Full<Bytes>>;

/// The header that carries the request id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Builds a response.
pub(crate) fn answer(
    status: u16,
    content_type: &'static str,
    body: impl Into<Bytes>,
    id: RequestId,
) -> Answer {
    let mut response = plain(status, content_type, body);
    // The id is made of hexadecimal digits and hyphens.
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Builds a response to what is no call of an API, without a request id.
pub(crate) fn plain(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The answer to a call that failed, as the service's protocol writes it.
pub(crate) fn fault(service: &Service, fault: &Fault, id: RequestId) -> Answer {
    match service.protocol {
        Protocol::Query => {
            let body = wire::query::fault(service, fault, id.as_str());
            answer(fault.status, wire::query::CONTENT_TYPE, body, id)
        }
        Protocol::Json { .. } | Protocol::RestJson => {
            let body = serde_json::json!({ "__type": fault.code, "message": fault.message });
            let mut response = answer(fault.status, JSON, body.to_string(), id);
            if let Ok(code) = HeaderValue::from_str(&fault.code) {
                response.headers_mut().insert(HeaderName::from_static("x-amzn-errortype"), code);
            }
            response
        }
    }
}

/// The content type of JSON.
pub(crate) const JSON: &str = "application/json";
/// The content type of plain text.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";
