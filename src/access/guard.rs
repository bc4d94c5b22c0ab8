//! The guard: the thin tower service around every surface's router. It turns an HTTP request into a [`Call`], lets
//! [`admit`] judge it, looks a key up when the memory does not hold it, and only then lets the router see the request.
//! It also puts on every keyed answer what the contract promises: who may keep it, what is left of the rate, whether
//! the key is being replaced.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header},
    response::IntoResponse,
};
use tower::{Service, ServiceExt};

use super::{
    admit::{Call, Credential, Facts, Memory, Refusal, Step, Verdict, admit},
    caller::Caller,
    door::{Door, Met},
    key::{Claim, KeyKind, PresentedKey},
    keyring::NotLookedUp,
    network::{Network, client_address},
    rate::{Exhausted, Quota},
    stored::LiveKey,
    suspect::FAILURES_A_MINUTE,
};
use crate::{
    app::App,
    store::instant::Instant,
    wire::{
        cors, etag,
        problem::{Code, Problem},
        request::{Peer, Told},
    },
};

/// What stands behind one listener: the rules, the routers they guard, and the pages that need no key.
pub struct Gate {
    /// The rules.
    pub door: Door,
    /// What admitted publishable keys reach.
    pub storefront: Router,
    /// What admitted secret keys reach.
    pub management: Router,
    /// The pages that anyone reaches.
    pub open: Router,
}

/// The guard of one listener. Cheap to clone.
#[derive(Clone)]
pub struct Guard {
    gate: Arc<Gate>,
    app: App,
}

impl Guard {
    /// Guards a gate.
    #[must_use]
    pub fn new(gate: Gate, app: App) -> Self {
        Self { gate: Arc::new(gate), app }
    }

    /// The rules behind this guard.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.gate.door
    }
}

impl Service<Request<Body>> for Guard {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { gate, app } = self.clone();
        Box::pin(async move { Ok(gate.answer(&app, request).await) })
    }
}

impl Gate {
    async fn answer(&self, app: &App, request: Request<Body>) -> Response<Body> {
        let client = client_of(&request, app);
        if self.door.is_management_alone() && cors::is_preflight(request.method(), request.headers()) {
            app.page_signs.note(request.headers(), Network::of(client));
        }
        match self.door.meet(&call_in(&request, client), &Live { app, looked_up: None }) {
            Met::Preflight => cors::preflight(),
            Met::Page => run(&self.open, request).await,
            Met::Nothing(problem) => problem.into_response(),
            Met::Judged(Verdict::Unread(claim)) => {
                let verdict = match app.keyring.look_up(&claim, Network::of(client)).await {
                    Ok(found) => {
                        let looked_up = Some(found.map_or(Memory::Unknown, Memory::Known));
                        admit(&call_in(&request, client), &self.door, &Live { app, looked_up })
                    }
                    Err(cause) => Verdict::Refused(Box::new(not_looked_up(cause))),
                };
                self.obey(verdict, app, client, request).await
            }
            Met::Judged(verdict) => self.obey(verdict, app, client, request).await,
        }
    }

    async fn obey(&self, verdict: Verdict, app: &App, client: IpAddr, request: Request<Body>) -> Response<Body> {
        match verdict {
            Verdict::Admitted { caller, quota } => {
                app.usage.count(&caller, client, app.clock.now());
                let key = Arc::clone(caller.key());
                let (told, sees_people) = (told(&key, Some(caller.operation())), caller.sees_people());
                let mut response = self.run(app, caller, request).await;
                if sees_people {
                    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
                }
                keyed(response, &key, quota, told)
            }
            Verdict::Refused(refusal) => self.refuse(app, &request, client, *refusal),
            Verdict::Unread(_) => Problem::internal("a key stayed unread after it was looked up").into_response(),
        }
    }

    /// Runs the handler. A read holds a slot of the database from here on; a write takes one when its body is there.
    async fn run(&self, app: &App, caller: Caller, request: Request<Body>) -> Response<Body> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let slot = if reads { app.admission.read(caller.party()).await.map(Some) } else { Ok(None) };
        let response = match slot {
            Ok(_slot) => self.handle(caller, request).await,
            Err(refused) => return Problem::from(refused).into_response(),
        };
        let problem = response.extensions().get::<Problem>().map(Problem::code);
        if problem == Some(Code::Unavailable) || response.status().is_success() {
            app.admission.heard(problem.is_none());
        }
        response
    }

    async fn handle(&self, caller: Caller, mut request: Request<Body>) -> Response<Body> {
        let kind = caller.key().stored.kind;
        request.extensions_mut().insert(caller);
        if request.method() == Method::HEAD {
            // Read as `GET`, so that the tag and the length are those of the body that the edge leaves away.
            *request.method_mut() = Method::GET;
        }
        match kind {
            KeyKind::Secret => run(&self.management, request).await,
            KeyKind::Publishable => {
                let held: Vec<_> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
                etag::conditional(&held, run(&self.storefront, request).await).await
            }
        }
    }

    fn refuse(&self, app: &App, request: &Request<Body>, client: IpAddr, refusal: Refusal) -> Response<Body> {
        if refusal.step == Step::Browser
            && let Credential::Bearer(text) = credential(request.headers())
            && let Ok(key) = PresentedKey::parse(text)
        {
            let origin = request.headers().get(header::ORIGIN).map(text_of);
            app.exposures.report(key, origin, self.door.met_by_secrets(), Network::of(client));
        }
        let Refusal { problem, key, quota, .. } = refusal;
        let mut response = problem.into_response();
        match (key, quota) {
            (Some(key), quota) => return keyed(response, &key, quota, told(&key, None)),
            (None, Some(quota)) => add_quota(response.headers_mut(), "network", FAILURES_A_MINUTE as u64, 60, quota),
            (None, None) => {}
        }
        response
    }
}

fn not_looked_up(cause: NotLookedUp) -> Refusal {
    let (problem, quota) = match cause {
        NotLookedUp::Failed(problem) => (problem, None),
        NotLookedUp::Flood(Exhausted { wait }) => {
            let detail = "Too many keys that do not exist came from this network. Keys that are in use go on working.";
            let problem = Problem::new(Code::RateLimited, detail).with_retry_after(wait);
            (problem, Some(Quota { remaining: 0, reset: i64::from(wait) }))
        }
    };
    Refusal { step: Step::Stored, problem, key: None, quota }
}

async fn run(router: &Router, request: Request<Body>) -> Response<Body> {
    match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// The facts of a running gateway, with a key that was just looked up, if one was.
struct Live<'a> {
    app: &'a App,
    looked_up: Option<Memory>,
}

impl Facts for Live<'_> {
    fn remembered(&self, claim: &Claim) -> Memory {
        self.looked_up.clone().unwrap_or_else(|| self.app.keyring.remembered(claim, self.app.clock.uptime()))
    }

    fn spend(&self, key: &LiveKey, network: Network, cost: u32) -> Result<Option<Quota>, Exhausted> {
        self.app.limits.spend(key, network, cost, self.app.clock.uptime())
    }

    fn left(&self, key: &LiveKey, network: Network) -> Option<Quota> {
        self.app.limits.left(key, network, self.app.clock.uptime())
    }

    fn now(&self) -> Instant {
        self.app.clock.now()
    }
}

fn client_of(request: &Request<Body>, app: &App) -> IpAddr {
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
    let forwarded = request.headers().get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes);
    client_address(peer, &app.trusted_proxies, forwarded)
}

fn call_in(request: &Request<Body>, client: IpAddr) -> Call<'_> {
    call_of(request.method(), request.uri(), request.headers(), client)
}

/// A request, as far as the judgement looks at it.
#[must_use]
pub fn call_of<'c>(method: &'c Method, uri: &'c Uri, headers: &'c HeaderMap, client: IpAddr) -> Call<'c> {
    Call {
        method: method.as_str(),
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        credential: credential(headers),
        origin: origin(headers),
        fetched_by_a_browser: headers.contains_key("sec-fetch-site"),
        asks_first: cors::is_preflight(method, headers),
        client: client.to_canonical(),
    }
}

/// The `Origin`. Where headers disagree about it, it is none that a key could allow.
fn origin(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all(header::ORIGIN).iter();
    let first = sent.next()?;
    Some(if sent.any(|other| other != first) { "several" } else { text_of(first) })
}

/// A header's text; one that is not text is there, and equals nothing.
fn text_of(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or("unreadable")
}

/// Reads the credential (RFC 6750, section 2.1): the scheme in any case, then one token.
fn credential(headers: &HeaderMap) -> Credential<'_> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = sent.next() else { return Credential::Missing };
    if sent.next().is_some() {
        return Credential::Several;
    }
    let Ok(text) = value.to_str() else { return Credential::Unreadable };
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let token = token.trim_matches(' ');
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Credential::Bearer(token)
    } else {
        Credential::Missing
    }
}

fn told(key: &LiveKey, operation: Option<&'static str>) -> Told {
    Told { studio: Some(Arc::clone(&key.studio)), key: Some(Arc::clone(&key.masked)), operation }
}

/// What every answer to a key carries.
fn keyed(mut response: Response<Body>, key: &LiveKey, quota: Option<Quota>, told: Told) -> Response<Body> {
    response.extensions_mut().insert(told);
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("Origin, Authorization"));
    if let Some(quota) = quota {
        // The burst is twice the rate, and is there again in two seconds.
        add_quota(headers, "key", u64::from(key.stored.rate_limit) * 2, 2, quota);
    }
    if let Some(since) = key.replaced_at {
        put(headers, "deprecation", format!("@{}", since.seconds()));
        if let Some(end) = key.stored.expires_at {
            put(headers, "sunset", http_date(end));
        }
    }
    response
}

/// `RateLimit` and `RateLimit-Policy` as draft-ietf-httpapi-ratelimit-headers-10 has them: a policy's name, how many
/// requests it allows, in how many seconds.
fn add_quota(headers: &mut HeaderMap, policy: &str, requests: u64, seconds: u32, quota: Quota) {
    put(headers, "ratelimit-policy", format!("\"{policy}\";q={requests};w={seconds}"));
    put(headers, "ratelimit", format!("\"{policy}\";r={};t={}", quota.remaining, quota.reset));
}

fn put(headers: &mut HeaderMap, name: &'static str, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

/// RFC 9110, section 5.6.7.
fn http_date(at: Instant) -> String {
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at.timestamp()).unwrap_or_default()
}
