use serde_json::json;

use super::*;
use crate::fixture::EVERYTHING;
use crate::query::{Form, read};

#[test]
fn an_event_has_cloudtrails_names_and_no_secrets() {
    let form = Form::parse(
        b"UserName=bob&Secret=hunter2&Policy=%7B%7D&Flag=true&MaxItems=3&Bytes=aGk&Moment=2026-11-02T15:04:05Z&Tags.member.1.Key=k&Tags.member.1.Value=v&SAMLSummary.entry.1.key=a&SAMLSummary.entry.1.value=1",
    )
    .unwrap();
    let input = read(&EVERYTHING, &form).unwrap();
    let mut expected = json!({
        "userName": "bob",
        "policy": "{}",
        "flag": true,
        "maxItems": 3,
        "bytes": "<2 bytes>",
        "moment": "Nov 2, 2026 3:04:05 PM",
        "tags": [{"key": "k", "value": "v"}],
        "sAMLSummary": {"a": 1},
    });
    assert_eq!(redacted_json(&input), expected);
    expected["policy"] = json!("%7B%7D");
    assert_eq!(redacted_response(&input), expected);
    assert_eq!(redacted_json(&()), json!({}));
    let debug = format!("{input:?}");
    assert!(debug.contains("Secret: ***") && !debug.contains("hunter2"), "{debug}");
}
