//! Whether the SQLite file that is open still stands where it was opened, with its write-ahead log and its mark.
//!
//! Made when a file is opened; asked before and after each commit, by the edge of the server for each request, and by
//! `/readyz`. Promises that nothing is acknowledged that went into a file which was deleted, replaced or written over
//! meanwhile. The files are looked at by their names and not opened here: closing a second handle of a SQLite file gives up
//! the locks that this process holds on it.

use std::{
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use super::{error::StoreError, file_stamp::FileStamp};

/// How often a server looks. All surfaces refuse requests within a fifth of a second of a change.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The files of an open database, as they were when it was opened. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FileWatch(Arc<Files>);

#[derive(Debug)]
struct Files {
    /// By the name that the database was opened by, so that a link which leads elsewhere is noticed, too.
    known: Vec<(PathBuf, Option<Identity>)>,
    /// What stands in the file, where a server runs on it.
    mark: OnceLock<FileStamp>,
    file_watch: AtomicBool,
    /// Whether the database is being closed: SQLite removes its log then.
    closing: AtomicBool,
}

/// The device and the inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

impl Identity {
    /// Of what stands at this path, if anything does.
    pub(super) fn of(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|file| Self(file.dev(), file.ino()))
    }
}

impl FileWatch {
    /// The file at this path, which was just opened, and what SQLite keeps beside it: `real` is where its links lead.
    pub(super) fn opened(path: &Path, real: &Path) -> Self {
        let paths = [path.to_path_buf(), beside(real, "-wal"), beside(real, "-shm")];
        let known = paths.map(|path| {
            let identity = Identity::of(&path);
            (path, identity)
        });
        Self::of(known.into())
    }

    /// A file that is only read, and need not be watched.
    pub(super) fn unwatched() -> Self {
        Self::of(Vec::new())
    }

    fn of(known: Vec<(PathBuf, Option<Identity>)>) -> Self {
        Self(Arc::new(Files {
            known,
            mark: OnceLock::new(),
            file_watch: AtomicBool::new(true),
            closing: AtomicBool::new(false),
        }))
    }

    /// Looks no more: the database is about to be closed.
    pub(super) fn stop(&self) {
        self.0.closing.store(true, Ordering::Relaxed);
    }

    /// Watches for a mark in the file as well.
    pub(super) fn watch_for(&self, mark_of: impl FnOnce(&Path) -> Option<FileStamp>) {
        if let Some(mark) = self.0.known.first().and_then(|(path, _)| mark_of(path)) {
            self.0.mark.set(mark).ok();
        }
    }

    /// Whether the files were in their place when somebody looked last. Costs nothing.
    pub fn was_intact(&self) -> bool {
        self.0.file_watch.load(Ordering::Relaxed)
    }

    /// Whether the files are in their place now. The log says once what to do when they are not.
    pub fn is_intact(&self) -> bool {
        let is_marked = || self.0.mark.get().is_none_or(FileStamp::is_there);
        let moved = self.0.known.iter().find(|(path, known)| Identity::of(path) != *known);
        let gone = moved.or_else(|| self.0.known.first().filter(|_| !is_marked()));
        let was = self.0.file_watch.swap(gone.is_none(), Ordering::Relaxed);
        match gone {
            Some((path, _)) if was => tracing::error!(
                file = %path.display(),
                "the database file, or what SQLite keeps beside it, was deleted, replaced or written over while it is open: everything is \
            answered 503, and nothing is written. Stop this server; then put a backup in place with `flow-gateway restore FILE`, or \
            the files themselves back where they were, and start it again"
            ),
            None if !was => tracing::warn!("the database files are where they were; serving again"),
            _ => {}
        }
        gone.is_none()
    }

    /// Refuses to go on when the files are not in their place.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.is_intact() {
            return Ok(());
        }
        let why = io::Error::other("its file was deleted, replaced or written over while it is open");
        Err(StoreError::Unavailable(sqlx::Error::Io(why)))
    }

    /// Looks again and again, on a thread of its own so that a busy server looks no less often; until nobody else holds
    /// this any more.
    pub fn spawn_watcher(&self) {
        let files = Arc::downgrade(&self.0);
        let looking = thread::Builder::new().name("file-watch".to_owned()).spawn(move || {
            while let Some(files) = files.upgrade().filter(|files| !files.closing.load(Ordering::Relaxed)) {
                let _ = Self(files).is_intact();
                thread::sleep(LOOK_EVERY);
            }
        });
        if let Err(error) = looking {
            tracing::error!(%error, "the database file is not watched: only writes notice when it is replaced");
        }
    }
}

/// The name of a file that SQLite keeps beside a database.
pub(super) fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
