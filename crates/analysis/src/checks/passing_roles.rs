//! Roles may be passed, or service-linked ones made, beyond what anybody listed: two actions, each in six forms.

use super::facts::{means, speaks_of};
use super::glob::covers as covers_text;
use super::prelude::*;

pub(super) const CHECKS: [Check; 12] = [
    Check::new(
        "PASS_ROLE_WITH_NOT_RESOURCE",
        SecurityWarning,
        Look::Statement(|subject, statement, found| {
            look(subject, statement, &PASS, Form(Actions::Named, Resources::Not), found);
        }),
    ),
    Check::new(
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
        SecurityWarning,
        Look::Statement(|subject, statement, found| {
            look(subject, statement, &PASS, Form(Actions::Star, Resources::Not), found);
        }),
    ),
    Check::new(
        "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE",
        SecurityWarning,
        Look::Statement(|subject, statement, found| {
            look(subject, statement, &PASS, Form(Actions::Not, Resources::Not), found);
        }),
    ),
    Check::new(
        "PASS_ROLE_WITH_STAR_IN_RESOURCE",
        SecurityWarning,
        Look::Statement(|subject, statement, found| {
            look(subject, statement, &PASS, Form(Actions::Named, Resources::Star), found);
        }),
    ),
    Check::new(
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
        SecurityWarning,
        Look::Statement(|subject, statement, found| {
            look(subject, statement, &PASS, Form(Actions::Star, Resources::Star), found);
        }),
    ),
    Check::new(
        "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
        SecurityWarning,
        Look::Statement(|subject, statement, found| {
            look(subject, statement, &PASS, Form(Actions::Not, Resources::Star), found);
        }),
    ),
    Check::new(
        "CREATE_SLR_WITH_NOT_RESOURCE",
        Warning,
        Look::Statement(|subject, statement, found| {
            look(subject, statement, &CREATE, Form(Actions::Named, Resources::Not), found);
        }),
    ),
    Check::new(
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
        Warning,
        Look::Statement(|subject, statement, found| {
            look(subject, statement, &CREATE, Form(Actions::Star, Resources::Not), found);
        }),
    ),
    Check::new(
        "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE",
        Warning,
        Look::Statement(|subject, statement, found| {
            look(subject, statement, &CREATE, Form(Actions::Not, Resources::Not), found);
        }),
    ),
    Check::new(
        "CREATE_SLR_WITH_STAR_IN_RESOURCE",
        Warning,
        Look::Statement(|subject, statement, found| {
            look(subject, statement, &CREATE, Form(Actions::Named, Resources::Star), found);
        }),
    ),
    Check::new(
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE",
        Warning,
        Look::Statement(|subject, statement, found| {
            look(subject, statement, &CREATE, Form(Actions::Star, Resources::Star), found);
        }),
    ),
    Check::new(
        "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
        Warning,
        Look::Statement(|subject, statement, found| {
            look(subject, statement, &CREATE, Form(Actions::Not, Resources::Star), found);
        }),
    ),
];

/// An action that hands out power.
struct Powerful {
    action: &'static str,
    does: &'static str,
    /// The roles, all of which a pattern must take in to count as open.
    roles: &'static str,
    /// The key that holds it to some services.
    narrows: &'static str,
}

const PASS: Powerful = Powerful {
    action: "iam:PassRole",
    does: "pass roles that nobody meant",
    roles: "role/*",
    narrows: "iam:PassedToService",
};

const CREATE: Powerful = Powerful {
    action: "iam:CreateServiceLinkedRole",
    does: "make service-linked roles that nobody meant",
    roles: "role/aws-service-role/*",
    narrows: "iam:AWSServiceName",
};

#[derive(Clone, Copy, PartialEq)]
struct Form(Actions, Resources);

#[derive(Clone, Copy, PartialEq)]
enum Actions {
    Named,
    Star,
    Not,
}

#[derive(Clone, Copy, PartialEq)]
enum Resources {
    Not,
    Star,
}

fn look(
    subject: &Subject<'_>,
    statement: &Statement<'_>,
    what: &Powerful,
    form: Form,
    found: &mut Found<'_>,
) {
    if subject.policy_type != PolicyType::Identity
        || !statement.allows()
        || !speaks_of(statement, what.action)
    {
        return;
    }
    let mut spans = Vec::new();
    let actions = match statement.member("NotAction") {
        Some(member) => {
            spans.push(member.key_span);
            Actions::Not
        }
        None => {
            let entries = statement.actions().into_iter().filter(|entry| means(entry.text, what.action));
            let (wild, named): (Vec<_>, Vec<_>) = entries.partition(|entry| has_wildcards(entry.text));
            let kind = if named.is_empty() { Actions::Star } else { Actions::Named };
            spans.extend(if named.is_empty() { wild } else { named }.iter().map(|entry| entry.span));
            kind
        }
    };
    let resources = match statement.member("NotResource") {
        Some(member) => {
            spans.push(member.key_span);
            Resources::Not
        }
        None => {
            let open = statement.all_resources().into_iter().filter(|entry| is_open(entry.text, what.roles));
            let before = spans.len();
            spans.extend(open.map(|entry| entry.span));
            if spans.len() == before || statement.has_key(&[what.narrows]) {
                return;
            }
            Resources::Star
        }
    };
    if form == Form(actions, resources) {
        let how = match form.0 {
            Actions::Named => String::new(),
            Actions::Star => format!(" The wildcard in the action takes {} in.", what.action),
            Actions::Not => format!(" NotAction leaves {} in.", what.action),
        };
        let cure = match form.1 {
            Resources::Not => "list the roles with Resource".to_owned(),
            Resources::Star => format!("name the roles, or test {}", what.narrows),
        };
        found.at_all(&spans, format!("Who has this can {}.{how} Better {cure}.", what.does));
    }
}

/// Whether a pattern takes in all the roles of an account: of the one that it names, where it names one.
fn is_open(pattern: &str, roles: &str) -> bool {
    let mut parts = pattern.splitn(6, ':');
    let named = |part: &&str| !part.is_empty() && !has_wildcards(part);
    let partition = parts.nth(1).filter(named).unwrap_or("aws");
    let account = parts.nth(2).filter(named).unwrap_or("123456789012");
    covers_text(pattern, &format!("arn:{partition}:iam::{account}:{roles}"))
}
