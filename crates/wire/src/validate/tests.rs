use super::*;
use crate::fixture::{EVERYTHING, LOUD, QUIET};
use crate::query::{Form, read};

fn message(service: &Service, text: &str) -> String {
    let form = Form::parse(text.as_bytes()).unwrap();
    let input = read(&EVERYTHING, &form).unwrap();
    match validate(service, &input) {
        Ok(()) => String::new(),
        Err(fault) => {
            assert_eq!((fault.code.as_ref(), fault.status, fault.sender), ("ValidationError", 400, true));
            fault.message
        }
    }
}

#[test]
fn a_valid_input_passes() {
    assert_eq!(
        message(&QUIET, "UserName=bob&Status=Active&MaxItems=1&Tags.member.1.Key=k&Tags.member.1.Value=v"),
        ""
    );
}

#[test]
fn all_violations_come_in_one_message_without_texts() {
    assert_eq!(
        message(&QUIET, "UserName=a:b:c:d&MaxItems=0"),
        "3 validation errors detected: Value at 'userName' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: [\\w+=,.@-]+; Value at 'userName' failed to satisfy constraint: Member must \
         have length less than or equal to 5; Value '0' at 'maxItems' failed to satisfy constraint: Member must have \
         value greater than or equal to 1"
    );
}

#[test]
fn a_service_that_echoes_shows_the_value() {
    assert_eq!(
        message(&LOUD, "UserName=a:b"),
        "1 validation error detected: Value 'a:b' at 'userName' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: [\\w+=,.@-]+"
    );
    assert_eq!(
        message(&LOUD, "UserName=a&MaxItems=1001"),
        "1 validation error detected: Value '1001' at 'maxItems' failed to satisfy constraint: Member must have \
         value less than or equal to 1000"
    );
}

#[test]
fn a_missing_required_member_is_null() {
    let rest = "at 'userName' failed to satisfy constraint: Member must not be null";
    assert_eq!(message(&QUIET, ""), format!("1 validation error detected: Value {rest}"));
    assert_eq!(message(&LOUD, ""), format!("1 validation error detected: Value null {rest}"));
}

#[test]
fn a_pattern_in_words_is_told_when_nothing_else_is_wrong() {
    assert_eq!(
        message(&QUIET, "UserName=a&Worded=a+b"),
        "The specified value for worded is invalid. It must be a name."
    );
    assert_eq!(
        message(&QUIET, "UserName=a&Worded=a+b+c+d"),
        "1 validation error detected: Value at 'worded' failed to satisfy constraint: Member must have length less \
         than or equal to 5"
    );
    assert_eq!(message(&QUIET, "UserName=a&Worded=a-b"), "");
}

#[test]
fn an_enum_lists_its_values() {
    assert_eq!(
        message(&QUIET, "UserName=a&Status=active"),
        "1 validation error detected: Value 'active' at 'status' failed to satisfy constraint: Member must satisfy enum \
         value set: [Active, Inactive]"
    );
}

#[test]
fn members_of_list_items_are_counted_from_one() {
    assert_eq!(
        message(
            &QUIET,
            "UserName=a&Tags.member.4.Key=a&Tags.member.4.Value=&Tags.member.9.Key=%23&Tags.member.9.Value="
        ),
        "1 validation error detected: Value at 'tags.2.member.key' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: [\\w+=,.@-]+"
    );
    assert_eq!(
        message(&QUIET, "UserName=a&Tags.member.1.Key=a"),
        "1 validation error detected: Value at 'tags.1.member.value' failed to satisfy constraint: Member must \
         not be null"
    );
}

#[test]
fn a_list_of_scalars_is_reported_as_one() {
    let rest = "at 'names' failed to satisfy constraint: Member must satisfy constraint: [Member must have length \
                less than or equal to 5, Member must have length greater than or equal to 1, Member must satisfy \
                regular expression pattern: [\\w+=,.@-]+, Member must not be null]";
    let input = "UserName=a&Names.member.1=ok&Names.member.2=%23&Names.member.3=";
    assert_eq!(message(&QUIET, input), format!("1 validation error detected: Value {rest}"));
    assert_eq!(message(&LOUD, input), format!("1 validation error detected: Value '[ok, #, ]' {rest}"));
}

#[test]
fn a_list_has_a_length() {
    let tags: String = (1..=4).map(|n| format!("&Tags.member.{n}.Key=k&Tags.member.{n}.Value=v")).collect();
    assert_eq!(
        message(&QUIET, &format!("UserName=a{tags}")),
        "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less \
         than or equal to 3"
    );
}

#[test]
fn a_map_reports_keys_and_values() {
    let message = message(&QUIET, "UserName=a&SAMLSummary.entry.1.key=%23&SAMLSummary.entry.1.value=0");
    assert!(message.starts_with("2 validation errors detected: Value at 'sAMLSummary' failed"), "{message}");
    assert!(
        message.contains("Map keys must satisfy constraint: [") && message.contains("Map value must satisfy")
    );
}

#[test]
fn lengths_count_characters() {
    // Five characters, ten bytes; only the pattern minds them.
    let said = message(&QUIET, "UserName=ééééé");
    assert!(said.contains("pattern") && !said.contains("length"), "{said}");
    let said = message(&QUIET, "UserName=éééééé");
    assert!(said.starts_with("2 validation errors"), "{said}");
}

#[test]
fn blobs_count_bytes() {
    assert_eq!(message(&QUIET, "UserName=a&Bytes=YWFhYWFh"), "");
    assert!(message(&QUIET, "UserName=a&Bytes=YWFhYWFhYQ").contains("'bytes'"));
}

#[test]
fn a_sensitive_value_is_never_echoed() {
    let said = message(&LOUD, "UserName=a&Secret=hunter2hunter2");
    assert_eq!(
        said,
        "1 validation error detected: Value at 'secret' failed to satisfy constraint: Member must have length less \
         than or equal to 8"
    );
}

#[test]
fn a_message_stays_small_whatever_is_broken() {
    let tags: String = (1..=2000)
        .map(|n| format!("&Tags.member.{n}.Key=%23%23%23%23%23%23%23&Tags.member.{n}.Value=v"))
        .collect();
    let said = message(&LOUD, &format!("UserName=a{tags}"));
    assert!(said.starts_with("4001 validation errors detected: "), "{said}");
    assert!(said.len() < 100 * 1024, "{}", said.len());
    let said = message(&LOUD, &format!("UserName={}", "é".repeat(1_000_000)));
    assert!(said.len() < 10_000);
}
