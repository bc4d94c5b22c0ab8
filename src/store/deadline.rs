//! How long a request waits for the database: for a connection, and for a statement on PostgreSQL. A server that hangs with its
//! connections open would otherwise block the request. Commands and background tasks wait longer for a statement.

use std::{io, time::Duration};

use sqlx::{PgPool, Postgres, Transaction};
use tokio::{task::futures::TaskLocalFuture, task_local, time::timeout};

/// How long a request waits for a connection or a lock before it gets 503.
pub(super) const CONNECTION_WAIT: Duration = Duration::from_secs(2);
/// Well above what a statement takes, well below the request timeout.
const DEADLINE: Duration = Duration::from_secs(5);

task_local! {
    static HAS_DEADLINE: ();
}

/// Runs work with the timeout.
pub fn with_deadline<W: Future>(work: W) -> TaskLocalFuture<(), W> {
    HAS_DEADLINE.scope((), work)
}

/// Waits for PostgreSQL, with the timeout if there is one.
pub(super) async fn by_deadline<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    if HAS_DEADLINE.try_with(|()| ()).is_err() {
        return work.await;
    }
    let silent = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "PostgreSQL has fallen silent").into());
    timeout(DEADLINE, work).await.unwrap_or_else(silent)
}

/// Begins a transaction with the same timeout. The attempt continues after the timeout: sqlx counts a transaction only once
/// PostgreSQL has answered, and an uncounted one would stay open in the pool.
pub(super) async fn begin_by_deadline(
    pool: &PgPool,
    words: &'static str,
) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(words).await });
    by_deadline(async { begun.await.unwrap_or(Err(sqlx::Error::WorkerCrashed)) }).await
}
