//! Making a key in each way, and replacing one through all four steps while both are called, in a real browser.

use flow_gateway::{
    access::{keys, scope::Scope::ClassesRead},
    store::id::StudioId,
};
use serde_json::json;

use super::dashboard::{serve, sign_in};
use crate::support::{
    devtools::Page,
    studio::{Studio, secret},
};

/// The key that the page shows.
fn shown_key(page: &mut Page) -> String {
    page.run("document.querySelector('[data-key]')?.textContent").as_str().unwrap_or_default().to_owned()
}

/// Follows the link with this text.
fn follow(page: &mut Page, text: &str) {
    let link =
        format!("[...document.querySelectorAll('a')].find(link => link.textContent.trim() === {})?.href", json!(text));
    let url = page.run(&link).as_str().unwrap_or_else(|| panic!("a link {text}")).to_owned();
    page.go(&url);
}

fn makes_a_key_for_a_job(page: &mut Page, url: &str) -> String {
    page.go(&format!("{url}/studio/api-keys/new"));
    follow(page, "Accounting export");
    page.fill("Expires", "30");
    page.press("Review");
    assert!(page.html().contains("For “Accounting export”: List plans."), "{}", page.html());
    page.press("Create key");
    shown_key(page)
}

fn makes_a_key_from_calls(page: &mut Page, url: &str) -> String {
    page.go(&format!("{url}/studio/api-keys/new"));
    page.run("document.querySelector('details').open = true");
    page.fill("Calls", "GET /v1/classes\nnonsense");
    page.press("Find the smallest key");
    assert!(!page.run("location.href").as_str().unwrap_or_default().contains('?'), "nothing pasted stands in a URL");
    assert!(page.html().contains("Line 2, it names no method and path"), "{}", page.html());
    page.fill("Name", "From a log");
    page.press("Review");
    page.press("Change it");
    page.press("Review");
    assert!(page.html().contains("GET /v1/classes"), "{}", page.html());
    page.press("Create key");
    shown_key(page)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_made_for_a_job_and_from_pasted_calls_with_scripts_and_without() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let made = tokio::task::block_in_place(|| {
        let mut page = Page::open()?;
        sign_in(&mut page, &url);
        let mut made = vec![makes_a_key_for_a_job(&mut page, &url), makes_a_key_from_calls(&mut page, &url)];
        page.without_scripts();
        made.extend([makes_a_key_for_a_job(&mut page, &url), makes_a_key_from_calls(&mut page, &url)]);
        Some(made)
    });
    let Some(made) = made else { return };
    for (at, key) in made.iter().enumerate() {
        let server = studio.management_client().with_key(key);
        let (allowed, refused) = if at % 2 == 0 { ("/v1/plans", "/v1/classes") } else { ("/v1/classes", "/v1/plans") };
        server.get(allowed).await.expect(200);
        server.get(refused).await.is_problem(403, "insufficient_scope");
    }
    assert_eq!(names(&studio, studio.id).await, ["Accounting export", "From a log", "Accounting export", "From a log"]);
}

async fn names(studio: &Studio, id: StudioId) -> Vec<String> {
    keys::list(studio.app.db.of(id)).await.expect("read").into_iter().map(|key| key.name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_replaced_in_four_steps_while_both_are_called() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let old = studio.key(secret(&[ClassesRead])).await;
    let calls_with = |key: &str| studio.management_client().with_key(key);
    calls_with(old.minted.reveal()).get("/v1/classes").await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.expect("written");
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        sign_in(&mut page, &url);
        let rotation = format!("{url}/studio/api-keys/{}/rotation", old.stored.id);
        page.go(&rotation);
        page.press("Make the replacement");
        let new = shown_key(&mut page);
        page.press("I have stored it");
        page.go(&rotation);
        assert!(page.html().contains("The new key has served 0 of 1 operations"), "{}", page.html());
        page.wait_until("document.querySelector('.tail [role=status]').textContent.startsWith('Waiting for calls')");
        for key in [old.minted.reveal(), &new] {
            runtime.block_on(calls_with(key).get("/v1/classes")).expect(200);
        }
        page.wait_until("document.querySelector('.tail [role=status]').textContent.endsWith(': 2.')");
        page.wait_until(
            "document.getElementById('rows').textContent.includes('The new key has served 1 of 1 operations')",
        );
        let counted = "[...document.querySelectorAll('#rows tbody tr')].map(row => row.cells[2].textContent).join()";
        page.wait_until(&format!("{counted} === '2,1'"));
        follow(&mut page, "Revoke the old key");
        assert!(page.html().contains("Called with this key: 2 in the last hour"), "{}", page.html());
        page.fill("Reason", "Replaced");
        page.fill("Revoke it anyway", "");
        page.press("Revoke");
        runtime.block_on(calls_with(old.minted.reveal()).get("/v1/classes")).is_problem(401, "revoked_key");
        runtime.block_on(calls_with(&new).get("/v1/classes")).expect(200);
        page.go(&format!("{url}/studio/api-keys/{}", old.stored.id));
        follow(&mut page, "Make one like this");
        assert_eq!(page.run("document.getElementById('name').value"), "a server");
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_replaced_in_four_steps_without_a_script() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let old = studio.key(secret(&[ClassesRead])).await;
    let runtime = tokio::runtime::Handle::current();
    let call = |key: &str| runtime.block_on(studio.management_client().with_key(key).get("/v1/classes"));
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        page.without_scripts();
        call(old.minted.reveal()).expect(200);
        sign_in(&mut page, &url);
        let rotation = format!("{url}/studio/api-keys/{}/rotation", old.stored.id);
        page.go(&rotation);
        page.press("Make the replacement");
        let new = shown_key(&mut page);
        page.press("I have stored it");
        page.go(&rotation);
        assert!(page.html().contains("The new key has served 0 of 1 operations"), "{}", page.html());
        call(&new).expect(200);
        follow(&mut page, "Load the latest calls");
        assert!(page.html().contains("The new key has served 1 of 1 operations"), "{}", page.html());
        follow(&mut page, "Revoke the old key");
        page.fill("Revoke it anyway", "");
        page.press("Revoke");
        call(old.minted.reveal()).is_problem(401, "revoked_key");
        call(&new).expect(200);
    });
}

/// Presses a button that leads nowhere.
fn press_here(page: &mut Page, name: &str) {
    let press = "[...document.querySelectorAll('button')].find(button => button.textContent === NAME).click()";
    page.run(&press.replace("NAME", &json!(name).to_string()));
}

/// Whether the page asks before it is left.
fn asks_before_it_is_left(page: &mut Page) -> bool {
    page.run("!dispatchEvent(new Event('beforeunload', { cancelable: true }))") == true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_or_nothing_is_copied_copied_is_said_when_it_is_true_and_the_page_asks_until_it_is_stored() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        sign_in(&mut page, &url);
        page.go(&format!("{url}/studio/api-keys/new?job=accounting-export"));
        page.fill("Expires", "30");
        page.press("Create key");
        let key = shown_key(&mut page);
        assert!(key.starts_with("flow_sk_") && !key.contains('…'), "{key}");
        assert!(asks_before_it_is_left(&mut page));
        let clipboard = "Object.defineProperty(navigator, 'clipboard', { configurable: true, value: VALUE })";
        // Over http browsers have no clipboard; and one that refuses throws.
        for lacking in ["undefined", "{ writeText: () => Promise.reject(new Error('refused')) }"] {
            page.run(&clipboard.replace("VALUE", lacking));
            page.run("getSelection().removeAllRanges()");
            press_here(&mut page, "Copy");
            page.wait_until("document.querySelector('.buttons [role=status]').textContent.startsWith('Your browser does not copy here')");
            assert_eq!(page.run("getSelection().toString().trim()"), key, "the text is selected");
        }
        page.run("document.querySelector('.buttons [role=status]').textContent = ''");
        page.run(&clipboard.replace("VALUE", "{ writeText: async text => { window.copied = text } }"));
        press_here(&mut page, "Copy");
        page.wait_until("document.querySelector('.buttons [role=status]').textContent === 'Copied.'");
        assert_eq!(page.run("window.copied"), key);
        assert!(asks_before_it_is_left(&mut page), "to copy it is not to store it");
        page.press("I have stored it");
        assert!(!page.html().contains(&key), "{}", page.html());
        assert!(!asks_before_it_is_left(&mut page));
        page.go(&format!("{url}/studio/api-keys/new?job=website"));
        page.fill("Expires", "30");
        page.press("Create key");
        assert!(shown_key(&mut page).starts_with("flow_pk_"));
        assert!(!asks_before_it_is_left(&mut page), "a publishable key is shown again");
    });
}
