//! Holds an answer back until all that it tells is on disk. A write in a group ([`super::groups`]) may read what others of its
//! group wrote: where it is refused because of that, replays an answer or only tries, it has nothing to commit itself, and what it
//! says could yet be undone.
//!
//! `operation` runs the handlers of writes in here.

use std::{
    cell::{Cell, RefCell},
    future::pending,
    sync::Arc,
};

use tokio::{
    select,
    sync::{Notify, oneshot},
    task_local,
};

use super::error::StoreError;

type End = oneshot::Receiver<Result<(), StoreError>>;

/// What a request has seen of groups that have not ended.
#[derive(Default)]
struct SeenGroups {
    ends: RefCell<Vec<End>>,
    overdue: Arc<Notify>,
    /// Whether the write that has begun last was kept: it is no longer overdue, and what it wrote is told.
    is_kept: Cell<bool>,
}

task_local! {
    static SEEN: SeenGroups;
}

/// Runs the work of a request; what it made, once all that it has read is on disk.
///
/// # Errors
/// [`StoreError::Undone`] when that was undone; [`StoreError::Overloaded`] when it kept others waiting for too long.
pub async fn held<T>(work: impl Future<Output = T>) -> Result<T, StoreError> {
    let seen = SeenGroups::default();
    let overdue = Arc::clone(&seen.overdue);
    let is_overdue = async {
        overdue.notified().await;
        if SEEN.with(|seen| seen.is_kept.get()) {
            pending::<()>().await;
        }
    };
    let watched = async {
        let done = select! {
            biased;
            done = work => done,
            () = is_overdue => return Err(StoreError::Overloaded),
        };
        for end in SEEN.with(|seen| seen.ends.take()) {
            end.await.unwrap_or(Err(StoreError::Undone))?;
        }
        Ok(done)
    };
    SEEN.scope(seen, watched).await
}

/// Notes that the answer of this request waits for the end of a group.
pub(super) fn wait_for(end: End) {
    SEEN.try_with(|seen| seen.ends.borrow_mut().push(end)).ok();
}

/// Notes that this request writes; what ends it should it keep others waiting for too long.
pub(super) fn overdue_signal() -> Option<Arc<Notify>> {
    SEEN.try_with(|seen| {
        seen.is_kept.set(false);
        Arc::clone(&seen.overdue)
    })
    .ok()
}

/// Notes that what this request wrote is kept, if the group is.
pub(super) fn is_kept() {
    SEEN.try_with(|seen| seen.is_kept.set(true)).ok();
}
