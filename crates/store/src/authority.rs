//! Who may write: a permit of the decision point, or a named part of the system itself.

use std::fmt;

/// A permit that opens a write. Implemented by the decision point's permit and by nothing else: a type that implements
/// this trait says "the policy engine has allowed this write".
pub trait Permitted {
    /// The ARN of the principal that was permitted.
    fn author(&self) -> String;
}

/// The right to write, and the name of whoever holds it. Every commit records its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    author: String,
}

impl Authority {
    /// The authority of a principal whom the policy engine permitted.
    pub fn permitted(permit: &impl Permitted) -> Self {
        Self { author: permit.author() }
    }

    /// The authority of a named part of the system.
    pub fn system(actor: SystemActor) -> Self {
        Self { author: actor.to_string() }
    }

    /// The author as the history shows it: a principal's ARN, or `system:` and the actor's name.
    pub fn author(&self) -> &str {
        &self.author
    }
}

/// A part of the system that writes without a request of a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SystemActor {
    /// The first start, which creates the first account.
    Bootstrap,
    /// The operator at the command line of the machine that holds the data directory.
    Operator,
    /// An import of another directory's records.
    Import,
    /// A background job, such as one that removes what has expired.
    Maintenance,
    /// The development mode's reset.
    Reset,
}

impl fmt::Display for SystemActor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bootstrap => "system:bootstrap",
            Self::Operator => "system:operator",
            Self::Import => "system:import",
            Self::Maintenance => "system:maintenance",
            Self::Reset => "system:reset",
        })
    }
}
