//! The guard of the Members surface's pages: finds the sessions of a request, has them judged, and runs the page. Promises that no
//! answer is kept by anybody.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Request, Response, header},
    response::IntoResponse,
};
use tracing::Instrument;

use super::{
    Access,
    call_info::{CallInfo, CallSlot},
    conditional::run,
    listener::Operations,
    member_sessions::{
        judge::{PageCall, PageVerdict, judge},
        pages::{PageVisit, SIGN_IN},
        stored::LiveMemberSession,
        visitor::SignedInMember,
    },
    network::Network,
    sessions::pages::SIGNED_IN,
};
use crate::{
    store::{fair::Requester, token::Token},
    wire::{language::Language, problem::Problem, redirect::see_other, request::RequestId},
};

/// Answers a request to a page.
pub(super) async fn answer_member(
    access: &Access,
    pages: &Operations<SignedInMember>,
    request: Request<Body>,
    network: Network,
) -> Response<Body> {
    let (sessions, token_hash) = match find(access, request.headers(), network).await {
        Ok(found) => found,
        Err(problem) => return problem.into_response(),
    };
    let own = access.member_sessions.url();
    let call = PageCall::of(request.method(), request.uri().path(), request.headers(), own);
    let mut response = match judge(call, &pages.table, sessions, &token_hash) {
        PageVerdict::Admitted(operation, visitor) => admitted(pages, request, operation, visitor, network).await,
        PageVerdict::SignIn => lead_to_sign_in(request.uri().query()),
        PageVerdict::Refused(problem) => problem.into_response(),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn find(
    access: &Access,
    headers: &HeaderMap,
    network: Network,
) -> Result<(Vec<LiveMemberSession>, String), Problem> {
    let Some(token) = access.member_sessions.cookie().read(headers) else { return Ok((Vec::new(), String::new())) };
    let _slot = access.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
    Ok((access.member_sessions.find(headers).await?, Token::hash_of(token)))
}

/// Runs a page. Showing one reads no database; a form takes a slot to write once its password is hashed.
async fn admitted(
    pages: &Operations<SignedInMember>,
    mut request: Request<Body>,
    operation: &'static str,
    visitor: Option<SignedInMember>,
    network: Network,
) -> Response<Body> {
    let id = request.extensions().get::<RequestId>().cloned();
    let id = id.as_ref().map(RequestId::as_str);
    let span = tracing::error_span!(target: "flow_gateway::request", "request", request_id = id, operation);
    let admitted = visitor.is_some();
    CallSlot::set(request.extensions(), CallInfo { operation: Some(operation), admitted, ..CallInfo::default() });
    request.extensions_mut().insert(network);
    request.extensions_mut().insert(PageVisit { operation, network });
    if let Some(visitor) = visitor {
        request.extensions_mut().insert(visitor);
    }
    let language = Language::of_members_browser(request.headers());
    language.answer(run(&pages.router, request)).instrument(span).await
}

/// Leads to the page where members sign in. After a sign-in the browser must send the cookie.
fn lead_to_sign_in(query: Option<&str>) -> Response<Body> {
    let is_after_sign_in = query.is_some_and(|query| query.split('&').any(|pair| pair == SIGNED_IN));
    let path = if is_after_sign_in { format!("{SIGN_IN}?{SIGNED_IN}") } else { SIGN_IN.to_owned() };
    see_other(&path, SIGN_IN)
}
