//! Signing in and out as a member.

use std::time::Duration;

use flow_gateway::{
    access::{member_sessions::unscoped::sweep, sessions::stored::Role},
    mail::outbox::MailKind,
};
use serde_json::json;

use super::{ACCOUNT, NEW, RESET, RUI, back_office, forgotten, invite, is_in, join, joined, now, path, typed};
use crate::support::{dashboard::PASSWORD, studio::on_both_engines};

const DAY: Duration = Duration::from_hours(24);

#[apply(on_both_engines!)]
async fn a_member_signs_in_sees_the_studio_and_signs_out(studio: Studio) {
    let (_, member) = joined(&studio).await;
    let before = now(&studio, studio.id, &member).await;
    let (reply, rui) = studio.member_browser().sign_in(" Rui@Member.example ", PASSWORD).await;
    assert_eq!(reply.leads_to(), "/account?signed_in=1");
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("flow_member=") && cookie.contains("; Path=/; "), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax"), "{cookie}");
    let page = rui.open(ACCOUNT).await.html();
    assert!(page.contains("Test Studio") && page.contains(RUI), "{page}");
    assert_eq!(rui.open("/sign-in").await.leads_to(), ACCOUNT);
    let after = now(&studio, studio.id, &member).await;
    assert!(after["last_signed_in_at"].as_str() > before["last_signed_in_at"].as_str());
    assert!(after["updated_at"].as_str() > before["updated_at"].as_str(), "it is listed as changed");
    assert_eq!(after["version"], before["version"], "and was not edited");
    let out = rui.send("/sign-out", &[]).await;
    assert_eq!(out.leads_to(), "/sign-in");
    assert!(out.header("set-cookie").starts_with("flow_member=; ") && out.header("set-cookie").contains("Max-Age=0"));
    assert!(!is_in(&rui).await, "the session is gone");
}

#[apply(on_both_engines!)]
async fn an_unknown_address_and_a_wrong_password_look_the_same(studio: Studio) {
    joined(&studio).await;
    let mut pages = Vec::new();
    for (email, password) in [(RUI, NEW), ("nobody@member.example", PASSWORD), (RUI, "")] {
        let (reply, _) = studio.member_browser().sign_in(email, password).await;
        assert_eq!((reply.status.as_u16(), reply.header("set-cookie")), (422, ""));
        pages.push(reply.html().replace(email, "…"));
    }
    assert!(pages[0].contains("do not belong together") && !pages[0].contains("lantern"), "{}", pages[0]);
    assert!(pages.iter().all(|page| *page == pages[0]));
}

#[apply(on_both_engines!)]
async fn who_guesses_waits_and_neither_the_member_elsewhere_nor_the_staff_does(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    studio.add_staff(studio.id, RUI, Role::Owner).await;
    joined(&studio).await;
    let guesser = studio.member_browser().from("192.0.2.9");
    for _ in 0..10 {
        assert_eq!(guesser.sign_in(RUI, "a wrong one").await.0.status, 422);
    }
    let (reply, _) = guesser.sign_in("RUI@member.example", PASSWORD).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "900"));
    assert_eq!(studio.member_browser().from("192.0.2.10").sign_in(RUI, PASSWORD).await.0.status, 303);
    let staff = studio.browser().from("192.0.2.9").sign_in(RUI, PASSWORD).await.0;
    assert_eq!(staff.status, 303, "the dashboard counts by itself");
    studio.pass(Duration::from_mins(15));
    assert_eq!(guesser.sign_in(RUI, PASSWORD).await.0.status, 303);
}

#[apply(on_both_engines!)]
async fn another_address_has_neither_the_password_nor_the_sessions_of_the_one_before(studio: Studio) {
    let (browser, member) = joined(&studio).await;
    let server = back_office(&studio, studio.id).await;
    server.patch(&path(&member), json!({"first_name": "Rui"})).await.expect(200);
    assert!(is_in(&browser).await, "another change signs nobody out");
    server.patch(&path(&member), json!({"email": "eva@member.example"})).await.expect(200);
    assert!(!is_in(&browser).await);
    for email in [RUI, "eva@member.example"] {
        assert_eq!(studio.member_browser().sign_in(email, PASSWORD).await.0.status, 422, "{email}");
    }
    let (token, _) = forgotten(&studio, "eva@member.example").await;
    assert_eq!(studio.member_browser().send(RESET, &typed(&token, NEW)).await.status, 200);
    assert_eq!(studio.member_browser().sign_in("eva@member.example", NEW).await.0.status, 303);
}

#[apply(on_both_engines!)]
async fn who_is_not_or_no_longer_a_member_cannot_sign_in_and_is_signed_out(studio: Studio) {
    invite(&studio, studio.id, "invited@member.example").await;
    assert_eq!(studio.member_browser().sign_in("invited@member.example", PASSWORD).await.0.status, 422);
    let server = back_office(&studio, studio.id).await;
    let (cancelled, member) = joined(&studio).await;
    let (expired, other) = join(&studio, studio.id, "eva@member.example", PASSWORD).await;
    let (paused, third) = join(&studio, studio.id, "ana@member.example", PASSWORD).await;
    server.post(&format!("{}/cancel", path(&member)), json!({})).await.expect(200);
    server.patch(&path(&other), json!({"starts_on": "2020-01-01", "ends_on": "2020-02-01"})).await.expect(200);
    server.patch(&path(&third), json!({"status": "paused"})).await.expect(200);
    for (email, browser) in [(RUI, &cancelled), ("eva@member.example", &expired)] {
        assert!(!is_in(browser).await, "{email}");
        assert_eq!(studio.member_browser().sign_in(email, PASSWORD).await.0.status, 422, "{email}");
    }
    assert!(is_in(&paused).await, "who takes a break is a member");
    server.patch(&path(&member), json!({"status": "active"})).await.expect(200);
    assert!(!is_in(&cancelled).await, "a session that has ended does not come back");
    assert_eq!(studio.member_browser().sign_in(RUI, PASSWORD).await.0.status, 303, "the password does");
}

#[apply(on_both_engines!)]
async fn a_password_opens_the_memberships_that_have_it_and_no_other(studio: Studio) {
    let (neighbour, third) = (studio.neighbour().await, studio.neighbour().await);
    let (_, here) = joined(&studio).await;
    join(&studio, neighbour, RUI, PASSWORD).await;
    join(&studio, third, RUI, NEW).await;
    let both = studio.member_browser().sign_in(RUI, PASSWORD).await.1;
    assert_eq!(both.open(ACCOUNT).await.html().matches("<dt>").count(), 2);
    let one = studio.member_browser().sign_in(RUI, NEW).await.1;
    assert_eq!(one.open(ACCOUNT).await.html().matches("<dt>").count(), 1);
    let server = back_office(&studio, studio.id).await;
    server.post(&format!("{}/cancel", path(&here)), json!({})).await.expect(200);
    assert_eq!(both.open(ACCOUNT).await.html().matches("<dt>").count(), 1, "the other studio's session goes on");
}

#[apply(on_both_engines!)]
async fn a_session_counts_on_every_instance_and_ends_on_all_at_once(studio: Studio) {
    let (here, _) = joined(&studio).await;
    let other = studio.second_instance().await;
    let there = other.member_browser().with("cookie", &here.cookie());
    assert!(is_in(&there).await);
    let elsewhere = studio.member_browser().sign_in(RUI, PASSWORD).await.1;
    there.send("/sign-out", &[]).await.leads_to();
    assert!(!is_in(&here).await);
    assert!(is_in(&elsewhere).await, "another browser is signed in still");
    let again = studio.member_browser().sign_in(RUI, PASSWORD).await.1;
    again.send("/sign-out-everywhere", &[]).await.leads_to();
    assert!(!is_in(&elsewhere).await && !is_in(&again).await);
}

#[apply(on_both_engines!)]
async fn a_session_that_is_not_used_for_a_month_ends_and_is_removed(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (idle, _) = joined(&studio).await;
    studio.pass(29 * DAY);
    let recent = studio.member_browser().sign_in(RUI, PASSWORD).await.1;
    studio.pass(DAY);
    assert!(!is_in(&idle).await && is_in(&recent).await);
    sweep(&studio.app.db, studio.clock.now()).await.unwrap();
    let count = studio.app.db.read().query("select count(*) from member_sessions").scalar::<i64>().await.unwrap();
    assert_eq!(count, Some(1));
}

#[apply(on_both_engines!)]
async fn a_browser_that_keeps_no_cookie_is_told(studio: Studio) {
    joined(&studio).await;
    let browser = studio.member_browser();
    let led = browser.sign_in(RUI, PASSWORD).await.0.leads_to().to_owned();
    let back = browser.open(&led).await.leads_to().to_owned();
    assert_eq!(back, "/sign-in?signed_in=1");
    assert!(browser.open(&back).await.html().contains("did not keep the cookie"));
}

#[apply(on_both_engines!)]
async fn a_session_of_staff_opens_no_members_page_and_the_other_way_round(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let (member, _) = joined(&studio).await;
    let token = |cookie: String| cookie.split_once('=').unwrap().1.to_owned();
    let as_member = studio.member_browser().with("cookie", &format!("flow_member={}", token(owner.cookie())));
    assert!(!is_in(&as_member).await);
    let as_staff = studio.browser().with("cookie", &format!("flow_studio={}", token(member.cookie())));
    assert!(as_staff.open("/studio/api-keys").await.leads_to().starts_with("/studio/sign-in"));
    assert!(studio.mails(studio.id, MailKind::PasswordReset).await.is_empty());
}
