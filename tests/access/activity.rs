//! The activity of a studio's keys: each call is a row, once, for its own studio alone.

use std::{convert::Infallible, task::Poll, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::Method,
};
use flow_gateway::{
    access::{
        activity::{self, CallFilter, CallId, RecordedCall},
        keys,
        scope::Scope::{InstructorsRead, InstructorsWrite},
        surface::Surface,
    },
    store::{filter::LogOrder, id::StudioId},
};
use futures_util::stream;
use serde_json::json;

use super::forge::half_right;
use crate::support::studio::{Studio, on_both_engines, publishable, secret, within};

const LIST: &str = "/v1/instructors";

async fn written(studio: &Studio) {
    studio.app.access.usage.write(&studio.app.db).await.expect("written");
}

async fn list(studio: &Studio, filter: &CallFilter) -> Vec<RecordedCall> {
    list_of(studio, studio.id, filter).await
}

async fn list_of(studio: &Studio, of: StudioId, filter: &CallFilter) -> Vec<RecordedCall> {
    written(studio).await;
    activity::list(studio.app.db.of(of), filter, LogOrder::Oldest(None), 10_000).await.expect("rows")
}

async fn all(studio: &Studio) -> Vec<RecordedCall> {
    list(studio, &CallFilter::default()).await
}

/// What a row says of a call, in a line.
fn told(call: &RecordedCall) -> String {
    let what = call.operation.clone().or(call.method.clone().zip(call.path.clone()).map(|(m, p)| format!("{m} {p}")));
    let refused = if call.refused { "refused" } else { "admitted" };
    let (surface, what, code) = (&call.surface, what.unwrap_or_default(), call.code.as_deref().unwrap_or("-"));
    format!("{surface} {what} {} {code} {refused}", call.status)
}

#[apply(on_both_engines!)]
async fn each_call_that_carried_a_key_is_a_row_whatever_became_of_it(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead, InstructorsWrite])).await;
    let text = key.minted.reveal();
    let server = studio.management_client().with_key(text).from("192.0.2.7").with("x-request-id", "deploy-7");
    server.get(&format!("{LIST}?limit=1&q=private")).await.expect(200);
    server.head(LIST).await.expect(200);
    server.post(LIST, json!({"display_name": ""})).await.is_problem(422, "validation_failed");
    server.get("/v1/plans").await.is_problem(403, "insufficient_scope");
    server.get("/v1/nothing?q=private").await.is_problem(404, "unknown_operation");
    server.delete(LIST).await.is_problem(405, "method_not_allowed");
    studio.management_client().with_key(&half_right(text)).get(LIST).await.is_problem(401, "unknown_key");
    studio.management_client().get(LIST).await.is_problem(401, "missing_key");
    keys::revoke(&*studio.app.access.keyring, studio.id, key.stored.id, None, "test", studio.clock.now())
        .await
        .expect("revoked");
    server.get(LIST).await.is_problem(401, "revoked_key");
    let calls = all(&studio).await;
    assert_eq!(
        calls.iter().map(told).collect::<Vec<_>>(),
        [
            "management managementListInstructors 200 - admitted",
            "management managementListInstructors 200 - admitted",
            "management managementCreateInstructor 422 validation_failed admitted",
            "management managementListPlans 403 insufficient_scope refused",
            "management GET /v1/nothing 404 unknown_operation refused",
            "management DELETE /v1/instructors 405 method_not_allowed refused",
            "management managementListInstructors 401 revoked_key refused",
        ]
    );
    for call in &calls {
        assert_eq!((call.key_id, call.network.to_string().as_str()), (key.stored.id, "192.0.2.0/24"));
        assert_eq!(call.request_id, "deploy-7");
        assert!(call.duration_us > 0 && call.at <= studio.clock.now().plus(Duration::from_secs(1)));
    }
    let printed = serde_json::to_string(&calls).expect("JSON");
    for hidden in ["private", "192.0.2.7", text, &text[20..52]] {
        assert!(!printed.contains(hidden), "{hidden} is in {printed}");
    }
}

#[apply(on_both_engines!)]
async fn a_call_that_was_refused_before_its_key_was_looked_up_is_a_row_too(studio: Studio) {
    let (secret_key, website) = (studio.key(secret(&[InstructorsRead])).await, studio.key(publishable()).await);
    let page = studio.management_client().with_key(secret_key.minted.reveal()).with("origin", "https://shop.example");
    page.get(LIST).await.is_problem(403, "secret_key_in_browser");
    studio.management_client().with_key(website.minted.reveal()).get("/x").await.is_problem(403, "wrong_key_kind");
    studio.api_client().with_key(website.minted.reveal()).get(LIST).await.expect(200);
    within(Duration::from_secs(30), async || all(&studio).await.len() == 3).await;
    let mut calls: Vec<_> = all(&studio).await.iter().map(told).collect();
    calls.sort();
    assert_eq!(
        calls,
        [
            "management GET /x 403 wrong_key_kind refused",
            "management managementListInstructors 403 secret_key_in_browser refused",
            "storefront storefrontListInstructors 200 - admitted",
        ]
    );
}

#[apply(on_both_engines!)]
async fn a_call_whose_client_disconnects_is_a_row_with_status_499(studio: Studio) {
    let server = studio.server(&[InstructorsWrite]).await;
    // A body is read by the handler, so once somebody asks for it the call was admitted.
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let mut begun = Some(begun);
    let endless = stream::poll_fn(move |_| {
        begun.take().map(|begun| begun.send(()).ok());
        Poll::<Option<Result<Bytes, Infallible>>>::Pending
    });
    let call = server.send(Method::POST, LIST, Body::from_stream(endless), Some("application/json"));
    tokio::select! {
        reply = call => panic!("the body has no end: {reply:?}"),
        told = has_begun => told.expect("it was asked for"),
    }
    let calls = all(&studio).await;
    assert_eq!(calls.iter().map(told).collect::<Vec<_>>(), ["management managementCreateInstructor 499 - admitted"]);
}

#[apply(on_both_engines!)]
async fn a_studio_sees_its_own_calls_alone(studio: Studio) {
    let neighbour = studio.neighbour().await;
    studio.server(&[InstructorsRead]).await.get(LIST).await.expect(200);
    studio.server_of(neighbour, &[InstructorsRead]).await.get(LIST).await.expect(200);
    let calls = all(&studio).await;
    assert_eq!(calls.len(), 1);
    let db = &studio.app.db;
    let theirs = list_of(&studio, neighbour, &CallFilter::default()).await.remove(0);
    assert_ne!(theirs.id, calls[0].id);
    assert!(activity::find(db.of(studio.id), theirs.id).await.expect("a read").is_none());
    assert!(activity::find(db.of(studio.id), calls[0].id).await.expect("a read").is_some());
    let of_their_key = CallFilter { key: Some(theirs.key_id), ..CallFilter::default() };
    assert!(list(&studio, &of_their_key).await.is_empty());
}

#[apply(on_both_engines!)]
async fn filters_choose_by_key_operation_outcome_code_and_time_and_pages_hide_nothing(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (one, other) = (studio.server(&[InstructorsRead]).await, studio.server(&[InstructorsRead]).await);
    for server in [&one, &other] {
        server.get(LIST).await.expect(200);
        studio.pass(Duration::from_mins(1));
        server.post(LIST, json!({})).await.is_problem(403, "insufficient_scope");
        studio.pass(Duration::from_mins(1));
    }
    let calls = all(&studio).await;
    let ids = async |filter: CallFilter| -> Vec<CallId> { list(&studio, &filter).await.iter().map(|c| c.id).collect() };
    let wanted = |at: &[usize]| -> Vec<CallId> { at.iter().map(|at| calls[*at].id).collect() };
    let any = CallFilter::default;
    assert_eq!(ids(CallFilter { key: Some(calls[2].key_id), ..any() }).await, wanted(&[2, 3]));
    assert_eq!(ids(CallFilter { refused: Some(true), ..any() }).await, wanted(&[1, 3]));
    assert_eq!(ids(CallFilter { key: Some(calls[2].key_id), refused: Some(true), ..any() }).await, wanted(&[3]));
    assert_eq!(ids(CallFilter { refused: Some(false), ..any() }).await, wanted(&[0, 2]));
    assert_eq!(ids(CallFilter { code: Some("insufficient_scope".into()), ..any() }).await, wanted(&[1, 3]));
    assert_eq!(ids(CallFilter { operation: Some("managementListInstructors".into()), ..any() }).await, wanted(&[0, 2]));
    assert_eq!(ids(CallFilter { since: Some(calls[1].at), ..any() }).await, wanted(&[1, 2, 3]));
    assert_eq!(ids(CallFilter { until: Some(calls[1].at), ..any() }).await, wanted(&[0]));
    let (mut seen, mut last) = (Vec::new(), None);
    loop {
        let page =
            activity::list(studio.app.db.of(studio.id), &any(), LogOrder::Newest(last), 3).await.expect("a page");
        let Some(call) = page.last() else { break };
        last = Some(call.id);
        seen.extend(page.iter().map(|call| call.id));
    }
    assert_eq!(seen, wanted(&[3, 2, 1, 0]));
}

#[apply(on_both_engines!)]
async fn one_studios_flood_drops_no_call_of_another_and_its_dropped_calls_are_counted(studio: Studio) {
    let neighbour = studio.neighbour().await;
    let noisy = studio.key_of(neighbour, publishable()).await;
    let quiet = studio.key(secret(&[InstructorsRead])).await;
    studio.record_calls(&noisy, 3_000, Surface::Storefront);
    studio.record_calls(&quiet, 1, Surface::Management);
    assert_eq!(all(&studio).await.len(), 1);
    let db = &studio.app.db;
    let kept = list_of(&studio, neighbour, &CallFilter::default()).await.len();
    let kept = i64::try_from(kept).expect("few");
    let an_hour_ago = studio.clock.now().minus(Duration::from_hours(1));
    let dropped = async |of| activity::dropped_since(db.of(of), an_hour_ago).await.expect("a count");
    // 500 wait at once, and the task may have written some meanwhile, and so made room for as many again.
    assert!((500..=2 * 500).contains(&kept), "{kept}");
    assert_eq!((kept + dropped(neighbour).await, dropped(studio.id).await), (3_000, 0));
    assert_eq!(studio.app.access.usage.activity.dropped().get(), u64::try_from(3_000 - kept).expect("a count"));
}

#[apply(on_both_engines!)]
async fn the_latest_rows_are_kept_and_a_busy_website_pushes_out_no_servers_call(studio: Studio) {
    let (website, server) = (studio.key(publishable()).await, studio.key(secret(&[InstructorsRead])).await);
    studio.record_calls(&server, 3, Surface::Management);
    studio.record_calls(&website, 4, Surface::Storefront);
    // Anyone who has the key of a website can also send it to Management.
    studio.record_calls(&website, 4, Surface::Management);
    let before = all(&studio).await;
    activity::trim(&studio.app.db, studio.id, 5).await.expect("trimmed");
    let kept = all(&studio).await;
    let of = |calls: &[RecordedCall], key: &keys::Created| -> Vec<CallId> {
        calls.iter().filter(|call| call.key_id == key.stored.id).map(|call| call.id).collect()
    };
    assert_eq!(of(&kept, &server), of(&before, &server));
    assert_eq!(of(&kept, &website), of(&before, &website)[3..]);
}

#[apply(on_both_engines!)]
async fn a_flood_of_a_websites_key_drops_no_call_of_a_server(studio: Studio) {
    let (website, server) = (studio.key(publishable()).await, studio.key(secret(&[InstructorsRead])).await);
    studio.record_calls(&website, 600, Surface::Management);
    studio.record_calls(&server, 1, Surface::Management);
    let of_server = CallFilter { key: Some(server.stored.id), ..CallFilter::default() };
    assert_eq!(list(&studio, &of_server).await.len(), 1);
}

#[apply(on_both_engines!)]
async fn rows_are_kept_for_thirty_days(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(secret(&[InstructorsRead])).await;
    studio.record_calls(&key, 1, Surface::Management);
    written(&studio).await;
    studio.pass(activity::KEPT);
    studio.record_calls(&key, 1, Surface::Management);
    let sweep = async || activity::sweep(&studio.app.db, studio.id, studio.clock.now()).await.expect("swept");
    sweep().await;
    assert_eq!(all(&studio).await.len(), 2, "not a moment earlier");
    studio.pass(Duration::from_secs(1));
    sweep().await;
    assert_eq!(all(&studio).await.len(), 1);
}

#[apply(on_both_engines!)]
async fn calls_that_cannot_be_written_are_written_later_once(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let rename = async |from: &str, to: &str| {
        let mut tx = studio.app.db.begin().await.expect("a transaction");
        tx.on().query(format!("alter table {from} rename to {to}")).execute().await.expect("renamed");
        tx.commit().await.expect("committed");
    };
    rename("activity", "elsewhere").await;
    studio.record_calls(&key, 2, Surface::Management);
    studio.app.access.usage.write(&studio.app.db).await.expect_err("there is no table");
    studio.record_calls(&key, 1, Surface::Management);
    rename("elsewhere", "activity").await;
    assert_eq!(all(&studio).await.len(), 3);
    assert_eq!(all(&studio).await.len(), 3);
}
