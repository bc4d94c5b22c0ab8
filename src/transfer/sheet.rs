//! A spreadsheet's lines: the first names the fields, the others hold the rows. A cell becomes what the field's schema
//! says; one that cannot is left as it stands, for the check to say so. An empty cell says nothing.

use std::{
    cell::Cell,
    io::{self, BufReader, Cursor, Read},
    rc::Rc,
};

use serde_json::{Map, Value, json};

use super::{
    headings,
    lines::{BYTE_ORDER_MARK, Counted, LONGEST, TOO_LONG},
    source::Line,
};
use crate::wire::problem::Fault;

/// What stands between cells: the one that the heading has most of.
const SEPARATORS: [u8; 3] = *b",;\t";
/// What stands between the entries of a list in one cell; where semicolons separate the cells, commas do as well.
const BETWEEN: &[char] = &[';', ','];

/// A spreadsheet.
pub struct Sheet<'t> {
    lines: csv::Reader<Box<dyn Read + 't>>,
    columns: Vec<Option<Column>>,
    record: csv::StringRecord,
    /// Bytes that may be read until the line has to end: a quote that is never closed would go on for ever.
    room: Rc<Cell<u64>>,
    between: &'static [char],
    ended: bool,
}

/// A file of which no more is read than there is room for.
struct Bounded<R> {
    file: R,
    room: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.room.get() == 0 {
            return Err(io::Error::other(TOO_LONG));
        }
        let read = self.file.read(into)?;
        self.room.set(self.room.get().saturating_sub(read as u64));
        Ok(read)
    }
}

/// What a column holds.
struct Column {
    path: Vec<String>,
    schema: Value,
}

impl<'t> Sheet<'t> {
    /// Reads the heading.
    ///
    /// # Errors
    /// The columns that are no field of the resource, unless they are to be passed over, and those that stand twice.
    pub fn new(
        file: BufReader<Counted<'t>>,
        kind: &str,
        schema: &Value,
        ignore_unknown: bool,
    ) -> Result<Self, Vec<Fault>> {
        let broken = |error: csv::Error| vec![unreadable(&error)];
        let (separator, file) = separated_by(file).map_err(|error| broken(error.into()))?;
        let room = Rc::new(Cell::new(LONGEST));
        let file: Box<dyn Read + 't> = Box::new(Bounded { file, room: Rc::clone(&room) });
        let mut lines = csv::ReaderBuilder::new().delimiter(separator).from_reader(file);
        let heading = lines.headers().map_err(broken)?.clone();
        let mut faults = Vec::new();
        if heading.iter().all(|name| name.trim().is_empty()) {
            faults.push(Fault::at("", "has no heading: the first line names the fields"));
        }
        let mut columns: Vec<Option<Column>> = Vec::new();
        for name in &heading {
            let field = headings::field(kind, name);
            let column = Column::of(&field, schema);
            if columns.iter().flatten().any(|known| column.as_ref().is_some_and(|column| column.path == known.path)) {
                faults.push(Fault::at("", format!("has two columns for `{field}`")));
            }
            if column.is_none() && !ignore_unknown && !name.trim().is_empty() {
                let advice = "rename it, remove it, or say --ignore-unknown-columns";
                faults.push(Fault::at("", format!("the column `{name}` is no field of {kind}: {advice}")));
            }
            columns.push(column);
        }
        if faults.is_empty() {
            let between = if separator == b';' { BETWEEN } else { &BETWEEN[..1] };
            Ok(Self { lines, columns, record: csv::StringRecord::new(), room, between, ended: false })
        } else {
            Err(faults)
        }
    }

    fn value(&self) -> Value {
        let mut whole = Value::Object(Map::new());
        for (cell, column) in self.record.iter().zip(&self.columns) {
            if let (Some(column), false) = (column, cell.trim().is_empty()) {
                put(&mut whole, &column.path, read(cell.trim(), &column.schema, self.between));
            }
        }
        whole
    }
}

impl Iterator for Sheet<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        while !self.ended {
            self.room.set(LONGEST);
            let read = self.lines.read_record(&mut self.record);
            let line = self.record.position().map_or_else(|| self.lines.position().line(), csv::Position::line);
            match read {
                Ok(true) if self.record.iter().all(|cell| cell.trim().is_empty()) => {}
                Ok(true) => return Some((line, Ok(self.value()))),
                Ok(false) => self.ended = true,
                Err(error) => {
                    let line = error.position().map_or(line, csv::Position::line);
                    self.ended = matches!(error.kind(), csv::ErrorKind::Io(_));
                    return Some((line, Err(unreadable(&error))));
                }
            }
        }
        None
    }
}

fn unreadable(error: &csv::Error) -> Fault {
    let why = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8: save the spreadsheet as \"CSV UTF-8\"".to_owned(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} cells where the heading has {expected_len}")
        }
        csv::ErrorKind::Io(error) if error.to_string() == TOO_LONG => TOO_LONG.to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    Fault::at("", why)
}

/// Looks at the heading for what separates its cells; the file from its start, without a byte order mark.
fn separated_by<'t>(mut file: BufReader<Counted<'t>>) -> std::io::Result<(u8, Box<dyn Read + 't>)> {
    use std::io::BufRead;
    let mut heading = Vec::new();
    file.by_ref().take(LONGEST).read_until(b'\n', &mut heading)?;
    let start = heading.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&heading).to_vec();
    let count = |separator: &u8| {
        let mut quoted = false;
        let plain = start.iter().filter(|byte| {
            quoted ^= **byte == b'"';
            !quoted && *byte == separator
        });
        plain.count()
    };
    // Of two that are as frequent, the first.
    let separator = SEPARATORS.into_iter().rev().max_by_key(count).unwrap_or(b',');
    Ok((separator, Box::new(Cursor::new(start).chain(file))))
}

impl Column {
    /// The column of a field, if there is such a field.
    fn of(field: &str, schema: &Value) -> Option<Self> {
        let (mut path, mut schema) = (Vec::new(), schema);
        let mut rest = Some(field);
        while let Some(name) = rest {
            let (name, behind) = match schema.get("properties") {
                Some(_) => name.split_once('.').map_or((name, None), |(name, behind)| (name, Some(behind))),
                // A map's names may have points in them.
                None => (name, None),
            };
            let inner =
                schema.get("properties").map_or_else(|| schema.get("additionalProperties"), |known| known.get(name))?;
            if !inner.is_object() {
                return None;
            }
            (schema, rest) = (inner, behind);
            path.push(name.to_owned());
        }
        Some(Self { path, schema: schema.clone() })
    }
}

fn put(into: &mut Value, path: &[String], value: Value) {
    if let ([name, rest @ ..], Value::Object(fields)) = (path, into) {
        if rest.is_empty() {
            fields.insert(name.clone(), value);
        } else {
            put(fields.entry(name.as_str()).or_insert_with(|| json!({})), rest, value);
        }
    }
}

/// What a cell says, where its field has this schema.
fn read(cell: &str, schema: &Value, between: &[char]) -> Value {
    let is = |wanted: &str| match schema.get("type") {
        Some(Value::String(one)) => one == wanted,
        Some(Value::Array(many)) => many.iter().any(|one| one == wanted),
        _ => false,
    };
    let as_it_stands = || Value::String(cell.to_owned());
    if (is("array") || is("object")) && cell.starts_with(['[', '{']) {
        return serde_json::from_str(cell).unwrap_or_else(|_| as_it_stands());
    }
    if is("array") {
        let item = schema.get("items").unwrap_or(&Value::Null);
        let entries = cell.split(between).map(str::trim).filter(|entry| !entry.is_empty());
        return entries.map(|entry| read(entry, item, between)).collect();
    }
    if is("integer") || is("number") {
        return cell.parse().map_or_else(|_| as_it_stands(), Value::Number);
    }
    if is("boolean") {
        return match cell.to_lowercase().as_str() {
            "true" | "yes" | "y" | "1" => Value::Bool(true),
            "false" | "no" | "n" | "0" => Value::Bool(false),
            _ => as_it_stands(),
        };
    }
    if schema.get("enum").is_some() {
        return Value::String(cell.to_lowercase().replace([' ', '-'], "_"));
    }
    as_it_stands()
}
