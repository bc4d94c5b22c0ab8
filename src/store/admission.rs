//! Admission to the database: limits concurrent reads and writes, and orders those that wait.
//!
//! The guard asks for every read, `operation::write` for every write, the keyring for every look-up. Promises that a studio
//! with many requests delays only itself, that reads continue while writes wait, and that a refusal is fast: within 25 ms for
//! a read, two seconds for a write, 25 ms while the database accepts no write at all. A read that is next waits for a second,
//! unless the database did not answer last time.
//!
//! Decision: reads that cost more than a usual page share a smaller set of slots, as many as there are processors, and one
//! studio gets half of them. A search over 100,000 rows keeps a processor busy for 13 to 31 ms; a few at once would use all
//! processors, however small the key's rate is, and every other read would wait for a processor even with a slot.

use std::{
    num::NonZero,
    sync::atomic::{AtomicBool, Ordering},
    thread::available_parallelism,
    time::Duration,
};

use tokio::time::Instant;

use super::{
    db::Db,
    error::StoreError,
    fair::{FairSlots, Requester, Slot, SlotLimits, WaitLimits},
    sqlite_readers,
};

/// Waiting reads of all studios.
const WAITING_READS: usize = 512;
/// Waiting writes of all studios: for the writer, and as many for their studio's turn. Some two hundred from one network fit.
pub(super) const WAITING_WRITES: usize = 512;

/// Every transaction may take this long to begin, however long its request has waited.
const MIN_BEGIN_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a write waits while the database accepts none.
const BLOCKED_LIMIT: WaitLimits = WaitLimits::of(Duration::from_millis(25));

/// How long requests wait for a slot.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// A read.
    pub read: WaitLimits,
    /// A write, for its studio's turn and for the writer.
    pub write: WaitLimits,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            read: WaitLimits {
                decide_after: Duration::from_millis(25),
                if_next: Duration::from_secs(1),
                expected_within: Duration::from_secs(1),
                at_most: Duration::from_secs(5),
            },
            write: WaitLimits {
                decide_after: Duration::from_secs(2),
                if_next: Duration::from_secs(2),
                expected_within: Duration::from_secs(6),
                at_most: Duration::from_secs(10),
            },
        }
    }
}

/// The slots of readers and of writers.
#[derive(Debug)]
pub struct Admission {
    reads: FairSlots,
    /// Heavy reads take one of these as well.
    heavy_reads: FairSlots,
    writes: FairSlots,
    waits: Waits,
    /// Whether the database failed to answer last time: a refusal is then not overload.
    lost: AtomicBool,
    /// Whether the last write could not begin, because another process holds the database's lock.
    writes_blocked: AtomicBool,
}

/// A slot to read with.
#[derive(Debug)]
pub struct ReadSlot {
    _read: Slot,
    _heavy: Option<Slot>,
}

impl Admission {
    /// Slots for the connections of a database. Some connections are left over for background tasks.
    pub fn new(db: &Db, waits: Waits) -> Self {
        let (reads, writes) = match db {
            Db::Sqlite { .. } => (shape(sqlite_readers::MOST as usize, 3, WAITING_READS), shape(1, 1, WAITING_WRITES)),
            Db::Postgres(connections) => {
                let connections = connections.pool().options().get_max_connections() as usize;
                (shape(connections * 3 / 5, 4, WAITING_READS), shape(connections * 3 / 10, 6, WAITING_WRITES))
            }
        };
        Self {
            heavy_reads: FairSlots::new(heavy(&reads, available_parallelism().map_or(1, NonZero::get))),
            reads: FairSlots::new(reads),
            writes: FairSlots::new(writes),
            waits,
            lost: AtomicBool::new(false),
            writes_blocked: AtomicBool::new(false),
        }
    }

    /// A slot to read with, for a request of this cost.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`], or unavailable if the database did not answer last time.
    pub async fn read(&self, requester: Requester, cost: u32) -> Result<ReadSlot, StoreError> {
        let asked = Instant::now();
        let mut limits = self.waits.read;
        if self.lost.load(Ordering::Relaxed) {
            limits.if_next = limits.decide_after;
        }
        let heavy = if cost > 1 {
            let heavy = self.heavy_reads.take(requester, limits).await.ok_or_else(|| self.refusal())?;
            limits = limits.after(asked.elapsed());
            // There are few of these slots: who has one does not wait long with it for the other.
            limits.if_next = limits.decide_after;
            Some(heavy)
        } else {
            None
        };
        let read = self.reads.take(requester, limits).await.ok_or_else(|| self.refusal())?;
        Ok(ReadSlot { _read: read, _heavy: heavy })
    }

    /// A slot to write with, for a request that has already waited.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn write(&self, requester: Requester, waited: Duration) -> Result<Slot, StoreError> {
        if self.writes_blocked.load(Ordering::Relaxed) {
            match self.writes.take(requester, BLOCKED_LIMIT).await {
                Some(slot) => return Ok(slot),
                None if self.writes_blocked.load(Ordering::Relaxed) => return Err(self.refusal()),
                None => {}
            }
        }
        let left = self.waits.write.after(waited);
        // Every write gets a minimum.
        let limits = WaitLimits { decide_after: left.decide_after.max(self.waits.write.decide_after / 8), ..left };
        self.writes.take(requester, limits).await.ok_or_else(|| self.refusal())
    }

    /// How long a write that has waited may still wait for its transaction to begin.
    pub fn left_to_begin(&self, waited: Duration) -> Duration {
        self.waits.write.decide_after.saturating_sub(waited).max(MIN_BEGIN_TIMEOUT)
    }

    /// How long a write waits for its studio's turn.
    pub fn turn_limits(&self) -> WaitLimits {
        if self.writes_blocked.load(Ordering::Relaxed) { BLOCKED_LIMIT } else { self.waits.write }
    }

    /// Reports whether the last write could begin. While none can, one at a time tries, and the others are refused at once.
    pub fn report_write_began(&self, began: bool) {
        set(&self.writes_blocked, !began);
    }

    /// Reports whether the database answered.
    pub fn report_answered(&self, answered: bool) {
        set(&self.lost, !answered);
    }

    fn refusal(&self) -> StoreError {
        if self.lost.load(Ordering::Relaxed) {
            StoreError::Unavailable(sqlx::Error::PoolTimedOut)
        } else {
            StoreError::Overloaded
        }
    }
}

/// Sets a flag that rarely changes, without taking its cache line from other processors.
fn set(flag: &AtomicBool, value: bool) {
    if flag.load(Ordering::Relaxed) != value {
        flag.store(value, Ordering::Relaxed);
    }
}

/// Limits for so many slots: one in each `part` is kept for studios that hold none, and one for another network.
fn shape(slots: usize, part: usize, waiting: usize) -> SlotLimits {
    SlotLimits {
        slots,
        reserved: if slots > 1 { slots.div_ceil(part).min(slots - 1) } else { 0 },
        per_studio: slots,
        per_network: if slots > 2 { slots - 1 } else { slots },
        waiting,
    }
}

/// Limits of heavy reads on so many processors: they leave a third of the readers to the others.
fn heavy(reads: &SlotLimits, processors: usize) -> SlotLimits {
    let slots = processors.max(2).min((reads.slots * 2 / 3).max(1));
    let half = (slots / 2).max(1);
    SlotLimits { slots, reserved: 0, per_studio: half, per_network: half, waiting: reads.waiting }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_studio_and_one_network_have_half_of_the_heavy_reads_on_any_machine() {
        for (processors, slots) in [(1, 2), (2, 2), (4, 4), (64, 8)] {
            let shape = heavy(&shape(12, 4, WAITING_READS), processors);
            assert_eq!(
                (shape.slots, shape.per_studio, shape.per_network),
                (slots, slots / 2, slots / 2),
                "{processors}"
            );
        }
    }
}
