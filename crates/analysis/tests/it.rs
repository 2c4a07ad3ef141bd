//! What the relation of two documents is, by rule and at random.

#[cfg(test)]
mod it {
    mod access;
    mod chains;
    mod chains_random;
    mod checks;
    mod estate;
    mod golden;
    mod managed;
    mod own_services;
    mod random;
    mod realistic;
    mod stacks;
    mod statements;
    mod support;
    mod variables;
    mod ways;
}
