//! Owners are told that a key expires: 14, 7 and 1 days before, each once.

use std::time::Duration;

use flow_gateway::{
    access::{
        keys::{self, Created, NewKey, Replacement},
        scope::Scope::ClassesRead,
        sessions::stored::Role,
    },
    mail::outbox::{MailKind, Unsent},
    signin::owner_mails::expiry,
    store::id::StudioId,
};

use super::sending::{SOON, mailer};
use crate::support::{
    dashboard::PASSWORD,
    smtp::MailServer,
    studio::{Studio, on_both_engines, secret, within},
};

const DAY: Duration = Duration::from_hours(24);

/// A studio with an owner, two others of the staff, and a key that expires in so many days.
async fn with_key(studio: Studio, days: u32) -> (Studio, Created) {
    let studio = studio.with_a_clock_that_stands().await;
    for (email, role) in [
        ("owner@casa.example", Role::Owner),
        ("dev@casa.example", Role::Developer),
        ("view@casa.example", Role::Viewer),
    ] {
        studio.add_staff(studio.id, email, role).await;
    }
    let key = studio.key(NewKey { expires_in: Some(DAY * days), ..secret(&[ClassesRead]) }).await;
    (studio, key)
}

/// What was written to the outbox since it was looked at last; it counts as sent.
async fn written(studio: &Studio, of: StudioId) -> Vec<Unsent> {
    expiry::notify_due(&studio.app).await.expect("looked");
    let mails = studio.mails(of, MailKind::KeyExpires).await;
    let mut tx = studio.app.db.begin().await.expect("a transaction");
    tx.on().query("delete from outbox").execute().await.expect("deleted");
    tx.commit().await.expect("committed");
    mails
}

/// Their addresses; mails of one instant stand in no order.
fn addresses(mails: &[Unsent]) -> Vec<&str> {
    let mut addresses: Vec<_> = mails.iter().map(|mail| mail.email.as_str()).collect();
    addresses.sort_unstable();
    addresses
}

#[apply(on_both_engines!)]
async fn owners_alone_are_told_14_7_and_1_days_before_a_key_expires_each_once(studio: Studio) {
    let (studio, key) = with_key(studio, 30).await;
    let neighbour = studio.neighbour().await;
    studio.add_staff(neighbour, "owner@other.example", Role::Owner).await;
    let mut told = Vec::new();
    for day in 0..=31 {
        for _ in 0..2 {
            let mails = written(&studio, studio.id).await;
            assert!(studio.mails(neighbour, MailKind::KeyExpires).await.is_empty());
            if !mails.is_empty() {
                assert_eq!(addresses(&mails), ["owner@casa.example"]);
                assert_eq!(mails[0].subject_id, key.stored.id.to_string());
                told.push(30 - day);
            }
        }
        studio.pass(DAY);
    }
    assert_eq!(told, [14, 7, 1]);
}

#[apply(on_both_engines!)]
async fn of_many_instances_one_tells_each_owner(studio: Studio) {
    let (studio, _) = with_key(studio, 30).await;
    studio.add_staff(studio.id, "second@casa.example", Role::Owner).await;
    studio.pass(DAY * 16);
    let other = studio.second_instance().await;
    for _ in 0..4 {
        let (one, two) = tokio::join!(expiry::notify_due(&studio.app), expiry::notify_due(&other.app));
        one.and(two).expect("looked");
    }
    let mails = studio.mails(studio.id, MailKind::KeyExpires).await;
    assert_eq!(addresses(&mails), ["owner@casa.example", "second@casa.example"]);
}

#[apply(on_both_engines!)]
async fn after_days_without_a_server_the_warning_that_fits_now_is_sent_and_not_those_that_were_missed(studio: Studio) {
    let (studio, _) = with_key(studio, 30).await;
    studio.pass(DAY * 24);
    assert_eq!(written(&studio, studio.id).await.len(), 1, "six days before: the second warning");
    studio.pass(DAY * 3);
    assert_eq!(written(&studio, studio.id).await.len(), 0);
    studio.pass(DAY * 2);
    assert_eq!(written(&studio, studio.id).await.len(), 1, "one day before: the last warning");
    studio.pass(DAY * 2);
    assert_eq!(written(&studio, studio.id).await.len(), 0, "it has expired");
}

#[apply(on_both_engines!)]
async fn a_warning_that_waits_for_a_mail_server_is_replaced_by_the_next(studio: Studio) {
    let (studio, _) = with_key(studio, 30).await;
    for days in [16, 7, 6] {
        studio.pass(DAY * days);
        expiry::notify_due(&studio.app).await.expect("looked");
        assert_eq!(studio.mails(studio.id, MailKind::KeyExpires).await.len(), 1);
    }
}

#[apply(on_both_engines!)]
async fn a_warning_that_was_due_before_the_key_was_made_is_not_sent(studio: Studio) {
    let (studio, _) = with_key(studio, 10).await;
    assert_eq!(written(&studio, studio.id).await.len(), 0, "who made it has just chosen ten days");
    studio.pass(DAY * 3);
    assert_eq!(written(&studio, studio.id).await.len(), 1);
}

#[apply(on_both_engines!)]
async fn nobody_is_told_of_a_revoked_key_and_an_ended_owner_or_a_former_one_is_told_nothing(studio: Studio) {
    let (studio, key) = with_key(studio, 30).await;
    let leaves = studio.add_staff(studio.id, "leaves@casa.example", Role::Owner).await;
    let stays = studio.add_staff(studio.id, "stays@casa.example", Role::Owner).await;
    let mail = MailServer::open().await;
    studio.pass(DAY * 16);
    expiry::notify_due(&studio.app).await.expect("looked");
    assert_eq!(studio.mails(studio.id, MailKind::KeyExpires).await.len(), 3);
    let owner = studio.browser().sign_in("owner@casa.example", PASSWORD).await.1;
    owner.send(&format!("/studio/people/{leaves}/end"), &[]).await.leads_to();
    owner.send(&format!("/studio/people/{stays}/role"), &[("role", "viewer")]).await.leads_to();
    let sending = studio.instance_with(mailer(&mail)).await;
    within(SOON, async || studio.mails(studio.id, MailKind::KeyExpires).await.is_empty()).await;
    assert_eq!(mail.taken().iter().map(|taken| taken.to[0].clone()).collect::<Vec<_>>(), ["owner@casa.example"]);
    drop(sending);
    studio.pass(DAY * 7);
    expiry::notify_due(&studio.app).await.expect("looked");
    keys::revoke(&studio.app.db, studio.id, key.stored.id, None, "a test", studio.clock.now()).await.expect("revoked");
    let _sending = studio.instance_with(mailer(&mail)).await;
    within(SOON, async || studio.mails(studio.id, MailKind::KeyExpires).await.is_empty()).await;
    assert_eq!(mail.taken().len(), 1, "the mail that waited is not sent any more");
    studio.pass(DAY * 6);
    assert_eq!(written(&studio, studio.id).await.len(), 0);
}

#[apply(on_both_engines!)]
async fn another_end_of_a_key_begins_anew(studio: Studio) {
    let (studio, key) = with_key(studio, 30).await;
    studio.pass(DAY * 23);
    assert_eq!(written(&studio, studio.id).await.len(), 1);
    let mut tx = studio.app.db.begin().await.expect("a transaction");
    let text = "update keys set expires_at = $2 where id = $1";
    tx.on().query(text).bind(key.stored.id).bind(studio.clock.now().plus(DAY * 14)).execute().await.expect("moved");
    tx.commit().await.expect("committed");
    assert_eq!(written(&studio, studio.id).await.len(), 1);
    assert_eq!(written(&studio, studio.id).await.len(), 0);
}

#[apply(on_both_engines!)]
async fn nobody_is_told_of_a_key_whose_replacement_took_over_unless_something_still_calls_with_it(studio: Studio) {
    let (studio, old) = with_key(studio, 40).await;
    let to = Replacement { expires_in: Some(DAY * 100), ..Replacement::default() };
    let rotated = keys::rotate(&studio.app.db, studio.id, old.stored.id, to, "a test", studio.clock.now()).await;
    let new = rotated.expect("a replacement");
    let call = async |key: &Created| {
        studio.management_client().with_key(key.minted.reveal()).get("/v1/classes").await.expect(200);
        studio.app.access.usage.write(&studio.app.db).await.expect("written");
    };
    call(&old).await;
    studio.pass(DAY * 26);
    assert_eq!(written(&studio, studio.id).await.len(), 1, "nothing has called with the new key yet");
    studio.pass(DAY * 7);
    call(&new).await;
    assert_eq!(written(&studio, studio.id).await.len(), 0, "it has taken over");
    studio.pass(DAY * 5);
    call(&old).await;
    studio.pass(DAY);
    let mails = written(&studio, studio.id).await;
    assert_eq!(mails.len(), 1, "something still calls with the old key");
    assert!(mails[0].key_is_replaced);
}

#[apply(on_both_engines!)]
async fn the_mail_names_the_key_masked_its_end_by_the_studios_clocks_and_leads_to_its_page(studio: Studio) {
    let (studio, key) = with_key(studio, 30).await;
    let mail = MailServer::open().await;
    studio.pass(DAY * 16);
    let sending = studio.instance_with(mailer(&mail)).await;
    within(SOON, async || !mail.taken().is_empty()).await;
    let taken = mail.taken().remove(0);
    let zone = jiff::tz::TimeZone::get("Europe/Lisbon").expect("a zone");
    let end = zone.to_datetime(key.stored.expires_at.expect("an end").timestamp());
    let end = format!("{} (Europe/Lisbon)", end.strftime("%A, %-d %B %Y, %H:%M"));
    let subject = format!("<title>The key “a server” expires on {end}</title>");
    let (text, page) = (taken.text(), format!("/studio/api-keys/{}", key.stored.id));
    let link = format!("{}{page}", sending.app.urls.studio);
    for words in [&*link, &*subject, &*key.stored.masked(), "“a server”", "Test Studio", "text/plain", "text/html"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains(key.minted.reveal()) && !text.contains("works once"), "{text}");
    let owner = studio.browser().sign_in("owner@casa.example", PASSWORD).await.1;
    assert!(owner.open(&page).await.html().contains("a server"), "the link leads its reader to the key");
}
