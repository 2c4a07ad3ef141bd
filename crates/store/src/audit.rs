//! The audit trail: one hash chain per writer, in segments.
