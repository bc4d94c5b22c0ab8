//! Opens a database, and closes it: which engine a URL means, how its connections are set up, and what is refused at the start.
//! Called once by every command.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::PathBuf,
    str::FromStr,
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions, Connection as _,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use tokio::time::sleep;

use super::{
    db::Db,
    error::StoreError,
    migrate::{SchemaError, is_busy, migrate},
    postgres,
    postgres_url::{self, TlsSettings},
    search,
};

/// How long a request waits for a connection, or for a lock, before it is answered 503.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// How long the opening of a SQLite file rests before it tries again.
const TRY_AGAIN: Duration = Duration::from_millis(10);
/// Reading connections to a SQLite file, each with a thread of its own. One studio takes four of them at the most
/// ([`super::admission`]).
const SQLITE_READERS: u32 = 6;

/// Where a database is.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// A PostgreSQL server.
    Server(Box<PgConnectOptions>),
}

/// Why a database was not opened. The messages never repeat the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not a URL that we know.
    #[error("the database URL is not one of sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME: {0}")]
    Url(String),
    /// It does not answer.
    #[error("the database does not answer: {0}")]
    Unreachable(#[from] sqlx::Error),
    /// A PostgreSQL server cannot be used: where it is, and why.
    #[error("PostgreSQL at {0}: {1}")]
    Server(String, String),
    /// The connection would go over a network unencrypted.
    #[error(
        "the connection to PostgreSQL at {0} would not be encrypted, since the URL says so in `sslmode`: leave that out, \
or accept clear text with --plain-database"
    )]
    Unencrypted(String),
    /// The authorities that are to be trusted cannot be read.
    #[error("the certificates of authorities in {0} cannot be used: {1}")]
    Authorities(String, String),
    /// Its schema does not fit.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// What a step of the schema leaves to be done was not.
    #[error("the database cannot be brought up to date: {0}")]
    Unfinished(#[from] StoreError),
    /// Acknowledged writes could be lost.
    #[error(
        "PostgreSQL runs with {0}: acknowledged writes would be lost in a crash. Set it to `on` and restart PostgreSQL"
    )]
    Unsafe(&'static str),
    /// Too old.
    #[error("PostgreSQL 15 or newer is needed; this one is {0}")]
    TooOld(String),
    /// Another server runs on the file.
    #[error("another flow-gateway server already runs on {0}: stop it first, or move to PostgreSQL to run several")]
    InUse(String),
    /// The lock file cannot be made.
    #[error("cannot lock {0}: {1}")]
    Lock(String, io::Error),
}

impl FromStr for Place {
    type Err = OpenError;

    fn from_str(url: &str) -> Result<Self, OpenError> {
        Self::read(url, &TlsSettings::default())
    }
}

impl Place {
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

/// Opens a database, makes it when it is absent, and brings an empty one to the current schema.
///
/// # Errors
/// When it cannot be reached, is not safe to use, or its schema does not fit.
pub async fn open(place: &Place, may_upgrade: bool) -> Result<Db, OpenError> {
    let db = match place {
        Place::File(path) => open_file(path).await?,
        Place::Server(options) => postgres::open(options).await?,
    };
    migrate(&db, may_upgrade).await?;
    search::fill(&db).await?;
    Ok(db)
}

async fn open_file(path: &PathBuf) -> Result<Db, OpenError> {
    // Made here, since SQLite would let everybody read it; its companion files get the same rights. What is wrong with
    // the path, SQLite says itself.
    private(OpenOptions::new().write(true).create_new(true)).open(path).ok();
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .disable_statement_logging();
    // SQLite ends a transaction by itself when the disk is full or fails. sqlx counts it as open for ever after, and could
    // begin no other: such a connection is replaced.
    let pool = || {
        SqlitePoolOptions::new().acquire_timeout(PATIENCE).test_before_acquire(false).before_acquire(|connection, _| {
            let has_ended_well = !connection.is_in_transaction();
            Box::pin(std::future::ready(Ok(has_ended_well)))
        })
    };
    let since = Instant::now();
    let writer = loop {
        // Two that make a new file a WAL file at once would wait for each other: SQLite tells one of them "busy" without
        // the wait that it grants otherwise.
        match pool().max_connections(1).connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && since.elapsed() < PATIENCE => sleep(TRY_AGAIN).await,
            Err(error) if is_busy(&error) => return Err(SchemaError::Busy.into()),
            connected => break connected?,
        }
    };
    let readers =
        pool().max_connections(SQLITE_READERS).connect_lazy_with(options.read_only(true).create_if_missing(false));
    Ok(Db::Sqlite { writer, readers })
}

/// The same PostgreSQL database by connections of their own, made when they are first needed: for what shall not wait until
/// requests give theirs back, nor take any from them.
#[must_use]
pub fn beside(pool: &PgPool, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .connect_lazy_with(pool.connect_options().as_ref().clone())
}

impl Db {
    /// How many connections are open, and how many of them are at work.
    #[must_use]
    pub fn connections(&self) -> (u32, u32) {
        let of = |size: u32, idle: usize| (size, size.saturating_sub(u32::try_from(idle).unwrap_or(u32::MAX)));
        match self {
            Db::Sqlite { writer, readers } => {
                let (writer, readers) = (of(writer.size(), writer.num_idle()), of(readers.size(), readers.num_idle()));
                (writer.0 + readers.0, writer.1 + readers.1)
            }
            Db::Postgres(pool) => of(pool.size(), pool.num_idle()),
        }
    }

    /// Closes every connection, once those at work are done.
    pub async fn close(&self) {
        match self {
            Db::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

/// Holds a SQLite file for one server: an OS lock on `<file>.lock`, which dies with the process. Nothing to hold on
/// PostgreSQL, where many servers share a database.
///
/// # Errors
/// When another server holds it.
pub fn hold(place: &Place) -> Result<Option<File>, OpenError> {
    let Place::File(path) = place else { return Ok(None) };
    // The file's own name, so that a link to it is no way around the lock.
    let mut name = path.canonicalize().unwrap_or_else(|_| path.clone()).into_os_string();
    name.push(".lock");
    let said = |error| OpenError::Lock(name.display().to_string(), error);
    let file = private(OpenOptions::new().create(true).truncate(false).write(true)).open(&name).map_err(said)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.display().to_string())),
        Err(TryLockError::Error(error)) => Err(said(error)),
    }
}

/// A new file is for its owner alone: it holds other people's data.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
