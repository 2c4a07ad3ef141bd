//! Who may do what: policies with one statement, and the sentences that refuse.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set itself up or read its answer has failed"
)]

use service::testing::World;

pub(crate) async fn world() -> World {
    World::new(vec![iam::entry()]).await
}

/// A policy that allows one action on one resource.
pub(crate) fn allow(action: &str, resource: &str) -> String {
    allow_if(action, resource, "{}")
}

/// A policy that allows one action on one resource under a condition.
pub(crate) fn allow_if(action: &str, resource: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"{resource}","Condition":{condition}}}}}"#
    )
}

/// The ARN of something of IAM in the account of the tests.
pub(crate) fn arn(resource: &str) -> String {
    format!("arn:aws:iam::{}:{resource}", service::testing::ACCOUNT)
}

/// The refusal of a user whom no policy allows an action.
pub(crate) fn denied(user: &str, action: &str, resource: &str) -> (String, String) {
    let who = arn(&format!("user/{user}"));
    let sentence = format!(
        "User: {who} is not authorized to perform: {action} on resource: {resource} because no identity-based \
         policy allows the {action} action"
    );
    ("AccessDenied".into(), sentence)
}

/// A refusal, by code and message.
pub(crate) fn fault(code: &str, message: &str) -> (String, String) {
    (code.into(), message.into())
}

/// The texts of all elements of a name, in order.
pub(crate) fn all(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).map(|rest| rest.split(&close).next().unwrap().to_owned()).collect()
}

/// The text that was percent-encoded.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'%' {
            let hex = std::str::from_utf8(&behind[..2]).unwrap();
            bytes.push(u8::from_str_radix(hex, 16).unwrap());
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Checks that an operation needs leave for its action on `resource` and for no other, with `parameters` that are
/// about `resource`, and that `neighbouring` parameters, which are about `neighbour`, are refused.
pub(crate) async fn needs_leave(
    world: &World,
    action: &str,
    (resource, parameters): (&str, &[(&str, &str)]),
    (neighbour, neighbouring): (&str, &[(&str, &str)]),
) {
    let operation = action.strip_prefix("iam:").unwrap();
    let nobody = format!("nobody-{operation}");
    let who = world.user(&nobody, "").await;
    assert_eq!(world.refused(&who, operation, parameters).await, denied(&nobody, action, resource));

    let somebody = format!("somebody-{operation}");
    let who = world.user(&somebody, &allow(action, resource)).await;
    assert_eq!(world.refused(&who, operation, neighbouring).await, denied(&somebody, action, neighbour));
    world.ok(&who, operation, parameters).await;
}
