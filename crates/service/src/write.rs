//! A write: a transaction that commits with its audit event.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;

use store::Transaction;
use wire::Encode;

use crate::Result;
use crate::context::Context;
use crate::event;

/// An open write. Dropped without [`Write::commit`], it leaves no trace.
pub struct Write<'c> {
    context: &'c Context<'c>,
    tx: Transaction,
}

impl<'c> Write<'c> {
    pub(crate) fn new(context: &'c Context<'c>, tx: Transaction) -> Self {
        Self { context, tx }
    }

    /// Commits the change together with the event that records it, and passes the answer on.
    pub async fn commit<O: Encode>(self, output: O) -> Result<O> {
        let event = event::of_success(self.context, &output)?;
        self.tx.commit(event).await?;
        self.context.is_recorded.store(true, Ordering::Release);
        Ok(output)
    }
}

impl Deref for Write<'_> {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        &self.tx
    }
}

impl DerefMut for Write<'_> {
    fn deref_mut(&mut self) -> &mut Transaction {
        &mut self.tx
    }
}
