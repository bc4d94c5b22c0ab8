//! A random stamp in the header of the SQLite file, written at each start of a server. If it changes, another program has
//! overwritten the file in place, for example `cp backup.db flow.db`. Checked by [`super::file_watch`].

use std::{
    fs::File,
    mem::ManuallyDrop,
    os::unix::fs::FileExt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use sqlx::AssertSqlSafe;

use super::{clock::random, db::Db, error::StoreError};

/// The offset of SQLite's `user_version` in the header: four bytes that are free for applications.
pub(super) const OFFSET: u64 = 60;
/// The value of a file that no server has used.
pub(super) const UNSET: [u8; 4] = [0; 4];

/// The stamp, and the file that has it.
#[derive(Debug)]
pub(super) struct FileStamp {
    /// Never closed: that would release SQLite's locks on the file.
    file: ManuallyDrop<File>,
    number: [u8; 4],
    was_seen: AtomicBool,
}

impl FileStamp {
    /// The file with this stamp, which may still be only in the write-ahead log.
    fn of(file: &Path, number: [u8; 4]) -> Option<Self> {
        let file = ManuallyDrop::new(File::open(file).ok()?);
        Some(Self { file, number, was_seen: AtomicBool::new(false) })
    }

    /// Whether the stamp is in the file, or has not been written from the log yet.
    pub(super) fn is_there(&self) -> bool {
        let mut header = UNSET;
        if self.file.read_exact_at(&mut header, OFFSET).is_ok() && header == self.number {
            self.was_seen.store(true, Ordering::Relaxed);
            return true;
        }
        !self.was_seen.load(Ordering::Relaxed)
    }
}

/// Stamps the file of a server.
///
/// # Errors
/// When it cannot be written. The file is still watched for being moved or replaced.
pub async fn write_stamp(db: &Db) -> Result<(), StoreError> {
    let Db::Sqlite { writer, file_watch, .. } = db else { return Ok(()) };
    let mut number: [u8; 4] = random();
    number[3] |= 1;
    let text = format!("pragma user_version = {}", i32::from_be_bytes(number));
    sqlx::raw_sql(AssertSqlSafe(text)).execute(writer).await?;
    // A reader may keep it in the log for a while.
    sqlx::raw_sql("pragma wal_checkpoint(passive)").execute(writer).await?;
    file_watch.watch_for(|file| FileStamp::of(file, number));
    Ok(())
}
