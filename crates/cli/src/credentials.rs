//! `credentials`: temporary credentials for programs, as the `credential_process` of a profile.
//!
//! What it prints is AWS's form (AWS CLI: "Sourcing credentials with an external process"). What it got is kept in a
//! file until half of its time is over, so that a program that asks often does not call STS often.

mod cache;
mod keys;
mod sts;
mod transport;

use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service::SystemClock;
use store::Clock as _;
use types::Secret;

use crate::args::{Credentials as Commands, RoleSession, StsEndpoint};
use crate::remote::runtime;
use cache::Cache;
use sts::{Call, Signing};

pub(crate) fn run(command: Commands) -> anyhow::Result<ExitCode> {
    let (endpoint, call) = match command {
        Commands::AssumeRole(args) => {
            let mut call = Call::new("AssumeRole", &args.session);
            call.sign_with(keys::source(args.source_profile.as_deref())?);
            call.add_if("ExternalId", args.external_id.as_deref());
            call.add_if("SourceIdentity", args.source_identity.as_deref());
            call.add_tags(&args.tag, &args.transitive_tag_key)?;
            call.add_if("SerialNumber", args.serial_number.as_deref());
            // A code is of use once: it is no part of what the cache is asked by.
            let code = match (args.token_code, args.token_command) {
                (Some(code), _) => Some(Once::Text(code)),
                (None, Some(command)) => Some(Once::Command(command)),
                (None, None) => None,
            };
            call.add_once("TokenCode", code);
            (args.session.endpoint, call)
        }
        Commands::WebIdentity(args) => {
            let mut call = Call::new("AssumeRoleWithWebIdentity", &args.session);
            call.add_if("ProviderId", args.provider_id.as_deref());
            call.ask_by("TokenFile", args.token_file.display().to_string());
            call.add_once("WebIdentityToken", Some(Once::File(args.token_file)));
            (args.session.endpoint, call)
        }
        Commands::Saml(args) => {
            let mut call = Call::new("AssumeRoleWithSAML", &args.session);
            call.add_if("PrincipalArn", Some(&args.principal_arn));
            let assertion = match (args.assertion_file, args.assertion_command) {
                (Some(file), _) => {
                    call.ask_by("AssertionFile", file.display().to_string());
                    Once::File(file)
                }
                (None, Some(command)) => {
                    call.ask_by("AssertionCommand", command.clone());
                    Once::Command(command)
                }
                (None, None) => bail!("name the assertion with --assertion-file or --assertion-command"),
            };
            call.add_once("SAMLAssertion", Some(assertion));
            (args.session.endpoint, call)
        }
    };
    let credentials = obtain(&endpoint, call)?;
    println!("{}", serde_json::to_string(&credentials.printed())?);
    Ok(ExitCode::SUCCESS)
}

/// From the cache while they are fresh enough, else from STS.
fn obtain(endpoint: &StsEndpoint, call: Call) -> anyhow::Result<Held> {
    let now = SystemClock.now();
    let cache = if endpoint.no_cache { None } else { Some(Cache::of(endpoint, &call)?) };
    let kept = cache.as_ref().and_then(Cache::read).filter(|held| held.expiration > now);
    if let Some(held) = kept.as_ref().filter(|held| held.is_fresh(now)) {
        return Ok(held.clone());
    }
    let address = transport::Address::parse(&endpoint.endpoint)?;
    let signing = Signing { region: &endpoint.region, now };
    let request = call.request(&address, &signing)?;
    match runtime()?.block_on(transport::send(&address, endpoint.ca_bundle.as_deref(), request)) {
        Ok(answer) => {
            let held = sts::read(&answer, now)?;
            if let Some(cache) = cache {
                cache.write(&held)?;
            }
            Ok(held)
        }
        // What is at hand is good until it expires; nobody has refused anything.
        Err(cause) => match kept {
            Some(held) => {
                eprintln!(
                    "portcullis: {cause:#}; credentials from before are used until {}",
                    held.expiration
                );
                Ok(held)
            }
            None => Err(cause),
        },
    }
}

/// Temporary credentials with the time in which they hold.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Held {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    issued: Timestamp,
    expiration: Timestamp,
}

impl Held {
    /// Whether more than half of their time is left, or more than an SDK asks for before it takes new ones.
    fn is_fresh(&self, now: Timestamp) -> bool {
        let left = self.expiration.as_second().saturating_sub(now.as_second());
        let whole = self.expiration.as_second().saturating_sub(self.issued.as_second());
        left > ENOUGH.min(whole / 2)
    }

    fn printed(&self) -> serde_json::Value {
        serde_json::json!({
            "Version": 1,
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
            "SessionToken": self.session_token,
            "Expiration": self.expiration,
        })
    }
}

/// Something that is read when it is needed, and is of use once.
pub(crate) enum Once {
    Text(String),
    File(std::path::PathBuf),
    /// What a command prints, run by the shell.
    Command(String),
}

impl Once {
    fn read(self) -> anyhow::Result<Secret> {
        let text = match self {
            Self::Text(text) => text,
            Self::File(path) => {
                std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?
            }
            Self::Command(command) => {
                let output = Command::new("/bin/sh")
                    .args(["-c", &command])
                    .stderr(std::process::Stdio::inherit())
                    .output()
                    .context("cannot run /bin/sh")?;
                anyhow::ensure!(output.status.success(), "`{command}` failed: {}", output.status);
                String::from_utf8(output.stdout).context("the command's output is not text")?
            }
        };
        Ok(Secret::new(text.trim().to_owned()))
    }
}

/// The parameters that all forms of AssumeRole take.
fn add_session(call: &mut Call, session: &RoleSession) {
    call.add_if("RoleArn", Some(&session.role_arn));
    call.add_if("DurationSeconds", session.duration_seconds.map(|seconds| seconds.to_string()).as_deref());
    call.add_if("Policy", session.policy.as_deref());
    for (number, arn) in session.policy_arn.iter().enumerate() {
        call.add_if(&format!("PolicyArns.member.{}.arn", number + 1), Some(arn));
    }
}

/// SDKs ask for new credentials from a quarter of an hour before the end on.
const ENOUGH: i64 = 16 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn held(seconds: i64) -> Held {
        let at = |second: i64| Timestamp::from_second(1_767_225_600 + second).unwrap();
        Held {
            access_key_id: "ASIA".into(),
            secret_access_key: "s".into(),
            session_token: "t".into(),
            issued: at(0),
            expiration: at(seconds),
        }
    }

    #[test]
    fn short_sessions_are_fresh_for_half_their_time_and_long_ones_until_an_sdk_asks() {
        let at = |second: i64| Timestamp::from_second(1_767_225_600 + second).unwrap();
        assert!(held(900).is_fresh(at(449)) && !held(900).is_fresh(at(450)));
        assert!(held(3600).is_fresh(at(2639)) && !held(3600).is_fresh(at(2640)));
    }

    #[test]
    fn it_prints_the_form_that_sdks_read() {
        assert_eq!(
            held(900).printed().to_string(),
            r#"{"AccessKeyId":"ASIA","Expiration":"2026-01-01T00:15:00Z","SecretAccessKey":"s","SessionToken":"t","Version":1}"#
        );
    }

    #[test]
    fn a_command_s_output_is_taken_without_its_line_end_and_its_failure_is_told() {
        assert_eq!(Once::Command("echo abc".into()).read().unwrap().expose(), "abc");
        assert!(Once::Command("exit 3".into()).read().is_err());
        assert!(Once::File("/nowhere/at/all".into()).read().is_err());
    }
}
