//! Where a database is, and what a caller may do with it.

use std::{fs::OpenOptions, path::PathBuf, str::FromStr, time::Duration};

use sqlx::postgres::PgConnectOptions;

use super::{
    migrate::SchemaChanges,
    open_error::OpenError,
    postgres_url::{self, TlsSettings},
};

/// How long a command waits for its first connection: on a busy machine it has no other.
pub(super) const FIRST_CONNECTION_WAIT: Duration = Duration::from_secs(15);
/// The pause between two tries to open a SQLite file.
pub(super) const RETRY_DELAY: Duration = Duration::from_millis(10);

/// The location of a database.
#[derive(Clone, Debug)]
pub enum DatabaseLocation {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL server.
    Server(Box<PgConnectOptions>),
}

/// What a caller may do with the database.
#[derive(Clone, Copy, Debug)]
pub struct OpenMode {
    /// Write rows.
    pub write: bool,
    /// Answer requests: connections are opened ahead.
    pub serve: bool,
    /// Create or upgrade the schema.
    pub schema: SchemaChanges,
}

impl OpenMode {
    /// Reads an existing one; needs no right to write the file or its directory.
    pub const READ: Self = Self { write: false, serve: false, schema: SchemaChanges { create: false, upgrade: false } };
    /// Writes to an existing one, and migrates an older schema.
    pub const WRITE: Self = Self { write: true, serve: false, schema: SchemaChanges { create: false, upgrade: true } };
    /// The same, and creates a missing one.
    pub const MIGRATE: Self = Self { write: true, serve: false, schema: SchemaChanges { create: true, upgrade: true } };
    /// Creates a missing one, but does not migrate an older schema.
    pub(super) const MAKE: Self =
        Self { write: true, serve: false, schema: SchemaChanges { create: true, upgrade: false } };
}

impl FromStr for DatabaseLocation {
    type Err = OpenError;

    fn from_str(url: &str) -> Result<Self, OpenError> {
        Self::read(url, &TlsSettings::default())
    }
}

impl DatabaseLocation {
    /// Parses a URL; `tls` applies to PostgreSQL.
    ///
    /// # Errors
    /// When the URL is invalid, or the connection would not be encrypted where it must be.
    pub fn read(url: &str, tls: &TlsSettings) -> Result<Self, OpenError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Server(Box::new(postgres_url::read(url, tls)?)));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
        if path.contains("://") {
            return Err(OpenError::Url("another kind of database".into()));
        }
        if path.is_empty() || path.contains(":memory:") {
            return Err(OpenError::Url(
                "an in-memory database is not supported: other commands must be able to open it".into(),
            ));
        }
        Ok(Self::File(path.split('?').next().unwrap_or(path).into()))
    }
}

impl DatabaseLocation {
    /// For people, without a password.
    pub fn shown(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Server(options) => {
                let name = options.get_database().unwrap_or_else(|| options.get_username());
                format!("{}/{name}", postgres_url::place(options))
            }
        }
    }
}

/// Waits for a pool's first connection. Requests wait less: with one connection, another is made soon.
pub(super) async fn connect_first<D: sqlx::Database>(pool: &sqlx::Pool<D>) -> Result<(), sqlx::Error> {
    let since = std::time::Instant::now();
    loop {
        match pool.acquire().await {
            Err(sqlx::Error::PoolTimedOut) if since.elapsed() < FIRST_CONNECTION_WAIT => {}
            connected => return connected.map(drop),
        }
    }
}

/// A new file only for its owner: it contains personal data.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
