//! Runs statements that read and write records. A record is written as one JSON text, and read as its columns (see
//! [`super::columns`]); inside a transaction of SQLite as one JSON text, too: sqlx hands each row there across a thread.

use std::slice;

use serde::{Serialize, de::DeserializeOwned};
use sqlx::AssertSqlSafe;

use super::{
    columns::{self, Read},
    db::{On, Statement},
    deadline::by_deadline,
    engine::Engine,
    error::StoreError,
    explain,
    record::{Form, Given, Record, encode, expand, projection},
    statement_count,
};

impl Statement<'_> {
    /// The row that it finds, if there is one: the text selects `{row}`.
    pub async fn optional<R: Record>(self) -> Result<Option<R>, StoreError> {
        let this = self.expanded::<R>();
        match this.on.form() {
            Form::Json => this.scalar::<String>().await?.map(|json| decode(&json)).transpose(),
            Form::Columns => Ok(this.columns().await?.rows.pop()),
        }
    }

    /// All rows, in their order; the text selects the record's columns.
    pub async fn all<R: Record>(self) -> Result<Vec<R>, StoreError> {
        self.read().await.map(|read| read.rows)
    }

    /// The same, and how large they are.
    pub async fn read<R: Record>(self) -> Result<Read<R>, StoreError> {
        let mut this = self;
        this.text = format!("select {{rows}} from ({}) as page", this.text);
        let mut this = this.expanded::<R>();
        if explain::are_asked_for() {
            explain::note(this.plan().await?);
        }
        match this.on.form() {
            Form::Json => {
                let json = this.scalar::<String>().await?.unwrap_or_else(|| "[]".into());
                Ok(Read { rows: decode(&json)?, bytes: json.len() })
            }
            Form::Columns => this.columns().await,
        }
    }

    /// The rows as their columns.
    async fn columns<R: Record>(self) -> Result<Read<R>, StoreError> {
        statement_count::note();
        let Self { on, text, sqlite, postgres, .. } = self;
        let query = |text| sqlx::query_with(AssertSqlSafe(text), postgres);
        match on {
            On::Readers(readers) => {
                let columns = projection::<R>(Form::Columns);
                readers.run(text, sqlite, move |rows| columns::all_of_sqlite(rows, &columns.are_json)).await
            }
            On::Postgres(connections) => {
                let mut held = by_deadline(connections.take()).await?;
                let read = columns::all_of_postgres(query(text), held.connection()).await?;
                held.keep();
                Ok(read)
            }
            On::Pg(tx) => columns::all_of_postgres(query(text), tx).await,
            On::Sqlite(_) => Err(StoreError::Broken("rows inside a transaction of SQLite are one text".into())),
        }
    }

    fn expanded<R: Record>(mut self) -> Self {
        self.text = expand::<R>(self.engine(), self.on.form(), &self.text);
        self
    }
}

/// Reads what `{row}` or `{rows}` selected as one text.
fn decode<T: DeserializeOwned>(json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::Broken(format!("a row does not decode: {error}")))
}

/// Inserts records of a table without a studio's id; `or` is what becomes of one that is there already, if anything.
///
/// # Errors
/// [`StoreError::Taken`] when a unique value is there already.
pub async fn insert_unscoped<R: Record + Serialize>(
    on: On<'_>,
    table: &str,
    records: &[R],
    or: &'static str,
) -> Result<(), StoreError> {
    insert_given(on, table, records, or, None).await
}

/// The same for records of many studios, each of which names its own.
///
/// # Errors
/// [`StoreError::Taken`] when a unique value is there already.
pub async fn insert_of_many_studios<R: Record + Serialize>(
    on: On<'_>,
    table: &str,
    records: &[R],
    or: &'static str,
) -> Result<(), StoreError> {
    let studio = match on.engine() {
        Engine::Sqlite => "given.value ->> 'studio_id'",
        Engine::Postgres => "given.studio_id",
    };
    insert_given(on, table, records, or, Some(studio)).await
}

/// `studio` is where the id of a record's studio is found.
async fn insert_given<R: Record + Serialize>(
    on: On<'_>,
    table: &str,
    records: &[R],
    or: &'static str,
    studio: Option<&'static str>,
) -> Result<(), StoreError> {
    let Given { mut columns, mut values, source, .. } = Given::of::<R>(on.engine(), table, "$1");
    if let Some(studio) = studio {
        columns.push("studio_id");
        values.push(studio.into());
    }
    let (columns, values) = (columns.join(", "), values.join(", "));
    // SQLite takes `on conflict` for a join's condition unless a `where` stands before it.
    let text = format!("insert into {table} ({columns}) select {values} from {source} where true {or}");
    on.query(text).bind(encode(records)?).execute().await.map(drop)
}

/// Overwrites a record of that table.
///
/// # Errors
/// [`StoreError::Taken`] when a unique value is there already.
pub async fn update_studio<R: Record + Serialize>(on: On<'_>, table: &str, record: &R) -> Result<(), StoreError> {
    let text = Given::of::<R>(on.engine(), table, "$1").overwrite(table);
    on.query(text).bind(encode(slice::from_ref(record))?).execute().await.map(drop)
}
