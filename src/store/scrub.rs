//! Makes sure that what was deleted is gone from a SQLite file. Deleting leaves the old bytes in free pages, in the gaps
//! of others and in the write-ahead log; `secure_delete` misses some of the gaps. So the file is written anew, and the
//! log is cut to nothing. PostgreSQL takes deleted rows away by itself, with `autovacuum`.

use std::time::Duration;

use tokio::time::sleep;

use super::{db::Db, error::StoreError};

/// How often it tries where others are at work.
const TRIES: u32 = 15;
/// How long it rests between two tries; each waits by itself, too.
const REST: Duration = Duration::from_millis(200);

/// Writes the file anew without what was deleted. Reads go on meanwhile; writes wait.
///
/// # Errors
/// When others hold the file for too long.
pub async fn scrub(db: &Db) -> Result<(), StoreError> {
    let Db::Sqlite { writer, .. } = db else { return Ok(()) };
    let mut last = Ok(());
    for _ in 0..TRIES {
        last = sqlx::raw_sql("vacuum").execute(writer).await.map(drop).map_err(StoreError::from);
        match last {
            Ok(()) => break,
            Err(_) => sleep(REST).await,
        }
    }
    last?;
    for _ in 0..TRIES {
        // 1 when a reader still needs the log.
        let busy: i64 = sqlx::query_scalar("pragma wal_checkpoint(truncate)").fetch_one(writer).await?;
        if busy == 0 {
            return Ok(());
        }
        sleep(REST).await;
    }
    Err(StoreError::Locked)
}
