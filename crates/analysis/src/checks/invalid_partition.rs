//! A resource's ARN is in a partition that there is not.

use super::arn::starred;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_PARTITION", Error, Look::Resource(look));

fn look(_: &Subject<'_>, _: &Statement<'_>, entry: Entry<'_>, found: &mut Found<'_>) {
    let text = starred(entry.text);
    let mut parts = text.split(':');
    let (Some("arn"), Some(partition)) = (parts.next(), parts.next()) else { return };
    if !PARTITIONS.iter().any(|known| meets(partition, known)) {
        let service = parts.next().unwrap_or_default();
        let details = format!(
            "No ARN of `{service}` is in a partition `{partition}`. There are: {}",
            PARTITIONS.join(", ")
        );
        found.at(entry.span, details);
    }
}

const PARTITIONS: &[&str] =
    &["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];
