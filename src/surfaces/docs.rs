//! The docs of a surface: its OpenAPI document and a page that shows it. They need no key and no network, and there is
//! no console to try calls in: nobody should paste a secret key into a page.

use std::sync::Arc;

use axum::body::Bytes;
use serde_json::Value;

use super::assets::{self, AssetKind, MadeFile, OpenRow};
use crate::operation::app::App;

/// Scripts and styles of this origin only; inline styles, which the renderer cannot do without; nobody frames it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

/// Makes a document.
pub type Document = fn() -> Value;

/// The rows of a document; and those of the Storefront's, where one listener serves both APIs. A document is made when it is
/// first asked for: a server starts without it.
pub fn rows(document: Document, storefront: Option<Document>) -> Vec<OpenRow<App>> {
    let text = |document: Document| assets::made(move || document().to_string().into());
    let described = |path, text: &Arc<MadeFile>| assets::made_file(path, AssetKind::Json, Arc::clone(text), POLICY);
    let document = &text(document);
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
    if let Some(storefront) = &storefront.map(text) {
        rows.extend([
            described("/storefront/openapi.json", storefront),
            reference("/storefront/docs"),
            reference("/storefront/docs/"),
            described("/storefront/docs/openapi.json", storefront),
        ]);
    }
    rows
}

fn docs(path: &'static str, kind: AssetKind, bytes: impl Into<Bytes> + Send + 'static) -> OpenRow<App> {
    assets::file(path, kind, bytes, POLICY)
}
