//! Shapes: what the model says of a structure, a list or a value, as static tables.

use crate::pattern::Pattern;
use crate::timestamp::TimestampFormat;

/// What the model says of one type: its kind and its constraints.
#[derive(Debug)]
pub struct Shape {
    /// The name in the model, as `CreateUserRequest`.
    pub name: &'static str,
    /// What values look like.
    pub kind: Kind,
    /// The least length (characters, bytes, items) or value.
    pub min: Option<i64>,
    /// The greatest length (characters, bytes, items) or value.
    pub max: Option<i64>,
    /// The expression that a whole string matches.
    pub pattern: Option<&'static Pattern>,
    /// What a service that does not print the expression says of a string that does not match it, in a sentence.
    pub words: Option<&'static str>,
    /// The strings allowed, in the order in which AWS lists them; none where any is.
    pub values: &'static [&'static str],
    /// Whether values stay out of logs, errors and audit events.
    pub sensitive: bool,
    /// Whether a response carries the string percent-encoded (RFC 3986), as IAM does with policies.
    pub url_encoded: bool,
}

/// What the values of a shape look like.
#[derive(Debug)]
pub enum Kind {
    /// Named members, in the model's order.
    Structure(&'static [Member]),
    /// Items of one shape.
    List(List),
    /// Strings to values of one shape.
    Map(Map),
    /// Text.
    String,
    /// Bytes.
    Blob,
    /// True or false.
    Boolean,
    /// 32 bits, signed.
    Integer,
    /// 64 bits, signed.
    Long,
    /// A floating-point number of 32 bits.
    Float,
    /// A floating-point number of 64 bits.
    Double,
    /// A moment; without a format in that of the protocol.
    Timestamp(Option<TimestampFormat>),
}

/// A member of a structure.
#[derive(Debug)]
pub struct Member {
    /// The name in the model, as `UserName`.
    pub name: &'static str,
    /// The name on the wire where the model gives another.
    pub wire: &'static str,
    /// Its values.
    pub shape: &'static Shape,
    /// Whether a request without it is refused.
    pub required: bool,
    /// Where an HTTP-bound protocol keeps it.
    pub location: Location,
}

/// Where an HTTP-bound protocol keeps a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the body, with the others.
    Body,
    /// It is the body.
    Payload,
    /// The header of this name.
    Header(&'static str),
    /// All headers that start so.
    Headers(&'static str),
    /// The query parameter of this name.
    Query(&'static str),
    /// The label of this name in the path.
    Path(&'static str),
    /// The HTTP status of the response.
    Status,
}

/// How a list's items are found.
#[derive(Debug)]
pub struct List {
    /// The shape of each item.
    pub item: &'static Shape,
    /// The name of an item on the wire, `member` unless the model says otherwise.
    pub item_name: &'static str,
    /// Whether items stand directly in the parent.
    pub flattened: bool,
}

/// How a map's entries are found.
#[derive(Debug)]
pub struct Map {
    /// The shape of each key.
    pub key: &'static Shape,
    /// The shape of each value.
    pub value: &'static Shape,
    /// The name of a key on the wire, `key` unless the model says otherwise.
    pub key_name: &'static str,
    /// The name of a value on the wire, `value` unless the model says otherwise.
    pub value_name: &'static str,
    /// Whether entries stand directly in the parent.
    pub flattened: bool,
}

/// The shape of no members at all, for operations without output.
pub static EMPTY: Shape = Shape::structure("Unit", &[]);

impl Shape {
    /// A shape without constraints.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            min: None,
            max: None,
            pattern: None,
            words: None,
            values: &[],
            sensitive: false,
            url_encoded: false,
        }
    }

    /// A structure of these members.
    pub const fn structure(name: &'static str, members: &'static [Member]) -> Self {
        Self::new(name, Kind::Structure(members))
    }

    /// A list whose items are `member`.
    pub const fn list(name: &'static str, item: &'static Shape) -> Self {
        Self::new(name, Kind::List(List { item, item_name: "member", flattened: false }))
    }

    /// A map whose entries are `key` and `value`.
    pub const fn map(name: &'static str, key: &'static Shape, value: &'static Shape) -> Self {
        Self::new(name, Kind::Map(Map { key, value, key_name: "key", value_name: "value", flattened: false }))
    }

    /// A string.
    pub const fn string(name: &'static str) -> Self {
        Self::new(name, Kind::String)
    }

    /// The same with a least length or value.
    pub const fn min(mut self, min: i64) -> Self {
        self.min = Some(min);
        self
    }

    /// The same with a greatest length or value.
    pub const fn max(mut self, max: i64) -> Self {
        self.max = Some(max);
        self
    }

    /// The same with a pattern.
    pub const fn pattern(mut self, pattern: &'static Pattern) -> Self {
        self.pattern = Some(pattern);
        self
    }

    /// The same, whose pattern is told in words.
    pub const fn words(mut self, words: &'static str) -> Self {
        self.words = Some(words);
        self
    }

    /// The same with these values only.
    pub const fn values(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }

    /// The same, never shown.
    pub const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// The same, percent-encoded in responses.
    pub const fn url_encoded(mut self) -> Self {
        self.url_encoded = true;
        self
    }

    /// The members of a structure; none of anything else.
    pub const fn members(&self) -> &'static [Member] {
        match &self.kind {
            Kind::Structure(members) => members,
            _ => &[],
        }
    }
}

impl Member {
    /// An optional member in the body.
    pub const fn new(name: &'static str, shape: &'static Shape) -> Self {
        Self { name, wire: name, shape, required: false, location: Location::Body }
    }

    /// The same, required.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same with another name on the wire.
    pub const fn wire(mut self, wire: &'static str) -> Self {
        self.wire = wire;
        self
    }

    /// The same, bound to another part of the HTTP message.
    pub const fn at(mut self, location: Location) -> Self {
        self.location = location;
        self
    }

    /// The name as validation messages and CloudTrail print it: `userName`, `sAMLProviderArn`.
    pub fn camel_name(&self) -> String {
        camel(self.name)
    }
}

/// Lower-cases the first character only, as AWS's services do.
pub(crate) fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    push_camel(name, &mut out);
    out
}

/// Appends a name with its first character in lower case.
pub(crate) fn push_camel(name: &str, out: &mut String) {
    let mut characters = name.chars();
    out.extend(characters.next().map(|first| first.to_ascii_lowercase()));
    out.push_str(characters.as_str());
}
