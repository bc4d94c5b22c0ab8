//! Copies a SQLite file consistently while a server writes to it: one read transaction, without the free pages. The schema is
//! not checked, so that a database can be copied before a migration.

use std::{fs, io, os::unix::fs::FileExt, path::Path};

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use super::{
    file::{self, directory, restrict_to_owner},
    file_stamp,
    file_watch::beside,
    open::{OpenError, OpenMode},
};

/// Why the copy failed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The target exists.
    #[error("{0} exists already: choose another name")]
    Exists(String),
    /// The copy cannot be written.
    #[error("cannot write {0}: {1}")]
    Unwritable(String, io::Error),
    /// There is no database.
    #[error(transparent)]
    Unopened(#[from] OpenError),
    /// SQLite failed.
    #[error("the database was not copied: {0}")]
    Failed(#[from] sqlx::Error),
}

/// Copies a database to a new file that only its owner may read, and syncs it. Returns its size in bytes.
///
/// # Errors
/// When there is no gateway database, when the new file exists, or when it cannot be written. A failed or killed copy leaves
/// no file under the new name.
pub async fn copy(from: &Path, to: &Path) -> Result<u64, BackupError> {
    let exists = || BackupError::Exists(to.display().to_string());
    let unwritable = |error| BackupError::Unwritable(to.display().to_string(), error);
    if to.symlink_metadata().is_ok() {
        return Err(exists());
    }
    let copy = copy_beside(from, to).await?;
    let bytes = copy.as_file().metadata().map_err(unwritable)?.len();
    copy.persist_noclobber(to).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => exists(),
        _ => unwritable(error.error),
    })?;
    sync_directory(to).map_err(unwritable)?;
    Ok(bytes)
}

/// Writes a copy of a database to a stream. Returns its size in bytes.
///
/// # Errors
/// When there is no gateway database, or when the stream or a temporary file beside the database cannot be written.
pub async fn write(from: &Path, mut out: impl io::Write + Send + 'static) -> Result<u64, BackupError> {
    let unwritable = |error| BackupError::Unwritable("the stream".to_owned(), error);
    let copy = copy_beside(from, from).await?;
    let mut file = copy.reopen().map_err(unwritable)?;
    // A reader that stops reading blocks a thread, and not the signal that ends the command.
    let written = spawn_blocking(move || {
        let bytes = io::copy(&mut file, &mut out)?;
        out.flush().map(|()| bytes)
    });
    written.await.map_err(io::Error::other).and_then(|written| written).map_err(unwritable)
}

/// A synced copy under a temporary name in the target's directory; deleted unless it is kept.
pub(super) async fn copy_beside(from: &Path, to: &Path) -> Result<NamedTempFile, BackupError> {
    let unwritable = |error| BackupError::Unwritable(to.display().to_string(), error);
    let (options, _) = file::connect_options(&file::real(from), OpenMode::READ).await?;
    let name = format!(".{}.", to.file_name().unwrap_or_default().to_string_lossy());
    let copy = tempfile::Builder::new().prefix(&name).suffix(".part").tempfile_in(directory(to)).map_err(unwritable)?;
    restrict_to_owner(copy.as_file()).map_err(unwritable)?;
    if let Err(error) = vacuum(&options, copy.path()).await {
        // Files that SQLite creates while it writes.
        fs::remove_file(beside(copy.path(), "-journal")).ok();
        return Err(error.into());
    }
    // The stamp belongs to the server's file.
    copy.as_file().write_all_at(&file_stamp::UNSET, file_stamp::OFFSET).map_err(unwritable)?;
    copy.as_file().sync_all().map_err(unwritable)?;
    Ok(copy)
}

/// SQLite accepts an empty file as the target, so the copy has our permissions.
async fn vacuum(from: &SqliteConnectOptions, to: &Path) -> Result<(), sqlx::Error> {
    let mut connection = from.clone().connect().await?;
    sqlx::query("vacuum into $1").bind(to.to_string_lossy()).execute(&mut connection).await?;
    connection.close().await
}

/// Syncs a directory, so that a new or renamed file survives a crash.
pub(super) fn sync_directory(of: &Path) -> io::Result<()> {
    fs::File::open(directory(of))?.sync_all()
}
