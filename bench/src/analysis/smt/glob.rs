//! Texts with wildcards and policy variables, as formulas over a string.

use super::LeftOut;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    One,
    Many,
    Variable { key: String, default: Option<String> },
}

/// Reads a text, with variables and wildcards or without.
pub(super) fn pieces(text: &str, variables: bool, wildcards: bool) -> Result<Vec<Piece>, LeftOut> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if variables
            && let Some(inner) = rest.strip_prefix("${")
            && let Some((name, behind)) = inner.split_once('}')
        {
            out.push(variable(name)?);
            rest = behind;
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match (c, out.last_mut()) {
            ('*', _) if wildcards => out.push(Piece::Many),
            ('?', _) if wildcards => out.push(Piece::One),
            (c, Some(Piece::Text(plain))) => plain.push(c),
            (c, _) => out.push(Piece::Text(c.to_string())),
        }
    }
    Ok(out)
}

fn variable(name: &str) -> Result<Piece, LeftOut> {
    if matches!(name, "*" | "?" | "$") {
        return Ok(Piece::Text(name.to_owned()));
    }
    if name.contains(['$', '{']) {
        return Err(LeftOut::OddVariable);
    }
    let with_default = name.strip_suffix('\'').and_then(|name| name.split_once(", '"));
    Ok(match with_default {
        Some((key, default)) => Piece::Variable { key: key.to_owned(), default: Some(default.to_owned()) },
        None => Piece::Variable { key: name.to_owned(), default: None },
    })
}

/// A string term matches a pattern; `value` gives the term of a variable.
pub(super) fn matches(
    subject: &str,
    pattern: &[Piece],
    mut value: impl FnMut(&str, Option<&str>) -> Result<String, LeftOut>,
) -> Result<String, LeftOut> {
    if !pattern.iter().any(|piece| matches!(piece, Piece::Variable { .. })) {
        return Ok(fixed(subject, pattern));
    }
    if pattern.contains(&Piece::One) {
        return Err(LeftOut::VariableBesideOne);
    }
    let mut segments = Vec::new();
    for segment in pattern.split(|piece| *piece == Piece::Many) {
        let mut terms = Vec::new();
        for piece in segment {
            match piece {
                Piece::Text(text) => terms.push(literal(text)),
                Piece::Variable { key, default } => terms.push(value(key, default.as_deref())?),
                Piece::One | Piece::Many => {}
            }
        }
        segments.push(match terms.as_slice() {
            [] => "\"\"".into(),
            [only] => only.clone(),
            many => format!("(str.++ {})", many.join(" ")),
        });
    }
    Ok(match segments.as_slice() {
        [only] => format!("(= {subject} {only})"),
        [first, middle @ .., last] => around(subject, first, middle, last),
        [] => "true".into(),
    })
}

/// It begins with one term, ends with another, and between them has the others in their order.
fn around(subject: &str, first: &str, middle: &[String], last: &str) -> String {
    let ends = format!("(+ (str.len {first}) (str.len {last}))");
    let mut out = format!(
        "(and (str.prefixof {first} {subject}) (str.suffixof {last} {subject}) (>= (str.len {subject}) {ends})"
    );
    let middle: Vec<&String> = middle.iter().filter(|term| *term != "\"\"").collect();
    if let Some((behind, before)) = middle.split_last() {
        let between = format!("(str.substr {subject} (str.len {first}) (- (str.len {subject}) {ends}))");
        out.push_str(&format!(" (let ((rest {between})) "));
        let mut closing = String::from(")");
        for term in before {
            out.push_str(&format!(
                "(let ((at (str.indexof rest {term} 0))) (and (>= at 0) \
                 (let ((rest (str.substr rest (+ at (str.len {term})) (str.len rest)))) "
            ));
            closing.push_str(")))");
        }
        out.push_str(&format!("(str.contains rest {behind}){closing}"));
    }
    out.push(')');
    out
}

fn fixed(subject: &str, pattern: &[Piece]) -> String {
    match pattern {
        [] => format!("(= {subject} \"\")"),
        [Piece::Text(text)] => format!("(= {subject} {})", literal(text)),
        pattern if pattern.iter().all(|piece| *piece == Piece::Many) => "true".into(),
        pattern => format!("(str.in_re {subject} {})", expression(pattern, "re.allchar", "re.all")),
    }
}

/// A regular expression of a pattern without variables.
pub(super) fn expression(pattern: &[Piece], one: &str, many: &str) -> String {
    let parts = pattern.iter().map(|piece| match piece {
        Piece::Text(text) => format!("(str.to_re {})", literal(text)),
        Piece::One => one.to_owned(),
        Piece::Many => many.to_owned(),
        Piece::Variable { .. } => "re.none".to_owned(),
    });
    concatenated(parts.collect())
}

pub(super) fn concatenated(parts: Vec<String>) -> String {
    match parts.as_slice() {
        [] => "(str.to_re \"\")".into(),
        [only] => only.clone(),
        many => format!("(re.++ {})", many.join(" ")),
    }
}

pub(super) fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\"\""),
            ' '..='~' if c != '\\' => out.push(c),
            c => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        }
    }
    out.push('"');
    out
}
