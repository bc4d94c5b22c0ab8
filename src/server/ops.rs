//! The operator's pages on their own listener: `/healthz`, `/readyz` and `/metrics`. They need no key, so the address must
//! be private.
//!
//! Promises that `/healthz` depends on nothing, and that `/readyz` answers within two seconds whatever the database does.

use std::time::Duration;

use axum::{Router, extract::State, http::header, response::IntoResponse};
use prometheus_client::metrics::gauge::Gauge;
use sqlx::{ConnectOptions, Connection, SqlitePool};

use super::{Accepting, Metrics, process_metrics::ProcessMetrics};
use crate::{
    access::{caller::Anyone, unscoped},
    operation::{
        app::App,
        endpoint::{page, serve},
    },
    store::{
        db::{Db, On},
        error::StoreError,
        file_watch::FileWatch,
        open::beside,
        postgres_connections::PostgresConnections,
    },
    wire::problem::{Code, Problem},
};

const READY_TIMEOUT: Duration = Duration::from_millis(1500);
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the pages read.
#[derive(Clone)]
struct OpsState {
    app: App,
    database: ProbedDatabase,
    accepting: Accepting,
    metrics: Metrics,
    keys: Gauge,
    connections: Gauge,
    connections_at_work: Gauge,
    answer_bytes: Gauge,
}

/// The router of the pages.
pub fn pages(app: App, accepting: Accepting, metrics: Metrics) -> Router {
    let (keys, connections, connections_at_work, answer_bytes) =
        (Gauge::default(), Gauge::default(), Gauge::default(), Gauge::default());
    metrics.register("keys_remembered", "Keys in memory", keys.clone());
    let preflights = app.access.credential_preflights.counter();
    metrics.register(
        "management_preflights",
        "Preflights of pages that wanted to send a key to Management, by origin",
        preflights,
    );
    metrics.register(
        "activity_dropped",
        "Calls that were not recorded in a studio's activity, since more came than are written",
        app.access.usage.activity.dropped(),
    );
    if let Some(redis) = app.access.shared_rates.redis() {
        metrics.register("redis_connected", "Whether rates are shared through Redis", redis.connected());
        metrics.register(
            "redis_losses",
            "How often Redis was lost, so that this instance bounded rates by itself",
            redis.losses(),
        );
    }
    if let Some(answers) = &app.access.answers {
        metrics.register("answer_cache_hits", "Requests answered with a kept answer", answers.hits());
        metrics.register("answer_cache_misses", "Requests whose answer was read and kept", answers.misses());
        metrics.register("answer_cache_bytes", "Bytes of the kept answers", answer_bytes.clone());
    }
    metrics.register("mail_waiting", "Mails that are still to be sent", app.unsent_mails.waiting.clone());
    metrics.register("mail_dead", "Mails that were given up", app.unsent_mails.dead.clone());
    metrics.register(
        "task_last_success_timestamp_seconds",
        "When a background task did its work last",
        app.task_runs.last_success(),
    );
    metrics.register("task_failures", "Runs of a background task that failed", app.task_runs.failures());
    metrics.register(
        "task_duration_seconds",
        "How long the last run of a background task took",
        app.task_runs.durations(),
    );
    metrics.register("task_interval_seconds", "How often a background task is due", app.task_runs.intervals());
    metrics.collect(ProcessMetrics::since(app.clock.now()));
    metrics.register("database_connections", "Open connections to the database", connections.clone());
    metrics.register("database_connections_at_work", "Connections that run a statement", connections_at_work.clone());
    let database = ProbedDatabase::of(&app.db);
    let state = OpsState { app, database, accepting, metrics, keys, connections, connections_at_work, answer_bytes };
    let rows = [page("/healthz", healthz), page("/readyz", readyz), page("/metrics", metrics_page)];
    serve::<Anyone, _>(rows).router.with_state(state)
}

async fn readyz(State(state): State<OpsState>) -> Result<&'static str, Problem> {
    let database =
        async { state.database.check().await.inspect_err(|error| error.log("the database does not answer")) };
    ready(&state.accepting, database).await
}

/// The database for the readiness check. It does not use the requests' connections: these may all be busy while the database
/// works.
#[derive(Clone)]
enum ProbedDatabase {
    File(SqlitePool, FileWatch),
    Server(PostgresConnections),
}

impl ProbedDatabase {
    fn of(db: &Db) -> Self {
        match db {
            Db::Sqlite { snapshots, file_watch, .. } => Self::File(snapshots.clone(), file_watch.clone()),
            Db::Postgres(others) => Self::Server(beside(others, 1)),
        }
    }

    /// Reads a row. On SQLite through a new connection: an open one has the row in memory, and would not notice that the file is
    /// truncated, deleted or replaced.
    async fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Server(own) => unscoped::key_revision(On::Postgres(own)).await.map(drop),
            Self::File(_, file_watch) if !file_watch.is_intact() => {
                Err(StoreError::Broken("the database file was moved or replaced".into()))
            }
            Self::File(snapshots, _) => {
                let mut own = snapshots.connect_options().connect().await?;
                unscoped::key_revision(On::Sqlite(&mut own)).await?;
                Ok(own.close().await?)
            }
        }
    }
}

async fn metrics_page(State(state): State<OpsState>) -> impl IntoResponse {
    let (open, at_work) = state.app.db.connections();
    if let Some(answers) = &state.app.access.answers {
        state.answer_bytes.set(i64::try_from(answers.bytes()).unwrap_or(i64::MAX));
    }
    state.keys.set(i64::try_from(state.app.access.keyring.len()).unwrap_or(i64::MAX));
    state.connections.set(open.into());
    state.connections_at_work.set(at_work.into());
    ([(header::CONTENT_TYPE, OPEN_METRICS)], state.metrics.encode())
}

/// `/healthz`: the process answers.
async fn healthz() -> &'static str {
    "ok"
}

/// Ready when all surfaces accept and `ping` succeeds.
///
/// # Errors
/// 503 `unavailable` otherwise, or when the ping times out.
async fn ready<E>(accepting: &Accepting, ping: impl Future<Output = Result<(), E>>) -> Result<&'static str, Problem> {
    if !accepting.now() {
        return Err(Problem::new(Code::Unavailable, "Not all surfaces accept connections."));
    }
    match tokio::time::timeout(READY_TIMEOUT, ping).await {
        Ok(Ok(())) => Ok("ok"),
        Ok(Err(_)) | Err(_) => Err(Problem::new(Code::Unavailable, "The database does not answer.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn database(accepting: bool, ping: impl Future<Output = Result<(), ()>>) -> Result<&'static str, Code> {
        let all = Accepting::default();
        all.set(accepting);
        ready(&all, ping).await.map_err(|problem| problem.code())
    }

    #[tokio::test]
    async fn ready_means_accepting_and_a_database_that_answers() {
        assert_eq!(database(true, async { Ok(()) }).await, Ok("ok"));
        assert_eq!(database(false, async { Ok(()) }).await, Err(Code::Unavailable));
        assert_eq!(database(true, async { Err(()) }).await, Err(Code::Unavailable));
        assert_eq!(database(true, std::future::pending()).await, Err(Code::Unavailable));
    }
}
