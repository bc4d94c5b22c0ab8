//! A spreadsheet's lines: the first names the fields, the others hold the rows. A cell becomes what the field's schema
//! says; one that cannot is left as it stands, for the check to say so. An empty cell says nothing, and `null` clears.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use serde_json::{Map, Value, json};

use super::{
    cells::Cells,
    dates::DateFormat,
    headings::{self, NAME},
    lines::{BYTE_ORDER_MARK, Counted, LONGEST},
    source::Line,
};
use crate::wire::problem::Fault;

/// What stands between cells: the one that the heading has most of.
const SEPARATORS: [u8; 3] = *b",;\t";
/// What stands between the entries of a list in one cell; where semicolons separate the cells, commas do as well.
const BETWEEN: &[char] = &[';', ','];
/// What other platforms call a word of ours, as [`word`] writes it. Others, such as `inactive`, may mean several.
const WORDS: &[(&str, &str)] = &[("canceled", "cancelled"), ("frozen", "paused"), ("on_hold", "paused")];

/// A spreadsheet.
pub struct Sheet<'t> {
    records: Cells<Box<dyn BufRead + 't>>,
    columns: Vec<Option<Column>>,
    reading: Reading,
}

/// How cells are read.
#[derive(Clone, Copy)]
struct Reading {
    between: &'static [char],
    dates: Option<DateFormat>,
}

/// What a column holds.
struct Column {
    heading: String,
    path: Vec<String>,
    schema: Value,
}

impl<'t> Sheet<'t> {
    /// Reads the heading.
    ///
    /// # Errors
    /// The columns that are no field of the resource, unless they are to be passed over, and those that contradict others;
    /// with the line that the heading stands on.
    pub fn new(
        file: BufReader<Counted<'t>>,
        kind: &str,
        schema: &Value,
        ignore_unknown: bool,
        dates: Option<DateFormat>,
    ) -> Result<Self, (u64, Vec<Fault>)> {
        let broken = |error: io::Error| (1, vec![Fault::at("", format!("cannot be read: {error}"))]);
        let (separator, line, file) = separated_by(file).map_err(broken)?;
        let mut records = Cells::new(file, separator, line);
        let heading = match records.next() {
            Some((_, Ok(heading))) if heading.iter().any(|name| !name.trim().is_empty()) => heading,
            Some((line, Err(why))) => return Err((line, vec![Fault::at("", why)])),
            _ => return Err((line, vec![Fault::at("", "has no heading: the first line names the fields")])),
        };
        let mut faults = Vec::new();
        let mut columns: Vec<Option<Column>> = Vec::new();
        for name in &heading {
            let column = Column::of(kind, name, schema);
            let known = columns.iter().flatten();
            faults.extend(known.filter_map(|known| column.as_ref()?.contradicts(known)));
            if column.is_none() && !ignore_unknown && !name.trim().is_empty() {
                let advice = "rename it, remove it, or say --ignore-unknown-columns";
                faults.push(Fault::at("", format!("the column `{name}` is no field of {kind}: {advice}")));
            }
            columns.push(column);
        }
        if columns.iter().flatten().any(|column| column.path == [NAME])
            && columns.iter().flatten().any(|column| ["first_name", "last_name"].contains(&column.path[0].as_str()))
        {
            faults.push(Fault::at("", "has a column for the whole name, and one for a part of it: remove one of them"));
        }
        if !faults.is_empty() {
            return Err((line, faults));
        }
        let between = if separator == b';' { BETWEEN } else { &BETWEEN[..1] };
        Ok(Self { records, columns, reading: Reading { between, dates } })
    }

    /// What a line says. Of several columns for one field, the first that is filled says it.
    fn value(&self, cells: &[String]) -> Result<Value, String> {
        if cells.len() != self.columns.len() {
            return Err(format!("has {} cells where the heading has {}", cells.len(), self.columns.len()));
        }
        let mut whole = Value::Object(Map::new());
        for (cell, column) in cells.iter().zip(&self.columns) {
            let cell = cell.trim();
            match column {
                Some(_) if cell.is_empty() => {}
                Some(column) if column.path == [NAME] => put_name(&mut whole, cell),
                Some(column) => put(&mut whole, &column.path, self.reading.read(cell, &column.schema)),
                None => {}
            }
        }
        Ok(whole)
    }
}

impl Iterator for Sheet<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let filled = |cells: &Vec<String>| cells.iter().any(|cell| !cell.trim().is_empty());
        let (line, cells) = self.records.find(|(_, cells)| cells.as_ref().map_or(true, filled))?;
        Some((line, cells.and_then(|cells| self.value(&cells)).map_err(|why| Fault::at("", why))))
    }
}

/// Looks at the heading for what separates its cells, or at the line before it, where Excel may say so (`sep=;`); the
/// heading's line, and the file from there, without a byte order mark.
fn separated_by<'t>(mut file: BufReader<Counted<'t>>) -> io::Result<(u8, u64, Box<dyn BufRead + 't>)> {
    let mut heading = Vec::new();
    file.by_ref().take(LONGEST).read_until(b'\n', &mut heading)?;
    let start = heading.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&heading).to_vec();
    let told = match start.trim_ascii_end() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', told] => Some(*told),
        // The separator is white space itself.
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'='] => Some(b'\t'),
        _ => None,
    };
    if let Some(separator) = told.filter(|told| SEPARATORS.contains(told)) {
        return Ok((separator, 2, Box::new(file)));
    }
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
    Ok((separator, 1, Box::new(Cursor::new(start).chain(file))))
}

impl Column {
    /// The column of a field, if there is such a field.
    fn of(kind: &str, heading: &str, schema: &Value) -> Option<Self> {
        let field = headings::field(kind, heading);
        let (mut path, mut schema) = (Vec::new(), schema);
        if field == NAME {
            return Some(Self { heading: headings::plain(heading), path: vec![field], schema: Value::Null });
        }
        let mut rest = Some(field.as_str());
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
        Some(Self { heading: headings::plain(heading), path, schema: schema.clone() })
    }

    /// Why this column cannot stand beside another: it is the same, or one of them is a part of what the other says.
    fn contradicts(&self, other: &Self) -> Option<Fault> {
        let (field, others) = (self.path.join("."), other.path.join("."));
        if self.path == other.path {
            let same = self.heading == other.heading;
            return same.then(|| Fault::at("", format!("has two columns for `{field}`")));
        }
        let within = self.path.starts_with(&other.path) || other.path.starts_with(&self.path);
        within.then(|| {
            Fault::at("", format!("has columns for `{others}` and for `{field}`: one says a part of the other"))
        })
    }
}

/// A whole name, in which the last word is the last name, or the one before a comma.
fn put_name(into: &mut Value, name: &str) {
    let parts =
        name.split_once(',').map(|(last, first)| (first, last)).or_else(|| name.rsplit_once(char::is_whitespace));
    let (first, last) = parts.unwrap_or((name, ""));
    for (field, part) in [("first_name", first), ("last_name", last)] {
        if !part.trim().is_empty() {
            put(into, &[field.to_owned()], Value::String(part.trim().to_owned()));
        }
    }
}

/// Says a field, unless that is said already.
fn put(into: &mut Value, path: &[String], value: Value) {
    if let ([name, rest @ ..], Value::Object(fields)) = (path, into) {
        if rest.is_empty() {
            fields.entry(name.as_str()).or_insert(value);
        } else {
            put(fields.entry(name.as_str()).or_insert_with(|| json!({})), rest, value);
        }
    }
}

/// A word as ours are written.
fn word(cell: &str) -> String {
    cell.to_lowercase().replace([' ', '-'], "_")
}

impl Reading {
    /// What a cell says, where its field has this schema.
    fn read(self, cell: &str, schema: &Value) -> Value {
        let is = |wanted: &str| match schema.get("type") {
            Some(Value::String(one)) => one == wanted,
            Some(Value::Array(many)) => many.iter().any(|one| one == wanted),
            _ => false,
        };
        let as_it_stands = || Value::String(cell.to_owned());
        if cell == "null" {
            return Value::Null;
        }
        if (is("array") || is("object")) && cell.starts_with(['[', '{']) {
            return serde_json::from_str(cell).unwrap_or_else(|_| as_it_stands());
        }
        if is("array") {
            let item = schema.get("items").unwrap_or(&Value::Null);
            let entries = cell.split(self.between).map(str::trim).filter(|entry| !entry.is_empty());
            return entries.map(|entry| self.read(entry, item)).collect();
        }
        if is("integer") {
            // Not `59.00`, which would be 59 minor units of money.
            return cell.parse::<i64>().map_or_else(|_| as_it_stands(), Value::from);
        }
        if is("number") {
            return cell.parse().map_or_else(|_| as_it_stands(), Value::Number);
        }
        if is("boolean") {
            return match cell.to_lowercase().as_str() {
                "true" | "yes" | "y" | "1" => Value::Bool(true),
                "false" | "no" | "n" | "0" => Value::Bool(false),
                _ => as_it_stands(),
            };
        }
        if let Some(Value::Array(options)) = schema.get("enum") {
            let word = word(cell);
            let ours = WORDS.iter().find(|(theirs, ours)| *theirs == word && options.contains(&json!(ours)));
            return Value::String(ours.map_or(word, |(_, ours)| (*ours).to_owned()));
        }
        if schema.get("format") == Some(&json!("date"))
            && let Some(date) = self.dates.and_then(|dates| dates.read(cell))
        {
            return Value::String(date);
        }
        // A text in quotes of JSON is that text to the letter, white space and all.
        let exact = cell.starts_with('"').then(|| serde_json::from_str(cell).ok()).flatten();
        exact.unwrap_or_else(as_it_stands)
    }
}
