//! Where botocore is, and its models as JSON.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Prints a service's model and paginators as one JSON object. Members become lists of pairs, since their order is a
/// fact and JSON objects keep none; the newest API version wins.
const LOAD: &str = "
import glob, gzip, json, os, sys
newest = sorted(glob.glob(os.path.join(sys.argv[1], sys.argv[2], '*')))[-1]
def read(name):
    path = os.path.join(newest, name + '.json')
    if os.path.exists(path + '.gz'):
        return json.load(gzip.open(path + '.gz'))
    return json.load(open(path)) if os.path.exists(path) else {}
model = read('service-2')
for shape in model['shapes'].values():
    if 'members' in shape:
        shape['members'] = list(shape['members'].items())
model['paginators'] = read('paginators-1').get('pagination', {})
json.dump(model, sys.stdout)
";

/// The data folder of botocore in this version: the one installed, or else one downloaded below `target/`.
pub(super) fn locate(version: &str) -> Result<PathBuf> {
    let installed = "import botocore; print(botocore.__version__); print(botocore.__path__[0])";
    if let Ok(answer) = python(&["-c", installed])
        && let Some((found, path)) = answer.trim().split_once('\n')
        && found == version
    {
        return Ok(Path::new(path).join("data"));
    }
    let folder = crate::model::root().join("target").join(format!("botocore-{version}"));
    let data = folder.join("botocore").join("data");
    if !data.is_dir() {
        let package = format!("botocore=={version}");
        let target = folder.to_string_lossy();
        let pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--target"];
        python(&[&pip[..], &[&target, &package]].concat()).context("fetch botocore")?;
    }
    Ok(data)
}

/// A service's model, members as lists of pairs, paginators beside the rest.
pub(super) fn load(data: &Path, service: &str) -> Result<Value> {
    let text = python(&["-c", LOAD, &data.to_string_lossy(), service])
        .with_context(|| format!("read the model of {service}"))?;
    Ok(serde_json::from_str(&text)?)
}

fn python(arguments: &[&str]) -> Result<String> {
    let output = Command::new("python3").args(arguments).output().context("run python3")?;
    if !output.status.success() {
        bail!("python3: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}
