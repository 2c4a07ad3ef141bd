//! Session tags (AWS: "Pass session tags in AWS STS").

use api::sts::types as wire_types;
use authz::Session;
use service::Result;
use types::{Tag, TagKey, TagSet, TagValue};
use wire::Fault;

/// The tags of a new session: those that the call passes, and those that the calling session hands on.
#[derive(Debug)]
pub(crate) struct SessionTags {
    /// What the call passes.
    pub(crate) passed: TagSet,
    /// The keys that the call makes transitive, as they were given.
    pub(crate) passed_transitive: Vec<TagKey>,
    /// All tags of the new session.
    pub(crate) all: TagSet,
    /// All keys that go on from there.
    pub(crate) transitive: Vec<TagKey>,
}

/// Reads the tags of a call and joins them with what the calling session hands on.
pub(crate) fn parse(
    tags: Option<&[wire_types::Tag]>,
    transitive: Option<&[String]>,
    calling: Option<&Session>,
) -> Result<SessionTags> {
    let mut passed = TagSet::default();
    for tag in tags.unwrap_or_default() {
        if is_reserved(&tag.key) {
            return Err(invalid("Tag keys beginning with aws: are reserved for system use").into());
        }
        let key = TagKey::parse(&tag.key)?;
        if passed.get(key.as_str()).is_some() {
            return Err(
                invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.").into()
            );
        }
        passed.set(Tag { key, value: TagValue::parse(&tag.value)? });
    }
    let mut passed_transitive = Vec::new();
    for key in transitive.unwrap_or_default() {
        if passed.get(key).is_none() {
            return Err(
                invalid("The specified transitive tag key must be included in the requested tags.").into()
            );
        }
        passed_transitive.push(TagKey::parse(key)?);
    }
    let (mut all, mut handed_on) = (passed.clone(), passed_transitive.clone());
    for key in calling.map(|session| session.transitive.as_slice()).unwrap_or_default() {
        if passed.get(key.as_str()).is_some() {
            let message = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.";
            return Err(invalid(message).into());
        }
        if let Some(tag) =
            calling.and_then(|session| session.tags.iter().find(|tag| tag.key.same_as(key.as_str())))
        {
            all.set(tag.clone());
            handed_on.push(key.clone());
        }
    }
    if all.len() > MOST {
        return Err(invalid("The number of session tags exceeds the limit of 50.").into());
    }
    Ok(SessionTags { passed, passed_transitive, all, transitive: handed_on })
}

fn is_reserved(key: &str) -> bool {
    key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
}

fn invalid(message: &str) -> Fault {
    Fault::sender("InvalidParameterValue", 400, message)
}

/// The most tags of a session, inherited ones included.
const MOST: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> wire_types::Tag {
        wire_types::Tag { key: key.into(), value: value.into() }
    }

    fn code(error: service::Error) -> (String, String) {
        let service::Error::Fault(fault) = error else { panic!("{error:?}") };
        (fault.code.into_owned(), fault.message)
    }

    #[test]
    fn keys_that_differ_in_case_are_given_twice() {
        let error = parse(Some(&[tag("Team", "a"), tag("team", "b")]), None, None).unwrap_err();
        assert_eq!(
            code(error),
            (
                "InvalidParameterValue".into(),
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.".into()
            )
        );
    }

    #[test]
    fn a_transitive_key_must_be_among_the_tags() {
        assert!(parse(Some(&[tag("a", "1")]), Some(&["b".into()]), None).is_err());
        let tags = parse(Some(&[tag("a", "1")]), Some(&["A".into()]), None).unwrap();
        assert_eq!(tags.transitive.len(), 1);
    }

    #[test]
    fn a_reserved_key_is_refused_in_any_case() {
        assert!(parse(Some(&[tag("AWS:x", "1")]), None, None).is_err());
    }
}
