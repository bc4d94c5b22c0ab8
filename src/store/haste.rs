//! How long a statement of a request may take on PostgreSQL. A server that has fallen silent with its connections open
//! says nothing, for ever: a request is told so in time. Commands, and tasks that nobody waits for, have no such haste.

use std::{io, time::Duration};

use sqlx::{PgPool, Postgres, Transaction};
use tokio::{task::futures::TaskLocalFuture, task_local, time::timeout};

/// Well above what a statement takes, well below what a request has.
const PATIENCE: Duration = Duration::from_secs(5);

task_local! {
    static IN_HASTE: ();
}

/// Work that somebody waits for.
pub fn hurried<W: Future>(work: W) -> TaskLocalFuture<(), W> {
    IN_HASTE.scope((), work)
}

/// Waits for PostgreSQL, within bounds where somebody waits for us.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    if IN_HASTE.try_with(|()| ()).is_err() {
        return work.await;
    }
    let silent = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "PostgreSQL has fallen silent").into());
    timeout(PATIENCE, work).await.unwrap_or_else(silent)
}

/// Begins a transaction, within the same bounds. Once it was asked for it goes on, whoever still waits: sqlx counts a
/// transaction only when PostgreSQL has answered, and one that nobody counts would stay open in the pool.
pub(super) async fn begin_in_time(
    pool: &PgPool,
    words: &'static str,
) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(words).await });
    in_time(async { begun.await.unwrap_or(Err(sqlx::Error::WorkerCrashed)) }).await
}
