//! The credentials to start from: of the environment, or of a profile in AWS's shared files.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use sigv4::Credentials;
use types::Secret;

/// The credentials of a profile, or else of the environment.
pub(super) fn source(profile: Option<&str>) -> anyhow::Result<Credentials> {
    if let Some(profile) = profile {
        return of_profile(profile);
    }
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => Ok(Credentials {
            access_key_id: id,
            secret: Secret::new(secret),
            session_token: variable("AWS_SESSION_TOKEN"),
        }),
        _ => bail!(
            "nothing to sign with: name a profile with --source-profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ),
    }
}

fn of_profile(profile: &str) -> anyhow::Result<Credentials> {
    let files = [
        (file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), profile.to_owned()),
        (
            file("AWS_CONFIG_FILE", "config"),
            if profile == "default" { profile.to_owned() } else { format!("profile {profile}") },
        ),
    ];
    for (path, section) in files {
        let Some(text) = path.and_then(|path| std::fs::read_to_string(path).ok()) else { continue };
        let value = |name: &str| value_in(&text, &section, name);
        if let (Some(id), Some(secret)) = (value("aws_access_key_id"), value("aws_secret_access_key")) {
            return Ok(Credentials {
                access_key_id: id.to_owned(),
                secret: Secret::new(secret.to_owned()),
                session_token: value("aws_session_token").map(str::to_owned),
            });
        }
    }
    Err(anyhow::anyhow!("no access key"))
        .with_context(|| format!("the profile `{profile}` has no credentials"))
}

fn file(variable: &str, name: &str) -> Option<PathBuf> {
    match std::env::var_os(variable).filter(|value| !value.is_empty()) {
        Some(path) => Some(path.into()),
        None => Some(PathBuf::from(std::env::var_os("HOME")?).join(".aws").join(name)),
    }
}

/// The value of a setting in a section of an INI file.
fn value_in<'t>(text: &'t str, section: &str, name: &str) -> Option<&'t str> {
    let mut is_here = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(header) = trimmed.strip_prefix('[') {
            is_here = header.split(']').next().is_some_and(|header| header.trim() == section);
        } else if is_here
            && !trimmed.starts_with(['#', ';'])
            && let Some((key, value)) = trimmed.split_once('=')
            && key.trim().eq_ignore_ascii_case(name)
        {
            return Some(value.trim());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_read_from_its_own_section() {
        let text = "[a]\nkey = 1\n# key = 2\n[ b ]\nKEY=3=4\n[c]\nother=5\n";
        assert_eq!(value_in(text, "a", "key"), Some("1"));
        assert_eq!(value_in(text, "b", "key"), Some("3=4"));
        assert_eq!(value_in(text, "c", "key"), None);
        assert_eq!(value_in(text, "d", "key"), None);
    }
}
