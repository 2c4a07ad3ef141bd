//! Names, identifiers and ARNs: every newtype of Portcullis, with its parser
