//! What a bare Debian machine with a Rust toolchain and Python still lacks.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// Commands that tests call, and the Debian packages that bring them.
const COMMANDS: &[(&str, &str)] = &[
    ("cc", "gcc"),
    ("git", "git"),
    ("curl", "curl"),
    ("openssl", "openssl"),
    ("strace", "strace"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("xmlsec1", "xmlsec1"),
    ("php", "php-cli"),
];

/// Files that tests read, and the Debian packages that bring them.
const FILES: &[(&str, &[&str])] =
    &[("/usr/share/simplesamlphp/www/index.php", &["simplesamlphp", "php-cli", "php-xml", "php-mbstring"])];

const NODE: &str = "e2e/node";

const VENV: &str = "e2e/.venv";
const REQUIREMENTS: &str = "e2e/requirements.txt";

/// Whether a command is on the path.
pub(super) fn has(command: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(command).is_file()))
}

/// Installs the Debian packages that are missing.
pub(super) fn debian() -> Result<()> {
    let mut missing: Vec<&str> =
        COMMANDS.iter().filter(|(command, _)| !has(command)).map(|(_, package)| *package).collect();
    for (_, packages) in FILES.iter().filter(|(file, _)| !Path::new(file).exists()) {
        missing.extend_from_slice(packages);
    }
    install(&missing)
}

/// The packages of npm that the end-to-end tests drive, installed from the lock file where they are missing or old.
pub(super) fn node() -> Result<()> {
    let (lock, stamp) =
        (Path::new(NODE).join("package-lock.json"), Path::new(NODE).join("node_modules/lock"));
    let wanted = fs::read_to_string(&lock).with_context(|| format!("cannot read `{}`", lock.display()))?;
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(());
    }
    call("npm", &["--prefix", NODE, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"])?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// The interpreter of the end-to-end tests' own environment, made from the lock file where it is missing or old.
pub(super) fn python() -> Result<String> {
    let interpreter = format!("{VENV}/bin/python");
    let stamp = Path::new(VENV).join("requirements.txt");
    let wanted = fs::read_to_string(REQUIREMENTS).with_context(|| format!("cannot read `{REQUIREMENTS}`"))?;
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) && call(&interpreter, &["-c", ""]).is_ok()
    {
        return Ok(interpreter);
    }
    if Path::new(VENV).exists() {
        fs::remove_dir_all(VENV)?;
    }
    // Debian ships Python without the part that makes environments.
    if call("python3", &["-c", "import ensurepip, venv"]).is_err() {
        install(&["python3", "python3-venv"])?;
    }
    call("python3", &["-m", "venv", VENV])?;
    call(
        &interpreter,
        &["-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", REQUIREMENTS],
    )?;
    fs::write(stamp, wanted)?;
    Ok(interpreter)
}

fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    ensure!(has("apt-get"), "missing: {}; install them and try again", packages.join(", "));
    println!("installing {}", packages.join(", "));
    let sudo: &[&str] = if call("test", &["-w", "/var/lib/dpkg"]).is_ok() { &[] } else { &["sudo"] };
    for arguments in
        [&["update", "-qq"][..], &[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat()]
    {
        let words: Vec<&str> = [sudo, &["apt-get"], arguments].concat();
        if let [program, rest @ ..] = words.as_slice() {
            call(program, rest)?;
        }
    }
    Ok(())
}

fn call(program: &str, arguments: &[&str]) -> Result<()> {
    let output = Command::new(program)
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run `{program}`"))?;
    if !output.status.success() {
        bail!("`{program} {}` failed:\n{}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
