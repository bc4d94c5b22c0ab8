//! `export`: a studio's rows in a directory.

use std::path::PathBuf;

use clap::Args;

use super::{Done, opened, output, progress};
use crate::{config::Shared, transfer};

/// Writes a studio's rows into a directory, as JSON Lines
///
/// A file for each resource, such as `classes.jsonl`, with a row on each line as Management answers it. All rows are of
/// one moment, and nobody waits for them. `import` reads them back, also into another database and another studio.
///
/// Keys, passwords, invitations and e-mails are not exported, nor is the studio itself: `studio show --json` prints that.
/// What is written holds the data of people: the files are for their owner alone.
#[derive(Args)]
pub struct Export {
    /// The studio's slug or id
    #[arg(long)]
    studio: String,
    /// A new or empty directory
    directory: PathBuf,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Export {
    /// Runs it.
    pub async fn run(self, shared: &Shared) -> Done {
        let bar = progress::of_rows("exporting");
        let exported = opened::on(shared, async |db| {
            let studio = opened::studio(db, &self.studio).await?.id.studio();
            Ok(transfer::export(db, studio, &self.directory, &|rows| bar.inc(rows)).await?)
        })
        .await;
        bar.finish_and_clear();
        let exported = exported?;
        if self.json {
            return output::json(&exported);
        }
        let rows: Vec<_> = exported
            .iter()
            .map(|done| [done.resource.to_owned(), done.rows.to_string(), done.file.display().to_string()])
            .collect();
        output::table(["RESOURCE", "ROWS", "FILE"], &rows)
    }
}
