//! Replaces a SQLite database with a backup; no server may use it.
//!
//! Promises that a damaged, newer or another program's backup changes nothing; that there is always either the old or the new
//! database, never one with the log of the other; and that the replaced database is kept under another name.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use serde::Serialize;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::{
    backup::{self, BackupError, sync_directory},
    db::Db,
    error::StoreError,
    file::{self, has_bytes},
    file_watch::{Identity, beside},
    instant::Instant,
    migrate::{self, SchemaError},
    open::{self, DatabaseLocation, OpenError, OpenMode},
};

/// SQLite's log files, which must not be next to another database.
const LOGS: [&str; 2] = ["-wal", "-journal"];

/// The result.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// The database.
    pub database: PathBuf,
    /// The path of the replaced database, if there was one.
    pub replaced: Option<PathBuf>,
    /// Whether the replaced database is complete in that file. Its log is kept beside it if it could not be written into it;
    /// SQLite would remove the log if it opened a damaged file.
    #[serde(skip)]
    pub replaced_is_whole: bool,
    /// The size of the database.
    pub bytes: u64,
    /// Whether the audit log has an entry.
    #[serde(skip)]
    pub is_noted: bool,
}

/// Why the restore failed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Backup and database are the same file.
    #[error("{0} is the database itself: pass a backup of it")]
    Itself(String),
    /// There is no such backup.
    #[error("there is no file {0}: pass a file that `backup` made")]
    NoBackup(String),
    /// The backup cannot be opened, or is another program's.
    #[error(transparent)]
    Unopened(#[from] OpenError),
    /// A server runs on the database.
    #[error("a flow-gateway server already runs on {0}: stop it, then restore again")]
    InUse(String),
    /// The backup cannot be copied.
    #[error("{0} was not restored: {1}")]
    Uncopied(String, BackupError),
    /// The backup is damaged.
    #[error("{0} is damaged, and was not restored: {1}")]
    Damaged(String, String),
    /// The backup's schema does not fit.
    #[error("{0} was not restored: {1}")]
    Schema(String, SchemaError),
    /// The audit entry cannot be written.
    #[error("{0} was not restored: {1}")]
    Unnoted(String, StoreError),
    /// Another process has the database open.
    #[error("another process has {0} open: wait until it ends, or stop it, then restore again")]
    Open(String),
    /// A file cannot be moved.
    #[error("cannot put the backup in the place of {0}: {1}")]
    Unmoved(String, io::Error),
}

/// Puts a copy of the backup in the database's place. `note` adds an audit entry to the copy, unless that has an older schema.
///
/// # Errors
/// When a server or a command uses the database, when the backup is damaged or not a gateway's, and when files cannot be
/// written.
pub async fn restore(
    from: &Path,
    database: &Path,
    now: Instant,
    note: impl AsyncFnOnce(&Db) -> Result<(), StoreError>,
) -> Result<Restored, RestoreError> {
    let (shown, real) = (from.display().to_string(), file::real(database));
    if Identity::of(from).is_some() && Identity::of(from) == Identity::of(&real) {
        return Err(RestoreError::Itself(shown));
    }
    if !from.exists() {
        return Err(RestoreError::NoBackup(shown));
    }
    let _held = file::lock_for_replace(&real).map_err(|error| match error {
        OpenError::InUse(file) => RestoreError::InUse(file),
        other => RestoreError::Unopened(other),
    })?;
    let copy = backup::copy_beside(from, &real).await.map_err(|error| match error {
        BackupError::Unopened(error) => RestoreError::Unopened(error),
        BackupError::Failed(error) => RestoreError::Damaged(shown.clone(), error.to_string()),
        other => RestoreError::Uncopied(shown.clone(), other),
    })?;
    let is_current = verify(copy.path(), &shown).await?;
    let unmoved = |error| RestoreError::Unmoved(real.display().to_string(), error);
    if is_current {
        let unnoted = |why| RestoreError::Unnoted(shown.clone(), why);
        let db = open::open_with(&DatabaseLocation::File(copy.path().to_owned()), OpenMode::WRITE).await?.db;
        let noted = note(&db).await;
        db.close().await;
        noted.map_err(unnoted)?;
        copy.as_file().sync_all().map_err(unmoved)?;
    }
    checkpoint(&real).await?;
    let bytes = copy.as_file().metadata().map_err(unmoved)?.len();
    let (replaced, replaced_is_whole) = keep_old(&real, now).map_err(unmoved)?;
    copy.persist(&real).map_err(|error| unmoved(error.error))?;
    sync_directory(&real).map_err(unmoved)?;
    Ok(Restored { database: real, replaced, replaced_is_whole, bytes, is_noted: is_current })
}

/// Rejects a damaged copy, or one with an unknown schema; returns whether the schema is current.
async fn verify(copy: &Path, shown: &str) -> Result<bool, RestoreError> {
    let damaged = |why: sqlx::Error| RestoreError::Damaged(shown.to_owned(), why.to_string());
    let options = SqliteConnectOptions::new().filename(copy).read_only(true).disable_statement_logging();
    let mut connection = options.connect().await.map_err(damaged)?;
    let found: String =
        sqlx::query_scalar("pragma integrity_check(1)").fetch_one(&mut connection).await.map_err(damaged)?;
    if found != "ok" {
        return Err(RestoreError::Damaged(shown.to_owned(), found));
    }
    let fits = migrate::fits(&mut connection).await;
    connection.close().await.map_err(damaged)?;
    fits.map_err(|why| RestoreError::Schema(shown.to_owned(), why))
}

/// Writes the old database's log into its file, so that nothing is lost. If that is damaged, both are kept as they are.
async fn checkpoint(real: &Path) -> Result<(), RestoreError> {
    // SQLite removes the log of a file that is not a SQLite database.
    if !is_sqlite(real) {
        return Ok(());
    }
    let options = SqliteConnectOptions::new().filename(real).disable_statement_logging();
    let closed = async {
        let mut connection = options.connect().await?;
        let written = sqlx::query_as("pragma wal_checkpoint(truncate)").fetch_one(&mut connection).await;
        // Closed also after an error, so that nothing happens to the files later.
        connection.close().await?;
        let (busy, ..): (i64, i64, i64) = written?;
        Ok::<_, sqlx::Error>(busy == 0)
    };
    match closed.await {
        // The last connection to close removes the log.
        Ok(whole) if !whole || beside(real, "-wal").exists() => Err(RestoreError::Open(real.display().to_string())),
        Err(error) if migrate::is_busy(&error) => Err(RestoreError::Open(real.display().to_string())),
        _ => Ok(()),
    }
}

/// Whether a file has the header of a SQLite database (<https://www.sqlite.org/fileformat.html>, section 1.3).
fn is_sqlite(file: &Path) -> bool {
    let mut header = [0; 16];
    File::open(file).is_ok_and(|mut file| file.read_exact(&mut header).is_ok()) && header == *b"SQLite format 3\0"
}

/// Links the present database and its logs to another name. The old names stay until they are replaced, so that there is always
/// a database. Returns that name, or that of a log which stood alone, and whether it is a database without a log.
fn keep_old(real: &Path, now: Instant) -> io::Result<(Option<PathBuf>, bool)> {
    let kept = beside(real, &format!(".replaced-{}", now.to_string().replace([':', '.'], "-")));
    let is_there = real.exists();
    if is_there {
        fs::hard_link(real, &kept).or_else(|_| fs::rename(real, &kept))?;
    }
    let (mut name, mut is_whole) = (is_there.then(|| kept.clone()), is_there);
    for ending in LOGS {
        let log = beside(real, ending);
        if has_bytes(&log) {
            fs::rename(&log, beside(&kept, ending))?;
            name.get_or_insert(beside(&kept, ending));
            is_whole = false;
        } else {
            remove(&log)?;
        }
    }
    remove(&beside(real, "-shm"))?;
    sync_directory(real)?;
    Ok((name, is_whole))
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
