//! Amazon Resource Names.

use compact_str::CompactString;

use crate::{AccountId, Invalid, Partition, string_newtype};

/// A whole ARN, `arn:partition:service:region:account:resource`, at most 2,048 bytes.
///
/// Region and account may be empty; the resource part may hold further colons
/// (AWS: "Amazon Resource Names (ARNs)"). The partition is any text here: a pattern or a
/// foreign ARN is not ours to judge.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    text: CompactString,
    /// Where each of the five colons stands.
    colons: [u16; 5],
}

/// The longest ARN that AWS takes in a parameter, in bytes.
const MAX_LENGTH: usize = 2048;

impl Arn {
    /// Parses the six parts of an ARN; partition, service and resource must not be empty.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = |reason| Err(Invalid::new("ARN", text, reason));
        if text.len() > MAX_LENGTH {
            return invalid("longer than 2048 bytes");
        }
        let mut colons = [0u16; 5];
        let mut found = text.bytes().enumerate().filter(|(_, byte)| *byte == b':');
        for colon in &mut colons {
            match found.next() {
                Some((at, _)) => *colon = u16::try_from(at).unwrap_or(u16::MAX),
                None => return invalid("fewer than six parts"),
            }
        }
        let arn = Self { text: text.into(), colons };
        if arn.part(0) != "arn" {
            return invalid("does not start with `arn:`");
        }
        if arn.partition_name().is_empty() || arn.service().is_empty() || arn.resource().is_empty() {
            return invalid("partition, service or resource is empty");
        }
        Ok(arn)
    }

    /// Puts an ARN together. `service`, `region` and `resource` come from code or from
    /// types that admit no colon where one would shift the parts.
    #[must_use]
    pub fn new(
        partition: Partition,
        service: &str,
        region: &str,
        account: Option<AccountId>,
        resource: &str,
    ) -> Self {
        Self::of_pieces(partition, service, region, account, &[resource])
    }

    /// The same of a resource in pieces: a request makes several ARNs.
    pub(crate) fn of_pieces(
        partition: Partition,
        service: &str,
        region: &str,
        account: Option<AccountId>,
        resource: &[&str],
    ) -> Self {
        let account = account.as_ref().map_or("", |account| account.as_str());
        let length: usize = resource.iter().map(|piece| piece.len()).sum();
        let mut text = String::with_capacity(48 + length);
        let mut colons = [0u16; 5];
        let parts = ["arn", partition.as_str(), service, region, account];
        for (part, colon) in parts.into_iter().zip(&mut colons) {
            text.push_str(part);
            *colon = u16::try_from(text.len()).unwrap_or(u16::MAX);
            text.push(':');
        }
        for piece in resource {
            text.push_str(piece);
        }
        Self { text: text.into(), colons }
    }

    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The partition as written, `aws` for most.
    #[must_use]
    pub fn partition_name(&self) -> &str {
        self.part(1)
    }

    /// The partition, where it is one of AWS's.
    #[must_use]
    pub fn partition(&self) -> Option<Partition> {
        Partition::parse(self.partition_name()).ok()
    }

    /// The service's prefix, such as `iam`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The region; empty for global services.
    #[must_use]
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account part as written; empty for S3, `aws` for AWS managed policies.
    #[must_use]
    pub fn account_part(&self) -> &str {
        self.part(4)
    }

    /// The account, where the part is an account id.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        AccountId::parse(self.account_part()).ok()
    }

    /// Everything behind the fifth colon.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    /// The resource split at its first `/`: type and the rest, as IAM writes them.
    ///
    /// `user/team/alice` gives `("user", "team/alice")`, `root` gives `("root", "")`.
    #[must_use]
    pub fn resource_type_and_id(&self) -> (&str, &str) {
        self.resource().split_once('/').unwrap_or((self.resource(), ""))
    }

    fn part(&self, index: usize) -> &str {
        let start = match index {
            0 => 0,
            _ => self.colons.get(index - 1).map_or(0, |at| usize::from(*at) + 1),
        };
        let end = self.colons.get(index).map_or(self.text.len(), |at| usize::from(*at));
        self.text.get(start..end).unwrap_or_default()
    }
}

impl std::fmt::Debug for Arn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

string_newtype!(Arn);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_has_six_parts_and_the_last_may_hold_colons() {
        let arn = Arn::parse("arn:aws:logs:eu-west-1:123456789012:log-group:x:*").unwrap();
        assert_eq!(arn.service(), "logs");
        assert_eq!(arn.region(), "eu-west-1");
        assert_eq!(arn.account().unwrap().as_str(), "123456789012");
        assert_eq!(arn.resource(), "log-group:x:*");
    }

    #[test]
    fn printing_a_parsed_arn_gives_the_text_again() {
        let made = Arn::new(Partition::AwsCn, "iam", "", Some(AccountId::from_number(7)), "user/a/b");
        assert_eq!(made.as_str(), "arn:aws-cn:iam::000000000007:user/a/b");
        assert_eq!(Arn::parse(made.as_str()).unwrap(), made);
        assert_eq!(made.resource_type_and_id(), ("user", "a/b"));
    }

    #[test]
    fn what_is_not_an_arn_is_refused() {
        for bad in ["", "arn", "arn:aws:iam::1", "arn:aws:iam:::", "x:aws:iam::1:y", "arn::iam::1:y"] {
            assert!(Arn::parse(bad).is_err(), "{bad}");
        }
        assert!(Arn::parse(&format!("arn:aws:s3:::{}", "x".repeat(2048))).is_err());
    }
}
