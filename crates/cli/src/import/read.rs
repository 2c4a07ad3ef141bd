//! Reading a file of authorization details, one entity after the other, so that a file of any size needs little memory.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::estate;
use crate::policy_commands::input;

/// One entity of a file.
pub(crate) enum Item {
    User(estate::User),
    Group(estate::Group),
    Role(estate::Role),
    Policy(estate::Policy),
}

/// What takes the entities of a file, in their order. What it refuses ends the reading.
pub(crate) type Sink<'s> = dyn FnMut(Item) -> anyhow::Result<()> + 's;

/// Reads a file: every entity goes to `sink`. An error says which file, where in it, and what.
pub(crate) fn file(path: &Path, sink: &mut Sink<'_>) -> anyhow::Result<()> {
    let opened = File::open(path).with_context(|| format!("cannot open `{}`", path.display()))?;
    input::without_mark(BufReader::with_capacity(BUFFER, opened))
        .map_err(anyhow::Error::from)
        .and_then(|input| details(input, sink))
        .map_err(|cause| anyhow::anyhow!("`{}`: {cause}", path.display()))
}

/// Reads authorization details.
pub(crate) fn details(input: impl Read, sink: &mut Sink<'_>) -> anyhow::Result<()> {
    let mut json = serde_json::Deserializer::from_reader(input);
    let mut reading = Reading { sink, refused: None };
    let read = Details(&mut reading).deserialize(&mut json).and_then(|()| json.end());
    match (read, reading.refused) {
        // The parser is past an entity by the time it is refused, so its line says less than its place in the list.
        (_, Some(cause)) => Err(anyhow::anyhow!(cause)),
        (Err(cause), None) => Err(cause.into()),
        (Ok(()), None) => Ok(()),
    }
}

/// A file that is being read.
struct Reading<'r, 's> {
    sink: &'r mut Sink<'s>,
    /// Why the sink took no more.
    refused: Option<String>,
}

struct Details<'a, 'r, 's>(&'a mut Reading<'r, 's>);

impl<'de> DeserializeSeed<'de> for Details<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Details<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the output of `aws iam get-account-authorization-details`: a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut lists = 0_u32;
        while let Some(name) = map.next_key::<String>()? {
            lists = lists.saturating_add(1);
            match name.as_str() {
                "UserDetailList" => map.next_value_seed(List::new("UserDetailList", self.0, Item::User))?,
                "GroupDetailList" => {
                    map.next_value_seed(List::new("GroupDetailList", self.0, Item::Group))?
                }
                "RoleDetailList" => map.next_value_seed(List::new("RoleDetailList", self.0, Item::Role))?,
                "Policies" => map.next_value_seed(List::new("Policies", self.0, Item::Policy))?,
                _ => {
                    lists = lists.saturating_sub(1);
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if lists == 0 {
            return Err(A::Error::custom(
                "none of `UserDetailList`, `GroupDetailList`, `RoleDetailList` and `Policies` is here; is this the \
                 output of `aws iam get-account-authorization-details`?",
            ));
        }
        Ok(())
    }
}

struct List<'a, 'r, 's, T> {
    name: &'static str,
    reading: &'a mut Reading<'r, 's>,
    item: fn(T) -> Item,
}

impl<'a, 'r, 's, T> List<'a, 'r, 's, T> {
    fn new(name: &'static str, reading: &'a mut Reading<'r, 's>, item: fn(T) -> Item) -> Self {
        Self { name, reading, item }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for List<'_, '_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<'_, '_, '_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list under `{}`", self.name)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut place = 0_usize;
        while let Some(entity) = list.next_element::<T>()? {
            if let Err(cause) = (self.reading.sink)((self.item)(entity)) {
                self.reading.refused = Some(format!("{}[{place}]: {cause:#}", self.name));
                return Err(A::Error::custom("refused"));
            }
            place = place.saturating_add(1);
        }
        Ok(())
    }
}

/// So many bytes are read at once.
const BUFFER: usize = 256 * 1024;
