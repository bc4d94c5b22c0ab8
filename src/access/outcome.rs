//! What happens to a request at a listener: preflights and pages need no key, everything else is authorized. The guard calls
//! it for every request, `explain` for one.

use super::{
    admit::{admit, url_contains_key},
    call::{AccessState, Call, Decision, Step},
    listener::Listener,
};
use crate::wire::problem::{Code, Problem};

/// What happens to a request.
#[derive(Debug)]
pub enum Outcome {
    /// A preflight, which is answered without a key.
    Preflight,
    /// A page that needs no key.
    Page,
    /// This surface serves nothing yet.
    Nothing(Problem),
    /// A call with a key, and the decision.
    Decided(Decision),
}

/// Decides what happens to a request.
pub fn outcome<S>(listener: &Listener<S>, call: &Call<'_>, state: &impl AccessState) -> Outcome {
    if listener.storefront.is_none() && listener.management.is_none() {
        return nothing_served(listener, call, state);
    }
    let is_preflight = call.is_preflight && listener.storefront.is_some();
    // A key in the URL is refused, even in a preflight or for a page.
    if (is_preflight || listener.pages.paths.contains(&call.path)) && !url_contains_key(call, listener.surface) {
        return if is_preflight { Outcome::Preflight } else { Outcome::Page };
    }
    Outcome::Decided(admit(call, listener, state))
}

/// Nothing is served here, but a secret key from a browser is still refused and recorded.
fn nothing_served<S>(listener: &Listener<S>, call: &Call<'_>, state: &impl AccessState) -> Outcome {
    match admit(call, listener, state) {
        Decision::Refused(refusal) if refusal.step == Step::Browser => Outcome::Decided(Decision::Refused(refusal)),
        _ => Outcome::Nothing(Problem::new(Code::UnknownOperation, "Nothing is served at this path.")),
    }
}
