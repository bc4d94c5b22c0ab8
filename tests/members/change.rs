//! A member who is signed in changes their password and their address.

use std::time::Duration;

use flow_gateway::{
    mail::outbox::{MailKind, Recipient},
    resources::members::kept_of,
};
use serde_json::{Value, json};

use super::{ACCOUNT, NEW, RUI, back_office, forgotten, is_in, join, joined, now, path, typed};
use crate::support::{
    dashboard::{Browser, PASSWORD},
    studio::{Reply, Studio, on_both_engines},
};

const CHANGE_PASSWORD: &str = "/account/password";
const CHANGE_EMAIL: &str = "/account/email";
const EMAIL_CHANGE: &str = "/email-change";
const RUI_NOW: &str = "rui.costa@member.example";

fn id(member: &Value) -> &str {
    member["id"].as_str().expect("an id")
}

async fn ask(browser: &Browser, member: &Value, email: &str, password: &str) -> Reply {
    let sent = [("membership", id(member)), ("email", email), ("current_password", password)];
    browser.send(CHANGE_EMAIL, &sent).await
}

/// Asks for another address: the token of the link.
async fn asked(studio: &Studio, browser: &Browser, member: &Value, email: &str) -> String {
    assert_eq!(ask(browser, member, email, PASSWORD).await.status, 200);
    let mail = studio.mails(studio.id, MailKind::EmailChange).await.pop().expect("a mail");
    assert_eq!(mail.email, email, "it goes to the new address");
    let (token, link) = studio.mailed_link(studio.id, MailKind::EmailChange).await;
    assert!(link.contains("/email-change#"), "{link}");
    token.reveal().to_owned()
}

async fn confirm(studio: &Studio, token: &str) -> Reply {
    studio.member_browser().send(EMAIL_CHANGE, &[("token", token)]).await
}

async fn change(browser: &Browser, member: &Value, [old, new, repeat]: [&str; 3]) -> Reply {
    let sent = [("membership", id(member)), ("current_password", old), ("password", new), ("repeat", repeat)];
    browser.send(CHANGE_PASSWORD, &sent).await
}

async fn signs_in(studio: &Studio, email: &str, password: &str) -> bool {
    studio.member_browser().sign_in(email, password).await.0.status == 303
}

#[apply(on_both_engines!)]
async fn a_member_changes_their_password_with_the_old_one_and_is_signed_out_everywhere_else(studio: Studio) {
    let (browser, member) = joined(&studio).await;
    let (_, elsewhere) = studio.member_browser().sign_in(RUI, PASSWORD).await;
    let (reset, _) = forgotten(&studio, RUI).await;
    for (typed, says) in [
        (["wrong password 12", NEW, NEW], "not your current password"),
        (["", NEW, NEW], "not your current password"),
        ([PASSWORD, "short", "short"], "at least 12 characters"),
        ([PASSWORD, "rui@member.example", "rui@member.example"], "easily guessed"),
        ([PASSWORD, NEW, PASSWORD], "not the same"),
        ([PASSWORD, "", ""], "at least 12 characters"),
    ] {
        let reply = change(&browser, &member, typed).await;
        assert!(reply.status == 422 && reply.html().contains(says), "{typed:?}: {reply:?}");
    }
    assert!(is_in(&elsewhere).await && signs_in(&studio, RUI, PASSWORD).await);
    assert_eq!(change(&browser, &member, [PASSWORD, NEW, NEW]).await.status, 200);
    assert!(is_in(&browser).await && !is_in(&elsewhere).await);
    assert!(signs_in(&studio, RUI, NEW).await && !signs_in(&studio, RUI, PASSWORD).await);
    let told = studio.mails(studio.id, MailKind::PasswordChanged).await;
    assert_eq!(told.iter().map(|mail| mail.email.as_str()).collect::<Vec<_>>(), [RUI]);
    let used = studio.member_browser().send("/password-reset", &typed(&reset, PASSWORD)).await;
    assert_eq!(used.status, 410, "a link to a new password that was sent before opens nothing");
}

#[apply(on_both_engines!)]
async fn a_new_address_counts_once_its_link_is_opened_and_the_one_before_is_told(studio: Studio) {
    let (browser, member) = joined(&studio).await;
    let (reset, _) = forgotten(&studio, RUI).await;
    let token = asked(&studio, &browser, &member, RUI_NOW).await;
    assert_eq!(now(&studio, studio.id, &member).await["email"], RUI, "asking changes nothing");
    let kept = kept_of(studio.app.db.of(studio.id), id(&member).parse().unwrap()).await.unwrap().expect("a person");
    let pending: Vec<_> = kept.links.iter().filter_map(|link| link.address.as_deref()).collect();
    assert_eq!(pending, [RUI_NOW], "what is kept of a person includes the address that they want");
    assert_eq!(studio.member_browser().open(EMAIL_CHANGE).await.status, 200);
    assert_eq!(now(&studio, studio.id, &member).await["email"], RUI, "opening the page changes nothing");
    assert_eq!(confirm(&studio, &token).await.status, 200);
    assert_eq!(now(&studio, studio.id, &member).await["email"], RUI_NOW);
    assert!(is_in(&browser).await, "who is signed in stays so");
    assert!(signs_in(&studio, RUI_NOW, PASSWORD).await && !signs_in(&studio, RUI, PASSWORD).await);
    let told = studio.mails(studio.id, MailKind::EmailChanged).await;
    assert_eq!(told.iter().map(|mail| mail.email.as_str()).collect::<Vec<_>>(), [RUI], "the address before is told");
    assert_eq!(confirm(&studio, &token).await.status, 410, "a link works once");
    let used = studio.member_browser().send("/password-reset", &typed(&reset, NEW)).await;
    assert_eq!(used.status, 410, "a link that the address before has got opens nothing");
}

#[apply(on_both_engines!)]
async fn asking_takes_the_password_and_says_the_same_of_an_address_that_is_taken(studio: Studio) {
    let (browser, member) = joined(&studio).await;
    join(&studio, studio.id, "ana@member.example", PASSWORD).await;
    let server = back_office(&studio, studio.id).await;
    server.post("/v1/members/invites", json!({"email": "invited@member.example"})).await.expect(201);
    for wrong in ["wrong password 12", ""] {
        let reply = ask(&browser, &member, RUI_NOW, wrong).await;
        assert!(reply.status == 422 && reply.html().contains("not your current password"), "{reply:?}");
    }
    let reply = ask(&browser, &member, "no address", PASSWORD).await;
    assert!(reply.status == 422 && reply.html().contains("must be an e-mail address"), "{reply:?}");
    let free = ask(&browser, &member, RUI_NOW, PASSWORD).await.html();
    assert_eq!(studio.mails(studio.id, MailKind::EmailChange).await.len(), 1);
    for taken in ["ana@member.example", "ANA@member.example", "invited@member.example"] {
        assert_eq!(ask(&browser, &member, taken, PASSWORD).await.html(), free, "{taken}");
        assert!(studio.mails(studio.id, MailKind::EmailChange).await.is_empty(), "nobody is written to at {taken}");
    }
    assert!(studio.mails(studio.id, MailKind::EmailChanged).await.is_empty());
}

#[apply(on_both_engines!)]
async fn a_pending_address_is_dropped_by_a_new_one_by_another_password_and_by_the_studio(studio: Studio) {
    let (browser, member) = joined(&studio).await;
    let first = asked(&studio, &browser, &member, RUI_NOW).await;
    let second = asked(&studio, &browser, &member, "rui.2@member.example").await;
    assert_eq!(confirm(&studio, &first).await.status, 410);
    change(&browser, &member, [PASSWORD, NEW, NEW]).await;
    assert_eq!(confirm(&studio, &second).await.status, 410, "another password drops what is pending");
    assert_eq!(ask(&browser, &member, RUI_NOW, NEW).await.status, 200);
    let (third, _) = studio.mailed_link(studio.id, MailKind::EmailChange).await;
    let server = back_office(&studio, studio.id).await;
    server.patch(&path(&member), json!({"email": "by.studio@member.example"})).await.expect(200);
    assert_eq!(confirm(&studio, third.reveal()).await.status, 410, "an address that the studio set stays");
    assert_eq!(now(&studio, studio.id, &member).await["email"], "by.studio@member.example");
}

#[apply(on_both_engines!)]
async fn a_link_ends_after_a_day_and_with_the_membership_and_when_its_address_is_taken_meanwhile(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (browser, member) = joined(&studio).await;
    let late = asked(&studio, &browser, &member, RUI_NOW).await;
    studio.pass(Duration::from_hours(24));
    assert_eq!(confirm(&studio, &late).await.status, 410);
    let token = asked(&studio, &browser, &member, RUI_NOW).await;
    let server = back_office(&studio, studio.id).await;
    let other = server.post("/v1/members/invites", json!({"email": RUI_NOW})).await.expect(201);
    assert_eq!(confirm(&studio, &token).await.status, 410, "somebody else has the address by now");
    assert_eq!(now(&studio, studio.id, &member).await["email"], RUI);
    server.patch(&path(&other), json!({"email": "other@member.example"})).await.expect(200);
    let token = asked(&studio, &browser, &member, RUI_NOW).await;
    server.post(&format!("{}/cancel", path(&member)), json!({})).await.expect(200);
    assert_eq!(confirm(&studio, &token).await.status, 410, "an ended membership keeps its address");
    assert_eq!(ask(&browser, &member, RUI_NOW, PASSWORD).await.leads_to(), "/sign-in");
}

#[apply(on_both_engines!)]
async fn of_two_that_open_links_at_once_each_link_works_once_and_one_address_goes_to_one_member(studio: Studio) {
    let (rui, of_rui) = joined(&studio).await;
    let (ana, of_ana) = join(&studio, studio.id, "ana@member.example", PASSWORD).await;
    let token = asked(&studio, &rui, &of_rui, "both@member.example").await;
    let (one, two) = tokio::join!(confirm(&studio, &token), confirm(&studio, &token));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410], "one link, two uses");
    let of_one = asked(&studio, &rui, &of_rui, "wanted@member.example").await;
    assert_eq!(ask(&ana, &of_ana, "wanted@member.example", PASSWORD).await.status, 200);
    let mails = studio.mails(studio.id, MailKind::EmailChange).await;
    let of_two = mails.iter().find(|mail| mail.recipient().ok() == Some(Recipient::Member(id(&of_ana).to_owned())));
    let of_two = open(&studio, of_two.expect("a mail for each").id).await;
    let (one, two) = tokio::join!(confirm(&studio, &of_one), confirm(&studio, &of_two));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410], "two links to one address");
}

/// A fresh token of a mail that waits.
async fn open(studio: &Studio, id: flow_gateway::mail::outbox::MailId) -> String {
    let mut tx = studio.app.db.begin().await.expect("a transaction");
    let opened = flow_gateway::mail::outbox::open(tx.on().of(studio.id), id).await.expect("opened");
    tx.commit().await.expect("committed");
    opened.and_then(|(_, token)| token).expect("a link").reveal().to_owned()
}

#[apply(on_both_engines!)]
async fn a_change_concerns_one_membership_and_nobody_changes_anothers(studio: Studio) {
    let neighbour = studio.neighbour().await;
    let (_, here) = joined(&studio).await;
    let (_, there) = join(&studio, neighbour, RUI, PASSWORD).await;
    let (ana, _) = join(&studio, studio.id, "ana@member.example", PASSWORD).await;
    for page in [CHANGE_EMAIL, CHANGE_PASSWORD] {
        assert_eq!(ana.open(&format!("{page}?membership={}", id(&here))).await.status, 404);
    }
    assert_eq!(ask(&ana, &here, RUI_NOW, PASSWORD).await.status, 404);
    assert_eq!(change(&ana, &here, [PASSWORD, NEW, NEW]).await.status, 404);
    let (_, rui) = studio.member_browser().sign_in(RUI, PASSWORD).await;
    let token = asked(&studio, &rui, &here, RUI_NOW).await;
    assert_eq!(confirm(&studio, &token).await.status, 200);
    assert_eq!(now(&studio, neighbour, &there).await["email"], RUI, "the membership elsewhere keeps its address");
    assert_eq!(change(&rui, &there, [PASSWORD, NEW, NEW]).await.status, 200);
    assert!(signs_in(&studio, RUI, NEW).await && signs_in(&studio, RUI_NOW, PASSWORD).await);
    assert!(rui.open(ACCOUNT).await.html().contains(RUI_NOW), "the browser shows both as they are now");
}

#[apply(on_both_engines!)]
async fn guesses_of_who_is_signed_in_are_throttled(studio: Studio) {
    let (browser, member) = joined(&studio).await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(change(&browser, &member, ["wrong password 12", NEW, NEW]).await.status.as_u16());
        statuses.push(ask(&browser, &member, RUI_NOW, "wrong password 12").await.status.as_u16());
    }
    assert_eq!(statuses[..10], [422; 10]);
    assert_eq!(statuses[10..], [429; 2], "the pages share one count");
    assert_eq!(change(&browser, &member, [PASSWORD, NEW, NEW]).await.status, 429);
}

#[apply(on_both_engines!)]
async fn a_link_for_one_thing_does_no_other(studio: Studio) {
    let (browser, member) = joined(&studio).await;
    let token = asked(&studio, &browser, &member, RUI_NOW).await;
    let (reset, _) = forgotten(&studio, RUI).await;
    for (page, token) in [("/password-reset", token.as_str()), ("/invitation", &token), (EMAIL_CHANGE, reset.reveal())]
    {
        let sent = [("token", token), ("password", NEW), ("repeat", NEW)];
        assert_eq!(studio.member_browser().send(page, &sent).await.status, 410, "{page}");
    }
    for nothing in ["", "x", "0000000000000000000000000000000000000000000"] {
        assert_eq!(confirm(&studio, nothing).await.status, 410);
    }
    assert_eq!(now(&studio, studio.id, &member).await["email"], RUI);
    assert_eq!(confirm(&studio, &token).await.status, 200, "and was good all the while");
}
