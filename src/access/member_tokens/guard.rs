//! The guard of the Members API: has the token of a call judged, reads its session, and runs the operation for the member. Promises
//! that a token of a session that has ended is refused at once, in every instance, since the session is read at each call; that
//! nobody keeps an answer; and that browsers show it to pages of the token's origin alone.

use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, Response, header, request::Parts},
    response::IntoResponse,
};
use tracing::Instrument;

use super::{
    caller::MemberCaller,
    judge::{TokenCall, VerifiedToken, admit, verify},
    jwt,
};
use crate::{
    access::{
        Access,
        call::Credential,
        call_info::{CallInfo, CallSlot},
        caller::Caller,
        conditional::run,
        cost,
        credential::text_of,
        listener::Operations,
        member_sessions::queries,
        network::Network,
        table::{Lookup, Table},
        usage::{KeyUse, UNKNOWN_OPERATION, UseOutcome},
    },
    store::{admission::ReadSlot, fair::Requester},
    wire::{
        cors,
        problem::{Code, Problem},
        request::RequestId,
    },
};

/// Answers a call.
pub async fn answer_token(
    access: &Access,
    operations: &Operations<MemberCaller>,
    request: Request<Body>,
    network: Network,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let mut response = match judge(access, &operations.table, &parts, network).await {
        Ok((caller, slot)) => {
            let origin = parts.headers.get(header::ORIGIN).cloned();
            let mut response = admitted(operations, Request::from_parts(parts, body), caller, slot).await;
            // It is the token's own.
            if let Some(origin) = origin {
                cors::open_to(response.headers_mut(), origin);
            }
            response
        }
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Origin, Authorization"));
    response
}

/// The member, and the slot of the database that their call holds while it reads.
async fn judge(
    access: &Access,
    table: &Table<()>,
    parts: &Parts,
    network: Network,
) -> Result<(MemberCaller, Option<ReadSlot>), Problem> {
    let mut origins = parts.headers.get_all(header::ORIGIN).iter();
    let call = TokenCall {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        credential: Credential::of(&parts.headers),
        // Of several none is the page's.
        origin: origins.next().map(text_of).filter(|_| origins.next().is_none()),
        network,
    };
    let named = match call.credential {
        Credential::Bearer(token) => jwt::key_of(token),
        Credential::Missing | Credential::Several | Credential::Unreadable => None,
    };
    let keys = access.signing_keys.published_for(named).await?;
    let token: VerifiedToken = verify(&call, &keys, access.member_sessions.url(), access.clock.now())?;
    let judged = judge_session(access, table, (&call, &token), parts).await;
    count(access, table, (&call, &token), judged.as_ref().map(|(caller, _)| caller.operation()));
    judged
}

/// The rest, of a call whose token is right.
async fn judge_session(
    access: &Access,
    table: &Table<()>,
    (call, token): (&TokenCall<'_>, &VerifiedToken),
    parts: &Parts,
) -> Result<(MemberCaller, Option<ReadSlot>), Problem> {
    let claims = token.claims();
    access.member_rates.spend(claims.sub, access.clock.uptime()).await.map_err(|exhausted| {
        Problem::new(Code::RateLimited, "Too many calls of this member.").with_retry_after(exhausted.wait)
    })?;
    let requester = Requester { studio: Some(claims.aud), network: call.network.address() };
    let cost = cost::cost(call.method, call.path, parts.uri.query().unwrap_or_default());
    let slot = access.admission.read(requester, cost).await?;
    let session = queries::find_live(access.member_sessions.of(claims.aud), claims.sid, access.clock.now()).await?;
    let caller = admit(call, token, session, table)?;
    // A write takes its own slot once its body has arrived.
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    Ok((caller, reads.then_some(slot)))
}

/// Counts the call as a use of the publishable key whose page got the token: it shows there who still needs the key.
fn count(
    access: &Access,
    table: &Table<()>,
    (call, token): (&TokenCall<'_>, &VerifiedToken),
    judged: Result<&'static str, &Problem>,
) {
    let Some(key) = token.claims().azp else { return };
    let (operation, outcome) = match judged {
        Ok(operation) => (operation, UseOutcome::Admitted),
        Err(problem) => {
            let operation = match table.find(call.method, call.path) {
                Lookup::Operation(rule) => rule.id,
                Lookup::OtherMethods { .. } | Lookup::Nothing => UNKNOWN_OPERATION,
            };
            (operation, UseOutcome::Refused(problem.code()))
        }
    };
    access.usage.count(key, KeyUse { operation, outcome, network: call.network }, access.clock.now());
}

async fn admitted(
    operations: &Operations<MemberCaller>,
    mut request: Request<Body>,
    caller: MemberCaller,
    slot: Option<ReadSlot>,
) -> Response<Body> {
    let id = request.extensions().get::<RequestId>().cloned();
    let span = tracing::error_span!(
        target: "flow_gateway::request",
        "request",
        request_id = id.as_ref().map(RequestId::as_str),
        studio = %caller.studio(),
        member = %caller.membership(),
        operation = caller.operation(),
    );
    let operation = Some(caller.operation());
    CallSlot::set(request.extensions(), CallInfo { operation, admitted: true, ..CallInfo::default() });
    request.extensions_mut().insert(caller);
    let response = run(&operations.router, request).instrument(span).await;
    drop(slot);
    response
}
