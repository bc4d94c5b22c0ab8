//! `import`: imports rows from files into a studio.

use std::{
    cell::Cell,
    ffi::OsStr,
    fs::{self, File},
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
    pin::pin,
};

use clap::Args;
use tar::Archive;
use tokio::task::spawn_blocking;

use super::{Done, Failure, database, output, progress};
use crate::{
    config::SharedOptions,
    server::signal,
    store::clock::Clock,
    transfer::{self, DateFormats, HeadingRule, Mapping, Settings, Tally},
};

/// The bytes at the beginning of an archive that tell that it is one.
const TAR_BLOCK: usize = 512;

const NAMELESS: &str = "standard input has no name; say what its rows are, such as --as members";

/// Imports rows into a studio, from an export or from another platform's spreadsheet
///
/// Files are named after their resource: `members.csv`, `classes.jsonl`. A directory may hold any of them. A CSV's
/// headings are field names, in any case and spelling; for members also the usual headings of other platforms in
/// English, German, French, Spanish, Italian and Portuguese. Use `--map` for any other heading. `price.amount` is a
/// nested field; `;` separates the entries of a list. An empty cell leaves a field as it is, and `null` clears it.
/// Money is in minor units: 5900 is 59 euros. Commas, semicolons and tabs are recognised as separators, and UTF-16 by
/// its byte order mark. If several columns stand for one field, the first non-empty cell counts. A member's `name` is
/// split at its comma or last space; `plan` is a plan's name or external id.
///
/// Into a new studio, one that never had a row, an export is imported unchanged, with ids, versions and times. In any
/// other studio, a line with the `id` or `external_id` of an existing row changes that row, and any other line creates
/// one, both by Management's rules: `version`, `created_at` and `updated_at` are the gateway's, fields that a line leaves
/// out stay, and a line that says nothing new changes nothing. New classes get their occurrences; those of an export come
/// along only into a new studio. So import an export as a whole into a new studio, and remove its `schedule` file before
/// you import it into any other. To bring a copy up to date, import a newer export into another new studio. Rows without
/// a line stay as they are. No mail is sent.
///
/// You may import the same spreadsheet again: a cell that has not changed since the last import changes nothing, so
/// decisions made here since then stay. A file never restores a consent that was withdrawn here, and never brings back
/// a person who was erased (`members readmit` allows it). The report lists, line by line, the fields that are
/// overridden and those that stay.
///
/// All lines are imported, or none. Faults are listed by file, line and field, the first 50 of them. The order of lines does
/// not matter.
/// A running server keeps working meanwhile: its writes wait only while the checked rows are written, and if they change a
/// row in the file, the lines are checked again. A dry run does all of it but the writing.
#[derive(Args)]
pub struct Import {
    /// The studio's slug or id
    #[arg(long)]
    studio: String,
    /// A directory, a file that ends in .jsonl or .csv, or - for standard input: an archive as `export` writes it, or one
    /// file, which needs --as
    path: PathBuf,
    /// The resource in a file that is not named after one, such as members
    #[arg(long = "as", value_name = "RESOURCE")]
    named: Option<String>,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    dry_run: bool,
    /// The field for a CSV column's heading, such as 'Kurspaket=plan'; may be repeated
    #[arg(long = "map", value_name = "HEADING=FIELD")]
    mapped: Vec<HeadingRule>,
    /// A CSV column to ignore; may be repeated
    #[arg(long = "ignore-column", value_name = "HEADING")]
    ignored: Vec<String>,
    /// Ignores CSV columns that are not fields, except those that may say that somebody is no longer a member
    #[arg(long)]
    ignore_unknown_columns: bool,
    /// The date format of a CSV, besides 2026-03-29: such as dd/mm/yyyy, or `birth_date=dd/mm/yyyy` for one column; may
    /// be repeated
    #[arg(long, value_name = "[COLUMN=]FORMAT")]
    date_format: Vec<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Copies standard input, which an import reads more than once, into this directory: an archive as `export` writes it becomes a
/// directory of files. Of the rest, a line of JSON begins with a brace, and anything else is CSV.
fn copy_input(directory: &Path, is_named: bool) -> Result<PathBuf, Failure> {
    let mut begins = Vec::with_capacity(TAR_BLOCK);
    io::stdin().take(TAR_BLOCK as u64).read_to_end(&mut begins)?;
    let input = begins.as_slice().chain(io::stdin());
    if begins.get(257..262) == Some(b"ustar") {
        let files = directory.join("archive");
        fs::create_dir(&files)?;
        unpack(input, &files)?;
        return Ok(files);
    }
    if begins.is_empty() {
        return Err(Failure::refused("standard input is empty: nothing was imported"));
    }
    if begins.starts_with(&[0x1f, 0x8b]) {
        return Err(Failure::refused("standard input is compressed: put `gunzip |` before this command"));
    }
    if !is_named {
        return Err(Failure::usage(NAMELESS));
    }
    let text = begins.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&begins);
    let is_json = text.trim_ascii_start().starts_with(b"{");
    let file = directory.join(if is_json { "standard input.jsonl" } else { "standard input.csv" });
    io::copy(&mut { input }, &mut File::create_new(&file)?)?;
    Ok(file)
}

/// Unpacks the files of an archive that is whole.
fn unpack(archive: impl Read, into: &Path) -> Result<(), Failure> {
    let has_ended = Cell::new(false);
    let unpacked = unpack_files(NotingEnd { stream: archive, has_ended: &has_ended }, into);
    // A whole one has blocks of zeros behind its last file, and is not read beyond the first of them.
    if has_ended.get() {
        return Err(Failure::refused("the archive breaks off: nothing was imported"));
    }
    unpacked
}

/// Each file has a plain name, so that none is written beside the directory.
fn unpack_files(archive: impl Read, into: &Path) -> Result<(), Failure> {
    for entry in Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let plain = path.file_name().map(OsStr::to_owned).filter(|name| *name == *path.as_os_str());
        let Some(name) = plain.filter(|_| entry.header().entry_type().is_file()) else {
            let name = output::plain(path.display().to_string());
            return Err(Failure::refused(format!("the archive holds more than files of rows: {name}")));
        };
        let mut file = File::create_new(into.join(&name)).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::refused(format!("the archive holds {} twice", name.display())),
            _ => error.into(),
        })?;
        io::copy(&mut entry, &mut file)?;
    }
    Ok(())
}

/// A stream that notes that it was read to its end.
struct NotingEnd<'n, R> {
    stream: R,
    has_ended: &'n Cell<bool>,
}

impl<R: Read> Read for NotingEnd<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(into)?;
        self.has_ended.set(read == 0 && !into.is_empty());
        Ok(read)
    }
}

fn stopped() -> Failure {
    Failure::refused("stopped; import again to be sure: rows that are there already do not change")
}

impl Import {
    /// Runs it.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let dates =
            DateFormats::read(&self.date_format).map_err(|why| Failure::usage(format!("--date-format {why}")))?;
        let mut terminated = pin!(signal::terminated());
        // Its owner alone may enter it, and it is removed at the end, also by a signal.
        let directory = tempfile::tempdir()?;
        let path = if self.path.as_os_str() == "-" {
            if self.named.is_none() && io::stdin().is_terminal() {
                return Err(Failure::usage(NAMELESS));
            }
            let (kept, is_named) = (directory.path().to_owned(), self.named.is_some());
            tokio::select! {
                () = &mut terminated => return Err(stopped()),
                copied = spawn_blocking(move || copy_input(&kept, is_named)) => copied.map_err(io::Error::other)??,
            }
        } else {
            self.path
        };
        let mut files = transfer::find(&path, self.named.as_deref())?;
        for file in &mut files {
            file.leave_out(directory.path());
        }
        let bar = progress::of_bytes(files.iter().map(|file| file.bytes * file.kind.reads).sum(), "importing");
        let mapping =
            Mapping { fields: self.mapped, ignored: self.ignored, ignore_unknown: self.ignore_unknown_columns };
        let settings = Settings { tick: &|bytes| bar.inc(bytes), mapping, dates };
        let imported = database::on(shared, async |db| {
            let studio = database::studio(db, &self.studio).await?;
            tokio::select! {
                biased;
                () = &mut terminated => Err(stopped()),
                imported = transfer::import(db, &studio, &files, &settings, self.dry_run, &Clock::System) => Ok(imported?),
            }
        })
        .await;
        bar.finish_and_clear();
        let imported = imported?;
        if self.json {
            return output::json(&imported);
        }
        let row = |Tally { resource, created, changed, unchanged, .. }: &Tally| {
            [(*resource).to_owned(), created.to_string(), changed.to_string(), unchanged.to_string()]
        };
        output::table(
            ["RESOURCE", "CREATED", "CHANGED", "UNCHANGED"],
            &imported.files.iter().map(row).collect::<Vec<_>>(),
        )?;
        for line in imported.files.iter().flat_map(Tally::for_people) {
            eprintln!("{line}");
        }
        if imported.occurrences_laid_out > 0 {
            output::line(&format!("{} occurrences were laid out for new classes", imported.occurrences_laid_out))?;
        }
        if self.dry_run {
            eprintln!("this was a dry run: nothing was changed");
        }
        Ok(())
    }
}
