//! A client that says exactly the bytes it is told to.

use std::net::SocketAddr;

use sigv4::{Credentials, HeaderList, Profile, RequestParts, Signer, SigningTime};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::world::now;

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(present, _)| present == name).map(|(_, value)| value.as_str())
    }

    /// The text of the first element of this name.
    pub(crate) fn element(&self, name: &str) -> &str {
        let (_, rest) = self.body.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{}", self.body));
        rest.split_once('<').unwrap().0
    }

    #[track_caller]
    pub(crate) fn expect_error(&self, status: u16, code: &str) -> &str {
        assert_eq!((self.status, self.element("Code")), (status, code), "{}", self.body);
        let id = self.header("x-amzn-requestid").expect("a request id");
        assert_eq!(self.element("RequestId"), id);
        self.element("Message")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}", self.body))
    }
}

/// Sends bytes and reads one answer; `None` when the connection ends without one.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> Option<Reply> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(bytes).await;
    read(&mut stream).await
}

/// Reads one answer.
pub(crate) async fn read(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Option<Reply> {
    let mut seen = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if let Some(reply) = parse(&seen) {
            return Some(reply);
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(length) => seen.extend_from_slice(&piece[..length]),
        }
    }
}

fn parse(seen: &[u8]) -> Option<Reply> {
    let text = String::from_utf8_lossy(seen).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or("0", |(_, value)| value);
    let body = body.get(..length.parse().ok()?)?.to_owned();
    Some(Reply { status, headers, body })
}

/// A request to be signed, or not.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: Vec<u8>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) region: &'static str,
    pub(crate) service: &'static str,
    pub(crate) time: jiff::Timestamp,
}

impl Call {
    /// A POST of form parameters to STS.
    pub(crate) fn sts(body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: "POST",
            path: "/".into(),
            query: String::new(),
            body: body.into(),
            headers: vec![
                ("host".into(), "127.0.0.1".into()),
                ("content-type".into(), "application/x-www-form-urlencoded".into()),
            ],
            region: "us-east-1",
            service: "sts",
            time: now(),
        }
    }

    /// GetCallerIdentity.
    pub(crate) fn who() -> Self {
        Self::sts("Action=GetCallerIdentity&Version=2011-06-15")
    }

    /// A POST of form parameters to IAM.
    pub(crate) fn iam(body: impl Into<Vec<u8>>) -> Self {
        Self { service: "iam", ..Self::sts(body) }
    }

    /// A POST of JSON to the decision API.
    pub(crate) fn authzen(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { service: "portcullis", path: path.into(), ..Self::sts(body) }
            .with_header("content-type", "application/json")
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(present, _)| present != name);
        self.headers.push((name.into(), value.into()));
        self
    }

    fn signer<'a>(&'a self, credentials: &'a Credentials) -> Signer<'a> {
        let time = SigningTime::from_timestamp(self.time);
        Signer { credentials, region: self.region, service: self.service, time, profile: &Profile::OWN }
    }

    /// The same, signed in the header.
    pub(crate) fn signed(&self, credentials: &Credentials) -> Self {
        let list: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let headers = HeaderList(&list);
        let parts =
            RequestParts { method: self.method, path: &self.path, query: &self.query, headers: &headers };
        let added = self.signer(credentials).sign(&parts, &self.body);
        let mut signed = self.clone();
        signed.headers.extend(added);
        signed
    }

    /// The same, signed in the query.
    pub(crate) fn presigned(&self, credentials: &Credentials, expires: u32) -> Self {
        let list = [("host", "127.0.0.1")];
        let headers = HeaderList(&list);
        let parts =
            RequestParts { method: self.method, path: &self.path, query: &self.query, headers: &headers };
        let query = self.signer(credentials).presign(&parts, &self.body, expires);
        Self { query, ..self.clone() }
    }

    /// The bytes on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mark = if self.query.is_empty() { "" } else { "?" };
        let mut text = format!("{} {}{mark}{} HTTP/1.1\r\n", self.method, self.path, self.query);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n", self.body.len()));
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    pub(crate) async fn send(&self, address: SocketAddr) -> Reply {
        exchange(address, &self.bytes()).await.expect("an answer")
    }
}
