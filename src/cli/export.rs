//! `export`: writes a studio's rows to a directory.

use std::path::PathBuf;

use clap::Args;

use super::{Done, Failure, database, output, progress};
use crate::{
    config::SharedOptions,
    server::signal,
    store::{
        audit::{self, Action, Subject},
        clock::Clock,
        db::Db,
        error::StoreError,
        id::StudioId,
    },
    transfer::{self, FileFormat},
};

/// Writes a studio's rows to a directory, as JSON Lines or CSV
///
/// A file for each resource, such as `classes.jsonl`, with a row on each line as Management answers it. All rows are
/// from one moment, and no other call waits. `import` reads the files back, also into another database or studio.
///
/// In a CSV, nested fields have columns such as `price.amount`, lists and metadata are JSON in one cell, and a text
/// that a spreadsheet would read as a formula is quoted. An import into a new studio makes the same rows of it. To bring a
/// copy up to date, import a newer export into another new studio.
///
/// Keys, passwords, invitations and e-mails are not exported, nor is the studio itself: `studio show --json` prints it.
/// The files hold personal data, so only their owner can read them.
#[derive(Args)]
pub struct Export {
    /// The studio's slug or id
    #[arg(long)]
    studio: String,
    /// A new or empty directory
    directory: PathBuf,
    /// The format of the files
    #[arg(long, value_enum, default_value_t)]
    format: FileFormat,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Adds the export to the audit log. Without the right to write, the export still succeeds.
async fn add_to_audit_log(db: &Db, studio: StudioId) -> Done {
    let added = async {
        let mut tx = db.begin().await?;
        let exported = Action::on_the_command_line("export", Subject::of(studio));
        audit::add(tx.on().of(studio), exported, Clock::System.now()).await?;
        tx.commit().await?;
        Ok::<_, StoreError>(())
    };
    match added.await {
        Err(error) if error.is_for_lack_of_rights() => {
            eprintln!("the audit log does not show this export: the database is read-only here");
            Ok(())
        }
        added => Ok(added?),
    }
}

impl Export {
    /// Runs it.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let (bar, terminated) = (progress::of_rows("exporting"), signal::terminated());
        let exported = database::read(shared, async |db| {
            let studio = database::studio(db, &self.studio).await?.id.studio();
            let tick = |rows| bar.inc(rows);
            let export = transfer::export(db, studio, &self.directory, self.format, &tick);
            tokio::select! {
                // First, so that the signal is handled before there are files. A dropped export removes its files.
                biased;
                () = terminated => Err(Failure::refused("stopped: nothing was exported")),
                exported = export => {
                    let exported = exported?;
                    add_to_audit_log(db, studio).await?;
                    Ok(exported)
                }
            }
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
