//! The docs of a surface: its OpenAPI document and a page that shows it. They need no key and no network, and there is
//! no console to try calls in: nobody should paste a secret key into a page.

use axum::body::Bytes;
use serde_json::Value;

use super::assets::{self, AssetKind, OpenRow};
use crate::operation::app::App;

/// Scripts and styles of this origin only; inline styles, which the renderer cannot do without; nobody frames it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

/// The rows of a document; and those of the Storefront's, where one listener serves both APIs.
pub fn rows(document: &Value, storefront: Option<&Value>) -> Vec<OpenRow<App>> {
    let described = |path, document: &Value| docs(path, AssetKind::Json, document.to_string());
    let reference = |path| docs(path, AssetKind::Page, &include_bytes!("../../web/docs/index.html")[..]);
    let mut rows = vec![
        described("/openapi.json", document),
        reference("/docs"),
        // The page shows the document that stands beside it, so that with a slash one stands there, too.
        reference("/docs/"),
        described("/docs/openapi.json", document),
        docs("/docs/docs.js", AssetKind::Script, &include_bytes!("../../web/docs/docs.js")[..]),
        docs("/docs/docs.css", AssetKind::Style, &include_bytes!("../../web/docs/docs.css")[..]),
        docs("/docs/redoc.js", AssetKind::Script, &include_bytes!("../../web/docs/redoc.standalone.js")[..]),
    ];
    if let Some(storefront) = storefront {
        rows.extend([
            described("/storefront/openapi.json", storefront),
            reference("/storefront/docs"),
            reference("/storefront/docs/"),
            described("/storefront/docs/openapi.json", storefront),
        ]);
    }
    rows
}

fn docs(path: &'static str, kind: AssetKind, bytes: impl Into<Bytes>) -> OpenRow<App> {
    assets::file(path, kind, bytes, POLICY)
}
