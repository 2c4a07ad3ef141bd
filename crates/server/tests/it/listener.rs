//! Opening, keeping alive and stopping.

use std::time::Duration;

use server::{Limits, ListenError, Listener, Monitor, PlainHttp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::client::{Call, exchange, read};
use super::world::{ROOT_KEY, World, credentials};

#[tokio::test]
async fn plain_http_stays_on_the_machine_unless_asked_for() {
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let refused = Listener::bind(everywhere, None, PlainHttp::LoopbackOnly, Limits::default()).await;
    assert!(matches!(refused, Err(ListenError::PlainHttp(address)) if address == everywhere));
    assert!(Listener::bind(everywhere, None, PlainHttp::Anywhere, Limits::default()).await.is_ok());
}

#[tokio::test]
async fn an_address_in_use_is_an_error() {
    let world = World::start().await;
    let refused = Listener::bind(world.address, None, PlainHttp::LoopbackOnly, Limits::default()).await;
    assert!(refused.unwrap_err().to_string().contains("cannot listen on `127.0.0.1:"));
}

#[tokio::test]
async fn a_connection_serves_many_calls() {
    let world = World::start().await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let call = Call::who().signed(&credentials(ROOT_KEY)).bytes();
    for _ in 0..3 {
        stream.write_all(&call).await.unwrap();
        assert_eq!(read(&mut stream).await.unwrap().status, 200);
    }
    // Three at once, answered in order.
    stream.write_all(&call.repeat(3)).await.unwrap();
    let mut seen = Vec::new();
    while seen.windows(RESPONSE_END.len()).filter(|window| *window == RESPONSE_END).count() < 3 {
        assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0);
    }
}

const RESPONSE_END: &[u8] = b"</GetCallerIdentityResponse>";

#[tokio::test]
async fn stopping_lets_calls_finish_and_takes_no_new_ones() {
    let world = World::start().await;
    let mut idle = TcpStream::connect(world.address).await.unwrap();
    let mut busy = TcpStream::connect(world.address).await.unwrap();
    let call = Call::iam("Action=GetUser&Version=2010-05-08&UserName=x").signed(&credentials(ROOT_KEY));
    busy.write_all(&call.bytes()).await.unwrap();
    // It is under way once it is counted.
    while !world.metrics.render().contains("portcullis_requests_in_flight 1") {
        tokio::task::yield_now().await;
    }
    world.stop.send(true).unwrap();
    read(&mut busy).await.unwrap().expect_error(404, "NoSuchEntity");
    assert!(read(&mut idle).await.is_none());
    tokio::time::timeout(Duration::from_secs(5), world.serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(world.address).await.is_err());
}

#[tokio::test]
async fn stopping_cuts_what_takes_too_long() {
    let limits = Limits { drain_time: Duration::ZERO, ..Limits::default() };
    let world = World::with(limits, false).await;
    let mut slow = TcpStream::connect(world.address).await.unwrap();
    slow.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nAction").await.unwrap();
    while !world.metrics.render().contains("portcullis_requests_in_flight 1") {
        tokio::task::yield_now().await;
    }
    world.stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(5), world.serving).await.unwrap().unwrap();
    assert!(read(&mut slow).await.is_none());
}

#[tokio::test]
async fn the_monitor_shows_metrics_and_nothing_else() {
    let world = World::start().await;
    world.check().await;
    let address = "127.0.0.1:0".parse().unwrap();
    let listener = Listener::bind(address, None, PlainHttp::LoopbackOnly, Limits::default()).await.unwrap();
    let address = listener.address();
    let (_stop, stopping) = watch::channel(false);
    tokio::spawn(listener.serve(std::sync::Arc::new(Monitor::new(world.metrics.clone())), stopping));
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").into_bytes();
    let reply = exchange(address, &get("/metrics")).await.unwrap();
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(reply.body.contains("operation=\"GetCallerIdentity\""));
    assert_eq!(exchange(address, &get("/")).await.unwrap().status, 404);
}
