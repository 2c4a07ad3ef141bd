//! The load: keep-alive connections that send prepared requests one after another.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What a run of load measured.
pub(crate) struct Measured {
    /// Answers in a second.
    pub(crate) per_second: f64,
    /// How many answers there were.
    pub(crate) answers: f64,
    /// Of each request, in microseconds.
    pub(crate) latencies: Vec<f64>,
}

/// Sends every request once, each list over a connection of its own, and expects 200 of each.
/// One thread does it all, so that it takes little from the server.
pub(crate) fn send_all(address: &str, lists: Vec<Vec<Vec<u8>>>) -> Result<Measured> {
    run(address, lists, None)
}

/// Sends the requests of the lists over and over for a while.
pub(crate) fn send_for(address: &str, lists: Vec<Vec<Vec<u8>>>, time: Duration) -> Result<Measured> {
    run(address, lists, Some(time))
}

fn run(address: &str, lists: Vec<Vec<Vec<u8>>>, time: Option<Duration>) -> Result<Measured> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut streams = Vec::with_capacity(lists.len());
        for _ in &lists {
            let stream = tokio::net::TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
        let begin = Instant::now();
        let tasks: Vec<_> = streams
            .into_iter()
            .zip(lists)
            .map(|(stream, list)| tokio::spawn(connection(stream, list, begin, time)))
            .collect();
        let mut latencies = Vec::new();
        for task in tasks {
            latencies.extend(task.await??);
        }
        let seconds = begin.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "no bench sends 2^52 requests")]
        let answers = latencies.len() as f64;
        Ok(Measured { per_second: answers / seconds, answers, latencies })
    })
}

async fn connection(
    mut stream: tokio::net::TcpStream,
    list: Vec<Vec<u8>>,
    begin: Instant,
    time: Option<Duration>,
) -> Result<Vec<f64>> {
    let mut latencies = Vec::with_capacity(list.len());
    let mut buffer = Vec::with_capacity(64 * 1024);
    loop {
        for request in &list {
            if time.is_some_and(|time| begin.elapsed() >= time) {
                return Ok(latencies);
            }
            let sent = Instant::now();
            stream.write_all(request).await?;
            buffer.clear();
            let answer = loop {
                if stream.read_buf(&mut buffer).await? == 0 {
                    bail!("the server closed the connection");
                }
                if let Some(answer) = complete(&buffer)? {
                    break answer;
                }
            };
            if answer.status != 200 {
                bail!("{} {}", answer.status, String::from_utf8_lossy(&buffer));
            }
            latencies.push(sent.elapsed().as_secs_f64() * 1e6);
        }
        if time.is_none() {
            return Ok(latencies);
        }
    }
}

/// Sends one request over a connection of its own; the status and the body of the answer.
pub(crate) fn once(address: &str, request: &[u8]) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(request)?;
    let mut buffer = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            bail!("the server closed the connection");
        }
        buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        if let Some(answer) = complete(&buffer)? {
            let body = buffer.get(answer.body_from..).unwrap_or_default();
            return Ok((answer.status, String::from_utf8_lossy(body).into_owned()));
        }
    }
}

/// Whether the server there answers a request now.
pub(crate) fn answers(address: &str) -> bool {
    once(address, b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").is_ok_and(|(status, _)| status == 200)
}

struct Answer {
    status: u16,
    body_from: usize,
}

/// The answer in the buffer, once it is there as a whole.
fn complete(buffer: &[u8]) -> Result<Option<Answer>> {
    let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(buffer.get(..end).unwrap_or_default())?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
    let length: usize = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .with_context(|| format!("no content-length in {head}"))?;
    let body_from = end + 4;
    Ok((buffer.len() >= body_from + length).then_some(Answer { status, body_from }))
}
