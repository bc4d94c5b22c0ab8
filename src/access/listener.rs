//! What stands behind a listener: a surface, the operations that its callers reach, and the pages that anyone reaches.
//! Made by `surfaces`; the guard asks it about every request, `explain` about one.

use std::marker::PhantomData;

use axum::Router;

use super::{
    admit::{admit, shows_a_key},
    call::{Call, Facts, Step, Verdict},
    caller::{Caller, KeyCaller},
    key::KeyKind,
    surface::Surface,
    table::Table,
};
use crate::wire::problem::{Code, Problem};

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

/// What becomes of a call.
#[derive(Debug)]
pub enum Outcome {
    /// A preflight, which carries no key: it is answered to anyone.
    Preflight,
    /// A page that needs no key.
    Page,
    /// Nothing is served here.
    Nothing(Problem),
    /// A call with a key, and the judgement.
    Judged(Verdict),
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

    /// What becomes of a call.
    pub fn outcome(&self, call: &Call<'_>, facts: &impl Facts) -> Outcome {
        if self.storefront.is_none() && self.management.is_none() {
            return self.nothing_served(call, facts);
        }
        let is_preflight = call.is_preflight && self.storefront.is_some();
        // A key in the URL is refused, whatever else came.
        if (is_preflight || self.pages.paths.contains(&call.path)) && !shows_a_key(call, self.surface) {
            return if is_preflight { Outcome::Preflight } else { Outcome::Page };
        }
        Outcome::Judged(admit(call, self, facts))
    }

    /// No key opens anything here; but a secret key in a browser is refused, and recorded, on every surface.
    fn nothing_served(&self, call: &Call<'_>, facts: &impl Facts) -> Outcome {
        match admit(call, self, facts) {
            Verdict::Refused(refusal) if refusal.step == Step::Browser => Outcome::Judged(Verdict::Refused(refusal)),
            _ => Outcome::Nothing(Problem::new(Code::UnknownOperation, "Nothing is served at this path.")),
        }
    }
}
