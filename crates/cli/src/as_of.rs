//! `as-of`: the AWS CLI, asking about the past.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use service::SystemClock;
use store::Clock as _;

use crate::args::{AsOf, DEFAULT_LISTEN};
use crate::moment;

pub(crate) fn run(args: AsOf) -> anyhow::Result<ExitCode> {
    let now = SystemClock.now();
    let at = moment::parse(&args.time, now)?;
    if at > now {
        bail!("{at} is still to come");
    }
    let base = args.endpoint.or_else(from_environment).unwrap_or_else(|| format!("http://{DEFAULT_LISTEN}"));
    let mut words = args.command.as_slice();
    // `as-of TIME -- aws iam …` is what people paste.
    if let Some((first, rest)) = words.split_first()
        && first == "aws"
    {
        words = rest;
    }
    let status =
        Command::new("aws").args(words).env("AWS_ENDPOINT_URL_IAM", endpoint(&base, at)).status().context(
            "cannot run the AWS CLI, `aws`: install it, or set the header x-portcullis-as-of in your client",
        )?;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}

/// The address at which a server answers about a moment. Colons and the like would be escaped by some clients and not
/// by others, and then their signatures would not fit.
fn endpoint(base: &str, at: jiff::Timestamp) -> String {
    let moment: String = at.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    format!("{}/_portcullis/as-of/{moment}/", base.trim_end_matches('/'))
}

fn from_environment() -> Option<String> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let found: Option<OsString> = set("AWS_ENDPOINT_URL_IAM").or_else(|| set("AWS_ENDPOINT_URL"));
    found.and_then(|value| value.into_string().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_in_the_address_is_the_moment() {
        let at: jiff::Timestamp = "2026-03-03T12:00:00.123456Z".parse().unwrap();
        let url = endpoint("http://127.0.0.1:7070/", at);
        assert_eq!(url, "http://127.0.0.1:7070/_portcullis/as-of/20260303T120000.123456Z/");
        let text = url.trim_end_matches('/').rsplit('/').next().unwrap();
        assert_eq!(text.parse::<jiff::Timestamp>().unwrap(), at);
    }
}
