//! The docs of a surface: guides, and the reference that is made from its OpenAPI document. They need no key and no network, and there
//! is no console to try calls in: nobody should paste a secret key into a page.

mod assets;
mod elsewhere;
mod folded;
pub mod guides;
mod highlight;
pub mod markdown;
mod pages;
mod reference;
mod search;
pub mod site;

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use self::site::{DocumentedApi, Site};
use super::{
    assets::{self as files, AssetKind, OpenRow},
    management, members, storefront,
};
use crate::{access::surface::Surface, operation::app::App};

/// What a browser may load and run for a page of the docs: what comes from here, and nothing that is written into it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; frame-ancestors 'none'; form-action 'none'; require-trusted-types-for 'script'";
/// For files whose path names their bytes.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// Makes a document.
pub type Document = fn() -> Value;

const STOREFRONT_API: DocumentedApi = DocumentedApi { document: storefront::document, tags: storefront::tags };
const MANAGEMENT_API: DocumentedApi = DocumentedApi { document: management::document, tags: management::tags };
const MEMBERS_API: DocumentedApi = DocumentedApi { document: members::document, tags: members::tags };

static STOREFRONT: LazyLock<Site> = LazyLock::new(|| Site::new(Surface::Storefront, "", Some(STOREFRONT_API)));
/// The same where one listener serves both APIs.
static STOREFRONT_BESIDE: LazyLock<Site> =
    LazyLock::new(|| Site::new(Surface::Storefront, "/storefront", Some(STOREFRONT_API)));
static MANAGEMENT: LazyLock<Site> = LazyLock::new(|| Site::new(Surface::Management, "", Some(MANAGEMENT_API)));
static MEMBERS: LazyLock<Site> = LazyLock::new(|| Site::new(Surface::Members, "", Some(MEMBERS_API)));
static STUDIO: LazyLock<Site> = LazyLock::new(|| Site::new(Surface::Studio, "", None));

/// The rows of a surface. Files are made when they are first asked for: a server starts without them.
pub fn rows(surface: Surface) -> Vec<OpenRow<App>> {
    let sites: &[&'static Site] = match surface {
        Surface::Storefront => &[&STOREFRONT],
        Surface::Management => &[&MANAGEMENT],
        Surface::Api => &[&MANAGEMENT, &STOREFRONT_BESIDE],
        Surface::Members => &[&MEMBERS],
        Surface::Studio => &[&STUDIO],
        Surface::Ops => return vec![],
    };
    let kept = [(AssetKind::Style, &assets::STYLE), (AssetKind::Script, &assets::SCRIPT)];
    let kept = kept.map(|(kind, file)| files::kept_file(&file.path, kind, file.bytes, POLICY, FOR_GOOD));
    sites.iter().flat_map(|site| of_site(site)).chain(kept).collect()
}

fn of_site(site: &'static Site) -> Vec<OpenRow<App>> {
    let mut rows = Vec::new();
    for file in &site.files {
        if file.is_document {
            rows.extend(files::file_of_app(&file.paths, file.kind, |app| site.document(&app.urls), POLICY));
            continue;
        }
        if file.has_links_elsewhere() {
            let page = move |app: &App| site.page(&file.paths[0], &app.urls);
            rows.extend(files::file_of_app(&file.paths, file.kind, page, POLICY));
            continue;
        }
        let made = files::made(move || site.bytes(&file.paths[0]));
        rows.extend(file.paths.iter().map(|path| files::made_file(path, file.kind, Arc::clone(&made), POLICY)));
    }
    rows
}
