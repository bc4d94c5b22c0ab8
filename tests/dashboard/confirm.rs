//! A form that was sent without a fresh password: nothing that somebody typed or chose is lost.

use std::time::Duration;

use flow_gateway::{
    access::{
        keys,
        scope::Scope::ClassesRead,
        sessions::{pages::Reach, stored::Role},
    },
    dashboard::rules,
};

use super::{every_page::path, keys::Form};
use crate::support::{
    dashboard::{Browser, PASSWORD},
    studio::{Reply, on_both_engines, secret},
};

const CONFIRM: &str = "/studio/confirm";

async fn send(browser: &Browser, path: &str, fields: &[(String, String)], more: &[(&str, &str)]) -> Reply {
    let fields: Vec<_> = fields.iter().map(|(name, text)| (&**name, &**text)).chain(more.iter().copied()).collect();
    browser.send(path, &fields).await
}

/// Sends a form again, as a browser does that is sent on, and types the password: the page that keeps the form.
async fn kept(browser: &Browser, path: &str, sent: &[(&str, &str)]) -> Reply {
    let asked = browser.send(browser.send(path, sent).await.sends_on_to(), sent).await;
    assert!(asked.html().contains("Nothing was done with it yet"), "{}", asked.html());
    let kept = send(browser, CONFIRM, &asked.hidden_fields(), &[("password", PASSWORD)]).await;
    assert_eq!((kept.status.as_u16(), kept.header("cache-control")), (200, "no-store"), "{kept:?}");
    kept
}

#[apply(on_both_engines!)]
async fn every_form_that_asks_for_the_password_is_kept_as_it_was_sent(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let sent = [
        ("end_after", "7"),
        ("scopes", "a"),
        ("scopes", "<b> & \"c\""),
        ("networks", "192.0.2.1\r\n192.0.2.2"),
        ("password", "of the form itself"),
        ("next", "/studio/people"),
        ("waiting.x", "1"),
        ("empty", ""),
    ];
    let forms: Vec<_> = rules().into_iter().filter(|rule| rule.method == "POST").collect();
    for rule in forms.iter().filter(|rule| matches!(rule.needs, Reach::Fresh(_))) {
        studio.pass(Duration::from_mins(10));
        let path = path(rule);
        let page = kept(&owner, &path, &sent).await;
        let form = page.between("<h1>Send your form now</h1>", "</form>");
        assert!(form.contains(&format!("<form method=\"post\" action=\"{path}\">")), "{rule:?}: {form}");
        let fields = page.hidden_fields();
        let again: Vec<_> = fields.iter().map(|(name, text)| (&**name, &**text)).collect();
        assert_eq!(again, sent, "{rule:?}");
    }
}

#[apply(on_both_engines!)]
async fn a_wrong_password_keeps_the_form_and_does_nothing(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    studio.pass(Duration::from_mins(10));
    let sent = [("email", "rui@casa.example"), ("role", "viewer")];
    let asked = owner.send(owner.send("/studio/people", &sent).await.sends_on_to(), &sent).await;
    let again = send(&owner, CONFIRM, &asked.hidden_fields(), &[("password", "wrong")]).await;
    assert_eq!((again.status.as_u16(), again.hidden_fields()), (422, asked.hidden_fields()));
    assert!(!owner.open("/studio/people").await.html().contains("rui@casa.example"));
    let kept = send(&owner, CONFIRM, &again.hidden_fields(), &[("password", PASSWORD)]).await;
    let there = send(&owner, "/studio/people", &kept.hidden_fields(), &[]).await.leads_to().to_owned();
    assert!(owner.open(&there).await.html().contains("rui@casa.example"));
}

#[apply(on_both_engines!)]
async fn the_end_that_a_rotation_chose_is_there_after_the_password(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let old = studio.key(secret(&[ClassesRead])).await.stored.id;
    let rotation = format!("/studio/api-keys/{old}/rotation");
    let form = Form::of(&owner, &rotation).await;
    studio.pass(Duration::from_mins(10));
    let kept = kept(&owner, &rotation, &[("form", &form.0), ("end_after", "7")]).await;
    assert_eq!(keys::list(studio.app.db.of(studio.id)).await.unwrap().len(), 1, "nothing was made yet");
    assert_eq!(send(&owner, &rotation, &kept.hidden_fields(), &[]).await.status, 200);
    assert_eq!(keys::list(studio.app.db.of(studio.id)).await.unwrap().len(), 2);
    let page = owner.open(&rotation).await.html();
    assert!(page.contains("The old key ends 7 days after the new key is first used."), "{page}");
    studio.pass(Duration::from_mins(10));
    // A form without any field is one as well: it cancels the end.
    let cancel = format!("{rotation}/end");
    let kept = self::kept(&owner, &cancel, &[]).await;
    assert_eq!(send(&owner, &cancel, &kept.hidden_fields(), &[]).await.leads_to(), rotation);
    assert!(!owner.open(&rotation).await.html().contains("The old key ends 7 days"));
}

#[apply(on_both_engines!)]
async fn a_form_is_kept_for_a_page_of_ours_alone_and_from_no_other_site(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let foreign = owner.with("sec-fetch-site", "cross-site");
    let page = "/studio/confirm?next=%2Fstudio%2Fpeople";
    assert_eq!(foreign.send(page, &[("email", "eve@evil.example")]).await.status, 403);
    for next in ["https://evil.example/", "//evil.example", "/studio/../x", "/studio/confirm"] {
        let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let reply = owner.send(&format!("{CONFIRM}?next={next}"), &[("a", "b")]).await;
        assert_eq!(reply.status, 422, "it is taken for a wrong password: {reply:?}");
        assert!(!reply.html().contains("evil.example") && !reply.html().contains("waiting.a"), "{}", reply.html());
    }
}
