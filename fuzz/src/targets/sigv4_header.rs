//! Signatures in the `Authorization` header.

use sigv4::{Profile, RequestParts};

use super::request::{HOST, Raw, check, is_plain, with_signer};
use crate::target::{Seen, Target};

/// See the module.
pub const TARGET: Target = Target { name: "sigv4_header", seeds, words: WORDS, body };

fn body(data: &[u8]) -> Seen {
    let raw = Raw::read(data);
    let mut seen = check(&raw);
    // Whatever a client may send verifies once it is signed, and no longer when its body changes.
    if is_plain(&raw) {
        for profile in [&Profile::OWN, &Profile::S3] {
            let signed = signed(&raw, profile);
            assert!(check(&signed).accepted, "{signed:?}");
            let mut altered = signed;
            altered.body.push(b'x');
            if std::ptr::eq(profile, &Profile::OWN) {
                assert!(!check(&altered).accepted, "{altered:?}");
            }
        }
        seen.accepted = true;
    }
    seen
}

/// The request with a signature of ours and no other headers than it needs.
fn signed(raw: &Raw, profile: &Profile) -> Raw {
    let parts = RequestParts { method: &raw.method, path: &raw.path, query: &raw.query, headers: &HOST };
    let added = with_signer(Some("token"), profile, |signer| signer.sign(&parts, &raw.body));
    let mut text = format!("{} {}?{}\nhost:iam.amazonaws.com\n", raw.method, raw.path, raw.query);
    for (name, value) in added {
        text.push_str(&format!("{name}:{value}\n"));
    }
    let mut data = (text + "\n").into_bytes();
    data.extend_from_slice(&raw.body);
    Raw::read(&data)
}

fn seeds() -> Vec<Vec<u8>> {
    let requests = [
        "POST /\n\nAction=GetUser&Version=2010-05-08",
        "GET /a%20b/../c?b=2&a=1&a=%2F\n\n",
        "PUT //x?\n\n\0\u{1}",
    ];
    let mut seeds = Vec::new();
    for request in requests {
        let raw = Raw::read(request.as_bytes());
        for profile in [&Profile::OWN, &Profile::S3] {
            let signed = signed(&raw, profile);
            let mut data = format!("{} {}?{}\n", signed.method, signed.path, signed.query).into_bytes();
            for (name, value) in &signed.headers {
                data.extend_from_slice(&[name.as_str().as_bytes(), b":", value.as_bytes(), b"\n"].concat());
            }
            data.push(b'\n');
            data.extend_from_slice(&signed.body);
            seeds.push(data);
        }
    }
    seeds
}

const WORDS: &[&str] = &[
    "AWS4-HMAC-SHA256 ",
    "Credential=",
    "AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request",
    ", SignedHeaders=",
    "host;x-amz-date",
    ", Signature=",
    "authorization:",
    "Authorization: ",
    "x-amz-date:20150830T123600Z\n",
    "date:Sun, 30 Aug 2015 12:36:00 GMT\n",
    "x-amz-security-token:",
    "x-amz-content-sha256:UNSIGNED-PAYLOAD\n",
    "x-amz-content-sha256:STREAMING-AWS4-HMAC-SHA256-PAYLOAD\n",
    "host:\n",
    "\n\n",
    ";",
    "/",
    ",",
    "=",
    "  ",
    "%2f",
    "%2F",
    "/./",
    "/../",
    "AWS4-HMAC-SHA256",
    "AWS3 ",
    "Bearer ",
    "aws4_request",
    "20150830",
    "0",
];
