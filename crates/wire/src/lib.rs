//! Shapes, documents and AWS's wire protocols: parse, validate, redact, serialise
