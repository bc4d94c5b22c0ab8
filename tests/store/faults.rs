//! A database in trouble: writes are refused as unavailable, reads go on, and it is well again by itself.

use std::time::{Duration, Instant};

use flow_gateway::{
    access::scope::Scope::{InstructorsRead, InstructorsWrite},
    store::db::Db,
};
use futures_util::future::join_all;
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::support::{
    disk::Disk,
    postgres,
    studio::{Studio, within},
};

async fn limit_pages(db: &Db, pages: &str) {
    let Db::Sqlite { writer, .. } = db else { return };
    let text = format!("pragma max_page_count = {pages}");
    sqlx::query(AssertSqlSafe(text)).execute(writer).await.expect("a pragma");
}

#[tokio::test]
async fn a_full_disk_refuses_writes_with_503_and_reads_go_on() {
    let studio = Studio::on_sqlite().await;
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    // A limit below the file's size is raised to it: no page can be added from here on.
    limit_pages(&studio.app.db, "1").await;
    let large = json!({"display_name": "A", "bio": "x".repeat(9000)});
    let mut reply = server.post("/v1/instructors", large.clone()).await;
    while reply.status == 201 {
        reply = server.post("/v1/instructors", large.clone()).await;
    }
    reply.is_problem(503, "unavailable");
    assert_eq!(reply.header("retry-after"), "1");
    let rows = server.get("/v1/instructors?limit=100").await.rows();
    limit_pages(&studio.app.db, "1000000").await;
    server.post("/v1/instructors", large).await.expect(201);
    assert_eq!(server.get("/v1/instructors?limit=100").await.rows().len(), rows.len() + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_was_full_is_written_to_again_without_a_restart() {
    let Some(disk) = Disk::of_megabytes(3) else { return };
    let studio = Studio::on_database(format!("sqlite://{}", disk.file("flow.db").display())).await;
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let write = async || server.post("/v1/instructors", json!({"display_name": "A", "bio": "x".repeat(9000)})).await;
    for _ in 0..2 {
        disk.fill();
        // What the log has room for already is still written.
        while write().await.status == 201 {}
        for _ in 0..5 {
            let reply = write().await;
            reply.is_problem(503, "unavailable");
            assert_eq!(reply.header("retry-after"), "1");
        }
        server.get("/v1/instructors").await.expect(200);
        disk.free();
        write().await.expect(201);
    }
    let counted = async || studio.app.access.usage.write(&studio.app.db).await.is_ok();
    within(Duration::from_secs(5), counted).await;
}

#[tokio::test]
async fn a_writer_that_is_taken_for_long_is_503_and_reads_go_on() {
    let studio = Studio::on_sqlite().await;
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    server.get("/v1/instructors").await.expect(200);
    let held = studio.app.db.begin().await.expect("the writer");
    server.post("/v1/instructors", json!({"display_name": "A"})).await.is_problem(503, "unavailable");
    server.get("/v1/instructors").await.expect(200);
    drop(held);
    server.post("/v1/instructors", json!({"display_name": "A"})).await.expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_locked_for_long_is_503_on_postgresql() {
    let Some(studio) = Studio::on_postgres().await else { return };
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let row = server.post("/v1/instructors", json!({"display_name": "A"})).await.expect(201);
    let mut held = studio.app.db.begin().await.expect("a transaction");
    held.on()
        .query("select id from instructors where studio_id = $1 for update")
        .bind(studio.id)
        .execute()
        .await
        .expect("a lock");
    let path = format!("/v1/instructors/{}", row["id"].as_str().unwrap());
    server.patch(&path, json!({"bio": "new"})).await.is_problem(503, "unavailable");
    drop(held);
    server.patch(&path, json!({"bio": "new"})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_that_falls_silent_is_503_in_time_and_all_is_well_when_it_goes_on() {
    let Some(postgres) = postgres::start_private() else { return };
    let studio = Studio::on_database(postgres.url()).await;
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    server.get("/v1/instructors").await.expect(200);
    // Connections that were at work a moment ago are used again without a look.
    join_all((0..8).map(|_| server.get("/v1/instructors"))).await;
    let frozen = postgres.freeze();
    let began = Instant::now();
    let (reads, write) = tokio::join!(
        join_all((0..4).map(|_| server.get("/v1/instructors"))),
        server.post("/v1/instructors", json!({"display_name": "A"})),
    );
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    for reply in reads.iter().chain([&write]) {
        reply.is_problem(503, "unavailable");
        assert_eq!(reply.header("retry-after"), "1");
    }
    drop(frozen);
    within(Duration::from_secs(10), async || server.get("/v1/instructors").await.status == 200).await;
    server.post("/v1/instructors", json!({"display_name": "A"})).await.expect(201);
}

#[tokio::test]
async fn a_file_that_somebody_damaged_is_unavailable_and_no_fault_of_ours() {
    let studio = Studio::on_sqlite().await;
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let Db::Sqlite { writer, .. } = &studio.app.db else { return };
    sqlx::query("pragma wal_checkpoint(truncate)").execute(writer).await.expect("all is in the file");
    let file = studio.file().expect("a file");
    let length = std::fs::metadata(&file).expect("a file").len();
    // Not opened and closed here: that would give up the locks of this process.
    let damage = std::process::Command::new("dd")
        .args(["if=/dev/urandom", "bs=4096", "seek=1", "conv=notrunc"])
        .arg(format!("of={}", file.display()))
        .arg(format!("count={}", length / 4096 - 1))
        .output()
        .expect("dd runs");
    assert!(damage.status.success());
    server.post("/v1/instructors", json!({"display_name": "A"})).await.is_problem(503, "unavailable");
}
