//! The response headers of every call with a known key: caching, the rest of the rate, and whether the key is being replaced.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Response, header},
    response::IntoResponse,
};

use super::{call::Refusal, rate::Quota, stored::LiveKey, throttle::FAILURES_A_MINUTE};
use crate::store::instant::Instant;

/// Adds the headers.
pub(super) fn add_key_headers(mut response: Response<Body>, key: &LiveKey, quota: Option<Quota>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    // An answer that may be compressed has this header.
    let by_encoding = headers.contains_key(header::VARY);
    let vary = if by_encoding { "Origin, Authorization, Accept-Encoding" } else { "Origin, Authorization" };
    headers.insert(header::VARY, HeaderValue::from_static(vary));
    if let Some(quota) = quota {
        // The burst is twice the rate, and full again after two seconds.
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

/// The response to a refusal, with the key's headers, or with the network's limit of unknown keys.
pub(super) fn refused(refusal: Refusal) -> Response<Body> {
    let Refusal { problem, key, quota, .. } = refusal;
    let mut response = problem.into_response();
    match (key, quota) {
        (Some(key), quota) => return add_key_headers(response, &key, quota),
        (None, Some(quota)) => add_quota(response.headers_mut(), "network", FAILURES_A_MINUTE as u64, 60, quota),
        (None, None) => {}
    }
    response
}

/// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10): the policy's name, and how many requests it
/// allows in how many seconds.
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
