//! Signing in and out.

use std::time::Duration;

use flow_gateway::{
    access::{
        network::Network,
        scope::Scope::ClassesRead,
        sessions::{
            stored::Role,
            throttle::{Attempt, PasswordThrottle},
            unscoped::sweep,
        },
    },
    signin::{
        password::Password,
        sign_in::{self, NotSignedIn},
        staff,
    },
};

use crate::support::{
    dashboard::PASSWORD,
    studio::{on_both_engines, secret},
};

const EMAIL: &str = "anna@casa.example";
const HOUR: Duration = Duration::from_hours(1);

#[apply(on_both_engines!)]
async fn who_signs_in_sees_the_studio_and_who_signs_out_does_not(studio: Studio) {
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    let (reply, anna) = studio.browser().sign_in(" Anna@Casa.example ", PASSWORD).await;
    assert_eq!(reply.leads_to(), "/studio/api-keys?signed_in=1");
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("flow_studio=") && cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
    let page = anna.open("/studio/api-keys").await.html();
    assert!(page.contains("Test Studio") && page.contains(EMAIL) && page.contains("Owner"), "{page}");
    assert_eq!(anna.open("/").await.leads_to(), "/studio/api-keys");
    assert_eq!(anna.open("/studio/sign-in").await.leads_to(), "/studio/api-keys");
    let out = anna.send("/studio/sign-out", &[]).await;
    assert_eq!(out.leads_to(), "/studio/sign-in");
    assert!(out.header("set-cookie").starts_with("flow_studio=; ") && out.header("set-cookie").contains("Max-Age=0"));
    assert!(anna.open("/studio/api-keys").await.leads_to().starts_with("/studio/sign-in"), "the session is gone");
}

#[apply(on_both_engines!)]
async fn an_unknown_address_and_a_wrong_password_look_the_same(studio: Studio) {
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    let mut pages = Vec::new();
    for (email, password) in [(EMAIL, "unlikely lantern orbit 48"), ("nobody@casa.example", PASSWORD), (EMAIL, "")] {
        let (reply, _) = studio.browser().sign_in(email, password).await;
        assert_eq!((reply.status.as_u16(), reply.header("set-cookie")), (422, ""));
        pages.push(reply.html().replace(email, "…"));
    }
    assert!(pages[0].contains("do not belong together") && !pages[0].contains("lantern"), "{}", pages[0]);
    assert!(pages.iter().all(|page| *page == pages[0]));
}

#[apply(on_both_engines!)]
async fn who_guesses_waits_and_the_owner_elsewhere_does_not(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    let guesser = studio.browser().from("192.0.2.9");
    for _ in 0..10 {
        assert_eq!(guesser.sign_in(EMAIL, "a wrong one").await.0.status, 422);
    }
    for email in [EMAIL, "ANNA@casa.example"] {
        let (reply, _) = guesser.sign_in(email, PASSWORD).await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "900"));
        assert!(reply.html().contains("Try again in 15 min"), "{}", reply.html());
    }
    assert_eq!(studio.browser().from("192.0.2.10").sign_in(EMAIL, PASSWORD).await.0.status, 303);
    studio.pass(Duration::from_mins(15));
    assert_eq!(guesser.sign_in(EMAIL, PASSWORD).await.0.status, 303);
}

#[apply(on_both_engines!)]
async fn guesses_from_many_networks_lock_nobody_out_of_their_account(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    let home = studio.browser().from("192.0.2.1");
    let anna = home.sign_in(EMAIL, PASSWORD).await.1;
    studio.pass(Duration::from_mins(11));
    let throttle = &studio.app.access.sessions.throttle;
    for guess in 0..100_u8 {
        let network = Network::of(std::net::Ipv4Addr::new(198, 51, 100, guess / 10).into());
        throttle.begin(Attempt::sign_in(EMAIL, network), studio.clock.uptime()).await.unwrap();
    }
    assert_eq!(
        studio.browser().from("203.0.113.1").sign_in(EMAIL, PASSWORD).await.0.status,
        429,
        "a new network waits"
    );
    assert_eq!(home.sign_in(EMAIL, PASSWORD).await.0.status, 303, "one that signed in before does not");
    let next = [("password", PASSWORD), ("next", "/studio/api-keys/new")];
    assert_eq!(anna.from("203.0.113.2").send("/studio/confirm", &next).await.leads_to(), "/studio/api-keys/new");
}

#[apply(on_both_engines!)]
async fn who_is_signed_in_guesses_ten_times_and_waits(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    for _ in 0..10 {
        assert_eq!(owner.send("/studio/confirm", &[("password", "wrong")]).await.status, 422);
    }
    let reply = owner.send("/studio/confirm", &[("password", PASSWORD)]).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "900"));
    assert_eq!(
        studio.browser().sign_in("owner@casa.example", PASSWORD).await.0.status,
        303,
        "a sign-in is another count"
    );
}

#[apply(on_both_engines!)]
async fn an_account_has_twenty_sessions_and_the_oldest_ends(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let mut browsers = vec![studio.signed_in(Role::Owner).await];
    for _ in 0..20 {
        studio.pass(Duration::from_secs(1));
        browsers.push(studio.browser().sign_in("owner@casa.example", PASSWORD).await.1);
    }
    let mut signed_in = Vec::new();
    for browser in &browsers {
        signed_in.push(browser.open("/studio/api-keys").await.status == 200);
    }
    assert_eq!(signed_in, [vec![false], vec![true; 20]].concat());
    studio.set_clock(studio.clock.now().minus(HOUR));
    let (_, latest) = studio.browser().sign_in("owner@casa.example", PASSWORD).await;
    assert_eq!(
        latest.open("/studio/api-keys").await.status,
        200,
        "the newest is kept also where the clock was set back"
    );
}

#[apply(on_both_engines!)]
async fn sessions_that_are_over_are_removed(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let count = async || studio.app.db.read().query("select count(*) from sessions").scalar::<i64>().await.unwrap();
    studio.signed_in(Role::Owner).await;
    studio.pass(11 * HOUR);
    studio.browser().sign_in("owner@casa.example", PASSWORD).await;
    sweep(&studio.app.db, studio.clock.now()).await.unwrap();
    assert_eq!(count().await, Some(2));
    studio.pass(HOUR);
    sweep(&studio.app.db, studio.clock.now()).await.unwrap();
    assert_eq!(count().await, Some(1), "one was idle for twelve hours");
}

#[apply(on_both_engines!)]
async fn an_old_password_starts_no_session_after_it_was_changed(studio: Studio) {
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    let network = Network::of(std::net::Ipv4Addr::LOCALHOST.into());
    let verified = staff::owners(studio.app.db.of(studio.id)).await.unwrap();
    assert!(sign_in::begin(&studio.app, &verified, network, None).await.is_ok());
    let mut tx = studio.app.db.begin_studio(&studio.clock, studio.id, 1).await.unwrap();
    let hash = Password::typed("another lantern orbit 48".to_owned()).hash().await.unwrap();
    staff::change_password(&mut tx, verified[0].clone(), hash).await.unwrap();
    tx.tx.commit().await.unwrap();
    let begun = sign_in::begin(&studio.app, &verified, network, None).await;
    assert!(matches!(begun, Err(NotSignedIn::Wrong)), "{begun:?}");
    let sessions = studio.app.db.read().query("select count(*) from sessions").scalar::<i64>().await.unwrap();
    assert_eq!(sessions, Some(0));
}

#[apply(on_both_engines!)]
async fn a_session_ends_when_it_is_idle_and_after_fourteen_days(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let idle = studio.signed_in(Role::Owner).await;
    let busy = studio.browser().sign_in("owner@casa.example", PASSWORD).await.1;
    let is_in =
        async |browser: &crate::support::dashboard::Browser| browser.open("/studio/api-keys").await.status == 200;
    let noted = async |of: flow_gateway::store::instant::Instant| {
        let text = "select count(*) from sessions where seen_at = $1";
        let count = studio.app.db.read().query(text).bind(of).scalar::<i64>().await.unwrap();
        count == Some(1)
    };
    for _ in 0..(14 * 24 / 11) {
        studio.pass(11 * HOUR);
        assert!(is_in(&busy).await);
        // Asked again each time: a use is not noted while the note of the one before is being written.
        let is_noted = async || is_in(&busy).await && noted(studio.clock.now()).await;
        crate::support::studio::within(Duration::from_secs(20), is_noted).await;
    }
    assert!(!is_in(&idle).await, "it was idle for more than twelve hours");
    studio.pass(11 * HOUR);
    assert!(!is_in(&busy).await, "fourteen days are over");
}

#[apply(on_both_engines!)]
async fn a_session_counts_on_every_instance_and_ends_on_all_at_once(studio: Studio) {
    let here = studio.signed_in(Role::Owner).await;
    let other = studio.second_instance().await;
    let cookie = here.cookie();
    let there = other.browser().with("cookie", &cookie);
    assert_eq!(there.open("/studio/api-keys").await.status, 200);
    there.send("/studio/sign-out", &[]).await.leads_to();
    assert!(here.open("/studio/api-keys").await.leads_to().starts_with("/studio/sign-in"));
}

#[apply(on_both_engines!)]
async fn a_password_that_is_changed_ends_the_sessions_of_the_old_one(studio: Studio) {
    let anna = studio.signed_in(Role::Owner).await;
    let mut tx = studio.app.db.begin_studio(&studio.clock, studio.id, 1).await.unwrap();
    let owner = staff::owners(tx.on()).await.unwrap().remove(0);
    let hash = owner.password_hash.clone();
    staff::change_password(&mut tx, owner, hash).await.unwrap();
    tx.tx.commit().await.unwrap();
    assert!(anna.open("/studio/api-keys").await.leads_to().starts_with("/studio/sign-in"));
}

#[apply(on_both_engines!)]
async fn a_browser_that_keeps_no_cookie_is_told_and_led_back_to_what_it_asked_for(studio: Studio) {
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    let browser = studio.browser();
    let sign_in = browser.open("/studio/api-keys/key_1").await.leads_to().to_owned();
    assert_eq!(sign_in, "/studio/sign-in?next=%2Fstudio%2Fapi-keys%2Fkey_1");
    assert!(browser.open(&sign_in).await.html().contains(r#"name="next" value="/studio/api-keys/key_1""#));
    let fields = [("email", EMAIL), ("password", PASSWORD), ("next", "/studio/api-keys/key_1")];
    let led = browser.send("/studio/sign-in", &fields).await.leads_to().to_owned();
    assert_eq!(led, "/studio/api-keys/key_1?signed_in=1");
    let back = browser.open(&led).await.leads_to().to_owned();
    assert!(browser.open(&back).await.html().contains("did not keep the cookie"), "{back}");
    for foreign in ["//evil.example", "https://evil.example", "/studio/../../evil"] {
        let fields = [("email", EMAIL), ("password", PASSWORD), ("next", foreign)];
        assert_eq!(browser.send("/studio/sign-in", &fields).await.leads_to(), "/studio/api-keys?signed_in=1");
    }
}

#[apply(on_both_engines!)]
async fn the_password_is_typed_again_and_then_counts_for_ten_minutes(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    studio.pass(Duration::from_mins(11));
    let confirm = owner.open("/studio/api-keys/new").await.leads_to().to_owned();
    assert_eq!(confirm, "/studio/confirm?next=%2Fstudio%2Fapi-keys%2Fnew");
    assert_eq!(owner.open(&confirm).await.status, 200);
    let next = ("next", "/studio/api-keys/new");
    assert_eq!(owner.send("/studio/confirm", &[("password", "wrong"), next]).await.status, 422);
    assert_eq!(owner.send("/studio/confirm", &[("password", PASSWORD), next]).await.leads_to(), "/studio/api-keys/new");
    assert_eq!(owner.open("/studio/api-keys/new").await.status, 200);
}

#[apply(on_both_engines!)]
async fn one_who_works_for_several_studios_switches_between_them_and_to_no_other(studio: Studio) {
    let neighbour = studio.neighbour().await;
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    let there = studio.add_staff(neighbour, EMAIL, Role::Viewer).await;
    let foreign = studio.add_staff(neighbour, "rui@casa.example", Role::Owner).await;
    let anna = studio.browser().sign_in(EMAIL, PASSWORD).await.1;
    assert!(anna.open("/studio/api-keys").await.html().contains("Owner"));
    assert_eq!(anna.send("/studio/switch", &[("to", &foreign.to_string())]).await.status, 404);
    assert_eq!(anna.send("/studio/switch", &[("to", &there.to_string())]).await.leads_to(), "/studio/api-keys");
    assert!(anna.open("/studio/api-keys").await.html().contains("Viewer"));
    assert_eq!(anna.open("/studio/api-keys/new").await.status, 403, "the role is that of the studio");
}

#[apply(on_both_engines!)]
async fn a_link_to_a_key_of_another_studio_of_theirs_offers_to_switch_and_anybody_elses_is_not_found(studio: Studio) {
    let neighbour = studio.neighbour().await;
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    let there = studio.add_staff(neighbour, EMAIL, Role::Owner).await;
    let key = studio.key_of(neighbour, secret(&[ClassesRead])).await.stored.id;
    let link = format!("/studio/api-keys/{key}");
    let stranger = studio.signed_in(Role::Owner).await;
    let absent = stranger.open(&link).await;
    assert_eq!(absent.status, 404);
    assert!(!absent.html().contains("Switch to"), "{}", absent.html());
    let anna = studio.browser().sign_in(EMAIL, PASSWORD).await.1;
    let page = anna.open(&link).await;
    assert_eq!(page.status, 404);
    let html = page.html();
    assert!(html.contains("This key is in another studio") && html.contains(&format!("value=\"{there}\"")), "{html}");
    assert!(!html.contains("a server") && !html.contains("flow_sk"), "nothing of the key is shown: {html}");
    let to = there.to_string();
    assert_eq!(anna.send("/studio/switch", &[("next", &*link), ("to", &to)]).await.leads_to(), link);
    assert_eq!(anna.open(&link).await.status, 200);
    let away = [("next", "https://evil.example/"), ("to", &to)];
    assert_eq!(anna.send("/studio/switch", &away).await.status, 404, "they are there already");
}

#[apply(on_both_engines!)]
async fn a_storm_of_one_audience_does_not_close_the_sign_in_of_the_other(studio: Studio) {
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    let member = async |password| studio.member_browser().sign_in("rui@member.example", password).await;
    let access = &studio.app.access;
    let storm =
        |throttle: &PasswordThrottle| -> Vec<_> { std::iter::from_fn(|| throttle.attempt_slot().ok()).collect() };
    let held = storm(&access.member_sessions.throttle);
    assert_eq!(member("wrong").await.0.status, 503);
    assert_eq!(studio.browser().sign_in(EMAIL, PASSWORD).await.0.status, 303);
    drop(held);
    let held = storm(&access.sessions.throttle);
    assert_eq!(studio.browser().sign_in(EMAIL, PASSWORD).await.0.status, 503);
    assert_eq!(member("wrong").await.0.status, 422);
    drop(held);
    assert_eq!(studio.browser().sign_in(EMAIL, PASSWORD).await.0.status, 303);
}

#[apply(on_both_engines!)]
async fn neither_a_token_nor_a_password_is_in_the_database(studio: Studio) {
    let anna = studio.signed_in(Role::Owner).await;
    let token = anna.cookie().split_once('=').unwrap().1.to_owned();
    let text = "select * from sessions";
    let sessions: Vec<flow_gateway::access::sessions::stored::Session> =
        studio.app.db.read().query(text).all().await.unwrap();
    assert_eq!(sessions.len(), 1);
    let kept = serde_json::to_string(&sessions).unwrap();
    assert!(!kept.contains(&token) && !kept.contains(PASSWORD), "{kept}");
}
