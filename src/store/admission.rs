//! Admission to the database: how many requests read and write at once, and which of those that wait is next.
//!
//! The guard asks for every read, `wire::write` for every write, the keyring for every look-up. Promises that a studio
//! which asks for much waits or is refused by itself, that reads go on while writes wait, and that a refusal comes
//! soon: within a twentieth of a second for a read, two seconds for a write, a twentieth as well while the database takes
//! no write at all.
//!
//! Decision: reads that cost more than a usual page share slots of their own, as many as there are processors, and one
//! studio has half of them. A search over 100,000 rows keeps a processor busy for 13 to 31 ms, and a few of them at once
//! would keep all busy, however small the key's rate is: then each of the others' reads waits for a processor, though it
//! finds a slot. So one studio's searches and big pages leave half of the machine to the others.

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
};

/// Reads that wait for a slot, of all studios. One network takes half of what is left.
const WAITING_READS: usize = 512;
/// Writes that wait, of all studios: for the writer, and as many for the turns of their studios. A crowd of some two
/// hundred from one network finds room.
pub(super) const WAITING_WRITES: usize = 512;

/// How long every transaction may take to begin, however long its request has waited.
const BEGINS_WITHIN: Duration = Duration::from_secs(1);
/// How long a write waits while the database takes none.
const BLOCKED: WaitLimits = WaitLimits::of(Duration::from_millis(25));

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
                expected_within: Duration::from_secs(1),
                at_most: Duration::from_secs(5),
            },
            write: WaitLimits {
                decide_after: Duration::from_secs(2),
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
    /// Whether the database did not answer when it was last asked: what is refused then is not overload.
    lost: AtomicBool,
    /// Whether the last write could not begin: somebody else holds the database's lock.
    writes_blocked: AtomicBool,
}

/// A slot to read with.
#[derive(Debug)]
pub struct ReadSlot {
    _read: Slot,
    _heavy: Option<Slot>,
}

impl Admission {
    /// Slots for the connections of a database. What the gateway does by itself needs none, so that some are left.
    pub fn new(db: &Db, waits: Waits) -> Self {
        let (reads, writes) = match db {
            Db::Sqlite { readers, .. } => {
                (shape(readers.options().get_max_connections() as usize, 3, WAITING_READS), shape(1, 1, WAITING_WRITES))
            }
            Db::Postgres(pool) => {
                let connections = pool.options().get_max_connections() as usize;
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

    /// A slot to read with, for a request that takes so much of its key's rate.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`], or that the database is unavailable where it did not answer the request before.
    pub async fn read(&self, requester: Requester, cost: u32) -> Result<ReadSlot, StoreError> {
        let asked = Instant::now();
        let heavy = if cost > 1 {
            Some(self.heavy_reads.take(requester, self.waits.read).await.ok_or_else(|| self.refusal())?)
        } else {
            None
        };
        let limits = if heavy.is_some() { self.waits.read.after(asked.elapsed()) } else { self.waits.read };
        let read = self.reads.take(requester, limits).await.ok_or_else(|| self.refusal())?;
        Ok(ReadSlot { _read: read, _heavy: heavy })
    }

    /// A slot to write with, for a request that has waited so long already.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn write(&self, requester: Requester, waited: Duration) -> Result<Slot, StoreError> {
        if self.writes_blocked.load(Ordering::Relaxed) {
            match self.writes.take(requester, BLOCKED).await {
                Some(slot) => return Ok(slot),
                None if self.writes_blocked.load(Ordering::Relaxed) => return Err(self.refusal()),
                None => {}
            }
        }
        let left = self.waits.write.after(waited);
        // A little is left to all.
        let limits = WaitLimits { decide_after: left.decide_after.max(self.waits.write.decide_after / 8), ..left };
        self.writes.take(requester, limits).await.ok_or_else(|| self.refusal())
    }

    /// How long a write with a slot that has waited so long already may wait for its transaction to begin.
    pub fn left_to_begin(&self, waited: Duration) -> Duration {
        self.waits.write.decide_after.saturating_sub(waited).max(BEGINS_WITHIN)
    }

    /// How long a write waits for its studio's turn.
    pub fn turn_waits(&self) -> WaitLimits {
        if self.writes_blocked.load(Ordering::Relaxed) { BLOCKED } else { self.waits.write }
    }

    /// Whether the write that had a slot last could begin. While none can, one at a time tries, and the others are refused
    /// at once instead of waiting for it.
    pub fn write_began(&self, began: bool) {
        set(&self.writes_blocked, !began);
    }

    /// Whether the database answered when it was last asked.
    pub fn heard(&self, answered: bool) {
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

/// Sets a flag that rarely changes, so that processors do not take it from each other.
fn set(flag: &AtomicBool, value: bool) {
    if flag.load(Ordering::Relaxed) != value {
        flag.store(value, Ordering::Relaxed);
    }
}

/// So many slots, one of each `part` kept for studios that hold none, and one for another network.
fn shape(slots: usize, part: usize, waiting: usize) -> SlotLimits {
    SlotLimits {
        slots,
        reserved: if slots > 1 { slots.div_ceil(part).min(slots - 1) } else { 0 },
        per_studio: slots,
        per_network: if slots > 2 { slots - 1 } else { slots },
        waiting,
    }
}

/// Slots for those of the reads that are heavy, on so many processors: they leave a third of the readers to the others.
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
