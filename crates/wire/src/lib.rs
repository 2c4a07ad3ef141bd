//! Shapes, documents and AWS's wire protocols: parse, validate, redact, serialise.

pub mod decode;
pub mod document;
pub mod encode;
pub mod fault;
pub mod operation;
pub mod pattern;
pub mod shape;
pub mod timestamp;

pub use decode::{Decode, Fields, Mismatch};
pub use document::{Document, Structure};
pub use encode::{Encode, Field, Value, debug};
pub use fault::Fault;
pub use operation::{Operation, Pages, Protocol, Service};
pub use pattern::Pattern;
pub use shape::{Kind, List, Location, Map, Member, Shape};
pub use timestamp::TimestampFormat;
