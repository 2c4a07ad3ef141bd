use super::*;
use crate::{Policy, Values};

/// Whether `{"operator": {"k": values}}` holds in a context.
fn holds(operator: &str, values: &str, context: &Context) -> bool {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"{operator}":{{"K":{values}}}}}}}}}"#
    );
    let policy = Policy::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    policy.statements()[0].conditions().iter().all(|clause| clause.holds(context))
}

fn with(value: &str) -> Context {
    Context::new().with("k", value).with("v", "value").with("star", "*")
}

fn list(values: &[&str]) -> Context {
    let mut context = Context::new();
    context.set_list("k", values.iter().copied());
    context
}

/// For each `(operator, policy values, request value, expected)`.
fn check(rows: &[(&str, &str, &str, bool)]) {
    for (operator, values, value, expected) in rows {
        assert_eq!(holds(operator, values, &with(value)), *expected, "{operator} {values} against {value}");
    }
}

#[test]
fn values_of_one_key_are_alternatives_and_negated_ones_all_count() {
    check(&[
        ("StringEquals", r#"["a","b"]"#, "b", true),
        ("StringNotEquals", r#"["a","b"]"#, "b", false),
        ("StringNotEquals", r#"["a","b"]"#, "c", true),
        ("StringEquals", "[]", "c", false),
        ("StringNotEquals", "[]", "c", true),
    ]);
}

#[test]
fn absent_keys_follow_the_table() {
    let absent = Context::new();
    let empty = list(&[]);
    for (operator, expected) in [
        ("StringEquals", false),
        ("StringNotEquals", true),
        ("StringEqualsIfExists", true),
        ("StringNotEqualsIfExists", true),
        ("ForAllValues:StringEquals", true),
        ("ForAllValues:StringNotEquals", true),
        ("ForAnyValue:StringEquals", false),
        ("ForAnyValue:StringNotEquals", false),
        ("ForAnyValue:StringEqualsIfExists", true),
        ("ForAllValues:StringEqualsIfExists", true),
        ("NumericNotEquals", true),
        ("DateNotEquals", true),
        ("NotIpAddress", true),
        ("ArnNotLike", true),
        ("Bool", false),
        ("BoolIfExists", true),
    ] {
        assert_eq!(holds(operator, r#""true""#, &absent), expected, "{operator}");
        assert_eq!(holds(operator, r#""true""#, &empty), expected, "{operator} on an empty list");
    }
}

#[test]
fn null_asks_whether_the_key_is_there() {
    let absent = Context::new();
    assert!(holds("Null", r#""true""#, &absent));
    assert!(!holds("Null", "false", &absent));
    assert!(holds("Null", "false", &with("x")));
    assert!(!holds("Null", r#""TRUE""#, &with("x")));
    assert!(holds("Null", r#"["true","false"]"#, &with("x")));
    assert!(holds("Null", "true", &with("")), "an empty string is null");
    assert!(holds("Null", "false", &list(&["x"])));
    assert!(!holds("Null", r#""perhaps""#, &absent));
    assert!(holds("ForAllValues:Null", "false", &absent));
    assert!(!holds("ForAnyValue:Null", "true", &absent));
    assert!(holds("ForAnyValue:Null", "true", &list(&["", "x"])));
    assert!(!holds("ForAllValues:Null", "true", &list(&["", "x"])));
    assert!(holds("ForAllValues:Null", "false", &list(&["x", "y"])));
    assert!(!holds("ForAnyValue:Null", "true", &list(&["x", "y"])));
    assert!(holds("ForAnyValue:Null", "false", &list(&["", "x"])));
}

#[test]
fn a_list_needs_a_set_qualifier() {
    let both = list(&["a", "b"]);
    assert!(!holds("StringEquals", r#""a""#, &both));
    assert!(!holds("StringNotEquals", r#""z""#, &both));
    assert!(!holds("StringNotEqualsIfExists", r#""z""#, &both));
    assert!(!holds("StringEquals", r#""a""#, &list(&["a"])));
}

#[test]
fn negation_comes_before_the_quantifier() {
    let both = list(&["a", "b"]);
    assert!(holds("ForAllValues:StringEquals", r#"["a","b","c"]"#, &both));
    assert!(!holds("ForAllValues:StringEquals", r#"["a"]"#, &both));
    assert!(holds("ForAnyValue:StringEquals", r#"["a"]"#, &both));
    assert!(!holds("ForAllValues:StringNotEquals", r#"["a"]"#, &both));
    assert!(holds("ForAnyValue:StringNotEquals", r#"["a"]"#, &both));
    assert!(!holds("ForAnyValue:StringNotEquals", r#"["a","b"]"#, &both));
    assert!(holds("ForAllValues:StringEquals", r#""a""#, &with("a")), "a single value is a set of one");
}

#[test]
fn nothing_but_empty_strings_is_an_empty_set() {
    for context in [list(&[""]), with("")] {
        assert!(holds("ForAllValues:StringEquals", r#""a""#, &context));
        assert!(!holds("ForAnyValue:StringEquals", r#""""#, &context));
    }
    assert!(!holds("ForAllValues:StringEquals", r#""a""#, &list(&["", "a"])));
}

#[test]
fn string_operators() {
    check(&[
        ("StringEquals", r#""A*""#, "A*", true),
        ("StringEquals", r#""A*""#, "Ab", false),
        ("StringEquals", r#""a""#, "A", false),
        ("StringEqualsIgnoreCase", r#""ÀbC""#, "àBc", true),
        ("StringEqualsIgnoreCase", r#""×""#, "÷", false),
        ("StringNotEqualsIgnoreCase", r#""abc""#, "ABC", false),
        ("StringEqualsIgnoreCase", r#""${v}""#, "VALUE", true),
        ("StringLike", r#""a*/?c""#, "ab:/\n/bc", true),
        ("StringLike", r#""a?c""#, "aéc", true),
        ("StringLike", r#""a""#, "ab", false),
        ("StringNotLike", r#""a*""#, "abc", false),
        ("StringEquals", r#""""#, "", true),
        ("StringEquals", r#""""#, "x", false),
        ("StringEquals", "5", "5", true),
        ("StringEquals", "true", "true", true),
    ]);
}

#[test]
fn variables_in_values() {
    check(&[
        ("StringEquals", r#""${v}""#, "value", true),
        ("StringLike", r#""${star}""#, "anything", false),
        ("StringLike", r#""a${*}""#, "ab", false),
        ("StringEquals", r#""a${*}""#, "a*", true),
        ("StringEquals", r#""${none}""#, "x", false),
        ("StringNotEquals", r#""${none}""#, "x", true),
        ("StringNotLike", r#""${none}*""#, "x", true),
        ("StringEquals", r#""${none, 'x'}""#, "x", true),
        ("ArnNotEquals", r#""arn:aws:iam::1:${none}""#, "arn:aws:iam::1:x", true),
        ("NumericEquals", r#""${v}""#, "1", false),
    ]);
}

#[test]
fn arn_operators_match_segment_by_segment() {
    let arn = "arn:aws:lambda:eu-west-1:1111:function:f:1";
    check(&[
        ("ArnEquals", r#""arn:aws:lambda:*:1111:function:*""#, arn, true),
        ("ArnLike", r#""arn:aws:lambda:*:function:*""#, arn, false),
        ("ArnLike", r#""arn:*:lambda:*:*:f*""#, arn, true),
        ("ArnLike", r#""arn:aws:lambda:eu*1111:function:f:1:x""#, arn, false),
        ("ArnLike", r#""ARN:aws:lambda:*:*:*""#, arn, false),
        ("ArnNotLike", r#""arn:aws:lambda:*:1111:function:*""#, arn, false),
        ("ArnNotEquals", r#""arn:aws:s3:*:*:*""#, arn, true),
        ("ArnLike", r#""*""#, arn, false),
        ("ArnNotLike", r#""*""#, arn, false),
        ("ArnNotLike", r#""arn:aws:s3:::x""#, "not an arn", false),
        ("ArnLike", r#""arn:aws:lambda:eu-west-1:1111:${none, 'function:f'}:?""#, arn, true),
    ]);
    let own = Context::new().with("k", arn).with("v", arn);
    assert!(holds("ArnEquals", r#""${v}""#, &own), "a variable may bring the colons");
}

#[test]
fn numeric_operators_are_exact() {
    check(&[
        ("NumericEquals", r#""10.0""#, "10", true),
        ("NumericEquals", "10", "10.00", true),
        ("NumericEquals", r#""9007199254740993""#, "9007199254740992", false),
        ("NumericLessThan", "10", "9.99", true),
        ("NumericLessThan", "10", "10", false),
        ("NumericLessThanEquals", "10", "1e1", true),
        ("NumericGreaterThan", r#""-5""#, "-4.5", true),
        ("NumericGreaterThan", r#""0.1""#, "0.09", false),
        ("NumericGreaterThanEquals", r#""100""#, "99", false),
        ("NumericGreaterThanEquals", r#""0""#, "-0", true),
        ("NumericNotEquals", "10", "11", true),
        ("NumericNotEquals", "10", "10abc", false),
        ("NumericNotEquals", r#""ten""#, "10", false),
        ("NumericEquals", "10", "10abc", false),
        ("NumericEquals", "10", " 10", false),
        ("NumericEquals", "10", "10.", false),
        ("NumericLessThan", r#""0.001""#, "0.0009", true),
        ("NumericEquals", r#""0.10""#, ".1", false),
    ]);
}

#[test]
fn date_operators_compare_moments() {
    check(&[
        ("DateEquals", r#""2020-04-01T00:00:00Z""#, "1585699200", true),
        ("DateEquals", r#""2020-04-01""#, "2020-04-01T02:00:00+02:00", true),
        ("DateEquals", r#""2020-04""#, "2020-04-01T00:00Z", true),
        ("DateEquals", r#""2020-04-01T00:00:00""#, "2020-04-01T00:00:00Z", true),
        ("DateEquals", r#""2020-04-01t00:00:00.5z""#, "1585699200.5", true),
        ("DateLessThan", r#""2020-04-01T00:00:00Z""#, "2020-03-31T23:59:59.999999999Z", true),
        ("DateGreaterThan", r#""2020-04-01T00:00:00-05""#, "2020-04-01T04:59:59Z", false),
        ("DateGreaterThanEquals", r#""2020-02-29""#, "2020-02-29T00:00:00Z", true),
        ("DateLessThanEquals", "1585699200", "2020-04-01T00:00:00Z", true),
        ("DateEquals", r#""2021-02-29""#, "2021-03-01", false),
        ("DateNotEquals", r#""2021-02-29""#, "2021-03-01", false),
        ("DateNotEquals", r#""2021-02-28""#, "yesterday", false),
        ("DateNotEquals", r#""2021-02-28""#, "2021-03-01", true),
        ("DateEquals", r#""-0001-03-01""#, "-0001-03-01T00:00:00Z", true),
        ("DateLessThan", r#""+292277022-01-01""#, "2020-01-01", true),
        ("DateEquals", r#""1970""#, "1970", true),
        ("DateEquals", r#""1970""#, "1970-01-01T00:32:50Z", true),
    ]);
    for bad in [
        "2020-13-01",
        "2020-00-01",
        "2020-01-32",
        "2020-01-01T24:00Z",
        "2020-01T00:00Z",
        "2020-01-01T00:00:00.1234567891Z",
        "20-01-01",
        "-5",
        "2020-01-01T00:00+2",
    ] {
        assert!(!holds("DateNotEquals", r#""2000-01-01""#, &with(bad)), "{bad}");
    }
}

#[test]
fn the_boolean_operator_ignores_case_and_takes_nothing_else() {
    check(&[
        ("Bool", "true", "TRUE", true),
        ("Bool", r#""False""#, "false", true),
        ("Bool", r#""true""#, "false", false),
        ("Bool", r#""false""#, "asdf", false),
        ("Bool", r#""yes""#, "yes", false),
    ]);
    let context = Context::new().with("k", "true").with("v", "true");
    assert!(holds("Bool", r#""${v}""#, &context));
}

#[test]
fn the_binary_operator_compares_bytes() {
    check(&[
        ("BinaryEquals", r#""QmluYXJ5VmFsdWVJbkJhc2U2NA==""#, "QmluYXJ5VmFsdWVJbkJhc2U2NA==", true),
        ("BinaryEquals", r#""QmluYXJ5VmFsdWVJbkJhc2U2NA==""#, "BinaryValueInBase64!", false),
        ("BinaryEquals", r#""aGVsbG8=""#, "hello", true),
        ("BinaryEquals", r#""aGVsbG8=""#, "aGVsbG9=", true),
        ("BinaryEquals", r#""aGVsbG8=""#, "aGVsbG4=", false),
        ("BinaryEquals", r#""A===""#, "B===", false),
        ("BinaryEquals", r#""aG==aGVs""#, "aGVsaGVs", false),
    ]);
}

#[test]
fn address_operators() {
    check(&[
        ("IpAddress", r#""203.0.113.0/24""#, "203.0.113.7", true),
        ("IpAddress", r#""192.168.0.0/8""#, "192.1.2.3", true),
        ("IpAddress", r#""203.0.113.0/24""#, "203.0.114.7", false),
        ("IpAddress", r#""203.0.113.7""#, "203.0.113.7", true),
        ("IpAddress", r#""203.0.113.7""#, "203.0.113.6", false),
        ("IpAddress", r#""0.0.0.0/0""#, "8.8.8.8", true),
        ("IpAddress", r#""::/0""#, "8.8.8.8", false),
        ("NotIpAddress", r#""::/0""#, "8.8.8.8", true),
        ("IpAddress", r#""::/0""#, "2001:db8::1", true),
        ("IpAddress", r#""2001:DB8:1234:5678::/64""#, "2001:db8:1234:5678:0:0:0:1", true),
        ("IpAddress", r#""2001:DB8:1234:5678::/64""#, "2001:db8:1234:5679::1", false),
        ("IpAddress", r#""2001:db8::1""#, "2001:0db8:0:0::1", true),
        ("IpAddress", r#""2001:db8::1""#, "2001:db8::", false),
        ("NotIpAddress", r#""203.0.113.0/24""#, "203.0.113.7", false),
        ("NotIpAddress", r#""203.0.113.0/24""#, "nowhere", false),
        ("NotIpAddress", r#""203.0.113.0/33""#, "8.8.8.8", false),
        ("IpAddress", r#""203.0.113.0/24""#, "::ffff:203.0.113.9", true),
        ("IpAddress", r#""::ffff:203.0.113.0/120""#, "203.0.113.9", true),
        ("IpAddress", r#""203.0.113.0/+24""#, "203.0.113.7", false),
    ]);
}

#[test]
fn operator_names_are_exact() {
    for good in [
        "ForAllValues:StringLikeIfExists",
        "ForAnyValue:ArnNotEquals",
        "Null",
        "ForAllValues:Null",
        "BinaryEquals",
    ] {
        let test = Test::parse(good).unwrap();
        assert_eq!(test.name(), good);
        assert!(good.contains(test.operator()) && operators().any(|known| known.name == test.operator()));
    }
    for bad in [
        "stringequals",
        "StringEqualsIfExistsIfExists",
        "NullIfExists",
        "forallvalues:StringEquals",
        "ForAllValues:ForAnyValue:StringLike",
        "ForAllValues::StringLike",
        "ForAllValues:",
        "StringEqual",
        "IfExists",
        "BinaryNotEquals",
        "ForSomeValues:Bool",
    ] {
        assert!(Test::parse(bad).is_none(), "{bad}");
    }
}

#[test]
fn a_guard_lets_through_what_its_clause_lets_through() {
    let values = ["a", "b", "true", "FALSE", "arn:aws:iam::1:root", "x:y", "arn:aws:iam::1:user/a", ""];
    let lists = [
        r#"["a","b"]"#,
        r#""true""#,
        r#"["false","x"]"#,
        "[]",
        r#"["arn:aws:iam::*:root","arn:*:*:*:*:user/a"]"#,
        r#""arn:aws:iam::1:*""#,
        r#""${aws:userid}""#,
    ];
    let found: Vec<Option<Values>> = std::iter::once(None)
        .chain(values.map(|value| Some(Values::from(value))))
        .chain(
            [vec![], vec!["a"], vec!["a", "true"]]
                .map(|list| Some(Values::Many(list.into_iter().map(Into::into).collect()))),
        )
        .collect();
    let (mut whole, mut partial) = (0, 0);
    for (prefix, suffix) in
        ["", "ForAnyValue:", "ForAllValues:"].into_iter().flat_map(|q| [(q, ""), (q, "IfExists")])
    {
        for (operator, list) in operators().flat_map(|operator| lists.map(|list| (operator, list))) {
            let name = format!("{prefix}{}{suffix}", operator.name);
            let Some(_) = Test::parse(&name) else { continue };
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*",
                "Condition":{{"{name}":{{"AWS:SourceArn":{list}}}}}}}}}"#
            );
            let policy = Policy::parse(&text).unwrap();
            let clause = &policy.statements()[0].conditions()[0];
            let Some(guard) = clause.guard() else { continue };
            assert_eq!(guard.key, clause.key());
            for found in &found {
                let mut context = Context::new();
                if let Some(values) = found {
                    context.set("aws:SourceArn", values.clone());
                }
                let holds = clause.holds(&context);
                let texts = guard.texts.iter().map(|text| text.as_bytes());
                let held = Keys::from(&context).lookup(guard.key);
                let admits = guard.kind.admits(held, guard.holds_if_absent, texts);
                assert!(admits || !holds, "{text} {found:?}");
                if guard.is_all {
                    assert_eq!(admits, holds, "{text} {found:?}");
                    whole += 1;
                } else {
                    partial += usize::from(!admits);
                }
            }
        }
    }
    assert!(whole > 100 && partial > 100, "{whole} {partial}");
}
