//! CORS for the surfaces that browsers call: any origin may call, without cookies, and can read errors. A preflight carries no key,
//! so it is answered for everyone; the request itself is checked against the key's origins. What a member reads is for the pages of
//! one origin.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header},
};

const ALLOWED: HeaderValue = HeaderValue::from_static("Authorization, Content-Type, If-None-Match, X-Request-Id");
/// Of a surface that takes writes.
const ALLOWED_TO_WRITE: HeaderValue =
    HeaderValue::from_static("Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id");
const EXPOSED: HeaderValue = HeaderValue::from_static("ETag, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id");
const READS: HeaderValue = HeaderValue::from_static("GET, HEAD");
const ALL_METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PATCH, DELETE");
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Whether a request is a preflight, which a browser sends before a page's own request.
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The response to a preflight, of a surface that takes writes or of one that is only read.
pub fn preflight(takes_writes: bool) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().extend([
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (header::ACCESS_CONTROL_ALLOW_METHODS, if takes_writes { ALL_METHODS } else { READS }),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, if takes_writes { ALLOWED_TO_WRITE } else { ALLOWED }),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        (
            header::VARY,
            HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
        ),
    ]);
    response
}

/// Lets pages of one origin alone read a response.
pub fn open_to(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
}

/// Lets the page read a response: of any origin, unless it is for one. Sets no header twice: browsers reject that, and a preflight's
/// response has them already.
pub fn open(headers: &mut HeaderMap) {
    headers.entry(header::ACCESS_CONTROL_ALLOW_ORIGIN).or_insert(HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}
