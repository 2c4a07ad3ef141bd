//! The analyser: pairs of documents are compared, and requests from their literals and edges put to the engine must
//! not contradict the answer; each document is validated, and every finding stands inside it.

use std::sync::Arc;

use analysis::checks::{PolicyType, validate};
use analysis::{Budget, Relation, allows, compare, idle_statements};
use policy::condition::Family;
use policy::{Action, Policy, Principal, Request};

use crate::target::{Seen, Target};

/// See the module.
pub const TARGET: Target =
    Target { name: "policy_analysis", seeds, words: super::policy_document::WORDS, body };

/// Two documents, apart by a line of its own: `----`.
fn body(data: &[u8]) -> Seen {
    let text = String::from_utf8_lossy(data);
    let (one, other) = text.split_once("\n----\n").unwrap_or((&text, "{}"));
    let mut codes = Vec::new();
    for document in [one, other].iter().filter(|document| document.len() <= LONGEST) {
        codes.extend(findings(document));
    }
    let (Ok(a), Ok(b)) = (Policy::parse(one), Policy::parse(other)) else { return Seen::refused(codes) };
    if one.len().max(other.len()) > LONGEST {
        return Seen::refused("long");
    }
    let idle = idle_statements(&a, BUDGET).len();
    let (a, b) = (Arc::new(a), Arc::new(b));
    let answer = compare(&a, &b, BUDGET);
    let addressed = analysis::is_addressed(&a) || analysis::is_addressed(&b);
    for (witness, yes, no) in [(&answer.witness_a_minus_b, &a, &b), (&answer.witness_b_minus_a, &b, &a)] {
        if let Some(witness) = witness {
            assert!(allows(yes, witness, addressed) && !allows(no, witness, addressed), "{witness:?}");
        }
    }
    for request in requests(&a, &b) {
        let (first, second) = (allows(&a, &request, addressed), allows(&b, &request, addressed));
        let contradicts = match answer.relation {
            Relation::Equivalent => first != second,
            Relation::MorePermissive => second && !first,
            Relation::LessPermissive => first && !second,
            Relation::Incomparable | Relation::Unknown => false,
        };
        assert!(!contradicts, "{:?}, but {request:?}: {first} and {second}", answer.relation);
    }
    Seen::accepted((answer.relation, idle, codes))
}

/// The codes of what is found; every place lies in the document, its beginning before its end.
fn findings(document: &str) -> Vec<&'static str> {
    let mut codes = Vec::new();
    for kind in PolicyType::ALL {
        for finding in validate(document, kind, None) {
            for location in &finding.locations {
                let range = location.start.offset as usize..location.end.offset as usize;
                assert!(document.get(range).is_some(), "{finding:?}");
                assert!(location.start.line >= 1 && location.start.column >= 1, "{finding:?}");
            }
            codes.push(finding.code);
        }
    }
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Requests that statements of either document may be about.
fn requests(a: &Policy, b: &Policy) -> Vec<Request> {
    let mut requests = Vec::new();
    let statements: Vec<_> = a.statements().iter().chain(b.statements()).take(MOST_STATEMENTS).collect();
    for statement in &statements {
        let resources = statement.resources().map(|element| element.patterns()).unwrap_or_default();
        let resources = resources.iter().map(|pattern| pattern.as_str()).chain(["arn:aws:s3:::other"]);
        for resource in resources.take(MOST_ENTRIES) {
            for action in
                statement.actions().patterns().iter().map(|pattern| pattern.as_str()).take(MOST_ENTRIES)
            {
                for (fill, with_keys) in [("", true), ("x", true), ("x", false)] {
                    let Ok(action) = Action::parse(&action.replace(['*', '?'], "x")) else { continue };
                    let principal =
                        Principal::parse("arn:aws:iam::123456789012:user/alice").expect("a principal");
                    let mut request =
                        Request::new(principal, action, &resource.replace('*', fill).replace('?', "q"));
                    request.context.set("aws:username", "alice");
                    for clause in statement.conditions().iter().filter(|_| with_keys) {
                        // Keys hold what their operators read; of the simple ones a listed value will do.
                        if let (Family::String, Some(value)) =
                            (clause.test().family(), clause.values().first())
                        {
                            request.context.set(clause.key().as_str(), value.as_str().replace('*', fill));
                        }
                    }
                    requests.push(request);
                }
            }
        }
    }
    // A key that some clause reads as another type may hold no text.
    let typed: Vec<_> = statements
        .iter()
        .flat_map(|statement| statement.conditions())
        .filter(|clause| !matches!(clause.test().family(), Family::String | Family::Null))
        .map(|clause| clause.key().clone())
        .collect();
    requests.retain(|request| !typed.iter().any(|key| request.context.lookup(key).is_some()));
    requests
}

fn seeds() -> Vec<Vec<u8>> {
    let pairs = [
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:?ut*"],"Resource":"arn:aws:s3:::b/a*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:s3:::*x?y*","Condition":{"StringLike":{"aws:PrincipalTag/t":["a*","*b"]},"Null":{"aws:username":"false"}}}}"#,
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalTag/t":"c"}}}}"#,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}"}}"#,
            r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":["a"]},"NumericLessThan":{"s3:max-keys":"7"},"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}}"#,
        ),
        (
            r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#,
        ),
    ];
    pairs.iter().map(|(a, b)| format!("{a}\n----\n{b}").into_bytes()).collect()
}

/// Small, so that each input is over at once; what is not decided is UNKNOWN.
const BUDGET: Budget = Budget { steps: 100_000, states: 300 };

const LONGEST: usize = 4_000;
const MOST_STATEMENTS: usize = 6;
const MOST_ENTRIES: usize = 4;
