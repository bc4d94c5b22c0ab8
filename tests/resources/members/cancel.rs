//! `POST /v1/members/{membershipId}/cancel`

use axum::{body::Body, http::Method};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{PEOPLE, day, invite, member, monthly, now, outbox, path};
use crate::{
    resources::classes::{persist, with},
    support::studio::on_both_engines,
};

fn cancel(member: &Value) -> String {
    format!("{}/cancel", path(member))
}

#[apply(on_both_engines!)]
async fn a_membership_is_cancelled_at_once_unless_it_is_told_otherwise(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    for (number, body) in
        [json!({}), json!({"when": "now"}), json!({"when": null, "reason": null})].into_iter().enumerate()
    {
        let rui = member(&server, &format!("m{number}@member.example")).await;
        let reply = server.post(&cancel(&rui), body).await;
        let cancelled = reply.expect(200);
        assert_eq!((reply.header("etag"), reply.header("cache-control")), ("\"3\"", "no-store"));
        let wanted = json!({"status": "cancelled", "cancel_on": day(&studio, 0), "cancelled_at": cancelled["cancelled_at"], "version": 3, "updated_at": cancelled["cancelled_at"]});
        assert!(cancelled["cancelled_at"].is_string());
        assert_eq!(cancelled, with(rui, wanted));
    }
}

#[apply(on_both_engines!)]
async fn no_body_at_all_cancels_too(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    for media_type in [None, Some("application/json"), Some("text/plain")] {
        let rui = member(&server, &format!("{}@member.example", media_type.unwrap_or("none").replace('/', "-"))).await;
        let reply = server.send(Method::POST, &cancel(&rui), Body::empty(), media_type).await;
        assert_eq!(reply.expect(200)["status"], "cancelled");
    }
    let rui = member(&server, "rui@member.example").await;
    server
        .send(Method::POST, &cancel(&rui), Body::from("{}"), Some("text/plain"))
        .await
        .is_problem(415, "unsupported_media_type");
}

#[apply(on_both_engines!)]
async fn twice_is_as_good_as_once(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let rui = member(&server, "rui@member.example").await;
    let cancelled = server.post(&cancel(&rui), json!({"reason": "Moved"})).await.expect(200);
    assert_eq!(cancelled["cancel_reason"], "Moved");
    for body in [json!({}), json!({"when": "period_end", "reason": "Other"})] {
        assert_eq!(server.post(&cancel(&rui), body).await.expect(200), cancelled);
    }
    let ana = member(&server, "ana@member.example").await;
    let replies = join_all((0..8).map(|_| persist(async || server.post(&cancel(&ana), json!({})).await))).await;
    assert!(replies.iter().all(|reply| reply.expect(200)["version"] == 3));
}

#[apply(on_both_engines!)]
async fn a_period_that_ends_beyond_the_calendar_is_refused_and_a_last_day_before_is_done(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let plan = server
        .post("/v1/plans", json!({"name": "Monthly", "price": {"amount": 100, "currency": "EUR"}}))
        .await
        .expect(201)["id"]
        .clone();
    let rui = member(&server, "rui@member.example").await;
    let rui = server.patch(&path(&rui), json!({"plan_id": plan, "starts_on": "2199-12-15"})).await.expect(200);
    for dry in ["", "?dry_run=true"] {
        let reply = server.post(&format!("{}{dry}", cancel(&rui)), json!({"when": "period_end"})).await;
        assert_eq!(reply.faults(), ["/when"]);
    }
    let same = server.get(&format!("/v1/members?id={}", rui["id"].as_str().unwrap())).await.rows().remove(0);
    assert_eq!(same, rui);
    for (starts_on, last) in [("2199-11-30", "2199-12-29"), ("2199-12-01", "2199-12-31")] {
        let ana = member(&server, &format!("ana-{starts_on}@member.example")).await;
        server.patch(&path(&ana), json!({"plan_id": plan, "starts_on": starts_on})).await.expect(200);
        assert_eq!(server.post(&cancel(&ana), json!({"when": "period_end"})).await.expect(200)["cancel_on"], last);
    }
    server.patch(&path(&rui), json!({"ends_on": "2199-12-31"})).await.expect(200);
    assert_eq!(server.post(&cancel(&rui), json!({"when": "period_end"})).await.expect(200)["cancel_on"], "2199-12-31");
}

#[apply(on_both_engines!)]
async fn a_period_ends_where_the_membership_does(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let rui = member(&server, "rui@member.example").await;
    let ends = json!({"ends_on": day(&studio, 40)});
    let rui = server.patch(&path(&rui), ends).await.expect(200);
    let to_be = server.post(&cancel(&rui), json!({"when": "period_end", "reason": "Moves"})).await.expect(200);
    let wanted = json!({"status": "active", "cancel_on": day(&studio, 40), "cancel_reason": "Moves", "version": 4, "updated_at": to_be["updated_at"]});
    assert_eq!(to_be, with(rui.clone(), wanted));
    let again = server.post(&cancel(&rui), json!({"when": "period_end", "reason": "Other"})).await.expect(200);
    assert_eq!(again, to_be);
    let paused = server.patch(&path(&rui), json!({"status": "paused"})).await.expect(200);
    assert_eq!(paused["cancel_on"], to_be["cancel_on"]);
    let forward = server.post(&cancel(&rui), json!({})).await.expect(200);
    assert_eq!(
        [&forward["status"], &forward["cancel_on"], &forward["cancel_reason"]],
        [&json!("cancelled"), &json!(day(&studio, 0)), &json!("Moves")]
    );
}

#[apply(on_both_engines!)]
async fn a_period_ends_before_the_plans_next_billing(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let plan = monthly(&server).await;
    let weekly = json!({"name": "Pass", "price": {"amount": 1, "currency": "EUR"}, "billing_interval": "week", "billing_interval_count": 2});
    let weekly = server.post("/v1/plans", weekly).await.expect(201);
    let begun = async |email: &str, plan: &Value, starts_on: String| {
        let rui = member(&server, email).await;
        let rui = server.patch(&path(&rui), json!({"plan_id": plan["id"], "starts_on": starts_on})).await.expect(200);
        server.post(&cancel(&rui), json!({"when": "period_end"})).await.expect(200)
    };
    let two_weeks = begun("a@member.example", &weekly, day(&studio, -15)).await;
    assert_eq!((&two_weeks["status"], &two_weeks["cancel_on"]), (&json!("active"), &json!(day(&studio, 12))));
    let today = begun("b@member.example", &weekly, day(&studio, -14)).await;
    assert_eq!(today["cancel_on"], day(&studio, 13), "a period begins today");
    let month = begun("c@member.example", &plan, day(&studio, 0)).await;
    let last = month["cancel_on"].as_str().unwrap();
    assert!((day(&studio, 27).as_str()..=day(&studio, 30).as_str()).contains(&last), "{last}");
}

#[apply(on_both_engines!)]
async fn where_no_period_can_be_told_it_is_now(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let once = json!({"name": "Retreat", "price": {"amount": 1, "currency": "EUR"}, "billing_interval": "once"});
    let once = server.post("/v1/plans", once).await.expect(201);
    let without = member(&server, "a@member.example").await;
    let invited = invite(&server, "b@member.example").await;
    let pack = member(&server, "c@member.example").await;
    server.patch(&path(&pack), json!({"plan_id": once["id"]})).await.expect(200);
    for rui in [without, invited, pack] {
        assert_eq!(server.post(&cancel(&rui), json!({"when": "period_end"})).await.expect(200)["status"], "cancelled");
    }
    assert_eq!(outbox(&studio).await.len(), 0, "no link is sent to who is no member");
}

#[apply(on_both_engines!)]
async fn what_is_not_understood_is_refused(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let rui = member(&server, "rui@member.example").await;
    assert_eq!(
        server.post(&cancel(&rui), json!({"when": "later", "reason": "\u{200b}\u{7}", "why": 1})).await.faults(),
        ["/reason", "/when", "/why"]
    );
    assert_eq!(server.post(&cancel(&rui), json!([])).await.faults(), [""]);
    server
        .send(Method::POST, &cancel(&rui), Body::from("{"), Some("application/json"))
        .await
        .is_problem(400, "malformed_request");
    let dry = server.post(&format!("{}?dry_run=true", cancel(&rui)), json!({})).await.expect(200);
    assert_eq!(dry["result"]["status"], "cancelled");
    assert_eq!(now(&server, &rui).await, rui);
    let theirs = studio.server_of(studio.neighbour().await, PEOPLE).await;
    theirs.post(&cancel(&rui), json!({})).await.is_problem(404, "not_found");
}
