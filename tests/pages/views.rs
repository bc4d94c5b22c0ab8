//! The pages beside keys, in a real browser: the timetable, the members, content and settings.

use flow_gateway::{access::scope::Scope, resources::studios};
use serde_json::json;

use super::dashboard::{serve, sign_in};
use crate::{
    resources::{
        classes::{House, id, on_a_sunday, weekly},
        members::{PEOPLE, clara},
    },
    support::{devtools::Page, studio::Studio},
};

/// Looks at the next week, and finds the class.
fn looks_at_next_week(page: &mut Page, url: &str) {
    page.go(&format!("{url}/studio/timetable"));
    page.follow("Next week");
    assert!(page.html().contains("Vinyasa"), "{}", page.html());
    page.follow("This week");
    assert_eq!(page.path(), "/studio/timetable");
}

/// Finds a member by parts of the name.
fn finds_clara(page: &mut Page, url: &str) {
    page.go(&format!("{url}/studio/members"));
    page.fill("Name or e-mail", "nun clar");
    page.press("Show");
    page.follow("Clara Nunes");
    assert!(page.html().contains("Agreed to receive offers"), "{}", page.html());
}

/// Makes a piece of content, corrects it, and publishes it.
fn publishes_content(page: &mut Page, url: &str, title: &str) {
    page.go(&format!("{url}/studio/content"));
    page.follow("New content");
    page.fill("Title", title);
    page.fill("Kind", "audio");
    page.fill("Address of the media", "https://media.casa.example/neck.mp3");
    page.fill("Length in seconds", "0");
    page.press("Save");
    assert!(page.html().contains("Nothing was saved yet"), "{}", page.html());
    page.fill("Length in seconds", "612");
    page.press("Save");
    page.press("Publish");
    assert!(page.html().contains("Unpublish") && page.html().contains("612"), "{}", page.html());
}

/// Changes the studio's name.
fn renames_the_studio(page: &mut Page, url: &str, name: &str) {
    page.go(&format!("{url}/studio/settings"));
    page.fill("Name", name);
    page.press("Save");
    assert!(page.html().contains("Saved."), "{}", page.html());
    assert_eq!(page.run("document.querySelector('.top .studio').textContent"), name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_sees_classes_and_members_publishes_content_and_changes_settings_with_scripts_and_without() {
    let studio = on_a_sunday(Studio::on_sqlite().await).await;
    let house = House::of(&studio).await;
    house.class(weekly("tuesday", "18:30")).await;
    studio.server(PEOPLE).await.post("/v1/members/invites", clara()).await.expect(201);
    let url = serve(&studio).await;
    let was_opened = tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return false };
        for (title, scripts) in [("Neck", true), ("Back", false)] {
            if !scripts {
                page.without_scripts();
            }
            sign_in(&mut page, &url);
            looks_at_next_week(&mut page, &url);
            finds_clara(&mut page, &url);
            publishes_content(&mut page, &url, title);
            renames_the_studio(&mut page, &url, &format!("Casa {title}"));
            page.press("Sign out");
        }
        true
    });
    if !was_opened {
        return;
    }
    let content = studio.server(&[Scope::ContentRead]).await.get("/v1/content?status=published").await.rows();
    assert_eq!(content.iter().map(|row| &row["title"]).collect::<Vec<_>>(), [&json!("Neck"), &json!("Back")]);
    assert!(content.iter().all(|row| id(row).starts_with("cnt_") && row["kind"] == "audio"));
    let studio = studios::find(studio.app.db.of(studio.id)).await.unwrap().unwrap();
    assert_eq!(studio.fields.name, "Casa Back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keys_that_a_page_lists_lead_to_pages_until_they_are_turned_off_and_never_while_somebody_types() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        sign_in(&mut page, &url);
        let strike = |page: &mut Page, target: &str, key: &str| {
            page.run(&format!(
                "document.{target}.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true, cancelable: true}}))"
            ));
        };
        strike(&mut page, "body", "?");
        page.wait_until("location.pathname === '/studio/keyboard' && document.readyState === 'complete'");
        assert!(page.html().contains("<kbd>g</kbd> <kbd>m</kbd>"), "{}", page.html());
        strike(&mut page, "body", "g");
        strike(&mut page, "body", "m");
        page.wait_until("location.pathname === '/studio/members' && document.readyState === 'complete'");
        strike(&mut page, "body", "/");
        assert_eq!(page.run("document.activeElement.id"), "q");
        strike(&mut page, "activeElement", "?");
        assert_eq!(page.path(), "/studio/members");
        page.go(&format!("{url}/studio/keyboard"));
        // Chromium fires this before it leaves a page.
        page.run("left = 0; navigation.addEventListener('navigate', event => { left += 1; event.preventDefault(); })");
        strike(&mut page, "body", "g");
        strike(&mut page, "body", "m");
        assert_eq!(page.run("left"), 1, "the keys are on");
        page.run("document.querySelector('[data-keyboard] button').click()");
        assert_eq!(page.run("document.querySelector('[data-keyboard] button').textContent"), "Turn the keys on");
        strike(&mut page, "body", "g");
        strike(&mut page, "body", "m");
        assert_eq!(page.run("left"), 1, "they are off");
    });
}
