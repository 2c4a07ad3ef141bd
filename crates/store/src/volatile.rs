//! What changes with every request: notes such as last-used times, buffered here and written in the background.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::backend::Note;
use crate::sync;

/// Notes that are not on disk yet. The newest note of each key wins.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Not yet handed to the writer.
    waiting: HashMap<Name, Arc<str>>,
    /// Handed to the writer, not yet on disk.
    leaving: HashMap<Name, Arc<str>>,
}

type Name = (String, String);

impl Notes {
    /// Takes a note. Answers whether the writer must be told that notes are waiting.
    pub(crate) fn note(&self, kind: &str, key: &str, json: Arc<str>) -> bool {
        let mut state = sync::lock(&self.state);
        let was_empty = state.waiting.is_empty();
        state.waiting.insert((kind.to_owned(), key.to_owned()), json);
        was_empty
    }

    /// The note that is not on disk yet, if there is one.
    pub(crate) fn noted(&self, kind: &str, key: &str) -> Option<Arc<str>> {
        let state = sync::lock(&self.state);
        let name = (kind.to_owned(), key.to_owned());
        state.waiting.get(&name).or_else(|| state.leaving.get(&name)).cloned()
    }

    /// The notes of a kind that are not on disk yet and whose keys begin with `prefix`; of two of one key the newer last.
    pub(crate) fn with_prefix(&self, kind: &str, prefix: &str) -> Vec<(String, Arc<str>)> {
        let state = sync::lock(&self.state);
        let asked = |((of, key), _): &(&Name, &Arc<str>)| of == kind && key.starts_with(prefix);
        let all = state.leaving.iter().chain(&state.waiting);
        all.filter(asked).map(|((_, key), json)| (key.clone(), Arc::clone(json))).collect()
    }

    /// Hands the waiting notes to the writer, which answers with [`left`](Self::left).
    pub(crate) fn take(&self) -> Vec<Note> {
        let mut state = sync::lock(&self.state);
        let waiting = std::mem::take(&mut state.waiting);
        state.leaving.extend(waiting);
        let note = |((kind, key), json): (&Name, &Arc<str>)| Note {
            kind: kind.clone(),
            key: key.clone(),
            json: Arc::clone(json),
        };
        state.leaving.iter().map(note).collect()
    }

    /// These notes are found where they went.
    pub(crate) fn left(&self, notes: &[Note]) {
        let mut state = sync::lock(&self.state);
        for note in notes {
            let name = (note.kind.clone(), note.key.clone());
            // A newer one of the same name has not come as far.
            if state.leaving.get(&name).is_some_and(|json| Arc::ptr_eq(json, &note.json)) {
                state.leaving.remove(&name);
            }
        }
    }

    /// Whether the number of waiting notes asks for writing them before their time.
    pub(crate) fn is_crowded(&self) -> bool {
        sync::lock(&self.state).waiting.len() >= CROWD
    }
}

/// So many waiting notes are written without waiting for more.
const CROWD: usize = 4096;
