//! What happens to a request at a listener: preflights and pages need no key, everything else is authorized. The guard calls
//! it for every request, `explain` for one.

use super::{
    admit::{admit, url_contains_key},
    call::{AccessState, Call, Decision, Step},
    listener::Listener,
    table::Lookup,
};
use crate::wire::problem::{Code, Problem};

/// What happens to a request.
#[derive(Debug)]
pub enum Outcome {
    /// A preflight, which is answered without a key.
    Preflight,
    /// An operation that needs no credential, by its id.
    WithoutCredential(&'static str),
    /// A request to the dashboard, which is judged by its session.
    Dashboard,
    /// A request to a page of the Members surface, which is judged by its session.
    MemberPage,
    /// A call with a member token, which is judged by it.
    MemberCall,
    /// The path needs no credential, but does not exist or does not take the method.
    Refused(Problem),
    /// A call with a key, and the decision.
    Decided(Decision),
}

/// Decides what happens to a request.
pub fn outcome<S>(listener: &Listener<S>, call: &Call<'_>, state: &impl AccessState) -> Outcome {
    if listener.storefront.is_none() && listener.management.is_none() {
        return no_key_opens(listener, call, state);
    }
    // A key in the URL is refused, even in a preflight or for a page.
    if !url_contains_key(call, listener.surface) {
        if call.is_preflight && listener.storefront.is_some() {
            return Outcome::Preflight;
        }
        if let Some(outcome) = without_credential(listener, call) {
            return outcome;
        }
    }
    Outcome::Decided(admit(call, listener, state))
}

/// No key opens anything here, but a secret key from a browser is still refused and recorded, and a key in the URL of a page
/// is refused.
fn no_key_opens<S>(listener: &Listener<S>, call: &Call<'_>, state: &impl AccessState) -> Outcome {
    let has_pages = listener.staff.is_some() || listener.member_pages.is_some();
    let has_key_in_url = has_pages && url_contains_key(call, listener.surface);
    if let Decision::Refused(refusal) = admit(call, listener, state)
        && (has_key_in_url || refusal.step == Step::Browser)
    {
        return Outcome::Decided(Decision::Refused(refusal));
    }
    let is_for_programs = !listener.surface.has_pages_at(call.path);
    if call.is_preflight && is_for_programs && listener.members.is_some() {
        return Outcome::Preflight;
    }
    without_credential(listener, call).unwrap_or_else(|| {
        if listener.surface.has_pages_at(call.path) {
            if listener.staff.is_some() {
                return Outcome::Dashboard;
            }
            if listener.member_pages.is_some() {
                return Outcome::MemberPage;
            }
        }
        if listener.members.is_some() {
            return Outcome::MemberCall;
        }
        Outcome::Refused(Problem::new(Code::UnknownOperation, "Nothing is served at this path."))
    })
}

/// What happens where the path needs no credential.
fn without_credential<S>(listener: &Listener<S>, call: &Call<'_>) -> Option<Outcome> {
    match listener.without_credential.table.find(call.method, call.path) {
        Lookup::Operation(rule) => Some(Outcome::WithoutCredential(rule.id)),
        Lookup::OtherMethods { allow, .. } => {
            let detail = "This path does not take this method. `Allow` names those that it takes.";
            Some(Outcome::Refused(Problem::new(Code::MethodNotAllowed, detail).with_allow(allow)))
        }
        Lookup::Nothing if call.path == "/" && listener.staff.is_none() => {
            let detail = "Nothing is served here. The operations are under `/v1`, their description under `/docs`.";
            Some(Outcome::Refused(Problem::new(Code::UnknownOperation, detail)))
        }
        Lookup::Nothing => None,
    }
}
