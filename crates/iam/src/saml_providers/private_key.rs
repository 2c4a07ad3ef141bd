//! The private keys with which encrypted assertions are opened.

use api::iam::faults;
use aws_lc_rs::rsa::KeyPair;
use wire::Fault;
use x509_parser::pem::parse_x509_pem;

/// Checks that a text is one RSA private key in PEM, without a passphrase: assertions are encrypted for RSA keys.
pub(super) fn check(pem: &str) -> Result<(), Fault> {
    if is_rsa_key(pem) {
        return Ok(());
    }
    Err(faults::invalid_input("Invalid private key: expected an unencrypted RSA private key in PEM format."))
}

fn is_rsa_key(pem: &str) -> bool {
    let Ok((rest, block)) = parse_x509_pem(pem.as_bytes()) else { return false };
    let key = match block.label.as_str() {
        "PRIVATE KEY" => KeyPair::from_pkcs8(&block.contents),
        "RSA PRIVATE KEY" => KeyPair::from_der(&block.contents),
        _ => return false,
    };
    rest.trim_ascii().is_empty() && key.is_ok()
}
