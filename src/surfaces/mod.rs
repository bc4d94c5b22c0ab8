//! What each audience may call, and nothing else: the tables, and the doors that listeners stand behind.

pub mod docs;
pub mod management;
pub mod ops;
pub mod storefront;

use axum::Router;

use crate::{
    access::{
        admit::Door,
        guard::{Gate, Guard},
    },
    app::App,
    endpoint,
};

/// The Storefront behind its own listener.
#[must_use]
pub fn storefront(app: &App) -> Guard {
    let (open_paths, open) = docs::pages(&storefront::document());
    let door = Door { storefront: Some(endpoint::table(&storefront::endpoints())), management: None };
    let storefront = endpoint::router(storefront::endpoints(), app.clone());
    Guard::new(Gate { door, storefront, management: Router::new(), open, open_paths }, app.clone())
}

/// Management behind its own listener.
#[must_use]
pub fn management(app: &App) -> Guard {
    let (open_paths, open) = docs::pages(&management::document());
    let door = Door { storefront: None, management: Some(endpoint::table(&management::endpoints())) };
    let management = endpoint::router(management::endpoints(), app.clone());
    Guard::new(Gate { door, storefront: Router::new(), management, open, open_paths }, app.clone())
}

/// Both APIs behind one listener: the key's kind decides which it meets. The docs are Management's, whose keys need them most.
#[must_use]
pub fn api(app: &App) -> Guard {
    let (open_paths, open) = docs::pages(&management::document());
    let door = Door {
        storefront: Some(endpoint::table(&storefront::endpoints())),
        management: Some(endpoint::table(&management::endpoints())),
    };
    let storefront = endpoint::router(storefront::endpoints(), app.clone());
    let management = endpoint::router(management::endpoints(), app.clone());
    Guard::new(Gate { door, storefront, management, open, open_paths }, app.clone())
}

/// A surface that serves nothing yet: every path is a 404.
#[must_use]
pub fn unbuilt(app: &App) -> Guard {
    let (storefront, management, open) = (Router::new(), Router::new(), Router::new());
    Guard::new(Gate { door: Door::default(), storefront, management, open, open_paths: vec![] }, app.clone())
}
