//! What operators ask, on a listener of their own: whether the gateway is alive, whether it is ready, how much it does.
//! No key, no table: everybody who can reach the address may ask, so it is kept private.
//!
//! Promises that `/healthz` asks nothing, and that `/readyz` answers within two seconds whatever the database does.

use std::time::Duration;

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::get};
use prometheus_client::metrics::gauge::Gauge;
use sqlx::{ConnectOptions, Connection, PgPool, SqlitePool};

use super::{Accepting, Metrics};
use crate::{
    access::unscoped,
    operation::{app::App, endpoint::open},
    store::{
        db::{Db, On},
        error::StoreError,
        file_watch::FileWatch,
        open::beside,
    },
    wire::problem::{Code, Problem},
};

const READY_WITHIN: Duration = Duration::from_millis(1500);
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the pages look at.
#[derive(Clone)]
struct Probes {
    app: App,
    asked: ProbedDatabase,
    accepting: Accepting,
    metrics: Metrics,
    keys: Gauge,
    connections: Gauge,
    connections_at_work: Gauge,
}

/// The pages.
pub fn pages(app: App, accepting: Accepting, metrics: Metrics) -> Router {
    let (keys, connections, connections_at_work) = (Gauge::default(), Gauge::default(), Gauge::default());
    metrics.register("keys_remembered", "Keys in memory", keys.clone());
    let signs = app.access.credential_preflights.counter();
    metrics.register("management_preflights", "Pages that wanted to send a key to Management, by origin", signs);
    metrics.register("database_connections", "Open connections to the database", connections.clone());
    metrics.register("database_connections_at_work", "Connections that run a statement", connections_at_work.clone());
    let asked = ProbedDatabase::of(&app.db);
    let looked = Probes { app, asked, accepting, metrics, keys, connections, connections_at_work };
    open(vec![("/healthz", get(healthz)), ("/readyz", get(readyz)), ("/metrics", get(count))], looked)
}

async fn readyz(State(looked): State<Probes>) -> Result<&'static str, Problem> {
    let asked = async { looked.asked.answers().await.inspect_err(|error| error.log("the database does not answer")) };
    ready(&looked.accepting, asked).await
}

/// The database that is asked whether it answers. Not by the connections of requests: these may all be at work, and it
/// answers nevertheless.
#[derive(Clone)]
enum ProbedDatabase {
    File(SqlitePool, FileWatch),
    Server(PgPool),
}

impl ProbedDatabase {
    fn of(db: &Db) -> Self {
        match db {
            Db::Sqlite { readers, file_watch, .. } => Self::File(readers.clone(), file_watch.clone()),
            Db::Postgres(pool) => Self::Server(beside(pool, 1)),
        }
    }

    /// Reads a row. Of a file by a new connection: one that is open has the row in memory, and would not notice that the
    /// file is cut off, or gone, or another one by now.
    async fn answers(&self) -> Result<(), StoreError> {
        match self {
            Self::Server(own) => unscoped::key_revision(On::PgPool(own)).await.map(drop),
            Self::File(_, file_watch) if !file_watch.is_intact() => {
                Err(StoreError::Broken("the file is no longer where it was opened".into()))
            }
            Self::File(readers, _) => {
                let mut own = readers.connect_options().connect().await?;
                unscoped::key_revision(On::Sqlite(&mut own)).await?;
                Ok(own.close().await?)
            }
        }
    }
}

async fn count(State(looked): State<Probes>) -> impl IntoResponse {
    let (open, at_work) = looked.app.db.connections();
    looked.keys.set(i64::try_from(looked.app.access.keyring.len()).unwrap_or(i64::MAX));
    looked.connections.set(open.into());
    looked.connections_at_work.set(at_work.into());
    ([(header::CONTENT_TYPE, OPEN_METRICS)], looked.metrics.encode())
}

/// `/healthz`: the process answers, and that is all it says.
async fn healthz() -> &'static str {
    "ok"
}

/// All surfaces accept, and `ping`, which asks the database, came back well.
///
/// # Errors
/// 503 `unavailable` when either is not so, or when the ping takes too long.
async fn ready<E>(accepting: &Accepting, ping: impl Future<Output = Result<(), E>>) -> Result<&'static str, Problem> {
    if !accepting.now() {
        return Err(Problem::new(Code::Unavailable, "Not all surfaces accept connections."));
    }
    match tokio::time::timeout(READY_WITHIN, ping).await {
        Ok(Ok(())) => Ok("ok"),
        Ok(Err(_)) | Err(_) => Err(Problem::new(Code::Unavailable, "The database does not answer.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(accepting: bool, ping: impl Future<Output = Result<(), ()>>) -> Result<&'static str, Code> {
        let all = Accepting::default();
        all.set(accepting);
        ready(&all, ping).await.map_err(|problem| problem.code())
    }

    #[tokio::test]
    async fn ready_means_accepting_and_a_database_that_answers() {
        assert_eq!(asked(true, async { Ok(()) }).await, Ok("ok"));
        assert_eq!(asked(false, async { Ok(()) }).await, Err(Code::Unavailable));
        assert_eq!(asked(true, async { Err(()) }).await, Err(Code::Unavailable));
        assert_eq!(asked(true, std::future::pending()).await, Err(Code::Unavailable));
    }
}
