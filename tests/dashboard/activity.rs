//! The pages of the activity: what they show and to whom, their filters, pages, download and the live tail.

use std::time::Duration;

use axum::body::to_bytes;
use flow_gateway::access::{
    scope::Scope::InstructorsRead,
    sessions::stored::Role::{Owner, Viewer},
    surface::Surface,
};
use http_body_util::BodyExt;
use serde_json::json;

use super::lines;
use crate::support::{
    dashboard::PASSWORD,
    studio::{Client, Reply, Studio, on_both_engines, secret},
};

const LIST: &str = "/v1/instructors";

/// Two keys that read, one of which also tried to write, and asked for an operation that does not exist.
async fn used(studio: &Studio) -> [Client; 2] {
    let servers = [studio.server(&[InstructorsRead]).await, studio.server(&[InstructorsRead]).await];
    for server in &servers {
        server.get(&format!("{LIST}?q=private")).await.expect(200);
    }
    servers[0].get("/v1/nothing").await.is_problem(404, "unknown_operation");
    servers[0].post(LIST, json!({})).await.is_problem(403, "insufficient_scope");
    written(studio).await;
    servers
}

fn rows(reply: &Reply) -> usize {
    reply.html().matches("<tr role=\"row\"><td").count()
}

async fn written(studio: &Studio) {
    studio.app.access.usage.write(&studio.app.db).await.expect("written");
}

#[apply(on_both_engines!)]
async fn a_viewer_sees_each_call_newest_first_and_filters_them(studio: Studio) {
    used(&studio).await;
    let viewer = studio.signed_in(Viewer).await;
    let page = viewer.open("/studio/activity").await;
    assert_eq!(rows(&page), 4);
    let html = page.html();
    let newest = html.find("managementCreateInstructor</code>").expect("the newest");
    assert!(newest < html.find("managementListInstructors</code>").expect("an older one"), "{html}");
    assert!(!html.contains("private"), "no query is shown");
    let refused = viewer.open("/studio/activity?outcome=refused").await;
    assert_eq!(rows(&refused), 2);
    assert!(refused.html().contains("<option value=\"refused\" selected>"));
    for (filter, found) in [
        ("outcome=admitted", 2),
        ("outcome=insufficient_scope", 1),
        ("outcome=unknown_operation", 1),
        ("outcome=rate_limited", 0),
        ("operation=managementListInstructors", 2),
        ("operation=unknown", 1),
        ("since=2020-01-01T00:00", 4),
        ("until=2020-01-01T00:00", 0),
        ("since=2020-01-01T00:00:00Z&outcome=admitted&operation=&key=&until=", 2),
    ] {
        assert_eq!(rows(&viewer.open(&format!("/studio/activity?{filter}")).await), found, "{filter}");
        assert_eq!(lines(&viewer.open(&format!("/studio/activity/download?{filter}")).await).len(), found, "{filter}");
    }
    let calls = lines(&viewer.open("/studio/activity/download").await);
    let key = calls[1]["key_id"].as_str().expect("an id");
    assert_eq!(rows(&viewer.open(&format!("/studio/activity?key={key}")).await), 1);
}

#[apply(on_both_engines!)]
async fn the_page_of_a_refused_call_names_the_step_and_what_the_key_has(studio: Studio) {
    used(&studio).await;
    let viewer = studio.signed_in(Viewer).await;
    let link = |page: &Reply| page.between("<a href=\"/studio/activity/call_", "\"");
    let refused = link(&viewer.open("/studio/activity?outcome=refused").await);
    let html = viewer.open(&format!("/studio/activity/call_{refused}")).await.html();
    for told in [
        "The operation needs the scope instructors:write. The key has: instructors:read.",
        "insufficient_scope",
        "The key has the operation&#39;s scope.",
        "managementCreateInstructor",
    ] {
        assert!(html.contains(told), "{told} is not in {html}");
    }
    assert_eq!((html.matches(">passed<").count(), html.matches(">refused<").count()), (8, 1), "{html}");
    let admitted = link(&viewer.open("/studio/activity?outcome=admitted").await);
    let html = viewer.open(&format!("/studio/activity/call_{admitted}")).await.html();
    assert!(html.contains("The call was admitted") && !html.contains(">passed<"), "{html}");
}

#[apply(on_both_engines!)]
async fn a_download_ends_with_an_error_when_its_session_ends(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    for _ in 0..3 {
        studio.record_calls(&key, 400, Surface::Management);
        written(&studio).await;
    }
    let viewer = studio.signed_in(Viewer).await;
    assert_eq!(lines(&viewer.open("/studio/activity/download").await).len(), 1_200);
    let mut download = viewer.download("/studio/activity/download").await;
    let portion = download.frame().await.expect("a portion").expect("read").into_data().expect("rows");
    assert_eq!(String::from_utf8_lossy(&portion).lines().count(), 500);
    assert!(viewer.send("/studio/sign-out", &[]).await.leads_to().starts_with("/studio/sign-in"));
    // One portion may have been read ahead.
    let rest = to_bytes(download, usize::MAX).await;
    assert!(rest.is_err(), "no client takes it for a whole one: {rest:?}");
}

#[apply(on_both_engines!)]
async fn another_studios_calls_are_never_shown(studio: Studio) {
    let neighbour = studio.neighbour().await;
    let theirs = studio.key_of(neighbour, secret(&[InstructorsRead])).await;
    studio.management_client().with_key(theirs.minted.reveal()).get(LIST).await.expect(200);
    written(&studio).await;
    studio.add_staff(neighbour, "anna@neighbour.example", Owner).await;
    let owner = studio.signed_in(Owner).await;
    for path in ["/studio/activity".to_owned(), format!("/studio/activity?key={}", theirs.stored.id)] {
        let page = owner.open(&path).await;
        assert_eq!((page.status.as_u16(), rows(&page)), (200, 0), "{path}");
    }
    assert!(lines(&owner.open("/studio/activity/download").await).is_empty());
    let (_, anna) = studio.browser().sign_in("anna@neighbour.example", PASSWORD).await;
    let call = anna.open("/studio/activity").await.between("<a href=\"/studio/activity/call_", "\"");
    assert_eq!(anna.open(&format!("/studio/activity/call_{call}")).await.status, 200);
    assert_eq!(owner.open(&format!("/studio/activity/call_{call}")).await.status, 404);
}

#[apply(on_both_engines!)]
async fn a_filter_that_cannot_be_read_is_named(studio: Studio) {
    let viewer = studio.signed_in(Viewer).await;
    for (query, label) in
        [("key=cls_1", "Key"), ("outcome=nonsense", "Outcome"), ("since=yesterday", "From"), ("until=x", "Until")]
    {
        let page = viewer.open(&format!("/studio/activity?{query}")).await;
        assert_eq!(page.status, 422, "{query}");
        assert!(page.html().contains(&format!("“{label}” is not valid")), "{query}: {}", page.html());
        for path in ["live", "download"] {
            assert_eq!(viewer.open(&format!("/studio/activity/{path}?{query}")).await.status, 400, "{path} {query}");
        }
    }
    assert_eq!(viewer.open("/studio/activity?before=x").await.status, 422);
    assert_eq!(viewer.open("/studio/activity/nonsense").await.status, 404);
}

#[apply(on_both_engines!)]
async fn pages_lead_from_the_newest_to_the_oldest_and_hide_nothing(studio: Studio) {
    let server = studio.server(&[InstructorsRead]).await;
    for _ in 0..120 {
        server.get(LIST).await.expect(200);
    }
    written(&studio).await;
    let viewer = studio.signed_in(Viewer).await;
    let (mut path, mut seen) = ("/studio/activity?outcome=admitted".to_owned(), Vec::new());
    for shown in [50, 50, 20] {
        let page = viewer.open(&path).await;
        assert_eq!(rows(&page), shown);
        let html = page.html();
        let ids = html.split("<a href=\"/studio/activity/call_").skip(1).filter_map(|rest| rest.split('"').next());
        seen.extend(ids.map(str::to_owned));
        let older =
            html.split_once("class=\"button\" href=\"").and_then(|(_, rest)| rest.split_once("\" rel=\"next\""));
        path = older.map(|(path, _)| path.replace("&#38;", "&")).unwrap_or_default();
        assert!(path.is_empty() || path.contains("outcome=admitted"), "{path}");
    }
    assert_eq!(path, "", "the last page leads to no other");
    let mut sorted = seen.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    sorted.dedup();
    assert_eq!((seen.len(), &sorted), (120, &seen));
}

#[apply(on_both_engines!)]
async fn the_tail_counts_each_new_call_once(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let viewer = studio.signed_in(Viewer).await;
    let server = studio.server(&[InstructorsRead]).await;
    let tail = viewer.open("/studio/activity?outcome=admitted").await.between("data-live=\"", "\"");
    let tail = tail.replace("&#38;", "&");
    let told = async |id: Option<&str>| {
        let browser = id.map_or_else(|| viewer.clone(), |id| viewer.with("last-event-id", id));
        let reply = browser.open(&tail).await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "text/event-stream"));
        let text = String::from_utf8(reply.body.to_vec()).expect("text");
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).expect("a field").to_owned();
        (field("id: "), field("data: "))
    };
    studio.pass(Duration::from_secs(5));
    for _ in 0..3 {
        server.get(LIST).await.expect(200);
    }
    server.post(LIST, json!({})).await.is_problem(403, "insufficient_scope");
    written(&studio).await;
    assert_eq!(told(None).await.1, "0", "what is younger than two seconds may not be written yet");
    studio.pass(Duration::from_secs(3));
    let (id, calls) = told(None).await;
    assert_eq!(calls, "3", "the filter holds for the tail as well");
    studio.pass(Duration::from_secs(2));
    let (id, calls) = told(Some(&id)).await;
    assert_eq!(calls, "0");
    server.get(LIST).await.expect(200);
    written(&studio).await;
    studio.pass(Duration::from_secs(5));
    assert_eq!(told(Some(&id)).await.1, "1");
    assert_eq!(told(Some("nonsense")).await.1, "4", "without a place of its own it begins where the page did");
    let key = studio.key(secret(&[InstructorsRead])).await;
    for _ in 0..3 {
        studio.record_calls(&key, 400, Surface::Management);
        written(&studio).await;
    }
    studio.pass(Duration::from_secs(5));
    assert_eq!(told(None).await.1, "1000+", "more are not counted");
}

#[apply(on_both_engines!)]
async fn the_page_says_how_many_calls_were_dropped(studio: Studio) {
    used(&studio).await;
    let viewer = studio.signed_in(Viewer).await;
    assert!(!viewer.open("/studio/activity").await.html().contains("are not listed"));
    let mut tx = studio.app.db.begin().await.expect("a transaction");
    let text = "insert into activity_dropped (studio_id, hour, calls) values ($1, $2, 1234)";
    tx.on().query(text).bind(studio.id).bind(studio.clock.now().hour()).execute().await.expect("written");
    tx.commit().await.expect("committed");
    assert!(viewer.open("/studio/activity").await.html().contains("1234 calls of the last 30 days are not listed"));
}
