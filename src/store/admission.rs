//! Admission to the database: how many requests read and write at once, and which of those that wait is next.
//!
//! The guard asks for every read, `wire::write` for every write, the keyring for every look-up. Promises that a studio
//! which asks for much waits or is refused by itself, that reads go on while writes wait, and that a refusal comes
//! soon: within a twentieth of a second for a read, two seconds for a write.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::{
    db::Db,
    error::StoreError,
    fair::{FairSlots, Party, Patience, Shape, Slot},
};

/// Reads, or writes, that wait for a slot, of all studios. One network takes half of what is left.
pub(super) const WAITING: usize = 512;

/// How long every transaction may take to begin, however long its request has waited.
const BEGINS_WITHIN: Duration = Duration::from_secs(1);

/// How long requests wait for a slot.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// A read.
    pub read: Patience,
    /// A write, for its studio's turn and for the writer.
    pub write: Patience,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            read: Patience {
                first: Duration::from_millis(40),
                expected: Duration::from_secs(1),
                last: Duration::from_secs(5),
            },
            write: Patience {
                first: Duration::from_secs(2),
                expected: Duration::from_secs(6),
                last: Duration::from_secs(10),
            },
        }
    }
}

/// The slots of readers and of writers.
#[derive(Debug)]
pub struct Admission {
    reads: FairSlots,
    writes: FairSlots,
    waits: Waits,
    /// Whether the database did not answer when it was last asked: what is refused then is not overload.
    lost: AtomicBool,
}

impl Admission {
    /// Slots for the connections of a database. What the gateway does by itself needs none, so that some are left.
    #[must_use]
    pub fn new(db: &Db, waits: Waits) -> Self {
        let (reads, writes) = match db {
            Db::Sqlite { readers, .. } => (shape(readers.options().get_max_connections() as usize, 3), shape(1, 1)),
            Db::Postgres(pool) => {
                let connections = pool.options().get_max_connections() as usize;
                (shape(connections * 3 / 5, 4), shape(connections * 3 / 10, 6))
            }
        };
        Self { reads: FairSlots::new(reads), writes: FairSlots::new(writes), waits, lost: AtomicBool::new(false) }
    }

    /// A slot to read with.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`], or that the database is unavailable where it did not answer the request before.
    pub async fn read(&self, party: Party) -> Result<Slot, StoreError> {
        self.reads.take(party, self.waits.read).await.ok_or_else(|| self.refusal())
    }

    /// A slot to write with, for a request that has waited so long already.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn write(&self, party: Party, waited: Duration) -> Result<Slot, StoreError> {
        // A little is left to all.
        let first = self.waits.write.first;
        let patience = Patience { first: first.saturating_sub(waited).max(first / 8), ..self.waits.write };
        self.writes.take(party, patience).await.ok_or_else(|| self.refusal())
    }

    /// How long a write with a slot that has waited so long already may wait for its transaction to begin.
    #[must_use]
    pub fn left_to_begin(&self, waited: Duration) -> Duration {
        self.waits.write.first.saturating_sub(waited).max(BEGINS_WITHIN)
    }

    /// How long a write waits for its studio's turn.
    #[must_use]
    pub fn turn_waits(&self) -> Patience {
        self.waits.write
    }

    /// Whether the database answered when it was last asked.
    pub fn heard(&self, answered: bool) {
        if self.lost.load(Ordering::Relaxed) == answered {
            self.lost.store(!answered, Ordering::Relaxed);
        }
    }

    fn refusal(&self) -> StoreError {
        if self.lost.load(Ordering::Relaxed) {
            StoreError::Unavailable(sqlx::Error::PoolTimedOut)
        } else {
            StoreError::Overloaded
        }
    }
}

/// So many slots, one of each `part` kept for studios that hold none.
fn shape(slots: usize, part: usize) -> Shape {
    Shape {
        slots,
        reserved: if slots > 1 { slots.div_ceil(part).min(slots - 1) } else { 0 },
        of_one: slots,
        waiting: WAITING,
    }
}
