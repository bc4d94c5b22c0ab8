//! One studio asks for all that the database can do; the others do not notice.

use std::time::Duration;

use flow_gateway::{
    access::scope::Scope::{ContentRead, InstructorsRead, InstructorsWrite},
    store::{
        admission::{ReadSlot, Waits},
        error::StoreError,
        fair::{Requester, Slot, WaitLimits},
    },
};
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};
use tokio::time::timeout;

use crate::support::studio::{Studio, on_both_engines};

/// How long what may not wait would wait otherwise.
const LONG: WaitLimits = WaitLimits::of(Duration::from_mins(10));

const LIST: &str = "/v1/instructors";

fn of(studio: &Studio) -> Requester {
    Requester { studio: Some(studio.id), network: "0.0.0.0".parse().unwrap() }
}

/// Takes every slot that this studio may have for reads of this cost.
async fn all_reads_of(studio: &Studio, cost: u32) -> Vec<ReadSlot> {
    let mut held = Vec::new();
    while let Ok(slot) = studio.app.admission.read(of(studio), cost).await {
        held.push(slot);
    }
    held
}

async fn all_reads(studio: &Studio) -> Vec<ReadSlot> {
    all_reads_of(studio, 1).await
}

/// What costs more than a page of the usual length: searches, large pages, filters that no index knows.
const HEAVY: [&str; 3] = ["/v1/content?q=yin", "/v1/content?limit=100", "/v1/content?tag=yin"];

async fn all_writes(studio: &Studio) -> Vec<Slot> {
    let mut held = Vec::new();
    while let Ok(slot) = studio.app.admission.write(of(studio), Duration::ZERO).await {
        held.push(slot);
    }
    held
}

#[apply(on_both_engines!)]
async fn a_studio_whose_reads_fill_its_share_is_refused_and_the_others_read_on(studio: Studio) {
    let studio = studio.instance_that_does_not_wait().await;
    let noisy = studio.server(&[InstructorsRead]).await;
    let quiet = studio.server_of(studio.neighbour().await, &[InstructorsRead]).await;
    for server in [&noisy, &quiet] {
        server.get(LIST).await.expect(200);
    }
    let held = all_reads(&studio).await;
    assert!(held.len() >= 4, "alone it reads with nearly all: {}", held.len());
    for _ in 0..20 {
        let refused = noisy.get(LIST).await;
        refused.is_problem(503, "overloaded");
        assert_eq!(refused.header("retry-after"), "1");
        quiet.get(LIST).await.expect(200);
    }
    drop(held);
    noisy.get(LIST).await.expect(200);
}

#[apply(on_both_engines!)]
async fn the_visitors_of_a_website_read_on_while_its_server_reads_all_it_may(studio: Studio) {
    let studio = studio.instance_that_does_not_wait().await;
    let neighbours = studio.website_of(studio.neighbour().await).await;
    neighbours.get(LIST).await.expect(200);
    let _held = all_reads(&studio).await;
    for _ in 0..20 {
        neighbours.get(LIST).await.expect(200);
    }
}

#[apply(on_both_engines!)]
async fn reads_go_on_while_writes_are_refused(studio: Studio) {
    let studio = studio.instance_that_does_not_wait().await;
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    server.post(LIST, json!({"display_name": "Anna"})).await.expect(201);
    let held = all_writes(&studio).await;
    for _ in 0..20 {
        let refused = server.post(LIST, json!({"display_name": "Rui"})).await;
        refused.is_problem(503, "overloaded");
        assert_eq!(refused.header("retry-after"), "1");
        server.get(LIST).await.expect(200);
    }
    drop(held);
    server.post(LIST, json!({"display_name": "Rui"})).await.expect(201);
}

#[apply(on_both_engines!)]
async fn one_studios_searches_and_large_pages_leave_half_of_those_slots_and_all_others(studio: Studio) {
    let studio = studio.instance_that_does_not_wait().await;
    let noisy = studio.server(&[ContentRead]).await;
    let quiet = studio.server_of(studio.neighbour().await, &[ContentRead]).await;
    for server in [&noisy, &quiet] {
        server.get("/v1/content").await.expect(200);
    }
    let held = all_reads_of(&studio, 2).await;
    for heavy in HEAVY {
        let refused = noisy.get(heavy).await;
        refused.is_problem(503, "overloaded");
        assert_eq!(refused.header("retry-after"), "1");
        quiet.get(heavy).await.expect(200);
    }
    noisy.get("/v1/content").await.expect(200);
    drop(held);
    noisy.get(HEAVY[0]).await.expect(200);
}

#[apply(on_both_engines!)]
async fn one_network_leaves_half_of_the_heavy_reads_whatever_studios_it_asks_for(studio: Studio) {
    let studio = studio.instance_that_does_not_wait().await;
    let elsewhere = studio.server_of(studio.neighbour().await, &[ContentRead]).await;
    let here = elsewhere.clone().from("0.0.0.0");
    elsewhere.get("/v1/content").await.expect(200);
    let _held = all_reads_of(&studio, 2).await;
    here.get(HEAVY[0]).await.is_problem(503, "overloaded");
    elsewhere.get(HEAVY[0]).await.expect(200);
}

#[apply(on_both_engines!)]
async fn nobody_waits_for_a_database_that_did_not_answer(studio: Studio) {
    let read = WaitLimits { decide_after: Duration::from_millis(10), ..LONG };
    let studio = studio.instance_waiting(Waits { read, write: LONG }).await;
    studio.app.admission.report_answered(false);
    for cost in [1, 2] {
        // The one that ends it was next, and would wait for ten minutes.
        let taken = timeout(Duration::from_mins(1), all_reads_of(&studio, cost)).await.expect("refused at once");
        assert!(!taken.is_empty());
        let refused = studio.app.admission.read(of(&studio), cost).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn while_another_process_holds_the_write_lock_one_write_tries_the_others_are_refused_and_reads_go_on() {
    let studio = Studio::on_sqlite().await.instance_waiting(Waits { read: LONG, write: LONG }).await;
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let anna = json!({"display_name": "Anna"});
    server.post(LIST, anna.clone()).await.expect(201);

    let mut other = SqliteConnection::connect(studio.url()).await.expect("a connection");
    sqlx::raw_sql("begin immediate").execute(&mut other).await.expect("the lock");
    let in_vain = server.post(LIST, anna.clone()).await;
    in_vain.is_problem(503, "unavailable");
    assert_eq!(in_vain.header("retry-after"), "1");
    let tries = studio.app.admission.write(of(&studio), Duration::ZERO).await.expect("a slot");
    // The database answers, so what is refused from here on is for the line.
    server.get(LIST).await.expect(200);
    for _ in 0..5 {
        let refused = server.post(LIST, anna.clone()).await;
        refused.is_problem(503, "overloaded");
        assert_eq!(refused.header("retry-after"), "1");
        server.get(LIST).await.expect(200);
    }

    sqlx::raw_sql("rollback").execute(&mut other).await.expect("given back");
    drop(tries);
    server.post(LIST, anna.clone()).await.expect(201);
    let held = studio.app.admission.write(of(&studio), Duration::ZERO).await.expect("a slot");
    let waits = tokio::spawn(async move { server.post(LIST, anna).await });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    drop(held);
    waits.await.expect("an answer").expect(201);
}
