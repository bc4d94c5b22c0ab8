//! What the dashboard finds out about keys, and whom it refuses, in a real browser.

use std::time::{Duration, Instant};

use flow_gateway::{
    access::{
        keys,
        scope::Scope::{ClassesRead, MembersRead},
        sessions::stored::Role,
        stored::KeyId,
    },
    mail::outbox::MailKind,
    signin::owner_mails::exposure,
};

use super::dashboard::{EMAIL, serve, sign_in, sign_in_as};
use crate::{
    dashboard::key_use::key_of_a_month,
    support::{
        devtools::Page,
        studio::{Studio, secret},
    },
};

/// What the buttons of a page say, in their order.
const BUTTONS: &str = "[...document.querySelectorAll('main button, main .button')].map(it => it.textContent).join()";

/// Opens the page of a key that may do more than its calls need, and narrows it.
fn narrows(page: &mut Page, url: &str, key: KeyId) {
    sign_in(page, url);
    page.go(&format!("{url}/studio/api-keys/{key}"));
    assert!(page.html().contains("No call in the last 30 days needed: members:read."), "{}", page.html());
    page.press("Narrow");
    assert_eq!(page.path(), format!("/studio/api-keys/{key}"));
    assert!(!page.html().contains("No call in the last 30 days"), "the finding goes away: {}", page.html());
    page.press("Sign out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_click_on_a_finding_narrows_the_key_with_scripts_and_without() {
    let studio = Studio::on_sqlite().await.with_a_clock_that_stands().await;
    let one = studio.key(secret(&[ClassesRead, MembersRead])).await;
    let (other, _) = key_of_a_month(&studio, &[ClassesRead, MembersRead]).await;
    studio.management_client().with_key(one.minted.reveal()).get("/v1/classes").await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.expect("written");
    let url = serve(&studio).await;
    let was_opened = tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return false };
        narrows(&mut page, &url, other.id);
        page.without_scripts();
        narrows(&mut page, &url, one.stored.id);
        true
    });
    for key in [one.stored.id, other.id].into_iter().filter(|_| was_opened) {
        let kept = keys::find(studio.app.db.of(studio.id), key).await.unwrap().scopes;
        assert_eq!(kept.iter().collect::<Vec<_>>(), [ClassesRead]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exposed_key_is_named_on_every_page_and_by_mail_until_it_is_revoked_and_then_who_still_calls() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let key = studio.key(secret(&[ClassesRead])).await;
    let server = studio.management_client().with_key(key.minted.reveal()).from("203.0.113.9");
    server
        .clone()
        .with("origin", "https://shop.example")
        .get("/v1/classes")
        .await
        .is_problem(403, "secret_key_in_browser");
    studio.app.access.exposures.written().await;
    exposure::notify_new(&studio.app).await.expect("told");
    let mails = studio.mails(studio.id, MailKind::KeyExposed).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        sign_in(&mut page, &url);
        let banner = "The secret key “a server” was exposed, and still works. Revoke it first, then make a new one.";
        page.go(&format!("{url}/studio/timetable"));
        assert!(page.html().contains(banner), "{}", page.html());
        page.follow("See the key");
        assert!(page.html().contains("A page of https://shop.example sent it"), "{}", page.html());
        assert_eq!(page.run(BUTTONS), "Revoke,Replace,Narrow,Rename", "to revoke it comes first");
        page.press("Revoke");
        page.fill("Reason", "It stands in a website");
        page.fill("Revoke it anyway", "");
        page.press("Revoke");
        assert!(!page.html().contains(banner) && !page.html().contains("Still calling"), "{}", page.html());
        runtime.block_on(server.get("/v1/classes")).is_problem(401, "revoked_key");
        let told = "Still calling: 1 in the last hour, 1 in the last day, from 203.0.113.0/24.";
        let began = Instant::now();
        while !page.html().contains(told) {
            assert!(began.elapsed() < Duration::from_mins(1), "{}", page.html());
            runtime.block_on(studio.app.access.usage.write(&studio.app.db)).expect("written");
            page.go(&format!("{url}/studio/api-keys/{}", key.stored.id));
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_sees_no_button_that_changes_a_key_and_the_address_behind_one_is_refused() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let viewer = "rui@casa.example";
    studio.add_staff(studio.id, viewer, Role::Viewer).await;
    let key = studio.key(secret(&[ClassesRead])).await.stored.id;
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        for (email, seen) in [(viewer, ""), (EMAIL, "Replace,Narrow,Rename,Revoke")] {
            sign_in_as(&mut page, &url, email);
            page.go(&format!("{url}/studio/api-keys/{key}"));
            assert_eq!(page.run(BUTTONS), seen, "{email}");
            page.go(&format!("{url}/studio/api-keys/{key}/revocation"));
            assert_eq!(page.html().contains("does not include this"), email == viewer, "{}", page.html());
            page.go(&format!("{url}/studio/api-keys"));
            page.press("Sign out");
        }
    });
}
