//! Calls are counted once each, whatever becomes of the writing.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use flow_gateway::access::{
    history::{self, UsedFrom},
    keys::{self, Created, NewKey},
    scope::Scope::{InstructorsRead, InstructorsWrite},
};
use serde_json::json;

use super::forge::half_right;
use crate::support::studio::{Client, Studio, on_both_engines, publishable, secret, within};

const LIST: &str = "/v1/instructors";

async fn counted(studio: &Studio, key: &Created) -> i64 {
    let calls = history::usage(studio.app.db.of(studio.id), key.stored.id).await.expect("calls");
    calls.iter().map(|calls| calls.calls).sum()
}

/// What is counted, by operation and outcome.
async fn outcomes(studio: &Studio, key: &Created) -> BTreeMap<(String, String), i64> {
    studio.app.access.usage.write(&studio.app.db).await.expect("written");
    let mut sums = BTreeMap::new();
    for calls in history::usage(studio.app.db.of(studio.id), key.stored.id).await.expect("calls") {
        *sums.entry((calls.operation, calls.outcome)).or_default() += calls.calls;
    }
    sums
}

fn told<const N: usize>(rows: [(&str, &str, i64); N]) -> BTreeMap<(String, String), i64> {
    rows.into_iter().map(|(operation, outcome, calls)| ((operation.into(), outcome.into()), calls)).collect()
}

async fn used_from(studio: &Studio, key: &Created) -> Vec<UsedFrom> {
    history::used_from(studio.app.db.of(studio.id), key.stored.id).await.expect("networks")
}

async fn stored(studio: &Studio, key: &Created) -> flow_gateway::access::stored::StoredKey {
    keys::find(studio.app.db.of(studio.id), key.stored.id).await.expect("the key")
}

fn caller(studio: &Studio, key: &Created) -> Client {
    studio.management_client().with_key(key.minted.reveal()).from("192.0.2.7")
}

#[apply(on_both_engines!)]
async fn calls_are_counted_by_operation_and_outcome_whatever_refuses_them(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let server = caller(&studio, &key);
    for _ in 0..3 {
        server.get(LIST).await.expect(200);
    }
    server.post(LIST, json!({})).await.is_problem(403, "insufficient_scope");
    server.get("/v1/nothing").await.is_problem(404, "unknown_operation");
    server.get("/v1/nothing/either").await.is_problem(404, "unknown_operation");
    server.delete(LIST).await.is_problem(405, "method_not_allowed");
    assert_eq!(
        outcomes(&studio, &key).await,
        told([
            ("managementListInstructors", "admitted", 3),
            ("managementCreateInstructor", "insufficient_scope", 1),
            ("unknown", "unknown_operation", 2),
            ("unknown", "method_not_allowed", 1),
        ])
    );
}

#[apply(on_both_engines!)]
async fn calls_with_a_key_that_was_revoked_or_has_expired_are_counted_and_are_its_last_use(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let revoked = studio.key(secret(&[InstructorsRead])).await;
    let expired = studio.key(NewKey { expires_in: Some(Duration::from_mins(1)), ..secret(&[InstructorsRead]) }).await;
    keys::revoke(&*studio.app.access.keyring, studio.id, revoked.stored.id, None, "test", studio.clock.now())
        .await
        .expect("revoked");
    studio.pass(Duration::from_mins(2));
    for (key, code) in [(&revoked, "revoked_key"), (&expired, "expired_key")] {
        caller(&studio, key).get(LIST).await.is_problem(401, code);
        assert_eq!(outcomes(&studio, key).await, told([("managementListInstructors", code, 1)]));
        let row = stored(&studio, key).await;
        assert_eq!(
            (row.last_used_at, row.last_used_from),
            (Some(studio.clock.now()), Some("192.0.2.0/24".parse().unwrap()))
        );
        assert_eq!(used_from(&studio, key).await[0].last_admitted_at, None);
    }
    let lately = history::lately(studio.app.db.of(studio.id), studio.clock.now()).await.expect("sums");
    assert!(
        lately.iter().all(|sum| (sum.last_hour, sum.refused_last_hour, sum.after_its_end_last_hour) == (1, 1, 1)),
        "{lately:?}"
    );
    assert_eq!(lately.len(), 2);
}

#[apply(on_both_engines!)]
async fn a_key_that_is_refused_before_it_is_looked_up_is_used_all_the_same(studio: Studio) {
    let (secret_key, website) = (studio.key(secret(&[InstructorsRead])).await, studio.key(publishable()).await);
    let page = caller(&studio, &secret_key).with("origin", "https://shop.example");
    page.get(LIST).await.is_problem(403, "secret_key_in_browser");
    let there = studio.storefront_client().with_key(secret_key.minted.reveal());
    there.get(LIST).await.is_problem(403, "wrong_key_kind");
    studio.management_client().with_key(website.minted.reveal()).get(LIST).await.is_problem(403, "wrong_key_kind");
    let of_secret = told([
        ("managementListInstructors", "secret_key_in_browser", 1),
        ("storefrontListInstructors", "wrong_key_kind", 1),
    ]);
    within(Duration::from_secs(10), async || outcomes(&studio, &secret_key).await == of_secret).await;
    let of_website = told([("managementListInstructors", "wrong_key_kind", 1)]);
    within(Duration::from_secs(10), async || outcomes(&studio, &website).await == of_website).await;
}

#[apply(on_both_engines!)]
async fn a_wrong_secret_part_counts_for_no_key(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let forged = half_right(key.minted.reveal());
    for client in [
        caller(&studio, &key).with_key(&forged),
        caller(&studio, &key).with_key(&forged).with("origin", "https://shop.example"),
    ] {
        assert!(matches!(client.get(LIST).await.status.as_u16(), 401 | 403));
    }
    // Keys that are not in memory are looked up one after the other: once this one is counted, the others were looked up.
    let right = studio.key(secret(&[InstructorsRead])).await;
    let page = caller(&studio, &right).with("origin", "https://shop.example");
    page.get(LIST).await.is_problem(403, "secret_key_in_browser");
    let of_right = told([("managementListInstructors", "secret_key_in_browser", 1)]);
    within(Duration::from_secs(10), async || outcomes(&studio, &right).await == of_right).await;
    assert_eq!(outcomes(&studio, &key).await, told([]));
    assert!(stored(&studio, &key).await.was_never_used());
}

#[apply(on_both_engines!)]
async fn head_dry_runs_replays_and_unchanged_answers_are_use(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead, InstructorsWrite])).await;
    let server = caller(&studio, &key);
    assert_eq!(server.head(LIST).await.status, 200);
    server.post("/v1/instructors?dry_run=true", json!({"display_name": "A"})).await.expect(200);
    for _ in 0..2 {
        server.clone().with("idempotency-key", "once").post(LIST, json!({"display_name": "A"})).await.expect(201);
    }
    assert_eq!(
        outcomes(&studio, &key).await,
        told([("managementListInstructors", "admitted", 1), ("managementCreateInstructor", "admitted", 3),])
    );
    let website = studio.key(publishable()).await;
    let page = studio.storefront_client().with_key(website.minted.reveal());
    let tag = page.get(LIST).await.header("etag").to_owned();
    assert_eq!(page.with("if-none-match", &tag).get(LIST).await.status, 304);
    assert_eq!(outcomes(&studio, &website).await, told([("storefrontListInstructors", "admitted", 2)]));
}

#[apply(on_both_engines!)]
async fn the_last_use_is_known_within_two_seconds_and_names_a_masked_network(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    assert!(stored(&studio, &key).await.was_never_used());
    let first = studio.clock.now();
    caller(&studio, &key).get(LIST).await.expect(200);
    // The writer's task alone: nobody asks for a write here.
    within(Duration::from_secs(10), async || stored(&studio, &key).await.last_used_at.is_some_and(|at| at >= first))
        .await;
    let second = studio.clock.now();
    caller(&studio, &key).from("2001:db8:1:2::3").get("/v1/locations").await.is_problem(403, "insufficient_scope");
    within(Duration::from_secs(10), async || stored(&studio, &key).await.last_used_at.is_some_and(|at| at >= second))
        .await;
    assert_eq!(stored(&studio, &key).await.last_used_from, Some("2001:db8:1::/48".parse().unwrap()));
    let networks: BTreeSet<_> = used_from(&studio, &key).await.iter().map(|used| used.network.to_string()).collect();
    assert_eq!(networks, ["192.0.2.0/24".to_owned(), "2001:db8:1::/48".to_owned()].into());
}

#[apply(on_both_engines!)]
async fn nobody_knows_of_a_key_from_before_refusals_were_counted_that_it_was_never_used(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let mut tx = studio.app.db.begin().await.expect("a transaction");
    let text = "update keys set uses_unknown_before = $2 where id = $1";
    tx.on().query(text).bind(key.stored.id).bind(studio.clock.now()).execute().await.expect("written");
    tx.commit().await.expect("committed");
    let row = stored(&studio, &key).await;
    assert!(row.last_used_at.is_none() && !row.was_never_used());
}

#[apply(on_both_engines!)]
async fn a_client_with_endless_networks_makes_few_rows_and_is_seen_where_it_is_now(studio: Studio) {
    let key = studio.key(publishable()).await;
    for round in 0..4 {
        for number in 0..200 {
            let address = format!("2001:{:x}:{number:x}::1", 0x100 + round);
            studio
                .storefront_client()
                .with_key(key.minted.reveal())
                .from(&address)
                .get("/v1/nothing")
                .await
                .is_problem(404, "unknown_operation");
        }
        studio.app.access.usage.write(&studio.app.db).await.expect("written");
    }
    let networks = used_from(&studio, &key).await;
    assert!((300..=500).contains(&networks.len()), "{}", networks.len());
    assert_eq!(networks[0].network.to_string(), "2001:103:c7::/48");
    assert_eq!(counted(&studio, &key).await, 800);
}

#[apply(on_both_engines!)]
async fn a_write_that_nobody_waits_for_to_its_end_loses_no_call(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let caller = studio.management_client().with_key(key.minted.reveal());
    for round in 0..6 {
        for _ in 0..3 {
            caller.get(LIST).await.expect(200);
        }
        let write = studio.app.access.usage.write(&studio.app.db);
        tokio::time::timeout(Duration::from_micros(500 * round), write).await.ok();
        studio.app.access.usage.write(&studio.app.db).await.expect("written");
        assert_eq!(counted(&studio, &key).await, 3 * i64::try_from(round + 1).expect("a few"));
        assert_eq!(studio.app.access.usage.unwritten(), 0);
    }
}

#[apply(on_both_engines!)]
async fn all_that_was_reported_is_recorded_once_no_report_waits(studio: Studio) {
    let mut made = Vec::new();
    for _ in 0..30 {
        made.push(studio.key(secret(&[InstructorsRead])).await);
    }
    for key in &made {
        let page = studio.management_client().with_key(key.minted.reveal()).with("origin", "https://shop.example");
        page.get(LIST).await.is_problem(403, "secret_key_in_browser");
    }
    studio.app.access.exposures.written().await;
    assert_eq!(studio.app.access.exposures.waiting(), 0);
    for key in &made {
        let seen = history::exposures(studio.app.db.of(studio.id), key.stored.id).await.expect("exposures");
        assert_eq!(seen.len(), 1);
    }
}

#[apply(on_both_engines!)]
async fn calls_that_could_not_be_written_are_written_later(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let caller = studio.management_client().with_key(key.minted.reveal());
    let rename = async |from: &str, to: &str| {
        let mut tx = studio.app.db.begin().await.expect("a transaction");
        tx.on().query(format!("alter table {from} rename to {to}")).execute().await.expect("renamed");
        tx.commit().await.expect("committed");
    };
    rename("key_usage", "key_usage_away").await;
    caller.get(LIST).await.expect(200);
    let usage = &studio.app.access.usage;
    usage.write(&studio.app.db).await.expect_err("there is no table to write to");
    assert_eq!(usage.unwritten(), 1);
    rename("key_usage_away", "key_usage").await;
    // The writer's task tries again by itself.
    within(Duration::from_secs(10), async || counted(&studio, &key).await == 1).await;
    assert_eq!(usage.unwritten(), 0);
}
