//! A mark in the header of the SQLite file that a server runs on, another one at each start. It tells that somebody has
//! written over the file under its name and inode, as `cp backup.db flow.db` does.
//!
//! Called once at the start of a server; looked at by [`super::file_watch`] as often as at the file's place.

use std::{
    fs::File,
    mem::ManuallyDrop,
    os::unix::fs::FileExt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use sqlx::AssertSqlSafe;

use super::{clock::random, db::Db, error::StoreError};

/// Where a header holds SQLite's `user_version`, in four bytes: for its users, and nobody else uses it here.
pub(super) const OFFSET: u64 = 60;
/// What it is where no server has run.
pub(super) const UNSET: [u8; 4] = [0; 4];

/// A mark, and the file that has it.
#[derive(Debug)]
pub(super) struct FileStamp {
    /// Never closed: closing it would give up the locks that SQLite holds on the same file.
    file: ManuallyDrop<File>,
    number: [u8; 4],
    was_seen: AtomicBool,
}

impl FileStamp {
    /// The file with this mark, which it may have in its log alone so far.
    fn of(file: &Path, number: [u8; 4]) -> Option<Self> {
        let file = ManuallyDrop::new(File::open(file).ok()?);
        Some(Self { file, number, was_seen: AtomicBool::new(false) })
    }

    /// Whether it stands in the file, or has not come into it yet.
    pub(super) fn is_there(&self) -> bool {
        let mut header = UNSET;
        if self.file.read_exact_at(&mut header, OFFSET).is_ok() && header == self.number {
            self.was_seen.store(true, Ordering::Relaxed);
            return true;
        }
        !self.was_seen.load(Ordering::Relaxed)
    }
}

/// Marks the file of a database that is to be served.
///
/// # Errors
/// When it cannot be written. It is watched by its place all the same.
pub async fn write_stamp(db: &Db) -> Result<(), StoreError> {
    let Db::Sqlite { writer, file_watch, .. } = db else { return Ok(()) };
    let mut number: [u8; 4] = random();
    number[3] |= 1;
    let text = format!("pragma user_version = {}", i32::from_be_bytes(number));
    sqlx::raw_sql(AssertSqlSafe(text)).execute(writer).await?;
    // Whoever reads meanwhile may keep it in the log for a while.
    sqlx::raw_sql("pragma wal_checkpoint(passive)").execute(writer).await?;
    file_watch.watch_for(|file| FileStamp::of(file, number));
    Ok(())
}
