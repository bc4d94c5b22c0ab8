//! The dashboard, in a real browser.

use flow_gateway::{
    access::{keys, scope::Scope, sessions::stored::Role, surface::Surface},
    server::{Limits, Metrics, Server},
    surfaces,
};

use crate::support::{dashboard::PASSWORD, devtools::Page, studio::Studio};

pub(super) const EMAIL: &str = "anna@casa.example";

/// A dashboard behind a real socket, and its address.
pub(super) async fn serve(studio: &Studio) -> String {
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    serve_surface(studio, Surface::Studio)
}

/// A surface behind a real socket, and its address.
pub fn serve_surface(studio: &Studio, surface: Surface) -> String {
    let mut server = Server::new(Limits::default(), Metrics::new());
    let here = ([127, 0, 0, 1], 0).into();
    let pages = surfaces::guarded(surface, &studio.app);
    let address = server.listen(surface, here, |at| format!("http://{at}/docs"), pages).expect("a port");
    tokio::spawn(server.run(std::future::pending()));
    format!("http://{address}")
}

pub(super) fn sign_in(page: &mut Page, url: &str) {
    sign_in_as(page, url, EMAIL);
}

/// Signs somebody in who works here.
pub(super) fn sign_in_as(page: &mut Page, url: &str, email: &str) {
    page.go(url);
    assert_eq!(page.path(), "/studio/sign-in");
    page.fill("E-mail", email);
    page.fill("Password", PASSWORD);
    page.press("Sign in");
    assert_eq!(page.path(), "/studio/api-keys", "{}", page.html());
}

/// From a wrong password and the right one to a key that is made, stored, renamed and revoked.
fn a_keys_life(page: &mut Page, url: &str) -> String {
    page.go(url);
    page.fill("E-mail", EMAIL);
    page.fill("Password", "a wrong one");
    page.press("Sign in");
    assert!(page.html().contains("This e-mail address and password do not belong together"), "{}", page.html());
    sign_in(page, url);
    page.go(&format!("{url}/studio/api-keys/new"));
    page.fill("Name", "Lobby screen");
    page.fill("Secret", "");
    page.fill("classes:read", "");
    page.fill("Used by", "Screens Ltd");
    page.press("Create key");
    assert!(page.html().contains("You have not chosen when the key expires"), "{}", page.html());
    page.press("Create key");
    let key = page.run("document.querySelector('[data-key]').textContent").as_str().expect("a key").to_owned();
    page.press("I have stored it");
    assert!(!page.html().contains(&key) && page.html().contains("Lobby screen"), "{}", page.html());
    page.press("Rename");
    page.fill("Name", &"x".repeat(121));
    page.press("Rename");
    assert!(page.html().contains("A name is one line of at most 120 characters"), "{}", page.html());
    page.fill("Name", "Screen in the lobby");
    page.press("Rename");
    assert_eq!(page.run("document.querySelector('h1').textContent"), "Screen in the lobby");
    page.press("Revoke");
    page.fill("Reason", "The screen is gone");
    page.press("Revoke");
    assert!(page.html().contains("The screen is gone"), "{}", page.html());
    page.press("Sign out");
    assert_eq!(page.path(), "/studio/sign-in");
    key
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_signs_in_makes_a_key_renames_it_and_revokes_it_with_scripts_and_without() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let made = tokio::task::block_in_place(|| {
        let mut page = Page::open()?;
        let first = a_keys_life(&mut page, &url);
        page.without_scripts();
        Some([first, a_keys_life(&mut page, &url)])
    });
    let Some(made) = made else { return };
    let kept = keys::list(studio.app.db.of(studio.id)).await.unwrap();
    assert_eq!(kept.len(), made.len());
    for (key, kept) in made.iter().zip(kept) {
        assert!(key.starts_with("flow_sk_") && key.ends_with(&kept.last_four), "{kept:?}");
        assert_eq!(kept.revoke_reason.as_deref(), Some("The screen is gone"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_of_another_site_signs_nobody_in() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let html = tokio::task::block_in_place(|| {
        let mut page = Page::open()?;
        page.go(&format!(
            "data:text/html,<form method=post action=\"{url}/studio/sign-in\"><label>E-mail<input name=email></label>\
            <label>Password<input name=password></label><button>Sign in</button></form>"
        ));
        page.fill("E-mail", EMAIL);
        page.fill("Password", PASSWORD);
        page.press("Sign in");
        Some(page.html())
    });
    let Some(html) = html else { return };
    assert!(html.contains("not sent by a page of this dashboard"), "{html}");
}

/// Filters the calls for refused ones, and opens the explanation of the first.
fn finds_out_why_a_call_was_refused(page: &mut Page, url: &str, calls: u8) {
    page.go(&format!("{url}/studio/activity"));
    assert_eq!(page.run("document.querySelectorAll('#rows tbody tr').length"), calls, "{}", page.html());
    page.fill("Outcome", "refused");
    page.press("Show");
    assert_eq!(page.run("document.querySelectorAll('#rows tbody tr').length"), 1, "{}", page.html());
    assert_eq!(page.run("document.getElementById('outcome').value"), "refused");
    let explained = page.run("document.querySelector('#rows tbody a').href");
    page.go(explained.as_str().expect("a link"));
    let html = page.html();
    assert!(html.contains("Why it was refused") && html.contains("needs the scope plans:read"), "{html}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_finds_out_why_a_call_was_refused_with_scripts_and_without_and_watches_calls_come() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let server = studio.server(&[Scope::ClassesRead]).await;
    server.get("/v1/classes").await.expect(200);
    server.get("/v1/plans").await.is_problem(403, "insufficient_scope");
    studio.app.access.usage.write(&studio.app.db).await.expect("written");
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        sign_in(&mut page, &url);
        finds_out_why_a_call_was_refused(&mut page, &url, 2);
        page.go(&format!("{url}/studio/activity?outcome=admitted"));
        let told = "document.querySelector('.tail [role=status]').textContent";
        page.wait_until(&format!("{told}.startsWith('Waiting for calls')"));
        for _ in 0..2 {
            runtime.block_on(server.get("/v1/classes")).expect(200);
        }
        page.wait_until(&format!("{told}.startsWith('New calls since') && {told}.endsWith(': 2.')"));
        page.wait_until("document.querySelectorAll('#rows tbody tr').length === 3");
        page.run("document.querySelector('.tail button').click()");
        page.wait_until(&format!("{told} === 'Paused. New calls: 2.'"));
        page.without_scripts();
        finds_out_why_a_call_was_refused(&mut page, &url, 4);
        page.go(&format!("{url}/studio/activity"));
        assert_eq!(page.run("document.querySelectorAll('.tail button').length"), 0, "there is no script");
        assert_eq!(page.run("document.querySelector('.tail a').textContent"), "Load the latest calls");
    });
}
