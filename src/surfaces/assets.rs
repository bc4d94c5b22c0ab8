//! Files that are inside the binary, as browsers get them: each with its type and its `ETag`, compressed, with the policy of the
//! pages that it belongs to, and asked for anew each time, so that a newer binary is seen at once. The edge adds `nosniff` to every
//! answer. Called by the surfaces that have pages.

use std::sync::{Arc, LazyLock, OnceLock};

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
    routing::MethodRouter,
};

use crate::{
    access::table::Rule,
    operation::{app::App, endpoint::page},
    wire::representations::{Representations, WantedForm},
};

/// A row that needs no credential.
pub type OpenRow<S> = (Rule<()>, MethodRouter<S>);

/// A file that is made once, when it is first asked for.
pub type MadeFile = LazyLock<Representations, Box<dyn FnOnce() -> Representations + Send>>;

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
    /// Markdown.
    Markdown,
    /// Plain text.
    Text,
}

impl AssetKind {
    fn media_type(self) -> &'static str {
        match self {
            Self::Page => "text/html; charset=utf-8",
            Self::Script => "text/javascript; charset=utf-8",
            Self::Style => "text/css; charset=utf-8",
            Self::Json => "application/json",
            Self::Types => "application/typescript; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
        }
    }
}

/// The row of a file; `policy` is the `Content-Security-Policy` of the pages that it belongs to.
pub fn file<S: Clone + Send + Sync + 'static>(
    path: &'static str,
    kind: AssetKind,
    bytes: impl Into<Bytes> + Send + 'static,
    policy: &'static str,
) -> OpenRow<S> {
    kept_file(path, kind, bytes, policy, "no-cache")
}

/// The same, which browsers keep as `cache` says.
pub fn kept_file<S: Clone + Send + Sync + 'static>(
    path: &'static str,
    kind: AssetKind,
    bytes: impl Into<Bytes> + Send + 'static,
    policy: &'static str,
    cache: &'static str,
) -> OpenRow<S> {
    row(path, kind, made(|| bytes.into()), policy, cache)
}

/// The row of a file that is made when it is first asked for.
pub fn made_file<S: Clone + Send + Sync + 'static>(
    path: &'static str,
    kind: AssetKind,
    file: Arc<MadeFile>,
    policy: &'static str,
) -> OpenRow<S> {
    row(path, kind, file, policy, "no-cache")
}

/// A file whose bytes are made like this when it is first asked for.
pub fn made(bytes: impl FnOnce() -> Bytes + Send + 'static) -> Arc<MadeFile> {
    Arc::new(LazyLock::new(Box::new(|| Representations::of(bytes()))))
}

fn row<S: Clone + Send + Sync + 'static>(
    path: &'static str,
    kind: AssetKind,
    file: Arc<MadeFile>,
    policy: &'static str,
    cache: &'static str,
) -> OpenRow<S> {
    page(path, move |headers: HeaderMap| std::future::ready(show(kind, &file, &headers, policy, cache)))
}

/// The rows of a file that depends on where the gateway is reached: it is made when it is first asked for.
pub fn file_of_app(
    paths: &'static [String],
    kind: AssetKind,
    bytes: impl Fn(&App) -> Bytes + Clone + Send + Sync + 'static,
    policy: &'static str,
) -> Vec<OpenRow<App>> {
    let file = Arc::new(OnceLock::new());
    let row = |path: &'static String| {
        let (file, bytes) = (Arc::clone(&file), bytes.clone());
        page(path, move |State(app): State<App>, headers: HeaderMap| {
            let file = file.get_or_init(|| Representations::of(bytes(&app)));
            std::future::ready(show(kind, file, &headers, policy, "no-cache"))
        })
    };
    paths.iter().map(row).collect()
}

fn show(
    kind: AssetKind,
    file: &Representations,
    asked: &HeaderMap,
    policy: &'static str,
    cache: &'static str,
) -> Response {
    let mut response = file.respond(&WantedForm::of(asked));
    let is_held = response.status() == StatusCode::NOT_MODIFIED;
    let kind = (!is_held).then(|| (header::CONTENT_TYPE, HeaderValue::from_static(kind.media_type())));
    let headers: [(HeaderName, &'static str); 3] = [
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    response.headers_mut().extend(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response.headers_mut().extend(kind);
    response
}
