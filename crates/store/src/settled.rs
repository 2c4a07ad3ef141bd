//! How far the backend's reads have come behind the commits.

use std::sync::OnceLock;

use tokio::sync::watch;

use crate::error::{Error, Result};
use crate::revision::Revision;
use crate::writer::{Job, Queue};

/// Up to which revision the backend's reads find what was committed. Only the writer moves it, never past the head.
#[derive(Debug)]
pub(crate) struct Settled {
    state: watch::Sender<State>,
    /// Where the writer hears that somebody waits.
    writer: OnceLock<Queue>,
}

#[derive(Debug)]
struct State {
    revision: Revision,
    /// Why it does not come further.
    trouble: Option<Error>,
}

impl Settled {
    pub(crate) fn at(revision: Revision) -> Self {
        Self { state: watch::Sender::new(State { revision, trouble: None }), writer: OnceLock::new() }
    }

    /// From now on this writer hears of those who wait.
    pub(crate) fn by(&self, writer: Queue) {
        self.writer.get_or_init(|| writer);
    }

    pub(crate) fn revision(&self) -> Revision {
        self.state.borrow().revision
    }

    /// Everything up to `revision` is found from now on.
    pub(crate) fn reach(&self, revision: Revision) {
        self.state.send_replace(State { revision, trouble: None });
    }

    /// What was committed after the revision reached so far is not found for now: whoever waits for it is told why.
    pub(crate) fn stop(&self, trouble: Error) {
        self.state.send_modify(|state| state.trouble = Some(trouble));
    }

    /// Waits until everything up to `revision` is found.
    pub(crate) async fn wait_for(&self, revision: Revision) -> Result<()> {
        if self.revision() >= revision {
            return Ok(());
        }
        // INVARIANT: what happens from here on is seen, so that the writer's answer to the request is not missed.
        let mut state = self.state.subscribe();
        if self.writer.get().is_none_or(|writer| writer.send(Job::Settle).is_err()) {
            let last = state.borrow();
            let trouble = || last.trouble.clone().unwrap_or(Error::Closed);
            return if last.revision >= revision { Ok(()) } else { Err(trouble()) };
        }
        while self.revision() < revision {
            state.changed().await.map_err(|_| Error::Closed)?;
            if let Some(trouble) = &state.borrow_and_update().trouble {
                return Err(trouble.clone());
            }
        }
        Ok(())
    }
}
