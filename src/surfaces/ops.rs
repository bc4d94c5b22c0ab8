//! What operators ask, on a listener of their own: whether the gateway is alive, whether it is ready, how much it does.
//! No key, no table: whoever can reach the address may ask, so it is kept private.

use axum::{Router, extract::State, response::IntoResponse, routing::get};
use prometheus_client::metrics::gauge::Gauge;
use sqlx::{ConnectOptions, Connection, PgPool, SqlitePool};

use crate::{
    access::unscoped,
    app::App,
    endpoint,
    server::{Accepting, Metrics, ops},
    store::{
        db::{Db, On},
        error::StoreError,
        in_place::InPlace,
        open::beside,
    },
    wire::problem::Problem,
};

/// What the pages look at.
#[derive(Clone)]
struct Looked {
    app: App,
    asked: Asked,
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
    let signs = app.access.page_signs.counted();
    metrics.register("management_preflights", "Pages that wanted to send a key to Management, by origin", signs);
    metrics.register("database_connections", "Open connections to the database", connections.clone());
    metrics.register("database_connections_at_work", "Connections that run a statement", connections_at_work.clone());
    let asked = Asked::of(&app.db);
    let looked = Looked { app, asked, accepting, metrics, keys, connections, connections_at_work };
    endpoint::open(vec![("/healthz", get(ops::healthz)), ("/readyz", get(readyz)), ("/metrics", get(count))], looked)
}

async fn readyz(State(looked): State<Looked>) -> Result<&'static str, Problem> {
    let asked = async { looked.asked.answers().await.inspect_err(|error| error.log("the database does not answer")) };
    ops::readyz(&looked.accepting, asked).await
}

/// The database that is asked whether it answers. Not by the connections of requests: these may all be at work, and it
/// answers nevertheless.
#[derive(Clone)]
enum Asked {
    File(SqlitePool, InPlace),
    Server(PgPool),
}

impl Asked {
    fn of(db: &Db) -> Self {
        match db {
            Db::Sqlite { readers, in_place, .. } => Self::File(readers.clone(), in_place.clone()),
            Db::Postgres(pool) => Self::Server(beside(pool, 1)),
        }
    }

    /// Reads a row. Of a file by a new connection: one that is open has the row in memory, and would not notice that the
    /// file is cut off, or gone, or another one by now.
    async fn answers(&self) -> Result<(), StoreError> {
        match self {
            Self::Server(own) => unscoped::key_revision(On::PgPool(own)).await.map(drop),
            Self::File(_, in_place) if !in_place.is_now() => {
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

async fn count(State(looked): State<Looked>) -> impl IntoResponse {
    let (open, at_work) = looked.app.db.connections();
    looked.keys.set(i64::try_from(looked.app.access.keyring.len()).unwrap_or(i64::MAX));
    looked.connections.set(open.into());
    looked.connections_at_work.set(at_work.into());
    ops::metrics(&looked.metrics)
}
