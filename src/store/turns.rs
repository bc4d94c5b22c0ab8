//! Turns: one write of a studio at a time in this instance, for the writes that take the studio's row anyway. Who waits
//! here holds no connection, so that a crowd at one studio leaves the others theirs; only instances meet in the database.

use super::{
    admission::WAITING_WRITES,
    db::Tx,
    error::StoreError,
    fair::{FairSlots, Requester, Slot, SlotLimits, WaitLimits},
    id::StudioId,
};

/// The turns of all studios. Clones share them.
#[derive(Clone, Debug)]
pub struct Turns(FairSlots);

/// A turn; it ends when this is dropped.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held for its drop")] Slot);

/// Locks a studio's row until the transaction ends: one writer at a time across all instances, so that what was found
/// free stays free. On SQLite the transaction itself is that lock.
pub async fn lock_studio(tx: &mut Tx, studio: StudioId) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(..) => Ok(()),
        Tx::Postgres(_) => {
            tx.on().query("select id from studios where id = $1 {lock}").bind(studio).execute().await.map(drop)
        }
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
