//! Reading the embedded text: columns, lists, ordered names.

use std::cmp::Ordering;

/// The columns of a line; a missing one reads as empty.
pub(crate) struct Columns(std::str::Split<'static, char>);

impl Columns {
    pub(crate) fn of(line: &'static str) -> Self {
        Columns(line.split('\t'))
    }

    pub(crate) fn next(&mut self) -> &'static str {
        self.0.next().unwrap_or_default()
    }

    pub(crate) fn number(&mut self) -> usize {
        self.next().parse().unwrap_or_default()
    }
}

/// The words of a list.
pub(crate) fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(' ').filter(|word| !word.is_empty())
}

/// The item of that name in a slice ordered by lower-case name.
pub(crate) fn find<'a, T>(items: &'a [T], name: &str, name_of: impl Fn(&T) -> &str) -> Option<&'a T> {
    let place = items.binary_search_by(|item| compare(name_of(item), name)).ok()?;
    items.get(place)
}

/// The order of two names in lower case.
pub(crate) fn compare(one: &str, other: &str) -> Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    one.bytes().map(lower).cmp(other.bytes().map(lower))
}
