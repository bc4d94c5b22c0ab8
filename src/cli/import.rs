//! `import`: rows from files into a studio.

use std::path::PathBuf;

use clap::Args;

use super::{Done, opened, output, progress};
use crate::{
    config::Shared,
    store::clock::Clock,
    transfer::{self, DateFormat, Settings, Tally},
};

/// Reads rows into a studio: what an export wrote, or the spreadsheet of another platform
///
/// Files are named after their resource: `members.csv`, `classes.jsonl`; a directory holds any of them. Names of a CSV's
/// columns are those of the fields, in any case and spelling; `price.amount` is a field within a field, `;` stands
/// between the entries of a list. An empty cell says nothing, and `null` clears. Money is in minor units: 5900 is 59 euros.
/// Commas, semicolons and tabs are told apart. Of several columns for one field, the first that is filled is taken; a
/// member's `name` is taken apart at its last space or its comma, and `plan` is the name or the external id of a plan.
///
/// A line whose `id` or `external_id` a row of the studio has changes that row where it says something else, and what it
/// does not say stays. A line with a later `version` than the row's is that version, and is written as it stands: so the
/// export of a studio brings an older copy of it up to date. Any other line makes a new row, with the id that it names. New
/// classes are laid out unless their occurrences are imported, too. What no line is about stays; nobody is sent a mail.
///
/// All lines are imported or none: each that is not right is named by file, line and field. Files are checked first, and
/// then written in one transaction. On SQLite the writes of a running server wait for that transaction, and are told to
/// come again when it takes long: import large files when few people write. A dry run does the same, and takes it back.
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
    /// Passes over columns of a CSV that are no field
    #[arg(long)]
    ignore_unknown_columns: bool,
    /// How dates are written in a CSV besides 2026-03-29, such as dd/mm/yyyy
    #[arg(long, value_name = "FORMAT")]
    date_format: Option<DateFormat>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Import {
    /// Runs it.
    pub async fn run(self, shared: &Shared) -> Done {
        let files = transfer::find(&self.path, self.named.as_deref())?;
        // Each file is read to be checked, and again to be written.
        let bar = progress::of_bytes(2 * files.iter().map(|file| file.bytes).sum::<u64>(), "importing");
        let (ignore_unknown, dates) = (self.ignore_unknown_columns, self.date_format);
        let settings = Settings { tick: &|bytes| bar.inc(bytes), ignore_unknown, dates };
        let imported = opened::on(shared, async |db| {
            let studio = opened::studio(db, &self.studio).await?;
            Ok(transfer::import(db, &studio, &files, settings, self.dry_run, &Clock::System).await?)
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
        if imported.occurrences_laid_out > 0 {
            output::line(&format!("{} occurrences were laid out for new classes", imported.occurrences_laid_out))?;
        }
        if self.dry_run {
            eprintln!("this was a dry run: nothing was changed");
        }
        Ok(())
    }
}
