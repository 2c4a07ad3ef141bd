//! Why a request is not authenticated, in AWS's words.

use std::fmt;

/// Why a request is not authenticated. Its `Display` is the message that the client gets.
///
/// `Debug` leaves out what the message quotes from the request, so that it may be logged.
#[derive(Clone, PartialEq, Eq)]
pub enum AuthFailure {
    /// No signature at all.
    MissingToken,
    /// The access key or the session token is unknown, inactive or broken.
    InvalidToken,
    /// The session token is past its end.
    ExpiredToken,
    /// A part of the signature is absent or malformed; the text says which.
    Incomplete(String),
    /// The signature is complete, yet does not hold; the text says why.
    Mismatch(String),
}

/// Whose names the codes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The services of the Query protocol: IAM, STS.
    Query,
    /// The services that speak JSON.
    Json,
}

impl AuthFailure {
    /// The error code on the wire.
    #[must_use]
    pub fn code(&self, dialect: Dialect) -> &'static str {
        match (self, dialect) {
            (Self::MissingToken, Dialect::Query) => "MissingAuthenticationToken",
            (Self::MissingToken, Dialect::Json) => "MissingAuthenticationTokenException",
            (Self::InvalidToken, Dialect::Query) => "InvalidClientTokenId",
            (Self::InvalidToken, Dialect::Json) => "UnrecognizedClientException",
            (Self::ExpiredToken, Dialect::Query) => "ExpiredToken",
            (Self::ExpiredToken, Dialect::Json) => "ExpiredTokenException",
            (Self::Incomplete(_), Dialect::Query) => "IncompleteSignature",
            (Self::Incomplete(_), Dialect::Json) => "IncompleteSignatureException",
            (Self::Mismatch(_), Dialect::Query) => "SignatureDoesNotMatch",
            (Self::Mismatch(_), Dialect::Json) => "InvalidSignatureException",
        }
    }

    /// The HTTP status: the services of the Query protocol answer 403, those of JSON 400;
    /// an incomplete signature is 400 in both.
    #[must_use]
    pub fn status(&self, dialect: Dialect) -> u16 {
        match (self, dialect) {
            (Self::Incomplete(_), _) | (_, Dialect::Json) => 400,
            _ => 403,
        }
    }
}

impl fmt::Display for AuthFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingToken => "Request is missing Authentication Token",
            Self::InvalidToken => "The security token included in the request is invalid.",
            Self::ExpiredToken => "The security token included in the request is expired",
            Self::Incomplete(text) | Self::Mismatch(text) => text,
        })
    }
}

impl fmt::Debug for AuthFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code(Dialect::Query))
    }
}

impl std::error::Error for AuthFailure {}
