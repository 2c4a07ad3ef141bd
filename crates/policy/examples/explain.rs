//! Why not? Each layer, the nearest miss, and what would help: `cargo run -p policy --example explain`.

use std::sync::Arc;

use policy::{Action, Named, Policy, PolicySet, Principal, Request, SourceKind, explain};

const HOME: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Home", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::home/${aws:username}/*",
     "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
  ]
}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = Named::new(SourceKind::User, "home", Arc::new(Policy::parse(HOME)?));
    let set = PolicySet::new().with_identity(vec![home]);
    let alice = Principal::parse("arn:aws:iam::123456789012:user/alice")?;
    let mut request = Request::new(alice, Action::parse("s3:GetObject")?, "arn:aws:s3:::home/alice/notes");
    request.context.set("aws:username", "alice");
    request.context.set("aws:SourceIp", "203.0.113.7");

    let explanation = explain(&set, &request);
    // For people; as data it is `serde_json::to_string(&explanation)`.
    print!("{explanation}");
    Ok(())
}
