//! What the cells of a spreadsheet say: a cell becomes what its field's schema takes. One that cannot is left unchanged,
//! for the check of its line to say so.

use serde_json::{Value, json};

use super::{
    dates::{DateFormat, day_of},
    headings::folded,
    words::{FALSE, STATUSES, TRUE},
};

/// How a cell is read.
#[derive(Clone, Copy)]
pub struct CellFormat {
    /// Separates the entries of a list.
    pub between: &'static [char],
    /// How its dates are written, besides as ours.
    pub dates: Option<DateFormat>,
}

/// A word as ours are written.
fn word(cell: &str) -> String {
    cell.to_lowercase().replace([' ', '-'], "_")
}

/// Whether a word is one of these.
fn is_one(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|one| one == word)
}

impl CellFormat {
    /// What a cell says, where its field has this schema.
    pub fn read(self, cell: &str, schema: &Value) -> Value {
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
            return number(cell).parse().map_or_else(|_| as_it_stands(), Value::Number);
        }
        if is("boolean") {
            let word = folded(cell);
            return match (is_one(TRUE, &word), is_one(FALSE, &word)) {
                (true, _) => Value::Bool(true),
                (_, true) => Value::Bool(false),
                _ => as_it_stands(),
            };
        }
        if let Some(Value::Array(options)) = schema.get("enum") {
            let word = word(cell);
            let theirs = folded(cell);
            let ours = STATUSES.iter().find(|(ours, words)| options.contains(&json!(ours)) && is_one(words, &theirs));
            return Value::String(ours.map_or(word, |(ours, _)| (*ours).to_owned()));
        }
        if schema.get("format") == Some(&json!("date")) {
            let day = day_of(cell);
            return Value::String(self.dates.and_then(|dates| dates.read(day)).unwrap_or_else(|| day.to_owned()));
        }
        // A text in quotes of JSON is that text to the letter, white space and all.
        let exact = cell.starts_with('"').then(|| serde_json::from_str(cell).ok()).flatten();
        exact.unwrap_or_else(as_it_stands)
    }
}

/// A number with a point, where it was written with a comma.
fn number(cell: &str) -> String {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    match cell.split_once(',') {
        Some((whole, part)) if digits(whole.trim_start_matches(['-', '+'])) && digits(part) => {
            format!("{whole}.{part}")
        }
        _ => cell.to_owned(),
    }
}
