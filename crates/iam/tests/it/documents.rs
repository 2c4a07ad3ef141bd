//! Policy documents for tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up or read its answer has failed")]

/// A trust policy that trusts one AWS principal.
pub(crate) fn trusting(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole"}}}}"#
    )
}

/// A trust policy that trusts virtual machines.
pub(crate) const EC2: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// A policy that allows one thing.
pub(crate) const READ: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

/// A policy text whose every byte could be lost on the way.
pub(crate) const AWKWARD: &str = "{ \"Version\":\"2012-10-17\",\r\n\t\"Statement\" : [{\"Sid\":\"\",\"Effect\":\"Allow\",\"Action\":\"s3:*\",\n\
  \"Resource\":[\"arn:aws:s3:::a+b%20&c/\u{e9} <x>/*\"]}]  }";

/// A policy text of exactly so many characters that count, with whitespace around that does not.
pub(crate) fn of_size(size: usize, head: &str, tail: &str) -> String {
    let fill = "x".repeat(size - head.len() - tail.len());
    format!("\n\n  {head}{fill}{tail} \t\n")
}

/// The text that was percent-encoded.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}
