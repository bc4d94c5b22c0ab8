//! Owners are told of an exposed key: one mail for each exposure, within a bound.

use std::time::Duration;

use flow_gateway::{
    access::{
        history,
        keys::{self, Created},
        scope::Scope::InstructorsRead,
        sessions::stored::Role,
    },
    mail::{
        email::Email,
        outbox::{MailKind, Unsent},
    },
    signin::owner_mails::exposure,
};
use serde_json::json;

use super::sending::{SOON, mailer};
use crate::support::{
    dashboard::PASSWORD,
    smtp::MailServer,
    studio::{Studio, on_both_engines, secret, within},
};

const SITE: &str = "https://shop.evil.example";
const LIST: &str = "/v1/instructors";

async fn with_key(studio: Studio) -> (Studio, Created) {
    let studio = studio.with_a_clock_that_stands().await;
    for (email, role) in [
        ("owner@casa.example", Role::Owner),
        ("dev@casa.example", Role::Developer),
        ("view@casa.example", Role::Viewer),
    ] {
        studio.add_staff(studio.id, email, role).await;
    }
    let key = studio.key(secret(&[InstructorsRead])).await;
    (studio, key)
}

/// Sends a key as the page of a website would.
async fn from_browser(studio: &Studio, key: &Created, origin: &str) {
    let client = studio.management_client().with_key(key.minted.reveal()).with("origin", origin);
    client.get(LIST).await.is_problem(403, "secret_key_in_browser");
    studio.app.access.exposures.written().await;
}

async fn report(studio: &Studio, key: &Created, address: &str) {
    let reporter = studio.dashboard_client().from(address);
    assert_eq!(reporter.post("/v1/exposed-keys", json!({"key": key.minted.reveal()})).await.status, 202);
}

async fn written(studio: &Studio) -> Vec<Unsent> {
    exposure::notify_new(&studio.app).await.expect("looked");
    studio.mails(studio.id, MailKind::KeyExposed).await
}

#[apply(on_both_engines!)]
async fn owners_alone_get_one_mail_for_an_exposure_and_none_for_further_calls(studio: Studio) {
    let (studio, key) = with_key(studio).await;
    let neighbour = studio.neighbour().await;
    studio.add_staff(neighbour, "owner@other.example", Role::Owner).await;
    let other = studio.second_instance().await;
    for _ in 0..3 {
        from_browser(&studio, &key, SITE).await;
        let (one, two) = tokio::join!(exposure::notify_new(&studio.app), exposure::notify_new(&other.app));
        one.and(two).expect("looked");
    }
    let mails = written(&studio).await;
    assert_eq!(mails.iter().map(|mail| mail.email.as_str()).collect::<Vec<_>>(), ["owner@casa.example"]);
    from_browser(&studio, &key, "https://casa.example").await;
    assert_eq!(written(&studio).await.len(), 2, "another place is another exposure");
    assert!(studio.mails(neighbour, MailKind::KeyExposed).await.is_empty());
    assert_eq!(history::exposures(studio.app.db.of(studio.id), key.stored.id).await.expect("exposures").len(), 2);
}

#[apply(on_both_engines!)]
async fn the_mail_says_where_and_when_what_was_done_and_what_to_do_and_holds_no_key_and_no_strangers_link(
    studio: Studio,
) {
    let (studio, key) = with_key(studio).await;
    from_browser(&studio, &key, SITE).await;
    exposure::notify_new(&studio.app).await.expect("looked");
    let mail = MailServer::open().await;
    let sending = studio.instance_with(mailer(&mail)).await;
    within(SOON, async || !mail.taken().is_empty()).await;
    let text = mail.taken()[0].text();
    let link = format!("{}/studio/api-keys/{}", sending.app.urls.studio, key.stored.id);
    for words in [
        "The secret key “a server” was exposed",
        &key.stored.masked(),
        "A page of shop[.]evil[.]example sent it to the management surface.",
        "(Europe/Lisbon)",
        "The call was refused. The key itself still works.",
        "Revoke the key.",
        "Make a new key in its place",
        &link,
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let steps = ["Revoke the key.", "Make a new key"].map(|step| text.find(step).expect("a step"));
    assert!(steps[0] < steps[1], "revoke first, then replace");
    for words in [key.minted.reveal(), "evil.example", "works once"] {
        assert!(!text.contains(words), "{words}: {text}");
    }
}

#[apply(on_both_engines!)]
async fn a_report_is_told_with_the_revocation_that_it_brought(studio: Studio) {
    let (studio, key) = with_key(studio).await;
    report(&studio, &key, "203.0.113.7").await;
    let mails = written(&studio).await;
    assert_eq!(mails.len(), 1);
    let text = Email::write(&mails[0], None).expect("written").text;
    for words in [
        "Somebody in the network 203.0.113.0/24 found the key, and reported it.",
        "The key is revoked: every call with it is refused.",
        "Remove the old key from where it was found.",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("Revoke the key."), "{text}");
    studio.pass(Duration::from_secs(1));
    report(&studio, &key, "198.51.100.7").await;
    from_browser(&studio, &key, SITE).await;
    assert_eq!(written(&studio).await.len(), 1, "nobody is told of a key that has ended");
}

#[apply(on_both_engines!)]
async fn who_has_a_key_and_invents_places_floods_no_mailbox_and_hides_no_revocation(studio: Studio) {
    let (studio, key) = with_key(studio).await;
    for number in 0..12 {
        from_browser(&studio, &key, &format!("https://{number}.evil.example")).await;
        assert_eq!(written(&studio).await.len(), (number + 1).min(3));
    }
    studio.pass(Duration::from_hours(25));
    assert_eq!(written(&studio).await.len(), 3, "what was left out is not told later");
    from_browser(&studio, &key, SITE).await;
    assert_eq!(written(&studio).await.len(), 4, "another day");
    for number in 20..30 {
        from_browser(&studio, &key, &format!("https://{number}.evil.example")).await;
    }
    assert_eq!(written(&studio).await.len(), 6);
    report(&studio, &key, "203.0.113.7").await;
    assert_eq!(written(&studio).await.len(), 7);
}

#[apply(on_both_engines!)]
async fn what_is_no_website_is_not_repeated_in_the_mail(studio: Studio) {
    let (studio, key) = with_key(studio).await;
    from_browser(&studio, &key, "your account is closed, see www.evil.example").await;
    let mails = written(&studio).await;
    let text = Email::write(&mails[0], None).expect("written").text;
    assert!(text.contains("A page that does not say which website it belongs to sent it"), "{text}");
    assert!(!text.contains("evil") && !text.contains("closed"), "{text}");
}

#[apply(on_both_engines!)]
async fn the_key_is_named_on_every_page_until_it_is_revoked_and_its_page_lists_the_places(studio: Studio) {
    let (studio, key) = with_key(studio).await;
    from_browser(&studio, &key, SITE).await;
    let owner = studio.browser().sign_in("owner@casa.example", PASSWORD).await.1;
    let told = "The secret key “a server” was exposed, and still works.";
    assert!(owner.open("/studio/activity").await.html().contains(told));
    let page = format!("/studio/api-keys/{}", key.stored.id);
    let html = owner.open(&page).await.html();
    assert!(html.contains("A page of https://shop.evil.example sent it to the management surface."), "{html}");
    keys::revoke(&studio.app.db, studio.id, key.stored.id, None, "a test", studio.clock.now()).await.expect("revoked");
    assert!(!owner.open("/studio/activity").await.html().contains(told));
    assert!(owner.open(&page).await.html().contains("Where it was exposed"));
}
