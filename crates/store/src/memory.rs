//! The backend that forgets: records in memory, for tests and for throw-away servers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, RwLock};

use jiff::Timestamp;

use crate::backend::{
    Backend, Batch, Change, Commit, EntryPlace, Kept, Live, Lookup, Note, Presence, Secret, State, Stats,
    StoredEvent, Swept, Version, Waiting, Writer,
};
use crate::declared;
use crate::error::Result;
use crate::page::{Position, Range};
use crate::record::Kind;
use crate::revision::Revision;
use crate::store::{Options, Store};
use crate::sync;

/// Records in memory. Clones share them, so that a store can be closed and opened again.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    tables: Arc<RwLock<Tables>>,
}

#[derive(Debug, Default)]
struct Tables {
    floor: Revision,
    anchor: Option<Arc<str>>,
    commits: BTreeMap<Revision, Commit>,
    records: BTreeMap<Name, BTreeMap<Revision, Option<Arc<str>>>>,
    /// Per place of an index partition: when an entry came, and when it went.
    entries: BTreeMap<(String, String), BTreeMap<Position, Vec<Span>>>,
    secrets: BTreeMap<Name, Arc<str>>,
    consumed: HashMap<Name, Timestamp>,
    notes: HashMap<Name, Arc<str>>,
    indexes: Option<BTreeSet<String>>,
}

/// (kind, key)
type Name = (String, String);

#[derive(Debug, Clone, Copy)]
struct Span {
    added: Revision,
    removed: Option<Revision>,
}

impl Memory {
    /// An empty store's memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a store on this memory.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub async fn open(&self, options: Options) -> Result<Store> {
        Store::open(Arc::new(self.clone()), self.writer(), options).await
    }

    /// The writing side. Only one store may have it at a time.
    pub fn writer(&self) -> Box<dyn Writer> {
        Box::new(MemoryWriter { tables: Arc::clone(&self.tables) })
    }

    fn answer<T: Send + 'static>(&self, read: impl FnOnce(&Tables) -> T) -> Waiting<'_, T> {
        let answer = read(&sync::read(&self.tables));
        Box::pin(std::future::ready(Ok(answer)))
    }
}

impl Span {
    fn is_at(&self, at: Revision) -> bool {
        self.added <= at && self.removed.is_none_or(|removed| removed > at)
    }
}

impl Tables {
    fn state(&self) -> State {
        let last = self.commits.last_key_value();
        State {
            head: last.map_or(Revision::ZERO, |(revision, _)| *revision),
            instant: last.map_or(Timestamp::UNIX_EPOCH, |(_, commit)| commit.instant),
            floor: self.floor,
            anchor: self.anchor.clone(),
        }
    }

    fn text(&self, at: Revision, name: &Name) -> Option<Arc<str>> {
        self.records.get(name)?.range(..=at).next_back()?.1.clone()
    }

    fn places<'a>(
        &'a self,
        at: Revision,
        index: &str,
        partition: &str,
    ) -> impl Iterator<Item = &'a Position> + use<'a> {
        let partition = self.entries.get(&(index.to_owned(), partition.to_owned()));
        let is_here = move |(_, spans): &(&Position, &Vec<Span>)| spans.iter().any(|span| span.is_at(at));
        partition.into_iter().flatten().filter(is_here).map(|(place, _)| place)
    }

    fn lookup(&self, at: Revision, asked: &Lookup) -> Option<Arc<str>> {
        match asked {
            Lookup::Record { kind, key } => self.text(at, &((*kind).to_owned(), key.clone())),
            Lookup::Entry { index, partition, sort } => {
                let spans = self.entries.get(&((*index).to_owned(), partition.clone()))?;
                let start = Position { sort: sort.clone(), key: String::new() };
                let mut here = spans.range(start..).take_while(|(place, _)| place.sort == *sort);
                here.find(|(_, spans)| spans.iter().any(|span| span.is_at(at)))
                    .map(|(place, _)| place.key.as_str().into())
            }
        }
    }

    fn keep(&mut self, commit: &Commit) {
        for change in &*commit.changes {
            let name = (change.kind.to_string(), change.key.to_string());
            self.records.entry(name).or_default().insert(commit.revision, change.after.clone());
        }
        for entry in &commit.entries {
            let partition =
                self.entries.entry((entry.index.to_string(), entry.partition.clone())).or_default();
            let spans = partition.entry(entry.position.clone()).or_default();
            match entry.presence {
                Presence::Added => spans.push(Span { added: commit.revision, removed: None }),
                Presence::Removed => {
                    if let Some(span) = spans.iter_mut().find(|span| span.removed.is_none()) {
                        span.removed = Some(commit.revision);
                    }
                }
            }
        }
        for secret in &commit.secrets {
            let name = (secret.kind.to_string(), secret.key.clone());
            match &secret.sealed {
                Some(sealed) => self.secrets.insert(name, Arc::clone(sealed)),
                None => self.secrets.remove(&name),
            };
        }
        self.commits.insert(commit.revision, commit.clone());
    }

    fn declare(&mut self, kinds: &[Kind]) -> Result<()> {
        let missing = declared::missing(self.indexes.clone(), kinds)?;
        self.entries.retain(|(index, _), _| !missing.contains(index.as_str()));
        for ((kind, key), versions) in &self.records {
            let Some(kind) = kinds.iter().find(|known| known.name == kind) else { continue };
            let versions = versions.iter().map(|(revision, text)| (*revision, text.as_deref()));
            for stay in declared::stays(kind, &missing, key, versions)? {
                let partition = self.entries.entry((stay.index.to_owned(), stay.partition)).or_default();
                let span = Span { added: stay.added, removed: stay.removed };
                partition.entry(stay.position).or_default().push(span);
            }
        }
        self.indexes = Some(declared::names(kinds).map(str::to_owned).collect());
        Ok(())
    }

    fn compact(&mut self, floor: Revision) -> u64 {
        self.floor = self.floor.max(floor);
        let mut dropped = 0;
        self.records.retain(|_, versions| {
            if let Some((&newest, _)) = versions.range(..=floor).next_back() {
                let kept = versions.split_off(&newest);
                dropped += versions.len();
                *versions = kept;
                if versions.get(&newest).is_some_and(Option::is_none) {
                    versions.remove(&newest);
                    dropped += 1;
                }
            }
            !versions.is_empty()
        });
        for places in self.entries.values_mut() {
            places.retain(|_, spans| {
                let before = spans.len();
                spans.retain(|span| span.removed.is_none_or(|removed| removed > floor));
                dropped += before - spans.len();
                !spans.is_empty()
            });
        }
        dropped as u64
    }
}

impl Backend for Memory {
    fn state(&self) -> Waiting<'_, State> {
        self.answer(Tables::state)
    }

    fn points(&self, at: Revision, asked: Vec<Lookup>) -> Waiting<'_, Vec<Option<Arc<str>>>> {
        self.answer(|tables| asked.iter().map(|asked| tables.lookup(at, asked)).collect())
    }

    fn scan(
        &self,
        at: Revision,
        index: &'static str,
        partition: &str,
        range: &Range,
        limit: usize,
    ) -> Waiting<'_, Vec<Position>> {
        let is_in = |place: &&Position| {
            place.sort.starts_with(&range.prefix) && range.after.as_ref().is_none_or(|after| *place > after)
        };
        self.answer(|tables| tables.places(at, index, partition).filter(is_in).take(limit).cloned().collect())
    }

    fn count(&self, at: Revision, index: &str, partition: &str) -> Waiting<'_, u64> {
        self.answer(|tables| tables.places(at, index, partition).count() as u64)
    }

    fn revision_at(&self, instant: Timestamp) -> Waiting<'_, Revision> {
        self.answer(|tables| {
            let before = tables.commits.iter().rev().find(|(_, commit)| commit.instant <= instant);
            before.map_or(Revision::ZERO, |(revision, _)| *revision)
        })
    }

    fn commits(&self, after: Revision, limit: usize) -> Waiting<'_, Vec<Commit>> {
        self.answer(|tables| {
            let bare =
                |commit: &Commit| Commit { entries: Vec::new(), secrets: Vec::new(), ..commit.clone() };
            tables.commits.range(after.next()..).take(limit).map(|(_, commit)| bare(commit)).collect()
        })
    }

    fn indexes(&self) -> Waiting<'_, Option<BTreeSet<String>>> {
        self.answer(|tables| tables.indexes.clone())
    }

    fn ever(&self, index: &str, partition: &str, sort: &str) -> Waiting<'_, Vec<String>> {
        self.answer(|tables| {
            let places = tables.entries.get(&(index.to_owned(), partition.to_owned()));
            let places = places.into_iter().flat_map(BTreeMap::keys);
            places.filter(|place| place.sort == sort).map(|place| place.key.clone()).collect()
        })
    }

    fn related(&self, kinds: Vec<Kind>, name: &str) -> Waiting<'_, BTreeSet<Name>> {
        self.answer(|tables| {
            let mut found = BTreeSet::new();
            for kind in kinds {
                let below = format!("{name}/");
                let is_named = |key: &str| key == name || key.starts_with(&below);
                let own = tables.records.keys().filter(|(k, key)| k == kind.name && is_named(key));
                found.extend(own.cloned());
                for index in kind.indexes {
                    let places = tables.entries.get(&(index.name.to_owned(), name.to_owned()));
                    let keys = places.into_iter().flat_map(BTreeMap::keys);
                    found.extend(keys.map(|place| (kind.name.to_owned(), place.key.clone())));
                }
            }
            found
        })
    }

    fn touching(&self, records: BTreeSet<Name>, after: Revision) -> Waiting<'_, Vec<Commit>> {
        self.answer(|tables| {
            let of = |commit: &Commit| {
                let is_asked =
                    |change: &&Change| records.contains(&(change.kind.to_string(), change.key.to_string()));
                let changes: Arc<[Change]> = commit.changes.iter().filter(is_asked).cloned().collect();
                let (entries, secrets) = (Vec::new(), Vec::new());
                (!changes.is_empty()).then(|| Commit { changes, entries, secrets, ..commit.clone() })
            };
            tables.commits.range(after.next()..).filter_map(|(_, commit)| of(commit)).collect()
        })
    }

    fn versions(&self, kind: &str, key: &str) -> Waiting<'_, Vec<Version>> {
        self.answer(|tables| {
            let versions = tables.records.get(&(kind.to_owned(), key.to_owned()));
            let version = |(revision, text): (&Revision, &Option<Arc<str>>)| {
                let commit = tables.commits.get(revision)?;
                Some(Version {
                    revision: *revision,
                    instant: commit.instant,
                    author: Arc::clone(&commit.author),
                    text: text.clone(),
                })
            };
            versions.into_iter().flatten().filter_map(version).collect()
        })
    }

    fn secret(&self, kind: &str, key: &str) -> Waiting<'_, Option<Arc<str>>> {
        self.answer(|tables| tables.secrets.get(&(kind.to_owned(), key.to_owned())).cloned())
    }

    fn secrets(&self, after: Option<(String, String)>, limit: usize) -> Waiting<'_, Vec<Secret>> {
        self.answer(|tables| {
            let rest =
                tables.secrets.iter().filter(|(name, _)| after.as_ref().is_none_or(|after| *name > after));
            let secret = |((kind, key), sealed): (&Name, &Arc<str>)| Secret {
                kind: kind.clone(),
                key: key.clone(),
                sealed: Arc::clone(sealed),
            };
            rest.take(limit).map(secret).collect()
        })
    }

    fn noted(&self, kind: &str, key: &str) -> Waiting<'_, Option<Arc<str>>> {
        self.answer(|tables| tables.notes.get(&(kind.to_owned(), key.to_owned())).cloned())
    }

    fn notes(&self, kind: &str, prefix: &str) -> Waiting<'_, Vec<Note>> {
        self.answer(|tables| {
            let asked = |name: &Name| name.0 == kind && name.1.starts_with(prefix);
            let mut found: Vec<Note> = tables
                .notes
                .iter()
                .filter(|(name, _)| asked(name))
                .map(|(name, json)| Note {
                    kind: name.0.clone(),
                    key: name.1.clone(),
                    json: Arc::clone(json),
                })
                .collect();
            found.sort_unstable_by(|one, other| one.key.cmp(&other.key));
            found
        })
    }

    fn live(&self, at: Revision, after: Option<(String, String)>, limit: usize) -> Waiting<'_, Vec<Live>> {
        self.answer(|tables| {
            let rest = tables.records.keys().filter(|name| after.as_ref().is_none_or(|after| *name > after));
            let live = |name: &Name| {
                Some(Live { kind: name.0.clone(), key: name.1.clone(), text: tables.text(at, name)? })
            };
            rest.filter_map(live).take(limit).collect()
        })
    }

    fn entries(&self, at: Revision, after: Option<EntryPlace>, limit: usize) -> Waiting<'_, Vec<EntryPlace>> {
        self.answer(|tables| {
            let mut entries = Vec::new();
            for ((index, partition), places) in &tables.entries {
                for (position, _) in
                    places.iter().filter(|(_, spans)| spans.iter().any(|span| span.is_at(at)))
                {
                    let (index, partition, position) = (index.clone(), partition.clone(), position.clone());
                    entries.push(EntryPlace { index, partition, position });
                }
            }
            entries
                .into_iter()
                .filter(|entry| after.as_ref().is_none_or(|after| entry > after))
                .take(limit)
                .collect()
        })
    }

    fn events(&self, after: u64, limit: usize) -> Waiting<'_, Vec<StoredEvent>> {
        self.answer(|tables| {
            let events = tables.commits.values().map(|commit| &commit.event);
            events.filter(|event| event.sequence > after).take(limit).cloned().collect()
        })
    }

    fn stats(&self) -> Waiting<'_, Stats> {
        self.answer(|tables| Stats {
            versions: tables.records.values().map(|versions| versions.len() as u64).sum(),
            entries: tables.entries.values().flat_map(BTreeMap::values).map(|spans| spans.len() as u64).sum(),
            events: tables.commits.len() as u64,
            bytes: 0,
        })
    }

    fn inspect(&self) -> Waiting<'_, Vec<String>> {
        self.answer(|_| Vec::new())
    }
}

struct MemoryWriter {
    tables: Arc<RwLock<Tables>>,
}

impl Writer for MemoryWriter {
    fn head(&mut self) -> Result<Revision> {
        Ok(sync::read(&self.tables).state().head)
    }

    fn count(&mut self, index: &str, partition: &str) -> Result<u64> {
        let tables = sync::read(&self.tables);
        Ok(tables.places(Revision::new(u64::MAX), index, partition).count() as u64)
    }

    fn consumed(&mut self, kind: &str, key: &str) -> Result<Option<Timestamp>> {
        Ok(sync::read(&self.tables).consumed.get(&(kind.to_owned(), key.to_owned())).copied())
    }

    fn commit(&mut self, batch: &Arc<Batch>) -> Result<Kept> {
        let mut tables = sync::write(&self.tables);
        for commit in &batch.commits {
            tables.keep(commit);
        }
        if let Some(now) = batch.expired_before {
            tables.consumed.retain(|_, expires| *expires > now);
        }
        for consumed in &batch.consumed {
            tables.consumed.insert((consumed.kind.clone(), consumed.key.clone()), consumed.expires);
        }
        for note in &batch.notes {
            tables.notes.insert((note.kind.clone(), note.key.clone()), Arc::clone(&note.json));
        }
        if batch.anchor.is_some() {
            tables.anchor.clone_from(&batch.anchor);
        }
        Ok(Kept::Found)
    }

    fn settle(&mut self) -> Result<()> {
        Ok(())
    }

    fn declare(&mut self, kinds: &[Kind]) -> Result<()> {
        sync::write(&self.tables).declare(kinds)
    }

    fn compact(&mut self, floor: Revision) -> Result<Swept> {
        Ok(Swept { dropped: sync::write(&self.tables).compact(floor), is_done: true })
    }
}

#[cfg(test)]
mod tests {
    use crate::backend::Waiting;
    use crate::conformance::Place;
    use crate::{Options, Store};

    use super::Memory;

    impl Place for Memory {
        fn open(&self, options: Options) -> Waiting<'_, Store> {
            Box::pin(Memory::open(self, options))
        }
    }

    crate::conformance!(Memory::new);
}
