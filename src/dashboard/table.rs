//! Every page of the dashboard on one line: method, path, who reaches it, handler.

use axum::{
    handler::Handler,
    routing::{MethodFilter, MethodRouter, on},
};

use super::{keys, sign_in};
use crate::{
    access::{
        listener::StaffPages,
        sessions::{
            pages::{CONFIRM, PageRule, PageTable, Reach, SIGN_IN},
            stored::Role::{Developer, Viewer},
        },
    },
    operation::{app::App, endpoint::routes},
};

/// A row: what the judge knows of a page, and the page.
struct Page {
    rule: PageRule,
    route: MethodRouter<App>,
}

fn rows() -> Vec<Page> {
    use Reach::{Anyone, Fresh, Staff};
    vec![
        get(SIGN_IN, Anyone, "studioSignInPage", sign_in::show),
        post(SIGN_IN, Anyone, "studioSignIn", sign_in::submit),
        post("/studio/sign-out", Staff(Viewer), "studioSignOut", sign_in::sign_out),
        get(CONFIRM, Staff(Viewer), "studioConfirmPage", sign_in::show_confirm),
        post(CONFIRM, Staff(Viewer), "studioConfirm", sign_in::confirm),
        post("/studio/switch", Staff(Viewer), "studioSwitch", sign_in::switch),
        get("/", Staff(Viewer), "studioHome", keys::home),
        get("/studio", Staff(Viewer), "studioStart", keys::home),
        get("/studio/api-keys", Staff(Viewer), "studioListKeys", keys::list),
        get("/studio/api-keys/new", Fresh(Developer), "studioNewKey", keys::new),
        post("/studio/api-keys", Fresh(Developer), "studioCreateKey", keys::create),
        get("/studio/api-keys/{keyId}", Staff(Viewer), "studioShowKey", keys::show),
        get("/studio/api-keys/{keyId}/revocation", Fresh(Developer), "studioRevocation", keys::revocation),
        post("/studio/api-keys/{keyId}/revocation", Fresh(Developer), "studioRevokeKey", keys::revoke),
        get("/studio/api-keys/{keyId}/rotation", Fresh(Developer), "studioRotation", keys::rotation),
        post("/studio/api-keys/{keyId}/rotation", Fresh(Developer), "studioRotateKey", keys::rotate),
    ]
}

fn get<M: 'static>(path: &'static str, reach: Reach, id: &'static str, page: impl Handler<M, App>) -> Page {
    Page { rule: PageRule { method: "GET", path, reach, id }, route: on(MethodFilter::GET, page) }
}

fn post<M: 'static>(path: &'static str, reach: Reach, id: &'static str, page: impl Handler<M, App>) -> Page {
    Page { rule: PageRule { method: "POST", path, reach, id }, route: on(MethodFilter::POST, page) }
}

/// The pages, as the Studio surface serves them.
pub fn pages() -> StaffPages<App> {
    let table = PageTable::new(rules());
    let router = routes(rows().into_iter().map(|page| (page.rule.path, page.route)).collect());
    StaffPages { table, router }
}

/// What the judge knows of each page.
pub fn rules() -> Vec<PageRule> {
    rows().into_iter().map(|page| page.rule).collect()
}
