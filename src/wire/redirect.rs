//! Redirects: after a form, or to a page that has to come first.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};

/// 303: leads a browser to another page of this host with a `GET`, so that a reload sends no form again. Leads to `otherwise`
/// where the path cannot stand in a header.
pub fn see_other(path: &str, otherwise: &'static str) -> Response<Body> {
    redirect(StatusCode::SEE_OTHER, path, otherwise)
}

/// 307: has a browser send the same form to another page of this host, so that what was typed is not lost.
pub fn send_to(path: &str, otherwise: &'static str) -> Response<Body> {
    redirect(StatusCode::TEMPORARY_REDIRECT, path, otherwise)
}

fn redirect(status: StatusCode, path: &str, otherwise: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static(otherwise));
    response.headers_mut().insert(header::LOCATION, location);
    response
}
