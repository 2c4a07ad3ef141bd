//! The processes that are measured: the real server and the bare one.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::aws::Key;

/// A running server; dropping it kills it.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: String,
    /// From just before the process was made to its first answer.
    pub(crate) started_in: Duration,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; there is nobody to tell.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    /// The server of this workspace on a data directory.
    pub(crate) fn portcullis(data: &Path, core: Core) -> Result<Self> {
        Self::portcullis_with(data, core, &[])
    }

    /// The same with further arguments.
    pub(crate) fn portcullis_with(data: &Path, core: Core, more: &[&str]) -> Result<Self> {
        let address = free_address()?;
        let mut command = core.command(&portcullis_binary()?);
        command.args(["serve", "--listen", &address, "--data"]).arg(data).args(more);
        Self::start(command, address)
    }

    /// Bare hyper, answering so many bytes.
    pub(crate) fn bare(size: usize, core: Core) -> Result<Self> {
        let address = free_address()?;
        let mut command = core.command(&std::env::current_exe()?);
        command.args([crate::bare::ARGUMENT, &address, &size.to_string()]);
        Self::start(command, address)
    }

    fn start(mut command: Command, address: String) -> Result<Self> {
        let begin = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        let mut server = Self { child, address, started_in: Duration::ZERO };
        while !crate::load::answers(&server.address) {
            if begin.elapsed() > Duration::from_secs(20) {
                bail!("{command:?} does not answer on {}", server.address);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("{command:?} ended: {status}");
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        server.started_in = begin.elapsed();
        Ok(server)
    }

    /// Seconds of CPU that the process has used, in steps of a hundredth.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold spaces; what follows it does not.
        let after = stat.rsplit_once(')').context("no name in stat")?.1;
        let mut fields = after.split_ascii_whitespace().skip(11);
        let mut ticks =
            || fields.next().and_then(|field| field.parse::<f64>().ok()).context("no times in stat");
        // Linux reports a hundred ticks a second to programs, whatever it uses itself.
        Ok((ticks()? + ticks()?) / 100.0)
    }

    /// Resident memory in MB (of a million bytes).
    pub(crate) fn resident_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024.0 / 1e6)
    }
}

/// Where a server may run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Core {
    /// Anywhere.
    Any,
    /// On the first core alone, so that the load generator has the others and both servers
    /// are bound by the same thing: their own work.
    First,
}

impl Core {
    fn command(self, program: &Path) -> Command {
        let pinned = self == Self::First && Command::new("taskset").arg("--version").output().is_ok();
        if pinned {
            let mut command = Command::new("taskset");
            command.args(["--cpu-list", "0"]).arg(program);
            command
        } else {
            Command::new(program)
        }
    }
}

/// The release binary, beside this program.
pub(crate) fn portcullis_binary() -> Result<PathBuf> {
    let binary = release_directory()?.join("portcullis");
    if !binary.exists() {
        bail!("{} is missing: run `cargo xtask bench`, which builds it", binary.display());
    }
    Ok(binary)
}

/// A directory for data, on the file system of the build.
pub(crate) fn scratch() -> Result<tempfile::TempDir> {
    Ok(tempfile::Builder::new().prefix("bench-").tempdir_in(release_directory()?)?)
}

/// Imports an account into a new data directory; tells how long the import took.
pub(crate) fn import(data: &Path, file: &Path) -> Result<Duration> {
    // The first start makes an account of its own.
    drop(Server::portcullis(data, Core::Any)?);
    let begin = Instant::now();
    let done = Command::new(portcullis_binary()?)
        .args(["import", "authorization-details", "--data"])
        .args([data, file])
        .output()?;
    if !done.status.success() {
        bail!("import: {}", String::from_utf8_lossy(&done.stderr));
    }
    Ok(begin.elapsed())
}

/// The key of the root user that the first start made.
pub(crate) fn root_key(data: &Path) -> Result<Key> {
    Key::from_file(&data.join("root-credentials"))
}

/// Makes one more account beside the running server and returns its root's key.
pub(crate) fn account(data: &Path) -> Result<Key> {
    let output = Command::new(portcullis_binary()?)
        .args(["account", "create", "--json", "--data"])
        .arg(data)
        .output()?;
    if !output.status.success() {
        bail!("account create: {}", String::from_utf8_lossy(&output.stderr));
    }
    let made: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let file = made.get("rootCredentials").and_then(serde_json::Value::as_str);
    Key::from_file(Path::new(file.context("account create names no credentials")?))
}

fn release_directory() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.parent().context("a program without a directory")?.to_owned())
}

fn free_address() -> Result<String> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
