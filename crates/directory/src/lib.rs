//! The record kinds of an identity directory and the questions asked of them
