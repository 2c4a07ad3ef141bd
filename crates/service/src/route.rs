//! Routes: which method answers which operation.

use std::future::Future;
use std::pin::Pin;

use wire::{Document, Encode, Fault, Operation};

use crate::Result;
use crate::context::Context;

/// What a handler answered, ready to be encoded; an operation without output answers none.
pub type Answer = Option<Box<dyn Encode + Send>>;

/// A handler with its types taken off.
pub type Handler<S> =
    for<'a> fn(&'a S, &'a Context<'a>, Document) -> Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;

/// One operation and the method that answers it. Made by [`routes!`](crate::routes).
pub struct Route<S: 'static> {
    /// The operation's name in the model.
    pub name: &'static str,
    /// The method.
    pub handler: Handler<S>,
}

/// Makes the table of a resource's routes.
///
/// ```ignore
/// pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam; CreateUser => create_user];
/// ```
#[macro_export]
macro_rules! routes {
    ($service:ty; $($operation:ident => $method:ident),* $(,)?) => {
        &[$($crate::Route::<$service> {
            name: stringify!($operation),
            handler: |service, context, document| Box::pin(async move {
                let input = $crate::__private::decode(document)?;
                let output = <$service>::$method(service, context, input).await?;
                Ok($crate::__private::answer(output))
            }),
        }),*]
    };
}

/// A service behind its routes, with the service's own type taken off.
pub trait ServiceEntry: Send + Sync {
    /// The service in the model.
    fn service(&self) -> &'static wire::Service;

    /// The names of the operations that are answered.
    fn operations(&self) -> Vec<&'static str>;

    /// Runs an operation; none if it is not answered.
    fn call<'a>(
        &'a self,
        operation: &'static Operation,
        context: &'a Context<'a>,
        input: Document,
    ) -> Option<Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>>;

    /// The fault that stands for a refusal of the store.
    fn fault(&self, error: store::Error) -> Fault;
}

/// A service's routes, by name of operation.
pub struct Registry<S: 'static> {
    service: &'static wire::Service,
    state: S,
    routes: Vec<&'static Route<S>>,
    fault: fn(store::Error) -> Fault,
}

impl<S: Send + Sync> Registry<S> {
    /// Puts the tables of a service's resources together.
    #[must_use]
    pub fn new(
        service: &'static wire::Service,
        state: S,
        tables: &[&'static [Route<S>]],
        fault: fn(store::Error) -> Fault,
    ) -> Self {
        let mut routes: Vec<&'static Route<S>> = tables.iter().copied().flatten().collect();
        routes.sort_by_key(|route| route.name);
        Self { service, state, routes, fault }
    }
}

impl<S: Send + Sync> ServiceEntry for Registry<S> {
    fn service(&self) -> &'static wire::Service {
        self.service
    }

    fn operations(&self) -> Vec<&'static str> {
        self.routes.iter().map(|route| route.name).collect()
    }

    fn call<'a>(
        &'a self,
        operation: &'static Operation,
        context: &'a Context<'a>,
        input: Document,
    ) -> Option<Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>> {
        let at = self.routes.binary_search_by(|route| route.name.cmp(operation.name)).ok()?;
        let route = self.routes.get(at)?;
        Some((route.handler)(&self.state, context, input))
    }

    fn fault(&self, error: store::Error) -> Fault {
        (self.fault)(error)
    }
}
