//! AWS Signature Version 4: sign and verify a request; pure functions of bytes and a secret.
//!
//! Verification goes in two steps, because the secret must be looked up in between:
//! [`parse`] reads who claims to have signed what, [`Presented::verify`] checks the claim.
//! Nothing here knows a clock, a store or a socket.

mod authorization;
mod canonical;
mod failure;
mod headers;
mod key;
mod presented;
mod profile;
mod sign;
mod timestamp;

pub use failure::{AuthFailure, Dialect};
pub use headers::{HeaderList, Headers};
pub use key::{SigningKey, SigningKeyCache};
pub use presented::{Form, Presented, RequestParts, Scope, Verified, VerifiedPayload, is_signed, parse};
pub use profile::{PathEncoding, PathRule, PayloadRule, Profile, TokenRule};
pub use sign::{AddedHeaders, Credentials, Signer};
pub use timestamp::SigningTime;

/// The only algorithm that is verified here; SigV4A (asymmetric) is not.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last part of every credential scope.
pub const TERMINATOR: &str = "aws4_request";
