//! ARNs, names and ids: what is read prints back the same, and reads again.

use std::{fmt::Display, str::FromStr};

use types::{
    AccessKeyId, AccountAlias, AccountId, Arn, GroupName, InstanceProfileName, Owner, Partition, Path,
    PolicyName, Region, RoleName, RoleSessionName, SourceIdentity, TagKey, TagValue, UniqueId, UserName,
};

use crate::target::{Seen, Target};

/// See the module.
pub const TARGET: Target = Target { name: "arn", seeds, words: WORDS, body };

fn body(data: &[u8]) -> Seen {
    let text = String::from_utf8_lossy(data);
    let read = [
        same::<Arn>(&text),
        same::<AccountId>(&text),
        same::<Owner>(&text),
        same::<Partition>(&text),
        same::<Region>(&text),
        same::<UserName>(&text),
        same::<GroupName>(&text),
        same::<RoleName>(&text),
        same::<PolicyName>(&text),
        same::<InstanceProfileName>(&text),
        same::<RoleSessionName>(&text),
        same::<SourceIdentity>(&text),
        same::<Path>(&text),
        same::<AccountAlias>(&text),
        same::<TagKey>(&text),
        same::<TagValue>(&text),
        same::<UniqueId>(&text),
        same::<AccessKeyId>(&text),
    ];
    if let Ok(arn) = Arn::parse(&text) {
        // The parts are the text, in order.
        let [_, rest] = [0, 1].map(|part| text.splitn(2, ':').nth(part).unwrap_or_default());
        assert!(rest.starts_with(arn.partition_name()) && text.ends_with(arn.resource()), "{text}");
    }
    if let Ok(principal) = policy::Principal::parse(&text) {
        assert!(principal.arn().is_none_or(|arn| Arn::parse(arn.as_str()).is_ok()), "{text}");
    }
    let _ = policy::Action::parse(&text);
    if read.contains(&true) { Seen::accepted((read, text.len() / 8)) } else { Seen::refused(text.len() / 64) }
}

/// Whether the text is a `T`; if so it prints as it was read.
fn same<T: FromStr + Display>(text: &str) -> bool {
    let Ok(value) = text.parse::<T>() else { return false };
    assert_eq!(value.to_string(), text);
    true
}

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "arn:aws:iam::123456789012:user/division/alice",
        "arn:aws-us-gov:sts::123456789012:assumed-role/r/s",
        "arn:aws:s3:::bucket/key:with:colons",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "123456789012",
        "aws-cn",
        "us-east-1",
        "alice+=,.@-_",
        "/a/b/",
        "my-alias",
        "AIDAQ3EGSJEXAMPLE7ABC",
        "AKIAIOSFODNN7EXAMPLE",
        "team",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

const WORDS: &[&str] = &[
    "arn:",
    "aws:",
    "aws-cn",
    "aws-us-gov",
    ":iam:",
    ":sts:",
    "::",
    ":root",
    ":user/",
    ":role/",
    ":group/",
    ":policy/",
    ":assumed-role/",
    ":federated-user/",
    ":instance-profile/",
    "123456789012",
    "000000000000",
    "/",
    "//",
    "AIDA",
    "AROA",
    "AKIA",
    "ASIA",
    "aws:",
    "us-gov-west-1",
    "*",
    "ä",
    "\u{ff21}",
];
