//! What operators ask, on a listener of their own: whether the gateway is alive, whether it is ready, how much it does.
//! No key, no table: whoever can reach the address may ask, so it is kept private.

use std::{os::unix::fs::MetadataExt, path::PathBuf, sync::Arc};

use axum::{Router, extract::State, response::IntoResponse, routing::get};
use prometheus_client::metrics::gauge::Gauge;
use sqlx::{ConnectOptions, Connection};

use crate::{
    access::unscoped,
    app::App,
    endpoint,
    server::{Accepting, Metrics, ops},
    store::{
        db::{Db, On},
        error::StoreError,
    },
    wire::problem::Problem,
};

/// What the pages look at.
#[derive(Clone)]
struct Looked {
    app: App,
    /// The file that is open, where the database is one.
    file: Option<Arc<OpenFile>>,
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
    let file = OpenFile::of(&app.db).map(Arc::new);
    let looked = Looked { app, file, accepting, metrics, keys, connections, connections_at_work };
    endpoint::open(vec![("/healthz", get(ops::healthz)), ("/readyz", get(readyz)), ("/metrics", get(count))], looked)
}

async fn readyz(State(looked): State<Looked>) -> Result<&'static str, Problem> {
    let asked =
        async { answers(&looked).await.inspect_err(|error| tracing::warn!(%error, "the database does not answer")) };
    ops::readyz(&looked.accepting, asked).await
}

/// Reads a row. Of a file by a new connection: one that is open has the row in memory, and would not notice that the file
/// is cut off, or gone, or another one by now.
async fn answers(looked: &Looked) -> Result<(), StoreError> {
    let (Db::Sqlite { readers, .. }, Some(file)) = (&looked.app.db, &looked.file) else {
        return unscoped::key_revision(looked.app.db.read()).await.map(drop);
    };
    if !file.is_in_its_place() {
        return Err(StoreError::Broken("the file is no longer where it was opened".into()));
    }
    let mut own = readers.connect_options().connect().await?;
    unscoped::key_revision(On::Sqlite(&mut own)).await?;
    Ok(own.close().await?)
}

/// A SQLite file, as it was when the server started.
struct OpenFile {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl OpenFile {
    fn of(db: &Db) -> Option<Self> {
        let Db::Sqlite { writer, .. } = db else { return None };
        let path = writer.connect_options().get_filename().to_path_buf();
        Some(Self { identity: identity(&path), path })
    }

    fn is_in_its_place(&self) -> bool {
        self.identity.is_some() && identity(&self.path) == self.identity
    }
}

/// The device and the inode. The file is not opened for it: closing it would give up the locks that SQLite holds.
fn identity(path: &std::path::Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

async fn count(State(looked): State<Looked>) -> impl IntoResponse {
    let (open, at_work) = looked.app.db.connections();
    looked.keys.set(i64::try_from(looked.app.keyring.len()).unwrap_or(i64::MAX));
    looked.connections.set(open.into());
    looked.connections_at_work.set(at_work.into());
    ops::metrics(&looked.metrics)
}
