//! How many transactions this process has committed, in any database. Who keeps something that was read looks again once the
//! number has grown: a write that has been answered is then seen by the next read.

use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{Sqlite, Transaction};

use super::{error::StoreError, file_watch::FileWatch};

static COMMITS: AtomicU64 = AtomicU64::new(0);

/// How many there were. Read it before what it stands for.
pub fn count() -> u64 {
    COMMITS.load(Ordering::Acquire)
}

/// Counts one: something that was committed is about to be told.
pub fn note() {
    COMMITS.fetch_add(1, Ordering::Release);
}

/// Counts a commit when this is dropped: also one that nobody waited for to its end, which may have happened.
#[derive(Debug)]
pub(super) struct CountedCommit;

impl Drop for CountedCommit {
    fn drop(&mut self) {
        note();
    }
}

/// Commits on SQLite; on return everything is on disk, in the file that is at the database's path.
pub(super) async fn to_file(tx: Transaction<'static, Sqlite>, file_watch: &FileWatch) -> Result<(), StoreError> {
    let _counted = CountedCommit;
    file_watch.check()?;
    tx.commit().await?;
    file_watch.check()
}
