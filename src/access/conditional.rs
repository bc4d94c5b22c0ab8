//! Reads that a client may hold already: `HEAD` is run as `GET`, and a Storefront answer that `If-None-Match` names is a 304.
//! Called by the guard around the handler.

use axum::{
    Router,
    body::Body,
    http::{Method, Request, Response, header},
};
use tower::ServiceExt;

use crate::wire::etag;

/// Runs a router.
pub(super) async fn run(router: &Router, mut request: Request<Body>) -> Response<Body> {
    if request.method() == Method::HEAD {
        // Read as `GET`, so that the tag and the length are those of the body that the edge leaves away.
        *request.method_mut() = Method::GET;
    }
    match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Runs a router whose answers are tagged by their bytes.
pub(super) async fn run_tagged(router: &Router, request: Request<Body>) -> Response<Body> {
    let held: Vec<_> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
    etag::conditional(&held, run(router, request).await).await
}
