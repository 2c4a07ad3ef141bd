//! The condition keys of a request.

use compact_str::CompactString;

use crate::key::Key;

/// The condition keys of a request and their values.
///
/// Names are compared without regard to case; a key that is set twice, in whatever case,
/// keeps the last value. A key is absent, has one value, or has a list of values: an empty
/// list counts as absent (AWS: "Single-valued vs. multivalued context keys").
#[derive(Clone, Default)]
pub struct Context {
    /// The hash of each entry's name: what a search goes over.
    hashes: Vec<u64>,
    /// Sorted by hash, then by folded name.
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    key: Key,
    value: Values,
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
        let key = Key::new(key);
        let value = value.into();
        match self.find(&key) {
            Ok(at) => {
                if let Some(entry) = self.entries.get_mut(at) {
                    *entry = Entry { key, value };
                }
            }
            Err(at) => {
                self.hashes.insert(at, key.hash());
                self.entries.insert(at, Entry { key, value });
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
        let at = self.find(&Key::new(key)).ok()?;
        self.hashes.remove(at);
        Some(self.entries.remove(at).value)
    }

    /// What a key holds, an empty list included.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Values> {
        self.lookup(&Key::new(key))
    }

    /// What a folded key holds, an empty list included.
    #[must_use]
    pub fn lookup(&self, key: &Key) -> Option<&Values> {
        let at = self.find(key).ok()?;
        self.entries.get(at).map(|entry| &entry.value)
    }

    /// The one value of a single-valued key.
    #[must_use]
    pub fn single(&self, key: &Key) -> Option<&str> {
        match self.lookup(key)? {
            Values::One(value) => Some(value),
            Values::Many(_) => None,
        }
    }

    /// All keys and values, in no telling order.
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

    fn find(&self, key: &Key) -> Result<usize, usize> {
        let mut at = self.hashes.partition_point(|hash| *hash < key.hash());
        // More than one name of a hash is rare; they stand side by side, sorted.
        while let Some(entry) = self.entries.get(at).filter(|entry| entry.key.hash() == key.hash()) {
            match entry.key.folded().cmp(key.folded()) {
                std::cmp::Ordering::Equal => return Ok(at),
                std::cmp::Ordering::Greater => return Err(at),
                std::cmp::Ordering::Less => at += 1,
            }
        }
        Err(at)
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
    fn a_list_is_not_a_single_value() {
        let mut context = Context::new();
        context.set_list("aws:TagKeys", ["a"]);
        assert_eq!(context.single(&Key::new("aws:TagKeys")), None);
        assert_eq!(context.get("aws:tagkeys").unwrap().as_slice(), ["a"]);
    }
}
