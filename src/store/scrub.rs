//! Removes deleted data from a SQLite file. Deleting leaves old bytes in free pages, in gaps of other pages and in the write-ahead
//! log; `secure_delete` misses some of the gaps. So the file is rewritten, and the log truncated. PostgreSQL's `autovacuum`
//! removes deleted rows by itself.

use std::time::Duration;

use tokio::time::sleep;

use super::{db::Db, error::StoreError};

/// The most tries while other processes use the file.
const MAX_TRIES: u32 = 15;
/// The pause between two tries, in addition to the busy timeout.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// Rewrites the file. Reads continue meanwhile; writes wait.
///
/// # Errors
/// When other processes use the file for too long.
pub async fn scrub(db: &Db) -> Result<(), StoreError> {
    let Db::Sqlite { writer, .. } = db else { return Ok(()) };
    let mut last = Ok(());
    for _ in 0..MAX_TRIES {
        last = sqlx::raw_sql("vacuum").execute(writer).await.map(drop).map_err(StoreError::from);
        match last {
            Ok(()) => break,
            Err(_) => sleep(RETRY_DELAY).await,
        }
    }
    last?;
    for _ in 0..MAX_TRIES {
        // 1 when a reader still needs the log.
        let busy: i64 = sqlx::query_scalar("pragma wal_checkpoint(truncate)").fetch_one(writer).await?;
        if busy == 0 {
            return Ok(());
        }
        sleep(RETRY_DELAY).await;
    }
    Err(StoreError::Locked)
}
