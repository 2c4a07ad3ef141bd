//! A line of a segment: one event with its place in the chain, in one fixed form.
//!
//! `{"seq":7,"prev":"…64 digits…","hash":"…64 digits…","event":{…}}` and a line end. The reader takes exactly what
//! the writer writes, so that there is nothing outside the event that could be changed without notice.

use std::io::Write as _;

use super::{AuditEvent, ChainHead, ChainRow};

/// Appends an event as a line and returns the chain's new head.
pub(super) fn write_line(buffer: &mut Vec<u8>, head: &ChainHead, event: &AuditEvent) -> ChainHead {
    // Writing into a `Vec` cannot fail.
    let _ = write!(buffer, "{{\"seq\":{},\"prev\":\"", head.seq.saturating_add(1));
    buffer.extend_from_slice(&head.hash.to_hex());
    buffer.extend_from_slice(HASH);
    let hash_at = buffer.len();
    buffer.extend_from_slice(&[b'0'; HEX_LEN]);
    buffer.extend_from_slice(EVENT);
    let event_at = buffer.len();
    event.encode_into(buffer);

    let next = head.link(buffer.get(event_at..).unwrap_or_default());
    if let Some(place) = buffer.get_mut(hash_at..hash_at + HEX_LEN) {
        place.copy_from_slice(&next.hash.to_hex());
    }
    buffer.extend_from_slice(b"}\n");
    next
}

/// Reads a line, its line end included; `None` if it is not in the form that [`write_line`] gives it.
pub(super) fn parse_line(line: &[u8]) -> Option<ChainRow<'_>> {
    let rest = line.strip_suffix(b"}\n")?.strip_prefix(b"{\"seq\":")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = rest.split_at_checked(digits)?;
    if number.first() == Some(&b'0') {
        return None;
    }
    let (prev, rest) = rest.strip_prefix(b",\"prev\":\"")?.split_at_checked(HEX_LEN)?;
    let (hash, rest) = rest.strip_prefix(HASH)?.split_at_checked(HEX_LEN)?;
    let text = |bytes| std::str::from_utf8(bytes).ok();
    Some(ChainRow {
        seq: text(number)?.parse().ok()?,
        prev: text(prev)?.parse().ok()?,
        hash: text(hash)?.parse().ok()?,
        event: rest.strip_prefix(EVENT)?,
    })
}

const HASH: &[u8] = b"\",\"hash\":\"";
const EVENT: &[u8] = b"\",\"event\":";
const HEX_LEN: usize = 64;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_reads_back_and_is_json() {
        let event = AuditEvent::new("id", "2026-03-03T00:00:00Z".parse().unwrap(), &json!({"a": 1})).unwrap();
        let (mut buffer, head) = (Vec::new(), ChainHead::genesis("w"));
        let next = write_line(&mut buffer, &head, &event);
        let row = parse_line(&buffer).unwrap();
        assert_eq!(
            (row.seq, row.prev, row.hash, row.event),
            (1, head.hash, next.hash, event.encode().as_bytes())
        );
        let value: serde_json::Value = serde_json::from_slice(&buffer).unwrap();
        assert_eq!(value["event"]["record"]["a"], 1);
        assert_eq!(value["hash"], next.hash.to_string());
    }

    #[test]
    fn any_other_form_of_the_same_line_is_no_line() {
        let event = AuditEvent::new("id", "2026-03-03T00:00:00Z".parse().unwrap(), &json!({})).unwrap();
        let mut buffer = Vec::new();
        write_line(&mut buffer, &ChainHead::genesis("w"), &event);
        let line = String::from_utf8(buffer).unwrap();
        assert!(parse_line(line.as_bytes()).is_some());
        let others = [
            line.trim_end().to_owned(),
            format!(" {line}"),
            line.replace("\"seq\":1", "\"seq\":01"),
            line.replace("\"seq\":1", "\"seq\":+1"),
            line.replace("\"seq\":1", "\"seq\":"),
            line.replace("\"seq\":1", "\"seq\":99999999999999999999"),
            line.replace("\"seq\":1,", "\"seq\":1, "),
            line.replace(",\"hash\"", ",\"x\":1,\"hash\""),
            line.to_uppercase(),
            String::new(),
        ];
        for other in others {
            assert!(parse_line(other.as_bytes()).is_none(), "{other}");
        }
    }
}
