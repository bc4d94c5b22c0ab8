//! Watches the database for key changes by other processes, and clears the key cache. PostgreSQL sends a notification with the
//! commit; on SQLite `pragma data_version` is polled to see whether anything was written. On both, a counter of key changes is
//! read, every second even with notifications, so that a lost one delays a revocation by a second at most. The watcher has its
//! own connections, so that it works while all others are busy.

use std::{sync::Arc, time::Duration};

use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool, postgres::PgListener};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{keyring::Keyring, unscoped};
use crate::store::{
    db::{Db, On},
    error::StoreError,
    open::beside,
    postgres_connections::PostgresConnections,
};

const SQLITE_POLL: Duration = Duration::from_millis(200);
const POSTGRES_POLL: Duration = Duration::from_millis(800);
const POLL_TIMEOUT: Duration = Duration::from_secs(1);
/// How long to wait before reconnecting a lost listener.
const RECONNECT_DELAY: Duration = Duration::from_millis(200);
/// One for the listener, one for the counter, which must work when the listener's connection hangs.
const POSTGRES_CONNECTIONS: u32 = 2;

/// Watches until the task is aborted.
pub async fn watch(keyring: Arc<Keyring>) {
    match keyring.db().clone() {
        Db::Sqlite { snapshots, .. } => watch_file(&keyring, &snapshots).await,
        Db::Postgres(others) => {
            let own = beside(&others, POSTGRES_CONNECTIONS);
            tokio::join!(watch_counter(&keyring, &own), listen(&keyring, &own));
        }
    }
}

/// The change counter as it was last read.
struct Counter {
    seen: Option<i64>,
}

impl Counter {
    async fn poll(&mut self, keyring: &Keyring, on: On<'_>) -> Result<(), StoreError> {
        let asked_at = keyring.clock().uptime();
        let revision = unscoped::key_revision(on).await?;
        if self.seen.replace(revision) != Some(revision) {
            keyring.forget();
        }
        keyring.vouch(asked_at);
        Ok(())
    }
}

async fn watch_counter(keyring: &Keyring, own: &PostgresConnections) {
    let mut counter = Counter { seen: None };
    let mut ticks = interval(POSTGRES_POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let polled = timeout(POLL_TIMEOUT, counter.poll(keyring, On::Postgres(own))).await;
        if let Err(error) = polled.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut.into())) {
            error.log("cannot read the counter of key changes");
        }
    }
}

async fn listen(keyring: &Keyring, own: &PostgresConnections) {
    loop {
        if let Ok(mut listener) = PgListener::connect_with(own.pool()).await
            && listener.listen(unscoped::CHANNEL).await.is_ok()
        {
            // Report a lost connection at once, not after a reconnect.
            listener.eager_reconnect(false);
            // Notifications sent before we listened, or while the connection broke, are lost.
            keyring.forget();
            while let Ok(Some(_)) = listener.try_recv().await {
                keyring.forget();
            }
            tracing::warn!("lost the connection that listens for key changes; reconnecting");
            keyring.forget();
        }
        tokio::time::sleep(RECONNECT_DELAY).await;
    }
}

async fn watch_file(keyring: &Keyring, snapshots: &SqlitePool) {
    let mut ticks = interval(SQLITE_POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let options = snapshots.connect_options();
        let Ok(connection) = options.connect().await else { continue };
        if let Err(error) = poll_file(keyring, connection, &mut ticks).await {
            error.log("cannot read the database file");
        }
    }
}

/// Polls through its own connection: `data_version` changes when any other connection writes.
async fn poll_file(
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
        } else if let Err(error) = counter.poll(keyring, On::Sqlite(&mut own)).await {
            own.close().await.ok();
            return Err(error);
        }
        ticks.tick().await;
    }
}
