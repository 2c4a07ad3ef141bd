//! `Action` and `NotAction` (AWS: "IAM JSON policy elements: Action").

use compact_str::CompactString;

use crate::glob::Glob;
use crate::span::Span;
use crate::{Action, key};

/// One entry of `Action` or `NotAction`.
#[derive(Debug, Clone)]
pub struct ActionPattern {
    text: CompactString,
    span: Span,
    target: Target,
}

/// What an entry means.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// `*`: every action of every service.
    Every,
    /// One action; the hash is that of the lower case.
    Exact { hash: u64 },
    /// Actions of one service; the names in lower case.
    Names { service_hash: u64, colon: usize, names: Glob },
    /// Not an action pattern at all: matches nothing.
    Nothing,
}

impl ActionPattern {
    /// Reads an entry; what is no pattern at all matches nothing.
    #[must_use]
    pub fn new(text: &str, span: Span) -> Self {
        Self { text: text.into(), span, target: Target::new(text) }
    }

    /// The entry as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it stands, quotes included.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether it matches an action.
    #[must_use]
    #[inline]
    pub fn matches(&self, action: &Action) -> bool {
        match &self.target {
            Target::Every => true,
            Target::Exact { hash } => {
                *hash == action.hash() && self.text.eq_ignore_ascii_case(action.as_str())
            }
            Target::Names { service_hash, colon, names } => {
                *service_hash == action.service_hash()
                    && self.text.get(..*colon).is_some_and(|own| own.eq_ignore_ascii_case(action.service()))
                    && names.matches(action.name())
            }
            Target::Nothing => false,
        }
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }
}

impl Target {
    fn new(text: &str) -> Self {
        if text == "*" {
            return Self::Every;
        }
        // The halves are matched apart, so that no star of the name can reach the service.
        let Some((service, name)) = split(text) else { return Self::Nothing };
        if !has_wildcard(name) {
            return Self::Exact { hash: key::hash_lower(text.as_bytes()) };
        }
        let mut folded = CompactString::from(name);
        folded.make_ascii_lowercase();
        let service_hash = key::hash_lower(service.as_bytes());
        Self::Names { service_hash, colon: service.len(), names: Glob::parse(&folded) }
    }
}

/// Service and name, if a text has both and they may stand there.
fn split(text: &str) -> Option<(&str, &str)> {
    let special = |byte: u8| matches!(byte, b':' | b'*' | b'?');
    let (service, name) = text.split_at_checked(text.bytes().position(special)?)?;
    let name = name.strip_prefix(':')?;
    let good = !service.is_empty() && !name.is_empty() && memchr::memchr(b':', name.as_bytes()).is_none();
    good.then_some((service, name))
}

fn has_wildcard(name: &str) -> bool {
    memchr::memchr2(b'*', b'?', name.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, action: &str) -> bool {
        ActionPattern::new(pattern, Span::default()).matches(&Action::parse(action).unwrap())
    }

    #[test]
    fn both_halves_ignore_case_and_the_name_takes_wildcards() {
        assert!(matches("S3:getobject", "s3:GetObject"));
        assert!(matches("s3:*Object", "s3:GetObject"));
        assert!(matches("s3:G?t*", "S3:GetObject"));
        assert!(!matches("s3:GetObject", "s3:GetObjectVersion"));
        assert!(matches("*", "own:Anything"));
    }

    #[test]
    fn a_star_does_not_cross_the_colon_and_the_service_takes_none() {
        assert!(!matches("s3:*", "s3express:CreateSession"));
        assert!(!matches("s3*:GetObject", "s3:GetObject"));
        assert!(!matches("*:*", "s3:GetObject"));
    }

    #[test]
    fn what_is_not_an_action_pattern_matches_nothing() {
        for bad in ["", "s3", ":", "s3:", ":x", "a:b:c", "**"] {
            assert!(!matches(bad, "s3:x"), "{bad}");
        }
    }
}
