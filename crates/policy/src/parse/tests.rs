use super::*;

fn error(text: &str) -> String {
    Policy::parse(text).unwrap_err().to_string()
}

#[test]
fn a_scalar_stands_for_a_list_of_one() {
    let policy = Policy::parse(
        r#"{"Statement":{"Effect":"Deny","NotAction":"s3:*","NotResource":["*",null],"Sid":"x","Condition":{"Bool":{"k":true},"NumericEquals":{"n":[1.50,"2"]}}}}"#,
    )
    .unwrap();
    assert_eq!(policy.version(), Version::V2008);
    let statement = &policy.statements()[0];
    assert_eq!((statement.effect(), statement.sid()), (Effect::Deny, Some("x")));
    assert_eq!(statement.actions().polarity(), Polarity::AllBut);
    assert_eq!(statement.resources().unwrap().patterns().len(), 1);
    let values: Vec<&str> = statement
        .conditions()
        .iter()
        .flat_map(|c| c.values())
        .map(condition::ConditionValue::as_str)
        .collect();
    assert_eq!(values, ["true", "1.50", "2"]);
}

#[test]
fn every_element_knows_its_place() {
    let text = "{\n  \"Statement\": [\n    {\"Effect\": \"Allow\", \"Action\": [\"a:b\", \"c:d\"], \"Resource\": \"*\",\n     \"Condition\": {\"StringLike\": {\"k\": \"v\"}}}\n  ]\n}";
    let policy = Policy::parse(text).unwrap();
    let statement = &policy.statements()[0];
    let cut = |span: Span| text.get(span.start as usize..span.end as usize).unwrap();
    assert_eq!(cut(statement.actions().patterns()[1].span()), "\"c:d\"");
    assert_eq!(cut(statement.actions().span()), "[\"a:b\", \"c:d\"]");
    let clause = &statement.conditions()[0];
    assert_eq!(cut(clause.operator_span()), "\"StringLike\"");
    assert_eq!(cut(clause.key_span()), "\"k\"");
    assert_eq!(cut(clause.values()[0].span()), "\"v\"");
    let start = policy.position(statement.span().start);
    assert_eq!((start.line, start.column), (3, 5));
}

#[test]
fn what_is_not_a_policy_is_told_with_its_place() {
    for (text, expected) in [
        ("[]", "`policy` must be an object, not a list at line 1, column 1"),
        ("{}", "`Statement` is missing at line 1, column 1"),
        ("{\n\"Statment\":1}", "`Statment` is not an element of a policy at line 2, column 1"),
        (
            r#"{"Statement":{"Effect":"allow","Action":"*"}}"#,
            "`Effect` cannot be `allow`: expected Allow or Deny at line 1, column 24",
        ),
        (r#"{"Statement":{"Effect":"Allow"}}"#, "`Action` is missing at line 1, column 14"),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","NotAction":"*"}}"#,
            "`Action` and `NotAction` exclude each other at line 1, column 57",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"X":{"k":"v"}}}}"#,
            "`X` is not a condition operator at line 1, column 58",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"k":null}}}}"#,
            "`k` must be a string, number or boolean, not null at line 1, column 70",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":"x"}}"#,
            "`Principal` cannot be `x`: expected `*` or an object at line 1, column 57",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":{"Group":"x"}}}"#,
            "`Group` is not an element of a policy at line 1, column 58",
        ),
        (
            r#"{"Version":"2020","Statement":[]}"#,
            "`Version` cannot be `2020`: expected 2012-10-17 or 2008-10-17 at line 1, column 12",
        ),
        (
            r#"{"Statement":[],"Statement":[]}"#,
            "the key `Statement` stands twice in one object at line 1, column 17",
        ),
    ] {
        assert_eq!(error(text), expected);
    }
}

proptest::proptest! {
    #[test]
    fn parsing_never_panics(text in "\\PC*") {
        let _ = Policy::parse(&text);
    }

    #[test]
    fn parsing_mangled_policies_never_panics(cut in 0usize..300, length in 0usize..20, junk in "[\\PC]{0,4}") {
        let good = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*","arn:aws:iam::123456789012:role/x"]},"Action":["s3:Get*"],"Resource":["arn:aws:s3:::${aws:username, 'x'}/*"],"Condition":{"ForAnyValue:ArnLike":{"a":["arn:aws:*:*:*:${b}"]},"IpAddress":{"b":"::/0"}}}]}"#;
        let start = cut.min(good.len());
        let end = (start + length).min(good.len());
        let text = format!("{}{junk}{}", good.get(..start).unwrap(), good.get(end..).unwrap());
        let _ = Policy::parse(&text);
    }
}

#[test]
fn iam_s_simulators_count_a_statement_from_what_stands_before_it() {
    let statement = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let starts = |document: &str| {
        let policy = Policy::parse(document).unwrap();
        let place = |number| policy.simulated_start(number).map(|place| (place.line, place.column));
        [place(0), place(1), place(2)]
    };
    let compact = format!(r#"{{"Statement":[{statement},{statement}]}}"#);
    assert_eq!(starts(&compact), [Some((1, 15)), Some((1, 61)), None]);
    let spread = format!("{{\n  \"Statement\": [\n    {statement},\n    {statement}\n  ]\n}}");
    assert_eq!(starts(&spread), [Some((2, 17)), Some((3, 51)), None]);
    assert_eq!(starts(&format!(r#"{{"Statement": {statement}}}"#)), [Some((1, 15)), None, None]);
}
