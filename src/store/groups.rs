//! Writes of requests that share a commit, on SQLite. A commit waits for the disk, and while it does nobody else can write: so
//! those who came meanwhile write in one transaction, each in a savepoint of its own, and are answered after their common commit.
//! Nobody waits for company: a write that comes alone is committed at once.
//!
//! [`super::request_write`] asks here. Promises that a write is told of its commit only when it is on
//! disk, that one which fails, or whose caller has gone, undoes itself alone, that a commit which fails is told to all of its
//! group, and that the wait for the others is bounded ([`GroupLimits`]). A write sees what those before it in its group wrote;
//! what it answers waits until that is on disk, too ([`super::on_disk`]).
//!
//! Decision: the writes of requests to the APIs are grouped. All others stand alone, for a commit of their own: tasks, imports and
//! commands may be long, and forms of pages and sign-ins are few.

mod lend;
mod turn;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::SqlitePool;
use tokio::{
    sync::{Notify, oneshot},
    time::timeout,
};

use super::{error::StoreError, file_watch::FileWatch, on_disk};
pub(super) use turn::GroupedTx;

/// What bounds a group, and so the wait of a write for the others.
#[derive(Clone, Copy, Debug)]
pub struct GroupLimits {
    /// The most writes of a group.
    pub writes: usize,
    /// For how long it takes in further writes.
    pub open_for: Duration,
    /// How long a write may hold the connection while others wait for their commit. Then it is undone, and they are committed.
    pub longest_write: Duration,
}

/// So many are undone at most by one commit that fails, and so many answers wait in memory.
const MOST_WRITES: usize = 128;
/// Some ten commits of a usual disk: more writes would make a commit hardly cheaper, and the first of them waits so long.
const OPEN_FOR: Duration = Duration::from_millis(50);
/// Well above what a write takes, well below the request timeout.
const LONGEST_WRITE: Duration = Duration::from_secs(5);
/// How soon a write that is about to come must be there: longer than a free processor takes to run it, shorter than a commit.
const COMES_WITHIN: Duration = Duration::from_millis(2);

impl Default for GroupLimits {
    fn default() -> Self {
        Self { writes: MOST_WRITES, open_for: OPEN_FOR, longest_write: LONGEST_WRITE }
    }
}

/// The groups of one open file: one at a time. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct WriteGroups(Arc<SharedGroups>);

#[derive(Debug, Default)]
struct SharedGroups {
    queue: Mutex<GroupQueue>,
    /// The queue has changed.
    changed: Notify,
}

#[derive(Debug, Default)]
struct GroupQueue {
    limits: GroupLimits,
    waiting: VecDeque<WaitingWrite>,
    /// Writes that wait elsewhere, and ask for the connection next.
    coming: usize,
    /// Whether a task lends the connection.
    is_lending: bool,
    commits: u64,
}

/// A write that waits for the connection.
#[derive(Debug)]
struct WaitingWrite {
    grant: oneshot::Sender<Result<GroupedTx, StoreError>>,
    /// Ends its request, where it is one.
    overdue: Option<Arc<Notify>>,
}

/// A write that will ask for the connection soon: a group that could be committed waits for it, for a moment.
#[derive(Debug)]
pub struct ComingWrite(WriteGroups);

impl Drop for ComingWrite {
    fn drop(&mut self) {
        self.0.queue().coming -= 1;
        self.0.0.changed.notify_one();
    }
}

impl GroupQueue {
    /// The next write whose request still waits.
    fn next_waiting(&mut self) -> Option<WaitingWrite> {
        loop {
            let next = self.waiting.pop_front()?;
            if !next.grant.is_closed() {
                return Some(next);
            }
        }
    }
}

impl WriteGroups {
    /// Announces a write.
    pub(super) fn announce(&self) -> ComingWrite {
        self.queue().coming += 1;
        ComingWrite(self.clone())
    }

    /// Begins a write in the group that is open, or in the next.
    pub(super) async fn begin(
        &self,
        writer: &SqlitePool,
        file_watch: &FileWatch,
        coming: Option<ComingWrite>,
    ) -> Result<GroupedTx, StoreError> {
        let (grant, granted) = oneshot::channel();
        let is_lending = {
            let mut queue = self.queue();
            queue.waiting.push_back(WaitingWrite { grant, overdue: on_disk::overdue_signal() });
            std::mem::replace(&mut queue.is_lending, true)
        };
        if !is_lending {
            tokio::spawn(lend::lend_to_all(self.clone(), writer.clone(), file_watch.clone()));
        }
        self.0.changed.notify_one();
        drop(coming);
        granted.await.unwrap_or(Err(StoreError::Undone))
    }

    /// Sets other limits, for measurements and tests.
    pub(super) fn limit(&self, limits: GroupLimits) {
        self.queue().limits = limits;
    }

    /// How many groups were committed.
    pub(super) fn commits(&self) -> u64 {
        self.queue().commits
    }

    fn queue(&self) -> MutexGuard<'_, GroupQueue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody waits for the connection, or is about to.
    fn is_awaited(&self) -> bool {
        let queue = self.queue();
        !queue.waiting.is_empty() || queue.coming > 0
    }

    /// The next write of a group. Who is about to come is waited for.
    async fn next(&self) -> Option<WaitingWrite> {
        let next = async {
            loop {
                {
                    let mut queue = self.queue();
                    let next = queue.next_waiting();
                    if next.is_some() || queue.coming == 0 {
                        return next;
                    }
                }
                self.0.changed.notified().await;
            }
        };
        timeout(COMES_WITHIN, next).await.ok().flatten()
    }

    /// The first write of the next group; without one, the lending has ended.
    fn first(&self) -> Option<WaitingWrite> {
        let mut queue = self.queue();
        let first = queue.next_waiting();
        queue.is_lending = first.is_some();
        first
    }
}
