//! Golden cases of policy validation: a document in, the findings of one check out.
//!
//! A file under `tests/checks` holds the cases of one code. A case begins with `hit` or `miss`, the policy type, and
//! perhaps `resource=…` or `used=…`; the document follows, then a line for each finding of the code: gravity, first and
//! last place, the way from the root, what stands there, and the details. `BLESS=1` writes what was found instead of
//! comparing it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use analysis::checks::{
    Check, Finding, LastAccessed, Location, OWN_CODES, PathElement, PolicyType, ResourceType, checks,
    validate, validate_by,
};
use policy::Position;

#[test]
fn every_check_finds_what_its_cases_say() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for check in checks() {
        let path = file(check.code());
        let Ok(text) = std::fs::read_to_string(&path) else {
            wrong.push(format!("{} has no cases in {}", check.code(), path.display()));
            continue;
        };
        let mut actual = String::new();
        let (mut hits, mut misses) = (0, 0);
        for case in cases(&text) {
            let found = case.run(check);
            match (case.is_hit, found.is_empty()) {
                (true, false) => hits += 1,
                (false, true) => misses += 1,
                (true, true) => {
                    wrong.push(format!("{}: a hit finds nothing:\n{}", check.code(), case.document))
                }
                (false, false) => wrong.push(format!("{}: a miss finds {found}", check.code())),
            }
            actual.push_str(&format!("{}\n{}\n{found}\n", case.header, case.document));
        }
        if hits == 0 || misses == 0 {
            wrong.push(format!(
                "{}: {hits} hits, {misses} misses: a check has one of each at least",
                check.code()
            ));
        }
        let actual = format!("{}\n", actual.trim_end());
        if bless {
            std::fs::write(&path, actual).unwrap();
        } else if actual != text {
            wrong.push(format!("{}: expected\n{text}\nbut there is\n{actual}", check.code()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_of_cases_belongs_to_a_check_and_no_code_stands_twice() {
    let mut codes: Vec<String> = checks().map(|check| check.code().to_ascii_lowercase()).collect();
    codes.sort_unstable();
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort_unstable();
    assert_eq!(files, codes);
    for own in OWN_CODES {
        assert!(checks().any(|check| check.code() == *own), "{own}");
    }
}

#[test]
fn aws_managed_policies_are_checked_in_bounded_time_and_most_are_clean_of_errors() {
    let mut with_errors = BTreeSet::new();
    let policies: Vec<_> = catalog::managed_policies().iter().step_by(29).collect();
    for managed in &policies {
        let findings = validate(managed.document(), PolicyType::Identity, None);
        if findings.iter().any(|finding| finding.kind.as_str() == "ERROR") {
            with_errors.insert(managed.name());
        }
    }
    assert!(with_errors.len() * 10 < policies.len(), "{with_errors:?}");
}

#[test]
fn findings_come_by_gravity_and_link_to_where_their_check_is_described() {
    let text = r#"{"Statement": [{"Sid": "", "Effect": "Allow", "Action": "s3:Nope", "Resource": "*"}]}"#;
    let findings = validate(text, PolicyType::Identity, None);
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["INVALID_ACTION", "MISSING_VERSION", "EMPTY_SID_VALUE"]);
    assert_eq!(
        findings[0].learn_more_link(),
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html\
         #access-analyzer-reference-policy-checks-error-invalid-action"
    );
    assert!(findings[1].learn_more_link().ends_with("-general-warning-missing-version"));
}

#[test]
fn places_count_characters_and_the_lines_of_any_text() {
    let text = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"Sid\": \"\u{e9}\",\n    \"Effect\": \"Allow\", \
                \"Action\": \"*\", \"Resource\": \"arn:aws:s3:::\u{e9}${aws:userid\"}\n}";
    let findings = validate(text, PolicyType::Identity, None);
    let brace = findings.iter().find(|finding| finding.code == "MISSING_BRACE_IN_VARIABLE").unwrap();
    let Location { path, start, end } = &brace.locations[0];
    assert_eq!((start.line, end.line), (4, 4));
    let at = text.find("${").unwrap();
    let line = text.get(..at).unwrap().rfind('\n').unwrap() + 1;
    assert_eq!(start.column as usize, text.get(line..at).unwrap().chars().count() + 1);
    assert_eq!(start.offset as usize, at);
    let way = [
        PathElement::Value("Statement".into()),
        PathElement::Value("Resource".into()),
        PathElement::Substring { start: 14, length: 12 },
    ];
    assert_eq!(path[..], way);
}

#[test]
fn what_is_no_policy_ends_in_findings_and_never_in_a_panic() {
    for text in ["", "{", "null", "[]", "\"x\"", "{\"Statement\": 7}", "{\"Statement\": [null, [], {}]}"] {
        for kind in PolicyType::ALL {
            assert!(
                validate(text, kind, None).iter().any(|finding| finding.kind.as_str() == "ERROR"),
                "{text}"
            );
        }
    }
    let wide = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": [{}], "Resource": "*"}}]}}"#,
        (0..1000).map(|n| format!("\"s3:*{n}*\"")).collect::<Vec<_>>().join(",")
    );
    assert!(!validate(&wide, PolicyType::Identity, None).is_empty());
}

struct Case<'t> {
    header: &'t str,
    is_hit: bool,
    policy_type: PolicyType,
    resource_type: Option<ResourceType>,
    used: Option<LastAccessed>,
    document: String,
}

impl Case<'_> {
    fn run(&self, check: &Check) -> String {
        let used = self.used.as_ref();
        let findings = validate_by(
            &[check],
            &self.document,
            self.policy_type,
            self.resource_type,
            used,
            catalog::Catalog::aws(),
        );
        let mut out = String::new();
        for Finding { kind, code, details, locations } in &findings {
            assert_eq!((*kind, *code), (check.kind(), check.code()));
            let kind = kind.as_str();
            out.push_str(&format!("> {kind} {details}\n"));
            for Location { path, start, end } in locations {
                let text = self.document.get(start.offset as usize..end.offset as usize).unwrap();
                let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let (start, end, way) = (place(start), place(end), way(path));
                out.push_str(&format!(">   {start}-{end} {way} | {text}\n"));
            }
        }
        out
    }
}

fn place(position: &Position) -> String {
    format!("{}:{}", position.line, position.column)
}

fn way(path: &[PathElement]) -> String {
    let step = |element: &PathElement| match element {
        PathElement::Index(index) => format!("[{index}]"),
        PathElement::Key(key) => format!(".{key}!"),
        PathElement::Value(key) => format!(".{key}"),
        PathElement::Substring { start, length } => format!("({start}+{length})"),
    };
    path.iter().map(step).collect()
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        if let (Some(word @ ("hit" | "miss")), Some(kind)) = (words.next(), words.next()) {
            let mut case = Case {
                header: line,
                is_hit: word == "hit",
                policy_type: PolicyType::parse(kind).unwrap(),
                resource_type: None,
                used: None,
                document: String::new(),
            };
            for word in words {
                match word.split_once('=').unwrap() {
                    ("resource", name) => case.resource_type = Some(ResourceType::parse(name).unwrap()),
                    ("used", actions) => {
                        case.used = Some(LastAccessed::new(actions.split(',').filter(|a| !a.is_empty())))
                    }
                    other => panic!("{other:?}"),
                }
            }
            cases.push(case);
        } else if !line.starts_with('>') && !line.is_empty() {
            let document = &mut cases.last_mut().unwrap().document;
            if !document.is_empty() {
                document.push('\n');
            }
            document.push_str(line);
        }
    }
    cases
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checks")
}

fn file(code: &str) -> PathBuf {
    folder().join(format!("{}.golden", code.to_ascii_lowercase()))
}
