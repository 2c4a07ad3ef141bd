//! The condition keys of a request.

use compact_str::CompactString;

use crate::key::Key;
use crate::numbers::MAX_GLOBAL_KEYS;
use crate::texts::are_same;

/// The condition keys of a request and their values.
///
/// Names are compared without regard to case; a key that is set twice, in whatever case,
/// keeps the last value. A key is absent, has one value, or has a list of values: an empty
/// list counts as absent (AWS: "Single-valued vs. multivalued context keys").
#[derive(Clone, Default)]
pub struct Context {
    entries: Vec<Entry>,
    /// Where each global key's entry stands, counted from 1; 0 where the key is absent.
    global: Places,
    /// The other keys' entries, sorted by hash.
    others: Vec<(u64, u32)>,
}

#[derive(Clone)]
struct Entry {
    key: Key,
    value: Values,
}

/// A place for each number of a global key.
#[derive(Clone)]
struct Places([u32; MAX_GLOBAL_KEYS]);

impl Default for Places {
    fn default() -> Self {
        Self([0; MAX_GLOBAL_KEYS])
    }
}

/// What a condition key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// A single-valued key.
    One(CompactString),
    /// A multivalued key, such as `aws:TagKeys`.
    Many(Vec<CompactString>),
}

impl Values {
    /// All values.
    #[must_use]
    pub fn as_slice(&self) -> &[CompactString] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

impl<T: Into<CompactString>> From<T> for Values {
    fn from(value: T) -> Self {
        Self::One(value.into())
    }
}

impl Context {
    /// A context without keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key, in place of any value it had.
    pub fn set(&mut self, key: &str, value: impl Into<Values>) {
        let entry = Entry { key: Key::new(key), value: value.into() };
        if let Some(place) = self.find(&entry.key) {
            if let Some(there) = self.entries.get_mut(place) {
                *there = entry;
            }
            return;
        }
        let place = u32::try_from(self.entries.len()).unwrap_or(u32::MAX - 1);
        self.note(&entry.key, place);
        self.entries.push(entry);
    }

    /// Notes where a new key's entry stands.
    fn note(&mut self, key: &Key, place: u32) {
        match key.number().and_then(|number| self.global.0.get_mut(usize::from(number))) {
            Some(global) => *global = place + 1,
            None => {
                let at = self.others.partition_point(|(hash, _)| *hash < key.hash());
                self.others.insert(at, (key.hash(), place));
            }
        }
    }

    /// Sets a multivalued key, in place of any value it had.
    pub fn set_list<T: Into<CompactString>>(&mut self, key: &str, values: impl IntoIterator<Item = T>) {
        self.set(key, Values::Many(values.into_iter().map(Into::into).collect()));
    }

    /// Sets a key unless it is there already.
    pub fn set_if_absent(&mut self, key: &str, value: impl Into<Values>) {
        if self.get(key).is_none() {
            self.set(key, value);
        }
    }

    /// The same context with one key more.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Values>) -> Self {
        self.set(key, value);
        self
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Values> {
        let removed = self.entries.remove(self.find(&Key::new(key))?);
        self.global = Places::default();
        self.others.clear();
        let entries = std::mem::take(&mut self.entries);
        for (place, entry) in (0u32..).zip(&entries) {
            self.note(&entry.key, place);
        }
        self.entries = entries;
        Some(removed.value)
    }

    /// What a key holds, an empty list included.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Values> {
        self.lookup(&Key::new(key))
    }

    /// What a folded key holds, an empty list included.
    #[must_use]
    pub fn lookup(&self, key: &Key) -> Option<&Values> {
        self.entries.get(self.find(key)?).map(|entry| &entry.value)
    }

    /// What the global key with a number holds.
    #[inline]
    pub(crate) fn lookup_global(&self, number: u16) -> Option<&Values> {
        let place = self.global.0.get(usize::from(number))?.checked_sub(1)?;
        self.entries.get(usize::try_from(place).ok()?).map(|entry| &entry.value)
    }

    /// What a key that is not global holds, by its hash and its name in lower case.
    pub(crate) fn lookup_other(&self, hash: u64, name: &[u8]) -> Option<&Values> {
        self.entries.get(self.find_other(hash, name)?).map(|entry| &entry.value)
    }

    /// The one value of a single-valued key.
    #[must_use]
    pub fn single(&self, key: &Key) -> Option<&str> {
        match self.lookup(key)? {
            Values::One(value) => Some(value),
            Values::Many(_) => None,
        }
    }

    /// All keys and values, in the order in which the keys were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Values)> {
        self.entries.iter().map(|entry| (&entry.key, &entry.value))
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    #[inline]
    fn find(&self, key: &Key) -> Option<usize> {
        if let Some(number) = key.number() {
            let place = self.global.0.get(usize::from(number))?.checked_sub(1)?;
            return usize::try_from(place).ok();
        }
        self.find_other(key.hash(), key.folded().as_bytes())
    }

    /// The place of a key that is not global, by its hash and its name in lower case.
    fn find_other(&self, hash: u64, name: &[u8]) -> Option<usize> {
        let start = self.others.partition_point(|(other, _)| *other < hash);
        let same = self.others.iter().skip(start).take_while(|(other, _)| *other == hash);
        // Equal hashes are no proof.
        let is_it = |place: &usize| {
            self.entries.get(*place).is_some_and(|entry| are_same(entry.key.folded().as_bytes(), name))
        };
        same.filter_map(|(_, place)| usize::try_from(*place).ok()).find(is_it)
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'k, V: Into<Values>> FromIterator<(&'k str, V)> for Context {
    fn from_iter<I: IntoIterator<Item = (&'k str, V)>>(pairs: I) -> Self {
        let mut context = Self::new();
        for (key, value) in pairs {
            context.set(key, value);
        }
        context
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_any_case_and_the_last_value_stays() {
        let mut context: Context =
            [("aws:PrincipalTag/Team", "red"), ("aws:username", "alice")].into_iter().collect();
        context.set("AWS:principaltag/TEAM", "blue");
        assert_eq!(context.len(), 2);
        assert_eq!(context.get("aws:PrincipalTag/team"), Some(&Values::from("blue")));
        context.set_if_absent("aws:UserName", "bob");
        assert_eq!(context.single(&Key::new("aws:username")), Some("alice"));
        assert!(context.remove("AWS:USERNAME").is_some());
        assert!(context.get("aws:username").is_none());
    }

    #[test]
    fn what_is_taken_out_leaves_the_others_in_place() {
        let mut context: Context =
            [("a:a", "1"), ("aws:SourceIp", "2"), ("a:b", "3"), ("aws:userid", "4")].into_iter().collect();
        assert_eq!(context.remove("A:A"), Some(Values::from("1")));
        assert_eq!(context.remove("a:c"), None);
        for (key, value) in [("aws:sourceip", "2"), ("a:B", "3"), ("aws:UserId", "4")] {
            assert_eq!(context.get(key), Some(&Values::from(value)), "{key}");
        }
        assert_eq!((context.get("a:a"), context.len()), (None, 3));
    }

    #[test]
    fn a_list_is_not_a_single_value() {
        let mut context = Context::new();
        context.set_list("aws:TagKeys", ["a"]);
        assert_eq!(context.single(&Key::new("aws:TagKeys")), None);
        assert_eq!(context.get("aws:tagkeys").unwrap().as_slice(), ["a"]);
    }
}
