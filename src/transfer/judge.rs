//! Whether a line says what its resource takes: checked against the schema that Management checks against, with the
//! fields that the gateway sets beside the others. From a line that passed comes a row, or a change of one.

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{carried::Carried, import::Import, row_schema};
use crate::{
    store::{id::Id, row::Row},
    wire::{
        input::{compile, decode, faults, strip_nulls},
        problem::{Fault, Problem},
        schema::{self, ROW_FIELDS},
        write::Change,
    },
};

/// The schemas of a resource's lines.
pub struct Judge {
    of_new: Validator,
    of_known: Validator,
    read_only: BTreeSet<String>,
    nothing: BTreeSet<String>,
}

impl Judge {
    /// For a resource.
    pub fn of<T: Carried>() -> Self {
        let of_new = row_schema::<T>();
        Self {
            of_known: compile(&schema::for_import_of_known(&of_new)),
            of_new: compile(&of_new),
            read_only: schema::read_only(&schema::inlined::<T>()),
            nothing: BTreeSet::new(),
        }
    }

    /// What is wrong with a line by itself. One that names its row may be about one that is there, and say a part of it.
    pub fn faults(&self, sent: &Value) -> Vec<Fault> {
        faults(if names_a_row(sent) { &self.of_known } else { &self.of_new }, sent, &self.nothing)
    }

    /// The row that a line makes, in which nothing was found wrong.
    pub fn row<T: Carried>(&self, sent: Value, import: &Import) -> Result<Row<T>, Problem> {
        // Any other was judged as a whole row already.
        let wrong = if names_a_row(&sent) { faults(&self.of_new, &sent, &self.nothing) } else { Vec::new() };
        if !wrong.is_empty() {
            return Err(Problem::invalid(wrong));
        }
        let (now, made) = (import.now, import.made);
        let (mut fields, row) = apart(sent);
        if let Value::Object(fields) = &mut fields {
            T::complete(fields, import.today);
        }
        strip_nulls(&mut fields);
        // Lines that come with no id keep their order: each is made a microsecond after the one before.
        let moment = now.plus(std::time::Duration::from_micros(made));
        let created_at = told(&row, "created_at")?.unwrap_or(now);
        Ok(Row {
            id: told(&row, "id")?.unwrap_or_else(|| Id::new(moment)),
            version: told(&row, "version")?.unwrap_or(1),
            created_at,
            updated_at: told(&row, "updated_at")?.unwrap_or(created_at),
            fields: decode(fields).map_err(|fault| Problem::invalid(vec![fault]))?,
        })
    }

    /// Whether a line says of a row, as its resource's own fields tell it, what is so already.
    pub fn says_nothing_new(&self, sent: &Value, fields: &Value) -> bool {
        let own = |name: &str| !self.read_only.contains(name) && !ROW_FIELDS.contains(&name);
        let mut told = sent.as_object().into_iter().flatten().filter(|(name, _)| own(name));
        told.all(|(name, value)| fields.get(name).unwrap_or(&Value::Null) == value)
    }

    /// What a line changes of a row that is there. What the gateway sets, it goes on setting.
    pub fn change<T: Carried>(&self, sent: Value) -> Change<T> {
        let (mut fields, _) = apart(sent);
        if let Value::Object(fields) = &mut fields {
            fields.retain(|name, _| !self.read_only.contains(name));
        }
        Change::of(fields)
    }
}

/// Whether a line may be about a row that is there.
fn names_a_row(sent: &Value) -> bool {
    ["id", "external_id"].iter().any(|field| sent.get(field).is_some_and(Value::is_string))
}

/// A line's own fields, and those that every row has.
fn apart(sent: Value) -> (Value, Map<String, Value>) {
    let Value::Object(sent) = sent else { return (sent, Map::new()) };
    let (row, fields): (Map<_, _>, Map<_, _>) =
        sent.into_iter().partition(|(name, _)| ROW_FIELDS.contains(&name.as_str()));
    (Value::Object(fields), row)
}

fn told<V: DeserializeOwned>(row: &Map<String, Value>, field: &str) -> Result<Option<V>, Problem> {
    let value = row.get(field).filter(|value| !value.is_null()).cloned();
    let read = value.map(serde_json::from_value).transpose();
    read.map_err(|error| Problem::invalid(vec![Fault::at(format!("/{field}"), error.to_string())]))
}
