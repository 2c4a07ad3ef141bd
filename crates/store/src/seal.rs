//! Sealed values: secrets under keys derived from a master key outside the database.
