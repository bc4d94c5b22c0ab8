//! A table that two databases have, and its rows in one form for both engines. Used by [`super::copy`].

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use serde_json::{Map, Value};
use sqlx::{
    AssertSqlSafe, Column as _, Row as _, TypeInfo as _, ValueRef as _,
    sqlite::{SqliteColumn, SqliteRow},
};
use xxhash_rust::xxh3::xxh3_128;

use crate::store::{
    columns,
    db::{Engine, On, Tx},
    error::StoreError,
    instant::Instant,
};

/// Not copied: each database has its own.
const OWN: [&str; 3] = ["_sqlx_migrations", "answer_versions", "last_moment"];
/// PostgreSQL's own transaction ids.
const OWN_COLUMN: &str = "changed_by";

/// The columns of a SQLite file.
const SQLITE_COLUMNS: &str = "select m.name, c.name, 'text' from sqlite_schema as m, pragma_table_info(m.name) as c \
    where m.type = 'table' and m.name not like 'sqlite\\_%' escape '\\'";
/// The columns of a PostgreSQL schema, without those of extensions.
const POSTGRES_COLUMNS: &str = "select cast(t.relname as text), cast(a.attname as text), \
    cast(format_type(a.atttypid, null) as text) from pg_class as t join pg_attribute as a on a.attrelid = t.oid \
    where t.relnamespace = current_schema()::regnamespace and t.relkind in ('r', 'p') \
    and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and not exists (select from pg_depend as d \
    where d.classid = 'pg_class'::regclass and d.objid = t.oid and d.deptype = 'e')";

/// A table of both databases.
pub(super) struct CopiedTable {
    /// Its name.
    pub(super) name: String,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    kind: ColumnKind,
}

/// What PostgreSQL has a type for, and SQLite keeps as a number or as text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ColumnKind {
    Boolean,
    Json,
    Instant,
    Other,
}

/// Tables, columns, and the kind of each.
type Catalog = BTreeMap<String, BTreeMap<String, ColumnKind>>;

/// The tables that both databases have, with the columns that both have. Their schemas are the same: both were migrated by this
/// binary.
pub(super) async fn in_both(source: &mut Tx, target: &mut Tx) -> Result<Vec<CopiedTable>, StoreError> {
    let (read, mut written) = (catalog(source).await?, catalog(target).await?);
    let mut tables = Vec::new();
    for (name, columns) in read {
        let Some(others) = written.remove(&name) else {
            return Err(StoreError::Broken(format!("the target has no table `{name}`")));
        };
        let kind = |(name, kind): (String, ColumnKind)| {
            // SQLite says nothing of kinds; between two of its files, nothing has to be changed.
            let other = others.get(&name).copied()?;
            Some(Column { kind: if kind == ColumnKind::Other { other } else { kind }, name })
        };
        tables.push(CopiedTable { columns: columns.into_iter().filter_map(kind).collect(), name });
    }
    match written.into_keys().next() {
        Some(name) => Err(StoreError::Broken(format!("the source has no table `{name}`"))),
        None => Ok(tables),
    }
}

async fn catalog(tx: &mut Tx) -> Result<Catalog, StoreError> {
    let found: Vec<(String, String, String)> = match tx.on() {
        On::Sqlite(tx) => sqlx::query_as(SQLITE_COLUMNS).fetch_all(tx).await?,
        On::Pg(tx) => sqlx::query_as(POSTGRES_COLUMNS).fetch_all(tx).await?,
        On::Readers(_) | On::Postgres(_) => Vec::new(),
    };
    let mut tables = Catalog::new();
    for (table, column, kind) in found {
        if OWN.contains(&&*table) || column == OWN_COLUMN {
            continue;
        }
        let kind = match &*kind {
            "boolean" => ColumnKind::Boolean,
            "jsonb" => ColumnKind::Json,
            "timestamp with time zone" => ColumnKind::Instant,
            _ => ColumnKind::Other,
        };
        tables.entry(table).or_default().insert(column, kind);
    }
    Ok(tables)
}

impl CopiedTable {
    /// How many rows it has.
    pub(super) async fn count(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let rows = tx.on().query(format!("select count(*) from {}", self.name)).scalar::<i64>().await?;
        Ok(rows.unwrap_or_default().unsigned_abs())
    }

    /// Removes what a migration put in.
    pub(super) async fn clear(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.on().query(format!("delete from {}", self.name)).execute().await.map(drop)
    }

    /// All rows, each an object of its columns: instants as RFC 3339, the keys of JSON in order.
    pub(super) fn rows<'t>(&'t self, tx: &'t mut Tx) -> BoxStream<'t, Result<Value, StoreError>> {
        let text = AssertSqlSafe(format!("select {} from {}", self.names(), self.name));
        match tx {
            Tx::Sqlite(tx) => {
                let rows = sqlx::query(text).fetch(tx.connection());
                rows.map(|row| self.row(values_of_sqlite(&row?)?, ColumnKind::of_sqlite)).boxed()
            }
            Tx::Postgres(tx) => {
                let rows = sqlx::query(text).fetch(&mut **tx);
                rows.map(|row| self.row(columns::values(&row?)?, ColumnKind::of_postgres)).boxed()
            }
        }
    }

    /// Writes rows.
    pub(super) async fn insert(&self, tx: &mut Tx, rows: Vec<Value>) -> Result<(), StoreError> {
        let Self { name, columns } = self;
        let (values, source) = match tx.engine() {
            Engine::Sqlite => {
                let value = |column: &Column| format!("given.value ->> '{}'", column.name);
                (columns.iter().map(value).collect::<Vec<_>>().join(", "), "json_each($1) as given".to_owned())
            }
            Engine::Postgres => {
                (self.names(), format!("jsonb_populate_recordset(null::{name}, cast($1 as jsonb)) as given"))
            }
        };
        let text = format!("insert into {name} ({}) select {values} from {source}", self.names());
        tx.on().query(text).bind(Value::Array(rows).to_string()).execute().await.map(drop)
    }

    /// The digest of all rows.
    pub(super) async fn digest(&self, tx: &mut Tx) -> Result<Digest, StoreError> {
        let mut digest = Digest::default();
        let mut rows = self.rows(tx);
        while let Some(row) = rows.try_next().await? {
            digest.add(&[row]);
        }
        Ok(digest)
    }

    fn names(&self) -> String {
        self.columns.iter().map(|column| &*column.name).collect::<Vec<_>>().join(", ")
    }

    fn row(
        &self,
        values: Vec<Value>,
        of: fn(ColumnKind, Value) -> Result<Value, StoreError>,
    ) -> Result<Value, StoreError> {
        let fields = self.columns.iter().zip(values).map(|(column, value)| {
            let mut value = of(column.kind, value)?;
            // PostgreSQL does not keep the order of keys.
            value.sort_all_objects();
            Ok((column.name.clone(), value))
        });
        fields.collect::<Result<Map<_, _>, _>>().map(Value::Object)
    }
}

impl ColumnKind {
    /// What a column of SQLite holds, in the form for both engines.
    fn of_sqlite(self, value: Value) -> Result<Value, StoreError> {
        match (self, value) {
            (Self::Boolean, Value::Number(number)) => Ok(Value::Bool(number.as_i64() != Some(0))),
            (Self::Json, Value::String(text)) => serde_json::from_str(&text)
                .map_err(|error| StoreError::Broken(format!("a column of JSON does not decode: {error}"))),
            (_, value) => Ok(value),
        }
    }

    /// The same of PostgreSQL.
    #[expect(clippy::unnecessary_wraps, reason = "as for SQLite")]
    fn of_postgres(self, value: Value) -> Result<Value, StoreError> {
        Ok(match (self, value.as_i64()) {
            (Self::Instant, Some(micros)) => Value::String(Instant::from_micros(micros).to_string()),
            _ => value,
        })
    }
}

/// The columns of a row as JSON.
fn values_of_sqlite(row: &SqliteRow) -> Result<Vec<Value>, StoreError> {
    let value = |column: &SqliteColumn| {
        let at = column.ordinal();
        let raw = row.try_get_raw(at)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        Ok(match raw.type_info().name() {
            "INTEGER" => row.try_get_unchecked::<i64, _>(at)?.into(),
            "REAL" => row.try_get_unchecked::<f64, _>(at)?.into(),
            _ => row.try_get_unchecked::<String, _>(at)?.into(),
        })
    };
    row.columns().iter().map(value).collect()
}

/// The number of a table's rows, and a hash of them that does not depend on their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) rows: u64,
    hash: u128,
}

impl Digest {
    /// Adds rows.
    pub(super) fn add(&mut self, rows: &[Value]) {
        for row in rows {
            self.rows += 1;
            self.hash = self.hash.wrapping_add(xxh3_128(row.to_string().as_bytes()));
        }
    }
}
