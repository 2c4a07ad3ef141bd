//! An entry of a statement's actions whose actions another entry names too.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("REDUNDANT_ACTION", Suggestion, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let entries = statement.all_actions();
    let redundant = redundant(&entries, |text| text.to_ascii_lowercase());
    let Some(first) = redundant.first() else { return };
    let details = match redundant.len() {
        1 => format!("Another entry names what `{}` names: remove it.", first.text),
        count => format!("{count} entries name what others name, `{}` among them: remove them.", first.text),
    };
    let spans: Vec<_> = redundant.iter().map(|entry| entry.span).collect();
    found.at_all(&spans, details);
}

/// The entries that another covers; of equal ones, all but the first.
pub(super) fn redundant<'d>(entries: &[Entry<'d>], fold: fn(&str) -> String) -> Vec<Entry<'d>> {
    // Wide lists are compared with their wildcards alone, so that the work stays bounded.
    let folded: Vec<String> = entries.iter().map(|entry| fold(entry.text)).collect();
    let wide: Vec<(usize, &String)> =
        folded.iter().enumerate().filter(|(_, text)| has_wildcards(text)).take(WIDEST).collect();
    let mut seen = std::collections::HashSet::new();
    let mut redundant = Vec::new();
    for (number, (entry, text)) in entries.iter().zip(&folded).enumerate() {
        let twice = !seen.insert(text);
        let covered =
            wide.iter().any(|(other, pattern)| *other != number && *pattern != text && covers(pattern, text));
        if twice || covered {
            redundant.push(*entry);
        }
    }
    redundant
}

/// So many entries with wildcards are held against all others.
const WIDEST: usize = 200;
