//! The columns of a CSV that an export writes, and an import reads back to the same rows: a field in each, those within a
//! field with a point between, and lists and maps as JSON in one cell. A text that a spreadsheet would take for a formula, or
//! that an import would read as something else, stands in quotes of JSON.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::Value;

use super::{carried::Carried, cells, row_schema};

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A JSON object on each line
    #[default]
    Jsonl,
    /// A spreadsheet
    Csv,
}

impl Format {
    /// How the names of its files end.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }
}

/// A resource's columns, as paths.
pub struct Columns(Vec<Vec<String>>);

impl Columns {
    /// Those of a resource.
    pub fn of<T: Carried>() -> Self {
        let mut columns = Vec::new();
        add(&row_schema::<T>(), &mut Vec::new(), &mut columns);
        columns.retain(|path| !T::WORKED_OUT.contains(&path[0].as_str()) && !T::BY_NAME.contains(&path[0].as_str()));
        Self(columns)
    }

    /// Writes the line that names them.
    pub fn heading(&self, out: &mut dyn Write) -> io::Result<()> {
        let names: Vec<_> = self.0.iter().map(|path| path.join(".")).collect();
        cells::write(out, names.iter().map(String::as_str))
    }

    /// Writes the line of a row.
    pub fn row(&self, out: &mut dyn Write, row: &Value) -> io::Result<()> {
        let cells: Vec<_> = self.0.iter().map(|path| cell(row, path, self.is_first(path))).collect();
        cells::write(out, cells.iter().map(String::as_str))
    }

    /// Whether a column is the first of those within a field.
    fn is_first(&self, path: &[String]) -> bool {
        let within = path.split_last().map(|(_, within)| within).unwrap_or_default();
        !within.is_empty() && self.0.iter().find(|other| other.starts_with(within)).is_some_and(|first| first == path)
    }
}

/// The paths to what a schema says, each to where it ends or its names are free.
fn add(schema: &Value, path: &mut Vec<String>, columns: &mut Vec<Vec<String>>) {
    let Some(Value::Object(fields)) = schema.get("properties") else { return columns.push(path.clone()) };
    for (name, field) in fields {
        path.push(name.clone());
        add(field, path, columns);
        path.pop();
    }
}

/// What stands in a column. An object that is there, and in which nothing is said, is told from none by its first cell.
fn cell(row: &Value, path: &[String], is_first: bool) -> String {
    let mut within = Some(row);
    for name in &path[..path.len() - 1] {
        within = within.and_then(|object| object.get(name));
    }
    let value = within.and_then(|object| object.get(&path[path.len() - 1]));
    match value {
        None | Some(Value::Null) => {
            let says_nothing = |object: &Value| object.as_object().is_some_and(|it| it.values().all(Value::is_null));
            if is_first && within.is_some_and(says_nothing) { "null".to_owned() } else { String::new() }
        }
        Some(Value::String(text)) => in_a_cell(text),
        Some(other) => other.to_string(),
    }
}

/// A text as it stands in a cell.
fn in_a_cell(text: &str) -> String {
    // Numbers and phone numbers stay as they are.
    let is_number = text.chars().all(|letter| letter.is_ascii_digit() || "+-(). /x#".contains(letter));
    let formula = text.starts_with(['=', '@']) || text.starts_with(['+', '-']) && !is_number;
    let otherwise = text.is_empty() || text.trim() != text || text == "null" || text.starts_with('"');
    if formula || otherwise { Value::from(text).to_string() } else { text.to_owned() }
}
