//! Issuers whose tokens are for everybody: whoever trusts one must say whose tokens of it (AWS: "Identity-provider controls
//! for shared OIDC providers"). See docs/decisions/0119-shared-issuers.md.

use api::iam::faults;
use policy::{Effect, Key, Policy, PrincipalKind, PrincipalPattern, Statement};
use types::Arn;
use wire::Fault;

/// Refuses a trust policy that lets in every token of a shared issuer: a statement that allows one must have a condition on
/// the claim that tells its customers apart.
pub(crate) fn check(policy: &Policy) -> Result<(), Fault> {
    for statement in policy.statements().iter().filter(|statement| statement.effect() == Effect::Allow) {
        let patterns = statement.principals().into_iter().flat_map(|element| element.patterns());
        for (principal, issuer) in patterns.filter_map(|pattern| Some((pattern, issuer_of(pattern)?))) {
            let shared = SHARED.iter().find(|(shared, _)| *shared == issuer);
            let Some((issuer, claims)) = shared else { continue };
            if *issuer == COGNITO && statement.conditions().is_empty() {
                let message = "A condition block must be present for the Cognito provider";
                return Err(faults::malformed_policy_document(message));
            }
            let key = |claim: &&str| {
                if claim.contains(':') { (*claim).to_owned() } else { format!("{issuer}:{claim}") }
            };
            let keys: Vec<_> = claims.iter().map(key).collect();
            if !keys.iter().any(|key| narrows(statement, key)) {
                return Err(faults::malformed_policy_document(format!(
                    "Trust policy with trusted principal {} must evaluate, using StringEquals, StringLike or \
                     StringEqualsIgnoreCase, {} which is not scoped to all.",
                    principal.as_str(),
                    keys.join(" or ")
                )));
            }
        }
    }
    Ok(())
}

/// The issuer that a federated principal names: a built-in one, or that of an OpenID Connect provider.
fn issuer_of(pattern: &PrincipalPattern) -> Option<String> {
    if pattern.kind() != PrincipalKind::Federated {
        return None;
    }
    let text = pattern.as_str();
    match Arn::parse(text) {
        Ok(arn) => Some(arn.resource().strip_prefix("oidc-provider/")?.to_ascii_lowercase()),
        Err(_) => Some(text.to_ascii_lowercase()),
    }
}

/// Whether a condition needs the key to be there and to be of some values: neither an absent key nor any value at all may
/// satisfy it.
fn narrows(statement: &Statement, key: &str) -> bool {
    let key = Key::new(key);
    statement.conditions().iter().any(|clause| {
        let test = clause.test();
        *clause.key() == key
            && !test.is_if_exists()
            && !test.is_negated()
            && test.operator().starts_with("String")
            && !test.name().starts_with("ForAllValues")
            && !clause.values().iter().any(|value| value.as_str().bytes().all(|byte| b"*?".contains(&byte)))
    })
}

/// The issuer that wants conditions of any kind before it is asked for which.
const COGNITO: &str = "cognito-identity.amazonaws.com";

/// Issuer and claims, of which one must be evaluated. They are AWS's, but for the built-in issuers Amazon, Facebook and
/// Google, which AWS leaves to its readers' care.
const SHARED: &[(&str, &[&str])] = &[
    ("accounts.google.com", &["aud", "oaud", "sub"]),
    ("agent.buildkite.com", &["sub"]),
    ("api.pulumi.com/oidc", &["aud"]),
    ("app.terraform.io", &["sub"]),
    (COGNITO, &["aud"]),
    ("gitlab.com", &["sub"]),
    ("graph.facebook.com", &["app_id", "id"]),
    ("oidc-configuration.audit-log.githubusercontent.com", &["sub"]),
    ("oidc.codefresh.io", &["sub"]),
    ("oidc.vercel.com", &["aud"]),
    ("proidc.upbound.io", &["sub"]),
    ("sandboxes.cloud", &["aud"]),
    ("scalr.io", &["sub"]),
    ("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d", &["sts:RoleSessionName"]),
    ("studio.datachain.ai/api", &["sub"]),
    ("token.actions.githubusercontent.com", &["sub", "job_workflow_ref"]),
    ("tokens.cloud.shisho.dev", &["sub"]),
    ("vstoken.actions.githubusercontent.com", &["sub"]),
    ("www.amazon.com", &["app_id", "user_id"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(principal: &str, condition: &str) -> bool {
        refusal(principal, condition).is_some()
    }

    fn refusal(principal: &str, condition: &str) -> Option<String> {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{principal}"}},"Action":"sts:AssumeRoleWithWebIdentity"{condition}}}]}}"#
        );
        check(&Policy::parse(&text).unwrap()).err().map(|fault| fault.message)
    }

    const GITHUB: &str = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

    #[test]
    fn a_shared_issuer_is_trusted_for_some_of_its_tokens_only() {
        let condition = |operator: &str, key: &str, value: &str| {
            format!(r#","Condition":{{"{operator}":{{"{key}":"{value}"}}}}"#)
        };
        let sub = "token.actions.githubusercontent.com:sub";
        assert!(refused(GITHUB, ""));
        assert!(refused(
            GITHUB,
            &condition("StringEquals", "token.actions.githubusercontent.com:aud", "sts")
        ));
        assert!(refused(GITHUB, &condition("StringLike", sub, "*")));
        assert!(refused(GITHUB, &condition("StringLike", sub, "?*")));
        assert!(refused(GITHUB, &condition("StringLikeIfExists", sub, "repo:a/b:*")));
        assert!(refused(GITHUB, &condition("StringNotEquals", sub, "repo:a/b:*")));
        assert!(refused(GITHUB, &condition("ForAllValues:StringLike", sub, "repo:a/b:*")));
        assert!(refused(GITHUB, &condition("Null", sub, "false")));
        assert!(!refused(GITHUB, &condition("StringLike", sub, "repo:a/b:*")));
        assert!(!refused(
            GITHUB,
            &condition("StringEquals", "Token.Actions.GitHubUserContent.com:SUB", "repo:a/b:x")
        ));
        assert!(refused("cognito-identity.amazonaws.com", ""));
        for (issuer, claim) in
            [("accounts.google.com", "aud"), ("www.amazon.com", "user_id"), ("graph.facebook.com", "app_id")]
        {
            assert!(refused(issuer, ""));
            assert!(refused(issuer, &condition("StringEquals", &format!("{issuer}:email"), "x")));
            assert!(!refused(issuer, &condition("StringEquals", &format!("{issuer}:{claim}"), "x")));
        }
        assert!(!refused(
            "cognito-identity.amazonaws.com",
            &condition("StringEquals", "cognito-identity.amazonaws.com:aud", "pool")
        ));
    }

    #[test]
    fn a_refusal_is_worded_as_aws_words_it() {
        assert_eq!(
            refusal(GITHUB, "").unwrap(),
            format!(
                "Trust policy with trusted principal {GITHUB} must evaluate, using StringEquals, StringLike or \
                 StringEqualsIgnoreCase, token.actions.githubusercontent.com:sub or \
                 token.actions.githubusercontent.com:job_workflow_ref which is not scoped to all."
            )
        );
        assert_eq!(
            refusal(COGNITO, "").unwrap(),
            "A condition block must be present for the Cognito provider"
        );
        let amr = r#","Condition":{"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}"#;
        assert!(refusal(COGNITO, amr).unwrap().contains("cognito-identity.amazonaws.com:aud which"));
        let workflow =
            r#","Condition":{"StringLike":{"token.actions.githubusercontent.com:job_workflow_ref":"o/r/*"}}"#;
        assert_eq!(refusal(GITHUB, workflow), None);
        let every_repository =
            r#","Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:*"}}"#;
        assert_eq!(refusal(GITHUB, every_repository), None, "AWS takes it too");
    }

    #[test]
    fn other_issuers_and_denials_are_nobody_s_business() {
        assert!(!refused("arn:aws:iam::123456789012:oidc-provider/idp.example", ""));
        assert!(!refused("arn:aws:iam::123456789012:saml-provider/idp", ""));
        let deny = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":{{"Federated":"{GITHUB}"}},"Action":"sts:AssumeRoleWithWebIdentity"}}]}}"#
        );
        assert!(check(&Policy::parse(&deny).unwrap()).is_ok());
    }
}
