//! Commits that lose to others: the call is run again, and gives way in the end.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use service::testing::World;
use service::{Answer, Context, Error, Result, ServiceEntry};
use wire::{Document, Fault, Operation};

/// A service whose every run loses.
struct Loser(Arc<AtomicUsize>);

impl ServiceEntry for Loser {
    fn service(&self) -> &'static wire::Service {
        &api::sts::SERVICE
    }

    fn operations(&self) -> Vec<&'static str> {
        vec!["GetCallerIdentity"]
    }

    fn call<'a>(
        &'a self,
        _operation: &'static Operation,
        _context: &'a Context<'a>,
        _input: Document,
    ) -> Option<Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Some(Box::pin(async { Err(Error::Store(store::Error::Conflict)) }))
    }

    fn fault(&self, error: store::Error) -> Fault {
        Fault::internal(error)
    }
}

#[tokio::test]
async fn a_call_that_always_loses_is_refused_in_the_end_and_recorded_once() {
    let runs = Arc::new(AtomicUsize::new(0));
    let world = World::new(vec![Box::new(Loser(Arc::clone(&runs)))]).await;
    let (code, _) = world.refused(&world.root, "GetCallerIdentity", &[]).await;
    assert_eq!(code, "ServiceUnavailable");
    assert_eq!(runs.load(Ordering::SeqCst), 64);
    let events = world.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["errorCode"], "ServiceUnavailable");
    assert_eq!(events[0]["userIdentity"]["type"], "Root");
}
