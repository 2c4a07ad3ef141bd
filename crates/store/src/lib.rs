//! Versioned records with declared indexes, serialisable transactions and an audit chain

pub mod audit;
pub mod seal;
