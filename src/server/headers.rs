//! Browser security headers of every response.
//!
//! Promises that no browser guesses another content type, runs or frames a response, or shows it to a page that may not read
//! it. Pages such as the docs set their own policy.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_SECURITY_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS},
};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const DENY_ALL: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
/// A year. Without `includeSubDomains`: a surface speaks for its own name only.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The browser headers of one surface.
#[derive(Clone, Copy, Debug)]
pub(super) struct BrowserHeaders {
    https: bool,
}

impl BrowserHeaders {
    /// `https`: whether the surface's public address uses HTTPS.
    pub(super) fn of(https: bool) -> Self {
        Self { https }
    }

    /// Adds them to a response; `open` is whether pages of other origins may read it.
    pub(super) fn add(self, headers: &mut HeaderMap, open: bool) {
        headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(DENY_ALL);
        let readers = if open { "cross-origin" } else { "same-origin" };
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static(readers));
        if self.https {
            headers.insert(STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
        }
    }
}
