//! One SQL text, two engines: transactions, binding and running. All that touches the database comes through here, and
//! nothing here knows what the rows mean. A store function takes an [`On`] and writes its SQL once, with `$1`, and with
//! marks for the engine's own words: `{row}` and `{rows}` (see [`super::record`]), `{lock}` (a row lock, where there is one).

use rusqlite::{
    Rows, ToSql,
    types::{ToSqlOutput, Value},
};
use sqlx::{
    Arguments as _, AssertSqlSafe, PgConnection, Postgres, SqliteConnection, SqlitePool, Transaction,
    postgres::PgArguments, sqlite::SqliteArguments,
};

use super::bind::{Bind, Scalar};
use super::clock::Clock;
use super::commits::CountedCommit;
use super::deadline::{begin_by_deadline, by_deadline};
pub use super::engine::Engine;
use super::error::StoreError;
use super::file_watch::FileWatch;
use super::groups::WriteGroups;
use super::health;
use super::instant::Instant;
use super::moment::Moment;
use super::postgres_connections::PostgresConnections;
use super::record::{Form, expand};
use super::sqlite_readers::SqliteReaders;
use super::sqlite_tx::SqliteTx;
use super::statement_count;

/// A database of either engine: a file with one writer and many readers, or a pool of a server. Cheap to clone.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the pools are named for what they are")]
pub enum Db {
    Sqlite {
        writer: SqlitePool,
        /// For one statement each.
        readers: SqliteReaders,
        /// For transactions that read.
        snapshots: SqlitePool,
        file_watch: FileWatch,
        groups: WriteGroups,
    },
    Postgres(PostgresConnections),
}

/// A transaction that writes; dropped without [`Tx::commit`], it never happened. On SQLite it holds the write lock from
/// its start, so that what it read stays true; on PostgreSQL it is read committed, and such reads take `{lock}`.
#[derive(Debug)]
#[allow(missing_docs, reason = "one for each engine")]
pub enum Tx {
    Sqlite(SqliteTx),
    Postgres(Transaction<'static, Postgres>),
}

/// Where a statement runs: a pool to read from, or a transaction.
#[derive(Debug)]
#[allow(missing_docs, reason = "one for each engine and use")]
pub enum On<'c> {
    Readers(&'c SqliteReaders),
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c PostgresConnections),
    Pg(&'c mut PgConnection),
}

impl Db {
    /// For reads outside a transaction.
    pub fn read(&self) -> On<'_> {
        match self {
            Db::Sqlite { readers, .. } => On::Readers(readers),
            Db::Postgres(connections) => On::Postgres(connections),
        }
    }

    /// Begins a transaction that only reads: all that it reads is of one moment, and nobody waits for it.
    pub async fn snapshot(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Db::Sqlite { readers, snapshots, file_watch, .. } => {
                let turn = readers.turn().await?;
                Tx::Sqlite(SqliteTx::alone(snapshots.begin().await?, file_watch.clone()).in_turn(turn))
            }
            Db::Postgres(connections) => Tx::Postgres(
                begin_by_deadline(connections.pool(), "begin isolation level repeatable read read only").await?,
            ),
        })
    }

    /// Begins a transaction that writes temporary tables alone: all that it reads is of one moment, and it holds no lock that
    /// anybody waits for. Its moment is one for the time being: what is written of it elsewhere takes another then.
    pub async fn begin_aside(&self, clock: &Clock, instants: u32) -> Result<(Tx, Moment), StoreError> {
        let tx = match self {
            Db::Sqlite { writer, file_watch, .. } => {
                Tx::Sqlite(SqliteTx::alone(writer.begin().await?, file_watch.clone()))
            }
            Db::Postgres(connections) => {
                Tx::Postgres(begin_by_deadline(connections.pool(), "begin isolation level repeatable read").await?)
            }
        };
        let now = clock.now();
        Ok((tx, Moment::new(now, now, instants)))
    }

    /// Begins a transaction that writes rows which somebody may follow: all that it writes takes the moment that comes with
    /// it. Nothing may be written before that is taken, so both come together.
    pub async fn begin_write(&self, clock: &Clock) -> Result<(Tx, Moment), StoreError> {
        self.begin_write_of(clock, 1).await
    }

    /// The same for many rows, which take so many instants.
    pub async fn begin_write_of(&self, clock: &Clock, instants: u32) -> Result<(Tx, Moment), StoreError> {
        let mut tx = self.begin().await?;
        let now = tx.take_moment(clock, instants).await?;
        Ok((tx, now))
    }

    /// Begins a transaction that writes what nobody follows by `updated_since`, such as counts and mail.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Db::Sqlite { writer, file_watch, .. } => {
                file_watch.check()?;
                Tx::Sqlite(SqliteTx::alone(writer.begin_with("begin immediate").await?, file_watch.clone()))
            }
            Db::Postgres(connections) => Tx::Postgres(begin_by_deadline(connections.pool(), "begin").await?),
        })
    }
}

impl Db {
    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        match self {
            Db::Sqlite { .. } => Engine::Sqlite,
            Db::Postgres(_) => Engine::Postgres,
        }
    }

    /// What watches over the file, where the database is one.
    pub fn file_watch(&self) -> Option<&FileWatch> {
        match self {
            Db::Sqlite { file_watch, .. } => Some(file_watch),
            Db::Postgres(_) => None,
        }
    }
}

impl Tx {
    /// Which engine it runs on.
    pub fn engine(&self) -> Engine {
        match self {
            Tx::Sqlite(..) => Engine::Sqlite,
            Tx::Postgres(_) => Engine::Postgres,
        }
    }

    /// For statements inside this transaction.
    pub fn on(&mut self) -> On<'_> {
        match self {
            Tx::Sqlite(tx) => On::Sqlite(tx.connection()),
            Tx::Postgres(tx) => On::Pg(tx),
        }
    }

    /// The moment of what it writes. Nothing may be written before it is taken.
    pub(super) async fn take_moment(&mut self, clock: &Clock, instants: u32) -> Result<Moment, StoreError> {
        let text = match self {
            Tx::Sqlite(_) => {
                "update last_moment set micros = max(micros + 1, $1) + $2 - 1 where id = 1 returning micros - $2 + 1"
            }
            Tx::Postgres(_) => "select begin_moment($1, $2)",
        };
        let now = clock.now();
        let taken = self.on().query(text).bind(now.micros()).bind(i64::from(instants)).scalar::<i64>().await?;
        let stamp = taken.ok_or_else(|| StoreError::Broken("the last moment is not there".into()))?;
        Ok(Moment::new(now, Instant::from_micros(stamp), instants))
    }

    /// Commits; on return everything is on disk, in the file that is at the database's path.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.commit_and_free(()).await
    }

    /// The same. `held` is dropped as soon as the next may write, which is before the commit where both are of one group.
    pub async fn commit_and_free(self, held: impl Send) -> Result<(), StoreError> {
        match self {
            Tx::Sqlite(tx) => tx.commit(held).await,
            Tx::Postgres(tx) => {
                let _counted = CountedCommit;
                let done = by_deadline(tx.commit()).await;
                drop(held);
                Ok(done?)
            }
        }
    }
}

impl<'c> On<'c> {
    /// Which engine this is, for the few functions that need an engine's own words.
    pub fn engine(&self) -> Engine {
        match self {
            On::Readers(_) | On::Sqlite(_) => Engine::Sqlite,
            On::Postgres(_) | On::Pg(_) => Engine::Postgres,
        }
    }

    /// How it returns records.
    pub(super) fn form(&self) -> Form {
        match self {
            On::Sqlite(_) => Form::Json,
            On::Readers(_) | On::Postgres(_) | On::Pg(_) => Form::Columns,
        }
    }

    /// The same place, for one statement of several.
    pub fn again(&mut self) -> On<'_> {
        match self {
            On::Readers(readers) => On::Readers(readers),
            On::Sqlite(tx) => On::Sqlite(tx),
            On::Postgres(connections) => On::Postgres(connections),
            On::Pg(tx) => On::Pg(tx),
        }
    }

    /// Starts a statement; the text comes from our own source, never from a request.
    pub fn query(self, text: impl Into<String>) -> Statement<'c> {
        Statement { on: self, text: text.into(), sqlite: Vec::new(), postgres: PgArguments::default(), bound: 0 }
    }
}

/// A statement and its values, each encoded for the engine that it will run on.
#[must_use = "a statement does nothing until it is run"]
pub struct Statement<'c> {
    pub(super) on: On<'c>,
    pub(super) text: String,
    pub(super) sqlite: Vec<Value>,
    pub(super) postgres: PgArguments,
    bound: usize,
}

/// Runs a statement on a connection of sqlx.
macro_rules! run {
    ($on:expr, $text:expr, $sqlite:expr, $postgres:expr, $query:ident, $method:ident $(, $then:ident)?) => {{
        let text = AssertSqlSafe($text);
        let done = match $on {
            On::Readers(_) => return Err(StoreError::Broken("readers only read".into())),
            On::Sqlite(tx) => sqlx::$query(text, arguments($sqlite)?).$method(tx).await?$(.$then())?,
            On::Postgres(connections) => {
                let mut held = by_deadline(connections.take()).await?;
                let done = by_deadline(sqlx::$query(text, $postgres).$method(held.connection())).await?$(.$then())?;
                held.keep();
                done
            }
            On::Pg(tx) => by_deadline(sqlx::$query(text, $postgres).$method(tx)).await?$(.$then())?,
        };
        health::answered();
        Ok(done)
    }};
}

impl Statement<'_> {
    /// Binds the next `$n`.
    pub fn bind<V: Bind>(mut self, value: V) -> Self {
        let is_encoded = match self.on.engine() {
            Engine::Sqlite => owned(&value).map(|value| self.sqlite.push(value)).is_ok(),
            Engine::Postgres => self.postgres.add(value).is_ok(),
        };
        debug_assert!(is_encoded, "a bindable value always encodes");
        self.bound += 1;
        self
    }

    /// Which engine it is for.
    pub fn engine(&self) -> Engine {
        self.on.engine()
    }

    /// The number of the next `$n`, for a value that a condition names more than once.
    pub fn next_place(&self) -> usize {
        self.bound + 1
    }

    /// Appends text, such as an order and a limit.
    pub fn then(mut self, text: &str) -> Self {
        self.text += text;
        self
    }

    /// Runs it; the number of rows that it touched.
    pub async fn execute(self) -> Result<u64, StoreError> {
        let text = expand::<()>(self.engine(), self.on.form(), &self.text);
        statement_count::note();
        run!(self.on, text, self.sqlite, self.postgres, query_with, execute, rows_affected)
    }

    /// The first column of the first row, if there is one.
    pub async fn scalar<V: Scalar + Send + Unpin + 'static>(self) -> Result<Option<V>, StoreError> {
        statement_count::note();
        let Self { on, text, sqlite, postgres, .. } = self;
        if let On::Readers(readers) = on {
            let first = |mut rows: Rows<'_>| Ok(rows.next()?.map(|row| row.get(0)).transpose()?);
            return readers.run(text, sqlite, first).await;
        }
        run!(on, text, sqlite, postgres, query_scalar_with, fetch_optional)
    }
}

/// A value as SQLite takes it.
fn owned(value: &impl ToSql) -> Result<Value, rusqlite::Error> {
    Ok(match value.to_sql()? {
        ToSqlOutput::Owned(value) => value,
        ToSqlOutput::Borrowed(value) => value.try_into()?,
        _ => Value::Null,
    })
}

/// The values as sqlx takes them.
pub(super) fn arguments(values: Vec<Value>) -> Result<SqliteArguments, StoreError> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        let added = match value {
            Value::Null => arguments.add(None::<i64>),
            Value::Integer(number) => arguments.add(number),
            Value::Real(number) => arguments.add(number),
            Value::Text(text) => arguments.add(text),
            Value::Blob(bytes) => arguments.add(bytes),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
