//! A record: a type whose fields are the columns of a table, read off its `Deserialize`, so that a struct and the SQL that
//! reads or writes it cannot disagree. The placeholders of statements are expanded here and nowhere else.

use std::{
    any::TypeId,
    convert::Infallible,
    sync::{Arc, LazyLock},
};

use quick_cache::sync::Cache;
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, Deserializer, Error as _, Visitor, value::Error as Untold},
    forward_to_deserialize_any,
};
use serde_json::Value;

use super::{engine::Engine, error::StoreError};

/// Projections that are kept: more than there are records, twice.
const PROJECTIONS: usize = 128;

/// A type that can be read from, and written to, one table. Its fields are the table's columns.
pub trait Record: DeserializeOwned + Send + Unpin + 'static {
    /// The columns, in the order of the fields.
    fn columns() -> Vec<&'static str> {
        fields::<Self>()
    }

    /// The columns that are written: those, and what is computed from them for the engine alone.
    fn written_columns() -> Vec<&'static str> {
        Self::columns()
    }

    /// The record as it is written: an object of these columns.
    ///
    /// # Errors
    /// When it is no JSON.
    fn written(&self) -> Result<Value, serde_json::Error>
    where
        Self: Serialize,
    {
        serde_json::to_value(self)
    }

    /// The columns that hold JSON; SQLite keeps them as text, so a statement has to say so.
    const JSON: &'static [&'static str] = &[];
}

impl Record for () {
    fn columns() -> Vec<&'static str> {
        Vec::new()
    }
}

/// The names of a struct's fields, as serde knows them.
pub fn fields<T: DeserializeOwned>() -> Vec<&'static str> {
    let mut names = Vec::new();
    // The probe answers with an error once it has seen the names; the error says nothing.
    let _ = T::deserialize(Probe(&mut names));
    names
}

struct Probe<'p>(&'p mut Vec<&'static str>);

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Untold;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Untold> {
        Err(Untold::custom("only structs are records"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Untold> {
        self.0.extend(names);
        Err(Untold::custom("names seen"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// How a statement returns records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// As their columns.
    Columns,
    /// As one JSON text: inside a transaction of SQLite, where each row would cost a thread hop.
    Json,
}

/// Expands the placeholders in a statement's text for an engine.
pub fn expand<R: Record>(engine: Engine, form: Form, text: &str) -> String {
    let projection = &projection::<R>(form).text;
    let (row, rows) = match form {
        Form::Json => (format!("cast({projection} as text)"), format!("cast(json_group_array({projection}) as text)")),
        Form::Columns => (projection.clone(), projection.clone()),
    };
    let lock = match engine {
        Engine::Sqlite => "",
        Engine::Postgres => "for no key update",
    };
    text.replace("{rows}", &rows).replace("{row}", &row).replace("{lock}", lock)
}

/// A record's columns as a statement selects them.
pub(super) struct Projection {
    text: String,
    /// Which of them hold JSON.
    pub(super) are_json: Vec<bool>,
}

/// Put together once for each record and form.
pub(super) fn projection<R: Record>(form: Form) -> Arc<Projection> {
    static KNOWN: LazyLock<Cache<(TypeId, Form), Arc<Projection>>> = LazyLock::new(|| Cache::new(PROJECTIONS));
    let make = || {
        let columns = R::columns();
        let are_json: Vec<_> = columns.iter().map(|column| R::JSON.contains(column)).collect();
        let json =
            |(column, is_json): (&str, &bool)| if *is_json { format!("json({column})") } else { column.to_owned() };
        let text = match form {
            Form::Json => {
                format!("json_array({})", columns.into_iter().zip(&are_json).map(json).collect::<Vec<_>>().join(", "))
            }
            Form::Columns => columns.join(", "),
        };
        Arc::new(Projection { text, are_json })
    };
    let known = KNOWN.get_or_insert_with(&(TypeId::of::<R>(), form), || Ok::<_, Infallible>(make()));
    known.unwrap_or_else(|never| match never {})
}

/// Reads a boolean as either engine returns it: SQLite has 0 and 1. For `#[serde(deserialize_with)]`.
///
/// # Errors
/// Anything else.
pub fn truth<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Told {
        Plainly(bool),
        AsNumber(u8),
    }
    match Told::deserialize(from)? {
        Told::Plainly(truth) => Ok(truth),
        Told::AsNumber(number) => Ok(number != 0),
    }
}

/// Records that are given as one JSON array, unpacked into typed columns.
pub(super) struct Given {
    pub(super) columns: Vec<&'static str>,
    pub(super) values: Vec<String>,
    id: &'static str,
    pub(super) source: String,
}

impl Given {
    pub(super) fn of<R: Record>(engine: Engine, table: &str, array: &str) -> Self {
        let mut columns = R::written_columns();
        columns.retain(|column| *column != "studio_id");
        let value = |column: &&str| match engine {
            Engine::Sqlite => format!("given.value ->> '{column}'"),
            Engine::Postgres => format!("given.{column}"),
        };
        let (id, source) = match engine {
            Engine::Sqlite => ("given.value ->> 'id'", format!("json_each({array}) as given")),
            Engine::Postgres => {
                ("given.id", format!("jsonb_populate_recordset(null::{table}, cast({array} as jsonb)) as given"))
            }
        };
        Self { values: columns.iter().map(value).collect(), columns, id, source }
    }

    /// The statement that overwrites the table's records of the same ids.
    pub(super) fn overwrite(&self, table: &str) -> String {
        let Self { columns, values, id, source } = self;
        let written = columns.iter().zip(values).filter(|(column, _)| !matches!(**column, "id" | "created_at"));
        let sets: Vec<_> = written.map(|(column, value)| format!("{column} = {value}")).collect();
        format!("update {table} set {} from {source} where {table}.id = {id}", sets.join(", "))
    }
}

/// Records as one JSON array.
pub(super) fn encode<R: Record + Serialize>(records: &[R]) -> Result<String, StoreError> {
    let written: Result<Value, _> = records.iter().map(R::written).collect();
    written
        .map(|records| records.to_string())
        .map_err(|error| StoreError::Broken(format!("a record does not encode: {error}")))
}
