//! A rotation that ends the old key by itself, so many days after the new one is first used; and the steps that mark themselves done.

use std::time::Duration;

use flow_gateway::{
    access::{
        keys::{self, NewKey},
        rotation_end,
        scope::Scope::{ClassesRead, InstructorsRead},
        sessions::stored::Role,
        stored::{KeyId, StoredKey},
        unscoped,
    },
    mail::outbox::MailKind,
    signin::owner_mails::expiry,
    store::{
        audit::{self, AuditFilter, Entry},
        filter::LogOrder,
    },
};

use super::keys::{Form, shown};
use crate::support::{
    client::Client,
    dashboard::{Browser, PASSWORD},
    studio::{Studio, on_both_engines, secret},
};

const DAY: Duration = Duration::from_hours(24);
const CLASSES: &str = "/v1/classes";

async fn stored(studio: &Studio, id: KeyId) -> StoredKey {
    keys::find(studio.app.db.of(studio.id), id).await.unwrap()
}

async fn ends(studio: &Studio) -> Vec<Entry> {
    let rows = audit::list(studio.app.db.of(studio.id), &AuditFilter::default(), LogOrder::Oldest(None), 100).await;
    rows.unwrap().into_iter().filter(|row| row.action.contains("rotation_end")).collect()
}

fn path(id: KeyId) -> String {
    format!("/studio/api-keys/{id}/rotation")
}

fn server(studio: &Studio, key: &str) -> Client {
    studio.management_client().with_key(key)
}

/// Makes the replacement of a key with this choice; its text.
async fn rotate(owner: &Browser, old: KeyId, end_after: &str) -> String {
    let path = path(old);
    shown(&Form::of(owner, &path).await.send(owner, &path, &[("end_after", end_after)]).await)
}

/// Writes the uses so far, and has the task look. Rows of one instant would stand in no order.
async fn look(studio: &Studio) {
    studio.pass(Duration::from_millis(1));
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    rotation_end::set_due(&studio.app.access.keyring).await.unwrap();
}

#[apply(on_both_engines!)]
async fn the_old_key_ends_the_chosen_days_after_the_new_one_is_first_used_and_owners_are_told(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let old = studio.key(secret(&[ClassesRead])).await;
    let (id, text) = (old.stored.id, old.minted.reveal());
    studio.pass(DAY);
    let owner = studio.signed_in(Role::Owner).await;
    let new = rotate(&owner, id, "7").await;
    look(&studio).await;
    assert_eq!(stored(&studio, id).await.expires_at, None, "nothing has called with the new key");
    assert!(owner.open(&path(id)).await.html().contains("The old key ends 7 days after the new key is first used."));

    studio.pass(Duration::from_millis(1));
    server(&studio, &new).get(CLASSES).await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    let other = studio.second_instance().await;
    let (one, two) = tokio::join!(
        rotation_end::set_due(&studio.app.access.keyring),
        rotation_end::set_due(&other.app.access.keyring)
    );
    one.and(two).unwrap();
    let end = studio.clock.now().plus(DAY * 7);
    assert_eq!(stored(&studio, id).await.expires_at, Some(end));
    let date = jiff::tz::TimeZone::get("Europe/Lisbon").unwrap().to_datetime(end.timestamp());
    let date = date.strftime("%-d %b %Y, %H:%M").to_string();
    assert!(owner.open(&path(id)).await.html().contains(&format!("The old key ends on {date}.")));
    let rows = ends(&studio).await;
    let told: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.by.as_str())).collect();
    let by = rows[0].by.clone();
    assert!(by.starts_with("usr_"));
    assert_eq!(told, [("keys.choose_rotation_end", &*by), ("keys.set_rotation_end", "rotation")], "once each");
    assert_eq!(rows[1].after.as_ref().unwrap()["expires_at"], end.to_string());

    server(&studio, text).get(CLASSES).await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    expiry::notify_due(&studio.app).await.unwrap();
    assert_eq!(studio.mails(studio.id, MailKind::KeyExpires).await.len(), 1, "the date is known: owners are told");
    studio.pass(DAY * 7);
    server(&studio, text).get(CLASSES).await.is_problem(401, "expired_key");
    server(&studio, &new).get(CLASSES).await.expect(200);
    let owner = studio.browser().sign_in("owner@casa.example", PASSWORD).await.1;
    let page = owner.open(&path(id)).await.html();
    assert!(page.contains("The old key has ended. This rotation is complete."), "{page}");
}

#[apply(on_both_engines!)]
async fn the_old_key_keeps_its_own_end_once_no_replacement_works(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let (lost, moved) =
        (studio.key(secret(&[ClassesRead])).await.stored.id, studio.key(secret(&[ClassesRead])).await.stored.id);
    let replacement_of = async |id| {
        let all = keys::list(studio.app.db.of(studio.id)).await.unwrap();
        all.into_iter().find(|key| key.replaces == Some(id)).expect("a replacement").id
    };
    let mut news = Vec::new();
    for id in [lost, moved] {
        let new = rotate(&owner, id, "7").await;
        server(&studio, &new).get(CLASSES).await.expect(200);
        news.push(replacement_of(id).await);
    }
    look(&studio).await;
    rotate(&owner, news[1], "").await;
    for id in news {
        let (database, now) = (&*studio.app.access.keyring, studio.clock.now());
        keys::revoke(database, studio.id, id, None, "somebody", now).await.unwrap();
    }
    look(&studio).await;
    assert_eq!(stored(&studio, lost).await.expires_at, None, "it is the only one that works");
    assert!(stored(&studio, moved).await.expires_at.is_some(), "the replacement of its replacement works");
    assert_eq!(ends(&studio).await.last().unwrap().by, "rotation");
}

#[apply(on_both_engines!)]
async fn the_default_never_ends_the_old_key_and_a_refused_call_is_no_first_use(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let (one, other) =
        (studio.key(secret(&[ClassesRead])).await.stored.id, studio.key(secret(&[ClassesRead])).await.stored.id);
    let page = owner.open(&path(one)).await.html();
    assert!(page.contains("name=\"end_after\" value=\"\" checked"), "{page}");
    let never = rotate(&owner, one, "").await;
    let soon = rotate(&owner, other, "1").await;
    server(&studio, &never).get(CLASSES).await.expect(200);
    server(&studio, &soon).get("/v1/members").await.is_problem(403, "insufficient_scope");
    look(&studio).await;
    for id in [one, other] {
        assert_eq!(stored(&studio, id).await.expires_at, None);
    }
}

#[apply(on_both_engines!)]
async fn an_end_is_chosen_later_and_cancelled_before_and_after_its_date_is_known(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let lives = DAY * 90;
    let old = studio.key(NewKey { expires_in: Some(lives), ..secret(&[ClassesRead]) }).await.stored;
    let new = rotate(&owner, old.id, "").await;
    let end = format!("{}/end", path(old.id));
    assert_eq!(owner.open(&end).await.status, 200, "who had to type their password comes back to the page");
    assert_eq!(owner.send(&end, &[("end_after", "14")]).await.leads_to(), path(old.id));
    studio.pass(Duration::from_millis(1));
    for _ in 0..2 {
        owner.send(&end, &[]).await.leads_to();
    }
    server(&studio, &new).get(CLASSES).await.expect(200);
    look(&studio).await;
    assert_eq!(stored(&studio, old.id).await.expires_at, old.expires_at, "it was cancelled");
    studio.pass(Duration::from_millis(1));
    owner.send(&end, &[("end_after", "14")]).await.leads_to();
    assert_eq!(stored(&studio, old.id).await.expires_at, Some(studio.clock.now().plus(DAY * 14)));
    look(&studio).await;
    studio.pass(Duration::from_millis(1));
    owner.send(&end, &[]).await.leads_to();
    assert_eq!(stored(&studio, old.id).await.expires_at, old.expires_at, "it has the end that it had before");
    look(&studio).await;
    assert_eq!(stored(&studio, old.id).await.expires_at, old.expires_at);
    let actions: Vec<_> = ends(&studio).await.into_iter().map(|row| row.action).collect();
    let chosen = "keys.choose_rotation_end";
    assert_eq!(actions, [chosen; 4], "none for what changed nothing");
    owner.send(&end, &[("end_after", "120")]).await.leads_to();
    look(&studio).await;
    assert_eq!(stored(&studio, old.id).await.expires_at, old.expires_at, "an end is never moved later");
}

#[apply(on_both_engines!)]
async fn another_replacement_does_not_inherit_the_end_that_a_rotation_set(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let old = studio.key(secret(&[ClassesRead])).await.stored.id;
    let new = rotate(&owner, old, "7").await;
    server(&studio, &new).get(CLASSES).await.expect(200);
    look(&studio).await;
    let all = keys::list(studio.app.db.of(studio.id)).await.unwrap();
    let first = all.iter().find(|key| key.replaces == Some(old)).unwrap().id;
    keys::revoke(&*studio.app.access.keyring, studio.id, first, None, "a test", studio.clock.now()).await.unwrap();
    let page = owner.open(&path(old)).await.html();
    assert!(page.contains("Cancel this end"), "the end still stands, and can be cancelled: {page}");
    rotate(&owner, old, "").await;
    let all = keys::list(studio.app.db.of(studio.id)).await.unwrap();
    let second = all.iter().find(|key| key.replaces == Some(old) && key.id != first).unwrap();
    assert_eq!(second.expires_at, None);
}

#[apply(on_both_engines!)]
async fn a_key_that_has_ended_and_another_studios_key_take_no_end(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let ended = studio.key(secret(&[ClassesRead])).await.stored.id;
    keys::revoke(&studio.app.db, studio.id, ended, None, "a test", studio.clock.now()).await.unwrap();
    let neighbour = studio.neighbour().await;
    let theirs = studio.key_of(neighbour, secret(&[ClassesRead])).await.stored.id;
    for (id, status) in [(ended, 409), (theirs, 404)] {
        let reply = owner.send(&format!("{}/end", path(id)), &[("end_after", "7")]).await;
        assert_eq!(reply.status, status);
    }
    assert!(ends(&studio).await.is_empty());
}

#[apply(on_both_engines!)]
async fn the_steps_of_a_rotation_mark_themselves_done_from_what_was_called(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let old = studio.key(secret(&[ClassesRead, InstructorsRead])).await;
    let (id, text) = (old.stored.id, old.minted.reveal());
    for list in [CLASSES, "/v1/instructors"] {
        server(&studio, text).get(list).await.expect(200);
    }
    let done = async || {
        let html = owner.open(&path(id)).await.html();
        let steps = html.split("<h2>").skip(1).map(|step| step.split("</h2>").next().unwrap_or_default().to_owned());
        steps.map(|step| step.contains("Done")).collect::<Vec<_>>()
    };
    assert_eq!(done().await, [false, false, false, false]);
    let new = rotate(&owner, id, "").await;
    assert_eq!(done().await, [true, false, false, false]);
    server(&studio, &new).get(CLASSES).await.expect(200);
    assert_eq!(done().await, [true, true, false, false]);
    server(&studio, &new).get("/v1/instructors").await.expect(200);
    assert_eq!(done().await, [true, true, true, false]);
    keys::revoke(&*studio.app.access.keyring, studio.id, id, None, "a test", studio.clock.now()).await.unwrap();
    assert_eq!(done().await, [true, true, true, true]);
}

/// The replacement of a key, and its text.
async fn replaced(studio: &Studio, owner: &Browser, old: KeyId, end_after: &str) -> (KeyId, String) {
    let text = rotate(owner, old, end_after).await;
    let all = keys::list(studio.app.db.of(studio.id)).await.unwrap();
    (all.into_iter().rfind(|key| text.ends_with(&key.last_four)).expect("a replacement").id, text)
}

#[apply(on_both_engines!)]
async fn days_that_are_chosen_while_the_new_key_is_in_use_count_from_the_choice_and_the_page_says_so(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let old = studio.key(secret(&[ClassesRead])).await.stored.id;
    let new = rotate(&owner, old, "").await;
    let html = owner.open(&path(old)).await.html();
    assert!(html.contains("Ends 7 days after the new key is first used"), "{html}");
    server(&studio, &new).get(CLASSES).await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    studio.pass(DAY * 5);
    let owner = studio.browser().sign_in("owner@casa.example", PASSWORD).await.1;
    let end = studio.clock.now().plus(DAY * 7);
    let zone = jiff::tz::TimeZone::get("Europe/Lisbon").unwrap();
    let date = |format: &str| zone.to_datetime(end.timestamp()).strftime(format).to_string();
    let html = owner.open(&path(old)).await.html();
    assert!(html.contains(&format!("Ends 7 days from now, on {}", date("%-d %b %Y"))), "{html}");
    owner.send(&format!("{}/end", path(old)), &[("end_after", "7")]).await.leads_to();
    assert_eq!(stored(&studio, old).await.expires_at, Some(end), "from the choice, at once");
    let html = owner.open(&path(old)).await.html();
    assert!(html.contains(&format!("The old key ends on {}.", date("%-d %b %Y, %H:%M"))), "{html}");
    look(&studio).await;
    assert_eq!(stored(&studio, old).await.expires_at, Some(end), "no task moves it");
}

#[apply(on_both_engines!)]
async fn an_end_is_for_one_replacement_and_only_a_key_that_has_one_takes_it(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let old = studio.key(secret(&[ClassesRead])).await.stored.id;
    let end = format!("{}/end", path(old));
    let reply = owner.send(&end, &[("end_after", "7")]).await;
    assert_eq!(reply.status, 409);
    assert!(reply.html().contains("Make the replacement first"), "{}", reply.html());
    let (first, _) = replaced(&studio, &owner, old, "7").await;
    keys::revoke(&*studio.app.access.keyring, studio.id, first, None, "a test", studio.clock.now()).await.unwrap();
    studio.pass(Duration::from_millis(1));
    let (_, text) = replaced(&studio, &owner, old, "").await;
    server(&studio, &text).get(CLASSES).await.expect(200);
    look(&studio).await;
    assert_eq!(stored(&studio, old).await.expires_at, None, "this time nobody chose an end");
    assert!(rotation_end::find(studio.app.db.of(studio.id), old).await.unwrap().is_none());
}

#[apply(on_both_engines!)]
async fn the_old_key_keeps_the_end_that_was_set_while_any_key_works_that_came_from_it(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let old = studio.key(secret(&[ClassesRead])).await.stored.id;
    let (mut last, text) = replaced(&studio, &owner, old, "7").await;
    server(&studio, &text).get(CLASSES).await.expect(200);
    look(&studio).await;
    let revoke = async |id| {
        let (database, now) = (&*studio.app.access.keyring, studio.clock.now());
        keys::revoke(database, studio.id, id, None, "a test", now).await.unwrap();
    };
    for generation in 2..=4 {
        let (next, _) = replaced(&studio, &owner, last, "").await;
        revoke(last).await;
        look(&studio).await;
        assert!(stored(&studio, old).await.expires_at.is_some(), "generation {generation} works");
        last = next;
    }
    revoke(last).await;
    look(&studio).await;
    assert_eq!(stored(&studio, old).await.expires_at, None, "none works any more");
}

#[apply(on_both_engines!)]
async fn ends_without_a_replacement_are_found_page_by_page(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let mut olds = Vec::new();
    for _ in 0..3 {
        studio.pass(Duration::from_millis(1));
        let old = studio.key(secret(&[ClassesRead])).await.stored.id;
        let (new, text) = replaced(&studio, &owner, old, "7").await;
        server(&studio, &text).get(CLASSES).await.expect(200);
        olds.push((old, new));
    }
    look(&studio).await;
    for (_, new) in &olds {
        let (database, now) = (&*studio.app.access.keyring, studio.clock.now());
        keys::revoke(database, studio.id, *new, None, "a test", now).await.unwrap();
    }
    let (mut found, mut last) = (Vec::new(), None);
    loop {
        let (on, now) = (studio.app.db.read(), studio.clock.now());
        let page = unscoped::rotation_ends_without_a_replacement(on, now, last.as_ref(), 1).await.unwrap();
        let Some(end) = page.into_iter().next() else { break };
        found.push(end.key_id);
        last = Some(end);
    }
    assert_eq!(found, olds.iter().map(|(old, _)| *old).collect::<Vec<_>>(), "the first choices first, each once");
}
