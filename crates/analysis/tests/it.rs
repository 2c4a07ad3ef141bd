//! What the relation of two documents is, by rule and at random.

#[cfg(test)]
mod it {
    mod golden;
    mod managed;
    mod random;
    mod support;
}
