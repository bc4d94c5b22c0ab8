//! `import`: imports rows from files into a studio.

use std::{
    fs::File,
    io::{self, BufRead},
    path::{Path, PathBuf},
    pin::pin,
};

use clap::Args;
use tokio::task::spawn_blocking;

use super::{Done, Failure, database, output, progress};
use crate::{
    config::SharedOptions,
    server::signal,
    store::clock::Clock,
    transfer::{self, DateFormats, HeadingRule, Mapping, Settings, Tally},
};

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
    /// A directory, a file that ends in .jsonl or .csv, or - for standard input, which needs --as
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

/// Copies standard input, which an import reads more than once, to a file in this directory. A line of JSON begins with a brace;
/// anything else is CSV.
fn copy_input(directory: &Path) -> io::Result<PathBuf> {
    let mut input = io::stdin().lock();
    let begins = input.fill_buf()?;
    let begins = begins.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begins);
    let is_json = begins.trim_ascii_start().starts_with(b"{");
    let file = directory.join(if is_json { "standard input.jsonl" } else { "standard input.csv" });
    io::copy(&mut input, &mut File::create_new(&file)?)?;
    Ok(file)
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
            if self.named.is_none() {
                return Err(Failure::usage("standard input has no name; say what its rows are, such as --as members"));
            }
            let kept = directory.path().to_owned();
            tokio::select! {
                () = &mut terminated => return Err(stopped()),
                copied = spawn_blocking(move || copy_input(&kept)) => copied.map_err(io::Error::other)??,
            }
        } else {
            self.path
        };
        let files = transfer::find(&path, self.named.as_deref())?;
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
