//! The portcullis binary: serve, env, account, audit, store, keys
fn main() {}
