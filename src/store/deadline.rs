//! The deadline of a statement of a request on PostgreSQL. A server that has fallen silent with its connections open
//! says nothing, for ever: the request is told so. Commands, and tasks that nobody waits for, have no such deadline.

use std::{io, time::Duration};

use sqlx::{PgPool, Postgres, Transaction};
use tokio::{task::futures::TaskLocalFuture, task_local, time::timeout};

/// Well above what a statement takes, well below what a request has.
const DEADLINE: Duration = Duration::from_secs(5);

task_local! {
    static HAS_DEADLINE: ();
}

/// Work that somebody waits for.
pub fn with_deadline<W: Future>(work: W) -> TaskLocalFuture<(), W> {
    HAS_DEADLINE.scope((), work)
}

/// Waits for PostgreSQL, within bounds where somebody waits for us.
pub(super) async fn by_deadline<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    if HAS_DEADLINE.try_with(|()| ()).is_err() {
        return work.await;
    }
    let silent = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "PostgreSQL has fallen silent").into());
    timeout(DEADLINE, work).await.unwrap_or_else(silent)
}

/// Begins a transaction, within the same bounds. Once it was asked for it goes on, even if nobody waits any more: sqlx counts a
/// transaction only when PostgreSQL has answered, and one that nobody counts would stay open in the pool.
pub(super) async fn begin_by_deadline(
    pool: &PgPool,
    words: &'static str,
) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(words).await });
    by_deadline(async { begun.await.unwrap_or(Err(sqlx::Error::WorkerCrashed)) }).await
}
