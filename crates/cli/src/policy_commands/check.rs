//! `policy check`: Access Analyzer's custom checks on documents and Terraform plans.

mod documents;
mod output;
mod terraform;

use std::process::ExitCode;
use std::sync::Arc;

use analysis::{
    Access, Budget, Grant, Requests, Verdict, granted_access, is_addressed, new_access, public_access,
};
use anyhow::{Context as _, bail, ensure};
use policy::Policy;
use serde_json::Value as Json;

use self::documents::{Document, State, read};
use super::own_services;
use crate::args::{Check, PolicyType};

/// What a check says about one document.
struct Checked {
    document: Document,
    outcome: Outcome,
}

/// The outcome of a check; what is not proven does not pass.
enum Outcome {
    Pass,
    Fail(Vec<Grant>),
    /// Why there is no proof, and what is granted as far as it was found.
    Unproven(String, Vec<Grant>),
    /// What the plan does not tell; it passes unless it is to count.
    Untold(String),
}

/// Which check it is: its sentences.
#[derive(Debug, Clone, Copy)]
struct Words {
    id: &'static str,
    pass: &'static str,
    fail: &'static str,
    /// The reason, up to `index: 0` or `sid: X`.
    reason: &'static str,
}

const NO_NEW_ACCESS: Words = Words {
    id: "CheckNoNewAccess",
    pass: "The modified permissions do not grant new access compared to your existing policy.",
    fail: "The modified permissions grant new access compared to your existing policy.",
    reason: "New access in the statement with",
};

const ACCESS_NOT_GRANTED: Words = Words {
    id: "CheckAccessNotGranted",
    pass: "The policy document does not grant access to perform the listed actions or resources.",
    fail: "The policy document grants access to perform one or more of the listed actions or resources.",
    reason: "One or more of the listed actions or resources in the statement with",
};

const NO_PUBLIC_ACCESS: Words = Words {
    id: "CheckNoPublicAccess",
    pass: "The resource policy does not grant public access for the given resource type.",
    fail: "The resource policy grants public access for the given resource type.",
    reason: "Public access granted in the following statement with",
};

pub(crate) fn run(check: &Check) -> anyhow::Result<ExitCode> {
    let (words, mut checked, report) = match check {
        Check::NoNewAccess { existing, new, policy_type, realistic, services, report } => {
            let catalog = own_services::catalog(services)?;
            let requests = if *realistic { Requests::Realistic(&catalog) } else { Requests::Any };
            (NO_NEW_ACCESS, no_new_access(existing.as_deref(), new, *policy_type, requests)?, report)
        }
        Check::AccessNotGranted { documents, access, actions, resources, policy_type, report } => {
            let mut list =
                access.iter().map(|text| parse_access(text)).collect::<anyhow::Result<Vec<_>>>()?;
            if !actions.is_empty() || !resources.is_empty() {
                list.push(Access { actions: actions.clone(), resources: resources.clone() });
            }
            (ACCESS_NOT_GRANTED, access_not_granted(documents, &list, *policy_type)?, report)
        }
        Check::NoPublicAccess { documents, resource_type, report } => {
            (NO_PUBLIC_ACCESS, no_public_access(documents, resource_type.as_deref())?, report)
        }
    };
    for one in checked.iter_mut().filter(|_| report.strict) {
        if let Outcome::Untold(why) = &one.outcome {
            one.outcome = Outcome::Unproven(why.clone(), Vec::new());
        }
    }
    output::write(words, &checked, report)?;
    let fails = checked.iter().any(|one| matches!(one.outcome, Outcome::Fail(_)));
    let unproven = checked.iter().any(|one| matches!(one.outcome, Outcome::Unproven(..)));
    Ok(if fails {
        ExitCode::FAILURE
    } else if unproven {
        ExitCode::from(UNPROVEN)
    } else {
        ExitCode::SUCCESS
    })
}

fn no_new_access(
    existing: Option<&str>,
    new: &[String],
    policy_type: Option<PolicyType>,
    requests: Requests<'_>,
) -> anyhow::Result<Vec<Checked>> {
    let reference = match existing {
        None => None,
        Some(existing) => match read(existing)?.as_slice() {
            [Document { state: State::Known { policy, .. }, address: None, .. }] => Some(Arc::clone(policy)),
            _ => bail!("`--existing-policy-document` must be one policy document"),
        },
    };
    check_each(new, policy_type, &|_| true, |document, policy| {
        let before = match (&reference, &document.before) {
            (Some(reference), _) if is_addressed(reference) != is_addressed(policy) => {
                // In a plan there are both kinds; the reference speaks of its own.
                if document.address.is_some() {
                    return Ok(None);
                }
                bail!("one document says whom it speaks to and the other does not")
            }
            (Some(reference), _) => Arc::clone(reference),
            (None, _) if document.address.is_none() => {
                bail!("give the existing document with --existing-policy-document")
            }
            (None, Some(before)) => Arc::clone(before),
            (None, None) => Arc::new(Policy::parse(NOTHING)?),
        };
        Ok(Some(new_access(&before, policy, requests, Budget::default())))
    })
}

fn access_not_granted(
    documents: &[String],
    access: &[Access],
    policy_type: Option<PolicyType>,
) -> anyhow::Result<Vec<Checked>> {
    for text in access.iter().flat_map(|access| &access.actions) {
        ensure!(text == "*" || text.contains(':'), "`{text}` is no action: expected `service:Name`");
    }
    for text in access.iter().flat_map(|access| &access.resources) {
        ensure!(text.starts_with("arn:") || text == "*", "`{text}` is no resource: expected an ARN or `*`");
    }
    for text in access.iter().flat_map(|access| &access.actions) {
        if let Some((service, name)) = text.split_once(':').filter(|_| !text.contains(['*', '?']))
            && catalog::action(service, name).is_none()
        {
            eprintln!("portcullis: warning: AWS has no action `{text}`");
        }
    }
    check_each(documents, policy_type, &|_| true, |_, policy| {
        let verdict = granted_access(policy, access, Budget::default());
        Ok(Some(verdict.context("the access is not what statements can hold")?))
    })
}

fn no_public_access(documents: &[String], resource_type: Option<&str>) -> anyhow::Result<Vec<Checked>> {
    if let Some(name) = resource_type {
        ensure!(
            terraform::services_of(name).is_some(),
            "`{name}` is not a resource type of this check; try one of {}",
            near(name, &terraform::resource_types()).join(", ")
        );
    }
    // A plan's policies of other kinds are not asked about, whatever they will be.
    let concerns = |document: &Document| match (resource_type, document.resource_type) {
        (Some(wanted), Some(found)) => wanted == found,
        (_, None) => document.address.is_none(),
        (None, Some(_)) => true,
    };
    check_each(documents, Some(PolicyType::Resource), &concerns, |document, policy| {
        let name = resource_type.or(document.resource_type);
        let services = name.and_then(terraform::services_of).unwrap_or_default();
        let actions: Vec<String> = services.iter().map(|service| format!("{service}:*")).collect();
        Ok(Some(public_access(policy, &actions, Budget::default())))
    })
}

/// The names that a mistyped one may mean: those that it is part of, or that are of its service; else all.
fn near<'n>(name: &str, all: &[&'n str]) -> Vec<&'n str> {
    let folded = name.to_ascii_lowercase();
    let service = folded.rsplit_once("::").map(|(service, _)| format!("{service}::"));
    let means =
        |text: &str| all.iter().copied().filter(|one| one.to_ascii_lowercase().contains(text)).collect();
    let found: Vec<&'n str> = means(&folded);
    let found = match service.filter(|_| found.is_empty()) {
        Some(service) => means(&service),
        None => found,
    };
    if found.is_empty() { all.to_vec() } else { found }
}

/// Asks about each document that the check concerns, as far as that shows; `None` for one that it does not.
fn check_each(
    texts: &[String],
    policy_type: Option<PolicyType>,
    concerns: &dyn Fn(&Document) -> bool,
    check: impl Fn(&Document, &Arc<Policy>) -> anyhow::Result<Option<Verdict>>,
) -> anyhow::Result<Vec<Checked>> {
    let mut checked = Vec::new();
    let documents = texts.iter().map(|text| read(text)).collect::<anyhow::Result<Vec<_>>>()?;
    for document in documents.into_iter().flatten().filter(concerns) {
        let outcome = match &document.state {
            State::Unknown(why) => Outcome::Unproven(why.clone(), Vec::new()),
            State::Untold(why) => Outcome::Untold(why.clone()),
            State::Known { policy, .. } => {
                if document.address.is_none() {
                    is_of_type(policy, policy_type)?;
                }
                match check(&document, policy)
                    .with_context(|| format!("cannot check `{}`", document.name()))?
                {
                    None => continue,
                    Some(Verdict::Pass) => Outcome::Pass,
                    Some(Verdict::Fail(grants)) => Outcome::Fail(grants),
                    // What was found is found.
                    Some(Verdict::Unproven { grants, .. }) if !grants.is_empty() => Outcome::Fail(grants),
                    Some(Verdict::Unproven { exhausted, grants }) => {
                        let why = format!("it could not be proven: {}", super::compare::reason(exhausted));
                        Outcome::Unproven(why, grants)
                    }
                }
            }
        };
        checked.push(Checked { document, outcome });
    }
    Ok(checked)
}

fn is_of_type(policy: &Policy, policy_type: Option<PolicyType>) -> anyhow::Result<()> {
    match policy_type {
        Some(PolicyType::Identity) if is_addressed(policy) => {
            bail!("the document says whom it speaks to, as a RESOURCE_POLICY does")
        }
        Some(PolicyType::Resource) if !is_addressed(policy) && !policy.statements().is_empty() => {
            bail!("the document does not say whom it speaks to, as a RESOURCE_POLICY does")
        }
        _ => Ok(()),
    }
}

/// `actions=a,b,resources=c,d`, or `{"actions": […], "resources": […]}`, or a list of those.
fn parse_access(text: &str) -> anyhow::Result<Access> {
    let wrong = || format!("`{text}` is no access: expected `actions=…,resources=…` or a JSON object");
    if text.trim_start().starts_with(['{', '[']) {
        let value: Json = serde_json::from_str(text).with_context(wrong)?;
        let object = match value {
            Json::Array(mut list) if list.len() == 1 => list.remove(0),
            other => other,
        };
        let list = |name: &str| -> anyhow::Result<Vec<String>> {
            match object.get(name) {
                None => Ok(Vec::new()),
                Some(Json::Array(items)) => {
                    items.iter().map(|item| item.as_str().map(str::to_owned).with_context(wrong)).collect()
                }
                Some(_) => bail!(wrong()),
            }
        };
        let access = Access { actions: list("actions")?, resources: list("resources")? };
        ensure!(!access.actions.is_empty() || !access.resources.is_empty(), wrong());
        return Ok(access);
    }
    let mut access = Access::default();
    let mut into: Option<bool> = None;
    for item in text.split(',') {
        let item = match item.split_once('=') {
            Some(("actions", item)) => {
                into = Some(true);
                item
            }
            Some(("resources", item)) => {
                into = Some(false);
                item
            }
            _ => item,
        };
        match into {
            Some(true) => access.actions.push(item.to_owned()),
            Some(false) => access.resources.push(item.to_owned()),
            None => bail!(wrong()),
        }
    }
    Ok(access)
}

/// The exit code where nothing is known to fail and something could not be proven.
const UNPROVEN: u8 = 3;

/// A document that allows nothing.
const NOTHING: &str = r#"{"Version": "2012-10-17", "Statement": []}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_is_told_what_it_may_mean() {
        let all = ["AWS::S3::Bucket", "AWS::S3::AccessPoint", "AWS::SQS::Queue"];
        assert_eq!(near("bucket", &all), ["AWS::S3::Bucket"]);
        assert_eq!(near("AWS::S3::Buckets", &all), ["AWS::S3::Bucket", "AWS::S3::AccessPoint"]);
        assert_eq!(near("AWS::S4::Bucket", &all).len(), 3);
    }

    #[test]
    fn access_is_read_as_the_aws_cli_takes_it() {
        let access = parse_access("actions=s3:GetObject,s3:PutObject,resources=arn:aws:s3:::b/*").unwrap();
        assert_eq!(access.actions, ["s3:GetObject", "s3:PutObject"]);
        assert_eq!(access.resources, ["arn:aws:s3:::b/*"]);
        let access = parse_access(r#"[{"actions": ["s3:*"]}]"#).unwrap();
        assert_eq!((access.actions.len(), access.resources.len()), (1, 0));
        for wrong in ["s3:GetObject", "{}", r#"{"actions": "s3:*"}"#, "{", r#"[{"actions": [1]}]"#] {
            parse_access(wrong).unwrap_err();
        }
    }
}
