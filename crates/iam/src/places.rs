//! Places in a JSON document that are to be filled in, `@{name}`: what templates are made of.
//!
//! Values are filled into the parsed document, so whatever a value holds, it stays one text and adds nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

/// The values for the places of a document.
#[derive(Debug, Default)]
pub(crate) struct Places<'v> {
    values: BTreeMap<&'v str, Filler<'v>>,
    used: BTreeSet<&'v str>,
}

/// What a place is filled with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filler<'v> {
    /// The texts.
    pub(crate) texts: &'v [String],
    /// Whether it is a list; one text otherwise.
    pub(crate) is_list: bool,
}

/// Why a document could not be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfilled {
    /// There is no value for the place of this name.
    Missing(String),
    /// A place of this text has no end.
    Unclosed(String),
    /// The lists of one text make too many texts together.
    TooMany,
}

impl<'v> Places<'v> {
    /// Values by the names of their places.
    pub(crate) fn new(values: impl IntoIterator<Item = (&'v str, Filler<'v>)>) -> Self {
        Self { values: values.into_iter().collect(), used: BTreeSet::new() }
    }

    /// A value that no place has asked for so far.
    pub(crate) fn unused(&self) -> Option<&'v str> {
        self.values.keys().find(|name| !self.used.contains(*name)).copied()
    }

    /// Fills the places of all texts of a document.
    pub(crate) fn fill(&mut self, json: &mut Json) -> Result<(), Unfilled> {
        match json {
            Json::Object(members) => members.values_mut().try_for_each(|value| self.fill(value)),
            Json::Array(items) => {
                let mut filled = Vec::with_capacity(items.len());
                for mut item in std::mem::take(items) {
                    self.fill(&mut item)?;
                    match item {
                        // A list in a list becomes part of it.
                        Json::Array(several) => filled.extend(several),
                        one => filled.push(one),
                    }
                }
                *items = filled;
                Ok(())
            }
            Json::String(text) if text.contains(OPEN) => {
                *json = self.filled(text)?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A text with its places filled in. A text that is one place of a list becomes the list; one with a list's place
    /// within becomes a list of texts, one for each value.
    pub(crate) fn filled(&mut self, text: &str) -> Result<Json, Unfilled> {
        let mut texts = vec![String::new()];
        let mut is_list = false;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPEN) {
            let (name, behind) = after.split_once('}').ok_or_else(|| Unfilled::Unclosed(text.to_owned()))?;
            let known = self.values.get_key_value(name);
            let (name, filler) = known.ok_or_else(|| Unfilled::Missing(name.to_owned()))?;
            self.used.insert(name);
            is_list |= filler.is_list;
            texts = texts
                .iter()
                .flat_map(|begun| filler.texts.iter().map(move |value| format!("{begun}{before}{value}")))
                .collect();
            if texts.len() > MOST_TEXTS {
                return Err(Unfilled::TooMany);
            }
            rest = behind;
        }
        for begun in &mut texts {
            begun.push_str(rest);
        }
        match (is_list, texts.pop()) {
            (false, Some(one)) => Ok(Json::String(one)),
            (_, last) => Ok(texts.into_iter().chain(last).map(Json::String).collect()),
        }
    }
}

/// What begins a place.
const OPEN: &str = "@{";
/// So many texts may become of one; a policy of the allowed size has fewer.
const MOST_TEXTS: usize = 1000;
