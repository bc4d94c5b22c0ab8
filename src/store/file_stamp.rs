//! A random stamp in the header of the SQLite file, written at each start of a server. If it changes, another program has
//! overwritten the file in place, for example `cp backup.db flow.db`. Checked by [`super::file_watch`].

use std::{
    fs::File,
    mem::ManuallyDrop,
    os::unix::fs::FileExt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

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
    pub(super) fn of(file: &Path, number: [u8; 4]) -> Option<Self> {
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
