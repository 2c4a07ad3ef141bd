//! Identity providers in memory: an issuer of tokens with its documents, and the world that fetches them.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test that cannot set itself up has failed")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use service::testing::{Fields, World};
use service::{Fetch, FetchFailed, Fetching};

/// When worlds begin.
pub(crate) const NOW: i64 = 1_767_225_600;

/// The documents of all identity providers; those that are not there cannot be reached.
#[derive(Debug, Default)]
pub(crate) struct Web {
    documents: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<String>>,
}

impl Fetch for Web {
    fn get<'a>(&'a self, url: &'a str, _: &'a [String]) -> Fetching<'a> {
        self.asked.lock().unwrap().push(url.to_owned());
        let found = self.documents.lock().unwrap().get(url).cloned();
        let found = found.ok_or_else(|| FetchFailed::Unreachable("nobody answers".into()));
        Box::pin(async { found.map(String::into_bytes) })
    }
}

impl Web {
    pub(crate) fn put(&self, url: &str, document: impl ToString) {
        self.documents.lock().unwrap().insert(url.to_owned(), document.to_string());
    }

    pub(crate) fn clear(&self) {
        self.documents.lock().unwrap().clear();
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

/// An issuer of ID tokens.
pub(crate) struct Issuer {
    pub(crate) url: &'static str,
    key: Ed25519KeyPair,
}

impl Issuer {
    /// An issuer that shows its key on the web.
    pub(crate) fn new(web: &Web, url: &'static str) -> Self {
        let issuer = Self { url, key: Ed25519KeyPair::generate().unwrap() };
        let keys = format!("{url}/keys");
        web.put(&format!("{url}/.well-known/openid-configuration"), json!({"issuer": url, "jwks_uri": keys}));
        web.put(&keys, issuer.keys());
        issuer
    }

    pub(crate) fn keys(&self) -> Json {
        let x = URL_SAFE_NO_PAD.encode(self.key.public_key());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": x}]})
    }

    /// A token for Alice, with these claims besides or in place of the usual ones.
    pub(crate) fn token(&self, more: &Json) -> String {
        let mut claims = json!({"iss": self.url, "sub": "alice", "aud": "app", "iat": NOW, "exp": NOW + 600});
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","kid":"k"}"#);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes())))
    }
}

/// A world with a web around it.
pub(crate) async fn world() -> (World, Arc<Web>) {
    let web = Arc::new(Web::default());
    let settings = sts::Settings { fetch: Arc::clone(&web) as _, ..sts::Settings::default() };
    (World::new(vec![iam::entry(), sts::entry_with(settings)]).await, web)
}

/// Makes a role that trusts a provider, under conditions where there are any.
pub(crate) async fn role(
    world: &World,
    name: &str,
    provider: &str,
    actions: &str,
    condition: &str,
) -> String {
    let condition = if condition.is_empty() { String::new() } else { format!(r#","Condition":{condition}"#) };
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},"Action":{actions}{condition}}}]}}"#
    );
    let parameters = [("RoleName", name), ("AssumeRolePolicyDocument", trust.as_str())];
    world.ok(&world.root, "CreateRole", &parameters).await;
    format!("arn:aws:iam::123456789012:role/{name}")
}

/// Calls an operation as nobody.
pub(crate) async fn call(world: &World, operation: &str, parameters: &[(&str, &str)]) -> Fields {
    world.unsigned(operation, parameters).await.unwrap_or_else(|fault| panic!("{operation}: {fault}"))
}

/// Is refused an operation, as nobody.
pub(crate) async fn refused(world: &World, operation: &str, parameters: &[(&str, &str)]) -> (String, String) {
    match world.unsigned(operation, parameters).await {
        Ok(answer) => panic!("{operation} was not refused: {}", answer.xml),
        Err(fault) => (fault.code.into_owned(), fault.message),
    }
}
