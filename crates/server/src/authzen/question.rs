//! The questions of a request, as AuthZEN writes them.

use policy::{Context, Values};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use wire::Fault;

/// The body of a request. In a batch, what stands at the top is the default of each evaluation.
#[derive(Debug, Deserialize)]
pub(super) struct Body {
    subject: Option<Subject>,
    action: Option<Action>,
    resource: Option<Resource>,
    context: Option<Map<String, Json>>,
    evaluations: Option<Vec<Evaluation>>,
    #[serde(default)]
    options: Options,
}

#[derive(Debug, Default, Deserialize)]
struct Options {
    #[serde(default)]
    evaluations_semantic: Semantic,
}

/// When a batch stops.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Semantic {
    /// After the last question.
    #[default]
    ExecuteAll,
    /// After the first refusal.
    DenyOnFirstDeny,
    /// After the first permission.
    PermitOnFirstPermit,
}

#[derive(Debug, Deserialize)]
struct Evaluation {
    subject: Option<Subject>,
    action: Option<Action>,
    resource: Option<Resource>,
    context: Option<Map<String, Json>>,
}

/// Who would act.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Subject {
    /// Any word; the ARN says what the subject is.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// The ARN.
    pub(super) id: String,
    #[serde(default)]
    pub(super) properties: SubjectProperties,
}

/// What proves a session.
#[derive(Clone, Default, Deserialize)]
pub(super) struct SubjectProperties {
    /// The access key of the session.
    pub(super) access_key_id: Option<String>,
    /// Its token.
    pub(super) session_token: Option<String>,
}

impl std::fmt::Debug for SubjectProperties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

#[derive(Debug, Clone, Deserialize)]
struct Action {
    name: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Resource {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    #[serde(default)]
    properties: ResourceProperties,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct ResourceProperties {
    account: Option<String>,
}

/// One question, whole.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) subject: Subject,
    /// `s3:GetObject`.
    pub(super) action: String,
    /// The resource's ARN, or `*`.
    pub(super) resource: String,
    /// The account that owns the resource, where its ARN does not say.
    pub(super) resource_account: Option<String>,
    /// The condition keys that the enforcement point supplies.
    pub(super) keys: Context,
}

/// The questions of a request, in order, each whole or with what is wrong with it.
pub(super) struct Questions {
    pub(super) each: Vec<Result<Question, Fault>>,
    pub(super) semantic: Semantic,
    /// Whether the answer is a list.
    pub(super) is_list: bool,
}

impl Questions {
    pub(super) fn parse(text: &str, is_batch: bool) -> Result<Self, Fault> {
        let body = parse(text)?;
        let semantic = body.options.evaluations_semantic;
        // A batch without evaluations is a single question (AuthZEN 1.0, "Access Evaluations API").
        let list = body.evaluations.as_ref().filter(|list| is_batch && !list.is_empty());
        let Some(list) = list else {
            let question = body.question(None)?;
            return Ok(Self { each: vec![Ok(question)], semantic, is_list: false });
        };
        if list.len() > MOST_QUESTIONS {
            return Err(invalid(&format!("more than {MOST_QUESTIONS} evaluations")));
        }
        let each = list.iter().map(|evaluation| body.question(Some(evaluation))).collect();
        Ok(Self { each, semantic, is_list: true })
    }
}

impl Body {
    fn question(&self, evaluation: Option<&Evaluation>) -> Result<Question, Fault> {
        let missing = |what: &str| invalid(&format!("`{what}` is missing"));
        let own = |take: fn(&Evaluation) -> Option<&Subject>| evaluation.and_then(take);
        let subject =
            own(|e| e.subject.as_ref()).or(self.subject.as_ref()).ok_or_else(|| missing("subject"))?;
        let action = evaluation.and_then(|e| e.action.as_ref()).or(self.action.as_ref());
        let action = action.ok_or_else(|| missing("action"))?;
        let resource = evaluation.and_then(|e| e.resource.as_ref()).or(self.resource.as_ref());
        let resource = resource.ok_or_else(|| missing("resource"))?;
        let context = evaluation.and_then(|e| e.context.as_ref()).or(self.context.as_ref());
        if subject.kind.is_empty() || resource.kind.is_empty() {
            return Err(invalid("a `type` is empty"));
        }
        Ok(Question {
            subject: subject.clone(),
            action: action.name.clone(),
            resource: resource.id.clone(),
            resource_account: resource.properties.account.clone(),
            keys: context.map_or_else(|| Ok(Context::new()), keys)?,
        })
    }
}

/// The questions for the audit: who, what, on what. What cannot be read is told when it is answered.
pub(super) fn summaries(text: &str) -> Result<Vec<String>, Fault> {
    let body = parse(text)?;
    let part = |text: Option<&str>| text.unwrap_or("-").chars().take(2048).collect::<String>();
    let line = |evaluation: Option<&Evaluation>| {
        let subject = evaluation.and_then(|e| e.subject.as_ref()).or(body.subject.as_ref());
        let action = evaluation.and_then(|e| e.action.as_ref()).or(body.action.as_ref());
        let resource = evaluation.and_then(|e| e.resource.as_ref()).or(body.resource.as_ref());
        format!(
            "{} {} {}",
            part(subject.map(|subject| subject.id.as_str())),
            part(action.map(|action| action.name.as_str())),
            part(resource.map(|resource| resource.id.as_str())),
        )
    };
    match &body.evaluations {
        Some(list) if !list.is_empty() => {
            Ok(list.iter().take(MOST_QUESTIONS).map(|evaluation| line(Some(evaluation))).collect())
        }
        _ => Ok(vec![line(None)]),
    }
}

/// A request that cannot be understood.
pub(super) fn invalid(what: &str) -> Fault {
    Fault::sender("ValidationException", 400, what)
}

fn parse(text: &str) -> Result<Body, Fault> {
    // What serde says names lines, columns and members, never a value.
    serde_json::from_str(text).map_err(|cause| invalid(&format!("the body is not understood: {cause}")))
}

fn keys(context: &Map<String, Json>) -> Result<Context, Fault> {
    if context.len() > MOST_KEYS {
        return Err(invalid(&format!("more than {MOST_KEYS} context keys")));
    }
    let mut keys = Context::new();
    for (key, value) in context {
        if !key.contains(':') {
            return Err(invalid(&format!(
                "the context key `{key}` has no service prefix, as `aws:SourceIp` has"
            )));
        }
        if is_ours(key) {
            return Err(invalid(&format!(
                "the context key `{key}` follows from the subject; it cannot be supplied"
            )));
        }
        match value {
            Json::Array(items) => {
                let values: Option<Vec<String>> = items.iter().map(scalar).collect();
                keys.set_list(key, values.ok_or_else(|| unfit(key))?);
            }
            _ => keys.set(key, Values::One(scalar(value).ok_or_else(|| unfit(key))?.into())),
        }
    }
    Ok(keys)
}

fn unfit(key: &str) -> Fault {
    invalid(&format!("the context key `{key}` must be a text, a number, a boolean, or a list of these"))
}

fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Whether a key says who the subject is, how it proved that, or when: this the engine knows, and nobody tells it.
fn is_ours(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let families =
        ["aws:principal", "aws:multifactorauth", "aws:federatedprovider", "aws:token", "aws:sourceidentity"];
    let single = ["aws:userid", "aws:username", "aws:currenttime", "aws:epochtime", "aws:resourceaccount"];
    families.iter().any(|family| key.starts_with(family)) || single.contains(&key.as_str())
}

const MOST_QUESTIONS: usize = 100;
const MOST_KEYS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    const SINGLE: &str = r#"{"subject":{"type":"user","id":"arn:aws:iam::123456789012:user/alice"},
        "action":{"name":"s3:GetObject"},"resource":{"type":"object","id":"arn:aws:s3:::b/k"}"#;

    fn of(rest: &str, is_batch: bool) -> Result<Questions, Fault> {
        Questions::parse(&format!("{SINGLE}{rest}}}"), is_batch)
    }

    #[test]
    fn a_batch_takes_what_it_lacks_from_the_top() {
        let questions = of(
            r#","context":{"aws:SourceIp":"10.0.0.1"},"evaluations":[{},{"action":{"name":"s3:PutObject"}},
               {"context":{"aws:TagKeys":["a","b"]}}],"options":{"evaluations_semantic":"deny_on_first_deny"}"#,
            true,
        )
        .unwrap();
        assert!(questions.is_list);
        assert_eq!(questions.semantic, Semantic::DenyOnFirstDeny);
        let each: Vec<_> = questions.each.into_iter().map(Result::unwrap).collect();
        assert_eq!(each[0].action, "s3:GetObject");
        assert_eq!(each[1].action, "s3:PutObject");
        assert!(each[1].keys.get("aws:SourceIp").is_some());
        assert!(each[2].keys.get("aws:SourceIp").is_none());
        assert_eq!(each[2].keys.get("aws:TagKeys").unwrap().as_slice(), ["a", "b"]);
    }

    #[test]
    fn a_batch_without_evaluations_is_one_question() {
        assert!(!of(r#","evaluations":[]"#, true).unwrap().is_list);
        assert!(!of("", true).unwrap().is_list);
        assert!(!of(r#","evaluations":[{}]"#, false).unwrap().is_list);
    }

    #[test]
    fn keys_that_follow_from_the_subject_cannot_be_supplied() {
        for key in [
            "aws:PrincipalArn",
            "AWS:principaltag/team",
            "aws:userid",
            "aws:MultiFactorAuthPresent",
            "aws:CurrentTime",
        ] {
            let context = format!(r#","context":{{"{key}":"x"}}"#);
            assert!(of(&context, false).is_err(), "{key}");
        }
    }

    #[test]
    fn malformed_questions_are_refused() {
        for rest in [
            r#","context":{"aws:SourceIp":{"deep":1}}"#,
            r#","context":{"nocolon":"x"}"#,
            r#","context":[]"#,
            r#","options":{"evaluations_semantic":"never"}"#,
            r#","subject":1"#,
        ] {
            assert!(of(rest, false).is_err(), "{rest}");
        }
        let many = vec!["{}"; 101].join(",");
        assert!(of(&format!(r#","evaluations":[{many}]"#), true).is_err());
        let deep = "[".repeat(100_000);
        assert!(Questions::parse(&deep, false).is_err());
        for text in ["", "null", "{}", "[]", "{\"subject\":{}}"] {
            assert!(Questions::parse(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn the_audit_sees_the_question_and_no_token() {
        let text = format!(
            "{}}}",
            SINGLE.replacen("\"subject\":{", "\"subject\":{\"properties\":{\"session_token\":\"hush\"},", 1)
        );
        let seen = summaries(&text).unwrap();
        assert_eq!(seen, ["arn:aws:iam::123456789012:user/alice s3:GetObject arn:aws:s3:::b/k"]);
    }
}
