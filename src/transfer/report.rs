//! What an import did, or would do, with which lines.

use serde::Serialize;

/// As many lines of a file are listed; the others are counted.
const TOLD: usize = 50;

/// What became of a file's lines.
#[derive(Debug, Serialize)]
pub struct Tally {
    /// The resource.
    pub resource: &'static str,
    /// The file.
    pub file: String,
    /// Rows that are new.
    pub created: u64,
    /// Rows that are different now.
    pub changed: u64,
    /// Rows that were so already, or stay as they are here.
    pub unchanged: u64,
    /// Lines that say something else than the row that is there, the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineNote>,
    /// How many more of those there are.
    #[serde(skip_serializing_if = "is_none")]
    pub more_lines: u64,
    /// Columns that nothing is read from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored_columns: Vec<String>,
}

/// What a line means for the row that is there.
#[derive(Debug, Serialize)]
pub struct LineNote {
    /// The line.
    pub line: u64,
    /// The row.
    pub id: String,
    /// The fields in which it overrides what is there.
    pub overrides: Vec<String>,
    /// The fields in which it says what it said at the last import, or gives consent that was taken back here: what is there
    /// stays.
    pub keeps: Vec<String>,
    /// Whether the row was removed here, and stays so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Tally {
    /// Of a file of which nothing was read yet.
    pub fn new(resource: &'static str, file: &str) -> Self {
        Self {
            resource,
            file: file.to_owned(),
            created: 0,
            changed: 0,
            unchanged: 0,
            lines: Vec::new(),
            more_lines: 0,
            ignored_columns: Vec::new(),
        }
    }

    /// Notes what a line means, where it is something.
    pub fn note(&mut self, note: LineNote) {
        if note.overrides.is_empty() && note.keeps.is_empty() && !note.removed {
            return;
        }
        if self.lines.len() < TOLD { self.lines.push(note) } else { self.more_lines += 1 }
    }

    /// The report of the lines, for people.
    pub fn for_people(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.ignored_columns.is_empty() {
            lines.push(format!("{}: nothing is read from the columns {}", self.file, quoted(&self.ignored_columns)));
        }
        for LineNote { line, overrides, keeps, removed, .. } in &self.lines {
            let mut says = Vec::new();
            if !overrides.is_empty() {
                says.push(format!("overrides {}", overrides.join(", ")));
            }
            if !keeps.is_empty() {
                says.push(format!("keeps {} as it is here", keeps.join(", ")));
            }
            if *removed {
                says.push("its row was removed here, and stays so".to_owned());
            }
            lines.push(format!("{}:{line}: {}", self.file, says.join("; ")));
        }
        if self.more_lines > 0 {
            lines.push(format!("{}: {} more lines say something else than their rows", self.file, self.more_lines));
        }
        lines
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
