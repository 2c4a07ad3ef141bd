use std::sync::atomic::{AtomicUsize, Ordering};

use service::Fetching;

use super::*;

const ISSUER: &str = "https://idp.example/a";

/// An issuer that shows the key `k0`, `k1`… after as many rotations, and can be out of reach.
#[derive(Debug, Default)]
struct Idp {
    asked: AtomicUsize,
    rotation: AtomicUsize,
    is_away: AtomicUsize,
}

impl Fetch for Idp {
    fn get<'a>(&'a self, url: &'a str, _: &'a [String]) -> Fetching<'a> {
        Box::pin(async move {
            if self.is_away.load(Ordering::SeqCst) > 0 {
                self.asked.fetch_add(1, Ordering::SeqCst);
                return Err(FetchFailed::Unreachable("nobody answers".into()));
            }
            // Others get their turn while this one waits.
            tokio::task::yield_now().await;
            match url {
                "https://idp.example/a/.well-known/openid-configuration" => {
                    self.asked.fetch_add(1, Ordering::SeqCst);
                    Ok(format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"https://keys.example/k"}}"#).into())
                }
                "https://keys.example/k" => {
                    let rotation = self.rotation.load(Ordering::SeqCst);
                    Ok(format!(
                        r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"k{rotation}","x":"AAAA"}}]}}"#
                    )
                    .into())
                }
                _ => Ok(format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"https://idp.example/none"}}"#).into()),
            }
        })
    }
}

struct World {
    idp: Arc<Idp>,
    keys: IssuerKeys,
}

impl World {
    fn new() -> Self {
        let idp = Arc::new(Idp::default());
        Self { keys: IssuerKeys::new(Arc::clone(&idp) as _), idp }
    }

    async fn has(&self, key: &str, second: i64) -> Result<bool, KeysMissing> {
        let at = Timestamp::from_second(second).unwrap();
        self.keys.of(ISSUER, &[], Some(key), at).await.map(|keys| keys.has(key))
    }

    fn asked(&self) -> usize {
        self.idp.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn keys_are_fetched_once_and_anew_when_they_are_old() {
    let world = World::new();
    for second in [0, 1, 599] {
        assert_eq!(world.has("k0", second).await, Ok(true));
    }
    assert_eq!(world.asked(), 1);
    assert_eq!(world.has("k0", 600).await, Ok(true));
    assert_eq!(world.asked(), 2);
}

#[tokio::test]
async fn many_at_once_ask_once() {
    let world = World::new();
    let (a, b, c) = tokio::join!(world.has("k0", 0), world.has("k0", 0), world.has("k0", 1));
    assert_eq!((a, b, c), (Ok(true), Ok(true), Ok(true)));
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn who_hangs_up_does_not_make_the_issuer_be_asked_again() {
    let world = World::new();
    for _ in 0..10 {
        // Begun, and dropped at its first wait.
        let asked = world.has("k0", 0);
        tokio::select! {
            biased;
            _ = asked => {}
            () = std::future::ready(()) => {}
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(world.has("k0", 0).await, Ok(true));
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn an_unknown_key_asks_again_but_not_each_time() {
    let world = World::new();
    assert_eq!(world.has("k0", 0).await, Ok(true));
    world.idp.rotation.store(1, Ordering::SeqCst);
    // The issuer was asked a moment ago.
    assert_eq!(world.has("k1", 29).await, Ok(false));
    assert_eq!(world.has("k1", 30).await, Ok(true));
    for number in 0..100 {
        assert_eq!(world.has(&format!("made-up-{number}"), 59).await, Ok(false));
    }
    assert_eq!(world.asked(), 2);
    assert_eq!(world.has("made-up", 60).await, Ok(false));
    assert_eq!(world.asked(), 3);
    assert_eq!(world.has("k0", 61).await, Ok(false), "what is rotated out is gone");
}

#[tokio::test]
async fn old_keys_do_for_an_hour_while_the_issuer_is_away() {
    let world = World::new();
    assert_eq!(world.has("k0", 0).await, Ok(true));
    world.idp.is_away.store(1, Ordering::SeqCst);
    assert_eq!(world.has("k0", 700).await, Ok(true));
    assert_eq!(world.has("k0", 3_599).await, Ok(true));
    let away = Err(KeysMissing::Unreachable("nobody answers".into()));
    assert_eq!(world.has("k0", 3_600).await, away);
    let asked = world.asked();
    assert_eq!(world.has("k0", 3_601).await, away, "the failure is remembered");
    assert_eq!(world.asked(), asked);
    world.idp.is_away.store(0, Ordering::SeqCst);
    assert_eq!(world.has("k0", 3_640).await, Ok(true));
}

#[tokio::test]
async fn a_document_that_is_none_or_of_another_issuer_is_of_no_use() {
    let world = World::new();
    let at = Timestamp::from_second(0).unwrap();
    for issuer in ["https://other.example", "https://idp.example/a/"] {
        let refused = world.keys.of(issuer, &[], None, at).await.unwrap_err();
        assert!(
            matches!(&refused, KeysMissing::Unusable(text) if text.contains("another issuer")),
            "{refused}"
        );
    }
}
