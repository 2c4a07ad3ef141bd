//! The AWS managed policies: metadata in an index, documents as AWS prints them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::ordered::Json;

/// The two files of the managed policies.
pub(super) struct Policies {
    /// The documents, each under a line with its policy's name.
    pub(super) text: String,
    /// One line a policy: name, path, id, default version, created, updated, first byte and length of its document.
    pub(super) index: String,
    pub(super) count: usize,
    /// How many ids are ours because no source tells AWS's.
    pub(super) derived: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Current {
    path: String,
    default_version_id: String,
    create_date: String,
    update_date: String,
    document: Json,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Older {
    policy_id: Option<String>,
}

#[derive(Deserialize)]
struct History {
    versions: BTreeMap<String, Version>,
}

#[derive(Deserialize)]
struct Version {
    document: Option<Json>,
}

pub(super) fn read(current: &str, older: &[String], history: &str) -> Result<Policies> {
    let current: BTreeMap<String, Current> = serde_json::from_str(current).context("current policies")?;
    let mut history: BTreeMap<String, History> =
        serde_json::from_str(history).context("history of policies")?;
    let mut ids = BTreeMap::new();
    for release in older {
        let release: BTreeMap<String, Older> = serde_json::from_str(release).context("older policies")?;
        ids.extend(release.into_iter().filter_map(|(name, policy)| Some((name, policy.policy_id?))));
    }

    let mut made = Policies { text: String::new(), index: String::new(), count: 0, derived: 0 };
    let mut policies: Vec<_> = current.into_iter().collect();
    policies.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    for (name, policy) in policies {
        // The history keeps AWS's order of members, but may lag behind.
        let ordered =
            history.get_mut(&name).and_then(|h| h.versions.remove(&policy.default_version_id)?.document);
        let document = ordered.unwrap_or_else(|| policy.document.in_policy_order()).pretty();
        let id = ids.get(&name).cloned().unwrap_or_else(|| {
            made.derived += 1;
            derived_id(&name)
        });
        writeln!(made.text, "== {name}")?;
        let start = made.text.len();
        writeln!(made.text, "{document}")?;
        let (created, updated) = (instant(&policy.create_date)?, instant(&policy.update_date)?);
        let (path, version, length) = (policy.path, policy.default_version_id, document.len());
        writeln!(made.index, "{name}\t{path}\t{id}\t{version}\t{created}\t{updated}\t{start}\t{length}")?;
        made.count += 1;
    }
    Ok(made)
}

/// An id of the form AWS gives, made from the name so that it stays the same from run to run.
fn derived_id(name: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    // FNV-1a: nothing here needs more than a stable spread.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    // The start is what the ids of AWS's newer managed policies share.
    let mut id = String::from("ANPAZKAPJZG4");
    for place in 0..9 {
        let letter = (hash >> (5 * place)) & 31;
        id.extend(ALPHABET.get(letter as usize).copied().map(char::from));
    }
    id
}

/// `2015-02-06T18:39:46+00:00` as `2015-02-06T18:39:46Z`.
fn instant(text: &str) -> Result<String> {
    let (instant, zone) = text.split_at_checked(19).with_context(|| format!("odd date `{text}`"))?;
    ensure!(zone == "+00:00", "not in UTC: `{text}`");
    Ok(format!("{instant}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: &str = r#"{"P":{"Path":"/","DefaultVersionId":"v2","CreateDate":"2015-02-06T18:39:46+00:00",
        "UpdateDate":"2016-02-06T18:39:46+00:00","Document":{"Statement":[],"Version":"2012-10-17"}}}"#;

    #[test]
    fn a_document_is_taken_in_aws_order_where_the_history_has_that_version() {
        let history =
            |version| format!(r#"{{"P":{{"versions":{{"{version}":{{"document":{{"Id":"h"}}}}}}}}}}"#);
        let older = [r#"{"P":{"PolicyId":"ANPAOLD"}}"#.to_owned()];
        let same = read(CURRENT, &older, &history("v2")).unwrap();
        assert_eq!(same.text, "== P\n{\n    \"Id\": \"h\"\n}\n");
        assert_eq!(same.index, "P\t/\tANPAOLD\tv2\t2015-02-06T18:39:46Z\t2016-02-06T18:39:46Z\t5\t17\n");
        let behind = read(CURRENT, &older, &history("v1")).unwrap();
        assert!(behind.text.contains("\"Version\": \"2012-10-17\",\n    \"Statement\": []"));
    }

    #[test]
    fn an_id_of_ours_has_the_form_of_aws_and_stays() {
        let id = derived_id("SomePolicy");
        assert_eq!(id, derived_id("SomePolicy"));
        assert_ne!(id, derived_id("OtherPolicy"));
        assert_eq!(id.len(), 21);
        assert!(
            id.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte) || byte == b'4')
        );
    }

    #[test]
    fn a_date_outside_utc_is_refused() {
        assert!(instant("2015-02-06T18:39:46+01:00").is_err());
        assert!(instant("soon").is_err());
    }
}
