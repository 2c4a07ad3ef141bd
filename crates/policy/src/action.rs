//! The action that a request asks for.

mod services;

use std::sync::OnceLock;

use compact_str::CompactString;

use crate::{key, texts};

/// An action, `service:Name`, as a request asks for it: no wildcards.
#[derive(Clone)]
pub struct Action {
    written: CompactString,
    /// In lower case, once somebody asks for it.
    folded: OnceLock<Box<str>>,
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

impl Family {
    fn of(service: &str) -> Self {
        let is = |name: &str| service.eq_ignore_ascii_case(name);
        match service.len() {
            3 if is("sts") => Self::Sts,
            3 if is("iam") => Self::Iam,
            3 if is("kms") => Self::Kms,
            _ => Self::Other,
        }
    }
}

/// Why a text is not an action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an action: expected `service:Name`")]
pub struct InvalidAction(pub String);

impl Action {
    /// Parses what somebody asks about. A pattern, or a name with a blank beside it, would be compared as a name and
    /// pass the denies of what is meant: it is refused.
    pub fn parse_one(text: &str) -> Result<Self, InvalidAction> {
        let foreign = |c: char| matches!(c, '*' | '?') || c.is_whitespace() || c.is_control();
        match text.contains(foreign) {
            true => Err(InvalidAction(text.escape_debug().take(128).collect())),
            false => Self::parse(text),
        }
    }

    /// Parses `service:Name`: one colon, both halves non-empty.
    pub fn parse(text: &str) -> Result<Self, InvalidAction> {
        let invalid = || InvalidAction(text.chars().take(128).collect());
        let colon = text.bytes().position(|byte| byte == b':').ok_or_else(invalid)?;
        let (service, name) =
            (text.get(..colon).unwrap_or_default(), text.get(colon + 1..).unwrap_or_default());
        if service.is_empty() || name.is_empty() || memchr::memchr(b':', name.as_bytes()).is_some() {
            return Err(invalid());
        }
        let service_hash = key::hash_lower(service.as_bytes());
        Ok(Self {
            written: text.into(),
            colon,
            service_hash,
            hash: key::hash_lower(text.as_bytes()),
            family: Family::of(service),
            bound_by_resource_control: services::are_bound_by_resource_control(service, service_hash, name),
            folded: OnceLock::new(),
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
        self.folded.get_or_init(|| {
            let mut folded = Box::<str>::from(&*self.written);
            folded.make_ascii_lowercase();
            folded
        })
    }

    /// Whether its name, in lower case, is this one.
    #[inline]
    pub(crate) fn is_named(&self, name: &[u8]) -> bool {
        match self.folded.get() {
            Some(folded) => texts::are_same(folded.as_bytes(), name),
            None => self.written.as_bytes().eq_ignore_ascii_case(name),
        }
    }

    /// The service's prefix, in lower case.
    #[must_use]
    pub fn service(&self) -> &str {
        self.folded().get(..self.colon).unwrap_or_default()
    }

    /// The name behind the colon, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        self.folded().get(self.colon + 1..).unwrap_or_default()
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
        self.written.eq_ignore_ascii_case(&other.written)
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

    #[test]
    fn actions_are_the_same_in_whatever_case_and_shown_as_written() {
        let action = Action::parse("S3:GetObject").unwrap();
        assert_eq!(action, Action::parse("s3:getobject").unwrap());
        assert_ne!(action, Action::parse("s3:getobjects").unwrap());
        assert_eq!(
            (format!("{action}"), format!("{action:?}")),
            ("S3:GetObject".into(), "S3:GetObject".into())
        );
    }

    #[test]
    fn three_services_have_rules_of_their_own() {
        for (service, family) in [
            ("sts", Family::Sts),
            ("IAM", Family::Iam),
            ("Kms", Family::Kms),
            ("sns", Family::Other),
            ("kmsx", Family::Other),
        ] {
            assert_eq!(Action::parse(&format!("{service}:Do")).unwrap().family(), family, "{service}");
        }
    }
}
