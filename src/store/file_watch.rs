//! Watches the open SQLite file, its write-ahead log and its stamp.
//!
//! Checked before and after each commit, for each request, and by `/readyz`. Promises that no write is acknowledged that went
//! into a deleted, replaced or overwritten file. It looks at the files by name and does not open them: closing a second handle
//! of a SQLite file releases this process's locks on it.

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

/// How often the files are checked. All surfaces refuse requests within a fifth of a second after a change.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// The files of an open database, as they were when it was opened. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FileWatch(Arc<Files>);

#[derive(Debug)]
struct Files {
    /// By the name used to open the database, so that a changed symbolic link is noticed.
    known: Vec<(PathBuf, Option<Identity>)>,
    /// The stamp, if a server runs on the file.
    mark: OnceLock<FileStamp>,
    file_watch: AtomicBool,
    /// Whether the database is being closed; SQLite then removes its log.
    closing: AtomicBool,
}

/// Device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

impl Identity {
    /// The file at this path, if there is one.
    pub(super) fn of(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|file| Self(file.dev(), file.ino()))
    }
}

impl FileWatch {
    /// The file that was just opened, and its log files; `real` is the path without symbolic links.
    pub(super) fn opened(path: &Path, real: &Path) -> Self {
        let paths = [path.to_path_buf(), beside(real, "-wal"), beside(real, "-shm")];
        let known = paths.map(|path| {
            let identity = Identity::of(&path);
            (path, identity)
        });
        Self::of(known.into())
    }

    /// A read-only file, which is not watched.
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

    /// Stops watching: the database is about to be closed.
    pub(super) fn stop(&self) {
        self.0.closing.store(true, Ordering::Relaxed);
    }

    /// Also watches a stamp in the file.
    pub(super) fn watch_for(&self, mark_of: impl FnOnce(&Path) -> Option<FileStamp>) {
        if let Some(mark) = self.0.known.first().and_then(|(path, _)| mark_of(path)) {
            self.0.mark.set(mark).ok();
        }
    }

    /// Whether the files were unchanged at the last check. Costs nothing.
    pub fn was_intact(&self) -> bool {
        self.0.file_watch.load(Ordering::Relaxed)
    }

    /// Checks whether the files are unchanged. Logs a change once, with what to do.
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
            None if !was => tracing::warn!("the database files are back; serving again"),
            _ => {}
        }
        gone.is_none()
    }

    /// Fails if the files have changed.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.is_intact() {
            return Ok(());
        }
        let why = io::Error::other("the database file was deleted, replaced or overwritten while it is open");
        Err(StoreError::Unavailable(sqlx::Error::Io(why)))
    }

    /// Checks periodically until the last clone is dropped, on its own thread so that load does not delay it.
    pub fn spawn_watcher(&self) {
        let files = Arc::downgrade(&self.0);
        let looking = thread::Builder::new().name("file-watch".to_owned()).spawn(move || {
            while let Some(files) = files.upgrade().filter(|files| !files.closing.load(Ordering::Relaxed)) {
                let _ = Self(files).is_intact();
                thread::sleep(CHECK_INTERVAL);
            }
        });
        if let Err(error) = looking {
            tracing::error!(%error, "cannot watch the database file: only writes will notice that it was replaced");
        }
    }
}

/// The name of a file that SQLite keeps next to a database.
pub(super) fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
