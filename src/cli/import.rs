//! `import`: rows from files into a studio.

use std::path::PathBuf;

use clap::Args;

use super::{Done, Failure, opened, output, progress};
use crate::{
    config::Shared,
    store::clock::Clock,
    transfer::{self, DateFormats, Mapping, Named, Settings, Tally},
};

/// Reads rows into a studio: what an export wrote, or the spreadsheet of another platform
///
/// Files are named after their resource: `members.csv`, `classes.jsonl`; a directory holds any of them. Names of a CSV's
/// columns are those of the fields, in any case and spelling, or for members the usual words of other platforms in English,
/// German, French, Spanish, Italian and Portuguese; `--map` says what else a heading means. `price.amount` is a field within
/// a field, `;` stands between the entries of a list. An empty cell says nothing, and `null` clears. Money is in minor units:
/// 5900 is 59 euros. Commas, semicolons and tabs are told apart, UTF-16 is read by its mark. Of several columns for one
/// field, the first that is filled is taken; a member's `name` is taken apart at its last space or its comma, and `plan` is
/// the name or the external id of a plan.
///
/// A line whose `id` or `external_id` a row of the studio has changes that row by the rules that Management goes by, and what
/// it does not say stays. Any other line makes a new row as it stands, with the id, version and times that it names: so an
/// export moves into a studio without rows. New classes are laid out unless their occurrences are imported, too. What no
/// line is about stays; nobody is sent a mail.
///
/// The same spreadsheet may come again: a field that says what it said at the last import is not taken again, whatever was
/// decided here since. A file never gives a consent that was withdrawn here, and brings nobody back who was erased
/// (`members readmit` lets somebody return). Which fields a line overrides, and which it leaves as they are here, is told
/// line by line.
///
/// All lines are imported or none: each that is not right is named by file, line and field, and it does not matter in which
/// order they stand. They are judged beside a running server, which waits only for the moment in which all is written; what
/// others write meanwhile has them judged anew. A dry run does the same without that moment.
#[derive(Args)]
pub struct Import {
    /// The studio's slug or id
    #[arg(long)]
    studio: String,
    /// A directory, or a file that ends in .jsonl or .csv
    path: PathBuf,
    /// What a file holds that is not named after it, such as members
    #[arg(long = "as", value_name = "RESOURCE")]
    named: Option<String>,
    /// Tells what would change, and changes nothing
    #[arg(long)]
    dry_run: bool,
    /// What the heading of a CSV's column means, such as 'Kurspaket=plan'; may be said several times
    #[arg(long = "map", value_name = "HEADING=FIELD")]
    mapped: Vec<Named>,
    /// A column of a CSV of which nothing is read; may be said several times
    #[arg(long = "ignore-column", value_name = "HEADING")]
    ignored: Vec<String>,
    /// Passes over columns of a CSV that are no field, but for those that may say that somebody is a member no more
    #[arg(long)]
    ignore_unknown_columns: bool,
    /// How dates are written in a CSV besides 2026-03-29, such as dd/mm/yyyy, or `birth_date=dd/mm/yyyy` in one column; may be
    /// said several times
    #[arg(long, value_name = "[COLUMN=]FORMAT")]
    date_format: Vec<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Import {
    /// Runs it.
    pub async fn run(self, shared: &Shared) -> Done {
        let dates =
            DateFormats::read(&self.date_format).map_err(|why| Failure::usage(format!("--date-format {why}")))?;
        let files = transfer::find(&self.path, self.named.as_deref())?;
        // Each file is read to be checked, and again to be written.
        let bar = progress::of_bytes(2 * files.iter().map(|file| file.bytes).sum::<u64>(), "importing");
        let mapping =
            Mapping { fields: self.mapped, ignored: self.ignored, ignore_unknown: self.ignore_unknown_columns };
        let settings = Settings { tick: &|bytes| bar.inc(bytes), mapping, dates };
        let imported = opened::on(shared, async |db| {
            let studio = opened::studio(db, &self.studio).await?;
            Ok(transfer::import(db, &studio, &files, &settings, self.dry_run, &Clock::System).await?)
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
        for told in imported.files.iter().flat_map(Tally::told) {
            eprintln!("{told}");
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
