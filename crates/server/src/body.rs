//! Reading a request's body: bounded in size and in time.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Incoming};

use crate::Limits;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFailure {
    /// Larger than the limit.
    TooLarge,
    /// Not complete in time.
    TooSlow,
    /// The connection broke, or the chunks are malformed.
    Broken,
}

/// Reads the body.
pub(crate) async fn read(body: Incoming, limits: &Limits) -> Result<Bytes, BodyFailure> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let announced = body.size_hint().lower();
    if announced > u64::try_from(limits.body_bytes).unwrap_or(u64::MAX) {
        return Err(BodyFailure::TooLarge);
    }
    let mut collected = pin!(collect(body, limits.body_bytes));
    // Small bodies arrive together with their headers; those need no timer.
    let first = std::future::poll_fn(|cx| Poll::Ready(collected.as_mut().poll(cx))).await;
    match first {
        Poll::Ready(result) => result,
        Poll::Pending => {
            tokio::time::timeout(limits.body_time, collected).await.unwrap_or(Err(BodyFailure::TooSlow))
        }
    }
}

async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, BodyFailure> {
    let mut whole = Bytes::new();
    let mut pieces: Option<BytesMut> = None;
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyFailure::Broken)?.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length > limit {
            return Err(BodyFailure::TooLarge);
        }
        match &mut pieces {
            Some(pieces) => pieces.extend_from_slice(&data),
            None if whole.is_empty() => whole = data,
            None => {
                let mut joined = BytesMut::with_capacity((whole.len() + data.len()) * 2);
                joined.extend_from_slice(&whole);
                joined.extend_from_slice(&data);
                pieces = Some(joined);
            }
        }
    }
    Ok(pieces.map_or(whole, BytesMut::freeze))
}
