//! What of a statement's resources is known before there is a request.

use crate::document::{Element, Polarity};
use crate::matching::ResourcePattern;

/// What of a request's resource a statement takes, as far as it is known beforehand.
#[derive(Debug, Default, Clone)]
pub(crate) struct Scope {
    everything: bool,
    /// For each pattern of a `Resource` element what its literal prefix ends with.
    hints: Box<[Hint]>,
}

/// Eight bytes that a text must have at a place for a pattern to match it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hint {
    bytes: [u8; 8],
    /// None where the pattern's prefix is too short to tell.
    start: Option<u32>,
}

impl Scope {
    pub(crate) fn of(resources: Option<&Element<ResourcePattern>>) -> Self {
        let Some(element) = resources.filter(|element| element.polarity == Polarity::Listed) else {
            return Self::default();
        };
        if element.patterns.iter().any(ResourcePattern::is_every) {
            return Self { everything: true, hints: Box::default() };
        }
        Self { everything: false, hints: element.patterns.iter().map(Hint::of).collect() }
    }

    /// Whether the statement takes every resource.
    pub(crate) fn is_everything(&self) -> bool {
        self.everything
    }

    /// One per pattern of a `Resource` element, in their order; none where the statement takes everything.
    pub(crate) fn hints(&self) -> &[Hint] {
        &self.hints
    }
}

impl Hint {
    fn of(pattern: &ResourcePattern) -> Self {
        let prefix = pattern.literal_prefix().as_bytes();
        match prefix.split_last_chunk::<8>() {
            Some((before, bytes)) => Self { bytes: *bytes, start: u32::try_from(before.len()).ok() },
            None => Self { bytes: [0; 8], start: None },
        }
    }

    /// Whether a text may match the pattern.
    #[inline]
    pub(crate) fn admits(&self, text: &[u8]) -> bool {
        let Some(start) = self.start else { return true };
        let there = usize::try_from(start).ok().and_then(|start| text.get(start..)?.first_chunk::<8>());
        there == Some(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Policy, ResourcePattern};

    fn scope(resource: &str) -> super::Scope {
        let text =
            format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*",{resource}}}}}"#);
        Policy::parse(&text).unwrap().statements()[0].scope.clone()
    }

    #[test]
    fn only_a_listed_star_is_everything() {
        assert!(scope(r#""Resource":["arn:aws:s3:::b","*"]"#).is_everything());
        for other in
            [r#""NotResource":"*""#, r#""Resource":"arn:*""#, r#""Principal":"*""#, r#""Resource":[]"#]
        {
            assert!(!scope(other).is_everything(), "{other}");
        }
    }

    #[test]
    fn a_hint_admits_whatever_its_pattern_matches() {
        let context = crate::Context::new().with("v", "alue");
        let mut refused = 0;
        for pattern in [
            "arn:aws:s3:::b/*",
            "arn:aws:s3:::b",
            "arn:*:s3:::b",
            "?rn:aws:s3:::b",
            "arn:aws:s3:*",
            "arn:aws:s3:::${v}/x",
            "arn:aws:s3:::v${v}",
            "own:a:b:c:d:e*f",
        ] {
            let scope = scope(&format!(r#""Resource":"{pattern}""#));
            let pattern = ResourcePattern::new(pattern, crate::Span::default(), crate::Version::V2012);
            for text in [
                "arn:aws:s3:::b/k",
                "arn:aws:s3:::b",
                "arn:aws:s3:::value",
                "arn:aws:s3:::alue/x",
                "*",
                "",
                "own:a:b:c:d:exf",
                "arn:aws:s3:::c/b",
            ] {
                let fit = pattern.fit(text, (&context).into(), crate::Layer::Identity);
                let admitted = scope.hints().iter().any(|hint| hint.admits(text.as_bytes()));
                assert!(admitted || fit != crate::template::Fit::Match, "{pattern:?} {text}");
                refused += usize::from(!admitted);
            }
        }
        assert!(refused > 20, "{refused}");
    }
}
