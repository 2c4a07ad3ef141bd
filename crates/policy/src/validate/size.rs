//! How AWS counts a document's size, and what it may be (AWS: "IAM and AWS STS quotas").

/// What counts towards a document's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counting {
    /// All but the whitespace between the tokens; within strings it counts.
    WithoutWhitespace,
    /// Every character.
    Everything,
}

/// How large the documents of one kind may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What the quota limits.
    pub name: &'static str,
    /// In characters.
    pub limit: usize,
    /// What counts.
    pub counting: Counting,
}

impl Quota {
    /// A customer managed policy.
    pub const MANAGED: Self = Self::iam("managed policy", 6_144);
    /// All inline policies of a user together.
    pub const USER_INLINE: Self = Self::iam("inline policies of a user", 2_048);
    /// All inline policies of a role together.
    pub const ROLE_INLINE: Self = Self::iam("inline policies of a role", 10_240);
    /// All inline policies of a group together.
    pub const GROUP_INLINE: Self = Self::iam("inline policies of a group", 5_120);
    /// A trust policy; an account may have it raised.
    pub const TRUST: Self = Self::iam("trust policy", 2_048);
    /// A session policy, inline and the ARNs of managed ones together.
    pub const SESSION: Self = Self { name: "session policy", limit: 2_048, counting: Counting::Everything };
    /// A service control policy.
    pub const SERVICE_CONTROL: Self =
        Self { name: "service control policy", limit: 5_120, counting: Counting::Everything };
    /// A resource control policy.
    pub const RESOURCE_CONTROL: Self =
        Self { name: "resource control policy", limit: 5_120, counting: Counting::Everything };

    const fn iam(name: &'static str, limit: usize) -> Self {
        Self { name, limit, counting: Counting::WithoutWhitespace }
    }

    /// How much of the quota a document uses.
    #[must_use]
    pub fn size(&self, text: &str) -> usize {
        size(text, self.counting)
    }
}

/// A document's size in characters.
#[must_use]
pub fn size(text: &str, counting: Counting) -> usize {
    if counting == Counting::Everything {
        return text.chars().count();
    }
    let mut in_string = false;
    let mut escaped = false;
    let counts = |c: &char| {
        if escaped {
            escaped = false;
            return true;
        }
        match c {
            '\\' => escaped = in_string,
            '"' => in_string = !in_string,
            ' ' | '\t' | '\n' | '\r' => return in_string,
            _ => {}
        }
        true
    };
    text.chars().filter(counts).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitespace_counts_within_strings_only() {
        let text = "{ \"a b\" :\n\t\"c\\\" d\\\\\" }";
        assert_eq!(size(text, Counting::WithoutWhitespace), text.chars().count() - 5);
        assert_eq!(size(text, Counting::Everything), text.chars().count());
        assert_eq!(size("\"é\"", Counting::WithoutWhitespace), 3);
        assert_eq!(size("\"\\\" \"", Counting::WithoutWhitespace), 5);
    }
}
