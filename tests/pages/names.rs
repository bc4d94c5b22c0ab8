//! The paths and accessible names that other programs' tests hold on to, in a real browser.

use flow_gateway::access::{keys, scope::Scope};

use super::dashboard::{serve, sign_in};
use crate::support::{devtools::Page, studio::Studio};

const PATHS: [&str; 9] = [
    "/studio/api-keys",
    "/studio/activity",
    "/studio/audit",
    "/studio/people",
    "/studio/settings",
    "/studio/timetable",
    "/studio/members",
    "/studio/content",
    "/studio/api-keys/new",
];

/// Fills in the form of a new key by the names of its fields.
fn fills_in_every_field(page: &mut Page, url: &str) {
    page.go(&format!("{url}/studio/api-keys/new"));
    page.fill("Publishable", "");
    page.fill("Secret", "");
    for (field, text) in [
        ("Name", "Till"),
        ("Used by", "A vendor"),
        ("Allowed origins", ""),
        ("Allowed networks", "192.0.2.0/24"),
        ("Rate limit", "7"),
        ("Expires", "30"),
    ] {
        page.fill(field, text);
    }
    for scope in Scope::ALL {
        page.fill(scope.name(), "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_paths_and_the_names_of_fields_and_buttons_are_those_that_are_promised() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let keys = async || keys::list(studio.app.db.of(studio.id)).await.expect("read");
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        sign_in(&mut page, &url);
        for path in PATHS {
            page.go(&format!("{url}{path}"));
            assert_eq!(
                (page.path().as_str(), page.run("document.querySelectorAll('main h1').length")),
                (path, 1.into())
            );
        }
        page.go(&format!("{url}/"));
        assert_eq!(page.path(), "/studio/api-keys");
        fills_in_every_field(&mut page, &url);
        page.press("Create key");
        assert_eq!(page.run("document.querySelector('[data-key]').textContent.startsWith('flow_sk_')"), true);
        let copies = "[...document.querySelectorAll('button')].some(button => button.textContent === 'Copy')";
        assert_eq!(page.run(copies), true, "{}", page.html());
        page.press("I have stored it");
        let made = runtime.block_on(keys()).remove(0);
        assert_eq!(page.path(), format!("/studio/api-keys/{}", made.id));
        assert_eq!((made.scopes.iter().count(), made.rate_limit), (Scope::ALL.len(), 7));
        assert!(made.used_by.as_deref() == Some("A vendor") && made.expires_at.is_some(), "{made:?}");
        page.press("Narrow");
        page.run("document.querySelector('input[value=\"classes:write\"]').checked = false");
        page.press("Narrow");
        assert_eq!(runtime.block_on(keys())[0].scopes.iter().count(), Scope::ALL.len() - 1);
        page.go(&format!("{url}/studio/api-keys/{}/rotation", made.id));
        page.press("Make the replacement");
        assert_eq!(runtime.block_on(keys())[1].replaces, Some(made.id));
        page.press("I have stored it");
        page.press("Revoke");
        page.press("Revoke");
        assert!(runtime.block_on(keys())[1].revoked_at.is_some());
        page.press("Sign out");
        assert_eq!(page.path(), "/studio/sign-in");
    });
}
