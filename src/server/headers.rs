//! The headers that tell a browser what it may do with an answer, whatever the answer is.
//!
//! Made once for each surface, laid on every answer by the edge and by the refusals that are written without it.
//! Promises that no browser guesses another type than the one that was sent, runs or frames anything of an answer, or
//! shows it to a page that may not read it. A page of ours, such as the docs, brings a policy of its own.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_SECURITY_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS},
};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NOTHING: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
/// A year. Without `includeSubDomains`: a surface speaks for its own name alone.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What a surface says to browsers on every answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct BrowserHeaders {
    https: bool,
}

impl BrowserHeaders {
    /// Those of a surface whose public address is `https`, or is not.
    pub(super) fn of(https: bool) -> Self {
        Self { https }
    }

    /// Lays them on an answer; `open` is whether pages of other origins may read it.
    pub(super) fn put(self, headers: &mut HeaderMap, open: bool) {
        headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(NOTHING);
        let readers = if open { "cross-origin" } else { "same-origin" };
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static(readers));
        if self.https {
            headers.insert(STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
        }
    }
}
