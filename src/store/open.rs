//! Opens a database, and closes it: which engine a URL means, how its connections are set up, and what is refused at the start.
//! Called once by every command.

use sqlx::postgres::{PgPool, PgPoolOptions};

use super::{
    backfill,
    db::Db,
    error::StoreError,
    file,
    file_watch::FileWatch,
    location::CONNECTION_WAIT,
    migrate::{SchemaError, migrate},
    postgres,
};
pub use super::{
    file::{Held, hold},
    location::{DatabaseLocation, OpenMode},
    open_error::OpenError,
};

/// An open database.
#[derive(Debug)]
pub struct Opened {
    /// The database.
    pub db: Db,
    /// It was absent or empty before.
    pub is_new: bool,
}

/// Opens a database, makes it when it is absent, and brings an empty one to the current schema.
///
/// # Errors
/// When it cannot be reached, is not safe to use, or its schema does not fit.
pub async fn open(place: &DatabaseLocation, may_upgrade: bool) -> Result<Db, OpenError> {
    let mode = if may_upgrade { OpenMode::MIGRATE } else { OpenMode::MAKE };
    open_with(place, mode).await.map(|opened| opened.db)
}

/// Opens a database for what the caller may do with it.
///
/// # Errors
/// When it is absent or somebody else's, cannot be reached, is not safe to use, or its schema does not fit.
pub async fn open_with(place: &DatabaseLocation, mode: OpenMode) -> Result<Opened, OpenError> {
    let told = |error| match error {
        SchemaError::Empty => OpenError::Absent(place.shown()),
        SchemaError::Anothers => OpenError::Anothers(place.shown()),
        other => OpenError::Schema(other),
    };
    let (mut db, watched) = match place {
        DatabaseLocation::File(path) => {
            file::open(path, mode).await.map(|(db, watched)| (db, Some((path, watched))))?
        }
        DatabaseLocation::Server(options) => (postgres::open(options).await?, None),
    };
    let is_new = migrate(&db, mode.schema).await.map_err(told)?;
    if mode.write {
        backfill::backfill(&db).await?;
    }
    if let (Db::Sqlite { file_watch, .. }, Some((path, watched)), true) = (&mut db, watched, mode.write) {
        *file_watch = watched.get_or_init(|| FileWatch::opened(path, &file::real(path))).clone();
    }
    Ok(Opened { db, is_new })
}

/// The same PostgreSQL database by connections of their own, made when they are first needed: for what shall not wait until
/// requests give theirs back, nor take any from them.
pub fn beside(pool: &PgPool, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(CONNECTION_WAIT)
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
            Db::Sqlite { writer, readers, file_watch } => {
                file_watch.stop();
                readers.close().await;
                writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}
