//! Signatures in the query.

use sigv4::{Profile, RequestParts};

use super::request::{HOST, Raw, check, is_plain, with_signer};
use crate::target::{Seen, Target};

/// See the module.
pub const TARGET: Target = Target { name: "sigv4_presigned", seeds, words: WORDS, body };

fn body(data: &[u8]) -> Seen {
    let raw = Raw::read(data);
    let mut seen = check(&raw);
    if is_plain(&raw) {
        for profile in [&Profile::OWN, &Profile::S3] {
            let signed = presigned(&raw, profile);
            assert!(check(&signed).accepted, "{signed:?}");
            // One more parameter, and it is another request.
            let altered = Raw { query: format!("{}&a", signed.query), ..signed };
            assert!(!check(&altered).accepted, "{altered:?}");
        }
        seen.accepted = true;
    }
    seen
}

fn presigned(raw: &Raw, profile: &Profile) -> Raw {
    let parts = RequestParts { method: &raw.method, path: &raw.path, query: &raw.query, headers: &HOST };
    let query = with_signer(None, profile, |signer| signer.presign(&parts, &raw.body, 900));
    let text = format!("{} {}?{query}\nhost:iam.amazonaws.com\n\n", raw.method, raw.path);
    Raw::read(&[text.as_bytes(), &raw.body].concat())
}

fn seeds() -> Vec<Vec<u8>> {
    let requests =
        ["GET /?Action=GetUser&Version=2010-05-08\n\n", "GET /a%20b/c?b=2&a=1&a\n\n", "POST /\n\nbody"];
    let mut seeds = Vec::new();
    for request in requests {
        for profile in [&Profile::OWN, &Profile::S3] {
            let signed = presigned(&Raw::read(request.as_bytes()), profile);
            let mut data =
                format!("{} {}?{}\nhost:iam.amazonaws.com\n\n", signed.method, signed.path, signed.query)
                    .into_bytes();
            data.extend_from_slice(&signed.body);
            seeds.push(data);
        }
    }
    seeds
}

const WORDS: &[&str] = &[
    "&X-Amz-Algorithm=AWS4-HMAC-SHA256",
    "&X-Amz-Credential=",
    "AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fiam%2Faws4_request",
    "&X-Amz-Date=20150830T123600Z",
    "&X-Amz-Expires=",
    "&X-Amz-Expires=900",
    "&X-Amz-Expires=604801",
    "&X-Amz-SignedHeaders=host",
    "&X-Amz-Signature=",
    "&X-Amz-Security-Token=",
    "%3B",
    "%2F",
    "%",
    "&",
    "=",
    "x-amz-date",
    "authorization:AWS4-HMAC-SHA256 Credential=a\n",
    "host:\n",
    "-1",
    "1e3",
    "99999999999999999999",
];
