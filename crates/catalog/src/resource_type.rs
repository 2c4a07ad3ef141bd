//! Resource types: what an action acts on.

use std::borrow::Cow;

use crate::text::{Columns, words};

/// A resource type of a service.
#[derive(Clone, Debug)]
pub struct ResourceType {
    name: Cow<'static, str>,
    formats: Cow<'static, str>,
    condition_keys: Cow<'static, str>,
}

impl ResourceType {
    /// A resource type of an own service. No name or format has a space: it would be read as two.
    pub fn own(name: &str, arn_formats: &[String], condition_keys: &[String]) -> Self {
        ResourceType {
            name: Cow::Owned(name.to_owned()),
            formats: Cow::Owned(arn_formats.join(" ")),
            condition_keys: Cow::Owned(condition_keys.join(" ")),
        }
    }

    /// The name, as actions refer to it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The forms that its ARNs have, such as `arn:${Partition}:iam::${Account}:user/${UserNameWithPath}`.
    pub fn arn_formats(&self) -> impl Iterator<Item = &str> {
        words(&self.formats)
    }

    /// The condition keys that apply to such resources.
    pub fn condition_keys(&self) -> impl Iterator<Item = &str> {
        words(&self.condition_keys)
    }

    pub(crate) fn read(mut columns: Columns) -> Self {
        ResourceType {
            name: Cow::Borrowed(columns.next()),
            formats: Cow::Borrowed(columns.next()),
            condition_keys: Cow::Borrowed(columns.next()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{service, services};

    #[test]
    fn a_user_has_its_arn_format_and_keys() {
        let user = service("iam").unwrap().resource_type("user").unwrap();
        let formats: Vec<_> = user.arn_formats().collect();
        assert_eq!(formats, ["arn:${Partition}:iam::${Account}:user/${UserNameWithPath}"]);
        assert!(user.condition_keys().any(|key| key == "aws:ResourceTag/${TagKey}"));
    }

    #[test]
    fn a_type_may_have_several_formats() {
        let bot = service("lex").unwrap().resource_type("bot").unwrap();
        assert_eq!(bot.arn_formats().count(), 2);
    }

    #[test]
    fn every_format_is_an_arn() {
        for service in services() {
            for kind in service.resource_types() {
                for format in kind.arn_formats() {
                    assert!(format.starts_with("arn:"), "{} {} {format}", service.prefix(), kind.name());
                }
            }
        }
    }
}
