//! Chores of the house: `cargo xtask model|codegen|test|bench|coverage|tidy`.

fn main() {}
