//! Files that are inside the binary, as browsers get them: each with its type, with the policy of the pages that it belongs
//! to, and asked for anew each time, so that a newer binary is seen at once. The edge adds `nosniff` to every answer.
//! Called by the surfaces that have pages.

use axum::{
    body::Bytes,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::MethodRouter,
};

use crate::{access::table::Rule, operation::endpoint::page};

/// A row that needs no credential.
pub type OpenRow<S> = (Rule<()>, MethodRouter<S>);

/// What a file is.
#[derive(Clone, Copy, Debug)]
pub enum AssetKind {
    /// A page.
    Page,
    /// A script.
    Script,
    /// A style sheet.
    Style,
    /// JSON.
    Json,
    /// Type declarations.
    Types,
}

impl AssetKind {
    fn media_type(self) -> &'static str {
        match self {
            Self::Page => "text/html; charset=utf-8",
            Self::Script => "text/javascript; charset=utf-8",
            Self::Style => "text/css; charset=utf-8",
            Self::Json => "application/json",
            Self::Types => "application/typescript; charset=utf-8",
        }
    }
}

/// The row of a file; `policy` is the `Content-Security-Policy` of the pages that it belongs to.
pub fn file<S: Clone + Send + Sync + 'static>(
    path: &'static str,
    kind: AssetKind,
    bytes: impl Into<Bytes>,
    policy: &'static str,
) -> OpenRow<S> {
    kept_file(path, kind, bytes, policy, "no-cache")
}

/// The same, which browsers keep as `cache` says.
pub fn kept_file<S: Clone + Send + Sync + 'static>(
    path: &'static str,
    kind: AssetKind,
    bytes: impl Into<Bytes>,
    policy: &'static str,
    cache: &'static str,
) -> OpenRow<S> {
    let bytes = bytes.into();
    page(path, move || std::future::ready(show(kind, bytes.clone(), policy, cache)))
}

fn show(kind: AssetKind, bytes: Bytes, policy: &'static str, cache: &'static str) -> Response {
    let headers: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_TYPE, kind.media_type()),
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers.map(|(name, value)| (name, HeaderValue::from_static(value))), bytes).into_response()
}
