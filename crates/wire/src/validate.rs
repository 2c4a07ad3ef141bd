//! Validation: every constraint that an input breaks, in one message as AWS words it.

use std::fmt::{self, Write};

use crate::document::{Document, Structure};
use crate::fault::Fault;
use crate::operation::Service;
use crate::shape::{Kind, Shape, push_camel};

/// Checks an input against its shape.
///
/// # Errors
/// `ValidationError` (400), whose message lists every violation in the model's order; it repeats offending values where
/// the service does, sensitive ones never. A pattern that the service tells in words comes after all of these, and only
/// the first one is told.
pub fn validate(service: &Service, input: &Structure) -> Result<(), Fault> {
    let mut check = Check {
        echo: service.echo_values,
        path: String::new(),
        violations: Vec::new(),
        count: 0,
        worded: None,
    };
    check.structure(input);
    if check.count == 0 {
        return check.worded.map_or(Ok(()), |message| Err(Fault::validation(message)));
    }
    let plural = if check.count == 1 { "" } else { "s" };
    Err(Fault::validation(format!(
        "{} validation error{plural} detected: {}",
        check.count,
        check.violations.join("; ")
    )))
}

/// How many violations a message spells out; further ones are counted. A thousand broken tags must not make a response
/// of a megabyte.
const MAX_SPELT: usize = 100;

/// How many characters of an offending value a message repeats.
const MAX_ECHO: usize = 1024;

struct Check {
    echo: bool,
    /// Where the walk is, as `tags.1.member.key`.
    path: String,
    violations: Vec<String>,
    count: usize,
    /// The first breach of a pattern that is told in words.
    worded: Option<String>,
}

impl Check {
    fn structure(&mut self, structure: &Structure) {
        for (index, member) in structure.shape().members().iter().enumerate() {
            match structure.at(index) {
                Some(document) => {
                    let here = self.enter_member(member.name);
                    self.document(member.shape, document);
                    self.path.truncate(here);
                }
                None if member.required => {
                    let here = self.enter_member(member.name);
                    let offender = if self.echo { "Value null" } else { "Value" };
                    self.add(offender.to_owned(), "Member must not be null");
                    self.path.truncate(here);
                }
                None => {}
            }
        }
    }

    /// Goes one step down; the answer is how long the path was.
    fn enter(&mut self, step: fmt::Arguments<'_>) -> usize {
        let here = self.path.len();
        // A list or map is never the root, so there is a step before. Writing into a string does not fail.
        _ = write!(self.path, ".{step}");
        here
    }

    /// Goes down to a member.
    fn enter_member(&mut self, name: &str) -> usize {
        let here = self.path.len();
        if here > 0 {
            self.path.push('.');
        }
        push_camel(name, &mut self.path);
        here
    }

    fn document(&mut self, shape: &Shape, document: &Document) {
        if let Some(words) = shape.words
            && self.worded.is_none()
            && !is_of_form(shape, document)
        {
            self.worded = Some(format!("The specified value for {} is invalid. {words}", self.path));
        }
        for constraint in broken(shape, document) {
            self.add(self.offender(shape, document), &constraint);
        }
        match (document, &shape.kind) {
            (Document::Structure(structure), _) => self.structure(structure),
            (Document::List(items), Kind::List(list)) if is_scalar(list.item) => {
                self.scalars(shape, document, list.item, items);
            }
            (Document::List(items), Kind::List(list)) => {
                for (number, item) in (1..).zip(items) {
                    let here = self.enter(format_args!("{number}.member"));
                    self.document(list.item, item);
                    self.path.truncate(here);
                }
            }
            (Document::Map(entries), Kind::Map(map)) => {
                let broken_key =
                    entries.iter().any(|(key, _)| is_broken(map.key, &Document::String(key.clone())));
                if broken_key {
                    let text = format!("Map keys must satisfy constraint: [{}]", constraints(map.key));
                    self.add(self.offender(shape, document), &text);
                }
                let scalar = is_scalar(map.value);
                if scalar && entries.iter().any(|(_, value)| is_broken(map.value, value)) {
                    let text = format!("Map value must satisfy constraint: [{}]", constraints(map.value));
                    self.add(self.offender(shape, document), &text);
                }
                for (key, value) in entries.iter().filter(|_| !scalar) {
                    let here = self.enter(format_args!("{key}.member"));
                    self.document(map.value, value);
                    self.path.truncate(here);
                }
            }
            _ => {}
        }
    }

    /// Values without members of their own are reported as one, with all that each must satisfy.
    fn scalars(&mut self, shape: &Shape, list: &Document, item: &Shape, items: &[Document]) {
        if items.iter().any(|value| is_broken(item, value)) {
            let all = constraints(item);
            let text = format!("Member must satisfy constraint: [{all}]");
            self.add(self.offender(shape, list), &text);
        }
    }

    /// `Value`, or `Value 'a:b'` where the service repeats values; numbers and names from a list are repeated by all.
    fn offender(&self, shape: &Shape, document: &Document) -> String {
        let is_plain = matches!(document, Document::Integer(_)) || !shape.values.is_empty();
        if !(self.echo || is_plain) || shape.sensitive {
            return "Value".to_owned();
        }
        let mut text = String::new();
        echo(shape, document, &mut text);
        if let Some((end, _)) = text.char_indices().nth(MAX_ECHO) {
            text.truncate(end);
        }
        format!("Value '{text}'")
    }

    fn add(&mut self, offender: String, constraint: &str) {
        self.count += 1;
        if self.violations.len() < MAX_SPELT {
            self.violations
                .push(format!("{offender} at '{}' failed to satisfy constraint: {constraint}", self.path));
        }
    }
}

/// Whether a text matches its shape's pattern.
fn is_of_form(shape: &Shape, document: &Document) -> bool {
    match (document, shape.pattern) {
        (Document::String(text), Some(pattern)) => pattern.matches(text),
        _ => true,
    }
}

/// Whether a value breaks any constraint of its own shape.
fn is_broken(shape: &Shape, document: &Document) -> bool {
    !is_of_form(shape, document) || !broken(shape, document).is_empty()
}

/// The constraints of its own shape that a value breaks, in the order in which AWS names them; a pattern that is told in
/// words is not among them.
fn broken(shape: &Shape, document: &Document) -> Vec<String> {
    let mut broken = Vec::new();
    let size = match document {
        Document::String(text) => {
            if !shape.values.is_empty() && !shape.values.contains(&text.as_str()) {
                broken.push(values(shape));
            }
            if let Some(pattern) = shape.pattern
                && shape.words.is_none()
                && !pattern.matches(text)
            {
                broken.push(expression(pattern.source()));
            }
            if shape.min.is_none() && shape.max.is_none() {
                return broken;
            }
            text.chars().count()
        }
        Document::Blob(bytes) => bytes.len(),
        Document::List(items) => items.len(),
        Document::Map(entries) => entries.len(),
        Document::Integer(value) => {
            if shape.min.is_some_and(|min| *value < min) {
                broken.push(least(shape));
            }
            if shape.max.is_some_and(|max| *value > max) {
                broken.push(greatest(shape));
            }
            return broken;
        }
        Document::Double(value) => {
            if shape.min.is_some_and(|min| *value < min as f64) {
                broken.push(least(shape));
            }
            if shape.max.is_some_and(|max| *value > max as f64) {
                broken.push(greatest(shape));
            }
            return broken;
        }
        Document::Boolean(_) | Document::Timestamp(_) | Document::Structure(_) => return broken,
    };
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    if shape.min.is_some_and(|min| size < min) {
        broken.push(least(shape));
    }
    if shape.max.is_some_and(|max| size > max) {
        broken.push(greatest(shape));
    }
    broken
}

/// All that a value of this shape must satisfy, as messages about lists and maps have it.
fn constraints(shape: &Shape) -> String {
    let mut all = Vec::new();
    if shape.max.is_some() {
        all.push(greatest(shape));
    }
    if shape.min.is_some() {
        all.push(least(shape));
    }
    if let Some(pattern) = shape.pattern {
        all.push(expression(pattern.source()));
    }
    if !shape.values.is_empty() {
        all.push(values(shape));
    }
    all.push("Member must not be null".to_owned());
    all.join(", ")
}

fn values(shape: &Shape) -> String {
    format!("Member must satisfy enum value set: [{}]", shape.values.join(", "))
}

fn expression(source: &str) -> String {
    format!("Member must satisfy regular expression pattern: {source}")
}

fn least(shape: &Shape) -> String {
    bound(shape, "greater", shape.min)
}

fn greatest(shape: &Shape) -> String {
    bound(shape, "less", shape.max)
}

fn bound(shape: &Shape, direction: &str, bound: Option<i64>) -> String {
    let what = match shape.kind {
        Kind::Integer | Kind::Long | Kind::Float | Kind::Double => "value",
        _ => "length",
    };
    let bound = bound.unwrap_or_default();
    format!("Member must have {what} {direction} than or equal to {bound}")
}

fn is_scalar(shape: &Shape) -> bool {
    !matches!(shape.kind, Kind::Structure(_) | Kind::List(_) | Kind::Map(_))
}

/// A value as messages repeat it.
fn echo(shape: &Shape, document: &Document, out: &mut String) {
    if shape.sensitive {
        out.push_str("***");
        return;
    }
    // Enough is enough: the rest would be cut off.
    if out.len() > MAX_ECHO * 4 {
        return;
    }
    match (document, &shape.kind) {
        (Document::String(text), _) => out.push_str(text),
        (Document::Boolean(value), _) => _ = write!(out, "{value}"),
        (Document::Integer(value), _) => _ = write!(out, "{value}"),
        (Document::Double(value), _) => _ = write!(out, "{value:?}"),
        (Document::Timestamp(moment), _) => _ = write!(out, "{moment}"),
        (Document::Blob(bytes), _) => _ = write!(out, "<{} bytes>", bytes.len()),
        (Document::List(items), Kind::List(list)) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                echo(list.item, item, out);
            }
            out.push(']');
        }
        (Document::Map(entries), Kind::Map(map)) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                out.push_str(key);
                out.push('=');
                echo(map.value, value, out);
            }
            out.push('}');
        }
        (Document::Structure(structure), _) => {
            out.push_str(structure.shape().name);
            out.push('(');
            let mut first = true;
            for (index, member) in structure.shape().members().iter().enumerate() {
                if let Some(value) = structure.at(index) {
                    out.push_str(if first { "" } else { ", " });
                    first = false;
                    push_camel(member.name, out);
                    out.push('=');
                    echo(member.shape, value, out);
                }
            }
            out.push(')');
        }
        (Document::List(_) | Document::Map(_), _) => {}
    }
}

#[cfg(test)]
mod tests;
