//! What a line says by itself: checked against the schema that Management checks against, with the fields that the gateway
//! sets beside the others. From a line that passed comes a row, or a change of one. Called by [`super::write`].

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{importable::Importable, read::File, row_schema};
use crate::{
    operation::write::Change,
    store::{id::Id, instant::Instant, moment::Moment, row::Row},
    wire::{
        civil::DATE_ADVICE,
        input::{compile, decode, faults, strip_nulls, tidy},
        problem::{Fault, Problem},
        schema::{self, ROW_FIELDS},
    },
};

/// The schemas of a resource's lines.
pub struct Checker {
    schema: Value,
    of_new: Validator,
    of_known: Validator,
    read_only: BTreeSet<String>,
    /// Those of the read-only fields that a line sets in a new row alone.
    kept: BTreeSet<String>,
    nothing: BTreeSet<String>,
}

impl Checker {
    /// For a resource.
    pub fn of<T: Importable>() -> Self {
        let of_new = row_schema::<T>();
        let read_only = schema::read_only(&schema::inlined::<T>());
        Self {
            of_known: compile(&schema::for_import_of_known(&of_new)),
            of_new: compile(&of_new),
            kept: read_only.iter().filter(|name| !T::SETS.contains(&name.as_str())).cloned().collect(),
            read_only,
            nothing: BTreeSet::new(),
            schema: of_new,
        }
    }

    /// A line with each text as it is kept, or all that is wrong with it by itself. One that names its row may be about one
    /// that is there, and say a part of it.
    pub fn check(&self, file: &File, mut sent: Value) -> Result<Value, Vec<Fault>> {
        tidy(&mut sent, &self.schema);
        let validator = if names_a_row(&sent) { &self.of_known } else { &self.of_new };
        let mut wrong = faults(validator, &sent, &self.nothing);
        for fault in &mut wrong {
            advise(file, fault);
        }
        if wrong.is_empty() { Ok(sent) } else { Err(wrong) }
    }

    /// The row that a line makes: with the version and the times of the line where it is imported unchanged, and else as
    /// Management would make it.
    pub fn row<T: Importable>(&self, sent: Value, now: Moment, as_it_stands: bool) -> Result<Row<T>, Problem> {
        // Any other was checked as a whole row already.
        let mut wrong = if names_a_row(&sent) { faults(&self.of_new, &sent, &self.nothing) } else { Vec::new() };
        wrong.extend(later_than(now, &sent));
        if !wrong.is_empty() {
            return Err(Problem::invalid(wrong));
        }
        let (mut fields, mut row) = apart(sent);
        if let Value::Object(fields) = &mut fields {
            T::complete(fields);
        }
        strip_nulls(&mut fields);
        let id = read_field(&row, "id")?.unwrap_or_else(|| Id::new(now.stamp()));
        if !as_it_stands {
            row.clear();
        }
        let created_at = read_field(&row, "created_at")?.unwrap_or(now.stamp());
        Ok(Row {
            id,
            version: read_field(&row, "version")?.unwrap_or(1),
            created_at,
            updated_at: read_field(&row, "updated_at")?.unwrap_or(created_at),
            fields: read(fields)?,
        })
    }

    /// What a line may change of a row that is there.
    pub fn changeable(&self, sent: Value) -> Value {
        let (mut fields, _) = apart(sent);
        if let Value::Object(fields) = &mut fields {
            fields.retain(|name, _| !self.kept.contains(name));
        }
        fields
    }

    /// A row's fields after this is merged into them.
    pub fn merged<T: Importable>(&self, fields: &Value, there: &Row<T>) -> Result<T, Problem> {
        let mut whole = fields_of(there)?;
        json_patch::merge(&mut whole, fields);
        strip_nulls(&mut whole);
        let wrong = faults(&self.of_new, &whole, &self.nothing);
        if wrong.is_empty() { read(whole) } else { Err(Problem::invalid(wrong)) }
    }

    /// This as a change that the rules check.
    pub fn change<T: Importable>(&self, mut fields: Value) -> Change<T> {
        if let Value::Object(fields) = &mut fields {
            fields.retain(|name, _| !self.read_only.contains(name));
        }
        Change::of(fields)
    }
}

fn read<T: DeserializeOwned>(fields: Value) -> Result<T, Problem> {
    decode(fields).map_err(|fault| Problem::invalid(vec![fault]))
}

/// What a line says to have happened, and has not yet.
fn later_than(now: Moment, sent: &Value) -> Vec<Fault> {
    let at = |field: &str| sent.get(field)?.as_str()?.parse::<Instant>().ok();
    let late = ["created_at", "updated_at"].into_iter().filter(|field| at(field).is_some_and(|at| at > now.stamp()));
    late.map(|field| Fault::at(format!("/{field}"), "must not be in the future")).collect()
}

/// A row's own fields as a line has them.
pub fn fields_of<T: Importable>(row: &Row<T>) -> Result<Value, Problem> {
    let mut fields = serde_json::to_value(&row.fields).map_err(Problem::internal)?;
    if let Value::Object(fields) = &mut fields {
        fields.retain(|name, _| !T::COMPUTED.contains(&name.as_str()));
    }
    Ok(fields)
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

fn read_field<V: DeserializeOwned>(row: &Map<String, Value>, field: &str) -> Result<Option<V>, Problem> {
    let value = row.get(field).filter(|value| !value.is_null()).cloned();
    let read = value.map(serde_json::from_value).transpose();
    read.map_err(|error| Problem::invalid(vec![Fault::at(format!("/{field}"), error.to_string())]))
}

/// Adds to a fault what the author of the file may not know.
fn advise(file: &File, fault: &mut Fault) {
    if fault.pointer == "/id" && fault.detail.starts_with("must match") {
        fault.detail = String::from(match (file.is_sheet, file.kind.name) {
            (true, "members") => "is no id of ours: call the column `Client ID`, or say --map 'ID=external_id'",
            (true, _) => "is no id of ours: call the column `External ID`, or say --map 'ID=external_id'",
            (false, _) => "is no id of ours: the id of another platform is the `external_id`",
        });
    }
    if fault.pointer.ends_with("/amount") && fault.detail.starts_with("must be an integer") {
        fault.detail += ", in minor units, such as 5900";
    }
    if file.is_sheet && fault.detail == DATE_ADVICE {
        fault.detail += "; say --date-format where dates are written otherwise";
    }
}
