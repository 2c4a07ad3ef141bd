//! Session policies, and how much of the room in a session they take.

use api::sts::faults;
use api::sts::types::PolicyDescriptorType;
use policy::validate::Quota;
use service::{Context, Result};
use types::{Arn, Owner, TagSet};
use wire::Fault;

/// The session policies of a call, checked.
#[derive(Debug, Default)]
pub(crate) struct SessionPolicies {
    /// The inline policy.
    pub(crate) inline: Option<String>,
    /// The managed policies; they are read anew with each request of the session.
    pub(crate) managed: Vec<Arn>,
}

/// Reads and checks the session policies of a call for a session in the account `owner`.
pub(crate) async fn parse(
    cx: &Context<'_>,
    owner: Owner,
    inline: Option<String>,
    arns: Option<&[PolicyDescriptorType]>,
) -> Result<SessionPolicies> {
    check_limits(inline.as_deref(), arns.unwrap_or_default())?;
    if let Some(text) = &inline {
        policy::validate::session_policy(text).map_err(|malformed| match is_json(text) {
            true => faults::malformed_policy_document(malformed.to_string()),
            false => faults::malformed_policy_document("The policy is not in the valid JSON format."),
        })?;
    }
    let mut managed = Vec::new();
    for arn in arns.unwrap_or_default().iter().filter_map(|descriptor| descriptor.arn.as_deref()) {
        let unknown =
            || faults::malformed_policy_document(format!("The specified policy ARN {arn} is not valid."));
        let parsed = Arn::parse(arn).map_err(|_| unknown())?;
        if cx.authorizer().managed(cx.read(), owner, &parsed).await?.is_none() {
            return Err(unknown().into());
        }
        managed.push(parsed);
    }
    Ok(SessionPolicies { inline, managed })
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The limits on plain text (AWS: "IAM and AWS STS quotas"), which the model leaves out.
fn check_limits(inline: Option<&str>, arns: &[PolicyDescriptorType]) -> Result<()> {
    if let Some(text) = inline.filter(|text| text.chars().count() > Quota::SESSION.limit) {
        let limit = Quota::SESSION.limit;
        return Err(Fault::validation(format!(
            "1 validation error detected: Value '{text}' at 'policy' failed to satisfy constraint: Member must have length less than or equal to {limit}"
        ))
        .into());
    }
    if arns.len() > MOST_MANAGED {
        return Err(Fault::validation(format!(
            "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to {MOST_MANAGED}"
        ))
        .into());
    }
    Ok(())
}

impl SessionPolicies {
    /// How much of the room for policies and tags they take, in percent (AWS: `PackedPolicySize`); none where
    /// nothing was passed, and a fault where it is more than all.
    ///
    /// AWS packs them in a binary form that it does not describe; ours counts the characters, see
    /// docs/decisions/0050-packed-policy-size.md.
    pub(crate) fn packed_size(&self, tags: &TagSet) -> Result<Option<i32>> {
        if self.inline.is_none() && self.managed.is_empty() && tags.is_empty() {
            return Ok(None);
        }
        let inline = self.inline.as_deref().map_or(0, |text| Quota::SESSION.size(text));
        let policies = inline + self.managed.iter().map(|arn| arn.as_str().len()).sum::<usize>();
        let tags: usize = tags.iter().map(|tag| tag.key.as_str().len() + tag.value.as_str().len()).sum();
        let percent = ((policies + tags) * 100).div_ceil(ROOM);
        if percent > 100 {
            let message = match (policies, tags) {
                (_, 0) => {
                    format!("Packed policy consumes {percent}% of allotted space, please use smaller policy.")
                }
                (0, _) => format!("Packed size of session tags consumes {percent}% of allotted space."),
                _ => {
                    format!("Packed size of session tags and policies consumes {percent}% of allotted space.")
                }
            };
            return Err(faults::packed_policy_too_large(message).into());
        }
        Ok(Some(i32::try_from(percent).unwrap_or(100)))
    }
}

/// The most managed session policies.
const MOST_MANAGED: usize = 10;
/// The characters that fit: the longest inline policy, ten ARNs and the tags of a usual session together.
const ROOM: usize = 4096;
