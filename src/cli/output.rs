//! Standard output: JSON for programs, aligned columns for people. A closed pipe is not an error.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::{Done, Failure};
use crate::wire::text::{escaped_json, is_control_or_direction_mark};

/// Prints a value as indented JSON.
///
/// # Errors
/// When standard output is broken.
pub fn json(value: &impl Serialize) -> Done {
    line(&escaped_json(serde_json::to_string_pretty(value).map_err(io::Error::from)?))
}

/// Prints a value as JSON, on one line.
///
/// # Errors
/// When standard output is broken.
pub fn json_line(value: &impl Serialize) -> Done {
    line(&escaped_json(serde_json::to_string(value).map_err(io::Error::from)?))
}

/// Refuses to write a file to standard output where a person or a reader of JSON would get its bytes.
///
/// # Errors
/// When it is a terminal, or JSON is wanted.
pub fn for_a_file(wants_json: bool) -> Done {
    if wants_json || io::stdout().is_terminal() {
        return Err(Failure::usage(
            "with - the file goes to standard output: redirect it to a file, or pipe it to a program, without --json",
        ));
    }
    Ok(())
}

/// Prints a line.
///
/// # Errors
/// When standard output is broken.
pub fn line(text: &str) -> Done {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints a table with aligned columns.
///
/// # Errors
/// When standard output is broken.
pub fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> Done {
    let rows: Vec<_> =
        std::iter::once(heading.map(str::to_owned)).chain(rows.iter().map(|row| row.clone().map(plain))).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in rows {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        line(cells.join("  ").trim_end())?;
    }
    Ok(())
}

/// Prints one name and value per line.
///
/// # Errors
/// When standard output is broken.
pub fn fields(fields: &[(&str, String)]) -> Done {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    fields.iter().try_for_each(|(name, value)| line(&format!("{name:width$}  {}", plain(value.clone()))))
}

/// Replaces characters that could move a terminal's cursor or make a line look different from what it says.
pub fn plain(text: String) -> String {
    if text.contains(is_control_or_direction_mark) {
        text.replace(is_control_or_direction_mark, "\u{fffd}")
    } else {
        text
    }
}

/// A number of things: `1 call`, `2 calls`.
pub fn counted(number: impl Into<i128>, noun: &str) -> String {
    let number = number.into();
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A value, or a dash.
pub fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// A list of values, or a word for an empty one.
pub fn listed<T: ToString>(values: &[T], none: &str) -> String {
    if values.is_empty() {
        return none.to_owned();
    }
    values.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}
