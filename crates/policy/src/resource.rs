//! The resource that a request asks for.

use compact_str::CompactString;
use types::{AccountId, Partition};

/// The resource of a request: an ARN, another name of a service of one's own, or `*` for an
/// action that has no resource. A `*` or `?` elsewhere in it is a character.
#[derive(Clone)]
pub struct Resource {
    text: CompactString,
    /// Where each of an ARN's first five colons stands; `None` for what is no ARN.
    colons: Option<[u32; 5]>,
    account: Option<AccountId>,
    shape: Shape,
}

/// What the rules outside policies want to know of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `*`.
    Nothing,
    /// `arn:…:iam:…:role/…`.
    Role,
    /// `arn:…:key/…`.
    Key,
    Other,
}

impl Resource {
    /// Takes the resource apart.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut this = Self {
            text: text.into(),
            colons: None,
            account: None,
            shape: if text == "*" { Shape::Nothing } else { Shape::Other },
        };
        if !text.starts_with("arn:") {
            return this;
        }
        let mut colons = [0u32; 5];
        let mut found = memchr::memchr_iter(b':', text.as_bytes());
        for colon in &mut colons {
            match found.next() {
                Some(at) => *colon = u32::try_from(at).unwrap_or(u32::MAX),
                None => return this,
            }
        }
        this.colons = Some(colons);
        this.account = AccountId::parse(this.part(4)).ok();
        this.shape = match this.part(5).split_once('/') {
            Some(("role", _)) if this.part(2) == "iam" => Shape::Role,
            Some(("key", _)) => Shape::Key,
            _ => Shape::Other,
        };
        this
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the ARN names a partition of AWS other than this one.
    #[must_use]
    pub fn is_outside(&self, partition: Partition) -> bool {
        let named = self.part(1);
        named.starts_with("aws") && named != partition.as_str()
    }

    /// The account that the ARN names.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.account
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// One of the six parts of the ARN; empty for what is not an ARN.
    pub(crate) fn part(&self, index: usize) -> &str {
        let Some(colons) = &self.colons else { return "" };
        let position = |colon: &u32| usize::try_from(*colon).unwrap_or(usize::MAX);
        let start = match index {
            0 => 0,
            _ => colons.get(index - 1).map_or(0, |colon| position(colon).saturating_add(1)),
        };
        let end = colons.get(index).map_or(self.text.len(), position);
        self.text.get(start..end).unwrap_or_default()
    }
}

impl From<&str> for Resource {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Resource {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<&types::Arn> for Resource {
    fn from(arn: &types::Arn) -> Self {
        Self::new(arn.as_str())
    }
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Resource {}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::fmt::Debug for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart_and_nothing_else_is() {
        let role = Resource::new("arn:aws:iam::123456789012:role/a:b");
        assert_eq!((role.part(0), role.part(2), role.part(5)), ("arn", "iam", "role/a:b"));
        assert_eq!(role.account().unwrap().as_str(), "123456789012");
        assert_eq!((role.is_outside(Partition::Aws), role.shape()), (false, Shape::Role));
        let bucket = Resource::new("arn:aws-cn:s3:::b");
        assert_eq!((bucket.is_outside(Partition::Aws), bucket.account()), (true, None));
        assert!(Resource::new("arn:aws-iso:s3:::b").is_outside(Partition::Aws));
        assert!(!Resource::new("arn:own:s3:::b").is_outside(Partition::Aws));
        for other in ["*", "arn:aws:s3", "own:thing:a:b:c:d", ""] {
            assert_eq!((Resource::new(other).part(5), Resource::new(other).account()), ("", None), "{other}");
        }
    }
}
