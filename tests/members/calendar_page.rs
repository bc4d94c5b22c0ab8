//! The page where a member makes and revokes the link to their calendar, without a script and in six languages.

use flow_gateway::wire::language::Language;
use serde_json::Value;

use super::{RUI, calendar::read, join, joined};
use crate::support::{
    dashboard::{Browser, PASSWORD},
    studio::{Reply, on_both_engines},
};

const CALENDAR: &str = "/account/calendar";

async fn sends(browser: &Browser, member: &Value, what: &str) -> Reply {
    browser.send(CALENDAR, &[("membership", member["id"].as_str().unwrap()), ("do", what)]).await
}

/// The path of the calendar that a page shows.
fn shown(reply: &Reply) -> String {
    let url = reply.between("id=\"link\" value=\"", "\"");
    let (_, path) = url.split_once("/calendar/").expect("a calendar");
    assert!(
        reply
            .html()
            .contains(&format!("href=\"webcal{}\"", url.trim_start_matches("https").trim_start_matches("http")))
    );
    format!("/calendar/{path}")
}

#[apply(on_both_engines!)]
async fn a_link_is_shown_once_replaced_and_revoked(studio: Studio) {
    let (browser, member) = joined(&studio).await;
    let account = browser.open("/account").await.html();
    assert!(
        account.contains(&format!("href=\"{CALENDAR}?membership={}\"", member["id"].as_str().unwrap())),
        "{account}"
    );
    assert!(browser.open(CALENDAR).await.html().contains("There is no link."));
    let made = sends(&browser, &member, "make").await;
    assert_eq!((made.status.as_u16(), made.header("cache-control")), (200, "no-store"));
    assert_eq!(made.header("referrer-policy"), "same-origin");
    let first = shown(&made);
    assert_eq!(read(&studio, &first).await.status, 200);
    let page = browser.open(CALENDAR).await.html();
    let secret = first.trim_start_matches("/calendar/").trim_end_matches(".ics");
    assert!(page.contains("There is a link, made on") && page.contains("Replace the link"), "{page}");
    assert!(!page.contains(secret), "it is shown no more");
    let second = shown(&sends(&browser, &member, "make").await);
    assert_eq!(read(&studio, &first).await.status, 404);
    assert_eq!(read(&studio, &second).await.status, 200);
    assert!(sends(&browser, &member, "revoke").await.html().contains("The link is revoked"));
    assert_eq!(read(&studio, &second).await.status, 404);
    assert!(browser.open(CALENDAR).await.html().contains("There is no link."));
    assert_eq!(sends(&browser, &member, "else").await.status, 400);
}

#[apply(on_both_engines!)]
async fn nobody_makes_or_revokes_anothers_link(studio: Studio) {
    let (rui, of_rui) = joined(&studio).await;
    let (ana, _) = join(&studio, studio.id, "ana@member.example", PASSWORD).await;
    let path = shown(&sends(&rui, &of_rui, "make").await);
    for what in ["make", "revoke"] {
        assert_eq!(sends(&ana, &of_rui, what).await.status, 404, "{what}");
        let foreign = rui.with("sec-fetch-site", "cross-site");
        assert_eq!(sends(&foreign, &of_rui, what).await.status, 403, "{what}");
        assert_eq!(sends(&studio.member_browser(), &of_rui, what).await.leads_to(), "/sign-in", "{what}");
    }
    assert_eq!(ana.open(&format!("{CALENDAR}?membership={}", of_rui["id"].as_str().unwrap())).await.status, 404);
    assert_eq!(read(&studio, &path).await.status, 200, "it is still there");
}

#[apply(on_both_engines!)]
async fn the_pages_are_in_the_languages_of_members_with_the_date_in_each(studio: Studio) {
    let (_, member) = joined(&studio).await;
    let mut titles = Vec::new();
    for language in ["en", "de", "fr", "es", "it", "pt"] {
        let (_, browser) = studio.member_browser().with("accept-language", language).sign_in(RUI, PASSWORD).await;
        let made = sends(&browser, &member, "make").await.html();
        let since = browser.open(CALENDAR).await.html();
        assert!(made.contains(&format!("<html lang=\"{language}\"")), "{made}");
        let today = jiff::tz::TimeZone::UTC.to_datetime(studio.clock.now().timestamp());
        let month = Language::of_members(language).expect("one of ours").date(today, "%B");
        assert!(since.contains(&month) && since.contains(&today.year().to_string()), "{month}: {since}");
        assert!(!since.contains('{') && !made.contains('{'), "{since}");
        titles.push(made.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_owned());
    }
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 6, "{titles:?}");
}
