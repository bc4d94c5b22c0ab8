//! What becomes of a call at a listener: a preflight and a page need no key, everything else is judged. The guard asks about
//! every request, `explain` about one.

use super::{
    admit::{admit, shows_a_key},
    call::{AccessState, Call, Decision, Step},
    listener::Listener,
};
use crate::wire::problem::{Code, Problem};

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
    Decided(Decision),
}

/// What becomes of a call.
pub fn outcome<S>(listener: &Listener<S>, call: &Call<'_>, facts: &impl AccessState) -> Outcome {
    if listener.storefront.is_none() && listener.management.is_none() {
        return nothing_served(listener, call, facts);
    }
    let is_preflight = call.is_preflight && listener.storefront.is_some();
    // A key in the URL is refused, whatever else came.
    if (is_preflight || listener.pages.paths.contains(&call.path)) && !shows_a_key(call, listener.surface) {
        return if is_preflight { Outcome::Preflight } else { Outcome::Page };
    }
    Outcome::Decided(admit(call, listener, facts))
}

/// No key opens anything here; but a secret key in a browser is refused, and recorded, on every surface.
fn nothing_served<S>(listener: &Listener<S>, call: &Call<'_>, facts: &impl AccessState) -> Outcome {
    match admit(call, listener, facts) {
        Decision::Refused(refusal) if refusal.step == Step::Browser => Outcome::Decided(Decision::Refused(refusal)),
        _ => Outcome::Nothing(Problem::new(Code::UnknownOperation, "Nothing is served at this path.")),
    }
}
