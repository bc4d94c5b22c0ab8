//! Opens a SQLite file: resolves its path, creates it if allowed, and locks it for one server.
//!
//! Promises that a missing or another program's file is not changed unless the caller may create a database, and that new
//! files are readable by their owner only.

use std::{
    fs::{self, File, OpenOptions, Permissions, TryLockError},
    io,
    mem::ManuallyDrop,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Instant,
};

use sqlx::{
    ConnectOptions, Connection as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::sleep;

use super::{
    db::Db,
    deadline::CONNECTION_WAIT,
    file_watch::{FileWatch, beside},
    groups::WriteGroups,
    location::{DatabaseLocation, FIRST_CONNECTION_WAIT, OpenMode, RETRY_DELAY, connect_first, private},
    migrate::{SchemaError, is_busy},
    open_error::OpenError,
    ownership::{self, Ownership},
    sqlite_readers::{self, ReadFile, SqliteReaders},
};

/// The most symbolic links to follow, as in Linux.
const MAX_LINKS: usize = 40;

/// The path without symbolic links, also if nothing is there yet.
pub(super) fn real(path: &Path) -> PathBuf {
    if let Ok(found) = path.canonicalize() {
        return found;
    }
    let mut at = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&at) else { break };
        at = directory(&at).join(target);
    }
    match (directory(&at).canonicalize(), at.file_name()) {
        (Ok(directory), Some(name)) => directory.join(name),
        _ => at,
    }
}

/// The directory of a file.
pub(super) fn directory(file: &Path) -> &Path {
    file.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether the file has content and so may be a database.
fn is_filled(real: &Path) -> Result<bool, OpenError> {
    match fs::metadata(real) {
        Ok(file) if file.len() > 0 => return Ok(true),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot_open(real, error)),
        _ => {}
    }
    // SQLite would delete the log, or apply it to a new file.
    let log = beside(real, "-wal");
    if has_bytes(&log) {
        return Err(OpenError::Orphaned { file: real.display().to_string(), log: log.display().to_string() });
    }
    Ok(false)
}

pub(super) fn has_bytes(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|file| file.len() > 0)
}

/// Creates an empty file if there is none. SQLite would make it readable by all; its log files get the same mode.
fn make(real: &Path) -> Result<(), OpenError> {
    match private(OpenOptions::new().write(true).create_new(true)).open(real) {
        Ok(file) => restrict_to_owner(&file).map_err(|error| cannot_open(real, error)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(cannot_open(real, error)),
    }
}

/// Makes a new file readable and writable by its owner only, whatever the umask.
pub(super) fn restrict_to_owner(file: &File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o600))
}

fn cannot_open(file: &Path, error: impl Into<sqlx::Error>) -> OpenError {
    OpenError::File(file.display().to_string(), error.into())
}

/// Opens a file in a mode. The schema is not checked.
pub(super) async fn open(path: &Path, mode: OpenMode) -> Result<(Db, Arc<OnceLock<FileWatch>>), OpenError> {
    let real = real(path);
    if !is_filled(&real)? {
        if !mode.schema.create {
            return Err(OpenError::Absent(path.display().to_string()));
        }
        make(&real)?;
    }
    let (options, is_immutable) = connect_options(&real, mode).await?;
    connect(&real, options, is_immutable, mode).await
}

/// How to connect to a file, after a first read-only connection has shown that it is not another program's. If this process may
/// only read, or the disk is full, and the file has no log, it is opened as immutable, which is said beside the options: SQLite
/// could not create its log.
pub(super) async fn connect_options(real: &Path, mode: OpenMode) -> Result<(SqliteConnectOptions, bool), OpenError> {
    let options = || {
        SqliteConnectOptions::new()
            .filename(real)
            .foreign_keys(true)
            .busy_timeout(CONNECTION_WAIT)
            .disable_statement_logging()
    };
    let shown = || real.display().to_string();
    match ownership_of(&options()).await {
        Ok(Ownership::Foreign) => Err(OpenError::Anothers(shown())),
        Ok(Ownership::Empty) if !mode.schema.create => Err(OpenError::Absent(shown())),
        Ok(_) => Ok((options(), false)),
        Err(error) if is_busy(&error) => Err(SchemaError::Busy.into()),
        Err(error) if primary_code(&error) == Some(26) => Err(OpenError::NotSqlite(shown())),
        // Not writable, or the disk is full.
        Err(error) if !mode.write && matches!(primary_code(&error), Some(8 | 10 | 13 | 14)) => {
            if has_bytes(&beside(real, "-wal")) {
                return Err(OpenError::Unreadable(shown()));
            }
            let unchanging = options().read_only(true).immutable(true);
            match ownership_of(&unchanging).await {
                Ok(Ownership::Ours) => Ok((unchanging, true)),
                Ok(Ownership::Foreign) => Err(OpenError::Anothers(shown())),
                Ok(Ownership::Empty) => Err(OpenError::Absent(shown())),
                Err(error) => Err(cannot_open(real, error)),
            }
        }
        Err(error) => Err(cannot_open(real, error)),
    }
}

async fn ownership_of(options: &SqliteConnectOptions) -> Result<Ownership, sqlx::Error> {
    let since = Instant::now();
    loop {
        let asked = async {
            let mut connection = options.connect().await?;
            let ownership = ownership::file(&mut connection).await?;
            connection.close().await?;
            Ok(ownership)
        };
        match asked.await {
            Err(error) if is_busy(&error) && since.elapsed() < CONNECTION_WAIT => sleep(RETRY_DELAY).await,
            asked => return asked,
        }
    }
}

/// SQLite's extended codes have the primary code in their low byte.
fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<u32>().ok().map(|code| code & 0xff)
}

async fn connect(
    real: &Path,
    options: SqliteConnectOptions,
    is_immutable: bool,
    mode: OpenMode,
) -> Result<(Db, Arc<OnceLock<FileWatch>>), OpenError> {
    let options = if mode.write {
        options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full)
    } else {
        options
    };
    let watched = Arc::new(OnceLock::<FileWatch>::new());
    let pool = || {
        let watched = Arc::clone(&watched);
        SqlitePoolOptions::new()
            .acquire_timeout(CONNECTION_WAIT)
            // While a connection is open, SQLite keeps its log, so another log file means that it was replaced.
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            // SQLite rolls back by itself when the disk is full or fails, but sqlx counts the transaction as open for ever: such a
            // connection is replaced.
            .before_acquire(|connection, _| {
                let has_ended_well = !connection.is_in_transaction();
                Box::pin(std::future::ready(Ok(has_ended_well)))
            })
            // A file that replaced ours must not join this pool.
            .after_connect(move |_, _| {
                let refused = watched.get().filter(|file_watch| !file_watch.is_intact());
                let gone = || sqlx::Error::Io(io::Error::other("the file was deleted or replaced"));
                Box::pin(std::future::ready(refused.map_or(Ok(()), |_| Err(gone()))))
            })
    };
    let since = Instant::now();
    let writer = loop {
        // Two processes that switch a new file to WAL at once would deadlock: SQLite then reports "busy" to one of them at once,
        // without its busy timeout.
        match pool().max_connections(1).connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && since.elapsed() < CONNECTION_WAIT => sleep(RETRY_DELAY).await,
            Err(error) if is_busy(&error) => return Err(SchemaError::Busy.into()),
            Err(sqlx::Error::PoolTimedOut) if since.elapsed() < FIRST_CONNECTION_WAIT => {}
            connected => break connected.map_err(|error| cannot_open(real, error))?,
        }
    };
    let file = ReadFile { path: real.to_path_buf(), is_immutable };
    let readers = SqliteReaders::new(file, Arc::clone(&watched));
    let snapshots = pool().max_connections(sqlite_readers::MOST).connect_lazy_with(options.read_only(true));
    connect_first(&snapshots).await.map_err(|error| cannot_open(real, error))?;
    let (file_watch, groups) = (FileWatch::unwatched(), WriteGroups::default());
    Ok((Db::Sqlite { writer, readers, snapshots, file_watch, groups }, watched))
}

/// The locks of one server on a file. They end with the process.
#[derive(Debug)]
pub struct FileLock {
    #[expect(dead_code, reason = "held for its drop")]
    lock: File,
    /// Never closed: that would release SQLite's locks on the file.
    database: Option<ManuallyDrop<File>>,
}

impl Drop for FileLock {
    fn drop(&mut self) {
        self.database.as_ref().map(|file| file.unlock());
    }
}

/// Locks a SQLite file for one server: by an OS lock on `<file>.lock`, and by one on the file itself, in case the file has
/// another name or the lock file was removed. Creates a missing file if allowed. PostgreSQL needs no lock: several servers may
/// share a database.
///
/// # Errors
/// When another server has the lock.
pub fn lock_for_server(place: &DatabaseLocation, may_make: bool) -> Result<Option<FileLock>, OpenError> {
    let DatabaseLocation::File(path) = place else { return Ok(None) };
    let real = real(path);
    let in_use = || OpenError::InUse(path.display().to_string());
    if !is_filled(&real)? && !may_make {
        return Err(OpenError::Absent(path.display().to_string()));
    }
    let lock = lock_beside(&real)?.ok_or_else(in_use)?;
    if may_make {
        make(&real)?;
    }
    let database = lock_itself(&real, in_use)?;
    Ok(Some(FileLock { lock, database }))
}

/// The same for replacing the file, which may be missing.
pub(super) fn lock_for_replace(real: &Path) -> Result<FileLock, OpenError> {
    let in_use = || OpenError::InUse(real.display().to_string());
    let lock = lock_beside(real)?.ok_or_else(in_use)?;
    let database = if real.exists() { lock_itself(real, in_use)? } else { None };
    Ok(FileLock { lock, database })
}

fn lock_beside(real: &Path) -> Result<Option<File>, OpenError> {
    let name = beside(real, ".lock");
    let said = |error| OpenError::Lock(name.display().to_string(), error);
    let file = private(OpenOptions::new().create(true).truncate(false).write(true)).open(&name).map_err(said)?;
    restrict_to_owner(&file).ok();
    locked(&file).map_err(said).map(|locked| locked.then_some(file))
}

/// Linux keeps these locks apart from SQLite's; elsewhere they could conflict, so there is none.
fn lock_itself(real: &Path, in_use: impl FnOnce() -> OpenError) -> Result<Option<ManuallyDrop<File>>, OpenError> {
    if !cfg!(target_os = "linux") {
        return Ok(None);
    }
    let said = |error| OpenError::Lock(real.display().to_string(), error);
    let file = ManuallyDrop::new(File::open(real).map_err(said)?);
    if locked(&file).map_err(said)? { Ok(Some(file)) } else { Err(in_use()) }
}

fn locked(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
