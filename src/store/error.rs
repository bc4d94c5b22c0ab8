//! What can go wrong in the store, sorted by what the caller can do about it.

/// A failure of the store. Two engines, one set of words.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is busy beyond patience, or has no room: try again later.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A value that must be unique is taken. SQLite names no constraint, so which one is found out by a look.
    #[error("a unique value is taken")]
    Taken,
    /// More is asked of the database than it does soon, and this request has its share of what waits: try again later.
    #[error("too many requests wait for the database")]
    Overloaded,
    /// Another transaction holds the row for longer than we wait.
    #[error("a lock is held by another transaction")]
    Locked,
    /// A fault of ours: the SQL, the schema or a row is not what the code expects.
    #[error("the store is broken: {0}")]
    Broken(String),
}

impl StoreError {
    /// Whether it says that this process may only read: the file, or as its role of PostgreSQL.
    #[must_use]
    pub fn is_for_lack_of_rights(&self) -> bool {
        let Self::Unavailable(error) = self else { return false };
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        code.is_some_and(|code| match code.parse::<u32>() {
            Ok(number) if code.len() < 5 => number & 0xff == 8,
            _ => matches!(&*code, "25006" | "42501"),
        })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(told) if told.is_unique_violation() => Self::Taken,
            E::Database(told) => match told.code().as_deref() {
                Some("55P03") => Self::Locked,
                Some(code) if is_passing(code) => Self::Unavailable(error),
                _ => Self::Broken(error.to_string()),
            },
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Protocol(_) => {
                Self::Unavailable(error)
            }
            _ => Self::Broken(error.to_string()),
        }
    }
}

/// Codes of conditions that pass by themselves or by an operator's hand. SQLite: primary codes below 256, extended ones
/// carry the primary in their low byte (busy 5, locked 6, read-only 8, I/O 10, corrupt 11, full 13, cannot open 14, not a
/// database 26; a file that somebody damaged is put right by an operator, and by nobody else). PostgreSQL:
/// classes of SQLSTATE (08 connection, 53 resources, 57P operator, 40 rollback, 57014 time-out).
fn is_passing(code: &str) -> bool {
    if let (true, Ok(number)) = (code.len() < 5, code.parse::<u32>()) {
        return matches!(number & 0xff, 5 | 6 | 8 | 10 | 11 | 13 | 14 | 26);
    }
    ["08", "53", "57P", "57014", "40", "25006"].iter().any(|class| code.starts_with(class))
}
