//! What stands behind a listener, and what a call meets there first: a page that needs no key, the answer to a preflight,
//! nothing at all, or the judgement. The guard asks for every request, `explain` for one.

use super::{
    admit::{Call, Facts, Step, Verdict, admit, shows_a_key},
    key::KeyKind,
    table::Table,
};
use crate::wire::problem::{Code, Problem};

/// What stands behind a listener: one surface, both APIs, or a surface that serves nothing yet.
#[derive(Debug, Default)]
pub struct Door {
    /// The surface's name.
    pub surface: &'static str,
    /// What a publishable key meets.
    pub storefront: Option<Table>,
    /// What a secret key meets.
    pub management: Option<Table>,
    /// The paths of the pages that need no key.
    pub pages: Vec<&'static str>,
}

/// What a call meets.
#[derive(Debug)]
pub enum Met {
    /// A preflight, which carries no key: it is answered to anyone.
    Preflight,
    /// A page that needs no key.
    Page,
    /// Nothing is served here.
    Nothing(Problem),
    /// A call to be judged, and the judgement.
    Judged(Verdict),
}

impl Door {
    pub(super) fn table(&self, kind: KeyKind) -> Option<&Table> {
        match kind {
            KeyKind::Publishable => self.storefront.as_ref(),
            KeyKind::Secret => self.management.as_ref(),
        }
    }

    /// Whether servers alone call here, and no page.
    pub(super) fn is_management_alone(&self) -> bool {
        self.management.is_some() && self.storefront.is_none()
    }

    /// The surface that a secret key meets here, as the record of its exposure names it.
    #[must_use]
    pub fn met_by_secrets(&self) -> &'static str {
        if self.management.is_some() { "management" } else { self.surface }
    }

    /// What a call meets here.
    pub fn meet(&self, call: &Call<'_>, facts: &impl Facts) -> Met {
        if self.storefront.is_none() && self.management.is_none() {
            return met_where_nothing_is(call, self, facts);
        }
        let preflight = call.asks_first && self.storefront.is_some();
        // A key in the URL is refused, whatever else came.
        if (preflight || self.pages.contains(&call.path)) && !shows_a_key(call.path, call.query) {
            return if preflight { Met::Preflight } else { Met::Page };
        }
        Met::Judged(admit(call, self, facts))
    }
}

/// No key opens anything here; but a secret key in a browser is refused, and recorded, on every surface.
fn met_where_nothing_is(call: &Call<'_>, door: &Door, facts: &impl Facts) -> Met {
    match admit(call, door, facts) {
        Verdict::Refused(refusal) if refusal.step == Step::Browser => Met::Judged(Verdict::Refused(refusal)),
        _ => Met::Nothing(Problem::new(Code::UnknownOperation, "Nothing is served at this path.")),
    }
}
