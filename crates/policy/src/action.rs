//! The action that a request asks for.

mod services;

use compact_str::CompactString;

use crate::key;
use crate::numbers::SERVICES;

/// An action, `service:Name`, as a request asks for it: no wildcards.
#[derive(Clone)]
pub struct Action {
    written: CompactString,
    folded: CompactString,
    colon: usize,
    service_hash: u64,
    hash: u64,
    family: Family,
    bound_by_resource_control: bool,
}

/// The services that have rules of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Sts,
    Iam,
    Kms,
    Other,
}

/// Why a text is not an action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an action: expected `service:Name`")]
pub struct InvalidAction(pub String);

impl Action {
    /// Parses `service:Name`: one colon, both halves non-empty.
    pub fn parse(text: &str) -> Result<Self, InvalidAction> {
        let invalid = || InvalidAction(text.chars().take(128).collect());
        let colon = text.bytes().position(|byte| byte == b':').ok_or_else(invalid)?;
        let mut folded = CompactString::from(text);
        folded.make_ascii_lowercase();
        let (service, name) = folded.split_at_checked(colon).ok_or_else(invalid)?;
        let name = name.get(1..).unwrap_or_default();
        if service.is_empty() || name.is_empty() || name.bytes().any(|byte| byte == b':') {
            return Err(invalid());
        }
        let service_hash = key::hash(service.as_bytes());
        let service_number = SERVICES.find(service, service_hash);
        Ok(Self {
            written: text.into(),
            colon,
            service_hash,
            hash: key::hash(folded.as_bytes()),
            family: match service {
                "sts" => Family::Sts,
                "iam" => Family::Iam,
                "kms" => Family::Kms,
                _ => Family::Other,
            },
            bound_by_resource_control: services::are_bound_by_resource_control(service_number, service, name),
            folded,
        })
    }

    /// The action as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The whole action in lower case.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// The service's prefix, in lower case.
    #[must_use]
    pub fn service(&self) -> &str {
        self.folded.get(..self.colon).unwrap_or_default()
    }

    /// The name behind the colon, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        self.folded.get(self.colon + 1..).unwrap_or_default()
    }

    pub(crate) fn service_hash(&self) -> u64 {
        self.service_hash
    }

    pub(crate) fn family(&self) -> Family {
        self.family
    }

    /// Whether resource control policies bind the action at all.
    pub(crate) fn is_bound_by_resource_control(&self) -> bool {
        self.bound_by_resource_control
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }
}

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for Action {}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written)
    }
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_has_two_halves() {
        let action = Action::parse("S3:GetObject").unwrap();
        assert_eq!((action.service(), action.name(), action.as_str()), ("s3", "getobject", "S3:GetObject"));
        for bad in ["", "s3", ":x", "s3:", "a:b:c", "*"] {
            assert!(Action::parse(bad).is_err(), "{bad}");
        }
    }
}
