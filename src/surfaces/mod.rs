//! What each audience may call, and nothing else: the tables, and the doors that listeners stand behind.

pub mod docs;
pub mod management;
pub mod ops;
pub mod storefront;

use axum::Router;

use crate::{
    access::{
        door::Door,
        guard::{Gate, Guard},
        table::Table,
    },
    app::App,
    endpoint,
};

/// What a listener shows to callers before any handler runs: its rules, and the pages that need no key.
pub struct Front {
    /// The rules.
    pub door: Door,
    /// The pages.
    pub pages: Router,
}

impl Front {
    /// The Storefront behind its own listener.
    #[must_use]
    pub fn storefront() -> Self {
        let (pages, open) = docs::pages(&storefront::document(), None);
        let door = Door { surface: "storefront", storefront: Some(storefront_table()), management: None, pages };
        Self { door, pages: open }
    }

    /// Management behind its own listener.
    #[must_use]
    pub fn management() -> Self {
        let (pages, open) = docs::pages(&management::document(), None);
        let door = Door { surface: "management", storefront: None, management: Some(management_table()), pages };
        Self { door, pages: open }
    }

    /// Both APIs behind one listener: the key's kind decides which it meets. The docs are Management's; the Storefront's
    /// stand below `/storefront`.
    #[must_use]
    pub fn api() -> Self {
        let (pages, open) = docs::pages(&management::document(), Some(&storefront::document()));
        let (storefront, management) = (Some(storefront_table()), Some(management_table()));
        Self { door: Door { surface: "api", storefront, management, pages }, pages: open }
    }

    /// A surface that serves nothing yet: every path is a 404.
    #[must_use]
    pub fn unbuilt(surface: &'static str) -> Self {
        Self { door: Door { surface, ..Door::default() }, pages: Router::new() }
    }

    fn guard(self, app: &App) -> Guard {
        let routed = |served: bool, endpoints: fn() -> Vec<endpoint::Endpoint>| {
            if served { endpoint::router(endpoints(), app.clone()) } else { Router::new() }
        };
        let storefront = routed(self.door.storefront.is_some(), storefront::endpoints);
        let management = routed(self.door.management.is_some(), management::endpoints);
        Guard::new(Gate { door: self.door, storefront, management, open: self.pages }, app.clone())
    }
}

fn storefront_table() -> Table {
    endpoint::table(&storefront::endpoints())
}

fn management_table() -> Table {
    endpoint::table(&management::endpoints())
}

/// The Storefront, served.
#[must_use]
pub fn storefront(app: &App) -> Guard {
    Front::storefront().guard(app)
}

/// Management, served.
#[must_use]
pub fn management(app: &App) -> Guard {
    Front::management().guard(app)
}

/// Both APIs on one port, served.
#[must_use]
pub fn api(app: &App) -> Guard {
    Front::api().guard(app)
}

/// A surface that serves nothing yet.
#[must_use]
pub fn unbuilt(app: &App, surface: &'static str) -> Guard {
    Front::unbuilt(surface).guard(app)
}
