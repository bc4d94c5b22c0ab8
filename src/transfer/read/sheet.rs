//! A spreadsheet's lines: the first names the fields, the others hold the rows. An empty cell says nothing; what any other
//! says is read by its field's schema ([`CellFormat`]).

use std::{
    collections::HashMap,
    io::{self, BufRead, Cursor, Read},
};

use serde_json::{Map, Value, json};

use super::{
    OpenedFile, ReadLine, Settings,
    cells::Cells,
    dates::DateFormat,
    headings::{self, folded},
    lines::LONGEST,
    values::CellFormat,
    words::NAME,
};
use crate::wire::problem::Fault;

/// Separates cells: the separator that occurs most often in the heading.
const SEPARATORS: [u8; 3] = *b",;\t";
/// Separates the entries of a list in one cell; where semicolons separate the cells, commas do as well.
const BETWEEN: &[char] = &[';', ','];
/// As many columns of a kind are named at once.
const NAMED: usize = 20;

/// A spreadsheet.
struct Sheet<'t> {
    records: Cells<Box<dyn BufRead + 't>>,
    columns: Vec<Option<SheetColumn>>,
    between: &'static [char],
}

/// What a column holds.
struct SheetColumn {
    path: Vec<String>,
    schema: Value,
    dates: Option<DateFormat>,
}

/// The columns of a heading, as far as they can be read.
#[derive(Default)]
struct Heading {
    columns: Vec<Option<SheetColumn>>,
    wrong: Vec<Fault>,
    ignored: Vec<String>,
}

/// Reads the heading. What is wrong with it keeps nobody from reading the lines.
///
/// # Errors
/// When the file cannot be read.
pub fn open<'t>(
    file: Box<dyn BufRead + 't>,
    kind: &str,
    schema: &Value,
    settings: &Settings<'t>,
) -> io::Result<OpenedFile<'t>> {
    let (separator, line, file) = separated_by(file)?;
    let mut records = Cells::new(file, separator, line);
    let nothing = |why: String| {
        let wrong = vec![Fault::at("", why)];
        Ok(OpenedFile { lines: Box::new(std::iter::empty()), heading: line, wrong, ignored: Vec::new() })
    };
    let names = match records.next() {
        Some((_, Ok(names))) if names.iter().any(|name| !name.trim().is_empty()) => names,
        Some((_, Err(why))) => return nothing(why),
        _ => return nothing("has no heading: the first line names the fields".to_owned()),
    };
    let Heading { columns, wrong, ignored } = Heading::read(kind, &names, schema, settings);
    let between = if separator == b';' { BETWEEN } else { &BETWEEN[..1] };
    let lines = Box::new(Sheet { records, columns, between });
    Ok(OpenedFile { lines, heading: line, wrong, ignored })
}

impl Sheet<'_> {
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
                Some(column) => {
                    let format = CellFormat { between: self.between, dates: column.dates };
                    put(&mut whole, &column.path, format.read(cell, &column.schema));
                }
                None => {}
            }
        }
        Ok(whole)
    }
}

impl Heading {
    fn read(kind: &str, names: &[String], schema: &Value, settings: &Settings<'_>) -> Self {
        let mapping = &settings.mapping;
        let (mut read, mut seen) = (Self::default(), TakenHeadings::default());
        let (mut unknown, mut ends) = (Vec::new(), Vec::new());
        for (name, field) in names.iter().zip(mapping.fields(kind, names)) {
            let column = field.as_ref().and_then(|field| SheetColumn::of(field, schema));
            if let Some(column) = &column {
                read.wrong.extend(seen.contradicted(&folded(name), &column.path));
            } else if !name.trim().is_empty() {
                let is_named = field.is_none();
                if is_named || mapping.ignore_unknown && !headings::speaks_of_an_end(name) {
                    read.ignored.push(name.trim().to_owned());
                } else if mapping.ignore_unknown {
                    ends.push(name.trim());
                } else {
                    unknown.push(name.trim());
                }
            }
            read.columns.push(column.map(|column| SheetColumn {
                dates: settings.dates.of(name, field.as_deref().unwrap_or_default()),
                ..column
            }));
        }
        let advice = "rename it, remove it, say --map 'Heading=field', or --ignore-unknown-columns";
        let is_no_field = |name: &&str| Fault::at("", format!("the column `{name}` is no field of {kind}: {advice}"));
        read.wrong.extend(unknown.iter().take(NAMED).map(is_no_field));
        let advice = "say --map 'Heading=field', or --ignore-column 'Heading' where it says nothing new";
        let may_end = |name: &&str| {
            Fault::at("", format!("the column `{name}` may say that somebody is a member no more: {advice}"))
        };
        read.wrong.extend(ends.iter().take(NAMED).map(may_end));
        if unknown.len() + ends.len() > 2 * NAMED {
            read.wrong
                .push(Fault::at("", format!("has {} columns that are no field of {kind}", unknown.len() + ends.len())));
        }
        let is =
            |wanted: &[&str]| read.columns.iter().flatten().any(|column| wanted.contains(&column.path[0].as_str()));
        if is(&[NAME]) && is(&["first_name", "last_name"]) {
            read.wrong
                .push(Fault::at("", "has a column for the whole name, and one for a part of it: remove one of them"));
        }
        read
    }
}

/// The fields that columns have been found for.
#[derive(Default)]
struct TakenHeadings {
    /// The headings of each path, and of what it is within (without one).
    paths: HashMap<String, Vec<String>>,
    within: HashMap<String, String>,
}

impl TakenHeadings {
    /// Why a column cannot stand beside the others: there is the same, or one of them is a part of what the other says.
    fn contradicted(&mut self, heading: &str, path: &[String]) -> Option<Fault> {
        let field = path.join(".");
        let key = |path: &[String]| path.join("\n");
        let alike = self.paths.entry(key(path)).or_default();
        if alike.iter().any(|other| other == heading) {
            return Some(Fault::at("", format!("has two columns for `{field}`")));
        }
        alike.push(heading.to_owned());
        let outer = (1..path.len()).map(|length| &path[..length]).find(|outer| self.paths.contains_key(&key(outer)));
        let other = outer.map(|outer| outer.join(".")).or_else(|| self.within.get(&key(path)).cloned());
        for length in 1..path.len() {
            self.within.entry(key(&path[..length])).or_insert_with(|| field.clone());
        }
        let other = other?;
        Some(Fault::at("", format!("has columns for `{other}` and for `{field}`: one says a part of the other")))
    }
}

impl Iterator for Sheet<'_> {
    type Item = ReadLine;

    fn next(&mut self) -> Option<ReadLine> {
        let filled = |cells: &Vec<String>| cells.iter().any(|cell| !cell.trim().is_empty());
        let (line, cells) = self.records.find(|(_, cells)| cells.as_ref().map_or(true, filled))?;
        Some((line, cells.and_then(|cells| self.value(&cells)).map_err(|why| Fault::at("", why))))
    }
}

/// Looks at the heading for what separates its cells, or at the line before it, where Excel may say so (`sep=;`); the
/// heading's line, and the file from there.
fn separated_by<'t>(mut file: Box<dyn BufRead + 't>) -> io::Result<(u8, u64, Box<dyn BufRead + 't>)> {
    let mut start = Vec::new();
    file.by_ref().take(LONGEST).read_until(b'\n', &mut start)?;
    let told = match start.trim_ascii_end() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', told] => Some(*told),
        // The separator is white space itself.
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'='] => Some(b'\t'),
        _ => None,
    };
    if let Some(separator) = told.filter(|told| SEPARATORS.contains(told)) {
        return Ok((separator, 2, file));
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

impl SheetColumn {
    /// The column of a field, if there is such a field.
    fn of(field: &str, schema: &Value) -> Option<Self> {
        let (mut path, mut schema) = (Vec::new(), schema);
        if field == NAME {
            return Some(Self { path: vec![field.to_owned()], schema: Value::Null, dates: None });
        }
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
        Some(Self { path, schema: schema.clone(), dates: None })
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
