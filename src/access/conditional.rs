//! `HEAD` runs as `GET`; a Storefront response whose tag is in `If-None-Match` becomes 304. Used by the guard around handlers.

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
        // As `GET`, so that tag and length are those of the body. The server drops the body at the end.
        *request.method_mut() = Method::GET;
    }
    match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Runs a router whose responses are tagged by a hash of their body.
pub(super) async fn run_tagged(router: &Router, request: Request<Body>) -> Response<Body> {
    let held: Vec<_> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
    etag::conditional(&held, run(router, request).await).await
}
