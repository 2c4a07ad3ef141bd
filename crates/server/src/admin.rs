//! The admin socket: maintenance of a running server.
//!
//! A unix socket of mode 0600 in the data directory. A client sends one [`Command`] as a line of
//! JSON and reads [`Line`]s of JSON until one is final. Whoever can open the socket is the operator.

mod client;
mod protocol;
mod socket;

pub use client::{AdminError, call};
pub use protocol::{Command, Line, LongText};
pub use socket::{AdminSocket, Maintenance, Progress};

/// The name of the socket in the data directory.
pub const SOCKET: &str = "admin.sock";
