//! May this session read that object? A role's policy, its boundary, and the bucket's own policy decide together:
//! `cargo run -p policy --example evaluate`.

use std::sync::Arc;

use policy::{Action, Layer, Named, Policy, PolicySet, Principal, Request, SourceKind, evaluate, implied};

const ROLE: &str = r#"{"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "s3:*Object", "Resource": "arn:aws:s3:::reports/*"}}"#;

const BOUNDARY: &str = r#"{"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "s3:Get*", "Resource": "*",
    "Condition": {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}}}"#;

const BUCKET: &str = r#"{"Version": "2012-10-17", "Statement": {
    "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::reports/draft/*"}}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let named = |kind, name, text| {
        Ok::<_, policy::ParseError>(Named::new(kind, name, Arc::new(Policy::parse(text)?)))
    };
    let set = PolicySet::new()
        .with_identity(vec![named(SourceKind::Role, "reader", ROLE)?])
        .with_boundary(named(SourceKind::CustomerManaged, "edge", BOUNDARY)?)
        .with_resource(named(SourceKind::Resource, "bucket", BUCKET)?);
    let session = Principal::parse("arn:aws:sts::123456789012:assumed-role/reader/ann")?;

    for (action, resource) in [
        ("s3:GetObject", "arn:aws:s3:::reports/2025"),
        ("s3:PutObject", "arn:aws:s3:::reports/2025"),
        ("s3:GetObject", "arn:aws:s3:::reports/draft/2026"),
    ] {
        let mut request = Request::new(session.clone(), Action::parse(action)?, resource);
        // The engine has no clock: whoever asks says what time it is.
        implied::add(&mut request.context, &request.principal, "2026-01-01T00:00:00Z".parse()?);
        let decision = evaluate(&set, &request);
        let blocked: Vec<&str> = decision.blocked_by().map(Layer::name).collect();
        println!("{action} on {resource}: {} {blocked:?}", decision.outcome().wire_name());
    }
    Ok(())
}
