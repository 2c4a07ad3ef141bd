//! What is signed here verifies here, whatever the request; and nothing makes it panic.

use jiff::Timestamp;
use proptest::prelude::*;
use sigv4::{Credentials, HeaderList, Profile, RequestParts, Signer, SigningKeyCache, SigningTime, parse};
use types::Secret;

const NOW: i64 = 1_440_938_160;

fn credentials(token: Option<String>) -> Credentials {
    Credentials {
        access_key_id: "AKIDEXAMPLE".into(),
        secret: Secret::new("hush".into()),
        session_token: token,
    }
}

proptest! {
    #[test]
    fn a_signed_request_verifies_and_a_changed_one_does_not(
        path in "/[ -~é]{0,30}",
        query in "[a-zA-Z0-9%&=+~ é-]{0,40}",
        value in "[ -~\t]{0,40}",
        body in proptest::collection::vec(any::<u8>(), 0..200),
        token in proptest::option::of("[A-Za-z0-9+/=]{1,80}"),
    ) {
        let now = Timestamp::from_second(NOW).unwrap();
        let time = SigningTime::from_timestamp(now);
        let cache = SigningKeyCache::new(4);
        let credentials = credentials(token);
        for profile in [Profile::OWN, Profile::S3] {
            let signer = Signer { credentials: &credentials, region: "eu-central-1", service: "iam", time, profile: &profile };
            let base = [("host", "localhost:7070"), ("X-Test", value.as_str())];
            let headers = HeaderList(&base);
            let parts = RequestParts { method: "POST", path: &path, query: &query, headers: &headers };
            let added = signer.sign(&parts, &body);
            let mut all = base.to_vec();
            all.extend(added.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let headers = HeaderList(&all);
            let signed = RequestParts { headers: &headers, ..parts };
            let presented = parse(&signed, &profile).unwrap();
            let key = cache.key(presented.access_key_id(), presented.scope(), &credentials.secret);
            prop_assert!(presented.verify(&key, &body, now).is_ok());

            let mut changed = body.clone();
            changed.push(b'x');
            prop_assert!(presented.verify(&key, &changed, now).is_err());
            let other = RequestParts { method: "GET", ..signed };
            prop_assert!(parse(&other, &profile).unwrap().verify(&key, &body, now).is_err());
            let other = format!("{path}x");
            let other = RequestParts { path: &other, ..signed };
            prop_assert!(parse(&other, &profile).unwrap().verify(&key, &body, now).is_err());

            let headers = HeaderList(&base);
            let parts = RequestParts { headers: &headers, ..parts };
            let presigned = signer.presign(&parts, &body, 60);
            let signed = RequestParts { query: &presigned, ..parts };
            let presented = parse(&signed, &profile).unwrap();
            prop_assert_eq!(presented.session_token(), credentials.session_token.as_deref());
            let key = cache.key(presented.access_key_id(), presented.scope(), &credentials.secret);
            prop_assert!(presented.verify(&key, &body, now).is_ok());
            let later = Timestamp::from_second(NOW + 61).unwrap();
            prop_assert!(presented.verify(&key, &body, later).is_err());
        }
    }

    #[test]
    fn no_request_makes_the_parser_panic(
        authorization in "(AWS4-HMAC-SHA256 )?[ -~é]{0,120}",
        date in "[0-9TZ:, A-Za-z-]{0,30}",
        query in "(X-Amz-(Algorithm|Credential|Signature|SignedHeaders|Date|Expires)=[!-~]{0,12}&){0,7}",
    ) {
        let list = [("authorization", authorization.as_str()), ("x-amz-date", date.as_str()), ("host", "h")];
        for headers in [&list[..], &list[1..], &list[2..]] {
            let headers = HeaderList(headers);
            let parts = RequestParts { method: "GET", path: "/", query: &query, headers: &headers };
            if let Ok(presented) = parse(&parts, &Profile::OWN) {
                let key = SigningKeyCache::new(1).key("x", presented.scope(), &Secret::new("y".into()));
                let _ = presented.verify(&key, b"", Timestamp::UNIX_EPOCH);
            }
        }
    }
}
