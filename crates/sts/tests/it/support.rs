//! What the tests say again and again.

use service::testing::{Fields, Who, World};
use types::AccessKeyId;

/// The role that most tests assume.
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/deploy";

pub(crate) async fn world() -> World {
    World::new(vec![iam::entry(), sts::entry()]).await
}

/// A document with one statement.
pub(crate) fn allow(action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}]}}"#
    )
}

/// A trust policy: one statement for one AWS principal, with a condition block where it is not empty.
pub(crate) fn trust(principal: &str, actions: &str, condition: &str) -> String {
    let condition = if condition.is_empty() { String::new() } else { format!(r#","Condition":{condition}"#) };
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":{actions}{condition}}}]}}"#
    )
}

/// Makes the role `deploy` with this trust policy.
pub(crate) async fn role(world: &World, trust: &str) {
    let parameters = [("RoleName", "deploy"), ("AssumeRolePolicyDocument", trust)];
    world.ok(&world.root, "CreateRole", &parameters).await;
}

/// Gives the role `deploy` an inline policy.
pub(crate) async fn may(world: &World, policy: &str) {
    let parameters = [("RoleName", "deploy"), ("PolicyName", "p"), ("PolicyDocument", policy)];
    world.ok(&world.root, "PutRolePolicy", &parameters).await;
}

/// Assumes a role with these further parameters.
pub(crate) async fn assume(world: &World, who: &Who, role: &str, more: &[(&str, &str)]) -> Fields {
    let mut parameters = vec![("RoleArn", role), ("RoleSessionName", "ci")];
    parameters.extend_from_slice(more);
    world.ok(who, "AssumeRole", &parameters).await
}

/// Is refused a role.
pub(crate) async fn refused(world: &World, who: &Who, role: &str, more: &[(&str, &str)]) -> (String, String) {
    let mut parameters = vec![("RoleArn", role), ("RoleSessionName", "ci")];
    parameters.extend_from_slice(more);
    world.refused(who, "AssumeRole", &parameters).await
}

/// The holder of the credentials that an operation answered.
pub(crate) fn holder(credentials: &Fields) -> Who {
    Who {
        id: AccessKeyId::parse(credentials.get("AccessKeyId")).unwrap(),
        token: Some(credentials.get("SessionToken").to_owned()),
    }
}
