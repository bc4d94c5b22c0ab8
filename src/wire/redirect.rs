//! The redirect after a form, or to a page that has to come first.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};

/// 303: leads a browser to another page of this host with a `GET`, so that a reload sends no form again. Leads to `otherwise`
/// where the path cannot stand in a header.
pub fn see_other(path: &str, otherwise: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static(otherwise));
    response.headers_mut().insert(header::LOCATION, location);
    response
}
