//! Would IAM store this document? Everything that is wrong with it, and where:
//! `cargo run -p policy --example validate [FILE]`.

use policy::validate::{Counting, Kind, Quota, findings, size};

const BROKEN: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "One", "Effect": "Allow", "Action": "GetObject", "Resource": "*"},
    {"Sid": "One", "Effect": "Allow", "Action": "s3:*", "Resource": "bucket"}
  ]
}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = match std::env::args().nth(1) {
        Some(file) => std::fs::read_to_string(file)?,
        None => BROKEN.to_owned(),
    };
    for finding in findings(Kind::Identity, &text) {
        // The first of them is what IAM answers.
        println!("{}: {finding}", finding.position);
        if let Some(detail) = &finding.detail {
            println!("  {detail}");
        }
    }
    let counted = size(&text, Counting::WithoutWhitespace);
    println!("{counted} of {} characters of a managed policy", Quota::MANAGED.limit);
    Ok(())
}
