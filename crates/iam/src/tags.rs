//! Tags of everything that has some.

use api::iam::{faults, types as wire_types};
use service::Result;
use types::{Tag, TagKey, TagSet, TagValue};
use wire::Fault;

/// The most tags that an entity may have.
const MOST: usize = 50;

/// How the keys of an entity's tags are told apart (AWS: "Tags for IAM resources").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Those of users and roles: case is kept and makes no difference.
    Caseless,
    /// Those of everything else.
    Cased,
}

impl Keys {
    /// Reads the tags of a request; no key may be there twice.
    pub(crate) fn parse(self, tags: Option<&[wire_types::Tag]>) -> Result<TagSet> {
        let mut set = TagSet::default();
        for tag in tags.unwrap_or_default() {
            let key = parse_key(&tag.key)?;
            let is_there = match self {
                Self::Caseless => set.get(key.as_str()).is_some(),
                Self::Cased => set.has_cased(key.as_str()),
            };
            if is_there {
                return Err(duplicate().into());
            }
            self.put(&mut set, Tag { key, value: TagValue::parse(&tag.value)? });
        }
        Ok(set)
    }

    /// Reads the tags that a request adds; there must be some.
    pub(crate) fn parse_some(self, tags: &[wire_types::Tag]) -> Result<TagSet> {
        if tags.is_empty() {
            return Err(faults::invalid_input("The provided tag map must not be null/empty.").into());
        }
        self.parse(Some(tags))
    }

    /// An entity's tags after a request has added its own.
    pub(crate) fn merged(self, have: &TagSet, added: &TagSet) -> Result<TagSet> {
        let mut tags = have.clone();
        for tag in added {
            self.put(&mut tags, tag.clone());
        }
        if tags.len() > MOST {
            return Err(faults::limit_exceeded("The number of tags has reached the maximum limit.").into());
        }
        Ok(tags)
    }

    /// An entity's tags after a request has removed some; keys that are not there are passed over.
    pub(crate) fn without(self, have: &TagSet, keys: &[String]) -> TagSet {
        let mut tags = have.clone();
        for key in keys {
            match self {
                Self::Caseless => tags.remove(key),
                Self::Cased => tags.remove_cased(key),
            }
        }
        tags
    }

    fn put(self, tags: &mut TagSet, tag: Tag) {
        match self {
            Self::Caseless => tags.set(tag),
            Self::Cased => tags.set_cased(tag),
        }
    }
}

/// Where a tag stands among others: the sort key of lists that come in pages.
pub(crate) fn place(tag: &wire_types::Tag) -> String {
    TagKey::place_of(&tag.key)
}

/// Tags as a response shows them; none where there are none.
pub(crate) fn shown(tags: &TagSet) -> Option<Vec<wire_types::Tag>> {
    (!tags.is_empty()).then(|| list(tags))
}

/// Tags as a list of tags shows them.
pub(crate) fn list(tags: &TagSet) -> Vec<wire_types::Tag> {
    tags.iter()
        .map(|tag| wire_types::Tag { key: tag.key.to_string(), value: tag.value.to_string() })
        .collect()
}

fn parse_key(key: &str) -> Result<TagKey> {
    if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
        return Err(faults::invalid_input(
            "Tag keys starting with 'aws:' are reserved for system use".to_owned(),
        )
        .into());
    }
    Ok(TagKey::parse(key)?)
}

fn duplicate() -> Fault {
    faults::invalid_input("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
}
