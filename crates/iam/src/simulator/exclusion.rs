//! Policies that a simulation leaves out although the principal has them (AWS: `PolicyIdentifier`).

use api::iam::faults;
use api::iam::types::{
    AttachmentType, InlinePolicyIdentifierType, PolicyIdentifier, PolicyIdentifierPolicyType,
};
use authz::Granted;
use policy::{Named, SourceKind};
use service::Result;

/// Which policies are left out. What fits none is no error, as IAM has it.
pub(super) enum Exclusion {
    /// All of a kind.
    Kind(PolicyIdentifierPolicyType),
    /// Attached managed policies, by their ARN with wildcards.
    Managed(Wildcard),
    /// Inline policies of one name, by who holds them.
    Inline { policy: String, kind: SourceKind, holder: Wildcard },
}

/// A text with at most one `*`, for any characters, and any number of `?`, each for one.
pub(super) struct Wildcard(String);

impl Exclusion {
    /// Reads the list of the call.
    pub(super) fn read(list: Option<Vec<PolicyIdentifier>>) -> Result<Vec<Self>> {
        list.unwrap_or_default().into_iter().map(Self::of).collect()
    }

    fn of(identifier: PolicyIdentifier) -> Result<Self> {
        let PolicyIdentifier { policy_type, policy_arn, inline_policy_identifier } = identifier;
        match (policy_type, policy_arn, inline_policy_identifier) {
            (Some(kind), None, None) => Ok(Self::Kind(kind)),
            (None, Some(arn), None) if is_policy_arn(&arn) => Ok(Self::Managed(Wildcard::new(arn)?)),
            (None, Some(arn), None) => Err(refused(&format!("{arn} is not the ARN of a managed policy."))),
            (None, None, Some(inline)) => Self::inline(inline),
            _ => Err(refused("Exactly one of PolicyType, PolicyArn and InlinePolicyIdentifier is required.")),
        }
    }

    fn inline(identifier: InlinePolicyIdentifierType) -> Result<Self> {
        let InlinePolicyIdentifierType { policy_name, attachment_type, attachment_name } = identifier;
        let kind = match attachment_type {
            AttachmentType::User => SourceKind::User,
            AttachmentType::Group => SourceKind::Group,
            AttachmentType::Role => SourceKind::Role,
        };
        Ok(Self::Inline { policy: policy_name, kind, holder: Wildcard::new(attachment_name)? })
    }

    /// Takes from what a principal of this name is granted what is left out.
    pub(super) fn apply(&self, granted: &mut Granted, principal: Option<&str>) {
        granted.identity.retain(|named| !self.takes(named, principal));
        if matches!(self, Self::Kind(PolicyIdentifierPolicyType::PermissionBoundary)) {
            granted.boundary = None;
        }
    }

    fn takes(&self, named: &Named, principal: Option<&str>) -> bool {
        use PolicyIdentifierPolicyType as Kind;
        let is_inline = matches!(named.kind, SourceKind::User | SourceKind::Group | SourceKind::Role);
        match self {
            Self::Kind(Kind::Inline) => is_inline,
            Self::Kind(Kind::AwsManaged) => named.kind == SourceKind::AwsManaged,
            Self::Kind(Kind::UserManaged) => named.kind == SourceKind::CustomerManaged,
            // The boundary is no identity policy, and those of organizations are not the principal's.
            Self::Kind(Kind::PermissionBoundary | Kind::Scp | Kind::Rcp) => false,
            Self::Managed(arn) => {
                matches!(named.kind, SourceKind::AwsManaged | SourceKind::CustomerManaged)
                    && arn.fits(&named.name)
            }
            Self::Inline { policy, kind, holder } => {
                // A group's policy is called by the group too: it comes to the user beside other groups'.
                let (of, name) = match named.kind {
                    SourceKind::Group => named.name.split_once('/').unwrap_or(("", &named.name)),
                    _ => (principal.unwrap_or_default(), named.name.as_str()),
                };
                named.kind == *kind && name == policy && holder.fits(of)
            }
        }
    }
}

impl Wildcard {
    fn new(text: String) -> Result<Self> {
        if text.matches('*').count() > 1 {
            return Err(refused(&format!("{text} has more than one *.")));
        }
        Ok(Self(text))
    }

    fn fits(&self, text: &str) -> bool {
        let same = |pattern: &str, text: &str| {
            pattern.chars().count() == text.chars().count()
                && pattern.chars().zip(text.chars()).all(|(wanted, found)| wanted == '?' || wanted == found)
        };
        let Some((head, tail)) = self.0.split_once('*') else { return same(&self.0, text) };
        // Names of IAM are ASCII, so a place in the one is a place in the other.
        let Some(behind) = text.len().checked_sub(tail.len()).filter(|behind| *behind >= head.len()) else {
            return false;
        };
        let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
        same(head, part(0..head.len())) && same(tail, part(behind..text.len()))
    }
}

/// Whether it is the ARN of a managed policy, with wildcards nowhere but in the policy's path and name.
fn is_policy_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts.as_slice() else { return false };
    let is_account = *account == "aws" || account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-/*?".contains(c);
    let name = resource.strip_prefix("policy/").unwrap_or_default();
    types::Partition::parse(partition).is_ok() && is_account && !name.is_empty() && name.chars().all(is_name)
}

fn refused(why: &str) -> service::Error {
    faults::invalid_input(format!("Invalid Input for PolicyExclusionList: {why}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_what_it_says_and_no_more() {
        let fits = |pattern: &str, text| Wildcard::new(pattern.to_owned()).unwrap().fits(text);
        for (pattern, text) in
            [("abc", "abc"), ("a?c", "abc"), ("a*c", "ac"), ("a*c", "abbc"), ("*", ""), ("?*?", "ab")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("abc", "abd"), ("a?c", "ac"), ("a*c", "abd"), ("ab*bc", "abc"), ("?*?", "a"), ("abc", "ABC")]
        {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn wildcards_stand_in_the_name_of_a_policy_only() {
        assert!(is_policy_arn("arn:aws:iam::aws:policy/job-function/Amazon?3*"));
        assert!(is_policy_arn("arn:aws:iam::123456789012:policy/p"));
        for bad in [
            "arn:aws:iam::*:policy/p",
            "arn:*:iam::aws:policy/p",
            "arn:aws:s3::aws:policy/p",
            "arn:aws:iam:us-east-1:aws:policy/p",
            "arn:aws:iam::123456789012:user/p",
            "arn:aws:iam::123456789012:policy/",
            "policy/p",
        ] {
            assert!(!is_policy_arn(bad), "{bad}");
        }
    }
}
