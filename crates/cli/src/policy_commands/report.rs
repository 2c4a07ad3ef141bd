//! Forms of report that more than one command prints.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

/// Text within XML.
pub(crate) fn xml(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            // XML 1.0 has no form for the other control characters.
            c if c.is_control() && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
        out
    })
}

/// An annotation of a workflow on GitHub, which shows it beside the line.
pub(crate) fn annotation(level: &str, file: &str, place: Option<(u32, u32)>, message: &str) -> String {
    let place = place.map_or(String::new(), |(line, column)| format!(",line={line},col={column}"));
    let (file, message) = (escape(file).replace(':', "%3A").replace(',', "%2C"), escape(message));
    format!("::{level} file={file}{place}::{message}")
}

fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A report in SARIF 2.1.0, whose columns count characters.
pub(crate) fn sarif(rules: Json, results: Vec<Json>) -> Json {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "portcullis", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// A file's path as a relative reference of RFC 3986, as SARIF names files.
pub(crate) fn uri(path: &str) -> String {
    let path = path.replace(std::path::MAIN_SEPARATOR, "/");
    // A colon in the first part would be taken for the end of a scheme.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/@!$&'()*+,;=".contains(&byte);
    path.bytes().fold(String::new(), |mut out, byte| {
        if is_plain(byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_stays_on_its_line() {
        let text = annotation("error", "a,b.json", Some((2, 5)), "50%\nwrong");
        assert_eq!(text, "::error file=a%2Cb.json,line=2,col=5::50%25%0Awrong");
    }

    #[test]
    fn a_uri_has_no_character_that_means_something_else() {
        assert_eq!(uri("policies/a.json"), "policies/a.json");
        assert_eq!(uri("c:\u{e9} 50%<#?.json"), "c%3A%C3%A9%2050%25%3C%23%3F.json");
    }

    #[test]
    fn xml_holds_no_control_characters() {
        assert_eq!(xml("a<b>\u{1}&\""), "a&lt;b&gt;\u{fffd}&amp;&quot;");
    }
}
