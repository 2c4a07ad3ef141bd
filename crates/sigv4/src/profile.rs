//! What differs between the services that verify signatures.

use std::time::Duration;

/// How one service verifies.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// How the path enters the canonical request.
    pub path: PathRule,
    /// Where the hash of the payload comes from.
    pub payload: PayloadRule,
    /// Whether the session token must be part of what is signed.
    pub token: TokenRule,
    /// How far the time of signing may lie from now, in either direction.
    pub skew: Duration,
}

impl Profile {
    /// IAM, STS and the other services of Portcullis.
    ///
    /// The skew is the 15 minutes that IAM and STS answer with ("… - 15 min."); some
    /// services of AWS grant five.
    pub const OWN: Self = Self {
        path: PathRule { normalize: true, encoding: PathEncoding::Twice },
        payload: PayloadRule::Received,
        token: TokenRule::Signed,
        skew: Duration::from_mins(15),
    };

    /// Amazon S3: the path as it was sent, encoded once; the payload as the request declares it.
    pub const S3: Self = Self {
        path: PathRule { normalize: false, encoding: PathEncoding::Once },
        payload: PayloadRule::Declared,
        token: TokenRule::Signed,
        skew: Duration::from_mins(15),
    };
}

/// How the path enters the canonical request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathRule {
    /// Whether `.`, `..` and repeated slashes are resolved first (RFC 3986); S3 does not.
    pub normalize: bool,
    /// How often a path segment is percent-encoded in total.
    pub encoding: PathEncoding,
}

/// How often a path segment is percent-encoded in total, the encoding for transport included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathEncoding {
    /// As on the wire: S3.
    Once,
    /// What is on the wire is encoded again: every other service.
    Twice,
}

/// Where the hash of the payload in the canonical request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadRule {
    /// Always from the body that was received, whatever `x-amz-content-sha256` says.
    Received,
    /// From `x-amz-content-sha256`, which may also be `UNSIGNED-PAYLOAD` or `STREAMING-…`;
    /// a presigned request without the header has an unsigned payload.
    Declared,
}

/// Whether the session token must be part of what is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRule {
    /// It must.
    Signed,
    /// It may have been added after signing, as some services of AWS accept.
    MayFollow,
}
