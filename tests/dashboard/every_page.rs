//! Attacks every page. The table itself says what there is to attack, so that a new page is attacked at once.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use axum::{body::Body, http::Method};
use flow_gateway::{
    access::{
        scope::Scope,
        sessions::{pages::Reach, stored::Role},
        table::Rule,
    },
    dashboard::rules,
    store::fair::Requester,
};

use crate::support::{
    dashboard::PASSWORD,
    studio::{on_both_engines, secret},
};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The policy of every page, to the letter.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'";

const ROLES: [Role; 3] = [Role::Viewer, Role::Developer, Role::Owner];

pub(super) fn path(rule: &Rule<Reach>) -> String {
    rule.path
        .replace("{keyId}", "key_01jdc9x0aetqt8q3yv0gcm1v5k")
        .replace("{callId}", "call_01jdc9x0aetqt8q3yv0gcm1v5k")
        .replace("{staffId}", "usr_01jdc9x0aetqt8q3yv0gcm1v5k")
        .replace("{contentId}", "cnt_01jdc9x0aetqt8q3yv0gcm1v5k")
        .replace("{membershipId}", "mbr_01jdc9x0aetqt8q3yv0gcm1v5k")
        .replace("{occurrenceId}", "occ_01jdc9x0aetqt8q3yv0gcm1v5k")
        .replace("{bookingId}", "bkg_01jdc9x0aetqt8q3yv0gcm1v5k")
        .replace("{sessionId}", "ses_01jdc9x0aetqt8q3yv0gcm1v5k")
}

/// The pages that end the session which calls them.
const SIGN_OUT: [&str; 2] = ["studioSignOut", "studioSignOutEverywhere"];
/// The forms that do nothing without the token of a link, or of a sign-in that waits for a code.
const NEED_A_TOKEN: [&str; 3] = ["studioJoin", "studioReset", "studioSignInCode"];

fn least(rule: &Rule<Reach>) -> Option<Role> {
    match rule.needs {
        Reach::Anyone => None,
        Reach::Staff(least) | Reach::Fresh(least) => Some(least),
    }
}

#[apply(on_both_engines!)]
async fn who_is_not_signed_in_is_led_to_sign_in_whatever_they_ask_for(studio: Studio) {
    let stranger = studio.browser();
    let forged = stranger.with("cookie", "flow_studio=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    for browser in [&stranger, &forged] {
        for rule in rules().iter().filter(|rule| least(rule).is_some()) {
            let reply = browser.call(rule.method, &path(rule)).await;
            assert!(reply.leads_to().starts_with("/studio/sign-in"), "{rule:?}: {reply:?}");
            assert_eq!(reply.header("cache-control"), "no-store");
        }
        assert!(browser.open("/studio/nowhere").await.leads_to().starts_with("/studio/sign-in"));
    }
}

#[apply(on_both_engines!)]
async fn a_role_reaches_what_its_row_says_and_nothing_else(studio: Studio) {
    for role in ROLES {
        let browser = studio.signed_in(role).await;
        for rule in rules().iter().filter(|rule| rule.id != "studioConfirm" && !SIGN_OUT.contains(&rule.id)) {
            let reply = browser.call(rule.method, &path(rule)).await;
            let may = least(rule).is_none_or(|least| role >= least);
            assert_eq!(reply.status != 403, may, "{role}: {rule:?}: {reply:?}");
            if !may {
                assert!(reply.html().contains("does not include this"), "{reply:?}");
            }
        }
        assert_eq!(browser.open("/studio/nowhere").await.status, 404);
        assert_eq!(browser.call("DELETE", "/studio/api-keys").await.header("allow"), "GET, HEAD, POST");
    }
}

#[apply(on_both_engines!)]
async fn a_form_of_another_site_does_nothing(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("sec-fetch-site", "none")]
    {
        let foreign = owner.with(name, value);
        for rule in rules().iter().filter(|rule| rule.method == "POST") {
            let reply = foreign.send(&path(rule), &[]).await;
            assert_eq!(reply.status, 403, "{rule:?} {value}: {reply:?}");
            assert!(reply.html().contains("not sent by a page of this dashboard"), "{reply:?}");
        }
        assert_eq!(foreign.open("/studio/api-keys").await.status, 200, "a link of another site opens a page");
    }
}

#[apply(on_both_engines!)]
async fn a_program_is_told_about_forms_and_roles_and_not_about_keys(studio: Studio) {
    let sent = studio.dashboard_client().send(Method::POST, "/studio/sign-in", Body::empty(), None).await;
    let viewer = studio.signed_in(Role::Viewer).await.with("accept", "*/*");
    let page = viewer.open("/studio/api-keys/new").await;
    for (reply, code) in [(sent, "cross_site_form"), (page, "insufficient_role")] {
        reply.is_problem(403, code);
        assert_eq!(reply.header("www-authenticate"), "");
        assert!(!reply.json()["title"].as_str().unwrap().contains("key"), "{reply:?}");
    }
}

#[apply(on_both_engines!)]
async fn what_lets_others_in_asks_for_the_password_again_after_ten_minutes(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    studio.pass(Duration::from_mins(10));
    for rule in rules().iter().filter(|rule| !SIGN_OUT.contains(&rule.id)) {
        let reply = owner.call(rule.method, &path(rule)).await;
        // A read comes back, and a form is kept.
        let status = if rule.method == "GET" { 303 } else { 307 };
        let asks = reply.status == status && reply.header("location").starts_with("/studio/confirm?next=");
        assert_eq!(asks, matches!(rule.needs, Reach::Fresh(_)), "{rule:?}: {reply:?}");
    }
}

#[apply(on_both_engines!)]
async fn every_page_has_its_policy_signs_out_and_is_kept_by_nobody(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let key = studio.key(secret(&[Scope::ClassesRead])).await.stored.id.to_string();
    let mut pages =
        vec![(owner.clone(), "/studio/nowhere".to_owned()), (owner.clone(), "/studio/api-keys/key_x".to_owned())];
    for rule in rules().iter().filter(|rule| rule.method == "GET") {
        let browser = if rule.needs == Reach::Anyone { studio.browser() } else { owner.clone() };
        pages.push((browser, path(rule).replace("key_01jdc9x0aetqt8q3yv0gcm1v5k", &key)));
    }
    let mut led = Vec::new();
    for (browser, page) in pages {
        let reply = browser.open(&page).await;
        assert_eq!(reply.header("cache-control"), "no-store", "{page}");
        if reply.status == 303 {
            led.push(page);
            continue;
        }
        assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(reply.header("referrer-policy"), "same-origin");
        let policy = reply.header("content-security-policy");
        assert_eq!(policy, POLICY, "{page}");
        // A download, or an event stream.
        if !reply.header("content-type").starts_with("text/html") {
            continue;
        }
        let html = reply.html();
        assert!(!html.contains("<style") && !html.contains(" style=") && !html.contains(" onclick="), "{html}");
        assert!(!html.contains("role=\"menu"), "a menu is a list of links behind <details>: {html}");
        let is_signed_in = reply.status == 200 && !browser.cookie().is_empty();
        for part in ["<strong class=\"studio\">Test Studio</strong>", "action=\"/studio/sign-out\"><button"] {
            assert_eq!(html.contains(part), is_signed_in, "{page}: {html}");
        }
    }
    // Whose password was typed a moment ago is not asked for it.
    assert_eq!(led, ["/studio/confirm", "/", "/studio"]);
}

#[apply(on_both_engines!)]
async fn every_form_is_answered_503_while_no_write_slot_is_free(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let busy = studio.instance_that_does_not_wait().await;
    let owner = busy.browser().with("cookie", &owner.cookie());
    let mut taken = Vec::new();
    while let Ok(slot) = busy.app.admission.write(Requester { studio: None, network: LOCALHOST }, Duration::ZERO).await
    {
        taken.push(slot);
    }
    let typed = [("email", "owner@casa.example"), ("password", PASSWORD)];
    for rule in rules().iter().filter(|rule| rule.method == "POST" && !NEED_A_TOKEN.contains(&rule.id)) {
        let reply = owner.send(&path(rule), &typed).await;
        assert_eq!(reply.status, 503, "{rule:?}: {reply:?}");
        assert!(!reply.header("retry-after").is_empty());
    }
    drop(taken);
    assert_eq!(owner.send("/studio/confirm", &typed).await.status, 303);
}

#[apply(on_both_engines!)]
async fn the_navigation_says_which_page_is_open(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    for page in [
        "/studio/api-keys",
        "/studio/timetable",
        "/studio/members",
        "/studio/content",
        "/studio/activity",
        "/studio/audit",
        "/studio/people",
        "/studio/settings",
        "/studio/keyboard",
        "/studio/sessions",
    ] {
        let html = owner.open(page).await.html();
        assert_eq!(html.matches("aria-current").count(), 1, "{html}");
        assert!(html.contains(&format!("<a href=\"{page}\" aria-current=\"page\"")), "{html}");
    }
    let html = owner.open("/studio/api-keys/new").await.html();
    assert!(html.contains("<a href=\"/studio/api-keys\" aria-current=\"true\" "), "{html}");
}
