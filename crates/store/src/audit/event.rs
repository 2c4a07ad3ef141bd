//! One event of the trail.

use std::io::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de, ser};
use serde_json::{json, value::RawValue};

use super::{AuditError, Hash};

/// An event: what happened, in CloudTrail's record format, with its id and its exact time.
///
/// The record is kept as the text that will be stored: what is hashed is what was built, byte for byte.
#[derive(Debug, Clone)]
pub struct AuditEvent {
    /// The event's id, as in the record's `eventID`.
    pub id: String,
    /// When it happened; the record's `eventTime` has whole seconds only.
    pub time: Timestamp,
    record: String,
}

impl AuditEvent {
    /// An event whose record is `record` (a `serde_json::Value`, or a struct, which is cheaper) as JSON.
    pub fn new(id: impl Into<String>, time: Timestamp, record: &impl Serialize) -> Result<Self, AuditError> {
        let mut json = Vec::with_capacity(USUAL_LENGTH);
        serde_json::to_writer(&mut json, record).map_err(AuditError::Encode)?;
        let record =
            String::from_utf8(json).map_err(|cause| AuditError::Encode(ser::Error::custom(cause)))?;
        Ok(Self { id: id.into(), time, record })
    }

    /// The record as JSON text, in one line.
    #[must_use]
    pub fn record(&self) -> &str {
        &self.record
    }

    /// The record as a value, for whoever wants to look into it.
    pub fn record_value(&self) -> Result<serde_json::Value, AuditError> {
        serde_json::from_str(&self.record).map_err(AuditError::Decode)
    }

    /// The event as one line of JSON without a line end: what is stored and hashed.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut line = Vec::with_capacity(self.record.len() + self.id.len() + 64);
        self.encode_into(&mut line);
        String::from_utf8(line).unwrap_or_default()
    }

    /// Appends what [`AuditEvent::encode`] gives.
    pub(super) fn encode_into(&self, line: &mut Vec<u8>) {
        // Writing into a `Vec` cannot fail, and a string always has a JSON form.
        line.extend_from_slice(b"{\"id\":");
        let _ = serde_json::to_writer(&mut *line, &self.id);
        let _ = write!(line, ",\"time\":\"{}\",\"record\":", self.time);
        line.extend_from_slice(self.record.as_bytes());
        line.push(b'}');
    }

    /// The event that [`AuditEvent::encode`] wrote. Refuses a record of more than one line, which it never writes.
    pub fn decode(line: &str) -> Result<Self, AuditError> {
        let Stored { id, time, record } = serde_json::from_str(line).map_err(AuditError::Decode)?;
        if record.get().contains(['\n', '\r']) {
            return Err(AuditError::Decode(de::Error::custom("the record has more than one line")));
        }
        Ok(Self { id, time, record: String::from(Box::<str>::from(record)) })
    }
}

/// An event of the trail about itself, with an id made from the hash of the event before it.
pub(super) fn own_event(
    name: &str,
    before: &Hash,
    now: Timestamp,
    details: &impl Serialize,
) -> Result<AuditEvent, AuditError> {
    let hex = before.to_string();
    // In the form of a UUID.
    let parts = [hex.get(..8), hex.get(8..12), hex.get(12..16), hex.get(16..20), hex.get(20..32)];
    let id = parts.into_iter().flatten().collect::<Vec<_>>().join("-");
    let record = json!({
        "eventVersion": "1.11",
        "userIdentity": { "type": "AWSService", "invokedBy": "portcullis" },
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": "portcullis",
        "eventName": name,
        "eventID": id,
        "eventType": "AwsServiceEvent",
        "readOnly": false,
        "managementEvent": true,
        "eventCategory": "Management",
        "serviceEventDetails": serde_json::to_value(details).map_err(AuditError::Encode)?,
    });
    AuditEvent::new(id, now, &record)
}

impl PartialEq for AuditEvent {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.time == other.time && self.record == other.record
    }
}

#[derive(Deserialize)]
struct Stored {
    id: String,
    time: Timestamp,
    record: Box<RawValue>,
}

/// The bytes of a record that need no more room.
const USUAL_LENGTH: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reads_back_as_it_was_written() {
        let time: Timestamp = "2026-03-03T10:11:12.123456789Z".parse().unwrap();
        let event =
            AuditEvent::new("a \"quoted\" id", time, &json!({"eventName": "GetUser", "text": "two\nlines"}))
                .unwrap();
        let line = event.encode();
        assert!(!line.contains('\n'), "{line}");
        assert_eq!(AuditEvent::decode(&line).unwrap(), event);
        assert_eq!(event.record_value().unwrap()["eventName"], "GetUser");
        assert_eq!(event.record(), r#"{"eventName":"GetUser","text":"two\nlines"}"#);
    }

    #[test]
    fn an_event_with_something_missing_is_not_one() {
        assert!(AuditEvent::decode(r#"{"id":"x","record":{}}"#).is_err());
        assert!(AuditEvent::decode("").is_err());
    }

    #[test]
    fn an_event_of_several_lines_is_not_one() {
        let line = r#"{"id":"x","time":"2026-03-03T10:11:12Z","record":{"a":1}}"#;
        assert!(AuditEvent::decode(line).is_ok());
        assert!(AuditEvent::decode(&line.replace("{\"a\"", "{\n\"a\"")).is_err());
    }
}
