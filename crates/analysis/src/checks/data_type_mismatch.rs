//! An element of another JSON type than the grammar has for it.

use super::prelude::*;
use policy::Span;
use policy::json::{Member, Node};

pub(super) const CHECK: Check = Check::new("DATA_TYPE_MISMATCH", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    let mut wrong =
        |span: Span, expected: &str| found.at(span, format!("Here the grammar has a JSON {expected}."));
    if subject.node.as_object().is_none() {
        return wrong(subject.node.span, "object");
    }
    for member in subject.members() {
        match member.key.as_str() {
            "Version" | "Id" if member.value.as_str().is_none() => wrong(member.value.span, "string"),
            "Statement" => {
                for item in member.value.items().iter().filter(|item| item.as_object().is_none()) {
                    wrong(item.span, "object");
                }
            }
            _ => {}
        }
    }
    for member in subject.statements.iter().flat_map(|statement| statement.members) {
        mismatches(member, &mut wrong);
    }
}

fn mismatches(member: &Member, wrong: &mut impl FnMut(Span, &str)) {
    let node = &member.value;
    match member.key.as_str() {
        "Sid" | "Effect" if node.as_str().is_none() => wrong(node.span, "string"),
        "Action" | "NotAction" | "Resource" | "NotResource" => strings(node, wrong),
        "Principal" | "NotPrincipal" => {
            for kind in node.as_object().unwrap_or_default() {
                strings(&kind.value, wrong);
            }
        }
        "Condition" => match node.as_object() {
            None => wrong(node.span, "object"),
            Some(operators) => operators.iter().for_each(|operator| match operator.value.as_object() {
                None => wrong(operator.value.span, "object"),
                Some(keys) => keys.iter().for_each(|key| scalars(&key.value, wrong)),
            }),
        },
        _ => {}
    }
}

fn strings(node: &Node, wrong: &mut impl FnMut(Span, &str)) {
    for item in node.items().iter().filter(|item| item.as_str().is_none()) {
        wrong(item.span, "string");
    }
}

fn scalars(node: &Node, wrong: &mut impl FnMut(Span, &str)) {
    let is_scalar = |item: &&Node| matches!(item.value, Value::String(_) | Value::Number(_) | Value::Bool(_));
    for item in node.items().iter().filter(|item| !is_scalar(item)) {
        wrong(item.span, "string, number or Boolean");
    }
}
