//! The guard: a tower service around each surface's routers. It makes a [`Call`] from the request, authorizes it, and runs the
//! router only if it is admitted.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, Response, header},
    response::IntoResponse,
};
use tower::Service;
use tracing::Instrument;

use super::{
    Access,
    activity::queue::{AnsweredCall, MethodAndPath},
    authorize::authorize,
    call::{Call, Credential, Decision, Refusal, Step},
    call_info::{CallInfo, CallSlot, KeyedCall},
    caller::{Caller, KeyCaller},
    client::client_of,
    conditional::run,
    credential::text_of,
    key::{KeyKind, PresentedKey},
    key_headers::{add_key_headers, refused},
    listener::Listener,
    member_tokens::guard::answer_token,
    members::answer_member,
    network::Network,
    outcome::Outcome,
    rate::Quota,
    staff::answer_staff,
    stored::LiveKey,
    surface::Surface,
    table::Lookup,
    usage::{KeyUse, UNKNOWN_OPERATION, UseOutcome},
};
use crate::wire::{
    cors, etag,
    problem::{Code, Problem},
    request::RequestId,
};

/// The guard of one listener. Cheap to clone.
#[derive(Clone)]
pub struct Guard {
    listener: Arc<Listener>,
    access: Access,
}

impl Service<Request<Body>> for Guard {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let guard = self.clone();
        Box::pin(async move { Ok(guard.answer(request).await) })
    }
}

impl Guard {
    /// Guards a listener.
    pub fn new(listener: Listener, access: Access) -> Self {
        Self { listener: Arc::new(listener), access }
    }

    /// The listener behind this guard.
    pub fn listener(&self) -> &Listener {
        &self.listener
    }

    /// The same, shared.
    pub fn shared_listener(&self) -> Arc<Listener> {
        Arc::clone(&self.listener)
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let Self { listener, access } = self;
        let client = client_of(&request, &access.trusted_proxies);
        let call = Call::of(request.method(), request.uri(), request.headers(), client);
        let network = Network::of(client);
        if call.is_preflight && listener.surface == Surface::Management {
            access.credential_preflights.record(request.headers(), network);
        }
        let id = request.extensions().get::<RequestId>().cloned();
        let id = id.as_ref().map(RequestId::as_str);
        match authorize(access, listener, &call, id).await {
            Outcome::Preflight => cors::preflight(listener.surface == Surface::Members),
            Outcome::WithoutCredential(_) => run(&listener.without_credential.router, request).await,
            Outcome::Dashboard => self.dashboard(request, network).await,
            Outcome::MemberPage => self.member_page(request, network).await,
            Outcome::MemberCall => self.member_call(request, network).await,
            Outcome::Refused(problem) => problem.into_response(),
            Outcome::Decided(Decision::Admitted { caller, quota }) => {
                let used = KeyUse { operation: caller.operation(), outcome: UseOutcome::Admitted, network };
                let keyed = Some(self.count(caller.key(), used));
                let operation = Some(caller.operation());
                CallSlot::set(request.extensions(), CallInfo { keyed, operation, admitted: true, staff: None });
                if let Some(answer) = self.kept_answer(&caller, &request) {
                    return add_key_headers(answer, caller.key(), quota);
                }
                // At the highest level, so that log lines below carry these fields whatever the filter.
                let span = tracing::error_span!(
                    target: "flow_gateway::request",
                    "request",
                    request_id = id,
                    studio = &*caller.key().studio,
                    key = &*caller.key().masked,
                    operation = caller.operation(),
                );
                self.admitted(caller, quota, request).instrument(span).await
            }
            Outcome::Decided(Decision::Refused(refusal)) => self.refused(&request, network, *refusal),
            Outcome::Decided(Decision::NeedsLookup(_) | Decision::NeedsRate(..)) => {
                Problem::internal("a call was not decided after its key was loaded").into_response()
            }
        }
    }

    async fn dashboard(&self, request: Request<Body>, network: Network) -> Response<Body> {
        match &self.listener.staff {
            Some(staff) => answer_staff(&self.access, staff, request, network).await,
            None => Problem::internal("a listener without pages has a dashboard").into_response(),
        }
    }

    async fn member_page(&self, request: Request<Body>, network: Network) -> Response<Body> {
        match &self.listener.member_pages {
            Some(pages) => answer_member(&self.access, pages, request, network).await,
            None => Problem::internal("a listener without pages has pages for members").into_response(),
        }
    }

    async fn member_call(&self, request: Request<Body>, network: Network) -> Response<Body> {
        match &self.listener.members {
            Some(operations) => answer_token(&self.access, operations, request, network).await,
            None => Problem::internal("a listener without operations for members has a call of one").into_response(),
        }
    }

    /// The answer to a read, if it is kept and nothing has to be asked for it.
    fn kept_answer(&self, caller: &KeyCaller, request: &Request<Body>) -> Option<Response<Body>> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        self.access.answers.as_ref().filter(|_| reads)?.get(caller, request)
    }

    async fn admitted(&self, caller: KeyCaller, quota: Option<Quota>, request: Request<Body>) -> Response<Body> {
        let key = Arc::clone(caller.key());
        let sees_people = caller.sees_people();
        let mut response = self.run(caller, request).await;
        if sees_people {
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        add_key_headers(response, &key, quota)
    }

    /// Counts the use of a key, and returns what records the end of the call.
    fn count(&self, key: &Arc<LiveKey>, used: KeyUse) -> KeyedCall {
        let Access(parts) = &self.access;
        parts.usage.count(key.stored.id, used, parts.clock.now());
        KeyedCall { key: Arc::clone(key), usage: parts.usage.clone(), clock: parts.clock.clone() }
    }

    /// Runs the handler. A read takes a database slot first; a write takes one after its body has arrived.
    async fn run(&self, caller: KeyCaller, request: Request<Body>) -> Response<Body> {
        let admission = &self.access.admission;
        let response = if matches!(*request.method(), Method::GET | Method::HEAD) {
            match admission.read(caller.requester(), caller.cost()).await {
                Ok(_slot) => self.read(caller, request).await,
                Err(refused) => return Problem::from(refused).into_response(),
            }
        } else {
            self.handle(caller, request).await
        };
        let problem = response.extensions().get::<Problem>().map(Problem::code);
        if problem == Some(Code::Unavailable) || response.status().is_success() {
            admission.report_answered(problem.is_none());
        }
        response
    }

    /// Reads, and keeps the answer if it may be kept. On the Storefront, what the client has already is 304.
    async fn read(&self, caller: KeyCaller, request: Request<Body>) -> Response<Body> {
        match &self.access.answers {
            Some(answers) if !caller.sources().is_empty() => {
                let read = |request| self.handle(caller.clone(), request);
                answers
                    .get_or_read(&caller, request, read)
                    .await
                    .unwrap_or_else(|error| Problem::from(error).into_response())
            }
            _ if caller.kind() == KeyKind::Publishable => {
                let held = etag::held(request.headers());
                etag::conditional(&held, self.handle(caller, request).await).await
            }
            _ => self.handle(caller, request).await,
        }
    }

    async fn handle(&self, caller: KeyCaller, mut request: Request<Body>) -> Response<Body> {
        let kind = caller.key().stored.kind;
        request.extensions_mut().insert(caller);
        match (kind, &self.listener.storefront, &self.listener.management) {
            (KeyKind::Publishable, Some(storefront), _) => run(&storefront.router, request).await,
            (KeyKind::Secret, _, Some(management)) => run(&management.router, request).await,
            _ => Problem::internal("a key was admitted for the wrong kind of surface").into_response(),
        }
    }

    /// Counts the refused call as a use of its key, and answers.
    fn refused(&self, request: &Request<Body>, network: Network, refusal: Refusal) -> Response<Body> {
        let Access(parts) = &self.access;
        let named = |key| self.operation(request, key);
        let used = |operation: Option<&'static str>| KeyUse {
            operation: operation.unwrap_or(UNKNOWN_OPERATION),
            outcome: UseOutcome::Refused(refusal.problem.code()),
            network,
        };
        let Some(key) = &refusal.key else {
            if matches!(refusal.step, Step::Browser | Step::Surface)
                && let Credential::Bearer(text) = Credential::of(request.headers())
                && let Ok(key) = PresentedKey::parse(text)
            {
                let (claim, operation) = (key.claim(), named(None));
                let call = self.call_of_no_known_key(request, operation, network, &refusal);
                parts.deferred_uses.count(claim, used(operation), call);
                if refusal.step == Step::Browser {
                    let origin = request.headers().get(header::ORIGIN).map(text_of);
                    parts.exposures.report(claim, origin, self.listener.reached_by_secret_keys(), network);
                }
            }
            return refused(refusal);
        };
        let operation = named(Some(key));
        let info = CallInfo { keyed: Some(self.count(key, used(operation))), operation, ..CallInfo::default() };
        CallSlot::set(request.extensions(), info);
        refused(refusal)
    }

    /// A call that is refused before its key is looked up, as it is recorded if there is such a key.
    fn call_of_no_known_key(
        &self,
        request: &Request<Body>,
        operation: Option<&'static str>,
        network: Network,
        refusal: &Refusal,
    ) -> Option<AnsweredCall> {
        let slot = request.extensions().get::<CallSlot>()?;
        let code = refusal.problem.code();
        let (method, path) = (request.method().as_str(), request.uri().path());
        Some(AnsweredCall {
            at: self.access.clock.now(),
            surface: self.listener.surface,
            operation,
            unknown: operation.is_none().then(|| MethodAndPath::of(method, path)),
            network,
            status: code.status(),
            refused: true,
            code: Some(code),
            required_scope: None,
            request_id: request.extensions().get::<RequestId>()?.clone(),
            took: slot.started.elapsed(),
        })
    }

    /// The operation that a request names: one for its key's kind, or any if that kind has none here.
    fn operation(&self, request: &Request<Body>, key: Option<&Arc<LiveKey>>) -> Option<&'static str> {
        let listener = &self.listener;
        let of_its_kind = key.and_then(|key| listener.table(key.stored.kind));
        let all = [KeyKind::Secret, KeyKind::Publishable].into_iter().filter_map(|kind| listener.table(kind));
        let (method, path) = (request.method().as_str(), request.uri().path());
        of_its_kind.into_iter().chain(all.filter(|_| of_its_kind.is_none())).find_map(|table| {
            match table.find(method, path) {
                Lookup::Operation(rule) => Some(rule.id),
                Lookup::OtherMethods { .. } | Lookup::Nothing => None,
            }
        })
    }
}
