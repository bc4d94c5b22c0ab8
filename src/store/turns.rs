//! The lock of a studio's timetable: one write at a time, among all instances. Who waits in this instance does so for a
//! turn, and holds no connection, so that a crowd at one studio leaves the others theirs; only instances meet at the row.
//!
//! What was found free stays free only in a [`TimetableTx`]. A [`Turn`] alone makes one, by locking the studio's row: so
//! both are taken together, everywhere.

use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};

use super::{
    admission::WAITING_WRITES,
    clock::Clock,
    db::{Db, Tx},
    error::StoreError,
    fair::{FairSlots, Requester, Slot, SlotLimits, WaitLimits},
    id::StudioId,
    studio::StudioTx,
};

/// How long a task waits for a studio's turn: nobody waits for it.
const TASK_WAIT_LIMITS: WaitLimits = WaitLimits::of(Duration::from_secs(11));

/// The turns of all studios. Clones share them.
#[derive(Clone, Debug)]
pub struct Turns(FairSlots);

/// A turn; it ends when this is dropped.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held for its drop")] Slot);

/// A studio's transaction whose timetable nobody else writes, in any instance, until it ends.
#[derive(Debug)]
pub struct TimetableTx {
    tx: StudioTx,
    turn: Option<Turn>,
}

/// What a write of a studio runs in: a [`StudioTx`], or a [`TimetableTx`] where the timetable has to stand still.
pub trait WriteTx: Sized + Send {
    /// What is waited for before it begins.
    type Turn: Send;

    /// Waits for that.
    fn wait(
        turns: &Turns,
        requester: Requester,
        limits: WaitLimits,
    ) -> impl Future<Output = Result<Self::Turn, StoreError>> + Send;

    /// Locks what it locks.
    fn lock(tx: StudioTx, turn: Self::Turn) -> impl Future<Output = Result<Self, StoreError>> + Send;

    /// The studio's transaction.
    fn studio_tx(&mut self) -> &mut StudioTx;

    /// Makes it all true at once. What it has locked, and `held`, is free as soon as the next may write: on SQLite that is when it
    /// has left its connection to the next of its group, who sees what it wrote and shares its commit; on PostgreSQL after the commit.
    fn commit_and_free(self, held: impl Send) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The same for who holds nothing else.
    fn commit(self) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.commit_and_free(())
    }
}

impl WriteTx for StudioTx {
    type Turn = ();

    async fn wait(_: &Turns, _: Requester, _: WaitLimits) -> Result<(), StoreError> {
        Ok(())
    }

    async fn lock(tx: Self, (): ()) -> Result<Self, StoreError> {
        Ok(tx)
    }

    fn studio_tx(&mut self) -> &mut StudioTx {
        self
    }

    async fn commit_and_free(self, held: impl Send) -> Result<(), StoreError> {
        self.tx.commit_and_free(held).await
    }
}

impl WriteTx for TimetableTx {
    type Turn = Turn;

    async fn wait(turns: &Turns, requester: Requester, limits: WaitLimits) -> Result<Turn, StoreError> {
        turns.take(requester, limits).await
    }

    /// On SQLite the transaction itself is the lock of the row.
    async fn lock(mut tx: StudioTx, turn: Turn) -> Result<Self, StoreError> {
        if let Tx::Postgres(_) = tx.tx {
            tx.query("select id from studios where id = $1 {lock}").execute().await?;
        }
        Ok(Self { tx, turn: Some(turn) })
    }

    fn studio_tx(&mut self) -> &mut StudioTx {
        &mut self.tx
    }

    async fn commit_and_free(self, held: impl Send) -> Result<(), StoreError> {
        let Self { tx, turn } = self;
        tx.tx.commit_and_free((turn, held)).await
    }
}

impl TimetableTx {
    /// A transaction that makes the studio itself, or works on a copy of its rows: nobody else sees what it writes.
    pub fn of_unseen(tx: StudioTx) -> Self {
        Self { tx, turn: None }
    }
}

impl Deref for TimetableTx {
    type Target = StudioTx;

    fn deref(&self) -> &StudioTx {
        &self.tx
    }
}

impl DerefMut for TimetableTx {
    fn deref_mut(&mut self) -> &mut StudioTx {
        &mut self.tx
    }
}

impl Default for Turns {
    fn default() -> Self {
        let per_network = usize::MAX;
        Self(FairSlots::new(SlotLimits {
            slots: usize::MAX,
            reserved: 0,
            per_studio: 1,
            per_network,
            waiting: WAITING_WRITES,
        }))
    }
}

impl Turns {
    /// Waits for a studio's turn as a task or a command does, and begins a transaction that takes so many instants.
    ///
    /// # Errors
    /// As [`take`](Self::take), and when the database fails.
    pub async fn begin(
        &self,
        db: &Db,
        clock: &Clock,
        studio: StudioId,
        instants: u32,
    ) -> Result<TimetableTx, StoreError> {
        let turn = self.take(Requester::of_studio(studio), TASK_WAIT_LIMITS).await?;
        TimetableTx::lock(db.begin_studio(clock, studio, instants).await?, turn).await
    }

    /// Waits for the turn of this requester's studio: its networks in turn, and of each who came first.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] when the turn does not come soon, or too many wait for theirs.
    pub async fn take(&self, requester: Requester, limits: WaitLimits) -> Result<Turn, StoreError> {
        self.0.take(requester, limits).await.map(Turn).ok_or(StoreError::Overloaded)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::instant::Instant;

    const PATIENCE: WaitLimits = WaitLimits::of(Duration::from_mins(1));

    #[tokio::test]
    async fn one_studios_writes_take_turns_and_anothers_do_not_wait() {
        let turns = Turns::default();
        let [one, other] = [0, 1].map(|micros| Requester::of_studio(StudioId::new(Instant::from_micros(micros))));
        let first = turns.take(one, PATIENCE).await.unwrap();
        turns.take(other, PATIENCE).await.unwrap();
        let waits = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take(one, PATIENCE).await.map(drop) }
        });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        drop(first);
        waits.await.unwrap().unwrap();
        turns.take(other, PATIENCE).await.unwrap();
    }
}
