//! Pagination: `Marker`, `MaxItems` and `IsTruncated`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use store::Position;
use wire::Fault;

use crate::Result;

/// Where a page starts and how long it may be (AWS: 100 items where the call does not say; 1 to 1,000).
#[derive(Debug, Clone)]
pub struct Paging {
    limit: usize,
    after: Option<Position>,
}

impl Paging {
    /// Reads a call's `Marker` and `MaxItems`.
    pub fn new(marker: Option<&str>, max_items: Option<i32>) -> Result<Self> {
        let limit = max_items.and_then(|items| usize::try_from(items).ok()).unwrap_or(100).clamp(1, 1000);
        let after = marker.map(position).transpose()?;
        Ok(Self { limit, after })
    }

    /// How many items the page may have.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Behind which place it starts.
    #[must_use]
    pub fn after(&self) -> Option<Position> {
        self.after.clone()
    }

    /// The part of a scan that the page shows: entries whose sort key begins with `prefix`.
    #[must_use]
    pub fn range(&self, prefix: impl Into<String>) -> store::Range {
        store::Range::prefix(prefix).after(self.after())
    }

    /// The `Marker` of the next page, which starts behind a place.
    ///
    /// A marker has 320 characters at most (AWS: `markerType`). Where the sort key of a place is too long for that, the
    /// marker has only its beginning, and whoever reads it back gets a place before the true one: lists whose sort keys
    /// can be so long find the true one by the record's key, which is whole.
    #[must_use]
    pub fn marker(position: &Position) -> String {
        let token = position.to_token();
        if token.len() <= MAX_TOKEN {
            return URL_SAFE_NO_PAD.encode(token);
        }
        let mut room = MAX_TOKEN.saturating_sub(position.key.len() + 1);
        while !position.sort.is_char_boundary(room) {
            room -= 1;
        }
        let sort = position.sort.get(..room).unwrap_or_default().to_owned();
        URL_SAFE_NO_PAD.encode(Position { sort, key: position.key.clone() }.to_token())
    }

    /// A page of what is already at hand in order, and the marker of the next.
    ///
    /// `sort` gives each item's place, by which the list is ordered.
    #[must_use]
    pub fn slice<T>(&self, items: Vec<T>, sort: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
        let place = |item: &T| Position { sort: sort(item), key: String::new() };
        let rest: Vec<T> = items
            .into_iter()
            .filter(|item| self.after.as_ref().is_none_or(|after| place(item) > *after))
            .collect();
        let more = rest.len() > self.limit;
        let shown: Vec<T> = rest.into_iter().take(self.limit).collect();
        let marker = shown.last().filter(|_| more).map(|last| Self::marker(&place(last)));
        (shown, marker)
    }
}

fn position(marker: &str) -> Result<Position> {
    let read = || Position::from_token(&String::from_utf8(URL_SAFE_NO_PAD.decode(marker).ok()?).ok()?);
    Ok(read().ok_or_else(|| Fault::validation("Invalid Marker."))?)
}

/// So many bytes make 320 characters of base64.
const MAX_TOKEN: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_list_meet_without_gap_or_overlap() {
        let all: Vec<String> = (0..250).map(|n| format!("{n:03}")).collect();
        let mut seen = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let paging = Paging::new(marker.as_deref(), Some(100)).unwrap();
            let (page, next) = paging.slice(all.clone(), String::clone);
            seen.extend(page);
            marker = next;
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_marker_is_never_longer_than_a_request_may_carry() {
        for length in [1, 100, 201, 202, 203, 700] {
            let place = Position {
                sort: "/\u{e4}".repeat(length),
                key: "aws:123456789012/AIDAEXAMPLEEXAMPLE12".into(),
            };
            let marker = Paging::marker(&place);
            assert!(marker.len() <= 320, "{length}: {}", marker.len());
            let after = Paging::new(Some(&marker), None).unwrap().after().unwrap();
            assert_eq!(after.key, place.key);
            assert!(place.sort.starts_with(&after.sort) && after <= place);
            assert_eq!(after == place, place.to_token().len() <= 240);
        }
    }

    #[test]
    fn a_marker_that_we_did_not_write_is_refused() {
        for bad in ["%%%", "YWJj", "\u{e4}"] {
            assert!(Paging::new(Some(bad), None).is_err(), "{bad}");
        }
    }
}
