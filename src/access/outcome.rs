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
    /// A request to the dashboard, which is judged by its session.
    Dashboard,
    /// This surface serves nothing yet.
    Nothing(Problem),
    /// A call with a key, and the decision.
    Decided(Decision),
}

/// Decides what happens to a request.
pub fn outcome<S>(listener: &Listener<S>, call: &Call<'_>, state: &impl AccessState) -> Outcome {
    if listener.storefront.is_none() && listener.management.is_none() {
        return no_key_opens(listener, call, state);
    }
    let is_preflight = call.is_preflight && listener.storefront.is_some();
    // A key in the URL is refused, even in a preflight or for a page.
    if (is_preflight || listener.pages.paths.contains(&call.path)) && !url_contains_key(call, listener.surface) {
        return if is_preflight { Outcome::Preflight } else { Outcome::Page };
    }
    Outcome::Decided(admit(call, listener, state))
}

/// No key opens anything here, but a secret key from a browser is still refused and recorded, and a key in the URL of a page
/// is refused.
fn no_key_opens<S>(listener: &Listener<S>, call: &Call<'_>, state: &impl AccessState) -> Outcome {
    let has_key_in_url = listener.staff.is_some() && url_contains_key(call, listener.surface);
    match admit(call, listener, state) {
        Decision::Refused(refusal) if has_key_in_url || refusal.step == Step::Browser => {
            Outcome::Decided(Decision::Refused(refusal))
        }
        _ if listener.pages.paths.contains(&call.path) => Outcome::Page,
        _ if listener.staff.is_some() && listener.surface.has_pages_at(call.path) => Outcome::Dashboard,
        _ => Outcome::Nothing(Problem::new(Code::UnknownOperation, "Nothing is served at this path.")),
    }
}
