//! What a handler stands on: context, routes, pagination, clock, id source, audit events.
//!
//! A service is a struct with inherent methods, one per operation, and a table of [`Route`]s made with
//! [`routes!`]. Each handler has four beats: parse, authorise, act, answer. It answers through
//! [`Context::write`] and [`Write::commit`], so that the change and its audit event are one commit, or simply
//! returns where it changes nothing; then [`dispatch()`] sees to the event.

mod accounts;
mod call;
mod clock;
mod context;
mod dispatch;
mod error;
mod event;
mod fetch;
mod ids;
mod label;
mod pages;
pub mod passwords;
mod past;
mod record;
mod revocation;
mod route;
mod sign_in;
#[cfg(feature = "testing")]
pub mod testing;
mod write;

pub use accounts::{
    NewAccount, accounts, add_account, create_account, has_account, operator_event, system_event,
};
pub use call::{Call, Proof};
pub use clock::SystemClock;
pub use context::{Context, Core, Vouched};
pub use dispatch::dispatch;
pub use error::{Error, Result};
pub use event::{Unrouted, event_of_invalid, event_of_unrouted};
pub use fetch::{Fetch, FetchFailed, Fetching, NoFetch};
pub use ids::Ids;
pub use label::{Label, Labels};
pub use pages::Paging;
pub use record::Recorder;
pub use revocation::revoke_sessions;
pub use route::{Answer, Handler, Registry, Route, ServiceEntry};
pub use sign_in::{ConsoleSession, KeyAnswer, KeyChallenge, SignIn, SignedIn, sign_in, site};
pub use write::Write;

/// What [`routes!`] expands to; not for use by hand.
#[doc(hidden)]
pub mod __private {
    use wire::{Decode, Document, Encode};

    pub fn decode<T: Decode>(document: Document) -> crate::Result<T> {
        Ok(T::decode(document)?)
    }

    pub fn answer<T: Encode + Send + 'static>(output: T) -> crate::Answer {
        Some(Box::new(output))
    }
}
