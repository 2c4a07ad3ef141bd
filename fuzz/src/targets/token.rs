//! Sealed texts from outside: session tokens, sealed values, stored events. Nothing but what we sealed opens.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use jiff::Timestamp;
use store::{
    audit::{AuditEvent, Hash},
    seal::{KeyId, Keyring, Purpose, Sealed, TokenSealer},
};

use crate::target::{Seen, Target};

/// See the module.
pub const TARGET: Target = Target { name: "token", seeds, words: WORDS, body };

fn body(data: &[u8]) -> Seen {
    let (tokens, ours) = sealer();
    let text = String::from_utf8_lossy(data);
    let opened = tokens.open(BOUND, &text);
    assert_eq!(opened.is_ok(), ours.contains(&text.as_ref().to_owned()), "{text}");
    assert!(tokens.open(b"ASIAOTHER", &text).is_err(), "{text}");
    if let Ok(token) = tokens.seal(BOUND, data) {
        assert_eq!(&**tokens.open(BOUND, &token).expect("our own token"), data);
    } else {
        assert!(data.len() > LONGEST / 2, "{}", data.len());
    }

    let sealed = text.parse::<Sealed>();
    assert!(sealed.as_ref().map_or(true, |sealed| sealed.to_string() == text), "{text}");
    assert!(text.parse::<KeyId>().map_or(true, |id| id.to_string() == text), "{text}");
    assert!(text.parse::<Hash>().map_or(true, |hash| hash.to_string() == text), "{text}");
    let event = AuditEvent::decode(&text);
    if let Ok(event) = &event {
        let line = event.encode();
        assert!(!line.contains('\n'), "{line}");
        assert_eq!(AuditEvent::decode(&line).expect("our own line"), *event);
    }
    let way = (opened.is_ok(), sealed.is_ok(), event.is_ok(), data.len().min(8000) / 400);
    if opened.is_ok() || sealed.is_ok() || event.is_ok() { Seen::accepted(way) } else { Seen::refused(way) }
}

/// A sealer that is the same in every run, and two tokens of it, under an older key and the current one.
fn sealer() -> &'static (TokenSealer, [String; 2]) {
    static SEALER: OnceLock<(TokenSealer, [String; 2])> = OnceLock::new();
    SEALER.get_or_init(|| {
        let count = AtomicU64::new(1);
        let entropy = move |bytes: &mut [u8]| {
            for chunk in bytes.chunks_mut(8) {
                let next = count.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).to_be_bytes();
                chunk.iter_mut().zip(next).for_each(|(to, from)| *to = from);
            }
        };
        let keyring = Keyring::in_memory(Arc::new(entropy), Timestamp::UNIX_EPOCH).expect("a keyring");
        let tokens = keyring.tokens(Purpose::SESSION_TOKEN, LONGEST);
        let older = tokens.seal(BOUND, b"older").expect("a token");
        keyring.rotate(Timestamp::UNIX_EPOCH).expect("a rotation");
        let newer = tokens.seal(BOUND, b"the content of a token").expect("a token");
        (tokens, [older, newer])
    })
}

fn seeds() -> Vec<Vec<u8>> {
    let (_, tokens) = sealer();
    let mut seeds: Vec<_> = tokens.iter().map(|token| token.as_bytes().to_vec()).collect();
    seeds.push(b"v1.0123abcd.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_vec());
    seeds.push(br#"{"id":"e","time":"2026-03-03T10:11:12.5Z","record":{"eventName":"GetUser","list":[1,2.5,null,"\u00e4"]}}"#.to_vec());
    seeds
}

const WORDS: &[&str] = &[
    "v1.",
    ".",
    "=",
    "==",
    "-",
    "_",
    "+",
    "/",
    "AAAA",
    "0123abcd",
    "\"id\":\"\"",
    "\"time\":",
    "\"record\":",
    "\n",
    " ",
    "\\n",
    "{",
    "}",
    "1970-01-01T00:00:00Z",
    "-009999-01-02T01:59:59Z",
];

const BOUND: &[u8] = b"ASIAIOSFODNN7EXAMPLE";
const LONGEST: usize = 8192;
