use crate::Context;
use proptest::prelude::*;

use super::*;

fn fit(pattern: &str, text: &str, context: &Context) -> Fit {
    Template::new(pattern, Wildcards::Active, Version::V2012).fit(text, context.into())
}

fn alice() -> Context {
    Context::new().with("aws:username", "alice").with("star", "*")
}

#[test]
fn variables_are_filled_in_without_regard_to_case() {
    assert_eq!(fit("home/${AWS:UserName}/*", "home/alice/x", &alice()), Fit::Match);
    assert_eq!(fit("home/${aws:username}/*", "home/bob/x", &alice()), Fit::Miss);
}

#[test]
fn a_wildcard_inside_a_value_is_literal() {
    assert_eq!(fit("a${star}", "abc", &alice()), Fit::Miss);
    assert_eq!(fit("a${star}", "a*", &alice()), Fit::Match);
}

#[test]
fn a_default_stands_in_for_an_absent_key_only() {
    assert_eq!(fit("${x, 'a*'}", "a*", &alice()), Fit::Match);
    assert_eq!(fit("${x, 'a*'}", "ab", &alice()), Fit::Miss);
    assert_eq!(fit("${aws:username, 'bob'}", "alice", &alice()), Fit::Match);
    let mut list = Context::new();
    list.set_list("x", ["v"]);
    assert_eq!(fit("${x, 'd'}", "d", &list), Fit::Unresolved);
    list.set_list("x", Vec::<String>::new());
    assert_eq!(fit("${x, 'd'}", "d", &list), Fit::Match);
}

#[test]
fn escapes_are_characters_and_an_open_brace_is_text() {
    assert_eq!(fit("a${*}${?}${$}", "a*?$", &alice()), Fit::Match);
    assert_eq!(fit("a${*}", "ab", &alice()), Fit::Miss);
    assert_eq!(fit("a${b", "a${b", &alice()), Fit::Match);
    assert_eq!(fit("${nothing}", "", &alice()), Fit::Unresolved);
}

#[test]
fn version_2008_has_no_variables() {
    let template = Template::new("${aws:username}*", Wildcards::Active, Version::V2008);
    assert_eq!(template.fit("${aws:username}x", (&alice()).into()), Fit::Match);
    assert_eq!(template.fit("alice", (&alice()).into()), Fit::Miss);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]
    #[test]
    fn an_open_template_matches_like_its_filled_pattern(
        parts in proptest::collection::vec("[ab*?]{0,3}", 0..8),
        value in "[ab]{0,3}",
        text in "[ab]{0,12}",
    ) {
        let context = Context::new().with("v", value.as_str());
        let open = parts.join("${v}") + "${v}";
        let filled = parts.join(&value) + &value;
        let expected: Fit = Glob::parse(&filled).matches(&text).into();
        prop_assert_eq!(fit(&open, &text, &context), expected);
    }

    #[test]
    fn reading_a_template_never_panics(text in "[${}*?a, ']{0,40}") {
        let _ = fit(&text, "a", &Context::new());
    }
}
