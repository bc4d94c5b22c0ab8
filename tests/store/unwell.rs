//! A database that does not let us in, or has lost what we need: requests are answered 503 until somebody mends it, and
//! then they are served again without a restart.

use std::time::Duration;

use flow_gateway::{
    access::scope::Scope::{InstructorsRead, InstructorsWrite},
    store::db::Db,
};
use serde_json::json;
use sqlx::AssertSqlSafe;

use super::encryption::{PASSWORD, encrypted, url};
use crate::support::{
    certificates::Authority,
    client::Client,
    postgres::Server,
    studio::{Studio, within},
};

/// How long it may take until it is noticed that all is well.
const SOON: Duration = Duration::from_secs(30);

/// A studio in a database that its gateway reaches as an ordinary role, by a password.
async fn studio() -> Option<(Server, Studio)> {
    let server = encrypted(&Authority::new().sign("localhost"))?;
    let studio = Studio::on_database(url("localhost", server.port(), "?sslmode=require")).await;
    Some((server, studio))
}

async fn reads(client: &Client) -> bool {
    client.get("/v1/instructors").await.status == 200
}

/// Waits until a request notices, and looks whether all that follow are told the same.
async fn is_unavailable(client: &Client) {
    within(SOON, async || !reads(client).await).await;
    for _ in 0..3 {
        let reply = client.get("/v1/instructors").await;
        reply.is_problem(503, "unavailable");
        assert_eq!(reply.header("retry-after"), "1");
    }
}

/// Cuts the connections until none is left: one that was being opened outlives the others.
async fn is_cut_off(server: &Server, client: &Client) {
    within(SOON, async || {
        server.cut_off("flow");
        for _ in 0..5 {
            let reply = client.get("/v1/instructors").await;
            if reply.status == 200 {
                return false;
            }
            reply.is_problem(503, "unavailable");
            assert_eq!(reply.header("retry-after"), "1");
        }
        true
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_that_does_not_let_us_in_is_503_until_it_does() {
    let Some((server, studio)) = studio().await else { return };
    let client = studio.server(&[InstructorsRead]).await;
    assert!(reads(&client).await);
    let mended = format!("alter role flow password '{PASSWORD}'");
    for (broken, mended) in [
        ("alter role flow password 'another'", mended.as_str()),
        ("alter role flow nologin", "alter role flow login"),
        ("alter database flow connection limit 0", "alter database flow connection limit -1"),
        ("alter database flow allow_connections false", "alter database flow allow_connections true"),
    ] {
        server.execute(broken);
        is_cut_off(&server, &client).await;
        server.execute(mended);
        within(SOON, async || reads(&client).await).await;
    }
    server.execute("alter database flow allow_connections false");
    is_cut_off(&server, &client).await;
    server.execute("alter database flow rename to gone");
    is_unavailable(&client).await;
    server.execute("alter database gone rename to flow");
    server.execute("alter database flow allow_connections true");
    within(SOON, async || reads(&client).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_that_has_lost_a_table_or_a_right_is_503_until_it_is_back() {
    let Some((server, studio)) = studio().await else { return };
    let studio = studio.instance_without_cache().await;
    let client = studio.server(&[InstructorsRead]).await;
    for (broken, mended) in [
        ("alter table instructors rename to gone", "alter table gone rename to instructors"),
        ("alter table instructors rename display_name to gone", "alter table instructors rename gone to display_name"),
        ("revoke all on instructors from flow", "grant all on instructors to flow"),
        ("alter schema public rename to gone", "alter schema gone rename to public"),
    ] {
        assert!(reads(&client).await, "before {broken}");
        server.execute_in("flow", broken);
        is_unavailable(&client).await;
        server.execute_in("flow", mended);
        within(SOON, async || reads(&client).await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_that_takes_no_writes_is_503_for_writes_and_reads_go_on() {
    let Some((server, studio)) = studio().await else { return };
    let client = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    server.execute("alter role flow set default_transaction_read_only = on");
    server.cut_off("flow");
    within(SOON, async || reads(&client).await).await;
    client.post("/v1/instructors", json!({"display_name": "A"})).await.is_problem(503, "unavailable");
    assert!(reads(&client).await);
    server.execute("alter role flow reset default_transaction_read_only");
    server.cut_off("flow");
    let writes = async || client.post("/v1/instructors", json!({"display_name": "A"})).await.status == 201;
    within(SOON, writes).await;
}

#[tokio::test]
async fn sqlite_that_has_lost_a_table_or_takes_no_writes_is_503_until_it_is_mended() {
    let studio = Studio::on_sqlite().await.instance_without_cache().await;
    let client = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let Db::Sqlite { writer, .. } = &studio.app.db else { return };
    let execute = async |text: &'static str| {
        sqlx::query(AssertSqlSafe(text)).execute(writer).await.expect("a statement");
    };
    for (broken, mended) in [
        ("alter table instructors rename to gone", "alter table gone rename to instructors"),
        ("alter table instructors rename display_name to gone", "alter table instructors rename gone to display_name"),
    ] {
        assert!(reads(&client).await);
        execute(broken).await;
        is_unavailable(&client).await;
        execute(mended).await;
        within(SOON, async || reads(&client).await).await;
    }
    execute("pragma query_only = on").await;
    client.post("/v1/instructors", json!({"display_name": "A"})).await.is_problem(503, "unavailable");
    assert!(reads(&client).await);
    execute("pragma query_only = off").await;
    client.post("/v1/instructors", json!({"display_name": "A"})).await.expect(201);
}
