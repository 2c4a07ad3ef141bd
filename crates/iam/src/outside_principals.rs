//! Whom a trust policy may name that is neither account, user nor role: services and identity providers. See
//! docs/decisions/0161-service-principals.md.

use api::iam::faults;
use directory::{OwnService, OwnServiceKey};
use policy::{Policy, PrincipalKind};
use service::{Context, Result};
use types::{Arn, Owner, Partition};
use wire::Fault;

use crate::service_linked_roles;

/// The refusal of a trust policy that names a service that there is not, or an identity provider in no form that is one.
pub(crate) async fn check(cx: &Context<'_>, policy: &Policy) -> Result<Result<(), Fault>> {
    let elements = policy.statements().iter().filter_map(|statement| statement.principals());
    for pattern in elements.flat_map(|element| element.patterns()) {
        let name = pattern.as_str();
        match pattern.kind() {
            PrincipalKind::Service if !is_service(cx, name).await? => {
                let message = policy::validate::invalid_principal(PrincipalKind::Service, name);
                return Ok(Err(faults::malformed_policy_document(message)));
            }
            PrincipalKind::Federated if !is_provider(name) => {
                let message = "Federated principals must be valid domain names or SAML metadata ARNs";
                return Ok(Err(faults::malformed_policy_document(message)));
            }
            _ => {}
        }
    }
    Ok(Ok(()))
}

/// Whether a principal is a service: one of AWS's, one that the account has registered, or one of a domain that is not
/// AWS's, where its owner knows what there is.
async fn is_service(cx: &Context<'_>, principal: &str) -> Result<bool> {
    let owner = cx.owner()?;
    let principal = principal.to_ascii_lowercase();
    let labels = match within_aws(&principal, owner.partition) {
        Some(labels) => labels,
        None if is_domain(&principal) && !principal.contains("amazonaws") => return Ok(true),
        None => principal.as_str(),
    };
    if labels.len() < principal.len() && labels.split('.').any(is_of_aws) {
        return Ok(true);
    }
    for label in labels.split('.') {
        if is_registered(cx, owner, label).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn is_registered(cx: &Context<'_>, owner: Owner, name: &str) -> Result<bool> {
    Ok(cx.read().get::<OwnService>(&OwnServiceKey::new(owner, name)).await?.is_some())
}

/// What stands before AWS's domain. Some services have a domain of their own in the partition of China.
fn within_aws(principal: &str, partition: Partition) -> Option<&str> {
    let domains: &[&str] = match partition {
        Partition::AwsCn => &[".amazonaws.com", ".amazonaws.com.cn"],
        _ => &[".amazonaws.com", ".aws.internal", ".amazon.com"],
    };
    domains.iter().find_map(|domain| principal.strip_suffix(domain))
}

/// Whether a label is that of a service of AWS's: the prefix of its actions, or a word of a principal that AWS's own
/// policies and roles name, or one of the rest.
fn is_of_aws(label: &str) -> bool {
    catalog::service(label).is_some()
        || service_linked_roles::names_service(label)
        || OTHERS.binary_search(&label).is_ok()
}

/// Whether a federated principal has a form that one can have: a provider's ARN, or the domain of a built-in one.
fn is_provider(principal: &str) -> bool {
    match Arn::parse(principal) {
        Ok(arn) => {
            let resource = arn.resource();
            let is_named = |kind: &str| resource.strip_prefix(kind).is_some_and(|name| !name.is_empty());
            arn.service() == "iam" && (is_named("saml-provider/") || is_named("oidc-provider/"))
        }
        Err(_) => is_domain(principal.split('/').next().unwrap_or_default()),
    }
}

fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    text.contains('.') && text.split('.').all(is_label)
}

/// Labels of principals of services that have no actions of that name, sorted. What they do is done under the name of
/// another service, or they are older than their actions.
const OTHERS: &[&str] = &[
    "airflow-env",
    "alexa-appkit",
    "alexa-connectedhome",
    "amazonmq",
    "application-insights",
    "aws-artifact-account-sync",
    "billingconsole",
    "cloudwatch-application-insights",
    "cloudwatch-crossaccount",
    "codestar",
    "deeplens",
    "diode",
    "ec",
    "ecs-tasks",
    "edgelambda",
    "eks-fargate-pods",
    "elastic-inference",
    "evidently",
    "iotevents",
    "iotthingsgraph",
    "jellyfish",
    "managed-blockchain",
    "managedservices",
    "metering-marketplace",
    "migrationhub",
    "mobilehub",
    "monitoring",
    "pinpoint",
    "tagging",
    "tts",
    "vmie",
    "voice-id",
    "vpc-flow-logs",
    "vpce-svc",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_services_are_sorted_and_not_known_otherwise() {
        assert!(OTHERS.is_sorted());
        for label in OTHERS {
            assert!(catalog::service(label).is_none(), "{label}");
        }
    }

    #[test]
    fn services_are_known_by_any_of_their_labels() {
        let known = |principal: &str| {
            within_aws(principal, Partition::Aws).is_some_and(|labels| labels.split('.').any(is_of_aws))
        };
        for principal in [
            "ec2.amazonaws.com",
            "edgelambda.amazonaws.com",
            "ops.apigateway.amazonaws.com",
            "logs.eu-central-1.amazonaws.com",
            "member.org.stacksets.cloudformation.amazonaws.com",
            "spotfleet.amazonaws.com",
            "alexa-appkit.amazon.com",
        ] {
            assert!(known(principal), "{principal}");
        }
        for principal in ["codepipeiine.amazonaws.com", "xyz.amazonaws.com", "ec2.amazonaws.com.cn", "ec2"] {
            assert!(!known(principal), "{principal}");
        }
        assert!(within_aws("ec2.amazonaws.com.cn", Partition::AwsCn).is_some());
    }

    #[test]
    fn a_provider_is_a_domain_or_an_arn() {
        for principal in [
            "accounts.google.com",
            "arn:aws:iam::123456789012:saml-provider/idp",
            "arn:aws:iam::123456789012:oidc-provider/idp.example/a",
        ] {
            assert!(is_provider(principal), "{principal}");
        }
        for principal in [
            "x",
            "*",
            "https://accounts.google.com",
            "arn:aws:iam::123456789012:role/x",
            "arn:aws:iam::123456789012:oidc-provider/",
        ] {
            assert!(!is_provider(principal), "{principal}");
        }
    }
}
