//! Small numbers for names that many requests and policies have in common: who has two numbers need not compare
//! two texts.

use std::sync::LazyLock;

use compact_str::CompactString;

use crate::key;

/// Names in lower case, each with its number.
pub(crate) struct Numbers {
    /// By hash; the next free place where one is taken. A quarter is taken at most.
    places: Box<[Option<(CompactString, u16)>]>,
}

/// The global condition keys, except those that are families.
pub(crate) static GLOBAL_KEYS: LazyLock<Numbers> = LazyLock::new(|| Numbers::of(global_names()));

/// The names of the global condition keys that have numbers, each in the place of its number.
pub(crate) fn global_names() -> impl Iterator<Item = &'static str> {
    let whole = catalog::global_condition_keys().iter().filter(|key| !key.is_family());
    whole.map(catalog::ConditionKey::name).take(MAX_GLOBAL_KEYS)
}

/// At most so many global keys have numbers.
pub(crate) const MAX_GLOBAL_KEYS: usize = 64;

impl Numbers {
    pub(crate) fn of<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let names: Vec<CompactString> = names.map(key::fold).collect();
        let mut places = vec![None; (names.len() * 4).next_power_of_two()];
        for (number, name) in (0u16..).zip(names) {
            let mut place = key::hash(name.as_bytes());
            while places.get(home(place, places.len())).is_some_and(Option::is_some) {
                place = place.wrapping_add(1);
            }
            let home = home(place, places.len());
            if let Some(free) = places.get_mut(home) {
                *free = Some((name, number));
            }
        }
        Self { places: places.into() }
    }

    /// The number of a name, in any case, given with the hash of its lower case.
    pub(crate) fn find(&self, name: &str, hash: u64) -> Option<u16> {
        let mut place = hash;
        // A free place ends the search.
        while let Some((known, number)) = self.places.get(home(place, self.places.len()))? {
            if known.eq_ignore_ascii_case(name) {
                return Some(*number);
            }
            place = place.wrapping_add(1);
        }
        None
    }
}

fn home(hash: u64, length: usize) -> usize {
    usize::try_from(hash & (length as u64).wrapping_sub(1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_number_of_its_own_and_no_other_name_has_one() {
        let services = Numbers::of(catalog::services().iter().map(catalog::Service::prefix));
        let find = |name: &str| services.find(name, key::hash_lower(name.as_bytes()));
        for (number, service) in (0u16..).zip(catalog::services()) {
            assert_eq!(find(service.prefix()), Some(number));
            assert_eq!(find(&service.prefix().to_uppercase()), Some(number));
        }
        for other in ["", "own", "s3:"] {
            assert_eq!(find(other), None, "{other}");
        }
    }
}
