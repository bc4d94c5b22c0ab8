//! What is wrong with the lines of an import: each named by its file, its line and its field.

use std::{fmt, path::Path, sync::Arc};

use crate::wire::problem::{Code, Fault, Problem};

/// As many are listed at once; the others are counted.
const TOLD: usize = 50;

/// A line of a file.
#[derive(Clone, Debug)]
pub struct FileLine {
    /// The file's name.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u64,
}

/// The faults of an import.
#[derive(Debug, Default)]
pub struct Faults {
    told: Vec<String>,
    count: usize,
}

impl FileLine {
    /// A line of this file.
    pub fn new(file: &Arc<str>, line: u64) -> Self {
        Self { file: Arc::clone(file), line }
    }
}

impl Faults {
    /// Adds one.
    pub fn add(&mut self, place: &FileLine, fault: &Fault) {
        self.count += 1;
        if self.told.len() < TOLD {
            let FileLine { file, line } = place;
            let field = fault.pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~");
            let colon = if field.is_empty() { "" } else { ": " };
            self.told.push(format!("{file}:{line}: {field}{colon}{}", fault.detail));
        }
    }

    /// Adds all that is wrong with a line.
    pub fn add_all(&mut self, place: &FileLine, faults: &[Fault]) {
        for fault in faults {
            self.add(place, fault);
        }
    }

    /// Adds what a rule refused. A rule of Management that names no field is about one nevertheless.
    pub fn add_problem(&mut self, place: &FileLine, problem: &Problem) {
        if problem.errors().is_empty() {
            let field = match problem.code() {
                Code::RoomConflict => "/room_id",
                Code::InstructorConflict => "/instructor_id",
                Code::OccurrenceInPast => "/starts_at",
                Code::CapacityBelowBooked => "/capacity",
                Code::Conflict | Code::RoomInUse | Code::LocationInUse => "/status",
                Code::PersonErased => "/email",
                _ => "/id",
            };
            self.add(place, &Fault::at(field, problem.detail()));
        }
        self.add_all(place, problem.errors());
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for told in &self.told {
            write!(out, "\n  {told}")?;
        }
        match self.count - self.told.len() {
            0 => Ok(()),
            more => write!(out, "\n  … and {more} more"),
        }
    }
}

/// The name that a file is called by.
pub fn named(path: &Path) -> Arc<str> {
    path.display().to_string().into()
}
