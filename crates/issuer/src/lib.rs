//! An account as an OpenID Connect issuer: key pairs, the tokens that they sign, and the documents by which others
//! find the public keys (OpenID Connect Discovery 1.0).
//!
//! Nothing here reads a clock or a store. Key pairs and ECDSA nonces come from the system's randomness by way of the
//! cryptographic library, which takes no other.

mod discovery;
mod key;
mod token;

pub use discovery::{configuration, key_set};
pub use key::{KeyUnusable, NewKey, SigningKey};
pub use token::sign;
