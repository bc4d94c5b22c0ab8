//! A consistent copy of a SQLite file, taken while a server writes to it: one read transaction sees one state, and the
//! copy holds it without the free pages. It needs no schema check, so that a database can be copied before it is
//! migrated.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::open::private;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The copy would overwrite something.
    #[error("{0} is there already: name a new file")]
    Exists(String),
    /// The copy cannot be written.
    #[error("cannot write {0}: {1}")]
    Unwritable(String, io::Error),
    /// SQLite gave up.
    #[error("the database was not copied: {0}")]
    Failed(#[from] sqlx::Error),
}

/// Copies a database file to a new file that only its owner may read; on return it is on disk. Says how many bytes it has.
///
/// # Errors
/// When there is none, when the new file is there already, or when it cannot be written; nothing is left then.
pub async fn copy(from: &Path, to: &Path) -> Result<u64, BackupError> {
    // SQLite takes an empty file for an absent one, so ours is private from the start.
    let name = to.display().to_string();
    let file =
        private(OpenOptions::new().write(true).create_new(true)).open(to).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists(name.clone()),
            _ => BackupError::Unwritable(name.clone(), error),
        })?;
    let copied = vacuum(from, &name).await;
    if copied.is_err() {
        std::fs::remove_file(to).ok();
    }
    copied?;
    settle(&file, to).map_err(|error| BackupError::Unwritable(name, error))
}

async fn vacuum(from: &Path, to: &str) -> Result<(), BackupError> {
    let options = SqliteConnectOptions::new().filename(from).read_only(true).disable_statement_logging();
    let mut connection = options.connect().await?;
    sqlx::query("vacuum into $1").bind(to).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// The file's bytes, then its name in the directory.
fn settle(file: &File, to: &Path) -> io::Result<u64> {
    file.sync_all()?;
    let directory = to.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()?;
    Ok(file.metadata()?.len())
}
