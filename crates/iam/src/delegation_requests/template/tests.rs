use super::*;

fn given(name: &str, values: &[&str], is_list: bool) -> DelegationParameter {
    DelegationParameter {
        name: name.into(),
        values: values.iter().map(ToString::to_string).collect(),
        is_list,
    }
}

fn filled(resource: &str, parameters: &[DelegationParameter]) -> Result<Json, String> {
    let arn = Arn::parse("arn:aws:iam::123456789012:policy/t").unwrap();
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:GetObject","Resource":{resource}}}]}}"#
    );
    match (Template { arn, document: Some(document) }).filled(parameters) {
        Ok(filled) => {
            let json: Json = serde_json::from_str(&filled.text).unwrap();
            Ok(json["Statement"][0]["Resource"].clone())
        }
        Err(Error::Fault(fault)) => Err(fault.to_string()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn places_are_filled_alone_within_a_text_and_within_lists() {
    let bucket = [given("bucket", &["logs"], false)];
    let several = [given("buckets", &["a", "b"], true)];
    assert_eq!(filled(r#""arn:aws:s3:::@{bucket}/*""#, &bucket).unwrap(), "arn:aws:s3:::logs/*");
    let expected = serde_json::json!(["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]);
    assert_eq!(filled(r#""arn:aws:s3:::@{buckets}/*""#, &several).unwrap(), expected);
    let whole = [given("whole", &["arn:aws:s3:::a", "arn:aws:s3:::b"], true)];
    let expected = serde_json::json!(["arn:aws:s3:::x", "arn:aws:s3:::a", "arn:aws:s3:::b"]);
    assert_eq!(filled(r#"["arn:aws:s3:::x","@{whole}"]"#, &whole).unwrap(), expected);
}

#[test]
fn a_value_stays_a_value_whatever_it_holds() {
    let quoted = [given("bucket", &[r#"a","Action":"*"#], false)];
    assert_eq!(filled(r#""arn:aws:s3:::@{bucket}""#, &quoted).unwrap(), r#"arn:aws:s3:::a","Action":"*"#);
    let nested = [given("bucket", &["@{bucket}"], false)];
    assert_eq!(filled(r#""arn:aws:s3:::@{bucket}""#, &nested).unwrap(), "arn:aws:s3:::@{bucket}");
}

#[test]
fn what_is_missing_left_over_unclosed_or_explodes_is_refused() {
    let bucket = [given("bucket", &["logs"], false)];
    assert!(filled(r#""arn:aws:s3:::@{other}""#, &bucket).unwrap_err().contains("other"));
    assert!(filled(r#""arn:aws:s3:::x""#, &bucket).unwrap_err().contains("no parameter bucket"));
    assert!(filled(r#""arn:aws:s3:::@{bucket""#, &bucket).unwrap_err().contains("without an end"));
    let many: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let many = [given("many", &many, true)];
    let text = r#""arn:aws:s3:::@{many}@{many}@{many}""#;
    assert!(filled(text, &many).unwrap_err().contains("too many"));
}
