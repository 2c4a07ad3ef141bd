//! `ResourceHandlingOption`: which resources a simulation of launching an instance must name.

use api::iam::faults;
use service::Result;

/// The options and, after those that all need, the types of EC2 resources that each needs besides.
const OPTIONS: &[(&str, &[&str])] = &[
    ("EC2-Classic-InstanceStore", &[]),
    ("EC2-Classic-EBS", &["volume"]),
    ("EC2-VPC-InstanceStore", &["network-interface"]),
    ("EC2-VPC-InstanceStore-Subnet", &["network-interface", "subnet"]),
    ("EC2-VPC-EBS", &["network-interface", "volume"]),
    ("EC2-VPC-EBS-Subnet", &["network-interface", "subnet", "volume"]),
];

/// What every option needs.
const ALWAYS: [&str; 3] = ["instance", "image", "security-group"];

/// Refuses a simulation that lacks a resource which its option needs, and an option that there is not.
pub(super) fn check(option: Option<&str>, resources: &[String]) -> Result<()> {
    let Some(option) = option else { return Ok(()) };
    let Some((_, more)) = OPTIONS.iter().find(|(known, _)| *known == option) else {
        let message = format!("Invalid Resource Handling Option: {option}.");
        return Err(faults::invalid_input(message).into());
    };
    let needed = ALWAYS.iter().chain(*more);
    let missing: Vec<&str> =
        needed.copied().filter(|kind| !resources.iter().any(|arn| is_of(arn, kind))).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message =
        format!("Resource Handling Option {option} requires resources of type: {}.", missing.join(", "));
    Err(faults::invalid_input(message).into())
}

/// Whether an ARN is that of an EC2 resource of a type.
fn is_of(arn: &str, kind: &str) -> bool {
    let mut parts = arn.splitn(6, ':').skip(2);
    let (service, resource) = (parts.next(), parts.nth(2));
    service == Some("ec2")
        && resource.and_then(|resource| resource.split_once('/')).is_some_and(|(of, _)| of == kind)
}
