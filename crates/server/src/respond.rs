//! Answers as HTTP responses.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use service::Label;
use wire::{Encode, Fault, Operation, Protocol, Service};

/// A response as the listener sends it.
pub(crate) type Answer = Response<Full<Bytes>>;

/// The header that carries the request id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Builds a response.
pub(crate) fn answer(status: u16, content_type: &'static str, body: impl Into<Bytes>, id: Label) -> Answer {
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

/// How a client of the Query protocol is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// XML, as nearly every client expects.
    Xml,
    /// JSON.
    Json,
}

impl Form {
    /// What a request accepts: JSON where it names `application/json` and no XML before it.
    pub(crate) fn accepted(headers: &HeaderMap) -> Self {
        let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges = ranges.flat_map(|value| value.split(','));
        for range in ranges.map(|range| range.split(';').next().unwrap_or_default().trim()) {
            if range.eq_ignore_ascii_case(JSON) {
                return Self::Json;
            }
            if ["text/xml", "application/xml", "*/*"].iter().any(|xml| range.eq_ignore_ascii_case(xml)) {
                return Self::Xml;
            }
        }
        Self::Xml
    }
}

/// The answer to a call of the Query protocol that succeeded.
pub(crate) fn success(operation: &Operation, output: &dyn Encode, form: Form, id: Label) -> Answer {
    match form {
        Form::Xml => {
            let body = wire::query::success(operation, output, id.as_str());
            answer(200, wire::query::CONTENT_TYPE, body, id)
        }
        Form::Json => {
            let body = wire::query::json::success(operation, output, id.as_str());
            answer(200, wire::query::json::CONTENT_TYPE, body, id)
        }
    }
}

/// The answer to a call that failed, as the service's protocol writes it.
pub(crate) fn fault(service: &Service, fault: &Fault, form: Form, id: Label) -> Answer {
    match service.protocol {
        Protocol::Query if form == Form::Json => {
            let body = wire::query::json::fault(fault, id.as_str());
            answer(fault.status, wire::query::json::CONTENT_TYPE, body, id)
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_for_who_names_it_first() {
        for (accept, form) in [
            ("application/json", Form::Json),
            ("Application/JSON; charset=utf-8, */*", Form::Json),
            ("text/html, application/json", Form::Json),
            ("application/json;q=0.5,text/xml", Form::Json),
            ("text/xml, application/json", Form::Xml),
            ("*/*, application/json", Form::Xml),
            ("*/*", Form::Xml),
            ("application/jsonp", Form::Xml),
            ("", Form::Xml),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(Form::accepted(&headers), form, "{accept}");
        }
        assert_eq!(Form::accepted(&HeaderMap::new()), Form::Xml);
    }
}
