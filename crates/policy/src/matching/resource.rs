//! `Resource` and `NotResource` (AWS: "IAM JSON policy elements: Resource").

use compact_str::CompactString;

use crate::document::Version;
use crate::glob::{Glob, Unit, units};
use crate::prepared::Keys;
use crate::span::Span;
use crate::template::{Chunk, Fit, Template, Variable, Wildcards, chunks, has_variables};
use crate::{Context, Layer};

/// One entry of `Resource` or `NotResource`.
#[derive(Debug, Clone)]
pub struct ResourcePattern {
    text: CompactString,
    span: Span,
    target: Target,
}

#[derive(Debug, Clone)]
enum Target {
    /// `*`: every resource, and requests that have none.
    Every,
    /// A pattern over the whole ARN.
    Arns(Template),
    /// An ARN with fewer than six parts: what it means depends on the policy it stands in.
    Short { padded: Glob, has_wildcard: bool },
}

/// What an entry is, before there is a request.
pub(crate) enum ResourceForm<'p> {
    /// One that matches nothing.
    Nothing,
    Glob(&'p Glob),
    /// One with variables.
    Open,
}

/// Whether an ARN with fewer than six parts counts in a layer.
fn counts(layer: Layer, has_wildcard: bool) -> bool {
    match layer {
        Layer::Identity | Layer::Boundary | Layer::Session => true,
        Layer::Resource | Layer::Endpoint | Layer::ServiceControl => has_wildcard,
        Layer::ResourceControl => false,
    }
}

impl ResourcePattern {
    pub(crate) fn new(text: &str, span: Span, version: Version) -> Self {
        Self { text: text.into(), span, target: Target::new(text, version) }
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

    /// Whether it is `*` (or several stars): the only entry that a request without a resource
    /// matches.
    #[must_use]
    pub fn is_every(&self) -> bool {
        matches!(self.target, Target::Every)
    }

    /// The entry with its variables filled in; `None` where one has no value. A star that
    /// comes from a variable looks like one of the pattern's.
    #[must_use]
    pub fn resolved(&self, context: &Context) -> Option<CompactString> {
        match &self.target {
            Target::Arns(Template::Open(chunks)) => crate::template::resolve_chunks(chunks, context.into()),
            Target::Every | Target::Arns(Template::Fixed(_)) | Target::Short { .. } => {
                Some(self.text.clone())
            }
        }
    }

    /// Compares with the resource of a request, in a policy of the given layer.
    #[inline]
    pub(crate) fn fit(&self, resource: &str, context: Keys<'_>, layer: Layer) -> Fit {
        match &self.target {
            Target::Every => Fit::Match,
            // A request without a resource, `*`, has none of the five colons: it is matched by
            // `*` alone.
            Target::Arns(template) => template.fit(resource, context),
            Target::Short { padded, has_wildcard } => {
                (counts(layer, *has_wildcard) && padded.matches(resource)).into()
            }
        }
    }

    /// What the entry is in a policy of the given layer.
    pub(crate) fn form(&self, layer: Layer) -> ResourceForm<'_> {
        match &self.target {
            Target::Every => ResourceForm::Glob(&Glob::Any),
            Target::Arns(Template::Fixed(glob)) => ResourceForm::Glob(glob),
            Target::Arns(Template::Open(_)) => ResourceForm::Open,
            Target::Short { padded, has_wildcard } if counts(layer, *has_wildcard) => {
                ResourceForm::Glob(padded)
            }
            Target::Short { .. } => ResourceForm::Nothing,
        }
    }

    /// What every resource begins with that the entry matches.
    pub(crate) fn literal_prefix(&self) -> &str {
        match &self.target {
            Target::Every => "",
            Target::Arns(template) => template.literal_prefix(),
            Target::Short { padded, .. } => padded.literal_prefix(),
        }
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        let template = match &self.target {
            Target::Arns(template) => Some(template),
            Target::Every | Target::Short { .. } => None,
        };
        template.into_iter().flat_map(Template::variables)
    }
}

impl Target {
    fn new(text: &str, version: Version) -> Self {
        if !text.is_empty() && text.bytes().all(|byte| byte == b'*') {
            return Self::Every;
        }
        let colons = text.bytes().filter(|byte| *byte == b':').count();
        if colons < 5 {
            let missing = std::iter::repeat_n([Unit::Literal(":"), Unit::Many], 5 - colons).flatten();
            return Self::Short {
                padded: Glob::new(units(text).chain(missing)),
                has_wildcard: text.contains(['*', '?']),
            };
        }
        if !has_variables(text, version) {
            return Self::Arns(Template::Fixed(Glob::parse(text)));
        }
        // Variables live behind the fifth colon only; before it they are plain text.
        let fifth = text.match_indices(':').nth(4).map_or(text.len(), |(at, _)| at + 1);
        let (head, tail) = text.split_at_checked(fifth).unwrap_or((text, ""));
        let mut all = chunks(head, Wildcards::Active, Version::V2008);
        all.extend(chunks(tail, Wildcards::Active, version));
        // Neighbouring literals join, so that the pattern's literal prefix is as long as can be.
        let mut joined: Vec<Chunk> = Vec::with_capacity(all.len());
        for chunk in all {
            match (joined.last_mut(), chunk) {
                (Some(Chunk::Literal(before)), Chunk::Literal(text)) => before.push_str(&text),
                (_, chunk) => joined.push(chunk),
            }
        }
        Self::Arns(Template::of(joined))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = "arn:aws:s3:::bucket/a/b";

    fn fit_in(layer: Layer, pattern: &str, resource: &str) -> Fit {
        let context = Context::new().with("aws:username", "alice");
        ResourcePattern::new(pattern, Span::default(), Version::V2012).fit(resource, (&context).into(), layer)
    }

    fn matches(pattern: &str, resource: &str) -> bool {
        fit_in(Layer::Identity, pattern, resource) == Fit::Match
    }

    #[test]
    fn the_pattern_is_one_glob_over_the_whole_arn() {
        assert!(matches("*", OBJECT));
        assert!(matches("arn:aws:s3:::bucket/*", OBJECT));
        assert!(!matches("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket"));
        assert!(matches("arn:aws:s3:::bucket*", "arn:aws:s3:::bucket"));
        assert!(matches("arn:*:s3:*:*:bucket/?/b", OBJECT));
        assert!(!matches("arn:aws:s3:::Bucket/*", OBJECT));
        assert!(matches("arn:aws:logs:*:*:*", "arn:aws:logs:eu-west-1:123456789012:log-group:x:y"));
    }

    #[test]
    fn a_request_without_a_resource_is_matched_by_a_star_alone() {
        assert!(matches("*", "*"));
        assert!(!matches("arn:aws:s3:::*", "*"));
        assert!(!matches("?", "*"));
        assert!(!matches("arn:aws:s3*", "*"));
    }

    #[test]
    fn a_star_in_an_object_s_name_is_a_character() {
        assert!(!matches("arn:aws:s3:::bucket/x", "arn:aws:s3:::bucket/*"));
        assert!(matches("arn:aws:s3:::bucket/${*}", "arn:aws:s3:::bucket/*"));
        assert!(!matches("arn:aws:s3:::bucket/${*}", "arn:aws:s3:::bucket/x"));
    }

    #[test]
    fn variables_count_behind_the_fifth_colon_only() {
        assert!(matches("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/alice/x"));
        assert_eq!(fit_in(Layer::Identity, "arn:aws:s3:::${nobody}", OBJECT), Fit::Unresolved);
        assert_eq!(fit_in(Layer::Identity, "arn:aws:iam::${a}:user/x", "arn:aws:iam::1:user/x"), Fit::Miss);
    }

    #[test]
    fn a_short_arn_means_what_its_layer_says() {
        for (layer, star, bare) in [
            (Layer::Identity, Fit::Match, Fit::Match),
            (Layer::Session, Fit::Match, Fit::Match),
            (Layer::Boundary, Fit::Match, Fit::Match),
            (Layer::Resource, Fit::Match, Fit::Miss),
            (Layer::Endpoint, Fit::Match, Fit::Miss),
            (Layer::ServiceControl, Fit::Match, Fit::Miss),
            (Layer::ResourceControl, Fit::Miss, Fit::Miss),
        ] {
            assert_eq!(fit_in(layer, "arn:aws:s3:*", OBJECT), star, "{layer:?}");
            assert_eq!(fit_in(layer, "arn:aws:s3", OBJECT), bare, "{layer:?}");
        }
    }
}
