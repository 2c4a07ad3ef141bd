//! Requests about the past: which moment they mean.
//!
//! A client says so in a header, or by the address that it sends to, for those that can set no header: whatever is
//! sent to `/_portcullis/as-of/TIME/` is what would be sent to `/`. The path is always signed.

use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use wire::Fault;

/// The moment that a request asks about, and the path that it means.
pub(crate) fn of<'p>(path: &'p str, headers: &HeaderMap) -> Result<(Option<Timestamp>, &'p str), Fault> {
    let mut given = headers.get_all(&HEADER).iter();
    let in_header = match (given.next(), given.next()) {
        (None, _) => None,
        (Some(value), None) => Some(moment(value.to_str().unwrap_or_default())?),
        (Some(_), Some(_)) => return Err(invalid(format!("{HEADER} is there more than once"))),
    };
    let Some(rest) = path.strip_prefix(PREFIX) else { return Ok((in_header, path)) };
    let (text, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let in_path = moment(text)?;
    if in_header.is_some_and(|other| other != in_path) {
        return Err(invalid(format!("{HEADER} and the path ask about different moments")));
    }
    // The services that have a past live at the root.
    if !rest.is_empty() {
        return Err(invalid(format!("there is nothing at `/{rest}` to be asked about the past")));
    }
    Ok((Some(in_path), "/"))
}

fn moment(text: &str) -> Result<Timestamp, Fault> {
    // No operation is asked with a moment that cannot be told; half of one would be answered as the present.
    text.parse().map_err(|_| {
        invalid(format!("`{text}` is no moment in UTC: write 2026-03-03T12:00:00Z or 20260303T120000Z"))
    })
}

fn invalid(message: String) -> Fault {
    Fault::sender("InvalidAsOf", 400, message)
}

static HEADER: HeaderName = HeaderName::from_static("x-portcullis-as-of");
const PREFIX: &str = "/_portcullis/as-of/";

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, values: &[&'static str]) -> Result<(Option<String>, String), String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&HEADER, http::HeaderValue::from_static(value));
        }
        let found = of(path, &headers).map_err(|fault| fault.message)?;
        Ok((found.0.map(|moment| moment.to_string()), found.1.to_owned()))
    }

    #[test]
    fn a_moment_stands_in_the_header_or_in_the_path() {
        let moment = Some("2026-03-03T12:00:00Z".to_owned());
        let root = || "/".to_owned();
        assert_eq!(asked("/", &[]), Ok((None, root())));
        assert_eq!(asked("/", &["2026-03-03T12:00:00Z"]), Ok((moment.clone(), root())));
        assert_eq!(asked("/_portcullis/as-of/20260303T120000Z", &[]), Ok((moment.clone(), root())));
        assert_eq!(asked("/_portcullis/as-of/20260303T120000Z/", &[]), Ok((moment.clone(), root())));
        let both = asked("/_portcullis/as-of/20260303T120000Z/", &["2026-03-03T12:00:00+00:00"]);
        assert_eq!(both, Ok((moment, root())));
    }

    #[test]
    fn what_is_no_single_moment_is_refused() {
        for (path, values) in [
            ("/", &["yesterday"][..]),
            ("/", &[""]),
            ("/", &["2026-03-03"]),
            ("/", &["2026-03-03T12:00:00Z", "2026-03-03T12:00:00Z"]),
            ("/_portcullis/as-of/", &[]),
            ("/_portcullis/as-of/20260303", &[]),
            ("/_portcullis/as-of/20260303T120000Z/", &["2026-03-03T12:00:01Z"]),
        ] {
            asked(path, values).unwrap_err();
        }
    }
}
