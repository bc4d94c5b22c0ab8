//! Calls, counted off the request's path: per key, operation and hour, with the last use and the networks it came
//! from. A request adds to a map in memory; a task writes the map to the database about once a second, and the server a
//! last time when it has drained. It is what a rotation's "verify traffic" reads.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::IpNet;
use tokio::sync::Mutex as Queue;

use super::{
    caller::{Caller, KeyCaller},
    key::KeyKind,
    network::Network,
    stored::KeyId,
    unscoped::{self, CallsOfKey, NetworkOfKey},
};
use crate::store::{db::Db, error::StoreError, instant::Instant};

/// How often the counts are written.
pub const WRITE_EVERY: Duration = Duration::from_millis(700);
/// Entries of each kind that wait at the most, when the database is away for long: those that are new then are dropped.
const ENTRIES: usize = 20_000;
/// How long calls are kept: last year's can be laid beside this year's.
const CALLS_KEPT: Duration = Duration::from_hours(400 * 24);
/// How long a network is kept that a key is not used from any more.
const NETWORKS_KEPT: Duration = Duration::from_hours(90 * 24);

/// The counts that are not written yet. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    counts: Arc<Mutex<Counts>>,
    writing: Arc<Queue<()>>,
}

#[derive(Debug, Default)]
struct Counts {
    /// Calls that are being written.
    under_way: i64,
    calls: HashMap<(KeyId, &'static str, Instant), i64>,
    networks: HashMap<(KeyId, IpNet), Seen>,
}

/// When a key was used from a network.
#[derive(Clone, Copy, Debug)]
struct Seen {
    first: Instant,
    last: Instant,
}

impl Usage {
    /// Counts one admitted call.
    pub fn count(&self, caller: &KeyCaller, client: IpAddr, now: Instant) {
        let stored = &caller.key().stored;
        let network = Network::of(client).coarse(stored.kind == KeyKind::Publishable);
        let mut counts = self.lock();
        let counts = &mut *counts;
        count_within(&mut counts.calls, (stored.id, caller.operation(), now.hour()), 1, |calls| *calls += 1);
        let seen = Seen { first: now, last: now };
        count_within(&mut counts.networks, (stored.id, network), seen, |seen| seen.last = now);
    }

    /// Writes what was counted since the last time; what cannot be written is kept for the next time. A write that has
    /// begun comes to its end also when nobody waits for it, so that no call is lost or counted twice. There is one at a
    /// time: who asks for the last one has waited for all others.
    pub async fn write(&self, db: &Db) -> Result<(), StoreError> {
        let (usage, db) = (self.clone(), db.clone());
        let written = tokio::spawn(async move { usage.write_in_turn(&db).await }).await;
        written.unwrap_or_else(|error| Err(StoreError::Broken(error.to_string())))
    }

    async fn write_in_turn(&self, db: &Db) -> Result<(), StoreError> {
        let _turn = self.writing.lock().await;
        let counts = self.lock().take();
        if counts.calls.is_empty() {
            return Ok(());
        }
        let written = counts.write(db).await;
        self.lock().under_way = 0;
        if written.is_err() {
            self.take_back(counts);
        }
        written
    }

    /// How many calls are not written yet.
    pub fn unwritten(&self) -> i64 {
        let counts = self.lock();
        counts.under_way + counts.sum()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_back(&self, unwritten: Counts) {
        let mut counts = self.lock();
        for (at, calls) in unwritten.calls {
            count_within(&mut counts.calls, at, calls, |later| *later += calls);
        }
        for (at, seen) in unwritten.networks {
            count_within(&mut counts.networks, at, seen, |later| later.first = seen.first);
        }
    }
}

/// Removes what is too old to be asked for.
pub async fn sweep(db: &Db, now: Instant) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    unscoped::forget_usage(&mut tx, now.minus(CALLS_KEPT), now.minus(NETWORKS_KEPT)).await?;
    tx.commit().await
}

/// Counts at an entry, or makes it where there is room for one more.
fn count_within<K: Eq + Hash, V>(entries: &mut HashMap<K, V>, at: K, first: V, again: impl FnOnce(&mut V)) {
    if let Some(known) = entries.get_mut(&at) {
        again(known);
    } else if entries.len() < ENTRIES {
        entries.insert(at, first);
    }
}

impl Counts {
    fn sum(&self) -> i64 {
        self.calls.values().sum()
    }

    /// Takes everything, to be written.
    fn take(&mut self) -> Self {
        let under_way = self.sum();
        std::mem::replace(self, Self { under_way, ..Self::default() })
    }

    async fn write(&self, db: &Db) -> Result<(), StoreError> {
        let calls = self.calls.iter().map(|((key_id, operation, hour), calls)| CallsOfKey {
            key_id: *key_id,
            hour: *hour,
            operation: (*operation).to_owned(),
            calls: *calls,
        });
        let networks = self.networks.iter().map(|((key_id, network), seen)| NetworkOfKey {
            key_id: *key_id,
            network: *network,
            first_seen_at: seen.first,
            last_seen_at: seen.last,
        });
        // In one order in every instance, so that two never wait for each other's rows in a circle.
        let (mut calls, mut networks): (Vec<_>, Vec<_>) = (calls.collect(), networks.collect());
        calls.sort_by(|a, b| (a.key_id, a.hour, &a.operation).cmp(&(b.key_id, b.hour, &b.operation)));
        networks.sort_by_key(|seen| (seen.key_id, seen.network));
        let mut tx = db.begin().await?;
        unscoped::add_calls(tx.on(), &calls).await?;
        unscoped::note_networks(&mut tx, &networks).await?;
        tx.commit().await
    }
}
