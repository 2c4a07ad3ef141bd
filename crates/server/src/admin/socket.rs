//! The server's side of the admin socket.

use std::future::Future;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::protocol::{Command, Line};
use crate::listener::stopped;

/// What carries out the commands.
pub trait Maintenance: Send + Sync + 'static {
    /// Carries out one command. An error is a sentence for the operator.
    fn run<'a>(
        &'a self,
        command: Command,
        progress: Progress,
    ) -> Pin<Box<dyn Future<Output = Result<serde_json::Value, String>> + Send + 'a>>;
}

/// Where a command says how far it is. Reports that the client is too slow to read are dropped.
#[derive(Debug, Clone)]
pub struct Progress(mpsc::Sender<Line>);

impl Progress {
    /// Progress that nobody follows.
    #[must_use]
    pub fn unheard() -> Self {
        Self(mpsc::channel(1).0)
    }

    /// Reports.
    pub fn report(&self, message: &str, done: u64, total: Option<u64>) {
        // A full or closed channel loses a report, never the command.
        let _ = self.0.try_send(Line::Progress { message: message.to_owned(), done, total });
    }
}

/// A bound admin socket. The file goes when this is dropped.
#[derive(Debug)]
pub struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
    owner: u32,
}

impl AdminSocket {
    /// Binds the socket. A file that is there already is taken for that of a server that died; the
    /// caller holds the lock of the data directory, so it cannot be another's.
    ///
    /// # Errors
    /// When the operating system refuses, for instance since the path is too long for a socket.
    pub fn bind(path: &Path) -> std::io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let owner = std::fs::metadata(path)?.uid();
        Ok(Self { listener, path: path.to_owned(), owner })
    }

    /// Serves commands until `stop` turns true; a command that is under way then is cut.
    pub async fn serve(self, maintenance: Arc<dyn Maintenance>, mut stop: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stopped(&mut stop) => break,
            };
            while tasks.try_join_next().is_some() {}
            let stream = match accepted {
                // The file's mode keeps others out; this does for the moment before it was set.
                Ok((stream, _)) if self.is_operator(&stream) => stream,
                Ok(_) => continue,
                Err(cause) => {
                    tracing::warn!(%cause, "a connection to the admin socket could not be accepted");
                    tokio::time::sleep(AFTER_FAILED_ACCEPT).await;
                    continue;
                }
            };
            if tasks.len() >= MOST_CLIENTS {
                continue;
            }
            let maintenance = Arc::clone(&maintenance);
            tasks.spawn(async move {
                if let Err(cause) = converse(stream, &*maintenance).await {
                    tracing::debug!(%cause, "an admin client went away");
                }
            });
        }
        tasks.shutdown().await;
    }

    fn is_operator(&self, stream: &UnixStream) -> bool {
        stream.peer_cred().is_ok_and(|peer| peer.uid() == self.owner || peer.uid() == 0)
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn converse(stream: UnixStream, maintenance: &dyn Maintenance) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut bounded = BufReader::new(read.take(LONGEST_COMMAND));
    match tokio::time::timeout(TO_SAY, bounded.read_line(&mut line)).await {
        Ok(read) => read?,
        Err(_) => return Ok(()),
    };
    let command = match serde_json::from_str::<Command>(&line) {
        Ok(command) => command,
        Err(cause) => {
            let text = format!("the server does not know this command; is it of the same version? ({cause})");
            return say(&mut write, &Line::Failed(text)).await;
        }
    };
    tracing::info!(?command, "maintenance");
    let (sender, mut reports) = mpsc::channel(16);
    let mut running = maintenance.run(command, Progress(sender));
    let result = loop {
        tokio::select! {
            biased;
            Some(report) = reports.recv() => say(&mut write, &report).await?,
            result = &mut running => break result,
        }
    };
    // What was reported just before the end.
    while let Ok(report) = reports.try_recv() {
        say(&mut write, &report).await?;
    }
    let last = match result {
        Ok(value) => Line::Done(value),
        Err(text) => Line::Failed(text),
    };
    say(&mut write, &last).await
}

async fn say(write: &mut (impl tokio::io::AsyncWrite + Unpin), line: &Line) -> std::io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    write.write_all(&text).await
}

/// The definition of a service, quoted as JSON, is the longest thing that is said.
const LONGEST_COMMAND: u64 = 512 * 1024;
const MOST_CLIENTS: usize = 16;
const TO_SAY: Duration = Duration::from_secs(5);
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(50);
