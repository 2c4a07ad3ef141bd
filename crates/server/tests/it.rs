//! A real listener on loopback, over a store in memory.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod it {
    mod admin;
    mod authentication;
    mod authzen;
    mod bad_input;
    mod client;
    mod development;
    mod listener;
    mod routing;
    mod sign_in;
    mod tls;
    mod world;
}
