//! Calls, counted off the request's path: per key, operation and hour, with the last use and the networks it came
//! from. A request adds to a map in memory; a task writes the map to the database about once a second, and a last time
//! when the server drains. It is what a rotation's "verify traffic" reads.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ipnet::IpNet;

use super::{caller::Caller, key::KeyKind, network::Network, stored::KeyId, unscoped};
use crate::store::{db::Db, error::StoreError, instant::Instant};

/// How often the counts are written.
const EVERY: Duration = Duration::from_millis(700);
/// Entries that are kept at the most, when the database is away for long: new ones are dropped then.
const ENTRIES: usize = 100_000;

/// The counts that are not written yet. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Usage(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    calls: HashMap<(KeyId, &'static str, Instant), i64>,
    networks: HashMap<(KeyId, IpNet), Instant>,
    last: HashMap<KeyId, Instant>,
}

impl Usage {
    /// Counts one admitted call.
    pub fn count(&self, caller: &Caller, client: IpAddr, now: Instant) {
        let stored = &caller.key().stored;
        let network = Network::of(client).remembered(stored.kind == KeyKind::Publishable);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.calls.len() + counts.networks.len() > ENTRIES {
            return;
        }
        *counts.calls.entry((stored.id, caller.operation(), now.hour())).or_default() += 1;
        counts.networks.insert((stored.id, network), now);
        counts.last.insert(stored.id, now);
    }

    /// Writes the counts again and again, until the task is aborted.
    pub async fn keep_writing(self, db: Db) {
        loop {
            tokio::time::sleep(EVERY).await;
            if let Err(error) = self.write(&db).await {
                tracing::warn!(%error, "usage is not written yet");
            }
        }
    }

    /// Writes what was counted since the last time; what cannot be written is kept for the next time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn write(&self, db: &Db) -> Result<(), StoreError> {
        let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if counts.calls.is_empty() {
            return Ok(());
        }
        let written = counts.write(db).await;
        if written.is_err() {
            self.take_back(counts);
        }
        written
    }

    fn take_back(&self, unwritten: Counts) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (at, calls) in unwritten.calls {
            *counts.calls.entry(at).or_default() += calls;
        }
        for (at, seen) in unwritten.networks {
            counts.networks.entry(at).or_insert(seen);
        }
        for (key, seen) in unwritten.last {
            counts.last.entry(key).or_insert(seen);
        }
    }
}

impl Counts {
    async fn write(&self, db: &Db) -> Result<(), StoreError> {
        let mut tx = db.begin().await?;
        for ((key, operation, hour), calls) in &self.calls {
            unscoped::add_calls(tx.on(), *key, *hour, operation, *calls).await?;
        }
        for ((key, network), at) in &self.networks {
            unscoped::note_network(tx.on(), *key, network.to_string(), *at).await?;
        }
        for (key, at) in &self.last {
            unscoped::note_use(tx.on(), *key, *at).await?;
        }
        tx.commit().await
    }
}
