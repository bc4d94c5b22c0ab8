//! Opens and closes a database: the engine, its connections, and what is refused at the start.

use sqlx::{AssertSqlSafe, postgres::PgPoolOptions};

use super::{
    backfill,
    clock::random,
    db::Db,
    deadline::CONNECTION_WAIT,
    error::StoreError,
    file,
    file_stamp::FileStamp,
    file_watch::FileWatch,
    migrate::{SchemaError, migrate},
    postgres,
    postgres_connections::PostgresConnections,
};
pub use super::{
    file::{FileLock, lock_for_server},
    location::{DatabaseLocation, OpenMode},
    open_error::OpenError,
};

/// An open database.
#[derive(Debug)]
pub struct OpenedDatabase {
    /// The database.
    pub db: Db,
    /// Whether it was missing or empty before.
    pub is_new: bool,
}

/// Opens a database, creates a missing one, and creates the schema in an empty one.
///
/// # Errors
/// When it cannot be reached, is not safe to use, or its schema does not fit.
pub async fn open(place: &DatabaseLocation, may_upgrade: bool) -> Result<Db, OpenError> {
    let mode = if may_upgrade { OpenMode::MIGRATE } else { OpenMode::MAKE };
    open_with(place, mode).await.map(|opened| opened.db)
}

/// Opens a database in a mode.
///
/// # Errors
/// When it is missing or another program's, cannot be reached, is not safe to use, or its schema does not fit.
pub async fn open_with(place: &DatabaseLocation, mode: OpenMode) -> Result<OpenedDatabase, OpenError> {
    let told = |error| match error {
        SchemaError::Empty => OpenError::Absent(place.shown()),
        SchemaError::Anothers => OpenError::Anothers(place.shown()),
        other => OpenError::Schema(other),
    };
    let (mut db, watched) = match place {
        DatabaseLocation::File(path) => {
            file::open(path, mode).await.map(|(db, watched)| (db, Some((path, watched))))?
        }
        DatabaseLocation::Server(options) => (postgres::open(options, mode.serve).await?, None),
    };
    let is_new = migrate(&db, mode.schema).await.map_err(told)?;
    if mode.write {
        backfill::backfill(&db).await?;
    }
    if let (Db::Sqlite { file_watch, .. }, Some((path, watched)), true) = (&mut db, watched, mode.write) {
        *file_watch = watched.get_or_init(|| FileWatch::opened(path, &file::real(path))).clone();
    }
    Ok(OpenedDatabase { db, is_new })
}

/// A second pool of the same PostgreSQL database, connected when first used: for work that must not wait for the requests'
/// connections, nor take any of them.
pub fn beside(others: &PostgresConnections, most: u32) -> PostgresConnections {
    let options = others.pool().connect_options().as_ref().clone();
    let pool = PgPoolOptions::new().max_connections(most).acquire_timeout(CONNECTION_WAIT);
    PostgresConnections::new(pool.connect_lazy_with(options))
}

impl Db {
    /// The database through one fixed connection: its temporary tables exist until it closes. It has no statement timeout, and a
    /// longer lock timeout than requests.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn by_one_connection(&self) -> Result<Self, StoreError> {
        let Db::Postgres(others) = self else { return Ok(self.clone()) };
        let own = beside(others, 1);
        for (setting, value) in
            [("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0"), ("lock_timeout", "20s")]
        {
            let text = "select set_config($1, $2, false)";
            sqlx::query(text).bind(setting).bind(value).execute(own.pool()).await?;
        }
        Ok(Db::Postgres(own))
    }

    /// Waits for the lock of a file as long as a command may. SQLite looks ten times a second whether the file is free, and a busy
    /// server leaves it free for a moment only, so that a command would often miss all moments of a request's wait.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wait_like_a_command(&self) -> Result<(), StoreError> {
        if let Db::Sqlite { writer, .. } = self {
            sqlx::query("pragma busy_timeout = 20000").execute(writer).await?;
        }
        Ok(())
    }

    /// How many connections are open, and how many are in use.
    pub fn connections(&self) -> (u32, u32) {
        let of = |size: u32, idle: usize| (size, size.saturating_sub(u32::try_from(idle).unwrap_or(u32::MAX)));
        match self {
            Db::Sqlite { writer, readers, snapshots, .. } => {
                let (writer, readers) = (of(writer.size(), writer.num_idle()), readers.connections());
                // Those in use have a turn to read.
                let idle = u32::try_from(snapshots.num_idle()).unwrap_or(u32::MAX);
                (writer.0 + readers.0 + idle, writer.1 + readers.1)
            }
            Db::Postgres(connections) => {
                let (size, idle) = connections.count();
                of(size, idle)
            }
        }
    }

    /// Closes every connection once it is idle.
    pub async fn close(&self) {
        match self {
            Db::Sqlite { writer, readers, snapshots, file_watch, .. } => {
                file_watch.stop();
                readers.close().await;
                snapshots.close().await;
                writer.close().await;
            }
            Db::Postgres(connections) => connections.close().await,
        }
    }
}

/// Stamps the file of a server.
///
/// # Errors
/// When it cannot be written. The file is still watched for being moved or replaced.
pub async fn write_stamp(db: &Db) -> Result<(), StoreError> {
    let Db::Sqlite { writer, file_watch, .. } = db else { return Ok(()) };
    let mut number: [u8; 4] = random();
    number[3] |= 1;
    let text = format!("pragma user_version = {}", i32::from_be_bytes(number));
    sqlx::raw_sql(AssertSqlSafe(text)).execute(writer).await?;
    // A reader may keep it in the log for a while.
    sqlx::raw_sql("pragma wal_checkpoint(passive)").execute(writer).await?;
    file_watch.watch_for(|file| FileStamp::of(file, number));
    Ok(())
}
