//! Where a database is, what its opener may do with it, and how long to wait for it: what both engines are opened by.

use std::{fs::OpenOptions, path::PathBuf, str::FromStr, time::Duration};

use sqlx::postgres::PgConnectOptions;

use super::{
    migrate::SchemaChanges,
    open_error::OpenError,
    postgres_url::{self, TlsSettings},
};

/// How long a request waits for a connection, or for a lock, before it is answered 503.
pub(super) const CONNECTION_WAIT: Duration = Duration::from_secs(2);
/// The same of the first connection: a command on a busy machine has no other to go on with.
pub(super) const FIRST_CONNECTION_WAIT: Duration = Duration::from_secs(15);
/// How long the opening of a SQLite file rests before it tries again.
pub(super) const TRY_AGAIN: Duration = Duration::from_millis(10);

/// Where a database is.
#[derive(Clone, Debug)]
pub enum DatabaseLocation {
    /// A file.
    File(PathBuf),
    /// A PostgreSQL server.
    Server(Box<PgConnectOptions>),
}

/// What a caller may do with the database that it opens.
#[derive(Clone, Copy, Debug)]
pub struct OpenMode {
    /// Rows are written.
    pub write: bool,
    /// What becomes of the schema.
    pub schema: SchemaChanges,
}

impl OpenMode {
    /// Reads one that is there: no right to write the file, or beside it, is needed.
    pub const READ: Self = Self { write: false, schema: SchemaChanges { create: false, upgrade: false } };
    /// Works on one that is there, and brings an older one up to date.
    pub const WRITE: Self = Self { write: true, schema: SchemaChanges { create: false, upgrade: true } };
    /// The same, and makes an absent one.
    pub const MIGRATE: Self = Self { write: true, schema: SchemaChanges { create: true, upgrade: true } };
    /// Makes an absent one, and leaves an older one as it is.
    pub(super) const MAKE: Self = Self { write: true, schema: SchemaChanges { create: true, upgrade: false } };
}

impl FromStr for DatabaseLocation {
    type Err = OpenError;

    fn from_str(url: &str) -> Result<Self, OpenError> {
        Self::read(url, &TlsSettings::default())
    }
}

impl DatabaseLocation {
    /// Reads a URL; where it is PostgreSQL's, with the settings for the connection to it.
    ///
    /// # Errors
    /// When it is not one, or the connection would not be encrypted where it has to be.
    pub fn read(url: &str, tls: &TlsSettings) -> Result<Self, OpenError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Server(Box::new(postgres_url::read(url, tls)?)));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
        if path.contains("://") {
            return Err(OpenError::Url("another kind of database".into()));
        }
        if path.is_empty() || path.contains(":memory:") {
            return Err(OpenError::Url("a file is needed, so that other commands can work beside the server".into()));
        }
        Ok(Self::File(path.split('?').next().unwrap_or(path).into()))
    }
}

impl DatabaseLocation {
    /// As a person calls it, without a password.
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

/// Waits for a pool's first connection. Requests wait less: where there is one, another is soon made.
pub(super) async fn connect_first<D: sqlx::Database>(pool: &sqlx::Pool<D>) -> Result<(), sqlx::Error> {
    let since = std::time::Instant::now();
    loop {
        match pool.acquire().await {
            Err(sqlx::Error::PoolTimedOut) if since.elapsed() < FIRST_CONNECTION_WAIT => {}
            connected => return connected.map(drop),
        }
    }
}

/// A new file is for its owner alone: it holds other people's data.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
