//! Turns: one write of a studio at a time in this instance, for the writes that take the studio's row anyway. Who waits
//! here holds no connection, so that a crowd at one studio leaves the others theirs; only instances meet in the database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    sync::{Mutex as Queue, OwnedMutexGuard},
    time::timeout,
};

use super::{db::Tx, error::StoreError, id::StudioId};

/// How long a write waits for its turn before it is answered 503: well within the time that a request has.
const PATIENCE: Duration = Duration::from_secs(11);

/// How many writes of one studio wait or run at once; beyond that, this studio's are answered 503. It is half of the
/// requests that are at work at once, so that no studio takes the other studios' places.
const WAITING: usize = 256;

/// The queues of the studios that somebody waits for. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Mutex<HashMap<StudioId, Weak<Queue<()>>>>>);

/// A turn; it ends when this is dropped.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held for its drop")] OwnedMutexGuard<()>);

/// Locks a studio's row until the transaction ends: one writer at a time across all instances, so that what was found
/// free stays free. On SQLite the transaction itself is that lock.
pub async fn lock_studio(tx: &mut Tx, studio: StudioId) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(_) => Ok(()),
        Tx::Postgres(_) => {
            tx.on().query("select id from studios where id = $1 {lock}").bind(studio).execute().await.map(drop)
        }
    }
}

impl Turns {
    /// Waits for this studio's turn. First come, first served.
    pub async fn take(&self, studio: StudioId) -> Result<Turn, StoreError> {
        let queue = self.queue(studio);
        // Whoever waits or runs holds the queue.
        if Arc::strong_count(&queue) > WAITING {
            return Err(StoreError::Locked);
        }
        let turn = timeout(PATIENCE, queue.lock_owned()).await;
        turn.map(Turn).map_err(|_| StoreError::Locked)
    }

    fn queue(&self, studio: StudioId) -> Arc<Queue<()>> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(&studio).and_then(Weak::upgrade) {
            return queue;
        }
        queues.retain(|_, queue| queue.strong_count() > 0);
        let queue = Arc::default();
        queues.insert(studio, Arc::downgrade(&queue));
        queue
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::instant::Instant;

    #[tokio::test]
    async fn one_studios_writes_take_turns_and_anothers_do_not_wait() {
        let turns = Turns::default();
        let (one, other) = (StudioId::new(Instant::from_micros(0)), StudioId::new(Instant::from_micros(1)));
        let first = turns.take(one).await.unwrap();
        turns.take(other).await.unwrap();
        let waits = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take(one).await.map(drop) }
        });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        drop(first);
        waits.await.unwrap().unwrap();
        turns.take(other).await.unwrap();
        assert_eq!(turns.0.lock().unwrap().len(), 1, "nobody waits for the first any more");
    }

    #[tokio::test]
    async fn a_crowd_at_one_studio_has_an_end_and_another_studio_is_served() {
        let turns = Turns::default();
        let (one, other) = (StudioId::new(Instant::from_micros(0)), StudioId::new(Instant::from_micros(1)));
        let _runs = turns.take(one).await.unwrap();
        let waiting = turns.queue(one);
        let crowd: Vec<_> = (2..WAITING).map(|_| Arc::clone(&waiting)).collect();
        assert!(matches!(turns.take(one).await, Err(StoreError::Locked)), "{} wait", crowd.len());
        turns.take(other).await.unwrap();
    }
}
