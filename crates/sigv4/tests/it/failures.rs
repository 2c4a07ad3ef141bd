//! Each way to fail, with AWS's code, status and words.

use jiff::Timestamp;
use sigv4::{
    AuthFailure, Credentials, Dialect, Form, HeaderList, Profile, RequestParts, Signer, SigningKey,
    SigningKeyCache, SigningTime, parse,
};
use types::Secret;

const NOW: i64 = 1_440_938_160; // 20150830T123600Z

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn credentials() -> Credentials {
    Credentials {
        access_key_id: "AKIDEXAMPLE".into(),
        secret: Secret::new("hush".into()),
        session_token: None,
    }
}

fn signer(credentials: &Credentials) -> Signer<'_> {
    let time = SigningTime::from_timestamp(at(NOW));
    Signer { credentials, region: "us-east-1", service: "iam", time, profile: &Profile::OWN }
}

fn key() -> SigningKey {
    SigningKey::derive(&Secret::new("hush".into()), "20150830", "us-east-1", "iam")
}

/// The headers of a signed request, to be spoilt.
fn signed_headers() -> Vec<(String, String)> {
    let base = [("host", "iam.amazonaws.com")];
    let headers = HeaderList(&base);
    let parts = RequestParts { method: "POST", path: "/", query: "", headers: &headers };
    let mut all = vec![("host".to_owned(), "iam.amazonaws.com".to_owned())];
    all.extend(signer(&credentials()).sign(&parts, b"body"));
    all
}

fn check(headers: &[(String, String)], query: &str, now: i64) -> Result<(), AuthFailure> {
    let list: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let headers = HeaderList(&list);
    let parts = RequestParts { method: "POST", path: "/", query, headers: &headers };
    parse(&parts, &Profile::OWN)?.verify(&key(), b"body", at(now)).map(drop)
}

fn replaced(name: &str, from: &str, to: &str) -> Vec<(String, String)> {
    let mut headers = signed_headers();
    let (_, value) = headers.iter_mut().find(|(present, _)| present == name).unwrap();
    assert!(value.contains(from), "{value}");
    *value = value.replace(from, to);
    headers
}

#[track_caller]
fn refused(result: Result<(), AuthFailure>, code: &str, status: u16, message: &str) {
    let failure = result.unwrap_err();
    assert_eq!(failure.code(Dialect::Query), code);
    assert_eq!(failure.status(Dialect::Query), status);
    assert!(failure.to_string().starts_with(message), "{failure}");
}

#[test]
fn the_untouched_request_is_accepted_within_the_skew() {
    for now in [NOW - 900, NOW, NOW + 900] {
        assert_eq!(check(&signed_headers(), "", now), Ok(()));
    }
}

#[test]
fn without_a_signature_the_token_is_missing() {
    refused(
        check(&[], "", NOW),
        "MissingAuthenticationToken",
        403,
        "Request is missing Authentication Token",
    );
}

#[test]
fn old_and_future_requests_are_refused_in_aws_words() {
    refused(
        check(&signed_headers(), "", NOW + 901),
        "SignatureDoesNotMatch",
        403,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)",
    );
    refused(
        check(&signed_headers(), "", NOW - 901),
        "SignatureDoesNotMatch",
        403,
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)",
    );
}

#[test]
fn a_broken_signature_gets_the_hint() {
    for signature in ["0".repeat(64), "short".into(), "Z".repeat(64)] {
        let mut headers = signed_headers();
        let (_, value) = headers.last_mut().unwrap();
        let cut = value.find("Signature=").unwrap();
        value.truncate(cut);
        value.push_str("Signature=");
        value.push_str(&signature);
        let result = check(&headers, "", NOW);
        let text = result.clone().unwrap_err().to_string();
        assert!(
            text.contains("The Canonical String for this request should have been\n'POST\n/\n\nhost:iam")
        );
        assert!(text.contains("The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20150830T123600Z\n"));
        refused(result, "SignatureDoesNotMatch", 403, "The request signature we calculated does not match");
    }
}

#[test]
fn a_huge_request_gets_no_hint() {
    let query = format!("a={}", "x".repeat(20_000));
    let text = check(&signed_headers(), &query, NOW).unwrap_err().to_string();
    assert!(text.len() < 300);
}

#[test]
fn incomplete_headers_say_what_is_missing() {
    let cases = [
        ("Credential=", "Credentials=", "Authorization header requires 'Credential' parameter. (Hashed"),
        ("Signature=", "Sig=", "Authorization header requires 'Signature' parameter. (Hashed"),
        ("SignedHeaders=", "Signed=", "Authorization header requires 'SignedHeaders' parameter. (Hashed"),
        (
            "AWS4-HMAC-SHA256",
            "Basic",
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature'",
        ),
        (
            "AWS4-HMAC-SHA256",
            "AWS4-ECDSA-P256-SHA256",
            "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'. ",
        ),
        ("/us-east-1/", "/", "Credential must have exactly 5 slash-delimited elements"),
        ("Credential=", "Credential=a, Credential=", "The Authorization header must not repeat"),
    ];
    for (from, to, message) in cases {
        refused(check(&replaced("authorization", from, to), "", NOW), "IncompleteSignature", 400, message);
    }
    let mut headers = signed_headers();
    headers.retain(|(name, _)| name != "x-amz-date");
    refused(
        check(&headers, "", NOW),
        "IncompleteSignature",
        400,
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
    );
    let malformed = replaced("x-amz-date", "20150830T123600Z", "2015-08-30");
    refused(
        check(&malformed, "", NOW),
        "IncompleteSignature",
        400,
        "Date must be in ISO-8601 'basic format'",
    );
}

#[test]
fn the_scope_must_fit() {
    let cases = [
        ("20150830/", "20150829/", "Date in Credential scope does not match YYYYMMDD from ISO-8601"),
        (
            "aws4_request",
            "aws3_request",
            "Credential should be scoped with a valid terminator: 'aws4_request'",
        ),
        ("SignedHeaders=host;", "SignedHeaders=", "'Host' or ':authority' must be a 'SignedHeader'"),
        (";x-amz-date", "", "'x-amz-date' must be a 'SignedHeader'"),
    ];
    for (from, to, message) in cases {
        refused(check(&replaced("authorization", from, to), "", NOW), "SignatureDoesNotMatch", 403, message);
    }
    let scope = sigv4::Scope::new("20150830", "cn-north-1", "iam");
    assert!(scope.require_service("iam").is_ok());
    let wrong = scope.require_service("sts").unwrap_err();
    assert_eq!(wrong.to_string(), "Credential should be scoped to correct service: 'sts'. ");
    assert_eq!(wrong.code(Dialect::Json), "InvalidSignatureException");
    let region = sigv4::Scope::wrong_region().to_string();
    assert_eq!(region, "Credential should be scoped to a valid region. ");
}

#[test]
fn an_amz_header_that_was_added_on_the_way_is_refused() {
    let mut headers = signed_headers();
    headers.push(("X-Amz-Security-Token".into(), "stolen".into()));
    refused(
        check(&headers, "", NOW),
        "SignatureDoesNotMatch",
        403,
        "'X-Amz-Security-Token' must be a 'SignedHeader'",
    );
}

#[test]
fn repeated_parts_are_refused() {
    for name in ["authorization", "x-amz-date", "X-Amz-Security-Token"] {
        let mut headers = signed_headers();
        let value =
            headers.iter().find(|(present, _)| present == name).map_or("t", |(_, value)| value).to_owned();
        headers.push((name.into(), value.clone()));
        headers.push((name.into(), value));
        let code = check(&headers, "", NOW).unwrap_err().code(Dialect::Query);
        assert_eq!(code, "IncompleteSignature", "{name}");
    }
    let code = check(&signed_headers(), "X-Amz-Signature=1", NOW).unwrap_err().code(Dialect::Query);
    assert_eq!(code, "IncompleteSignature");
}

#[test]
fn unsigned_payload_is_no_way_into_our_own_services() {
    let mut headers = signed_headers();
    headers.push(("x-amz-content-sha256".into(), "UNSIGNED-PAYLOAD".into()));
    assert!(check(&headers, "", NOW).is_err());
    let value = headers.iter_mut().find(|(name, _)| name == "authorization").unwrap();
    value.1 = value.1.replace("host;", "host;x-amz-content-sha256;");
    refused(check(&headers, "", NOW), "SignatureDoesNotMatch", 403, "The request signature");
}

#[test]
fn expires_governs_presigned_requests() {
    let base = [("host".to_owned(), "iam.amazonaws.com".to_owned())];
    let list = [("host", "iam.amazonaws.com")];
    let headers = HeaderList(&list);
    let parts = RequestParts { method: "POST", path: "/", query: "Action=ListUsers", headers: &headers };
    let query = |expires| signer(&credentials()).presign(&parts, b"body", expires);
    let signed = query(3600);
    assert_eq!(check(&base, &signed, NOW + 3600), Ok(()));
    refused(
        check(&base, &signed, NOW + 3601),
        "SignatureDoesNotMatch",
        403,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T133601Z - 60 min.)",
    );
    let signed = RequestParts { query: &signed, ..parts };
    assert_eq!(parse(&signed, &Profile::OWN).unwrap().form(), Form::Query { expires: 3600 });
    refused(
        check(&base, &query(604_801), NOW),
        "IncompleteSignature",
        400,
        "X-Amz-Expires must be less than a week",
    );
    for (text, message) in
        [("x", "X-Amz-Expires should be a number"), ("-1", "X-Amz-Expires must be non-negative")]
    {
        let spoilt = query(3600).replace("Expires=3600", &format!("Expires={text}"));
        refused(check(&base, &spoilt, NOW), "IncompleteSignature", 400, message);
    }
    refused(
        check(&base, "X-Amz-Signature=1", NOW),
        "IncompleteSignature",
        400,
        "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include 'X-Amz-Credential'. ",
    );
    let twice = format!("{}&X-Amz-Date=20150830T123600Z", query(3600));
    refused(check(&base, &twice, NOW), "IncompleteSignature", 400, "'X-Amz-Date' must not be repeated.");
}

#[test]
fn a_cached_key_belongs_to_its_secret() {
    let cache = SigningKeyCache::new(1);
    let scope = sigv4::Scope::new("20150830", "us-east-1", "iam");
    let _ = cache.key("AKIDEXAMPLE", &scope, &Secret::new("another".into()));
    let list = signed_headers();
    let list: Vec<_> = list.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let headers = HeaderList(&list);
    let parts = RequestParts { method: "POST", path: "/", query: "", headers: &headers };
    let presented = parse(&parts, &Profile::OWN).unwrap();
    for secret in ["hush", "another", "hush"] {
        let key = cache.key("AKIDEXAMPLE", &scope, &Secret::new(secret.into()));
        assert_eq!(presented.verify(&key, b"body", at(NOW)).is_ok(), secret == "hush");
    }
}

#[test]
fn debug_shows_nothing_of_the_request() {
    let failure = AuthFailure::Mismatch("x-amz-security-token:secret".into());
    assert_eq!(format!("{failure:?}"), "SignatureDoesNotMatch");
}
