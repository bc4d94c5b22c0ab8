//! Attacks every page for members. The table itself says what there is to attack, so that a new page is attacked at once.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use flow_gateway::{
    access::{
        member_sessions::pages::{CALENDAR, MemberReach, WIDGET, WINDOW},
        table::Rule,
    },
    member_pages::rules,
    store::fair::Requester,
};

use super::{ACCOUNT, joined};
use crate::support::studio::on_both_engines;

fn of_method(method: &'static str) -> Vec<Rule<MemberReach>> {
    rules().into_iter().filter(|rule| rule.method == method).collect()
}

#[apply(on_both_engines!)]
async fn who_is_not_signed_in_is_led_to_sign_in(studio: Studio) {
    let stranger = studio.member_browser();
    let forged = stranger.with("cookie", "flow_member=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    for browser in [&stranger, &forged] {
        for rule in rules().iter().filter(|rule| rule.needs == MemberReach::SignedIn) {
            let reply = browser.call(rule.method, rule.path).await;
            assert_eq!(reply.leads_to(), "/sign-in", "{rule:?}");
            assert_eq!(reply.header("cache-control"), "no-store");
        }
    }
}

#[apply(on_both_engines!)]
async fn a_form_of_another_site_does_nothing(studio: Studio) {
    let (member, _) = joined(&studio).await;
    for value in ["cross-site", "same-site", "none"] {
        let foreign = member.with("sec-fetch-site", value);
        for rule in of_method("POST") {
            let reply = foreign.send(rule.path, &[]).await;
            assert_eq!(reply.status, 403, "{rule:?} {value}: {reply:?}");
            assert!(reply.html().contains("not sent by a page of this site"), "{reply:?}");
        }
        assert_eq!(foreign.open(ACCOUNT).await.status, 200, "a link of another site opens a page");
    }
    let program = studio.members_client().call("POST", "/sign-in").await;
    program.is_problem(403, "cross_site_form");
}

#[apply(on_both_engines!)]
async fn every_page_has_a_strict_policy_and_is_kept_by_nobody(studio: Studio) {
    let (member, _) = joined(&studio).await;
    for rule in of_method("GET") {
        let browser = if rule.needs == MemberReach::Anyone { studio.member_browser() } else { member.clone() };
        let reply = browser.open(rule.path).await;
        // Of these two, without what they are asked for, there is what is wrong.
        let status = match rule.path {
            WIDGET => 400,
            WINDOW => 403,
            _ => 200,
        };
        assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (status, "no-store"), "{rule:?}");
        assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(reply.header("referrer-policy"), "same-origin");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("script-src 'self'; style-src 'self'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{policy}");
        let html = reply.html();
        assert!(!html.contains("<style") && !html.contains(" style=") && !html.contains(" onclick="), "{html}");
        for asset in ["/members.css", "/members.js"] {
            assert!(html.contains(asset) && browser.open(asset).await.status == 200, "{asset}");
        }
    }
}

#[apply(on_both_engines!)]
async fn what_is_no_page_is_not_found_by_people_and_by_programs(studio: Studio) {
    let page = studio.member_browser().open("/nowhere").await;
    assert_eq!(page.status, 404);
    assert!(page.html().contains("There is nothing here"), "{}", page.html());
    for path in ["/", "/nowhere", "/studio/sign-in"] {
        studio.members_client().get(path).await.is_problem(404, "unknown_operation");
    }
    let other = studio.members_client().with("sec-fetch-site", "same-origin").call("DELETE", "/sign-in").await;
    other.is_problem(405, "method_not_allowed");
    assert_eq!(other.header("allow"), "GET, HEAD, POST");
}

#[apply(on_both_engines!)]
async fn signing_out_waits_for_a_write_slot_and_showing_a_page_for_no_slot(studio: Studio) {
    let (member, _) = joined(&studio).await;
    let busy = studio.instance_that_does_not_wait().await;
    let member = busy.member_browser().with("cookie", &member.cookie());
    let here = Requester { studio: None, network: IpAddr::V4(Ipv4Addr::LOCALHOST) };
    let mut taken = Vec::new();
    while let Ok(slot) = busy.app.admission.write(here, Duration::ZERO).await {
        taken.push(slot);
    }
    for path in ["/sign-out", "/sign-out-everywhere"] {
        let reply = member.send(path, &[]).await;
        assert_eq!(reply.status, 503, "{path}: {reply:?}");
    }
    assert_eq!(member.open(ACCOUNT).await.status, 200, "nobody was signed out");
    drop(taken);
    assert_eq!(member.send("/sign-out", &[]).await.leads_to(), "/sign-in");
}

#[apply(on_both_engines!)]
async fn every_page_of_who_is_signed_in_has_a_button_that_signs_out(studio: Studio) {
    let (member, _) = joined(&studio).await;
    let mut seen = Vec::new();
    for rule in of_method("GET").iter().filter(|rule| rule.needs == MemberReach::SignedIn) {
        seen.push((rule.path, member.open(rule.path).await.html()));
    }
    seen.push(("a link to the calendar", member.send(CALENDAR, &[("do", "make")]).await.html()));
    assert!(seen.len() > 4, "{}", seen.len());
    for (page, html) in seen {
        let (_, form) =
            html.split_once("<form method=\"post\" action=\"/sign-out\">").unwrap_or_else(|| panic!("{page}: {html}"));
        assert!(
            form.split_once("</form>").is_some_and(|(inside, _)| inside.contains("Sign out</button>")),
            "{page}: {html}"
        );
    }
}
