//! Watches the database for changes of keys that other processes make, and tells the keyring. PostgreSQL notifies with
//! the commit; on SQLite `pragma data_version` tells a few times a second whether anybody wrote at all. On both, a
//! counter says whether it was keys: it is looked at every second even where notifications come, so that a lost one
//! costs a second. Both look through connections of their own: a revoked key shall not go on because requests are many.
//! A watcher runs in every server until it is dropped.

use std::{sync::Arc, time::Duration};

use sqlx::{ConnectOptions, Connection, PgPool, SqliteConnection, SqlitePool, postgres::PgListener};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{keyring::Keyring, unscoped};
use crate::store::{
    db::{Db, On},
    error::StoreError,
    open::beside,
};

const SQLITE_GLANCE: Duration = Duration::from_millis(200);
const POSTGRES_GLANCE: Duration = Duration::from_millis(800);
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a listener that was lost rests before it is taken up again.
const TRY_AGAIN: Duration = Duration::from_millis(200);
/// One to listen, and one to look at the counter, also when the first has fallen silent.
const POSTGRES_CONNECTIONS: u32 = 2;

/// Watches until the task is aborted.
pub async fn watch(keyring: Arc<Keyring>) {
    match keyring.db().clone() {
        Db::Sqlite { readers, .. } => watch_file(&keyring, &readers).await,
        Db::Postgres(pool) => {
            let own = beside(&pool, POSTGRES_CONNECTIONS);
            tokio::join!(watch_counter(&keyring, &own), listen(&keyring, &own));
        }
    }
}

/// Looks at the counter; forgets when it moved, and vouches for the memory when it was read.
struct Counter {
    seen: Option<i64>,
}

impl Counter {
    async fn look(&mut self, keyring: &Keyring, on: On<'_>) -> Result<(), StoreError> {
        let asked_at = keyring.clock().uptime();
        let revision = unscoped::key_revision(on).await?;
        if self.seen.replace(revision) != Some(revision) {
            keyring.forget();
        }
        keyring.vouch(asked_at);
        Ok(())
    }
}

async fn watch_counter(keyring: &Keyring, own: &PgPool) {
    let mut counter = Counter { seen: None };
    let mut ticks = interval(POSTGRES_GLANCE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let looked = timeout(PATIENCE, counter.look(keyring, On::PgPool(own))).await;
        if let Err(error) = looked.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut.into())) {
            error.log("the change counter of the keys was not read");
        }
    }
}

async fn listen(keyring: &Keyring, own: &PgPool) {
    loop {
        if let Ok(mut listener) = PgListener::connect_with(own).await
            && listener.listen(unscoped::CHANNEL).await.is_ok()
        {
            // To be told of a loss at once, and not when the listener is back.
            listener.eager_reconnect(false);
            // What was said before we listened is lost, and what is said while a connection breaks, too.
            keyring.forget();
            while let Ok(Some(_)) = listener.try_recv().await {
                keyring.forget();
            }
            tracing::warn!("the listener for changed keys was lost; listening again");
            keyring.forget();
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

async fn watch_file(keyring: &Keyring, readers: &SqlitePool) {
    let mut ticks = interval(SQLITE_GLANCE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let options = readers.connect_options();
        let Ok(connection) = options.connect().await else { continue };
        if let Err(error) = glance(keyring, connection, &mut ticks).await {
            error.log("the database file is not readable");
        }
    }
}

/// A connection of its own: `data_version` moves when any other connection has written.
async fn glance(
    keyring: &Keyring,
    mut own: SqliteConnection,
    ticks: &mut tokio::time::Interval,
) -> Result<(), StoreError> {
    let mut counter = Counter { seen: None };
    let mut seen = None;
    loop {
        let asked_at = keyring.clock().uptime();
        let version: i64 = sqlx::query_scalar("pragma data_version").fetch_one(&mut own).await?;
        if seen.replace(version) == Some(version) {
            keyring.vouch(asked_at);
        } else if let Err(error) = counter.look(keyring, On::Sqlite(&mut own)).await {
            own.close().await.ok();
            return Err(error);
        }
        ticks.tick().await;
    }
}
