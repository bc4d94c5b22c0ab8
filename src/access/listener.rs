//! What a listener serves: a surface, its operations, and the pages that need no key. Made by `surfaces`. A key of one kind
//! cannot reach the handlers of the other.

use std::marker::PhantomData;

use axum::Router;

use super::{
    caller::{Caller, KeyCaller},
    key::KeyKind,
    sessions::pages::PageTable,
    surface::Surface,
    table::Table,
};

/// The operations of one audience: rules and handlers. `C` is its caller type, so that handlers of another audience do not fit.
/// `S` is the state that the handlers still lack.
pub struct Operations<C, S = ()> {
    /// The rules.
    pub table: Table,
    /// The handlers.
    pub router: Router<S>,
    caller: PhantomData<fn(C)>,
}

impl<C: Caller, S: Clone + Send + Sync + 'static> Operations<C, S> {
    /// Rules and handlers made from the same rows.
    pub fn new(table: Table, router: Router<S>) -> Self {
        Self { table, router, caller: PhantomData }
    }

    fn with_state(self, state: S) -> Operations<C> {
        Operations::new(self.table, self.router.with_state(state))
    }
}

/// Pages that need no key.
#[derive(Default)]
pub struct Pages {
    /// The paths.
    pub paths: Vec<&'static str>,
    /// Their handlers.
    pub router: Router,
}

/// One surface, both APIs, or a surface that serves nothing yet.
pub struct Listener<S = ()> {
    /// The surface.
    pub surface: Surface,
    /// The operations for publishable keys.
    pub storefront: Option<Operations<KeyCaller, S>>,
    /// The operations for secret keys.
    pub management: Option<Operations<KeyCaller, S>>,
    /// The pages for staff, and the one where they sign in.
    pub staff: Option<StaffPages<S>>,
    /// The pages for everyone.
    pub pages: Pages,
}

/// The pages of the dashboard: the table that its callers are judged by, and the handlers. `S` is the state that the handlers
/// still lack.
pub struct StaffPages<S = ()> {
    /// The table.
    pub table: PageTable,
    /// The handlers.
    pub router: Router<S>,
}

impl<S: Clone + Send + Sync + 'static> Listener<S> {
    /// Adds the state that the handlers lack.
    pub fn with_state(self, state: &S) -> Listener {
        let Self { surface, storefront, management, staff, pages } = self;
        let complete = |operations: Option<Operations<_, S>>| operations.map(|rows| rows.with_state(state.clone()));
        let staff =
            staff.map(|staff| StaffPages { table: staff.table, router: staff.router.with_state(state.clone()) });
        Listener { surface, storefront: complete(storefront), management: complete(management), staff, pages }
    }
}

impl<S> Listener<S> {
    /// The rules for keys of this kind.
    pub(super) fn table(&self, kind: KeyKind) -> Option<&Table> {
        match kind {
            KeyKind::Publishable => self.storefront.as_ref(),
            KeyKind::Secret => self.management.as_ref(),
        }
        .map(|operations| &operations.table)
    }

    /// The surface that secret keys reach here, for exposure records.
    pub fn reached_by_secret_keys(&self) -> Surface {
        if self.management.is_some() { Surface::Management } else { self.surface }
    }
}
