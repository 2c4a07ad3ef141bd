//! Which condition keys a policy asks for (AWS: "GetContextKeysForCustomPolicy").

use std::collections::BTreeSet;

use crate::matching::ResourcePattern;
use crate::template::Variable;
use crate::{Context, Key, Layer, Policy, PolicySet, Statement};

impl Policy {
    /// The condition keys that the policy mentions, in conditions and as variables: each
    /// once, in any case, in the order in which they first stand there.
    #[must_use]
    pub fn context_keys(&self) -> Vec<Key> {
        distinct(self.statements().iter().flat_map(Statement::context_keys))
    }
}

impl Statement {
    /// The condition keys that the statement mentions, in their order; some more than once.
    pub fn context_keys(&self) -> impl Iterator<Item = &Key> {
        let resources = self.resources().into_iter().flat_map(|element| element.patterns());
        let in_resources =
            resources.flat_map(ResourcePattern::variables).map(|variable: &Variable| &variable.key);
        let in_conditions = self.conditions().iter().flat_map(|clause| {
            let variables = clause.values().iter().flat_map(|value| value.variables());
            std::iter::once(clause.key()).chain(variables.map(|variable| &variable.key))
        });
        in_resources.chain(in_conditions)
    }
}

impl PolicySet {
    /// The keys that the set's policies mention and a context does not have: what
    /// SimulatePrincipalPolicy calls the missing context values.
    #[must_use]
    pub fn missing_context_keys(&self, context: &Context) -> Vec<Key> {
        let bundles = Layer::ALL.into_iter().filter_map(|layer| self.bundles(layer)).flatten();
        let policies = bundles.flat_map(|bundle| bundle.policies());
        let statements = policies.flat_map(|named| named.policy.statements());
        let keys = statements.flat_map(Statement::context_keys);
        distinct(keys.filter(|key| context.lookup(key).is_none()))
    }
}

fn distinct<'k>(keys: impl Iterator<Item = &'k Key>) -> Vec<Key> {
    let mut seen = BTreeSet::new();
    keys.filter(|key| seen.insert(key.folded().to_owned())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Named, SourceKind};

    #[test]
    fn keys_of_conditions_and_variables_are_listed_once() {
        let text = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/*",
             "Condition":{"StringEquals":{"aws:RequestTag/a":"${aws:PrincipalTag/b, 'x'}"},"Bool":{"AWS:Username":"true"}}},
            {"Effect":"Deny","NotAction":"s3:*","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:*:*:*:${c}"}}}]}"#;
        let policy = Policy::parse(text).unwrap();
        let keys: Vec<String> = policy.context_keys().iter().map(|key| key.as_str().to_owned()).collect();
        assert_eq!(keys, ["aws:username", "aws:RequestTag/a", "aws:PrincipalTag/b", "aws:SourceArn", "c"]);

        let set = PolicySet::new().with_identity(vec![Named::new(SourceKind::Input, "p", policy.into())]);
        let context = Context::new().with("AWS:USERNAME", "x").with("c", "y");
        let missing: Vec<String> =
            set.missing_context_keys(&context).iter().map(|key| key.as_str().to_owned()).collect();
        assert_eq!(missing, ["aws:RequestTag/a", "aws:PrincipalTag/b", "aws:SourceArn"]);
    }

    #[test]
    fn version_2008_mentions_no_variables() {
        let text =
            r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}/*"}}"#;
        assert!(Policy::parse(text).unwrap().context_keys().is_empty());
    }
}
