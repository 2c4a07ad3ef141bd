//! Snapshots: the records as they are at one revision.

use std::sync::{Arc, Mutex};

use crate::backend::Lookup;
use crate::cache::Held;
use crate::error::{Error, Result};
use crate::follower::Lease;
use crate::footprint::Footprint;
use crate::page::{Page, Position, Range};
use crate::record::{self, IndexSpec, Record, RecordKey};
use crate::revision::Revision;
use crate::shared::Shared;
use crate::sync;

/// The records as they are at one revision. It remembers what was read through it: its [`footprint`](Self::footprint).
pub struct Snapshot {
    pub(crate) shared: Arc<Shared>,
    at: Revision,
    footprint: Mutex<Footprint>,
    lease: Option<Lease>,
}

impl Snapshot {
    pub(crate) fn new(shared: Arc<Shared>, at: Revision, footprint: Footprint, lease: Option<Lease>) -> Self {
        Self { shared, at, footprint: Mutex::new(footprint), lease }
    }

    /// The revision that this snapshot shows.
    pub fn revision(&self) -> Revision {
        self.at
    }

    /// What was read through this snapshot so far.
    pub fn footprint(&self) -> Footprint {
        sync::lock(&self.footprint).clone()
    }

    /// The record with this key.
    ///
    /// # Errors
    ///
    /// As every read: [`Error::Compacted`], [`Error::LeaseExpired`], [`Error::Damaged`], [`Error::Backend`].
    pub async fn get<R: Record>(&self, key: &R::Key) -> Result<Option<Arc<R>>> {
        self.get_path(&key.path()).await
    }

    /// The record at this entry of a unique index.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] if `index` is not a unique index of `R`; otherwise as [`get`](Self::get).
    pub async fn find<R: Record>(
        &self,
        index: &IndexSpec,
        partition: &str,
        sort: &str,
    ) -> Result<Option<Arc<R>>> {
        check_unique::<R>(index)?;
        let Some(key) = self.key_at(index, partition, sort).await? else { return Ok(None) };
        match self.get_path(&key).await? {
            Some(record) => Ok(Some(record)),
            None => Err(Error::damaged(format_args!("`{}` names `{key}`, which is not there", index.name))),
        }
    }

    /// A page of a partition: the records of `range` in the order of their sort keys, at most `limit` (at least one).
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] if `index` is not an index of `R`; otherwise as [`get`](Self::get).
    pub async fn scan<R: Record>(
        &self,
        index: &IndexSpec,
        partition: &str,
        range: Range,
        limit: usize,
    ) -> Result<Page<R>> {
        record::check_index::<R>(index)?;
        let limit = limit.max(1);
        let places = self.places(index, partition, &range, limit.saturating_add(1)).await?;
        let (shown, next) = split(&places, limit);
        Ok(Page { items: self.load(index, shown).await?, next })
    }

    /// Every record of a partition, in order. For partitions that are small by their nature, such as what is attached to a principal.
    ///
    /// # Errors
    ///
    /// As [`scan`](Self::scan).
    pub async fn all<R: Record>(&self, index: &IndexSpec, partition: &str) -> Result<Vec<Arc<R>>> {
        let mut items = Vec::new();
        let mut range = Range::all();
        loop {
            let page = self.scan::<R>(index, partition, range, ALL_PAGE).await?;
            items.extend(page.items);
            if page.next.is_none() {
                return Ok(items);
            }
            range = Range::all().after(page.next);
        }
    }

    /// How many entries a partition has. Not part of the footprint: to hold a limit, see
    /// [`require_at_most`](crate::Transaction::require_at_most).
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn count(&self, index: &IndexSpec, partition: &str) -> Result<u64> {
        self.check()?;
        let shared = &self.shared;
        let depends = shared.points.partition(index.name, partition);
        // No page is so long: a place of its own.
        let place = shared.points.page(index.name, partition, &Range::all(), usize::MAX);
        let pick = |held: &Held| match held {
            Held::Count { index: i, partition: p, count } if *i == index.name && **p == *partition => {
                Some(*count)
            }
            _ => None,
        };
        if let Some(hit) = shared.cache.get(place, depends, self.at, &shared.touched, pick) {
            return Ok(hit);
        }
        let at = shared.answering(self.at, [depends]).await?;
        let count = shared.backend.count(at, index.name, partition).await?;
        self.check()?;
        let held = Held::Count { index: index.name, partition: partition.into(), count };
        shared.cache.put(place, self.at, held, partition.len());
        Ok(count)
    }

    /// A secret, sealed as it was put. Secrets have no history: this is the newest one, whatever the revision.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn secret(&self, kind: &'static str, key: &str) -> Result<Option<Arc<str>>> {
        self.check()?;
        let point = self.shared.points.secret(kind, key);
        self.note(point);
        let pick = |held: &Held| match held {
            Held::Secret { kind: k, key: n, sealed } if *k == kind && **n == *key => Some(sealed.clone()),
            _ => None,
        };
        if let Some(hit) = self.shared.cache.get(point, point, self.at, &self.shared.touched, pick) {
            return Ok(hit);
        }
        self.shared.answering(self.at, [point]).await?;
        let sealed = self.shared.backend.secret(kind, key).await?;
        let bytes = key.len().saturating_add(sealed.as_ref().map_or(0, |text| text.len()));
        self.shared.cache.put(
            point,
            self.at,
            Held::Secret { kind, key: key.into(), sealed: sealed.clone() },
            bytes,
        );
        Ok(sealed)
    }

    /// The record at this key path.
    pub(crate) async fn get_path<R: Record>(&self, path: &str) -> Result<Option<Arc<R>>> {
        self.check()?;
        if let Some(hit) = self.held(path)? {
            return Ok(hit);
        }
        let answers = self.lookup(vec![Lookup::Record { kind: R::KIND, key: path.to_owned() }]).await?;
        self.hold(path, answers.into_iter().next().flatten())
    }

    /// The key at this entry of a unique index.
    pub(crate) async fn key_at(
        &self,
        index: &IndexSpec,
        partition: &str,
        sort: &str,
    ) -> Result<Option<Arc<str>>> {
        self.check()?;
        if let Some(hit) = self.held_entry(index, partition, sort) {
            return Ok(hit);
        }
        let lookup =
            Lookup::Entry { index: index.name, partition: partition.to_owned(), sort: sort.to_owned() };
        let key = self.lookup(vec![lookup]).await?.into_iter().next().flatten();
        self.hold_entry(index, partition, sort, key.clone());
        Ok(key)
    }

    /// Reads points together, so that the reads after it find them in the cache.
    pub(crate) async fn lookup(&self, asked: Vec<Lookup>) -> Result<Vec<Option<Arc<str>>>> {
        let shared = &self.shared;
        let points = asked.iter().map(|asked| match asked {
            Lookup::Record { kind, key } => shared.points.record(kind, key),
            Lookup::Entry { index, partition, sort } => shared.points.entry(index, partition, sort),
        });
        let at = shared.answering(self.at, points).await?;
        let answers = shared.backend.points(at, asked).await?;
        self.check()?;
        Ok(answers)
    }

    /// The places of a part of a partition. They and the partition join the footprint.
    pub(crate) async fn places(
        &self,
        index: &IndexSpec,
        partition: &str,
        range: &Range,
        limit: usize,
    ) -> Result<Arc<[Position]>> {
        self.check()?;
        let shared = &self.shared;
        let depends = shared.points.partition(index.name, partition);
        self.note(depends);
        let place = shared.points.page(index.name, partition, range, limit);
        let pick = |held: &Held| match held {
            Held::Page { index: i, partition: p, range: r, limit: l, places }
                if *i == index.name && **p == *partition && **r == *range && *l == limit =>
            {
                Some(Arc::clone(places))
            }
            _ => None,
        };
        if let Some(hit) = shared.cache.get(place, depends, self.at, &shared.touched, pick) {
            return Ok(hit);
        }
        let at = shared.answering(self.at, [depends]).await?;
        let places: Arc<[Position]> =
            shared.backend.scan(at, index.name, partition, range, limit).await?.into();
        self.check()?;
        let bytes = places.iter().map(|place| place.sort.len() + place.key.len() + 48).sum();
        let held = Held::Page {
            index: index.name,
            partition: partition.into(),
            range: Arc::new(range.clone()),
            limit,
            places: Arc::clone(&places),
        };
        shared.cache.put(place, self.at, held, bytes);
        Ok(places)
    }

    /// The records at these places.
    pub(crate) async fn load<R: Record>(
        &self,
        index: &IndexSpec,
        places: &[Position],
    ) -> Result<Vec<Arc<R>>> {
        let gone =
            |key: &str| Error::damaged(format_args!("`{}` names `{key}`, which is not there", index.name));
        let mut found = Vec::with_capacity(places.len());
        let mut missing = Vec::new();
        for place in places {
            let hit = self.held::<R>(&place.key)?;
            if hit.is_none() {
                missing.push(Lookup::Record { kind: R::KIND, key: place.key.clone() });
            }
            found.push(hit);
        }
        let mut answers =
            if missing.is_empty() { Vec::new() } else { self.lookup(missing).await? }.into_iter();
        let mut items = Vec::with_capacity(places.len());
        for (place, hit) in places.iter().zip(found) {
            let record = match hit {
                Some(record) => record,
                None => self.hold(&place.key, answers.next().flatten())?,
            };
            items.push(record.ok_or_else(|| gone(&place.key))?);
        }
        Ok(items)
    }

    /// The record from the cache: `None` if it is not there, `Some(None)` if it is known not to exist.
    pub(crate) fn held<R: Record>(&self, path: &str) -> Result<Option<Option<Arc<R>>>> {
        let point = self.shared.points.record(R::KIND, path);
        self.note(point);
        let pick = |held: &Held| match held {
            Held::Record { kind, key, value } if *kind == R::KIND && **key == *path => Some(value.clone()),
            _ => None,
        };
        match self.shared.cache.get(point, point, self.at, &self.shared.touched, pick) {
            None => Ok(None),
            Some(None) => Ok(Some(None)),
            Some(Some(value)) => match value.downcast::<R>() {
                Ok(record) => Ok(Some(Some(record))),
                Err(_) => Err(Error::Misuse(format!("two record types share the kind `{}`", R::KIND))),
            },
        }
    }

    /// Parses a record that was read, and holds it in the cache.
    pub(crate) fn hold<R: Record>(&self, path: &str, text: Option<Arc<str>>) -> Result<Option<Arc<R>>> {
        let record = match &text {
            Some(text) => Some(Arc::new(record::decode::<R>(text)?)),
            None => None,
        };
        let bytes = text.map_or(0, |text| text.len().saturating_mul(2)).saturating_add(path.len());
        hold_record(&self.shared, self.at, path, record.clone(), bytes);
        Ok(record)
    }

    /// The entry from the cache; it joins the footprint.
    pub(crate) fn held_entry(
        &self,
        index: &IndexSpec,
        partition: &str,
        sort: &str,
    ) -> Option<Option<Arc<str>>> {
        let point = self.shared.points.entry(index.name, partition, sort);
        self.note(point);
        let pick = |held: &Held| match held {
            Held::Entry { index: i, partition: p, sort: s, key }
                if *i == index.name && **p == *partition && **s == *sort =>
            {
                Some(key.clone())
            }
            _ => None,
        };
        self.shared.cache.get(point, point, self.at, &self.shared.touched, pick)
    }

    pub(crate) fn hold_entry(&self, index: &IndexSpec, partition: &str, sort: &str, key: Option<Arc<str>>) {
        let point = self.shared.points.entry(index.name, partition, sort);
        let bytes = partition.len() + sort.len() + key.as_ref().map_or(0, |key| key.len());
        let held = Held::Entry { index: index.name, partition: partition.into(), sort: sort.into(), key };
        self.shared.cache.put(point, self.at, held, bytes);
    }

    /// Refuses what a lease or the floor forbids.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(lease) = &self.lease {
            lease.check()?;
        }
        self.shared.check_floor(self.at)
    }

    fn note(&self, point: u64) {
        sync::lock(&self.footprint).add(point);
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("at", &self.at).finish_non_exhaustive()
    }
}

/// Holds a record in the cache as it is at a revision.
pub(crate) fn hold_record<R: Record>(
    shared: &Shared,
    at: Revision,
    path: &str,
    record: Option<Arc<R>>,
    bytes: usize,
) {
    let value = record.map(|record| -> Arc<dyn std::any::Any + Send + Sync> { record });
    let held = Held::Record { kind: R::KIND, key: path.into(), value };
    shared.cache.put(shared.points.record(R::KIND, path), at, held, bytes);
}

/// Refuses an index that is not a unique one of `R`.
pub(crate) fn check_unique<R: Record>(index: &IndexSpec) -> Result<()> {
    record::check_index::<R>(index)?;
    if index.unique {
        return Ok(());
    }
    Err(Error::Misuse(format!("`{}` is not unique: scan it", index.name)))
}

/// The first `limit` of the places, and where the next page starts if there are more.
pub(crate) fn split(places: &[Position], limit: usize) -> (&[Position], Option<Position>) {
    match places.split_at_checked(limit) {
        Some((shown, rest)) if !rest.is_empty() => (shown, shown.last().cloned()),
        _ => (places, None),
    }
}

/// How many records [`Snapshot::all`] reads at once.
const ALL_PAGE: usize = 500;
