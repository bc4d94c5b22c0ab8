//! Why a database cannot be opened.

use std::io;

use super::{error::StoreError, migrate::SchemaError};

/// Why a database cannot be opened. Messages never repeat the URL, which may contain a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not a supported URL.
    #[error("the database URL is not one of sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME: {0}")]
    Url(String),
    /// It does not answer.
    #[error("the database does not answer: {0}")]
    Unreachable(#[from] sqlx::Error),
    /// A PostgreSQL server cannot be used: where it is, and why.
    #[error("PostgreSQL at {0}: {1}")]
    Server(String, String),
    /// The connection would not be encrypted.
    #[error(
        "the connection to PostgreSQL at {0} would not be encrypted, since the URL says so in `sslmode`: leave that out, \
or accept clear text with --plain-database"
    )]
    Unencrypted(String),
    /// The trusted certificate authorities cannot be read.
    #[error("cannot use the certificate authorities in {0}: {1}")]
    Authorities(String, String),
    /// The file cannot be opened.
    #[error("cannot open the database {0}: {1}")]
    File(String, sqlx::Error),
    /// It is missing, and the caller may not create it.
    #[error("there is no Flow Gateway database at {0}. Check its name, or create one with `flow-gateway migrate`")]
    Absent(String),
    /// It has another program's tables.
    #[error("{0} holds the tables of something else, and was left as it is. Choose another database, or an empty one")]
    Anothers(String),
    /// It is not a database file.
    #[error("{0} is not a SQLite database, and was left as it is")]
    NotSqlite(String),
    /// There is a write-ahead log without its database.
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
    /// It can only be read together with its log, which cannot be opened here.
    #[error(
        "{0} was not closed in order, and its directory cannot be written or is full: copy it and its -wal file elsewhere to read them"
    )]
    Unreadable(String),
    /// Its schema does not fit.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A backfill failed.
    #[error("cannot complete the migration of the database: {0}")]
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
