//! The files of an import: which they are, and what their lines say. Called by the import, which makes rows of the lines.
//!
//! A file holds a JSON object on each line ([`lines`]), or is a spreadsheet ([`sheet`]) in one of several encodings
//! ([`encoding`]), whose headings mean fields ([`headings`], [`words`]).

pub mod cells;
pub mod dates;
pub mod encoding;
pub mod headings;
mod lines;
pub mod sheet;
mod values;
pub mod words;

use std::{
    ffi::OsStr,
    fs,
    io::{self, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use self::{
    dates::DateFormats,
    headings::Mapping,
    lines::{Counted, JsonLines},
};
use super::{
    FileKind, KINDS, Stopped, Tick,
    faults::{self, FileLine},
};
use crate::wire::problem::Fault;

/// How files are read.
pub struct Settings<'t> {
    /// Told of every byte that is read.
    pub tick: Tick<'t>,
    /// What the columns of a spreadsheet are, beyond what their headings say.
    pub mapping: Mapping,
    /// How dates are written in a spreadsheet, besides as ours.
    pub dates: DateFormats,
}

/// A file that is to be imported.
pub struct File {
    /// What its rows are.
    pub kind: &'static FileKind,
    /// What it is called.
    pub name: Arc<str>,
    /// How long it is.
    pub bytes: u64,
    /// Whether it is a spreadsheet's.
    pub is_sheet: bool,
    path: PathBuf,
}

/// A line that was read: its number and its value.
pub type ReadLine = (u64, Result<serde_json::Value, Fault>);

/// A file that is read.
pub struct OpenedFile<'t> {
    /// Its lines.
    pub lines: Box<dyn Iterator<Item = ReadLine> + 't>,
    /// The line of its heading.
    pub heading: u64,
    /// What is wrong with that.
    pub wrong: Vec<Fault>,
    /// The columns that nothing is read from.
    pub ignored: Vec<String>,
}

/// The files that a path names: itself, or those in it, each behind those that its rows name.
///
/// # Errors
/// When there is nothing to import, or it is not clear what.
pub fn find(path: &Path, told: Option<&str>) -> Result<Vec<File>, Stopped> {
    let about =
        fs::metadata(path).map_err(|error| Stopped::Wrong(format!("cannot read {}: {error}", path.display())))?;
    if !about.is_dir() {
        return Ok(vec![File::of(path, told)?]);
    }
    if told.is_some() {
        return Err(Stopped::Wrong("`--as` says what one file holds, not a directory".into()));
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(Stopped::failed)?;
    let readable = entries.into_iter().map(|entry| entry.path()).filter(|path| format(path).is_some());
    let mut files = readable.map(|path| File::of(&path, None)).collect::<Result<Vec<_>, _>>()?;
    let rank = |file: &File| KINDS.iter().position(|kind| kind.name == file.kind.name);
    files.sort_by_key(rank);
    if let Some(twice) = files.windows(2).find(|pair| pair[0].kind.name == pair[1].kind.name) {
        return Err(Stopped::Wrong(format!("{} and {} hold the same resource", twice[0].name, twice[1].name)));
    }
    if files.is_empty() {
        let what = "holds no file to import, such as members.csv or classes.jsonl";
        return Err(Stopped::Wrong(format!("{} {what}", path.display())));
    }
    Ok(files)
}

/// Whether a file is one to import, and whether it is a spreadsheet's.
fn format(path: &Path) -> Option<bool> {
    let ending = path.extension().and_then(OsStr::to_str)?.to_lowercase();
    match ending.as_str() {
        "jsonl" | "ndjson" => Some(false),
        "csv" | "tsv" => Some(true),
        _ => None,
    }
}

impl File {
    /// Leaves a directory that only the gateway knows out of the name, in front of a file that standard input has brought.
    pub fn leave_out(&mut self, directory: &Path) {
        if let Ok(rest) = self.path.strip_prefix(directory) {
            self.name = faults::named(rest);
        }
    }

    fn of(path: &Path, told: Option<&str>) -> Result<Self, Stopped> {
        let name = faults::named(path);
        let is_sheet =
            format(path).ok_or_else(|| Stopped::Wrong(format!("{name} ends neither in .jsonl nor in .csv")))?;
        let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default().to_lowercase();
        let wanted = told.unwrap_or(&stem);
        let kind = KINDS.iter().find(|kind| kind.name == wanted).ok_or_else(|| {
            let known: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
            Stopped::Wrong(format!(
                "what is in {name}? Name it after its resource, or say `--as`: {}",
                known.join(", ")
            ))
        })?;
        let bytes = fs::metadata(path).map_err(|error| Stopped::Failed(format!("cannot read {name}: {error}")))?.len();
        Ok(Self { kind, name, bytes, path: path.to_owned(), is_sheet })
    }

    /// A line of this file.
    pub fn place(&self, line: u64) -> FileLine {
        FileLine::new(&self.name, line)
    }

    /// Opens it, to be read line by line.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open<'t>(&self, settings: &Settings<'t>) -> Result<OpenedFile<'t>, Stopped> {
        let cannot = |error| Stopped::Failed(format!("cannot read {}: {error}", self.name));
        let file = fs::File::open(&self.path).map_err(cannot)?;
        let text = encoding::utf8(BufReader::new(Counted::new(file, settings.tick))).map_err(cannot)?;
        if self.is_sheet {
            return sheet::open(text, self.kind.name, &(self.kind.schema)(), settings).map_err(cannot);
        }
        Ok(OpenedFile { lines: Box::new(JsonLines::new(text)), heading: 0, wrong: Vec::new(), ignored: Vec::new() })
    }
}
