//! The Query protocol's traps, each held by a test.

mod random;

use super::*;
use crate::document::Document;
use crate::fixture::{DO_EVERYTHING, DO_NOTHING, EVERYTHING, QUIET};

fn reading(text: &str) -> Result<Structure, Fault> {
    read(&EVERYTHING, &Form::parse(text.as_bytes())?)
}

fn refused(text: &str) -> (String, String) {
    let fault = reading(text).expect_err(text);
    assert!(fault.sender && fault.status < 500);
    (fault.code.into_owned(), fault.message)
}

fn text(text: &str) -> Document {
    Document::String(text.to_owned())
}

fn tag(key: &str, value: &str) -> Document {
    let shape = EVERYTHING.members()[12].shape;
    let mut tag = Structure::new(shape);
    tag.set(0, Some(text(key)));
    tag.set(1, Some(text(value)));
    Document::Structure(tag)
}

#[test]
fn a_form_names_its_action_and_version() {
    let form = Form::parse(b"Action=CreateUser&Version=2010-05-08&&UserName=a%2Bb").unwrap();
    assert_eq!(form.action(), Some("CreateUser"));
    assert_eq!(form.version(), Some("2010-05-08"));
    assert_eq!(form.get("UserName"), Some("a+b"));
    let mut form = Form::parse(b"Action=A").unwrap();
    form.append(b"UserName=bob").unwrap();
    assert_eq!(form.get("UserName"), Some("bob"));
    assert_eq!(Form::parse(b"").unwrap().action(), None);
}

#[test]
fn broken_escapes_and_text_are_refused() {
    for bad in
        [&b"UserName=%"[..], b"UserName=%4", b"UserName=%GG", b"UserName=\xff", b"%C3=1", b"a=%ED%A0%80"]
    {
        let fault = Form::parse(bad).expect_err("broken");
        assert_eq!((fault.code.as_ref(), fault.status), ("MalformedQueryString", 404));
    }
}

#[test]
fn the_number_of_parameters_is_bounded() {
    let many = |count: usize| "a=1&".repeat(count);
    assert!(Form::parse(many(10_000).as_bytes()).is_ok());
    assert!(Form::parse(many(10_001).as_bytes()).is_err());
}

#[test]
fn scalars_are_read_by_their_shape() {
    let input = reading(
        "UserName=bob&Text=&Flag=true&MaxItems=-7&Long=9223372036854775807&Rate=0.5&Bytes=aGk%3D&TheTag.Key=k&TheTag.Value=v",
    )
    .unwrap();
    assert_eq!(input.get("UserName"), Some(&text("bob")));
    assert_eq!(input.get("Text"), Some(&text("")));
    assert_eq!(input.get("Flag"), Some(&Document::Boolean(true)));
    assert_eq!(input.get("MaxItems"), Some(&Document::Integer(-7)));
    assert_eq!(input.get("Long"), Some(&Document::Integer(i64::MAX)));
    assert_eq!(input.get("Rate"), Some(&Document::Double(0.5)));
    assert_eq!(input.get("Bytes"), Some(&Document::Blob(b"hi".to_vec())));
    assert_eq!(input.get("Tag"), Some(&tag("k", "v")));
    assert_eq!(input.get("Status"), None);
}

#[test]
fn base64_may_lack_its_padding() {
    assert_eq!(reading("Bytes=aGk").unwrap().get("Bytes"), Some(&Document::Blob(b"hi".to_vec())));
    assert_eq!(refused("Bytes=a*k").0, "MalformedInput");
}

#[test]
fn moments_are_read_in_every_form_that_clients_write() {
    let expected = Document::Timestamp("2026-11-22T15:04:05Z".parse().unwrap());
    for written in [
        "2026-11-22T15:04:05Z",
        "2026-11-22T15:04:05.000Z",
        "2026-11-22T16:04:05%2B01:00",
        "2026-11-22T15:04:05",
        "1795359845",
        "1795359845.0",
        "Sun, 22 Nov 2026 15:04:05 GMT",
    ] {
        let input = reading(&format!("Moment={written}")).unwrap();
        assert_eq!(input.get("Moment"), Some(&expected), "{written}");
    }
    for bad in ["", "yesterday", "1e300", "NaN", "99999999999999999999", "2026-13-01T00:00:00Z"] {
        assert_eq!(refused(&format!("Moment={bad}")).0, "MalformedInput", "{bad}");
    }
}

#[test]
fn values_of_another_type_are_malformed_input() {
    let (code, message) = refused("MaxItems=ten");
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("MalformedInput", "ten can not be converted to an Integer")
    );
    for bad in [
        "MaxItems=",
        "MaxItems=1.5",
        "MaxItems=2147483648",
        "Long=9223372036854775808",
        "Flag=TRUE",
        "Rate=x",
    ] {
        assert_eq!(refused(bad).0, "MalformedInput", "{bad}");
    }
}

#[test]
fn a_list_may_come_out_of_order_and_with_gaps() {
    let input = reading(
        "Tags.member.7.Value=z&Tags.member.2.Key=b&Tags.member.7.Key=c&Tags.member.2.Value=y&Names.member.10=j&Names.member.9=i",
    )
    .unwrap();
    assert_eq!(input.get("Tags"), Some(&Document::List(vec![tag("b", "y"), tag("c", "z")])));
    assert_eq!(input.get("Names"), Some(&Document::List(vec![text("i"), text("j")])));
}

#[test]
fn a_huge_index_costs_nothing() {
    let sparse = |count: u32| format!("Excessively sparse input would skip {count} list elements");
    for (places, skipped) in
        [(&[1, 2_147_483_647][..], 2_147_483_646), (&[12], 11), (&[12, 1], 11), (&[1, 5, 16], 11)]
    {
        let items: Vec<String> = places.iter().map(|place| format!("Names.member.{place}=a")).collect();
        assert_eq!(refused(&items.join("&")), ("MalformedInput".to_owned(), sparse(skipped)), "{places:?}");
    }
    assert!(reading("Names.member.11=a").is_ok() && reading("Names.member.01=a").is_ok());
    for (bad, message) in [
        ("0", "0 is not a valid index"),
        ("-1", "Key -1 may not have a leading '-'"),
        ("+1", "Start of list found where not expected"),
        ("x", "Start of list found where not expected"),
        ("2147483648", "Start of list found where not expected"),
    ] {
        assert_eq!(
            refused(&format!("Names.member.{bad}=a")),
            ("MalformedInput".to_owned(), message.to_owned())
        );
    }
}

#[test]
fn an_empty_list_differs_from_an_absent_one() {
    let input = reading("Tags=&UserName=bob").unwrap();
    assert_eq!(input.get("Tags"), Some(&Document::List(vec![])));
    assert_eq!(input.get("Names"), None);
}

#[test]
fn flattened_lists_and_maps_stand_in_their_parent() {
    let input = reading("Line.2=b&Line.1=a&Label.1.Name=x&Label.1.Tag.Key=k&Label.1.Tag.Value=v").unwrap();
    assert_eq!(input.get("Lines"), Some(&Document::List(vec![text("a"), text("b")])));
    assert_eq!(input.get("Labels"), Some(&Document::Map(vec![("x".to_owned(), tag("k", "v"))])));
}

#[test]
fn maps_are_entries() {
    let input = reading("SAMLSummary.entry.2.key=b&SAMLSummary.entry.2.value=2&SAMLSummary.entry.1.value=1&SAMLSummary.entry.1.key=a").unwrap();
    let entries = vec![("a".to_owned(), Document::Integer(1)), ("b".to_owned(), Document::Integer(2))];
    assert_eq!(input.get("SAMLSummary"), Some(&Document::Map(entries)));
    for bad in [
        "SAMLSummary.entry.1.key=a",
        "SAMLSummary.entry.1.value=1",
        "SAMLSummary.entry.1.other=1",
        "SAMLSummary.1.key=a",
        "SAMLSummary.entry.1=a",
        "SAMLSummary=a",
        "SAMLSummary.entry.1.key=a&SAMLSummary.entry.1.value=1&SAMLSummary.entry.2.key=a&SAMLSummary.entry.2.value=1",
    ] {
        assert_eq!(refused(bad).0, "MalformedInput", "{bad}");
    }
}

#[test]
fn unknown_parameters_are_ignored() {
    let input = reading("Action=X&Nope=1&TheTag.Nope=2&TheTag.Key=k&username=bob&X-Amz-Date=3").unwrap();
    assert_eq!(input.get("UserName"), None);
    assert!(input.get("Tag").is_some());
}

#[test]
fn a_parameter_that_comes_twice_is_refused() {
    for twice in [
        "UserName=a&UserName=a",
        "Names.member.1=a&Names.member.1=b",
        "TheTag.Key=a&TheTag.Key=b",
        "Names.member.1=a&Names.member.01=b",
    ] {
        assert_eq!(refused(twice).0, "MalformedInput", "{twice}");
    }
}

#[test]
fn a_value_where_its_shape_has_none_is_refused() {
    for (bad, message) in [
        ("UserName.member.1=a", "Start of list found where not expected"),
        ("UserName.1=a", "Start of list found where not expected"),
        ("UserName.Key=a", "Start of structure or map found where not expected."),
        ("Tags=a", "Unexpected list element termination"),
        ("Tags.1.Key=a", "Unexpected list element termination"),
        ("Tags.member=a", "Unexpected list element termination"),
        ("Tags.member.1=a", "Unexpected complex element termination"),
        ("TheTag=a", "Unexpected complex element termination"),
    ] {
        assert_eq!(refused(bad), ("MalformedInput".to_owned(), message.to_owned()), "{bad}");
    }
}

#[test]
fn a_deep_name_is_refused_or_ignored_in_bounded_time() {
    let deep = "TheTag".to_owned() + &".Key".repeat(100_000) + "=1";
    assert_eq!(refused(&deep).0, "MalformedInput");
    let unknown = "Nope".to_owned() + &".Key".repeat(100_000) + "=1";
    assert!(reading(&unknown).is_ok());
}

#[test]
fn a_refused_secret_is_not_repeated() {
    let shape = Box::leak(Box::new(crate::Shape::new("pin", crate::Kind::Integer).sensitive()));
    let members = Box::leak(Box::new([crate::Member::new("Pin", shape)]));
    let root: &'static crate::Shape = Box::leak(Box::new(crate::Shape::structure("Root", members)));
    let fault = read(root, &Form::parse(b"Pin=hunter2").unwrap()).unwrap_err();
    assert!(!format!("{fault:?}").contains("hunter2"));
}

#[test]
fn a_success_is_the_output_in_model_order_and_the_request_id() {
    let input = reading("Label.1.Name=n&Label.1.Tag.Key=k&Label.1.Tag.Value=&Line.1=l1&Line.2=l2&Tags.member.1.Key=a&Tags.member.1.Value=b&UserName=bob&Flag=false&MaxItems=3&Bytes=aGk%3D&Moment=2026-11-22T15:04:05.999Z&Epoch=1.5&SAMLSummary.entry.1.key=Users&SAMLSummary.entry.1.value=2&Rate=2").unwrap();
    assert_eq!(
        success(&DO_EVERYTHING, &input, "id-1"),
        "<DoEverythingResponse xmlns=\"https://test.example.com/doc/2026-11-22/\"><DoEverythingResult>\
         <UserName>bob</UserName><Flag>false</Flag><MaxItems>3</MaxItems><Rate>2.0</Rate><Bytes>aGk=</Bytes>\
         <Moment>2026-11-22T15:04:05Z</Moment><Epoch>1</Epoch>\
         <Tags><member><Key>a</Key><Value>b</Value></member></Tags>\
         <Line>l1</Line><Line>l2</Line>\
         <SAMLSummary><entry><key>Users</key><value>2</value></entry></SAMLSummary>\
         <Label><Name>n</Name><Tag><Key>k</Key><Value/></Tag></Label>\
         </DoEverythingResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DoEverythingResponse>"
    );
}

#[test]
fn in_json_moments_are_numbers_lists_arrays_and_absent_members_null() {
    let input = reading("Label.1.Name=n&Label.1.Tag.Key=k&Label.1.Tag.Value=&Line.1=l1&Tags.member.1.Key=a&Tags.member.1.Value=b&UserName=bob&Flag=false&MaxItems=3&Bytes=aGk%3D&Moment=2026-11-22T15:04:05.999Z&Policy=%7B%7D&SAMLSummary.entry.1.key=Users&SAMLSummary.entry.1.value=2&Rate=2&Names=").unwrap();
    let answered: serde_json::Value =
        serde_json::from_str(&json::success(&DO_EVERYTHING, &input, "id-1")).unwrap();
    assert_eq!(
        answered,
        serde_json::json!({ "DoEverythingResponse": {
            "DoEverythingResult": {
                "UserName": "bob", "Text": null, "Policy": "%7B%7D", "Secret": null, "Status": null, "Flag": false,
                "MaxItems": 3, "Long": null, "Rate": 2.0, "Bytes": "aGk=", "Moment": 1_795_359_845, "Epoch": null,
                "TheTag": null, "Tags": [{ "Key": "a", "Value": "b" }], "Names": [], "Worded": null, "Line": ["l1"],
                "SAMLSummary": { "Users": 2 }, "Label": { "n": { "Key": "k", "Value": "" } },
            },
            "ResponseMetadata": { "RequestId": "id-1" },
        }})
    );
    let nothing = json::success(&DO_NOTHING, &(), "id");
    assert_eq!(nothing, r#"{"DoNothingResponse":{"ResponseMetadata":{"RequestId":"id"}}}"#);
    let fault = Fault::sender("NoSuchEntity", 404, "a \"b\"").with_log("secret cause");
    let expected =
        r#"{"Error":{"Code":"NoSuchEntity","Message":"a \"b\"","Type":"Sender"},"RequestId":"id"}"#;
    assert_eq!(json::fault(&fault, "id"), expected);
}

#[test]
fn empty_lists_are_empty_elements_and_absent_ones_nothing() {
    let xml = success(&DO_EVERYTHING, &reading("Tags=&SAMLSummary=").unwrap(), "id");
    assert!(xml.contains("<DoEverythingResult><Tags/><SAMLSummary/></DoEverythingResult>"), "{xml}");
    let xml = success(&DO_EVERYTHING, &Structure::new(&EVERYTHING), "id");
    assert!(xml.contains("<DoEverythingResult/>"), "{xml}");
}

#[test]
fn an_operation_without_output_has_no_result() {
    assert_eq!(
        success(&DO_NOTHING, &(), "id"),
        "<DoNothingResponse xmlns=\"https://test.example.com/doc/2026-11-22/\">\
         <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DoNothingResponse>"
    );
}

#[test]
fn a_fault_is_an_error_document_without_its_cause() {
    let fault = Fault::sender("NoSuchEntity", 404, "<'a' & \"b\"\r\u{1}>").with_log("secret cause");
    assert_eq!(
        super::fault(&QUIET, &fault, "id"),
        "<ErrorResponse xmlns=\"https://test.example.com/doc/2026-11-22/\"><Error><Type>Sender</Type>\
         <Code>NoSuchEntity</Code><Message>&lt;'a' &amp; &quot;b&quot;&#xD;\u{FFFD}&gt;</Message></Error>\
         <RequestId>id</RequestId></ErrorResponse>"
    );
    let xml = super::fault(&QUIET, &Fault::internal("secret cause"), "id");
    assert!(xml.contains("<Type>Receiver</Type>") && !xml.contains("secret"));
}

#[test]
fn every_character_leaves_a_response_well_formed() {
    for code in (0..0x1_0000).filter_map(char::from_u32).chain(['\u{1F600}', '\u{10FFFF}']) {
        let fault = Fault::sender("X", 400, format!("a{code}b"));
        let xml = super::fault(&QUIET, &fault, "id");
        let parsed = roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{code:?}: {error}"));
        let message =
            parsed.descendants().find(|node| node.has_tag_name((QUIET.xml_namespace, "Message"))).unwrap();
        let allowed = matches!(code, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..);
        let shown = if allowed { code } else { '\u{FFFD}' };
        assert_eq!(message.text(), Some(format!("a{shown}b").as_str()), "{code:?}");
    }
}

#[test]
fn a_policy_goes_out_percent_encoded_and_comes_back_byte_for_byte() {
    let policy = "{\r\n\t\"Version\": \"2012-10-17\", \"Resource\": \"arn:aws:s3:::b/*%20+é\"}";
    let mut input = Structure::new(&EVERYTHING);
    input.set(2, Some(text(policy)));
    let xml = success(&DO_EVERYTHING, &input, "id");
    let (_, rest) = xml.split_once("<Policy>").unwrap();
    let (wire, _) = rest.split_once("</Policy>").unwrap();
    assert!(wire.starts_with("%7B%0D%0A%09%22Version%22%3A%20%222012"), "{wire}");
    let form = format!("Policy={wire}");
    assert_eq!(reading(&form).unwrap().get("Policy"), Some(&text(policy)));
}
