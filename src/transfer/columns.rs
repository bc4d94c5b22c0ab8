//! The columns of a CSV that an export writes, and an import reads back to the same rows: a field in each, those within a
//! field with a point between, and lists and maps as JSON in one cell. A text in which a spreadsheet would find a formula,
//! whatever separates its cells, or that an import would read as something else, stands in quotes of JSON.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use clap::ValueEnum;
use serde_json::Value;

use super::{importable::Importable, read::cells, row_schema};

/// The format of the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    /// A JSON object on each line
    #[default]
    Jsonl,
    /// A spreadsheet
    Csv,
}

impl FileFormat {
    /// How the names of its files end.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }
}

/// A resource's columns, as paths.
pub struct ColumnPaths(Vec<Vec<String>>);

impl ColumnPaths {
    /// Those of a resource.
    pub fn of<T: Importable>() -> Self {
        let mut columns = Vec::new();
        add(&row_schema::<T>(), &mut Vec::new(), &mut columns);
        columns.retain(|path| !T::COMPUTED.contains(&path[0].as_str()) && !T::BY_NAME.contains(&path[0].as_str()));
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

/// The content of a column. The first cell of an object shows whether the object is empty or absent.
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
        Some(other @ (Value::Bool(_) | Value::Number(_))) => other.to_string(),
        Some(other) => without_formulas(&other.to_string()),
    }
}

/// A text as a cell holds it: in quotes of JSON where it would be taken for a formula, or read as something else.
pub fn in_a_cell(text: &str) -> String {
    let is_formula = starts(text).any(|at| is_formula(&text[at..]));
    let otherwise = text.is_empty() || text.trim() != text || text == "null" || text.starts_with('"');
    if is_formula || otherwise { without_formulas(&Value::from(text).to_string()) } else { text.to_owned() }
}

/// The places where a spreadsheet would begin a cell, whatever it takes for a separator: the start, and what stands behind a
/// separator or the end of a line, and behind spaces and quotes there.
fn starts(text: &str) -> impl Iterator<Item = usize> {
    let mut at_start = true;
    text.char_indices().filter_map(move |(at, letter)| {
        let is_start = at_start;
        at_start = match letter {
            ',' | ';' | '\t' | '\n' | '\r' | '|' => true,
            letter if letter.is_whitespace() || letter == '"' || letter == '\'' => at_start,
            _ => false,
        };
        is_start.then_some(at)
    })
}

/// Whether a cell that begins so is a formula: it has a sign of one, in either width, and is no number and no phone number.
fn is_formula(cell: &str) -> bool {
    let mut letters = cell.chars();
    let Some(sign) = letters.next() else { return false };
    let rest = letters.as_str().split([',', ';', '\t', '\n', '\r', '|']).next().unwrap_or_default();
    let begins_with_a_digit = rest.starts_with(|letter: char| letter.is_ascii_digit());
    match sign {
        '=' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}' => true,
        '+' => {
            !begins_with_a_digit || rest.chars().any(|letter| !(letter.is_ascii_digit() || "-(). /x#".contains(letter)))
        }
        '-' => !begins_with_a_digit || rest.chars().any(|letter| !(letter.is_ascii_digit() || letter == '.')),
        _ => false,
    }
}

/// JSON in whose texts no sign stands where a spreadsheet would begin a formula with it: it is written by its number.
fn without_formulas(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    let signs: Vec<_> = starts(json).filter(|at| is_formula(&json[*at..])).collect();
    let mut signs = signs.into_iter().peekable();
    for (at, letter) in json.char_indices() {
        // Anything but a number or a phone number is a text.
        if signs.next_if_eq(&at).is_some() {
            let _ = write!(safe, "\\u{:04x}", u32::from(letter));
        } else {
            safe.push(letter);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_begins_a_formula_and_phones_stay_as_they_are() {
        for text in [
            "+351 21 000 0000",
            "+351 (21) 000-0000",
            "-38.7",
            "12",
            "a = b",
            "a-b",
            "e@mail.example",
            "x; y",
            "two\nlines",
        ] {
            assert_eq!(in_a_cell(text), text);
        }
        for (text, cell) in [
            ("=1+1", r#""\u003d1+1""#),
            ("x;=cmd|'/c calc'!A0", r#""x;\u003dcmd|'/c calc'!A0""#),
            ("a\t@sum", r#""a\t@sum""#),
            ("＝1", r#""\uff1d1""#),
            ("-1+cmd", r#""\u002d1+cmd""#),
            ("+cmd", r#""\u002bcmd""#),
            ("a\n=1", r#""a\n=1""#),
            ("a, \"=1\"", r#""a, \"=1\"""#),
        ] {
            assert_eq!(in_a_cell(text), cell, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_begins_a_formula_under_any_separator(text in "[a1 ,;\t\r\n\"'|=+@\\-＝＋－＠\\\\é]{0,12}") {
            for cell in [in_a_cell(&text), without_formulas(&serde_json::json!([text, {"k": text}]).to_string())] {
                prop_assert!(!starts(&cell).any(|at| is_formula(&cell[at..])), "{:?} is {:?}", text, cell);
            }
            let read = |cell: String| if cell.starts_with('"') { serde_json::from_str(&cell).unwrap() } else { cell };
            prop_assert_eq!(read(in_a_cell(&text)), text);
        }
    }
}
