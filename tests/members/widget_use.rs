//! What the widget costs and counts: uses of the website's key, questions of who is signed in, sessions of many frames, and windows
//! that wait.

use std::{collections::BTreeMap, time::Duration};

use flow_gateway::{
    access::{
        history,
        keys::{self, Created, NewKey},
        member_sessions::{queries::note_window_request, stored::WindowRequest, unscoped::note_use},
    },
    store::{statement_count, token::Token},
};
use serde_json::json;

use super::{
    RUI, is_in, joined,
    tokens::{PAGE, ask, framed, page, page_key},
};
use crate::support::{
    dashboard::{Browser, PASSWORD},
    studio::{Reply, Studio, on_both_engines, publishable},
};

async fn website_key(studio: &Studio) -> Created {
    studio.key(NewKey { origins: vec![PAGE.parse().unwrap()], ..publishable() }).await
}

async fn state(browser: &Browser, key: &str, session: &str) -> Reply {
    let form = [("pk", key), ("origin", PAGE), ("session", session)];
    browser.with("accept", "*/*").send("/widget/state", &form).await
}

/// Signs in with a password in a frame that keeps no cookie: its session.
async fn session_in_frame(studio: &Studio, key: &str) -> String {
    let form = [("pk", key), ("origin", PAGE), ("email", RUI), ("password", PASSWORD)];
    let reply = studio.member_browser().with("accept", "*/*").send("/widget/sign-in", &form).await;
    reply.expect(200)["session"].as_str().expect("a session").to_owned()
}

/// Notes that a browser's sessions are used now.
async fn used(studio: &Studio, browser: &Browser) {
    let cookie = browser.cookie();
    let (_, token) = cookie.split_once('=').expect("a cookie");
    note_use(&studio.app.db, &Token::hash_of(token), studio.clock.now()).await.unwrap();
}

#[apply(on_both_engines!)]
async fn calls_of_the_widget_and_with_its_tokens_are_uses_of_the_websites_key(studio: Studio) {
    let key = website_key(&studio).await;
    let pk = key.minted.reveal();
    let (browser, _) = joined(&studio).await;
    let frame = framed(&browser, pk).await;
    studio.member_browser().open(&format!("/widget?pk={pk}")).await;
    let token = ask(&frame, pk, PAGE).await.expect(200)["token"].as_str().unwrap().to_owned();
    ask(&frame, pk, "https://evil.example").await.is_problem(403, "origin_not_allowed");
    state(&frame, pk, "").await.expect(200);
    let page = page(&studio, &token);
    let (me, statements) = statement_count::count(page.get("/v1/me")).await;
    me.expect(200);
    assert!(statements <= 4, "nothing is written for it: {statements} statements");
    page.get("/v1/me").await.expect(200);
    page.get("/v1/nothing").await.is_problem(404, "unknown_operation");
    frame.send("/widget/sign-out", &[("pk", pk), ("origin", PAGE)]).await.expect(200);
    page.get("/v1/me").await.is_problem(401, "invalid_token");
    let revoked_at = studio.clock.now();
    keys::revoke(&*studio.app.access.keyring, studio.id, key.stored.id, None, "test", revoked_at).await.unwrap();
    state(&frame, pk, "").await.is_problem(401, "revoked_key");
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    let mut counted = BTreeMap::new();
    for row in history::usage(studio.app.db.of(studio.id), key.stored.id).await.unwrap() {
        *counted.entry((row.operation, row.outcome)).or_insert(0) += row.calls;
    }
    let told = [
        ("memberFrameSignOut", "admitted", 1),
        ("memberState", "admitted", 1),
        ("memberState", "revoked_key", 1),
        ("memberToken", "admitted", 1),
        ("memberToken", "origin_not_allowed", 1),
        ("memberWidget", "admitted", 1),
        ("memberWindowRequest", "admitted", 1),
        ("membersGetMe", "admitted", 2),
        ("membersGetMe", "invalid_token", 1),
        ("unknown", "unknown_operation", 1),
    ];
    let told = told.map(|(operation, outcome, calls)| ((operation.to_owned(), outcome.to_owned()), calls));
    assert_eq!(counted, BTreeMap::from(told));
    let stored = keys::find(studio.app.db.of(studio.id), key.stored.id).await.unwrap();
    assert!(stored.last_used_at >= Some(revoked_at), "a refused call is a use");
}

#[apply(on_both_engines!)]
async fn who_is_signed_in_is_told_without_a_token_until_they_sign_out_elsewhere(studio: Studio) {
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    let (browser, _) = joined(&studio).await;
    let frame = framed(&browser, &key).await;
    let told = state(&frame, &key, "").await.expect(200);
    assert_eq!(told, json!({"email": RUI}));
    state(&studio.member_browser(), &key, "").await.is_problem(401, "not_signed_in");
    let foreign = frame.with("sec-fetch-site", "cross-site");
    state(&foreign, &key, "").await.is_problem(403, "cross_site_form");
    let other = studio.second_instance().await;
    let there = other.member_browser().with("cookie", &browser.cookie());
    there.send("/sign-out", &[]).await.leads_to();
    state(&frame, &key, "").await.is_problem(401, "not_signed_in");
}

#[apply(on_both_engines!)]
async fn sessions_of_many_frames_end_no_browsers_and_a_browser_that_ends_takes_its_frames_along(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    let (first, _) = joined(&studio).await;
    let of_first = framed(&first, &key).await;
    let mut tabs = Vec::new();
    for _ in 0..30 {
        studio.pass(Duration::from_secs(1));
        tabs.push(session_in_frame(&studio, &key).await);
    }
    for tab in &tabs {
        state(&studio.member_browser(), &key, tab).await.expect(200);
    }
    assert!(is_in(&first).await, "thirty tabs end no window");
    // The first is used each day; of the others, the second is the one that was used least lately.
    let mut windows = Vec::new();
    for _ in 0..19 {
        studio.pass(Duration::from_mins(2));
        windows.push(studio.member_browser().sign_in(RUI, PASSWORD).await.1);
    }
    let of_second = framed(&windows[0], &key).await;
    studio.pass(Duration::from_mins(2));
    for window in windows[1..].iter().chain([&first]) {
        used(&studio, window).await;
    }
    studio.pass(Duration::from_mins(2));
    let newest = studio.member_browser().sign_in(RUI, PASSWORD).await.1;
    assert!(is_in(&newest).await && is_in(&first).await);
    assert!(!is_in(&windows[0]).await, "the one that was used least lately");
    ask(&of_second, &key, PAGE).await.is_problem(401, "not_signed_in");
    ask(&of_first, &key, PAGE).await.expect(200);
    for tab in &tabs {
        state(&studio.member_browser(), &key, tab).await.expect(200);
    }
}

#[apply(on_both_engines!)]
async fn five_thousand_windows_wait_in_a_studio_at_most_those_of_another_go_on_and_late_ones_make_room(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = page_key(&studio, studio.id, &[PAGE]).await;
    let now = studio.clock.now();
    let mut tx = studio.app.db.begin_studio(&studio.clock, studio.id, 1).await.unwrap();
    let request = |number: usize| WindowRequest {
        studio_id: studio.id,
        id: format!("{number:022}"),
        secret_hash: String::new(),
        origin: PAGE.into(),
        expires_at: now.plus(Duration::from_mins(10)),
        session_id: None,
    };
    for number in 0..5_000 {
        assert!(note_window_request(tx.on(), &request(number), now).await.unwrap());
    }
    assert!(!note_window_request(tx.on(), &request(5_000), now).await.unwrap());
    flow_gateway::store::turns::WriteTx::commit(tx).await.unwrap();
    let wanted = async |key: &str| {
        let (id, secret) = (Token::mint().reveal()[..22].to_owned(), Token::mint());
        let form = [("pk", key), ("origin", PAGE), ("id", &id), ("secret", secret.reveal())];
        studio.member_browser().with("accept", "*/*").send("/widget/request", &form).await
    };
    let refused = wanted(&key).await;
    refused.is_problem(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), "600");
    let elsewhere = page_key(&studio, studio.neighbour().await, &[PAGE]).await;
    wanted(&elsewhere).await.expect(201);
    studio.pass(Duration::from_mins(11));
    wanted(&key).await.expect(201);
}
