//! A value of a key that takes KMS keys, but is no ARN of one.

use super::arn::starred;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_KMS_KEY_VALUE", Error, Look::Value(look));

fn look(_: &Subject<'_>, clause: &Clause<'_>, value: Entry<'_>, found: &mut Found<'_>) {
    if !KEYS.iter().any(|key| clause.is_about(key)) || clause.is(Family::Null) {
        return;
    }
    let pattern = starred(value.text);
    let is_arn = meets(&pattern, "arn:*:kms:*:????????????:key/?*");
    if !is_arn {
        found.at(
            value.span,
            format!("{} is the ARN of a KMS key: arn:aws:kms:region:account:key/id.", clause.key),
        );
    }
}

/// Keys whose value is always the ARN of a KMS key, and no alias or id.
const KEYS: &[&str] = &[
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "bedrock-agentcore:KmsKeyArn",
    "comprehend:DataLakeKmsKey",
    "comprehend:ModelKmsKey",
    "comprehend:OutputKmsKey",
    "comprehend:VolumeKmsKey",
];
