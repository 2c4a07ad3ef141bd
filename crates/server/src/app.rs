//! From an HTTP request to an HTTP response.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use authz::Origin;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request};
use hyper::body::Incoming;
use jiff::Timestamp;
use service::{
    Call, Core, Label, Labels, Proof, ServiceEntry, Unrouted, event_of_invalid, event_of_unrouted,
};
use sigv4::{AuthFailure, Dialect, Presented, Profile, RequestParts};
use tracing::Instrument as _;
use types::{AccountId, Region};
use wire::query::Form;
use wire::{Fault, Protocol, Service};

use crate::authenticate::{Authenticator, Refusal};
use crate::body::{self, BodyFailure};
use crate::listener::{Endpoint, Peer};
use crate::respond::{self, Answer, TEXT};
use crate::route::{Clues, Destination, Lost, Table, UNKNOWN};
use crate::{Limits, Metrics, as_of, authzen, dev, discovery, sign_in};

/// What empties the directory in development mode.
pub type Reset = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// The development mode.
pub struct Dev {
    /// The account, of each partition, whose root user an unknown key is.
    pub account: AccountId,
    /// What `POST /_portcullis/reset` does.
    pub reset: Reset,
}

/// The server's own endpoint: all services, the decision API, health.
pub struct App {
    core: Arc<Core>,
    table: Table,
    authenticator: Authenticator,
    dev: Option<Dev>,
    limits: Limits,
    ids: Labels,
    metrics: Arc<Metrics>,
    ready: AtomicBool,
}

impl App {
    /// An endpoint for these services and the decision API. It is ready once [`App::set_ready`] has said so.
    ///
    /// # Errors
    /// When the core has no randomness to offer.
    pub fn new(
        core: Arc<Core>,
        mut services: Vec<Box<dyn ServiceEntry>>,
        limits: Limits,
        dev: Option<Dev>,
    ) -> Result<Self, Fault> {
        let seed = core.ids.bytes().map_err(|_| Fault::internal("no randomness"))?;
        services.push(Box::new(authzen::Entry));
        let table = Table::new(services);
        let metrics = Arc::new(Metrics::new(table.operations()));
        let authenticator = Authenticator::new(dev.as_ref().map(|dev| dev.account));
        let ids = Labels::new(u64::from_ne_bytes(seed));
        let ready = AtomicBool::new(false);
        Ok(Self { core, table, authenticator, dev, limits, ids, metrics, ready })
    }

    /// What is counted.
    #[must_use]
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// Says on `/readyz` whether requests should be sent here; false before the store is open and while draining.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Relaxed);
    }

    async fn answer(&self, request: Request<Incoming>, peer: Peer, id: Label) -> (Answer, Option<usize>) {
        let (head, body) = request.into_parts();
        if self.dev.is_some() && dev::is_foreign(&head.headers) {
            let text = "The development mode answers only requests from this machine, and none of other sites' pages.\n";
            return (respond::plain(403, TEXT, text), None);
        }
        if head.uri.path() == sign_in::PATH {
            let origin = origin(&head, peer, self.core.clock.now());
            return (sign_in::answer(&self.core, &self.limits, &head, body, &origin).await, None);
        }
        if let Some(page) = self.page(&head, peer).await {
            return (page, None);
        }
        match self.call(&head, body, peer, id).await {
            Ok((response, place)) => (response, Some(place)),
            Err(failed) => {
                let Failed { service, fault, place } = *failed;
                report(&fault);
                (respond::fault(service, &fault, respond::Form::accepted(&head.headers), id), place)
            }
        }
    }

    /// The few addresses that are no API of AWS's.
    async fn page(&self, head: &Parts, peer: Peer) -> Option<Answer> {
        let path = head.uri.path();
        // Nearly all requests are for the root.
        if path.len() <= 1 {
            return None;
        }
        let get = head.method == Method::GET;
        Some(match path {
            "/healthz" if get => respond::plain(200, TEXT, "ok\n"),
            "/readyz" if get && self.ready.load(Relaxed) => respond::plain(200, TEXT, "ready\n"),
            "/readyz" if get => respond::plain(503, TEXT, "not ready\n"),
            authzen::METADATA if get => authzen::metadata(&head.headers, peer.encrypted),
            "/_portcullis/reset" if head.method == Method::POST => {
                let dev = self.dev.as_ref()?;
                match (dev.reset)().await {
                    Ok(()) => respond::plain(200, TEXT, "the directory is empty\n"),
                    Err(cause) => {
                        tracing::error!(cause, "the reset failed");
                        respond::plain(500, TEXT, "the reset failed; the log says why\n")
                    }
                }
            }
            _ if get => discovery::page(&self.core, path).await?,
            _ => return None,
        })
    }

    async fn call(
        &self,
        head: &Parts,
        body: Incoming,
        peer: Peer,
        id: Label,
    ) -> Result<(Answer, usize), Box<Failed>> {
        let now = self.core.clock.now();
        let mut origin = origin(head, peer, now);
        let unread = |fault| Failed::boxed(&UNKNOWN, fault, None);
        check_head(head, &self.limits).map_err(unread)?;
        let body = body::read(body, &self.limits).await.map_err(|failure| unread(body_fault(failure)))?;
        let signed = RequestParts {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query().unwrap_or_default(),
            headers: &head.headers,
        };
        let presented = sigv4::parse(&signed, &Profile::OWN);
        let (as_of, path) = as_of::of(signed.path, &head.headers).map_err(unread)?;
        let way = self.route(&signed, path, presented.as_ref().ok(), &body);
        let (destination, form) = match way {
            Ok(way) => way,
            Err(Lost { service, fault }) => {
                let key = presented.as_ref().ok().map(Presented::access_key_id);
                return self.refuse(service, "", key, &origin, id, fault, None).await;
            }
        };
        let Destination { row, operation, place } = destination;
        let service = operation.service;
        tracing::Span::current().record("operation", operation.name);
        let snapshot = self.core.store.read();
        let (proof, caller) = if operation.unsigned {
            (Proof::Unsigned, None)
        } else {
            let checked = match &presented {
                Ok(presented) => {
                    let check =
                        self.authenticator.check(&self.core, &snapshot, presented, service.name, &body, now);
                    check.await
                }
                Err(failure) => Err(Refusal::Failure(failure.clone())),
            };
            match checked {
                Ok(checked) => {
                    origin.region = Some(checked.region);
                    (checked.proof, Some(checked.caller))
                }
                Err(refusal) => {
                    let fault = self.refusal_fault(refusal, service);
                    let key = presented.as_ref().ok().map(Presented::access_key_id);
                    return self.refuse(service, operation.name, key, &origin, id, fault, Some(place)).await;
                }
            }
        };
        if let Some(caller) = &caller {
            record_caller(caller);
        }
        let input = match service.protocol {
            Protocol::Query => wire::query::input(operation, &form),
            Protocol::RestJson => authzen::input(operation, &body),
            Protocol::Json { .. } => Err(Fault::internal("no service of this protocol is served yet")),
        };
        let call = Call { request_id: id.as_str().to_owned(), operation, origin, proof, as_of };
        let input = match input {
            Ok(input) => input,
            Err(fault) => {
                let recorded = event_of_invalid(&self.core, &call, snapshot, caller, &fault).await;
                return Err(Failed::boxed(service, recorded.err().unwrap_or(fault), Some(place)));
            }
        };
        let output = service::dispatch(&self.core, &*row.entry, &call, snapshot, caller, input.into())
            .await
            .map_err(|fault| Failed::boxed(service, fault, Some(place)))?;
        let response = match (service.protocol, output) {
            (Protocol::Query, output) => {
                let form = respond::Form::accepted(&head.headers);
                match output {
                    Some(output) => respond::success(operation, &*output, form, id),
                    None => respond::success(operation, &(), form, id),
                }
            }
            (_, output) => authzen::output(output.as_deref(), &head.headers, id),
        };
        Ok((response, place))
    }

    fn route<'b>(
        &self,
        request: &RequestParts<'b, HeaderMap>,
        path: &'b str,
        presented: Option<&Presented<'_, HeaderMap>>,
        body: &'b Bytes,
    ) -> Result<(Destination<'_>, Form<'b>), Lost> {
        let header =
            |name| request.headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        let clues = Clues {
            method: request.method,
            path,
            host: header(http::header::HOST),
            scope: presented.map(|presented| presented.scope().service()),
            target: header(TARGET),
        };
        let malformed = |fault| Lost { service: &UNKNOWN, fault };
        let mut form = Form::parse(request.query.as_bytes()).map_err(malformed)?;
        // A body of JSON holds no parameters; to read it as such would only find it malformed.
        if path.len() <= 1 && clues.target.is_none() && request.method == "POST" {
            form.append(body).map_err(malformed)?;
        }
        Ok((self.table.find(&clues, &form)?, form))
    }

    fn refusal_fault(&self, refusal: Refusal, service: &Service) -> Fault {
        match refusal {
            Refusal::Fault(fault) => fault,
            Refusal::Failure(failure) => {
                self.metrics.unauthenticated(&failure);
                auth_fault(&failure, service)
            }
        }
    }

    /// Records a call that reached no operation, then fails it. If it cannot be recorded, it fails for that.
    #[expect(clippy::too_many_arguments, reason = "each is one thing that the event or the answer says")]
    async fn refuse<T>(
        &self,
        service: &'static Service,
        operation: &str,
        access_key_id: Option<&str>,
        origin: &Origin,
        id: Label,
        fault: Fault,
        place: Option<usize>,
    ) -> Result<T, Box<Failed>> {
        let event = Unrouted {
            request_id: id.as_str(),
            service: service.name,
            operation,
            access_key_id,
            origin,
            fault: &fault,
        };
        let fault = match event_of_unrouted(&self.core, event).await {
            Ok(()) => fault,
            Err(unrecorded) => unrecorded,
        };
        Err(Failed::boxed(service, fault, place))
    }
}

impl Endpoint for App {
    async fn call(&self, request: Request<Incoming>, peer: Peer) -> Answer {
        let began = Instant::now();
        let under_way = self.metrics.begin();
        let id = self.ids.next();
        let span = tracing::info_span!(
            "request",
            request_id = %id,
            operation = tracing::field::Empty,
            account = tracing::field::Empty,
            caller = tracing::field::Empty,
        );
        let answering = self.answer(request, peer, id);
        let (mut response, place) =
            if span.is_disabled() { answering.await } else { answering.instrument(span.clone()).await };
        if self.dev.is_some() {
            let (name, value) = dev::MODE;
            response.headers_mut().insert(name, value);
        }
        let took = began.elapsed();
        let status = response.status().as_u16();
        self.metrics.answered(place, status, took);
        span.in_scope(|| tracing::info!(status, micros = u64::try_from(took.as_micros()).ok(), "answered"));
        drop(under_way);
        response
    }
}

/// A call that failed, and in whose words to say so.
struct Failed {
    service: &'static Service,
    fault: Fault,
    place: Option<usize>,
}

impl Failed {
    fn boxed(service: &'static Service, fault: Fault, place: Option<usize>) -> Box<Self> {
        Box::new(Self { service, fault, place })
    }
}

fn check_head(head: &Parts, limits: &Limits) -> Result<(), Fault> {
    if head.method != Method::POST && head.method != Method::GET {
        return Err(Fault::sender("MethodNotAllowed", 405, "Only GET and POST are supported."));
    }
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > limits.target_bytes {
        return Err(Fault::sender("RequestUriTooLong", 414, "The request URI is too long."));
    }
    if head.headers.get_all(http::header::HOST).iter().count() != 1 {
        return Err(Fault::sender("BadRequest", 400, "The request must have exactly one Host header."));
    }
    Ok(())
}

fn body_fault(failure: BodyFailure) -> Fault {
    match failure {
        BodyFailure::TooLarge => {
            Fault::sender("RequestEntityTooLarge", 413, "The request body is too large.")
        }
        BodyFailure::TooSlow => {
            Fault::sender("RequestTimeout", 408, "The request body did not arrive in time.")
        }
        BodyFailure::Broken => Fault::sender("IncompleteBody", 400, "The request body is incomplete."),
    }
}

fn auth_fault(failure: &AuthFailure, service: &Service) -> Fault {
    let dialect = if service.protocol == Protocol::Query { Dialect::Query } else { Dialect::Json };
    // With HTTP statuses of its own, 400 stands for a malformed question only (AuthZEN 1.0, "Errors").
    let statuses = if service.protocol == Protocol::RestJson { Dialect::Query } else { dialect };
    Fault::sender(failure.code(dialect), failure.status(statuses), failure.to_string())
}

fn origin(head: &Parts, peer: Peer, at: Timestamp) -> Origin {
    let header = |name| {
        let value: Option<&http::HeaderValue> = head.headers.get(name);
        value.and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    Origin {
        source_ip: Some(peer.address.ip().to_canonical()),
        is_secure: peer.encrypted,
        user_agent: header(http::header::USER_AGENT),
        referer: header(http::header::REFERER),
        region: None::<Region>,
        at,
    }
}

fn record_caller(caller: &authz::Caller) {
    let span = tracing::Span::current();
    if !span.is_disabled() {
        span.record("account", caller.owner.account.as_str());
        span.record("caller", caller.arn().as_str());
    }
}

/// Tells the log what the client is not told. Messages quote the request, so they stay out of it.
fn report(fault: &Fault) {
    if fault.status >= 500 {
        tracing::error!(code = %fault.code, cause = fault.log.as_deref(), "the request failed");
    } else {
        tracing::info!(code = %fault.code, cause = fault.log.as_deref(), "refused");
    }
}

const TARGET: http::HeaderName = http::HeaderName::from_static("x-amz-target");
