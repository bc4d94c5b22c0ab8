//! What each audience may call, and nothing else: the tables, and the service of each listener.

mod assets;
mod calendar;
pub mod docs;
mod exposed_keys;
pub mod flow_js;
mod github_secret_scanning;
pub mod management;
pub mod members;
pub mod storefront;
mod studio;

use std::sync::Arc;

use crate::{
    access::{guard::Guard, listener::Listener, surface::Surface},
    dashboard::{self, api_tables::ApiTables},
    member_pages,
    operation::{
        app::App,
        endpoint::{operations, serve},
    },
};

/// The service of a surface's listener.
///
/// The Storefront and Management have one each, or one together (`Surface::Api`), where the key's kind decides; the docs
/// there are Management's, and the Storefront's stand below `/storefront`. `takes_github` says that GitHub's reports are switched
/// on; without that, their path is like any other at which nothing is served.
pub fn listener(surface: Surface, takes_github: bool) -> Listener<App> {
    let (has_storefront, has_management, more) = match surface {
        Surface::Storefront => (true, false, vec![]),
        Surface::Management => (false, true, vec![]),
        Surface::Api => (true, true, vec![]),
        Surface::Studio => (false, false, studio::rows(takes_github)),
        Surface::Members => (false, false, members::rows()),
        Surface::Ops => (false, false, vec![]),
    };
    let open: Vec<_> = docs::rows(surface).into_iter().chain(more).collect();
    Listener {
        surface,
        storefront: has_storefront.then(|| operations(storefront::endpoints())),
        management: has_management.then(|| operations(management::endpoints())),
        staff: (surface == Surface::Studio).then(|| dashboard::pages(api_tables())),
        members: (surface == Surface::Members).then(|| operations(members::endpoints())),
        member_pages: (surface == Surface::Members).then(member_pages::pages),
        without_credential: serve(open),
    }
}

/// The tables of the two APIs.
fn api_tables() -> ApiTables {
    let table = |endpoints| Arc::new(operations(endpoints).table);
    ApiTables { management: table(management::endpoints()), storefront: table(storefront::endpoints()) }
}

/// A surface, served.
pub fn guarded(surface: Surface, app: &App) -> Guard {
    Guard::new(listener(surface, app.access.github.is_some()).with_state(app), app.access.clone())
}
