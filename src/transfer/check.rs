//! The first pass: every line by itself, and that no two say they are the same row. It asks no database, so nobody
//! waits for it.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Stopped,
    faults::Faults,
    import::Settings,
    importable::{Importable, Unique},
    judge::Judge,
    source::File,
};
use crate::{
    resources::schedule::OccurrenceId,
    wire::{civil::DATE_ADVICE, problem::Fault},
};

/// The names of the lines so far, each as a few bytes, and the line that has it.
#[derive(Default)]
pub struct Seen {
    pub names: HashMap<u64, u64>,
    /// How many lines there are.
    pub lines: u32,
    /// The occurrences that lines name by id.
    pub occurrences: HashSet<OccurrenceId>,
}

/// Checks a file.
///
/// # Errors
/// When it cannot be read.
pub fn file<T: Importable>(
    file: &File,
    settings: &Settings<'_>,
    seen: &mut Seen,
    faults: &mut Faults,
) -> Result<(), Stopped> {
    let judge = Judge::of::<T>();
    let opened = file.open(settings)?;
    faults.add_all(&file.place(opened.heading), &opened.wrong);
    for (line, sent) in opened.lines {
        seen.lines = seen.lines.saturating_add(1);
        let wrong = match sent {
            Ok(sent) => {
                let mut wrong = judge.faults(&sent);
                for fault in &mut wrong {
                    advise(file, fault);
                }
                wrong.extend(seen.twice::<T>(file, line, &sent));
                seen.note_occurrence(file, &sent);
                wrong
            }
            Err(fault) => vec![fault],
        };
        faults.add_all(&file.place(line), &wrong);
    }
    Ok(())
}

/// Says of a fault what whoever made the file may not know.
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

impl Seen {
    fn note_occurrence(&mut self, file: &File, sent: &Value) {
        if file.kind.name != "schedule" {
            return;
        }
        let id = sent.get("id").and_then(Value::as_str);
        self.occurrences.extend(id.and_then(|id| id.parse::<OccurrenceId>().ok()));
    }

    /// The names that another line has, too.
    fn twice<T: Importable>(&mut self, file: &File, line: u64, sent: &Value) -> Vec<Fault> {
        let unique = T::UNIQUE.iter().map(|Unique { fields, .. }| *fields);
        let names = [&["id"][..], &["external_id"]].into_iter().chain(unique);
        let mut twice = Vec::new();
        for fields in names {
            let values: Option<Vec<_>> = fields.iter().map(|field| sent.get(field)?.as_str()).collect();
            let Some(values) = values else { continue };
            let mut name = format!("{}\n{}\n{}", file.kind.name, fields.join(" "), values.join("\n"));
            if fields != ["external_id"] {
                name = name.to_lowercase();
            }
            if let Some(first) = self.names.insert(xxh3_64(name.as_bytes()), line) {
                twice.push(Fault::at(format!("/{}", fields.join("/")), format!("is that of line {first}, too")));
            }
        }
        twice
    }
}
