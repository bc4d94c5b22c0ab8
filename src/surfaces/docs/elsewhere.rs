//! Links to the docs of other surfaces. Pages are made once for all gateways of a process, and where surfaces are reached differs from
//! one gateway to another: a page has a mark for the address, which is replaced when a gateway is first asked for the page.

use super::pages::OtherDocs;
use crate::{access::surface::Surface, operation::app::Urls};

/// The docs of each surface: their mark, their name, and whom they are for.
const DOCS: [(Surface, &str, &str, &str); 4] = [
    (Surface::Storefront, "docs-of:storefront", "Storefront", "The API of websites and apps: it reads what is public."),
    (
        Surface::Management,
        "docs-of:management",
        "Management",
        "The API of a studio's own servers: it reads and writes.",
    ),
    (
        Surface::Members,
        "docs-of:members",
        "Members",
        "Members sign in on a website, read the timetable and book: flow.js and the Members API.",
    ),
    (
        Surface::Studio,
        "docs-of:studio",
        "The dashboard, and running it",
        "Keys, moving in and leaked keys; how a gateway is installed, watched and upgraded.",
    ),
];

/// Where the docs of a surface begin: a mark, until a gateway fills it in.
pub fn docs_of(surface: Surface) -> Option<&'static str> {
    DOCS.iter().find(|(of, ..)| *of == surface).map(|(_, mark, ..)| *mark)
}

/// The docs of all surfaces but this.
pub fn others(surface: Surface) -> Vec<OtherDocs> {
    let others = DOCS.into_iter().filter(|(of, ..)| *of != surface);
    others.map(|(_, mark, title, about)| OtherDocs { url: mark.to_owned(), title, about }).collect()
}

/// The page with the addresses of this gateway.
pub fn filled_in(page: &str, urls: &Urls) -> String {
    DOCS.iter().fold(page.to_owned(), |page, (surface, mark, ..)| page.replace(mark, &base(*surface, urls)))
}

fn base(surface: Surface, urls: &Urls) -> String {
    match surface {
        // One listener serves both APIs.
        Surface::Storefront if urls.storefront == urls.management => format!("{}/storefront/docs", urls.storefront),
        Surface::Storefront => format!("{}/docs", urls.storefront),
        Surface::Members => format!("{}/docs", urls.members),
        Surface::Studio => format!("{}/docs", urls.studio),
        _ => format!("{}/docs", urls.management),
    }
}
