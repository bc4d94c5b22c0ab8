//! Calls are counted once each, whatever becomes of the writing.

use std::time::Duration;

use flow_gateway::access::{history, keys::Created, scope::Scope::InstructorsRead};

use crate::support::studio::{Studio, on_both_engines, secret, within};

const LIST: &str = "/v1/instructors";

async fn counted(studio: &Studio, key: &Created) -> i64 {
    let calls = history::usage(studio.app.db.read(), studio.id, key.stored.id).await.expect("calls");
    calls.iter().map(|calls| calls.calls).sum()
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
async fn all_that_was_reported_is_recorded_once_the_reports_have_settled(studio: Studio) {
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
        let seen = history::exposures(studio.app.db.read(), studio.id, key.stored.id).await.expect("exposures");
        assert_eq!(seen.len(), 1);
    }
}

#[apply(on_both_engines!)]
async fn calls_that_could_not_be_written_are_written_later(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let caller = studio.management_client().with_key(key.minted.reveal());
    let mut held = studio.app.db.begin().await.expect("a transaction");
    held.on().query("delete from key_usage where key_id = $1").bind(key.stored.id).execute().await.expect("held");
    caller.get(LIST).await.expect(200);
    drop(held);
    within(Duration::from_secs(5), async || counted(&studio, &key).await == 1).await;
}
