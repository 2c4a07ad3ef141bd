//! Forms of report that more than one command prints.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_stays_on_its_line() {
        let text = annotation("error", "a,b.json", Some((2, 5)), "50%\nwrong");
        assert_eq!(text, "::error file=a%2Cb.json,line=2,col=5::50%25%0Awrong");
    }

    #[test]
    fn xml_holds_no_control_characters() {
        assert_eq!(xml("a<b>\u{1}&\""), "a&lt;b&gt;\u{fffd}&amp;&quot;");
    }
}
