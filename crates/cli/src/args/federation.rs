//! What `serve` is told of identity providers.

use std::path::PathBuf;

use server::egress::NamedHost;

/// Identity providers, and how they are reached.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Identity providers")]
pub(crate) struct Federation {
    /// Reach this identity provider's host though its address is a private one, perhaps at a given address and port; give
    /// it several times for several hosts
    #[arg(long = "issuer", value_name = "HOST[=ADDR:PORT]")]
    pub(crate) issuers: Vec<NamedHost>,
    /// Trust these certificate authorities, in PEM, for identity providers, beside those of the operating system
    #[arg(long, value_name = "FILE")]
    pub(crate) issuer_ca: Option<PathBuf>,
    /// Accept SAML assertions that are made for this address, beside those for AWS's sign-in; give it several times for
    /// several
    #[arg(long = "saml-recipient", value_name = "URL")]
    pub(crate) saml_recipients: Vec<String>,
    /// Accept signatures over SHA-1 in SAML assertions: SHA-1 is broken
    #[arg(long)]
    pub(crate) saml_sha1: bool,
}

impl Federation {
    /// What the service that makes sessions is set to.
    ///
    /// # Errors
    /// When the certificate authorities cannot be read.
    pub(crate) fn settings(&self) -> anyhow::Result<sts::Settings> {
        let authorities = match &self.issuer_ca {
            Some(path) => server::egress::authorities(path).map_err(anyhow::Error::msg)?,
            None => Vec::new(),
        };
        let egress = server::egress::Egress::new(self.issuers.clone(), authorities);
        let saml = sts::SamlSettings::new(self.saml_recipients.clone(), self.saml_sha1);
        Ok(sts::Settings { fetch: std::sync::Arc::new(egress), saml })
    }
}
