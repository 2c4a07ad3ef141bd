use super::*;

fn problem(text: &str) -> (u32, Problem) {
    let fault = read(text).unwrap_err();
    (fault.offset, fault.problem)
}

#[test]
fn values_carry_the_bytes_they_stand_on() {
    let node = read(" {\"a\": [1, \"x\\u00e4\\n\"]}\n").unwrap();
    assert_eq!((node.span.start, node.span.end), (1, 24));
    let member = &node.as_object().unwrap()[0];
    assert_eq!((member.key.as_str(), member.key_span), ("a", Span::new(2, 5)));
    let items = member.value.items();
    assert_eq!(items[0].value, Value::Number("1".into()));
    assert_eq!(items[1].as_str(), Some("xä\n"));
    assert_eq!(items[1].span, Span::new(11, 22));
}

#[test]
fn a_surrogate_pair_is_one_character_and_half_of_one_is_refused() {
    assert_eq!(read(r#""\ud83d\ude00""#).unwrap().as_str(), Some("😀"));
    for half in [r#""\ud83d""#, r#""\ude00""#, r#""\ud83dx""#, r#""\ud83d\n""#, r#""\ud83d\ud83d""#] {
        assert!(matches!(problem(half).1, Problem::BadString(_)), "{half}");
    }
}

#[test]
fn a_key_that_stands_twice_is_refused_at_its_second_place() {
    assert_eq!(problem(r#"{"a":1,"a":2}"#), (7, Problem::DuplicateKey("a".into())));
    assert!(read(r#"{"a":1,"A":2}"#).is_ok());
    for count in [15, 16, 17, 40] {
        let mut keys: Vec<String> = (0..count).map(|n| format!("\"k{n}\":0")).collect();
        assert!(read(&format!("{{{}}}", keys.join(","))).is_ok());
        for twice in [0, count - 1] {
            keys.push(format!("\"k{twice}\":1"));
            assert!(matches!(problem(&format!("{{{}}}", keys.join(","))).1, Problem::DuplicateKey(_)));
            keys.pop();
        }
    }
    assert!(matches!(problem(r#"{"a":1,"\u0061":2}"#).1, Problem::DuplicateKey(_)));
}

#[test]
fn what_is_not_json_is_refused() {
    for bad in [
        "",
        " ",
        "{",
        "[",
        "{]",
        "[1,]",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{\"a\":1,}",
        "nul",
        "tru",
        "01",
        "1.",
        "-",
        "1e",
        "1e+",
        "\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\t\"",
        "{} {}",
        "'a'",
        "\u{feff}{}",
    ] {
        assert!(read(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert!(read(&nested(20)).is_ok());
    assert_eq!(problem(&nested(100_000)).1, Problem::TooDeep);
    assert_eq!(problem(&" ".repeat(MAX_DOCUMENT_BYTES + 1)).1, Problem::TooLarge(MAX_DOCUMENT_BYTES));
}

#[test]
fn numbers_keep_their_text() {
    for number in ["0", "-0", "10.50", "1e400", "-1.5E-7", "123456789012345678901234567890"] {
        assert_eq!(read(number).unwrap().value, Value::Number(number.into()));
    }
}

proptest::proptest! {
    #[test]
    fn reading_never_panics(text in "\\PC*") {
        let _ = read(&text);
    }

    #[test]
    fn reading_json_like_text_never_panics(text in r#"[\[\]{}":,\\u0-9a-f\-.eE tn]*"#) {
        let _ = read(&text);
    }
}

#[test]
fn a_plain_run_ends_at_the_first_byte_that_is_not_plain() {
    for special in [b'"', b'\\', 0, 0x1f] {
        for at in 0..20 {
            let mut bytes = "aé\u{7f}!#[] \u{10ffff}bcdefghijklmnop".as_bytes().to_vec();
            let end = bytes.len() - 20 + at;
            *bytes.get_mut(end).unwrap() = special;
            assert_eq!(plain_run(&bytes), end, "{special}");
        }
    }
    assert_eq!(plain_run("ÿ".repeat(9).as_bytes()), 18);
}
