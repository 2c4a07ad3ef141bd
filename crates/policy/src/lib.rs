//! The policy language: a document and a request in, a decision with its reasons out
