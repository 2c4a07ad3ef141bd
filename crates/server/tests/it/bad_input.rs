//! Malformed everything: an error in bounded time, and the server goes on.

use std::time::Duration;

use server::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::{Call, exchange, read};
use super::world::{ROOT_KEY, World, credentials};

const WHO: &str = "Action=GetCallerIdentity&Version=2011-06-15";

#[tokio::test]
async fn malformed_forms_are_refused() {
    let world = World::start().await;
    let many = format!("{WHO}{}", "&a=1".repeat(10_001));
    let forms: [&[u8]; 5] = [
        b"Action=GetCallerIdentity&Version=2011-06-15&x=\xff\xfe",
        b"Action=GetCallerIdentity&Version=2011-06-15&x=%ff",
        b"Action=GetCallerIdentity&Version=2011-06-15&x=%zz",
        b"Action=GetCallerIdentity&Version=2011-06-15&x=%4",
        many.as_bytes(),
    ];
    for form in forms {
        let reply = Call::sts(form).signed(&credentials(ROOT_KEY)).send(world.address).await;
        reply.expect_error(404, "MalformedQueryString");
    }
    world.check().await;
}

#[tokio::test]
async fn hostile_values_break_constraints_and_not_the_answer() {
    let world = World::start().await;
    let values = [
        "%3C%2FMessage%3E%3CCode%3EOk%3C%2FCode%3E",
        "%26amp%3B",
        "%00",
        "a%0Ab",
        "%EF%BF%BE",
        "%5D%5D%3E",
        "..%2F..%2Fetc",
        "%F0%9F%92%A5",
        "%27%20OR%201%3D1",
    ];
    for value in values {
        let body = format!("Action=GetUser&Version=2010-05-08&UserName={value}");
        let reply = Call::iam(body).signed(&credentials(ROOT_KEY)).send(world.address).await;
        assert_eq!(reply.expect_error(400, "ValidationError").matches("userName").count(), 1);
        assert_eq!(reply.body.matches("<Code>").count(), 1);
        assert!(!reply.body.contains(|c: char| c.is_control()), "{}", reply.body);
    }
    let long = format!("Action=GetUser&Version=2010-05-08&UserName={}", "a".repeat(500_000));
    let reply = Call::iam(long).signed(&credentials(ROOT_KEY)).send(world.address).await;
    reply.expect_error(400, "ValidationError");
    assert!(reply.body.len() < 10_000);
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused() {
    let world = World::start().await;
    let body = "Action=GetUser&Version=2010-05-08&UserName=a&UserName=b";
    let reply = Call::iam(body).signed(&credentials(ROOT_KEY)).send(world.address).await;
    assert_eq!(reply.status, 400, "{}", reply.body);
}

#[tokio::test]
async fn broken_authorization_headers_are_incomplete() {
    let world = World::start().await;
    for value in
        ["", "AWS4-HMAC-SHA256", "Bearer x", "AWS4-HMAC-SHA256 Credential=,,,", "AWS AKID:sig", "\u{1f}x"]
    {
        let Some(reply) =
            exchange(world.address, &Call::who().with_header("authorization", value).bytes()).await
        else {
            continue;
        };
        if reply.body.is_empty() {
            // Not even a header: hyper says so by itself.
            assert_eq!(reply.status, 400);
        } else {
            reply.expect_error(400, "IncompleteSignature");
        }
    }
    world.check().await;
}

#[tokio::test]
async fn bodies_beyond_the_limit_are_refused_unread() {
    let world = World::start().await;
    let announced = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n";
    let reply = exchange(world.address, announced.as_bytes()).await.unwrap();
    reply.expect_error(413, "RequestEntityTooLarge");
    let mut chunked = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..20 {
        chunked.extend_from_slice(b"10000\r\n");
        chunked.extend_from_slice(&[b'a'; 0x10000]);
        chunked.extend_from_slice(b"\r\n");
    }
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let (_, status) = tokio::join!(writing.write_all(&chunked), async {
        let mut head = [0; 12];
        reading.read_exact(&mut head).await.map(|_| String::from_utf8_lossy(&head).into_owned())
    });
    assert_eq!(status.unwrap(), "HTTP/1.1 413");
    world.check().await;
}

#[tokio::test]
async fn broken_http_ends_its_connection_only() {
    let world = World::start().await;
    let long = "a".repeat(40_000);
    let many: String = (0..150).map(|n| format!("h{n}: x\r\n")).collect();
    let broken = [
        ("\r\n\r\n\r\nnonsense\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n".to_owned(), 400),
        ("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ten\r\n\r\n".to_owned(), 400),
        ("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_owned(), 400),
        ("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n"), 431),
        (format!("GET / HTTP/1.1\r\nhost: x\r\na: {long}{long}\r\n\r\n"), 431),
        (format!("GET /?{long} HTTP/1.1\r\nhost: x\r\n\r\n"), 414),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n".to_owned(), 400),
    ];
    for (text, status) in broken {
        let reply = exchange(world.address, text.as_bytes()).await;
        let shown: String = text.chars().take(60).collect();
        assert_eq!(reply.map(|reply| reply.status), Some(status), "{shown:?}");
    }
    world.check().await;
}

fn impatient() -> Limits {
    let short = Duration::from_millis(200);
    Limits { head_time: short, body_time: short, write_time: short, connections: 2, ..Limits::default() }
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_headers_is_dropped() {
    let world = World::with(impatient(), false).await;
    // As many as there are places, so that the next client has to wait for their end.
    let mut slow = Vec::new();
    for start in ["", "POST / HTTP/1.1\r\nho"] {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    world.check().await;
    for mut stream in slow {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_body_is_told() {
    let world = World::with(impatient(), false).await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nAction").await.unwrap();
    read(&mut stream).await.unwrap().expect_error(408, "RequestTimeout");
    world.check().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped() {
    let world = World::with(impatient(), false).await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let request = Call::who().bytes().repeat(200);
    // Writes until the server stops reading because its answers find no room, and then has had enough.
    while stream.write_all(&request).await.is_ok() {}
    world.check().await;
}
