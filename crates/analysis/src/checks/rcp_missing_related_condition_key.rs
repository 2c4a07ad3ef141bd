//! A resource control policy that asks about people and thereby meets services, or the other way round.

use super::prelude::*;

pub(super) const CHECKS: [Check; 3] = [
    Check::new(
        "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY",
        Warning,
        Look::Clause(|subject, statement, clause, found| {
            if is_denied_by(subject, statement, clause, OF_PRINCIPALS) && !statement.has_key(&[IS_SERVICE]) {
                found.at(clause.key_span, format!("Services that act for you carry no {}: except them with BoolIfExists and {{\"{IS_SERVICE}\": \"false\"}}.", clause.key));
            }
        }),
    ),
    Check::new(
        "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY",
        Warning,
        Look::Clause(|subject, statement, clause, found| {
            if is_denied_by(subject, statement, clause, OF_SERVICES) && !statement.has_key(&[IS_SERVICE]) {
                found.at(clause.key_span, format!("Your own principals carry no {}: except them with BoolIfExists and {{\"{IS_SERVICE}\": \"true\"}}.", clause.key));
            }
        }),
    ),
    Check::new(
        "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK",
        Warning,
        Look::Clause(|subject, statement, clause, found| {
            let tested = statement.clauses.iter().any(|other| {
                other.is(Family::Null)
                    && (other.is_about("aws:SourceAccount") || other.is_about("aws:SourceArn"))
            });
            if is_denied_by(subject, statement, clause, OF_SERVICES) && !tested {
                found.at(clause.key_span, format!("Some services come without {}: except them with Null and {{\"aws:SourceAccount\": \"false\"}} or {{\"aws:SourceArn\": \"false\"}}.", clause.key));
            }
        }),
    ),
];

fn is_denied_by(
    subject: &Subject<'_>,
    statement: &Statement<'_>,
    clause: &Clause<'_>,
    keys: &[&str],
) -> bool {
    subject.policy_type == PolicyType::ResourceControl
        && statement.denies()
        && clause.is_negated()
        && keys.iter().any(|key| clause.is_about(key))
}

const IS_SERVICE: &str = "aws:PrincipalIsAWSService";
const OF_PRINCIPALS: &[&str] = &[
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalTag/",
];
const OF_SERVICES: &[&str] = &["aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"];
