//! The docs of a surface: its OpenAPI document and a page that shows it. They need no key and no network, and there is
//! no console to try calls in: nobody should paste a secret key into a page.

use axum::routing::{MethodRouter, any};
use serde_json::Value;

use super::assets::{self, Kind};
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
        ("/docs/docs.js", docs(Kind::Script, include_bytes!("../../web/docs/docs.js"))),
        ("/docs/docs.css", docs(Kind::Style, include_bytes!("../../web/docs/docs.css"))),
        ("/docs/redoc.js", docs(Kind::Script, include_bytes!("../../web/docs/redoc.standalone.js"))),
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
    assets::file(Kind::Json, document.to_string(), POLICY)
}

/// The page shows the document that stands beside it.
fn reference() -> MethodRouter {
    docs(Kind::Page, include_bytes!("../../web/docs/index.html"))
}

fn docs(kind: Kind, bytes: &'static [u8]) -> MethodRouter {
    assets::file(kind, bytes, POLICY)
}
