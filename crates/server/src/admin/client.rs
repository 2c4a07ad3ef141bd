//! The command line's side of the admin socket. Blocking: it has nothing else to do.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::protocol::{Command, Line};

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// No server listens there.
    #[error("no server is running on this data directory")]
    NotRunning,
    /// The connection failed.
    #[error("the admin socket failed: {0}")]
    Socket(#[from] std::io::Error),
    /// The answer is not understood.
    #[error("the server's answer is not understood; is it of the same version? ({0})")]
    Answer(#[from] serde_json::Error),
    /// The server went away before it was done.
    #[error("the server went away before it was done")]
    Cut,
    /// The server says why not.
    #[error("{0}")]
    Refused(String),
}

/// Sends a command to the socket and waits for its result; `progress` sees the reports on the way.
///
/// # Errors
/// See [`AdminError`].
pub fn call(
    socket: &Path,
    command: &Command,
    mut progress: impl FnMut(&str, u64, Option<u64>),
) -> Result<serde_json::Value, AdminError> {
    use std::io::ErrorKind::{ConnectionRefused, NotFound};
    let mut stream = UnixStream::connect(socket).map_err(|cause| match cause.kind() {
        NotFound | ConnectionRefused => AdminError::NotRunning,
        _ => AdminError::Socket(cause),
    })?;
    let mut text = serde_json::to_vec(command)?;
    text.push(b'\n');
    stream.write_all(&text)?;
    for line in BufReader::new(stream).lines() {
        match serde_json::from_str(&line?)? {
            Line::Progress { message, done, total } => progress(&message, done, total),
            Line::Done(value) => return Ok(value),
            Line::Failed(text) => return Err(AdminError::Refused(text)),
        }
    }
    Err(AdminError::Cut)
}
