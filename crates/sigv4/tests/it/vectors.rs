//! The official signing test vectors, in verification form.
//!
//! They ship in the package `aws-sigv4`, which is a dependency that is never compiled; cargo
//! tells where it lies. Nothing of it is in this repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use serde_json::Value;
use sigv4::{
    HeaderList, PathEncoding, PathRule, Profile, RequestParts, SigningKey, TokenRule, VerifiedPayload, parse,
};
use types::Secret;

#[test]
fn every_official_vector_verifies_in_both_forms() {
    let Some(suite) = suite() else { return };
    let mut verified = 0;
    let mut folders: Vec<_> = std::fs::read_dir(suite).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        // Two folders show a double encoding under a context of their own package.
        if !folder.join("context.json").exists() {
            continue;
        }
        for form in ["header", "query"] {
            verify(&folder, form);
            verified += 1;
        }
    }
    assert!(verified >= 76, "only {verified} vectors were found");
}

fn verify(folder: &Path, form: &str) {
    let name = format!("{} ({form})", folder.file_name().unwrap().display());
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let context: Value = serde_json::from_str(&read("context.json")).unwrap();
    let request = Request::read(&read(&format!("{form}-signed-request.txt")));
    let headers: Vec<_> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let headers = HeaderList(&headers);
    let omitted = context["omit_session_token"] == Value::Bool(true);
    let profile = Profile {
        path: PathRule { normalize: context["normalize"].as_bool().unwrap(), encoding: PathEncoding::Twice },
        token: if omitted { TokenRule::MayFollow } else { TokenRule::Signed },
        ..Profile::OWN
    };
    let parts = RequestParts {
        method: &request.method,
        path: &request.path,
        query: &request.query,
        headers: &headers,
    };
    let presented = parse(&parts, &profile).unwrap_or_else(|failure| panic!("{name}: {failure}"));
    let credentials = &context["credentials"];
    assert_eq!(presented.access_key_id(), credentials["access_key_id"], "{name}");
    assert_eq!(presented.session_token(), credentials["token"].as_str(), "{name}");
    assert_eq!(presented.scope().region(), context["region"], "{name}");
    assert_eq!(presented.scope().service(), context["service"], "{name}");
    let now: Timestamp = context["timestamp"].as_str().unwrap().parse().unwrap();
    let key = |secret: &str| {
        let scope = presented.scope();
        SigningKey::derive(&Secret::new(secret.to_owned()), scope.date(), scope.region(), scope.service())
    };
    let right = key(credentials["secret_access_key"].as_str().unwrap());
    let verified = presented
        .verify(&right, request.body.as_bytes(), now)
        .unwrap_or_else(|failure| panic!("{name}: {failure}"));
    assert_eq!(verified.payload, VerifiedPayload::Whole);

    let failure =
        presented.verify(&key("another secret"), request.body.as_bytes(), now).unwrap_err().to_string();
    let canonical = read(&format!("{form}-canonical-request.txt"));
    let to_sign = read(&format!("{form}-string-to-sign.txt"));
    if !(omitted && form == "query") {
        assert!(failure.contains(&format!("should have been\n'{canonical}'")), "{name}: {failure}");
        assert!(failure.contains(&format!("should have been\n'{to_sign}'")), "{name}: {failure}");
    }
    assert!(presented.verify(&right, b"another body", now).is_err(), "{name}");
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end_matches('\n'), ""));
        let mut lines = head.lines();
        let first = lines.next().unwrap();
        let (method, rest) = first.split_once(' ').unwrap();
        let (target, _) = rest.rsplit_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            if line.starts_with(' ') {
                let (_, value) = headers.last_mut().unwrap();
                value.push('\n');
                value.push_str(line);
            } else {
                let (name, value) = line.split_once(':').unwrap();
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.trim_end_matches('\n').to_owned(),
        }
    }
}

/// The folder of the vectors. That it cannot be found fails the test, unless
/// `PORTCULLIS_SKIP_SIGNING_VECTORS=1` asks for the opposite.
fn suite() -> Option<PathBuf> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--locked", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let suite = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == "aws-sigv4")
        .and_then(|package| package["manifest_path"].as_str())
        .map(|manifest| Path::new(manifest).with_file_name("aws-signing-test-suite").join("v4"))
        .filter(|suite| suite.is_dir());
    if suite.is_none() && std::env::var_os("PORTCULLIS_SKIP_SIGNING_VECTORS").is_some() {
        eprintln!("SKIPPED: the package aws-sigv4 with the official signing vectors was not found");
        return None;
    }
    Some(suite.unwrap_or_else(|| {
        panic!(
            "the package aws-sigv4 with the official signing vectors was not found; run `cargo fetch`, or set \
             PORTCULLIS_SKIP_SIGNING_VECTORS=1 to go without: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    }))
}
