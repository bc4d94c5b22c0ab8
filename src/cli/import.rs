//! `import`: rows from files into a studio.

use std::path::PathBuf;

use clap::Args;

use super::{Done, opened, output, progress};
use crate::{
    config::Shared,
    store::clock::Clock,
    transfer::{self, Settings, Tally},
};

/// Reads rows into a studio: what an export wrote, or the spreadsheet of another platform
///
/// Files are named after their resource: `members.csv`, `classes.jsonl`; a directory holds any of them. Names of a CSV's
/// columns are those of the fields, in any case and spelling; `price.amount` is a field within a field, `;` stands
/// between the entries of a list, and an empty cell says nothing. Commas, semicolons and tabs are told apart.
///
/// A line whose `id` or `external_id` a row of the studio has changes that row where it says something else, and what it
/// does not say stays. Any other line makes a new row, with the id that it names. New classes are laid out unless their
/// occurrences are imported, too.
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
        let settings = Settings { tick: &|bytes| bar.inc(bytes), ignore_unknown: self.ignore_unknown_columns };
        let imported = opened::on(shared, async |db| {
            let studio = opened::studio(db, &self.studio).await?;
            Ok(transfer::import(db, &studio, &files, settings, self.dry_run, Clock::System.now()).await?)
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
