//! A surface's service with the edge around it: a request is named, admitted or shed, run within its time, and its answer
//! finished, counted and logged.
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
    body::Body,
    http::{Request, Response},
    response::IntoResponse,
};
use futures_util::{FutureExt, future::BoxFuture};
use tower::{Service, ServiceExt};

use super::{edge::Edge, limits::Limits, log, visit::Visit};
use crate::{
    store::deadline::with_deadline,
    wire::problem::{Code, Problem},
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
