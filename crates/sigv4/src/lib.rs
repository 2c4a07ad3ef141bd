//! AWS Signature Version 4: sign and verify a request; pure functions of bytes and a secret
