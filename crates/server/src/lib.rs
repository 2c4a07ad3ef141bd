//! HTTP in, HTTP out: TLS, limits, authentication, dispatch, metrics.
//!
//! [`Listener`] accepts connections and bounds what a client may take; [`App`] is the endpoint
//! behind it: it finds the operation, checks the signature, decodes, has `service` run the
//! call, and encodes the answer. [`admin`] is the socket for maintenance of a running server.

pub mod admin;
mod app;
mod as_of;
mod authenticate;
mod authzen;
mod body;
mod delegation;
mod dev;
mod discovery;
pub mod egress;
mod limits;
mod listener;
mod metrics;
mod monitor;
mod respond;
mod route;
mod sign_in;

pub use app::{App, Dev, Reset};
pub use limits::Limits;
pub use listener::{Endpoint, ListenError, Listener, Peer, PlainHttp, Tls, TlsError};
pub use metrics::Metrics;
pub use monitor::Monitor;
