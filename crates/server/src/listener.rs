//! Connections: accepted up to a bound, served until they idle, drained at the end.

mod patient;
mod tls;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

pub use tls::{Tls, TlsError};

use crate::Limits;
use patient::Patient;

/// What answers requests.
pub trait Endpoint: Send + Sync + 'static {
    /// Answers one request.
    fn call(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> impl Future<Output = Response<Full<Bytes>>> + Send;
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// The address.
    pub address: SocketAddr,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
}

/// Why a listener could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is not a loopback address, and neither TLS nor plain HTTP was asked for.
    #[error(
        "`{0}` is not a loopback address: give a certificate and its key, or ask for plain HTTP explicitly"
    )]
    PlainHttp(SocketAddr),
    /// The operating system refuses.
    #[error("cannot listen on `{address}`: {cause}")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system says.
        cause: std::io::Error,
    },
}

/// Whether plain HTTP may leave the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// On loopback addresses only.
    LoopbackOnly,
    /// Anywhere: the operator said so.
    Anywhere,
}

/// A bound socket, not yet served.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    limits: Limits,
}

impl Listener {
    /// Binds the address. Without TLS it must be a loopback address unless plain HTTP may leave
    /// the machine.
    ///
    /// # Errors
    /// See [`ListenError`].
    pub async fn bind(
        address: SocketAddr,
        tls: Option<Arc<Tls>>,
        plain: PlainHttp,
        limits: Limits,
    ) -> Result<Self, ListenError> {
        if tls.is_none() && plain == PlainHttp::LoopbackOnly && !address.ip().is_loopback() {
            return Err(ListenError::PlainHttp(address));
        }
        let fail = |cause| ListenError::Bind { address, cause };
        let socket = TcpListener::bind(address).await.map_err(fail)?;
        let address = socket.local_addr().map_err(fail)?;
        Ok(Self { socket, address, tls, limits })
    }

    /// The address, with the port that the operating system chose if none was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` turns true (or its sender is gone), then lets requests that are under way
    /// finish within the drain time and cuts what is left.
    pub async fn serve<E: Endpoint>(self, endpoint: Arc<E>, mut stop: watch::Receiver<bool>) {
        let Self { socket, tls, limits, .. } = self;
        let places = Arc::new(Semaphore::new(limits.connections));
        let graceful = GracefulShutdown::new();
        let mut tasks = JoinSet::new();
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            // Answers are small: to copy one behind its head costs less than a vectored write.
            .writev(false)
            .header_read_timeout(limits.head_time)
            .max_header_size(limits.head_bytes)
            .max_buf_size(limits.head_bytes.max(LEAST_BUFFER) * 2);
        let http = Arc::new(http);
        loop {
            let next = async {
                let place = Arc::clone(&places).acquire_owned().await.ok()?;
                Some((place, socket.accept().await))
            };
            let accepted = tokio::select! {
                accepted = next => accepted,
                () = stopped(&mut stop) => break,
            };
            let Some((place, accepted)) = accepted else { break };
            while tasks.try_join_next().is_some() {}
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(cause) => {
                    // Out of descriptors, or the client has gone already: neither ends the server.
                    tracing::warn!(%cause, "a connection could not be accepted");
                    tokio::time::sleep(AFTER_FAILED_ACCEPT).await;
                    continue;
                }
            };
            let connection = Connection {
                http: Arc::clone(&http),
                endpoint: Arc::clone(&endpoint),
                watcher: graceful.watcher(),
                peer: Peer { address, encrypted: tls.is_some() },
                limits,
            };
            let tls = tls.clone();
            tasks.spawn(async move {
                connection.run(stream, tls).await;
                drop(place);
            });
        }
        drop(socket);
        if tokio::time::timeout(limits.drain_time, graceful.shutdown()).await.is_err() {
            tracing::warn!(connections = tasks.len(), "requests were cut: they did not finish in time");
        }
        tasks.shutdown().await;
    }
}

struct Connection<E> {
    http: Arc<http1::Builder>,
    endpoint: Arc<E>,
    watcher: Watcher,
    peer: Peer,
    limits: Limits,
}

impl<E: Endpoint> Connection<E> {
    async fn run(self, stream: TcpStream, tls: Option<Arc<Tls>>) {
        // Answers are written whole; waiting for more would only delay them.
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let stream = Patient::new(stream, self.limits.write_time);
        let Some(tls) = tls else {
            return self.serve(TokioIo::new(stream)).await;
        };
        match tokio::time::timeout(self.limits.handshake_time, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.serve(TokioIo::new(stream)).await,
            Ok(Err(cause)) => tracing::debug!(%cause, peer = %self.peer.address, "the TLS handshake failed"),
            Err(_) => tracing::debug!(peer = %self.peer.address, "the TLS handshake took too long"),
        }
    }

    async fn serve(self, io: impl Read + Write + Unpin + Send + 'static) {
        let Self { http, endpoint, watcher, peer, .. } = self;
        let service = service_fn(|request| {
            let answer = endpoint.call(request, peer);
            async move { Ok::<_, Infallible>(answer.await) }
        });
        if let Err(cause) = watcher.watch(http.serve_connection(io, service)).await {
            tracing::debug!(%cause, peer = %peer.address, "a connection ended early");
        }
    }
}

/// Returns when the flag is true or nobody can set it any more.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error says that the sender is gone, which means stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(50);
/// The least buffer that hyper accepts.
const LEAST_BUFFER: usize = 8192;
