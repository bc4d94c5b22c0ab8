//! What operators ask, on a listener of their own: whether the gateway is alive, whether it is ready, how much it does.
//! No key, no table: whoever can reach the address may ask, so it is kept private.

use axum::{Router, extract::State, response::IntoResponse, routing::get};
use prometheus_client::metrics::gauge::Gauge;

use crate::{
    app::App,
    endpoint,
    server::{Accepting, Metrics, ops},
    wire::problem::Problem,
};

/// What the pages look at.
#[derive(Clone)]
struct Looked {
    app: App,
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
    metrics.register("database_connections", "Open connections to the database", connections.clone());
    metrics.register("database_connections_at_work", "Connections that run a statement", connections_at_work.clone());
    let looked = Looked { app, accepting, metrics, keys, connections, connections_at_work };
    endpoint::open(vec![("/healthz", get(ops::healthz)), ("/readyz", get(readyz)), ("/metrics", get(count))], looked)
}

async fn readyz(State(looked): State<Looked>) -> Result<&'static str, Problem> {
    let ping = looked.app.db.read().query("select cast(1 as bigint)").scalar::<i64>();
    ops::readyz(&looked.accepting, async { ping.await.map(drop) }).await
}

async fn count(State(looked): State<Looked>) -> impl IntoResponse {
    let (open, at_work) = looked.app.db.connections();
    looked.keys.set(i64::try_from(looked.app.keyring.len()).unwrap_or(i64::MAX));
    looked.connections.set(open.into());
    looked.connections_at_work.set(at_work.into());
    ops::metrics(&looked.metrics)
}
