//! Definitions of own services.

use std::path::PathBuf;

/// The own services that a question is asked with.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct OwnServices {
    /// The definition of an own service, in the form of AWS's service reference; give it once for each service
    #[arg(long = "services", value_name = "FILE")]
    pub(crate) definitions: Vec<PathBuf>,
}
