//! Tokens of OpenID Connect and key sets: whatever is believed is what the issuer signed, byte for byte.

use std::sync::OnceLock;

use federation::jwt::{KeySet, Token};
use federation::oidc::WebIdentity;
use jiff::Timestamp;

use crate::target::{Seen, Target};

/// See the module.
pub const TARGET: Target = Target { name: "jwt", seeds, words: WORDS, body };

fn body(data: &[u8]) -> Seen {
    let text = String::from_utf8_lossy(data);
    let keys = KeySet::parse(data).map(|keys| keys.is_empty());
    // What is no token may still be claims: read as if they had been verified.
    let claims = serde_json::from_slice(data).ok().map(|claims| WebIdentity::read(&claims, now()));
    let way = (keys.clone().ok(), claims.as_ref().map(|read| read.as_ref().err().map(ToString::to_string)));
    let was_read = keys.is_ok() || claims.is_some_and(|read| read.is_ok());
    let token = match Token::parse(&text) {
        Ok(token) => token,
        Err(_) if was_read => return Seen::accepted(way),
        Err(refused) => return Seen::refused((refused.to_string(), way, data.len() / 64)),
    };
    match token.verify(issuer()) {
        Ok(claims) => {
            assert_eq!(text, TOKEN);
            let identity = WebIdentity::read(&claims, now()).expect("the claims of the seed");
            assert_eq!(identity.subject, "alice");
            Seen::accepted(way)
        }
        Err(refused) => Seen::refused((refused.to_string(), way, data.len() / 64)),
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_767_225_600).expect("an instant")
}

/// An issuer whose private key nobody has any more.
fn issuer() -> &'static KeySet {
    static KEYS: OnceLock<KeySet> = OnceLock::new();
    KEYS.get_or_init(|| {
        let keys = KeySet::parse(KEYS_DOCUMENT.as_bytes()).expect("a key set");
        assert!(Token::parse(TOKEN).expect("a token").verify(&keys).is_ok());
        keys
    })
}

fn seeds() -> Vec<Vec<u8>> {
    let claims = br#"{"iss":"https://idp.example","sub":"alice","aud":["app"],"azp":"app","iat":1767225600,"nbf":1767225600.5,"exp":1767229200,"amr":["pwd"],"https://aws.amazon.com/tags":{"principal_tags":{"Team":["blue"]},"transitive_tag_keys":["Team"]},"https://aws.amazon.com/tags/principal_tags/A":"b"}"#;
    vec![TOKEN.into(), KEYS_DOCUMENT.into(), claims.to_vec()]
}

const KEYS_DOCUMENT: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","use":"sig","x":"iM6GMqhRrK5XmX-hVrK57P1nmnLb-J3dyXq9tOF8nrM"},{"kty":"RSA","kid":"r","n":"uw","e":"AQAB"},{"kty":"EC","crv":"P-256","kid":"e","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}"#;
const TOKEN: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6ImsifQ.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwic3ViIjoiYWxpY2UiLCJhdWQiOlsiYXBwIiwib3RoZXIiXSwiYXpwIjoiYXBwIiwiaWF0IjoxNzY3MjI1NjAwLCJuYmYiOjE3NjcyMjU2MDAsImV4cCI6MTc2NzIyOTIwMCwiYW1yIjpbInB3ZCJdLCJodHRwczovL2F3cy5hbWF6b24uY29tL3RhZ3MiOnsicHJpbmNpcGFsX3RhZ3MiOnsiVGVhbSI6WyJibHVlIl19LCJ0cmFuc2l0aXZlX3RhZ19rZXlzIjpbIlRlYW0iXX0sImh0dHBzOi8vYXdzLmFtYXpvbi5jb20vc291cmNlX2lkZW50aXR5IjoiYWxpY2UifQ.66YvzHpcEcBybi9eadr_W5jAcv2QxVZVszHrqre4KZzm_y-OwvN1izBz-ypwMe1qgGFH9jCtXE5SNeoRU58pCw";

const WORDS: &[&str] = &[
    ".",
    "..",
    "=",
    "-",
    "_",
    "e30",
    // Headers: {"alg":"none"}, {"alg":"HS256","kid":"k"}, {"alg":"EdDSA"}, {"alg":"ES256","kid":"e"}, {"alg":"RS256","kid":"r"}
    "eyJhbGciOiJub25lIn0",
    "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsifQ",
    "eyJhbGciOiJFZERTQSJ9",
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImUifQ",
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InIifQ",
    "\"iss\":\"\"",
    "\"exp\":",
    "1e300",
    "-1",
    "9223372036854775807",
    "null",
    "[",
    "{",
    "\"kty\":\"RSA\"",
    "\"crv\":\"P-521\"",
    "\"use\":\"enc\"",
    "\"https://aws.amazon.com/tags\":",
];
