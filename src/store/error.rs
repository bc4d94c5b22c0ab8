//! What can go wrong in the store, sorted by what the caller can do about it.

use std::{borrow::Cow, error::Error, fmt};

use sqlx::error::{DatabaseError, ErrorKind};

use super::health::{self, Condition};

/// A failure of the store. Two engines, one set of words.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, does not let us in, lacks a table, is too busy or has no room: try again later.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A value that must be unique is taken. SQLite names no constraint, so which one is found out by a look.
    #[error("a unique value is taken")]
    Taken,
    /// A row that is named is gone, removed by somebody else at this moment.
    #[error("a row that is named is gone")]
    Gone,
    /// More is asked of the database than it does soon, and this request has its share of what waits: try again later.
    #[error("too many requests wait for the database")]
    Overloaded,
    /// Another transaction holds the row for longer than we wait.
    #[error("a lock is held by another transaction")]
    Locked,
    /// The writes that this one shares a commit with were not committed, and so it was not either: try again later.
    #[error("the writes that share a commit were undone")]
    Undone,
    /// A fault of ours: the SQL, the schema or a row is not what the code expects.
    #[error("the store is broken: {0}")]
    Broken(String),
}

impl StoreError {
    /// Whether it says that this process may only read: the file, or as its role of PostgreSQL.
    pub fn is_for_lack_of_rights(&self) -> bool {
        let Self::Unavailable(error) = self else { return false };
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        code.is_some_and(|code| match code.parse::<u32>() {
            Ok(number) if code.len() < 5 => number & 0xff == 8,
            _ => matches!(&*code, "25006" | "42501"),
        })
    }
}

impl StoreError {
    /// Whether others have come between: what was judged a moment ago is to be judged again.
    pub fn is_of_others(&self) -> bool {
        matches!(self, Self::Taken | Self::Gone | Self::Locked)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(told) if told.is_unique_violation() => Self::Taken,
            E::Database(told) if told.is_foreign_key_violation() => Self::Gone,
            // A lock that was not to be had, and one that two waited for in turn.
            E::Database(told) if matches!(told.code().as_deref(), Some("55P03" | "40P01")) => Self::Locked,
            _ if Condition::of(&error).is_some() => Self::Unavailable(error),
            _ => Self::Broken(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let Some(&rusqlite::ffi::Error { extended_code, .. }) = error.sqlite_error() else {
            return Self::Broken(error.to_string());
        };
        sqlx::Error::Database(Box::new(ReadFailure { code: extended_code, message: error.to_string() })).into()
    }
}

/// A failure that rusqlite reports, in the words of sqlx: one way to tell what an operator can do about it.
#[derive(Debug)]
struct ReadFailure {
    /// SQLite's extended code.
    code: i32,
    message: String,
}

impl fmt::Display for ReadFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "(code: {}) {}", self.code, self.message)
    }
}

impl Error for ReadFailure {}

impl DatabaseError for ReadFailure {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }
}

impl StoreError {
    /// Logs it where it cannot be returned, with what was not done. That the database is unavailable is one line for a
    /// state, and not one for each caller; a row that others hold passes by itself.
    pub fn log(&self, undone: &str) {
        match self {
            Self::Unavailable(cause) => {
                if let Some(condition) = Condition::of(cause) {
                    health::failed(condition, cause);
                }
                tracing::debug!(%cause, "{undone}");
            }
            Self::Taken | Self::Gone | Self::Locked | Self::Overloaded | Self::Undone => {
                tracing::debug!(cause = %self, "{undone}");
            }
            Self::Broken(cause) => tracing::error!(%cause, "{undone}"),
        }
    }
}
