//! The layer that every surface wears: request id, shedding, time limit, panics, problems, log line, counts.
//!
//! Called for every request by the connection, and without sockets by tests through [`tower::Service`]. Promises
//! that whatever the inner service does, the caller gets one whole answer that carries a request id, and that an
//! overloaded gateway says so before any work is done.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, HttpBody},
    http::{HeaderMap, Request, Response},
    response::IntoResponse,
};
use futures_util::{FutureExt, future::BoxFuture};
use ipnet::IpNet;
use prometheus_client::metrics::counter::Counter;
use tokio::time::Instant;
use tower::{Service, ServiceExt};

use super::{
    capacity::{Capacity, RequestSlot},
    headers::BrowserHeaders,
    limits::Limits,
    log,
    metrics::SurfaceMetrics,
    repeats::{Frequency, Refused, Repeats},
    unsent::UnsentBytes,
    visit::Visit,
};
use crate::{
    access::{network::Network, surface::Surface},
    store::{deadline::with_deadline, in_place::InPlace},
    wire::{
        body::too_large,
        cors,
        problem::{Code, Problem},
        request::{Peer, RequestIds},
    },
};

/// What a surface's service must be: it answers every request, and cannot fail.
pub trait SurfaceService:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> SurfaceService for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

/// One surface, as the edge knows it.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) surface: Surface,
    /// The docs page that problems link to.
    pub(super) docs: String,
    /// What every answer tells browsers.
    pub(super) browsers: BrowserHeaders,
    pub(super) limits: Limits,
    /// The answers that wait for slow clients.
    pub(super) unsent: UnsentBytes,
    /// The proxies that may name a client.
    pub(super) trusted: Arc<[IpNet]>,
    /// Refusals that are logged together.
    pub(super) repeats: Repeats,
    pub(super) ids: Arc<RequestIds>,
    pub(super) metrics: SurfaceMetrics,
    /// Room for requests at work; probes have no bound, so that they answer when all else is full.
    pub(super) room: Option<Capacity>,
    pub(super) shed: Counter,
    /// The database file that the surface answers from, if it is one.
    pub(super) file: Option<InPlace>,
}

impl Edge {
    /// What every answer tells browsers, as lines of a head: for answers to what was not read. Whether it was a page that
    /// called is not known then.
    pub(super) fn lines_for_browsers(&self) -> String {
        let mut headers = HeaderMap::new();
        let open = self.surface.serves_other_origins();
        self.browsers.put(&mut headers, open);
        if open {
            cors::open(&mut headers);
        }
        headers.iter().fold(String::new(), |lines, (name, value)| {
            lines + name.as_str() + ": " + value.to_str().unwrap_or_default() + "\r\n"
        })
    }

    /// Counts and logs a head that could not be read, and was answered by nobody else.
    pub(super) fn note_unreadable(&self, peer: Peer, status: u16, cause: &hyper::Error) {
        self.metrics.answered(None, status, 0.0);
        let network = Network::of(peer.0).remembered(true);
        let code = Code::MalformedRequest;
        if self.repeats.seen(Refused { surface: self.surface, network, code }, Instant::now()) == Frequency::Seldom {
            let (surface, code) = (self.surface.name(), code.name());
            tracing::info!(target: "flow_gateway::request", surface, status, code, network = %network, %cause, "a request's head could not be read");
        }
    }

    /// Room for one more request, or the refusal. What the head announces is judged first, since it costs nothing.
    fn admit(&self, request: Request<Body>) -> Result<(RequestSlot, Request<Body>), Problem> {
        if self.file.as_ref().is_some_and(|file| !file.was()) {
            let gone =
                Problem::new(Code::Unavailable, "The database is not where it was. Its operators have been told.");
            return Err(gone.with_retry_after(1));
        }
        if request.body().size_hint().lower() > self.limits.body_bytes as u64 {
            return Err(too_large(self.limits.body_bytes));
        }
        let Some(room) = &self.room else { return Ok((RequestSlot::Free, request)) };
        room.admit(request).ok_or_else(|| {
            self.shed.inc();
            Problem::new(Code::Overloaded, "Too many requests are at work at this moment.").with_retry_after(1)
        })
    }
}

/// A service with the edge around it.
#[derive(Clone, Debug)]
pub struct EdgeService<S> {
    pub(super) service: S,
    pub(super) edge: Arc<Edge>,
}

impl<S: SurfaceService> EdgeService<S> {
    /// Answers one request; `judged` is what the connection found wrong with the head.
    pub(super) async fn answer(self, mut request: Request<Body>, judged: Result<(), Problem>) -> Response<Body> {
        let Self { service, edge } = self;
        let visit = Visit::begin(Arc::clone(&edge), &mut request);
        let response = match judged.and_then(|()| edge.admit(request)) {
            Ok((place, request)) => {
                let response = within_bounds(service, &edge.limits, request).await;
                drop(place);
                response
            }
            Err(problem) => problem.into_response(),
        };
        visit.end(response)
    }
}

/// Runs the service until it answers, panics, or has taken too long.
async fn within_bounds<S: SurfaceService>(service: S, limits: &Limits, request: Request<Body>) -> Response<Body> {
    let work = AssertUnwindSafe(with_deadline(service.oneshot(request))).catch_unwind();
    match tokio::time::timeout(limits.request_time, work).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Ok(Err(never))) => match never {},
        Ok(Err(panic)) => {
            Problem::internal(format!("a handler panicked: {}", log::panic_message(&*panic))).into_response()
        }
        Err(_) => {
            let seconds = limits.request_time.as_secs();
            Problem::new(Code::Timeout, format!("The request took longer than {seconds} seconds.")).into_response()
        }
    }
}

/// For callers without sockets. The connection calls `answer` itself and saves the box.
impl<S: SurfaceService> Service<Request<Body>> for EdgeService<S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.clone().answer(request, Ok(())).map(Ok).boxed()
    }
}
