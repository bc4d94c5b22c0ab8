//! Whether a line says what its resource takes: checked against the schema that Management checks against, with the
//! fields that the gateway sets beside the others. From a line that passed comes a row, or a change of one.

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{carried::Carried, import::Import, row_schema};
use crate::{
    store::{id::Id, instant::Instant, moment::Moment, row::Row},
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
    /// Those of the read-only fields that a line sets in a new row alone, or in a later version of one.
    kept: BTreeSet<String>,
    nothing: BTreeSet<String>,
}

impl Judge {
    /// For a resource.
    pub fn of<T: Carried>() -> Self {
        let of_new = row_schema::<T>();
        let read_only = schema::read_only(&schema::inlined::<T>());
        Self {
            of_known: compile(&schema::for_import_of_known(&of_new)),
            of_new: compile(&of_new),
            kept: read_only.iter().filter(|name| !T::SETS.contains(&name.as_str())).cloned().collect(),
            read_only,
            nothing: BTreeSet::new(),
        }
    }

    /// What is wrong with a line by itself. One that names its row may be about one that is there, and say a part of it.
    pub fn faults(&self, sent: &Value) -> Vec<Fault> {
        faults(if names_a_row(sent) { &self.of_known } else { &self.of_new }, sent, &self.nothing)
    }

    /// The row that a line makes, in which nothing was found wrong.
    pub fn row<T: Carried>(&self, sent: Value, import: &Import) -> Result<Row<T>, Problem> {
        let now = import.moment();
        // Any other was judged as a whole row already.
        let mut wrong = if names_a_row(&sent) { self.faults_of_new(&sent) } else { Vec::new() };
        wrong.extend(later_than(now, &sent));
        if !wrong.is_empty() {
            return Err(Problem::invalid(wrong));
        }
        let (mut fields, row) = apart(sent);
        if let Value::Object(fields) = &mut fields {
            T::complete(fields, import.today);
        }
        strip_nulls(&mut fields);
        // Lines that come with no id keep their order: each has an instant of its own.
        let created_at = told(&row, "created_at")?;
        let updated_at = told(&row, "updated_at")?.or(created_at).filter(|_| import.times_stand);
        Ok(Row {
            id: told(&row, "id")?.unwrap_or_else(|| Id::new(now.stamp())),
            version: told(&row, "version")?.unwrap_or(1),
            created_at: created_at.unwrap_or(now.stamp()),
            updated_at: updated_at.unwrap_or(now.stamp()),
            fields: read(fields)?,
        })
    }

    /// The later version of a row that is there, where a line is one: what it says stands as it says it. So does what is no
    /// edit, and counts no version, in a line of the same version.
    pub fn later<T: Carried>(&self, sent: &Value, there: &Row<T>, now: Moment) -> Result<Option<Row<T>>, Problem> {
        let (fields, row) = apart(sent.clone());
        let Some(version) = told::<i64>(&row, "version")?.filter(|_| Self::stands(sent, there)) else {
            return Ok(None);
        };
        let mut whole = fields_of(there)?;
        let edits = |fields: &Value| -> Vec<_> {
            let all = fields.as_object().into_iter().flatten();
            all.filter(|(name, _)| !self.read_only.contains(*name)).map(|(_, value)| value.clone()).collect()
        };
        let (before, edits_before) = (whole.clone(), edits(&whole));
        if let (Value::Object(whole), Value::Object(fields)) = (&mut whole, fields) {
            whole.extend(fields);
        }
        if version == there.version && (whole == before || edits(&whole) != edits_before) {
            return Ok(None);
        }
        strip_nulls(&mut whole);
        let mut wrong = self.faults_of_new(&whole);
        wrong.extend(later_than(now, sent));
        if !wrong.is_empty() {
            return Err(Problem::invalid(wrong));
        }
        // Changed here and now: who follows the changes of this studio is told of it.
        let later = Row { version, ..there.with(read(whole)?) }.told_anew(now);
        Ok(Some(later))
    }

    /// Whether a line is of the version of its row that is there, or of a later one: what it says that is no edit stands.
    pub fn stands<T: Carried>(sent: &Value, there: &Row<T>) -> bool {
        sent.get("version").and_then(Value::as_i64).is_some_and(|version| version >= there.version)
    }

    /// A row's fields after a line that is no later version of it, and the line as a change.
    pub fn followed<T: Carried>(&self, sent: Value, there: &Row<T>) -> Result<(T, Change<T>), Problem> {
        let (mut fields, _) = apart(sent);
        let mut whole = fields_of(there)?;
        if let Value::Object(fields) = &mut fields {
            fields.retain(|name, _| !self.kept.contains(name));
        }
        json_patch::merge(&mut whole, &fields);
        strip_nulls(&mut whole);
        let wrong = self.faults_of_new(&whole);
        if !wrong.is_empty() {
            return Err(Problem::invalid(wrong));
        }
        if let Value::Object(fields) = &mut fields {
            fields.retain(|name, _| !self.read_only.contains(name));
        }
        Ok((read(whole)?, Change::of(fields)))
    }

    fn faults_of_new(&self, whole: &Value) -> Vec<Fault> {
        faults(&self.of_new, whole, &self.nothing)
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

/// A row's own fields as a line tells them.
fn fields_of<T: Carried>(row: &Row<T>) -> Result<Value, Problem> {
    let mut fields = serde_json::to_value(&row.fields).map_err(Problem::internal)?;
    if let Value::Object(fields) = &mut fields {
        fields.retain(|name, _| !T::WORKED_OUT.contains(&name.as_str()));
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

fn told<V: DeserializeOwned>(row: &Map<String, Value>, field: &str) -> Result<Option<V>, Problem> {
    let value = row.get(field).filter(|value| !value.is_null()).cloned();
    let read = value.map(serde_json::from_value).transpose();
    read.map_err(|error| Problem::invalid(vec![Fault::at(format!("/{field}"), error.to_string())]))
}
