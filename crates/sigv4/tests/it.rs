//! Signatures as a whole: the official vectors, round trips, every failure.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod it {
    mod failures;
    mod random;
    mod vectors;
}
