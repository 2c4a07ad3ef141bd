//! A value that is not base64.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("TYPE_MISMATCH_STRING", Warning, Look::Value(look));

fn look(_: &Subject<'_>, clause: &Clause<'_>, value: Entry<'_>, found: &mut Found<'_>) {
    if clause.is(Family::Binary) && !is_base64(value.text) && !value.text.contains("${") {
        found.at(value.span, format!("{} takes bytes in base64.", clause.operator));
    }
}

fn is_base64(text: &str) -> bool {
    let bare = text.trim_end_matches('=');
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
    text.len().is_multiple_of(4) && text.len() - bare.len() <= 2 && bare.bytes().all(is_letter)
}
