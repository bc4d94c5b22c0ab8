//! A surface's service with everything around it: request id, admission, timeout, response headers, metrics, log line, span.
//!
//! The connection calls it for every request; tests call it without sockets through [`tower::Service`]. Promises that every
//! request gets one whole response with a request id, and that an overloaded server refuses before any work is done.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::Body,
    http::{Request, Response},
    response::IntoResponse,
};
use futures_util::{FutureExt, future::BoxFuture};
use tower::{Service, ServiceExt};

use super::{edge::Edge, limits::Limits, log, request_log::RequestLog};
use crate::{
    store::deadline::with_deadline,
    wire::problem::{Code, Problem},
};

/// A surface's service: it answers every request and cannot fail.
pub trait SurfaceService:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> SurfaceService for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

/// A service with the edge around it.
#[derive(Clone, Debug)]
pub struct EdgeService<S> {
    pub(super) service: S,
    pub(super) edge: Arc<Edge>,
}

impl<S: SurfaceService> EdgeService<S> {
    /// Answers one request; `head_check` is the result of checking its head.
    pub(super) async fn answer(self, mut request: Request<Body>, head_check: Result<(), Problem>) -> Response<Body> {
        let Self { service, edge } = self;
        let request_log = RequestLog::begin(Arc::clone(&edge), &mut request);
        let response = match head_check.and_then(|()| edge.admit(request)) {
            Ok((slot, request)) => {
                let response = run_with_timeout(service, &edge.limits, request).await;
                drop(slot);
                response
            }
            Err(problem) => problem.into_response(),
        };
        request_log.end(response)
    }
}

/// Runs the service until it answers, panics, or times out.
async fn run_with_timeout<S: SurfaceService>(service: S, limits: &Limits, request: Request<Body>) -> Response<Body> {
    let work = AssertUnwindSafe(with_deadline(service.oneshot(request))).catch_unwind();
    match tokio::time::timeout(limits.request_timeout, work).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Ok(Err(never))) => match never {},
        Ok(Err(panic)) => {
            Problem::internal(format!("a handler panicked: {}", log::panic_message(&*panic))).into_response()
        }
        Err(_) => {
            let seconds = limits.request_timeout.as_secs();
            Problem::new(Code::Timeout, format!("The request took longer than {seconds} seconds.")).into_response()
        }
    }
}

/// For tests without sockets. The connection calls `answer` itself and saves the box.
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
