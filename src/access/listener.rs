//! What stands behind a listener: a surface, the operations that its callers reach, and the pages that anyone reaches.
//! Made by `surfaces`. Promises that no handler stands behind a key of another kind.

use std::marker::PhantomData;

use axum::Router;

use super::{
    caller::{Caller, KeyCaller},
    key::KeyKind,
    surface::Surface,
    table::Table,
};

/// The operations of one audience: the rules that its callers are judged by, and the handlers that run for them. `C` is
/// who calls: handlers of another audience do not fit in. `S` is the state that the handlers still lack.
pub struct Operations<C, S = ()> {
    /// The rules.
    pub table: Table,
    /// The handlers.
    pub router: Router<S>,
    caller: PhantomData<fn(C)>,
}

impl<C: Caller, S: Clone + Send + Sync + 'static> Operations<C, S> {
    /// The rules and the handlers of the same rows.
    pub fn new(table: Table, router: Router<S>) -> Self {
        Self { table, router, caller: PhantomData }
    }

    fn with_state(self, state: S) -> Operations<C> {
        Operations::new(self.table, self.router.with_state(state))
    }
}

/// The pages that need no key, and their paths.
#[derive(Default)]
pub struct Pages {
    /// The paths.
    pub paths: Vec<&'static str>,
    /// What answers them.
    pub router: Router,
}

/// What stands behind one listener: one surface, both APIs, or a surface that serves nothing yet.
pub struct Listener<S = ()> {
    /// The surface.
    pub surface: Surface,
    /// What a publishable key reaches.
    pub storefront: Option<Operations<KeyCaller, S>>,
    /// What a secret key reaches.
    pub management: Option<Operations<KeyCaller, S>>,
    /// What anyone reaches.
    pub pages: Pages,
}

impl<S: Clone + Send + Sync + 'static> Listener<S> {
    /// The listener with the state that its handlers lack.
    pub fn with_state(self, state: &S) -> Listener {
        let Self { surface, storefront, management, pages } = self;
        let complete = |operations: Option<Operations<_, S>>| operations.map(|rows| rows.with_state(state.clone()));
        Listener { surface, storefront: complete(storefront), management: complete(management), pages }
    }
}

impl<S> Listener<S> {
    /// The rules that a key of this kind is judged by here.
    pub(super) fn table(&self, kind: KeyKind) -> Option<&Table> {
        match kind {
            KeyKind::Publishable => self.storefront.as_ref(),
            KeyKind::Secret => self.management.as_ref(),
        }
        .map(|operations| &operations.table)
    }

    /// The surface that a secret key reaches here, as the record of its exposure names it.
    pub fn reached_by_secret_keys(&self) -> Surface {
        if self.management.is_some() { Surface::Management } else { self.surface }
    }
}
