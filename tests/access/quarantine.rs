//! `POST /v1/exposed-keys`: who sends a whole secret key revokes it.

use std::time::Duration;

use axum::body::Body;
use flow_gateway::access::{history, keys, scope::Scope::InstructorsRead};
use serde_json::json;

use super::forge::half_right;
use crate::support::studio::{Client, Studio, on_both_engines, publishable, secret};

const PATH: &str = "/v1/exposed-keys";
const LIST: &str = "/v1/instructors";

fn reporter(studio: &Studio) -> Client {
    studio.dashboard_client().from("203.0.113.7")
}

#[apply(on_both_engines!)]
async fn a_secret_key_that_is_reported_whole_is_refused_as_revoked_from_then_on_and_its_exposure_recorded(
    studio: Studio,
) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let server = studio.management_client().with_key(key.minted.reveal());
    server.get(LIST).await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.expect("written");
    let find = async || keys::find(studio.app.db.of(studio.id), key.stored.id).await.expect("the key");
    let used_at = find().await.last_used_at;
    let report = json!({"key": key.minted.reveal(), "found_in": "a public repository"});
    assert_eq!(reporter(&studio).post(PATH, report.clone()).await.status, 202);
    server.get(LIST).await.is_problem(401, "revoked_key");
    assert_eq!(reporter(&studio).post(PATH, report).await.status, 202, "again, which changes nothing more");
    let row = find().await;
    assert_eq!(row.revoked_by.as_deref(), Some("exposure report"));
    let seen = history::exposures(studio.app.db.of(studio.id), key.stored.id).await.expect("exposures");
    let seen: Vec<_> = seen.iter().map(|seen| (seen.origin.as_str(), seen.surface.as_str(), seen.count)).collect();
    assert_eq!(seen, [("reported from 203.0.113.0/24", "studio", 2)]);
    assert_eq!(row.last_used_at, used_at, "a report is no use");
}

#[apply(on_both_engines!)]
async fn a_quarantine_leaves_one_audit_row_without_the_key(studio: Studio) {
    use flow_gateway::store::{
        audit::{self, AuditFilter},
        filter::LogOrder,
    };
    let key = studio.key(secret(&[InstructorsRead])).await;
    for _ in 0..2 {
        reporter(&studio).post(PATH, json!({"key": key.minted.reveal()})).await;
    }
    let filter = AuditFilter { action: Some("keys.revoke".into()), ..AuditFilter::default() };
    let rows = audit::list(studio.app.db.of(studio.id), &filter, LogOrder::Oldest(None), 10).await.expect("rows");
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].by.as_str(), rows[0].subject.id.clone()), ("exposure report", key.stored.id.to_string()));
    assert_eq!(rows[0].reason.as_deref(), Some("reported as exposed"));
    assert_eq!(rows[0].from, Some("203.0.113.0/24".parse().expect("a network")));
    assert!(!serde_json::to_string(&rows).expect("JSON").contains(key.minted.reveal()));
}

#[apply(on_both_engines!)]
async fn a_key_that_is_reported_with_white_space_around_it_is_revoked(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let report = json!({"key": format!(" \t{}\r\n", key.minted.reveal())});
    assert_eq!(reporter(&studio).post(PATH, report).await.status, 202);
    studio.management_client().with_key(key.minted.reveal()).get(LIST).await.is_problem(401, "revoked_key");
}

#[apply(on_both_engines!)]
async fn whatever_else_is_sent_is_202_and_ends_no_key(studio: Studio) {
    let (key, website) = (studio.key(secret(&[InstructorsRead])).await, studio.key(publishable()).await);
    let text = key.minted.reveal();
    let reporter = reporter(&studio);
    for body in [json!({"key": half_right(text)}), json!({"key": &text[..57]}), json!({"key": website.minted.reveal()})]
    {
        assert_eq!(reporter.post(PATH, body).await.status, 202);
    }
    for body in ["", "{", "[]", "null", r#"{"key": 7}"#, "\u{0}", r#"{"keys": ["a"]}"#] {
        let reply = reporter.send(axum::http::Method::POST, PATH, Body::from(body), None).await;
        assert_eq!((reply.status.as_u16(), reply.body.len()), (202, 0), "{body}");
    }
    studio.management_client().with_key(text).get(LIST).await.expect(200);
    studio.storefront_client().with_key(website.minted.reveal()).get(LIST).await.expect(200);
}

#[apply(on_both_engines!)]
async fn reports_are_throttled_by_network(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(secret(&[InstructorsRead])).await;
    let noisy = reporter(&studio);
    for _ in 0..10 {
        assert_eq!(noisy.post(PATH, json!({"key": "nothing"})).await.status, 202);
    }
    let reply = noisy.post(PATH, json!({"key": key.minted.reveal()})).await;
    reply.is_problem(429, "rate_limited");
    assert_eq!(reply.header("retry-after"), "1");
    studio.management_client().with_key(key.minted.reveal()).get(LIST).await.expect(200);
    assert_eq!(noisy.clone().from("198.51.100.7").post(PATH, json!({"key": "nothing"})).await.status, 202);
    studio.pass(Duration::from_secs(1));
    assert_eq!(noisy.post(PATH, json!({"key": key.minted.reveal()})).await.status, 202);
    studio.management_client().with_key(key.minted.reveal()).get(LIST).await.is_problem(401, "revoked_key");
}

#[apply(on_both_engines!)]
async fn only_a_post_reports_and_no_key_stands_in_the_url(studio: Studio) {
    let reporter = reporter(&studio);
    let reply = reporter.get(PATH).await;
    reply.is_problem(405, "method_not_allowed");
    assert_eq!(reply.header("allow"), "POST");
    let key = studio.key(secret(&[InstructorsRead])).await;
    let path = format!("{PATH}?key={}", key.minted.reveal());
    assert_ne!(reporter.post(&path, json!({})).await.status, 202);
}
