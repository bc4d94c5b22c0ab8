//! Opens a database, and closes it: which engine a URL means, how its connections are set up, and what is refused at the start.
//! Called once by every command.

use std::{fs::OpenOptions, io, path::PathBuf, str::FromStr, time::Duration};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

pub use super::file::{Held, hold};
use super::{
    db::Db,
    error::StoreError,
    file, fill,
    in_place::InPlace,
    migrate::{MayChange, SchemaError, migrate},
    postgres,
    postgres_url::{self, TlsSettings},
};

/// How long a request waits for a connection, or for a lock, before it is answered 503.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// The same of the first connection: a command on a busy machine has no other to go on with.
pub(super) const FIRST_PATIENCE: Duration = Duration::from_secs(15);
/// How long the opening of a SQLite file rests before it tries again.
pub(super) const TRY_AGAIN: Duration = Duration::from_millis(10);

/// Where a database is.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// A PostgreSQL server.
    Server(Box<PgConnectOptions>),
}

/// What a caller may do with the database that it opens.
#[derive(Clone, Copy, Debug)]
pub struct Rights {
    /// Rows are written.
    pub write: bool,
    /// What becomes of the schema.
    pub may_change: MayChange,
}

impl Rights {
    /// Reads one that is there: no right to write the file, or beside it, is needed.
    pub const READ: Self = Self { write: false, may_change: MayChange { make: false, upgrade: false } };
    /// Works on one that is there, and brings an older one up to date.
    pub const WRITE: Self = Self { write: true, may_change: MayChange { make: false, upgrade: true } };
    /// The same, and makes an absent one.
    pub const MIGRATE: Self = Self { write: true, may_change: MayChange { make: true, upgrade: true } };
    /// Makes an absent one, and leaves an older one as it is.
    const MAKE: Self = Self { write: true, may_change: MayChange { make: true, upgrade: false } };
}

/// An open database.
#[derive(Debug)]
pub struct Opened {
    /// The database.
    pub db: Db,
    /// It was absent or empty before.
    pub is_new: bool,
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
    /// The file cannot be opened.
    #[error("cannot open the database {0}: {1}")]
    File(String, sqlx::Error),
    /// There is none, and the caller makes none.
    #[error("there is no Flow Gateway database at {0}. Check its name, or make one with `flow-gateway migrate`")]
    Absent(String),
    /// It holds tables of something else.
    #[error("{0} holds the tables of something else, and was left as it is. Name another database, or an empty one")]
    Anothers(String),
    /// It is another kind of file.
    #[error("{0} is not a SQLite database, and was left as it is")]
    NotSqlite(String),
    /// What was written last stands beside a file that is gone.
    #[error(
        "{file} is absent or empty, and {log} beside it holds what was written last: both belong together. Put the file \
back that stood there; or, when it is lost, put a backup in place with `flow-gateway restore FILE`, which sets the log aside"
    )]
    Orphaned {
        /// The database.
        file: String,
        /// The log.
        log: String,
    },
    /// It can only be read together with a log that cannot be opened here.
    #[error(
        "{0} was not closed in order, and its directory cannot be written or is full: copy it and its -wal file elsewhere to read them"
    )]
    Unreadable(String),
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

impl Place {
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

/// Opens a database, makes it when it is absent, and brings an empty one to the current schema.
///
/// # Errors
/// When it cannot be reached, is not safe to use, or its schema does not fit.
pub async fn open(place: &Place, may_upgrade: bool) -> Result<Db, OpenError> {
    let rights = if may_upgrade { Rights::MIGRATE } else { Rights::MAKE };
    open_with(place, rights).await.map(|opened| opened.db)
}

/// Opens a database for what the caller may do with it.
///
/// # Errors
/// When it is absent or somebody else's, cannot be reached, is not safe to use, or its schema does not fit.
pub async fn open_with(place: &Place, rights: Rights) -> Result<Opened, OpenError> {
    let told = |error| match error {
        SchemaError::Empty => OpenError::Absent(place.shown()),
        SchemaError::Anothers => OpenError::Anothers(place.shown()),
        other => OpenError::Schema(other),
    };
    let (mut db, watched) = match place {
        Place::File(path) => file::open(path, rights).await.map(|(db, watched)| (db, Some((path, watched))))?,
        Place::Server(options) => (postgres::open(options).await?, None),
    };
    let is_new = migrate(&db, rights.may_change).await.map_err(told)?;
    if rights.write {
        fill::fill(&db).await?;
    }
    if let (Db::Sqlite { in_place, .. }, Some((path, watched)), true) = (&mut db, watched, rights.write) {
        *in_place = watched.get_or_init(|| InPlace::opened(path, &file::real(path))).clone();
    }
    Ok(Opened { db, is_new })
}

/// Waits for a pool's first connection. Requests wait less: where there is one, another is soon made.
pub(super) async fn connect_first<D: sqlx::Database>(pool: &sqlx::Pool<D>) -> Result<(), sqlx::Error> {
    let since = std::time::Instant::now();
    loop {
        match pool.acquire().await {
            Err(sqlx::Error::PoolTimedOut) if since.elapsed() < FIRST_PATIENCE => {}
            connected => return connected.map(drop),
        }
    }
}

/// The same PostgreSQL database by connections of their own, made when they are first needed: for what shall not wait until
/// requests give theirs back, nor take any from them.
pub fn beside(pool: &PgPool, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .connect_lazy_with(pool.connect_options().as_ref().clone())
}

impl Db {
    /// This database by one connection that stays the same: temporary tables that are made on it are there until it closes.
    /// No statement of it is bounded in time, and it waits longer for a lock than a request would.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn by_one_connection(&self) -> Result<Self, StoreError> {
        let Db::Postgres(pool) = self else { return Ok(self.clone()) };
        let pool = beside(pool, 1);
        for (setting, value) in
            [("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0"), ("lock_timeout", "20s")]
        {
            let text = "select set_config($1, $2, false)";
            sqlx::query(text).bind(setting).bind(value).execute(&pool).await?;
        }
        Ok(Db::Postgres(pool))
    }

    /// How many connections are open, and how many of them are at work.
    pub fn connections(&self) -> (u32, u32) {
        let of = |size: u32, idle: usize| (size, size.saturating_sub(u32::try_from(idle).unwrap_or(u32::MAX)));
        match self {
            Db::Sqlite { writer, readers, .. } => {
                let (writer, readers) = (of(writer.size(), writer.num_idle()), of(readers.size(), readers.num_idle()));
                (writer.0 + readers.0, writer.1 + readers.1)
            }
            Db::Postgres(pool) => of(pool.size(), pool.num_idle()),
        }
    }

    /// Closes every connection, once those at work are done.
    pub async fn close(&self) {
        match self {
            Db::Sqlite { writer, readers, in_place } => {
                in_place.stop_looking();
                readers.close().await;
                writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

/// A new file is for its owner alone: it holds other people's data.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
