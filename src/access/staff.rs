//! The guard of the dashboard: finds the session of a request, has it judged, and runs the page for the caller.
//! Promises that no answer of the dashboard is kept by anybody.

use std::{mem, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, Response, header},
    response::IntoResponse,
};
use tracing::Instrument;

use super::{
    Access,
    call_info::{CallInfo, CallSlot, StaffInfo},
    caller::Caller,
    conditional::run,
    listener::Operations,
    network::Network,
    sessions::{
        caller::StaffCaller,
        judge::{StaffCall, StaffVerdict, judge},
        pages::{CONFIRM, NEW_SECOND_FACTOR, SIGN_IN, SIGNED_IN, TAKE_THEIR_OWN_SLOT, waits_for_a_turn},
        stored::LiveSession,
    },
};
use crate::{
    store::{
        admission::ReadSlot,
        fair::{Requester, Slot},
    },
    wire::{
        body,
        in_the_clear::{self, travels_in_the_clear},
        language::Language,
        problem::{Code, Problem},
        redirect::{see_other, send_to},
        request::RequestId,
        search::cost_of,
    },
};

/// Answers a request to the dashboard.
pub(super) async fn answer_staff(
    access: &Access,
    pages: &Operations<StaffCaller>,
    request: Request<Body>,
    network: Network,
) -> Response<Body> {
    let session = match find(access, request.headers(), network).await {
        Ok(session) => session,
        Err(problem) => return problem.into_response(),
    };
    let chosen = session.as_ref().and_then(|session| session.language);
    let language = chosen.unwrap_or_else(|| Language::of_browser(request.headers()));
    let call = StaffCall::of(request.method(), request.uri().path(), request.headers(), access.sessions.url(), network);
    let mut response = match judge(call, &pages.table, session, access.clock.now()) {
        StaffVerdict::Admitted(operation, caller) => {
            let in_the_clear = travels_in_the_clear(access.sessions.cookie().is_secure(), request.headers());
            let answer = admitted(access, pages, request, operation, caller, network);
            language.answer(in_the_clear::answer(in_the_clear, answer)).await
        }
        StaffVerdict::SignIn => lead_to(SIGN_IN, &request),
        StaffVerdict::Confirm => lead_to(CONFIRM, &request),
        StaffVerdict::TurnOnSecondFactor => see_other(NEW_SECOND_FACTOR, SIGN_IN),
        StaffVerdict::Refused(problem) => problem.into_response(),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // An error becomes a page where the answer is written out.
    response.extensions_mut().insert(language);
    response
}

async fn find(access: &Access, headers: &HeaderMap, network: Network) -> Result<Option<LiveSession>, Problem> {
    if access.sessions.cookie().read(headers).is_none() {
        return Ok(None);
    }
    let _slot = access.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
    Ok(access.sessions.find(headers).await?)
}

async fn admitted(
    access: &Access,
    pages: &Operations<StaffCaller>,
    mut request: Request<Body>,
    operation: &'static str,
    caller: Option<StaffCaller>,
    network: Network,
) -> Response<Body> {
    let id = request.extensions().get::<RequestId>().cloned();
    let (studio, staff) = match &caller {
        Some(caller) => (Some(caller.studio().to_string()), Some(caller.session().staff_id.to_string())),
        None => (None, None),
    };
    let span = tracing::error_span!(
        target: "flow_gateway::request",
        "request",
        request_id = id.as_ref().map(RequestId::as_str),
        studio,
        staff,
        operation,
    );
    let staff = studio.zip(staff).map(|(studio, staff)| StaffInfo { studio, staff });
    let told = CallInfo { staff, operation: Some(operation), admitted: caller.is_some(), ..CallInfo::default() };
    CallSlot::set(request.extensions(), told);
    request.extensions_mut().insert(network);
    let mut slots = PageSlots::default();
    if let Some(caller) = caller {
        slots = match PageSlots::take(access, &caller, &mut request).await {
            Ok(slots) => slots,
            Err(refused) => return refused.into_response(),
        };
        request.extensions_mut().insert(caller);
    }
    let response = run(&pages.router, request).instrument(span).await;
    drop(slots);
    response
}

/// What a page holds of the database while it runs.
#[derive(Default)]
struct PageSlots {
    _read: Option<ReadSlot>,
    _write: Option<Slot>,
}

impl PageSlots {
    /// The slot that a request of somebody who is signed in takes: a read, or a write once all of its form has arrived.
    async fn take(access: &Access, caller: &StaffCaller, request: &mut Request<Body>) -> Result<Self, Problem> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            let read = access.admission.read(caller.requester(), cost_of(request.uri().query())).await?;
            return Ok(Self { _read: Some(read), _write: None });
        }
        if TAKE_THEIR_OWN_SLOT.contains(&request.uri().path()) {
            return Ok(Self::default());
        }
        let form = body::read(mem::take(request.body_mut())).await?;
        *request.body_mut() = form.into();
        let write = match request.uri().path() {
            path if waits_for_a_turn(path) => None,
            _ => Some(access.admission.write(caller.requester(), Duration::ZERO).await?),
        };
        // The session may have ended while the form arrived.
        if !access.sessions.goes_on(caller.session()).await? {
            let detail = "Your session has ended, or your role has changed. Nothing was changed. Sign in again.";
            return Err(Problem::new(Code::InsufficientRole, detail));
        }
        Ok(Self { _read: None, _write: write })
    }
}

/// Leads to a page that leads back: to what was asked for, where that was a read. A form that needs a password first is sent on to
/// the page that asks for it, which keeps what was typed.
fn lead_to(page: &'static str, request: &Request<Body>) -> Response<Body> {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let location = if is_read && path.starts_with("/studio/") || page == CONFIRM {
        let asked: Vec<_> = query.split('&').filter(|pair| is_read && !pair.is_empty() && *pair != SIGNED_IN).collect();
        let next = if asked.is_empty() { path.to_owned() } else { format!("{path}?{}", asked.join("&")) };
        let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        // After a sign-in the browser must send the cookie.
        let mark = if query.split('&').any(|pair| pair == SIGNED_IN) { "&signed_in=1" } else { "" };
        format!("{page}?next={next}{mark}")
    } else {
        page.to_owned()
    };
    if page == CONFIRM && !is_read { send_to(&location, SIGN_IN) } else { see_other(&location, SIGN_IN) }
}
