//! What the links in mails to members open: an invitation, and a new password.

use std::time::Duration;

use flow_gateway::{
    mail::outbox::MailKind,
    resources::members,
    store::{
        audit::{self, AuditFilter},
        db::Engine,
        filter::LogOrder,
        turns::{Turns, WriteTx},
    },
};
use serde_json::json;

use super::{
    ACCOUNT, INVITATION, NEW, RESET, RUI, SOON, back_office, forgotten, invite, is_in, join, joined, now, path, typed,
};
use crate::support::{
    dashboard::PASSWORD,
    studio::{Studio, on_both_engines, within},
};

#[apply(on_both_engines!)]
async fn who_is_invited_chooses_a_password_and_is_a_member(studio: Studio) {
    let member = invite(&studio, studio.id, RUI).await;
    let (token, url) = studio.mailed_link(studio.id, MailKind::Invitation).await;
    let page = format!("{}{INVITATION}", studio.app.urls.members);
    assert_eq!(url, format!("{page}#{}", token.reveal()), "behind #, which browsers send to nobody");
    let stranger = studio.member_browser();
    assert!(stranger.open(INVITATION).await.html().contains("Link from the e-mail"));
    let html = stranger.send(INVITATION, &[("token", &url)]).await.html();
    for shown in ["Test Studio", RUI, ">Password</label>", ">Repeat the password</label>", "Accept the invitation"] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    for (password, again, fault) in [
        ("short", "short", "Password must have at least 12 characters."),
        ("password1234", "password1234", "is easily guessed"),
        ("TestStudio2026", "TestStudio2026", "is easily guessed"),
        (NEW, PASSWORD, "The two passwords are not the same."),
    ] {
        let form = [("token", token.reveal()), ("password", password), ("repeat", again)];
        let reply = stranger.send(INVITATION, &form).await;
        assert_eq!(reply.status, 422, "{password}");
        assert!(reply.html().contains(fault), "{}", reply.html());
    }
    assert_eq!(now(&studio, studio.id, &member).await["status"], "invited", "nothing was changed so far");
    let accepted = stranger.send(INVITATION, &typed(&token, NEW)).await;
    assert_eq!(accepted.leads_to(), "/account?signed_in=1");
    assert!(stranger.keeping(&accepted).open(ACCOUNT).await.html().contains("Test Studio"));
    let row = now(&studio, studio.id, &member).await;
    assert_eq!((&row["status"], &row["version"]), (&json!("active"), &json!(2)));
    assert!(row["starts_on"].is_string() && row["last_signed_in_at"].is_string(), "{row}");
    assert_eq!(studio.member_browser().sign_in(RUI, NEW).await.0.status, 303);
    let again = stranger.send(INVITATION, &typed(&token, NEW)).await;
    assert_eq!(again.status, 410, "a link works once");
    assert!(studio.mails(studio.id, MailKind::Invitation).await.is_empty());
    let (filter, order) = (AuditFilter::default(), LogOrder::Newest(None));
    let rows = audit::list(studio.app.db.of(studio.id), &filter, order, 100).await.unwrap();
    let accepted: Vec<_> = rows.iter().filter(|row| row.action == "members.accept").collect();
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted[0].by, member["id"]);
}

#[apply(on_both_engines!)]
async fn an_invitation_ends_when_it_is_replaced_taken_back_or_a_week_old(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = back_office(&studio, studio.id).await;
    let member = invite(&studio, studio.id, RUI).await;
    let (first, _) = studio.mailed_link(studio.id, MailKind::Invitation).await;
    server.post("/v1/members/invites", json!({"email": RUI})).await.expect(200);
    let (second, _) = studio.mailed_link(studio.id, MailKind::Invitation).await;
    let browser = studio.member_browser();
    let opens = async |token: &flow_gateway::store::token::Token| {
        browser.send(INVITATION, &[("token", token.reveal())]).await.status == 200
    };
    assert!(!opens(&first).await && opens(&second).await, "a newer link replaces the earlier one");
    assert_eq!(browser.send(RESET, &[("token", second.reveal())]).await.status, 410, "it is for one thing");
    server.patch(&path(&member), json!({"email": "rui@another.example"})).await.expect(200);
    assert!(!opens(&second).await, "the address is another one");
    let (third, _) = studio.mailed_link(studio.id, MailKind::Invitation).await;
    assert!(opens(&third).await);
    studio.pass(Duration::from_hours(7 * 24));
    let reply = browser.send(INVITATION, &typed(&third, NEW)).await;
    assert_eq!(reply.status, 410, "it has expired");
    assert!(reply.html().contains("no longer works"), "{}", reply.html());
    let eva = invite(&studio, studio.id, "eva@member.example").await;
    let (fourth, _) = studio.mailed_link(studio.id, MailKind::Invitation).await;
    server.post(&format!("{}/cancel", path(&eva)), json!({})).await.expect(200);
    assert!(!opens(&fourth).await, "the membership was cancelled");
}

#[apply(on_both_engines!)]
async fn of_two_who_use_one_link_at_once_one_joins(studio: Studio) {
    invite(&studio, studio.id, RUI).await;
    let (token, _) = studio.mailed_link(studio.id, MailKind::Invitation).await;
    let other = studio.second_instance().await;
    let (one, other) = (studio.member_browser(), other.member_browser());
    let (first, second) = (typed(&token, NEW), typed(&token, PASSWORD));
    let (one, other) = tokio::join!(one.send(INVITATION, &first), other.send(INVITATION, &second));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410]);
}

#[apply(on_both_engines!)]
async fn who_comes_back_chooses_another_password(studio: Studio) {
    let (_, member) = joined(&studio).await;
    let server = back_office(&studio, studio.id).await;
    server.post(&format!("{}/cancel", path(&member)), json!({})).await.expect(200);
    let again = server.post("/v1/members/invites", json!({"email": RUI})).await.expect(201);
    assert_eq!(again["id"], member["id"]);
    let (token, _) = studio.mailed_link(studio.id, MailKind::Invitation).await;
    assert_eq!(studio.member_browser().sign_in(RUI, PASSWORD).await.0.status, 422, "the old one opens no invitation");
    studio.member_browser().send(INVITATION, &typed(&token, NEW)).await.leads_to();
    assert_eq!(studio.member_browser().sign_in(RUI, PASSWORD).await.0.status, 422);
    assert_eq!(studio.member_browser().sign_in(RUI, NEW).await.0.status, 303);
}

#[apply(on_both_engines!)]
async fn who_forgot_their_password_sets_another_once_in_that_studio_alone(studio: Studio) {
    let (here, _) = joined(&studio).await;
    let neighbour = studio.neighbour().await;
    let (there, _) = join(&studio, neighbour, RUI, PASSWORD).await;
    let (token, url) = forgotten(&studio, "Rui@Member.example").await;
    assert_eq!(url, format!("{}{RESET}#{}", studio.app.urls.members, token.reveal()));
    within(SOON, async || !studio.mails(neighbour, MailKind::PasswordReset).await.is_empty()).await;
    let stranger = studio.member_browser();
    assert_eq!(stranger.open(RESET).await.status, 200);
    let html = stranger.send(RESET, &[("token", &url)]).await.html();
    assert!(html.contains(RUI) && html.contains("Test Studio"), "{html}");
    assert_eq!(stranger.send(RESET, &typed(&token, "short")).await.status, 422);
    assert!(is_in(&here).await, "nothing was changed so far");
    let done = stranger.send(RESET, &typed(&token, NEW)).await;
    assert!(done.html().contains("The password is set"), "{}", done.html());
    assert!(!is_in(&here).await && is_in(&there).await, "the sessions of that membership end");
    let new = studio.member_browser().sign_in(RUI, NEW).await.1;
    let old = studio.member_browser().sign_in(RUI, PASSWORD).await.1;
    for browser in [new, old] {
        assert_eq!(browser.open(ACCOUNT).await.html().matches("<dt>").count(), 1, "each opens one studio");
    }
    assert_eq!(stranger.send(RESET, &typed(&token, PASSWORD)).await.status, 410, "a link works once");
    assert_eq!(studio.mails(studio.id, MailKind::PasswordChanged).await.len(), 1, "who owns the account is told");
}

#[apply(on_both_engines!)]
async fn an_active_member_without_a_password_gets_one_by_mail(studio: Studio) {
    let server = back_office(&studio, studio.id).await;
    let member = invite(&studio, studio.id, RUI).await;
    server.patch(&path(&member), json!({"status": "active"})).await.expect(200);
    let (token, _) = forgotten(&studio, RUI).await;
    assert_eq!(studio.member_browser().send(RESET, &typed(&token, NEW)).await.status, 200);
    assert_eq!(studio.member_browser().sign_in(RUI, NEW).await.0.status, 303);
}

#[apply(on_both_engines!)]
async fn asking_for_a_new_password_says_nothing_of_who_signs_in_and_is_throttled(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    joined(&studio).await;
    invite(&studio, studio.id, "invited@member.example").await;
    let ask = async |email: &str, from: &str| {
        studio.member_browser().from(from).send("/forgotten-password", &[("email", email)]).await
    };
    let known = ask(RUI, "192.0.2.1").await;
    for unknown in ["nobody@member.example", "invited@member.example", "no address", ""] {
        let reply = ask(unknown, "192.0.2.2").await;
        assert_eq!((reply.status, reply.html()), (known.status, known.html()), "{unknown}");
    }
    within(SOON, async || !studio.mails(studio.id, MailKind::PasswordReset).await.is_empty()).await;
    let (first, _) = studio.mailed_link(studio.id, MailKind::PasswordReset).await;
    let throttle = &studio.app.access.member_sessions.throttle;
    within(SOON, async || throttle.resets_under_way() == 0).await;
    for number in 0..20 {
        assert_eq!(ask(RUI, "198.51.100.1").await.status, 200, "{number}");
    }
    // Every request was carried out.
    within(SOON, async || throttle.resets_under_way() == 0).await;
    let reply = ask(RUI, "198.51.100.1").await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "900"), "one network asks too often");
    let reply = studio.member_browser().send(RESET, &[("token", first.reveal())]).await;
    assert_eq!(reply.status, 200, "the first link stays good, however often a stranger asks");
    assert_eq!(studio.mails(studio.id, MailKind::PasswordReset).await.len(), 1);
}

#[apply(on_both_engines!)]
async fn a_link_to_a_new_password_ends_with_the_hour_the_address_and_the_membership(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = back_office(&studio, studio.id).await;
    let (_, member) = joined(&studio).await;
    let opens = async |token: &flow_gateway::store::token::Token| {
        studio.member_browser().send(RESET, &[("token", token.reveal())]).await.status == 200
    };
    let (hour, _) = forgotten(&studio, RUI).await;
    studio.pass(Duration::from_mins(59));
    assert!(opens(&hour).await);
    studio.pass(Duration::from_mins(1));
    assert!(!opens(&hour).await);
    let (moved, _) = forgotten(&studio, RUI).await;
    server.patch(&path(&member), json!({"email": "victim@member.example"})).await.expect(200);
    assert!(!opens(&moved).await, "who reads the old mailbox does not set the password of the new address");
    studio.pass(Duration::from_mins(15));
    let (ended, _) = forgotten(&studio, "victim@member.example").await;
    server.post(&format!("{}/cancel", path(&member)), json!({})).await.expect(200);
    assert!(!opens(&ended).await);
}

#[apply(on_both_engines!)]
async fn who_is_erased_leaves_no_password_and_no_session(studio: Studio) {
    let (browser, member) = joined(&studio).await;
    let mut tx = Turns::default().begin(&studio.app.db, &studio.clock, studio.id, 1).await.unwrap();
    members::erase(&mut tx, member["id"].as_str().unwrap().parse().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!is_in(&browser).await);
    assert_eq!(studio.member_browser().sign_in(RUI, PASSWORD).await.0.status, 422);
    for table in ["member_passwords", "member_sessions"] {
        let text = format!("select count(*) from {table}");
        assert_eq!(studio.app.db.read().query(text).scalar::<i64>().await.unwrap(), Some(0), "{table}");
    }
}

#[apply(on_both_engines!)]
async fn neither_a_token_nor_a_password_is_stored(studio: Studio) {
    let (browser, _) = joined(&studio).await;
    let session = browser.cookie().split_once('=').unwrap().1.to_owned();
    let (unused, _) = forgotten(&studio, RUI).await;
    let db = &studio.app.db;
    let mut stored = String::new();
    for (table, columns) in [
        ("members", "id || email || coalesce(notes, '')"),
        ("member_passwords", "membership_id || password_hash"),
        ("member_sessions", "token_hash || id || coalesce(network, '')"),
        ("mail_links", "token_hash || purpose"),
        ("outbox", "page || coalesce(last_error, '') || subject_id"),
        ("audit", "action || subject_id || coalesce(cast(was as text), '') || coalesce(cast(became as text), '')"),
    ] {
        let text = match db.read().engine() {
            Engine::Sqlite => format!("select group_concat({columns}, ' ') from {table}"),
            Engine::Postgres => format!("select string_agg({columns}, ' ') from {table}"),
        };
        stored += &db.read().query(text).scalar::<String>().await.unwrap().expect("rows");
    }
    assert!(stored.contains(&unused.hash()), "of a link its hash is there");
    for secret in [session.as_str(), unused.reveal(), PASSWORD] {
        assert!(!stored.contains(secret), "{secret} is in {stored}");
    }
    let studio: &Studio = &studio;
    assert!(!format!("{:?}", studio.mails(studio.id, MailKind::PasswordReset).await).contains(unused.reveal()));
}
