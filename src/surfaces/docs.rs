//! The docs of a surface: its OpenAPI document and a page that shows it. They need no key and no network, and there is
//! no console to try calls in: nobody should paste a secret key into a page.

use axum::{
    body::Bytes,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, get},
};
use serde_json::Value;

use crate::{
    access::listener::Pages,
    operation::endpoint,
    wire::problem::{Code, Problem},
};

/// Scripts and styles of this origin only; inline styles, which the renderer cannot do without; nobody frames it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

/// The pages of a document, and their paths; and those of the Storefront's, where one listener serves both APIs.
pub fn pages(document: &Value, storefront: Option<&Value>) -> Pages {
    let mut pages: Vec<(&'static str, MethodRouter)> = vec![
        (
            "/",
            any(async || {
                Problem::new(
                    Code::UnknownOperation,
                    "Nothing is served here. The operations are under `/v1`, their description under `/docs`.",
                )
            }),
        ),
        ("/openapi.json", described(document)),
        ("/docs", reference()),
        // The page shows the document that stands beside it, so that with a slash one stands there, too.
        ("/docs/", reference()),
        ("/docs/openapi.json", described(document)),
        (
            "/docs/docs.js",
            page("text/javascript; charset=utf-8", Bytes::from_static(include_bytes!("../../web/docs/docs.js"))),
        ),
        (
            "/docs/docs.css",
            page("text/css; charset=utf-8", Bytes::from_static(include_bytes!("../../web/docs/docs.css"))),
        ),
        (
            "/docs/redoc.js",
            page(
                "text/javascript; charset=utf-8",
                Bytes::from_static(include_bytes!("../../web/docs/redoc.standalone.js")),
            ),
        ),
    ];
    if let Some(storefront) = storefront {
        pages.extend([
            ("/storefront/openapi.json", described(storefront)),
            ("/storefront/docs", reference()),
            ("/storefront/docs/", reference()),
            ("/storefront/docs/openapi.json", described(storefront)),
        ]);
    }
    Pages { paths: pages.iter().map(|(path, _)| *path).collect(), router: endpoint::open(pages, ()) }
}

fn described(document: &Value) -> MethodRouter {
    page("application/json", Bytes::from(document.to_string()))
}

/// The page shows the document that stands beside it.
fn reference() -> MethodRouter {
    page("text/html; charset=utf-8", Bytes::from_static(include_bytes!("../../web/docs/index.html")))
}

fn page(kind: &'static str, bytes: Bytes) -> MethodRouter {
    let answer = move || std::future::ready(show(kind, bytes.clone()));
    get(answer)
}

fn show(kind: &'static str, bytes: Bytes) -> Response {
    let headers: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers.map(|(name, value)| (name, HeaderValue::from_static(value))), bytes).into_response()
}
