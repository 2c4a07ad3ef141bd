//! Every constraint of every input, at its edge and past it, and every required member missing.

use wire::query::{self, Form};
use wire::{Document, Kind, Operation, Shape};

use crate::example;
use crate::inputs::INPUTS;

/// An input with one thing changed: valid still, or with the violation that must be reported.
struct Case {
    input: Document,
    violation: Option<String>,
}

#[test]
fn every_pattern_is_understood() {
    let mut seen = Vec::new();
    let mut patterns = 0;
    for (operation, _) in INPUTS {
        for shape in [Some(operation.input), operation.output].into_iter().flatten() {
            walk(shape, &mut seen, &mut |shape| {
                if let Some(pattern) = shape.pattern {
                    patterns += 1;
                    assert!(pattern.is_supported(), "{}", pattern.source());
                }
            });
        }
    }
    assert!(patterns >= 60, "{patterns}");
}

fn walk(shape: &'static Shape, seen: &mut Vec<*const Shape>, visit: &mut dyn FnMut(&'static Shape)) {
    if seen.contains(&std::ptr::from_ref(shape)) {
        return;
    }
    seen.push(shape);
    visit(shape);
    match &shape.kind {
        Kind::Structure(members) => {
            for member in *members {
                walk(member.shape, seen, visit);
            }
        }
        Kind::List(list) => walk(list.item, seen, visit),
        Kind::Map(map) => {
            walk(map.key, seen, visit);
            walk(map.value, seen, visit);
        }
        _ => {}
    }
}

#[test]
fn every_constraint_holds_at_its_edge_and_not_past_it() {
    let (mut valid, mut invalid) = (0, 0);
    for (operation, typed) in INPUTS {
        for case in cases(operation.input, &example::maximal(operation.input), "") {
            let body = example::body(operation.name, &case.input);
            let form = Form::parse(body.as_bytes()).unwrap();
            match (query::input(operation, &form), case.violation) {
                (Ok(input), None) => {
                    valid += 1;
                    typed(input.into()).unwrap_or_else(|error| panic!("{operation:?}: {error}"));
                }
                (Err(fault), Some(violation)) => {
                    invalid += 1;
                    assert_eq!((fault.code.as_ref(), fault.status), ("ValidationError", 400));
                    let expected = phrase(operation, &violation);
                    assert!(fault.message.contains(&expected), "{}\n{expected}", fault.message);
                }
                (Ok(_), Some(violation)) => panic!("{operation:?} takes what breaks {violation}"),
                (Err(fault), None) => panic!("{operation:?} refuses a value at its edge: {fault}"),
            }
        }
    }
    // So many cases there are today; a model that is read wrongly has fewer.
    assert!(valid > 400 && invalid > 1000, "{valid} valid, {invalid} invalid");
}

/// What the message says, up to the offending value.
fn phrase(operation: &Operation, violation: &str) -> String {
    let quiet = !operation.service.echo_values;
    let is_plain = violation.contains("must have value") || violation.contains("enum value set");
    if violation.starts_with("The specified value") {
        violation.to_owned()
    } else if violation.ends_with("must not be null") {
        let null = if quiet { "" } else { " null" };
        format!("1 validation error detected: Value{null} at {violation}")
    } else if quiet && !is_plain {
        format!("Value at {violation}")
    } else {
        format!(" at {violation}")
    }
}

fn cases(shape: &'static Shape, valid: &Document, path: &str) -> Vec<Case> {
    match (&shape.kind, valid) {
        (Kind::Structure(members), Document::Structure(structure)) => {
            let mut all = Vec::new();
            for (index, member) in members.iter().enumerate() {
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{}", member.camel_name());
                let mut with = |value: Option<Document>, violation: Option<String>| {
                    let mut changed = structure.clone();
                    changed.set(index, value);
                    all.push(Case { input: changed.into(), violation });
                };
                let null = format!("'{path}' failed to satisfy constraint: Member must not be null");
                with(None, member.required.then_some(null));
                for case in cases(member.shape, structure.at(index).unwrap(), &path) {
                    with(Some(case.input), case.violation);
                }
            }
            all
        }
        (Kind::List(list), Document::List(items)) => {
            let mut all = lengths(shape, path, |length| {
                Some(Document::List(vec![example::maximal(list.item); usize::try_from(length).ok()?]))
            });
            let scalar = !matches!(list.item.kind, Kind::Structure(_));
            let inner = if scalar { path.to_owned() } else { format!("{path}.1.member") };
            for case in cases(list.item, items.first().unwrap(), &inner) {
                let mut items = items.clone();
                items[0] = case.input;
                let violation = case.violation.map(|violation| {
                    if scalar {
                        format!("'{path}' failed to satisfy constraint: Member must satisfy constraint: [")
                    } else {
                        violation
                    }
                });
                all.push(Case { input: Document::List(items), violation });
            }
            all
        }
        (Kind::String, _) => {
            let mut all =
                lengths(shape, path, |length| example::of_length(shape, length).map(Document::String));
            let mut bad = |text: &str, violation: String| {
                all.push(Case { input: Document::String(text.to_owned()), violation: Some(violation) });
            };
            let breaks = |constraint: String| format!("'{path}' failed to satisfy constraint: {constraint}");
            if let Some(pattern) = shape.pattern {
                let source = pattern.source();
                // Too short a text hears of its length first.
                let least = usize::try_from(shape.min.unwrap_or(1)).unwrap().max(1);
                let texts = ["\u{7}".repeat(least), format!("{}\u{7}b", "a".repeat(least))];
                let text = texts.iter().find(|text| !pattern.matches(text)).unwrap();
                let violation = match shape.words {
                    None => breaks(format!("Member must satisfy regular expression pattern: {source}")),
                    Some(words) => format!("The specified value for {path} is invalid. {words}"),
                };
                bad(text, violation);
            }
            if !shape.values.is_empty() {
                let list = shape.values.join(", ");
                bad("nonesuch", breaks(format!("Member must satisfy enum value set: [{list}]")));
            }
            all
        }
        (Kind::Integer | Kind::Long, _) => {
            bounds(shape, path, "value", |value| Some(Document::Integer(value)))
        }
        _ => Vec::new(),
    }
}

fn lengths(shape: &Shape, path: &str, make: impl Fn(i64) -> Option<Document>) -> Vec<Case> {
    bounds(shape, path, "length", make)
}

/// At each bound, and one past it.
fn bounds(shape: &Shape, path: &str, what: &str, make: impl Fn(i64) -> Option<Document>) -> Vec<Case> {
    let mut all = Vec::new();
    for (bound, step, direction) in [(shape.min, -1, "greater"), (shape.max, 1, "less")] {
        let Some(bound) = bound else { continue };
        all.extend(make(bound).map(|input| Case { input, violation: None }));
        let violation = format!(
            "'{path}' failed to satisfy constraint: Member must have {what} {direction} than or equal to {bound}"
        );
        all.extend(make(bound + step).map(|input| Case { input, violation: Some(violation) }));
    }
    all
}
