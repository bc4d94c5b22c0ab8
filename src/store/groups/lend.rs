//! Lends the writer's connection to the writes that wait, one after the other, and commits for all of them.

use std::{sync::Arc, time::Duration};

use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, sleep, timeout},
};

use super::{
    WaitingWrite, WriteGroups,
    turn::{GroupEnd, GroupedTx, HandedBack},
};
use crate::store::{commits, error::StoreError, file_watch::FileWatch};

/// After a group the file is left free for such a part of its time: a command beside the server looks now and then whether it may
/// write, and would hardly ever meet the moment between two groups.
const FREE_PART: u32 = 10;
/// A shorter pause is not made: between short groups the file is free often enough.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
/// Long enough for a command to see that the file is free.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Lends until nobody waits any more. Between two groups the connection goes back to the pool, where who stands alone waits.
pub(super) async fn lend_to_all(groups: WriteGroups, writer: SqlitePool, file_watch: FileWatch) {
    let ends = LendingEnds(&groups);
    while let Some(first) = groups.first() {
        match writer.begin_with("begin immediate").await {
            Ok(tx) => {
                let began = Instant::now();
                group(&groups, tx, first, &file_watch).await;
                leave_free(began.elapsed() / FREE_PART).await;
            }
            Err(error) => drop(first.grant.send(Err(error.into()))),
        }
    }
    std::mem::forget(ends);
}

async fn leave_free(pause: Duration) {
    if pause >= SHORTEST_PAUSE {
        sleep(pause.min(LONGEST_PAUSE)).await;
    }
}

/// Refuses who waits, should the lending break off: the next write starts it anew.
struct LendingEnds<'g>(&'g WriteGroups);

impl Drop for LendingEnds<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.is_lending = false;
        let refused = std::mem::take(&mut queue.waiting);
        drop(queue);
        drop(refused);
    }
}

/// Runs a group to its end, and tells it to all who wait for it.
async fn group(groups: &WriteGroups, tx: Transaction<'static, Sqlite>, first: WaitingWrite, file_watch: &FileWatch) {
    let mut waiting = Vec::new();
    let ended = match lend_in_turn(groups, tx, first, &mut waiting).await {
        // Nothing was kept.
        Ok(tx) if waiting.is_empty() => tx.rollback().await.map_err(StoreError::from),
        Ok(tx) => commits::to_file(tx, file_watch).await.map(|()| groups.queue().commits += 1),
        Err(error) => Err(error),
    };
    if let Err(error) = &ended {
        error.log("a group of writes was undone");
    }
    for one in waiting {
        one.send(ended.as_ref().map(drop).map_err(|_| StoreError::Undone)).ok();
    }
}

/// Lends the transaction to the first, and to those who come while it is open. `waiting` are then those who wait for its end.
///
/// # Errors
/// When the transaction was lost: SQLite undoes all of it where it has no room, or cannot read.
async fn lend_in_turn(
    groups: &WriteGroups,
    mut tx: Transaction<'static, Sqlite>,
    first: WaitingWrite,
    waiting: &mut Vec<oneshot::Sender<GroupEnd>>,
) -> Result<Transaction<'static, Sqlite>, StoreError> {
    let (limits, began) = (groups.queue().limits, Instant::now());
    sqlx::raw_sql("savepoint write").execute(&mut *tx).await?;
    let (mut next, mut lent) = (Some(first), 0);
    while let Some(WaitingWrite { grant, overdue }) = next {
        let others_wait = !waiting.is_empty();
        let (turn, returned) = GroupedTx::lend(tx, others_wait);
        drop(grant.send(Ok(turn)));
        let limit = if others_wait { limits.longest_write } else { Duration::MAX };
        let HandedBack { tx: handed_back, is_kept, ended } = back_within(limit, returned, overdue).await?;
        tx = handed_back;
        waiting.extend(ended);
        lent += 1;
        let goes_on = lent < limits.writes && began.elapsed() < limits.open_for && groups.is_awaited();
        // Where the transaction was lost, its savepoints are gone, and both of these fail.
        let text = match (is_kept, goes_on) {
            (true, true) => Some("release write; savepoint write"),
            (true, false) => None,
            (false, _) => Some("rollback to write"),
        };
        if let Some(text) = text {
            sqlx::raw_sql(text).execute(&mut *tx).await?;
        }
        next = if goes_on { groups.next().await } else { None };
    }
    Ok(tx)
}

/// Awaits the transaction. A request that has it for longer is ended, which gives it back.
async fn back_within(
    limit: Duration,
    mut returned: oneshot::Receiver<HandedBack>,
    overdue: Option<Arc<Notify>>,
) -> Result<HandedBack, StoreError> {
    let back = if let Ok(back) = timeout(limit, &mut returned).await {
        back
    } else {
        if let Some(overdue) = overdue {
            overdue.notify_one();
        }
        returned.await
    };
    back.map_err(|_| StoreError::Undone)
}
