//! The operations of AWS Security Token Service.
//!
//! Temporary credentials are not kept anywhere: everything that binds them is sealed into the session token.

mod access_token;
mod assume_role;
mod assume_root;
mod authorization_message;
mod caller_identity;
mod credentials;
mod delegated_access_token;
mod duration;
mod federated;
mod federation_token;
mod issuer_keys;
mod mfa;
mod saml;
mod session_policies;
mod session_tags;
mod session_token;
mod web_identity;
mod web_identity_token;

use std::sync::Arc;

use issuer_keys::IssuerKeys;
pub use saml::SamlSettings;
use service::{Fetch, NoFetch, Registry, Route, ServiceEntry};
use wire::Fault;

/// The service; it keeps no state of its own but the keys of issuers that it fetched, and SAML providers that it has read.
#[derive(Debug)]
pub struct Sts {
    issuer_keys: IssuerKeys,
    fetch: Arc<dyn Fetch>,
    saml: SamlSettings,
    saml_providers: saml::ReadyProviders,
}

/// What is configured of the service.
#[derive(Debug)]
pub struct Settings {
    /// What fetches the documents of identity providers.
    pub fetch: Arc<dyn Fetch>,
    /// What concerns SAML.
    pub saml: SamlSettings,
}

impl Default for Settings {
    /// Fetches nothing.
    fn default() -> Self {
        Self { fetch: Arc::new(NoFetch), saml: SamlSettings::default() }
    }
}

impl Sts {
    fn new(settings: Settings) -> Self {
        let Settings { fetch, saml } = settings;
        let issuer_keys = IssuerKeys::new(Arc::clone(&fetch));
        Self { issuer_keys, fetch, saml, saml_providers: saml::ReadyProviders::default() }
    }

    pub(crate) fn issuer_keys(&self) -> &IssuerKeys {
        &self.issuer_keys
    }

    pub(crate) fn fetch(&self) -> &dyn Fetch {
        &*self.fetch
    }
}

/// The service behind its routes. It calls nobody, so strangers bring assertions but no tokens.
#[must_use]
pub fn entry() -> Box<dyn ServiceEntry> {
    entry_with(Settings::default())
}

/// The service behind its routes, with these settings.
#[must_use]
pub fn entry_with(settings: Settings) -> Box<dyn ServiceEntry> {
    Box::new(Registry::new(&api::sts::SERVICE, Sts::new(settings), TABLES, Fault::internal))
}

/// The routes of each file.
const TABLES: &[&[Route<Sts>]] = &[
    assume_role::ROUTES,
    assume_root::ROUTES,
    authorization_message::ROUTES,
    caller_identity::ROUTES,
    delegated_access_token::ROUTES,
    federation_token::ROUTES,
    saml::ROUTES,
    session_token::ROUTES,
    web_identity::ROUTES,
    web_identity_token::ROUTES,
];
