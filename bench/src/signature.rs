//! `sigv4`: verification of a 400-byte request against the hashing alone.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context as _, Result};
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sigv4::{
    Credentials, HeaderList, Profile, RequestParts, Signer, SigningKey, SigningKeyCache, SigningTime, parse,
};
use types::Secret;

use crate::report::{Goal, Report, median};

const BENCH: &str = "sigv4";

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let now = crate::aws::now();
    let credentials = Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret: Secret::new("b".repeat(40)),
        session_token: None,
    };
    let headers =
        [("host", "127.0.0.1:7070"), ("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
    let body = b"Action=GetCallerIdentity&Version=2011-06-15";
    let time = SigningTime::from_timestamp(now);
    let profile = &Profile::OWN;
    let signer = Signer { credentials: &credentials, region: "us-east-1", service: "sts", time, profile };
    let added = signer.sign(&parts(&HeaderList(&headers)), body);
    let mut all = headers.to_vec();
    all.extend(added.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let headers = HeaderList(&all);
    let request = parts(&headers);
    let cache = SigningKeyCache::new(16);

    // Proof that what is timed is the whole: the request verifies, and with another body it does not.
    verify(&request, body, &cache, &credentials, now, true)?;
    anyhow::ensure!(verify(&request, b"Action=Other", &cache, &credentials, now, true).is_err());

    let (mut cached, mut fresh, mut floor, mut floor_fresh) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        cached.push(each(|| verify(&request, body, &cache, &credentials, now, true))?);
        floor.push(each(|| hashing(body, time.as_str(), 0))?);
        fresh.push(each(|| verify(&request, body, &cache, &credentials, now, false))?);
        floor_fresh.push(each(|| hashing(body, time.as_str(), 4))?);
    }
    report.tell(BENCH, "hashing alone, signing key at hand", median(&floor), "µs");
    report.judge(BENCH, "verification, cached signing key", median(&cached), "µs", Goal::AtMost(1.5));
    report.tell(BENCH, "hashing alone, with the key's four HMACs", median(&floor_fresh), "µs");
    report.judge(BENCH, "verification, key derived", median(&fresh), "µs", Goal::AtMost(3.0));
    report.tell(BENCH, "verification over hashing, cached", median(&cached) / median(&floor), "×");
    Ok(())
}

fn parts<'a>(headers: &'a HeaderList<'a>) -> RequestParts<'a, HeaderList<'a>> {
    RequestParts { method: "POST", path: "/", query: "", headers }
}

fn verify(
    request: &RequestParts<'_, HeaderList<'_>>,
    body: &[u8],
    cache: &SigningKeyCache,
    credentials: &Credentials,
    now: Timestamp,
    cached: bool,
) -> Result<()> {
    let presented = parse(black_box(request), &Profile::OWN).ok().context("it does not parse")?;
    let scope = presented.scope();
    let key = if cached {
        cache.key(presented.access_key_id(), scope, &credentials.secret)
    } else {
        SigningKey::derive(&credentials.secret, scope.date(), scope.region(), scope.service())
    };
    black_box(presented.verify(&key, body, now).ok().context("it does not verify")?);
    Ok(())
}

/// What cannot be saved: the hash of the body, of a canonical request of the same length, and
/// the MAC of the string to sign; with `derivations` more MACs under new keys.
fn hashing(body: &[u8], time: &str, derivations: usize) -> Result<()> {
    let canonical = [b'c'; 270];
    let mut to_sign = [b's'; 130];
    let mut key = *b"0123456789abcdef0123456789abcdef";
    for _ in 0..derivations {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key)?;
        mac.update(time.as_bytes());
        key = mac.finalize().into_bytes().into();
    }
    // A key at hand has entered its MAC already; so the floor clones one, as verification does.
    thread_local!(static READY: Option<Hmac<Sha256>> = Hmac::new_from_slice(b"key").ok());
    let mut mac = READY.with(Clone::clone).context("HMAC takes a key of any length")?;
    black_box(Sha256::digest(black_box(body)));
    let digest: [u8; 32] = Sha256::digest(black_box(canonical)).into();
    for (to, from) in to_sign.iter_mut().zip(digest.iter().chain(&key)) {
        *to = *from;
    }
    mac.update(&to_sign);
    black_box(mac.finalize().into_bytes());
    Ok(())
}

/// Microseconds of one call.
fn each(mut call: impl FnMut() -> Result<()>) -> Result<f64> {
    let begin = Instant::now();
    for _ in 0..CALLS {
        call()?;
    }
    Ok(begin.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS))
}

const ROUNDS: usize = 11;
const CALLS: u32 = 20_000;
