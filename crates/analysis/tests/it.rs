//! What the relation of two documents is, by rule and at random.

#[cfg(test)]
mod it {
    mod access;
    mod estate;
    mod checks;
    mod golden;
    mod managed;
    mod random;
    mod realistic;
    mod stacks;
    mod statements;
    mod support;
}
