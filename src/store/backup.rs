//! A consistent copy of a SQLite file, taken while a server writes to it: one read transaction sees one state, and the
//! copy holds it without the free pages. It needs no schema check, so that a database can be copied before it is
//! migrated.

use std::{fs, io, os::unix::fs::FileExt, path::Path};

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tempfile::NamedTempFile;

use super::{
    file::{self, directory, owners_alone},
    file_stamp,
    file_watch::beside,
    open::{OpenError, OpenMode},
};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The copy would overwrite something.
    #[error("{0} is there already: name a new file")]
    Exists(String),
    /// The copy cannot be written.
    #[error("cannot write {0}: {1}")]
    Unwritable(String, io::Error),
    /// There is nothing to copy.
    #[error(transparent)]
    Unopened(#[from] OpenError),
    /// SQLite gave up.
    #[error("the database was not copied: {0}")]
    Failed(#[from] sqlx::Error),
}

/// Copies a database file to a new file that only its owner may read; on return it is on disk. Says how many bytes it has.
///
/// # Errors
/// When there is no database of ours, when the new file is there already, or when it cannot be written. Nothing stands
/// under the new name then, and neither when this process is killed meanwhile.
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

/// A copy on disk under a name of its own, in the directory that it is meant for. It goes unless it is kept.
pub(super) async fn copy_beside(from: &Path, to: &Path) -> Result<NamedTempFile, BackupError> {
    let unwritable = |error| BackupError::Unwritable(to.display().to_string(), error);
    let options = file::approach(&file::real(from), OpenMode::READ).await?;
    let name = format!(".{}.", to.file_name().unwrap_or_default().to_string_lossy());
    let copy = tempfile::Builder::new().prefix(&name).suffix(".part").tempfile_in(directory(to)).map_err(unwritable)?;
    owners_alone(copy.as_file()).map_err(unwritable)?;
    if let Err(error) = vacuum(&options, copy.path()).await {
        // What SQLite keeps beside a file while it writes it.
        fs::remove_file(beside(copy.path(), "-journal")).ok();
        return Err(error.into());
    }
    // The mark is of the file that a server runs on.
    copy.as_file().write_all_at(&file_stamp::UNSET, file_stamp::OFFSET).map_err(unwritable)?;
    copy.as_file().sync_all().map_err(unwritable)?;
    Ok(copy)
}

/// SQLite takes an empty file for an absent one, so the copy has our permissions.
async fn vacuum(from: &SqliteConnectOptions, to: &Path) -> Result<(), sqlx::Error> {
    let mut connection = from.clone().connect().await?;
    sqlx::query("vacuum into $1").bind(to.to_string_lossy()).execute(&mut connection).await?;
    connection.close().await
}

/// Writes down what a directory says of a file.
pub(super) fn sync_directory(of: &Path) -> io::Result<()> {
    fs::File::open(directory(of))?.sync_all()
}
